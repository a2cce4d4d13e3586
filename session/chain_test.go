package session_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/session"
)

func TestRefusalNamesTheMethodAndStaysTelegrams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, t.TempDir(), session.Owner, session.PaceEvery(0))
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{answers: []error{tgerr.New(400, "USER_NOT_PARTICIPANT")}}
		err := nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t)))
		require.True(t, tgerr.Is(err, "USER_NOT_PARTICIPANT"))
		require.ErrorContains(t, err, "help.getNearestDc: ")
	})
}

func TestEndedSessionEndsTheConnection(t *testing.T) {
	for _, tt := range []struct {
		code  int
		name  string
		ended bool
	}{
		{401, "AUTH_KEY_UNREGISTERED", true},
		{401, "SESSION_REVOKED", true},
		{401, "USER_DEACTIVATED", true},
		{406, "AUTH_KEY_DUPLICATED", true},
		{400, "SESSION_EXPIRED", true},
		{401, "SOMETHING_NEW", true},
		{401, "SESSION_PASSWORD_NEEDED", false},
		{400, "INPUT_USER_DEACTIVATED", false},
		{406, "CHANNEL_PRIVATE", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, t.TempDir(), session.Owner, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				var end error
				api := a.CallsOver(t.Context(), &script{answers: []error{tgerr.New(tt.code, tt.name)}}, func(err error) { end = err })
				err := nearest(t.Context(), api)
				require.Error(t, err)
				require.Equal(t, tt.ended, errors.Is(err, session.ErrSessionEnded))
				require.Equal(t, tt.ended, errors.Is(end, session.ErrSessionEnded))
				if tt.ended {
					require.ErrorContains(t, end, tt.name)
				}
			})
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, t.TempDir(), kind, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				api := a.CallsOver(t.Context(), &script{stall: true}, notEnded(t))
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				require.ErrorIs(t, nearest(ctx, api), context.DeadlineExceeded)
				require.Equal(t, time.Second, time.Since(start))
				synctest.Wait()
				pass(time.Minute) // what was left behind ends before the bubble does
			})
		})
	}
}

func TestSleepersAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		var calls []session.Call
		a, err := session.Open(session.Config{
			Kind: session.Owner, Dir: t.TempDir(), Pace: session.PaceEvery(0),
			Seal: session.Passphrase(session.NewSecret("p")), APIID: 1, APIHash: session.NewSecret("h"),
			OnWait: func(method string, _ time.Time) { told = append(told, method) },
			OnCall: func(c session.Call) { calls = append(calls, c) },
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{answers: []error{flood("FLOOD_WAIT_5")}}
		require.NoError(t, nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))))
		require.Equal(t, []string{"help.getNearestDc"}, told)
		require.Len(t, calls, 2)
		require.Error(t, calls[0].Err)
		require.Equal(t, 50*time.Millisecond, calls[1].Took)
	})
}
