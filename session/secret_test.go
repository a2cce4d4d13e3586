package session_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"rollcall/session"
)

func TestSecretPrintsRedactedEverywhere(t *testing.T) {
	const value = "123456:very-secret"
	s := session.NewSecret(value)
	require.Equal(t, value, s.Reveal())
	require.False(t, s.Empty())
	require.True(t, session.Secret{}.Empty())

	hidden := struct{ inner session.Secret }{s}
	shown := struct{ Token session.Secret }{s}
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T %v"} {
		for _, v := range []any{s, &s, hidden, &hidden, shown, []session.Secret{s}, map[string]session.Secret{"k": s}} {
			printed = append(printed, fmt.Sprintf(verb, v))
		}
	}
	for _, v := range []any{s, hidden, shown, map[session.Secret]int{s: 1}} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		printed = append(printed, string(text))
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "token", s, "in", shown)
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&log), zap.DebugLevel)
	zap.New(core).Info("m", zap.Any("token", s), zap.Stringer("s", s), zap.Any("in", shown), zap.Reflect("r", hidden),
		zap.Error(fmt.Errorf("with %v: %w", s, errors.New("x"))))
	printed = append(printed, log.String())

	for _, p := range printed {
		require.NotContains(t, p, "very-secret")
		require.NotContains(t, p, fmt.Sprintf("%x", "very-secret"))
		require.NotContains(t, p, fmt.Sprintf("%X", "very-secret"))
	}
	require.Equal(t, "[redacted]", fmt.Sprintf("%s", s))
}
