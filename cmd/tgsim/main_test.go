package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
)

// buffer may be written while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// serving runs "tgsim serve" with args until the test calls end, which returns the exit code.
func serving(t *testing.T, stdout, stderr *buffer, args ...string) (end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, append([]string{"serve"}, args...), stdout, stderr) }()
	end = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { end() })
	return end
}

func TestServeWritesTheReadyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ready.json")
	var stdout, stderr buffer
	end := serving(t, &stdout, &stderr,
		"--listen", "127.0.0.1:0", "--members", "60", "--seed", "7", "--ready", path, "--no-password")
	var r tgsim.Ready
	require.Eventually(t, func() bool {
		data, err := os.ReadFile(path)
		return err == nil && assert.NoError(t, json.Unmarshal(data, &r), "the file must never be half there")
	}, 10*time.Second, 5*time.Millisecond)
	assert.NotEmpty(t, r.Owner.Phone)
	assert.Empty(t, r.Owner.Password)
	assert.NotEmpty(t, r.Control)
	assert.Equal(t, 0, end())
	assert.Empty(t, stdout.String())
	assert.Contains(t, stderr.String(), r.Address)
	assert.NotContains(t, stderr.String(), r.Bot.Token)
	assert.NoFileExists(t, path)
}

func TestServePrintsWithoutAReadyFile(t *testing.T) {
	var stdout, stderr buffer
	end := serving(t, &stdout, &stderr, "--members", "60", "-v", "--no-flood-waits")
	var r tgsim.Ready
	require.Eventually(t, func() bool { return json.Unmarshal([]byte(stdout.String()), &r) == nil }, 10*time.Second, 5*time.Millisecond)
	assert.FileExists(t, r.PublicKeyFile)
	assert.Equal(t, 0, end())
	assert.NoFileExists(t, r.PublicKeyFile)
}

func TestCommandLineMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown command":  {[]string{"swerve"}, exitUsage, `"swerve"`},
		"unknown flag":     {[]string{"serve", "--memers", "3"}, exitUsage, "--memers"},
		"argument":         {[]string{"serve", "now"}, exitUsage, `"now"`},
		"no number":        {[]string{"serve", "--members", "many"}, exitUsage, "many"},
		"too few":          {[]string{"serve", "--members", "1"}, exitUsage, "between 2 and 200000"},
		"too many":         {[]string{"serve", "--members", "200001"}, exitUsage, "between 2 and 200000"},
		"no address":       {[]string{"serve", "--listen", "here"}, exitUsage, `"here"`},
		"every address":    {[]string{"serve", "--listen", "0.0.0.0:0"}, exitUsage, "no address"},
		"no host":          {[]string{"serve", "--listen", ":0"}, exitUsage, "no address"},
		"negative chatter": {[]string{"serve", "--chatter", "-1s"}, exitUsage, "negative"},
		"nowhere to write": {[]string{"serve", "--ready", filepath.Join(t.TempDir(), "no", "file")}, exitUnexpected, "no such file"},
		"help":             {[]string{"serve", "--help"}, exitOK, ""},
		"nothing":          {nil, exitOK, ""},
		"version":          {[]string{"--version"}, exitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr buffer
			assert.Equal(t, c.code, run(t.Context(), c.args, &stdout, &stderr), stderr.String())
			assert.Contains(t, stderr.String(), c.says)
			assert.Equal(t, c.code == exitOK, stdout.String() != "")
		})
	}
}
