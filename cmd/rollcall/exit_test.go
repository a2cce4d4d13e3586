package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/session"
)

func TestJudge(t *testing.T) {
	refusal := func(k membership.TelegramErrorKind) error {
		return fmt.Errorf("walk: %w", &membership.TelegramError{Kind: k, Name: "X", Method: "m"})
	}
	cases := []struct {
		name string
		err  error
		code exitCode
	}{
		{"anything", errors.New("x"), exitUnexpected},
		{"own", fmt.Errorf("prune: %w", fail(exitBreaker, "h", "x")), exitBreaker},
		{"own before a sentinel", fail(exitConfig, "", "x: %w", session.ErrNotSignedIn), exitConfig},
		{"not signed in", fmt.Errorf("open: %w", session.ErrNotSignedIn), exitNotSignedIn},
		{"ended", fmt.Errorf("sync: %w", &session.EndedError{Said: "SESSION_REVOKED"}), exitNotSignedIn},
		{"wrong key", session.ErrWrongKey, exitNotSignedIn},
		{"application refused", session.ErrAPIRefused, exitConfig},
		{"setting", session.ErrConfig, exitConfig},
		{"held", fmt.Errorf("open: %w", &session.HeldError{Kind: session.Owner, PID: 7}), exitHeld},
		{"wait", fmt.Errorf("walk: %w", &session.WaitError{Method: "m", Until: time.Unix(1, 0)}), exitRateLimited},
		{"budget", &session.BudgetError{Method: "m"}, exitRateLimited},
		{"damaged", session.ErrDamaged, exitDamaged},
		{"unreachable", session.ErrUnreachable, exitUnreachable},
		{"line", session.ErrConnection, exitUnreachable},
		{"right", refusal(membership.ErrorRightMissing), exitPermission},
		{"nobody", refusal(membership.ErrorNotFound), exitNotFound},
		{"session in a call", refusal(membership.ErrorSession), exitNotSignedIn},
		{"temporary", refusal(membership.ErrorTemporary), exitUnreachable},
		{"other", refusal(membership.ErrorOther), exitUnexpected},
		{"full disk", fmt.Errorf("store page 9: %w", &fs.PathError{Op: "write", Path: "roster.db", Err: syscall.ENOSPC}), exitUnexpected},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.code, judge(c.err).code)
			assert.Equal(t, c.err.Error(), judge(c.err).Error(), "nothing of the error is lost")
		})
	}
}

// What the disk refuses is no bug, and says what is kept and what to do, also where a library kept only the words.
func TestDiskHasHints(t *testing.T) {
	for want, err := range map[string]error{
		"the disk is full":           &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC},
		"files may not grow":         errors.New("store page 9: file resize error: truncate roster.db: file too large"),
		"mounted read-only":          fmt.Errorf("open: %w", syscall.EROFS),
		"run it as the user":         fmt.Errorf("open: %w", fs.ErrPermission),
		"the disk does not work":     fmt.Errorf("open: %w", syscall.EIO),
		"the disk is full: what was": errors.New("make the data folder: mkdir data: disk quota exceeded"),
	} {
		assert.Contains(t, judge(err).hint, want, "%v", err)
	}
	assert.Empty(t, judge(errors.New("a bug")).hint)
}

func TestBrief(t *testing.T) {
	assert.Equal(t, "read page 3: connection lost: 127.0.0.1:443: dial tcp: connection refused",
		brief("read page 3: connection lost: 127.0.0.1:443: group: task userCallback: initConnection: invoke: rpcDoRequest: retryUntilAck: dial tcp: connection refused"))
	assert.Equal(t, "group: invoke: x", brief("group: invoke: x"), "only what a connection brought is shortened")
}

func TestConclude(t *testing.T) {
	running := t.Context()
	interrupted, cancel := context.WithCancelCause(running)
	cancel(errInterrupted)
	stopped, stop := context.WithCancel(running)
	stop()
	cases := []struct {
		name string
		ctx  context.Context
		err  error
		code exitCode
		want string
	}{
		{"fine", running, nil, exitOK, ""},
		{"finished although interrupted", interrupted, nil, exitOK, ""},
		{"hint", running, fail(exitNotFound, "try @name", "nobody is called %q", "x"), exitNotFound, "rollcall: error: nobody is called \"x\"\nrollcall: hint: try @name\n"},
		{"hostile", running, errors.New("group \x1b[31m\u202e"), exitUnexpected, "rollcall: error: group ␛[31m\n"},
		{"lines", running, errors.New("a\nb"), exitUnexpected, "rollcall: error: a\nb\n"},
		{"interrupted", interrupted, fmt.Errorf("walk: %w", context.Canceled), exitInterrupted, "rollcall: error: interrupted\nrollcall: hint: what was stored is kept; run the command again to go on\n"},
		{"interrupted with its own words", interrupted, fail(exitInterrupted, "12 pages are kept", "%w", context.Canceled), exitInterrupted, "rollcall: error: interrupted\nrollcall: hint: 12 pages are kept\n"},
		{"another error although interrupted", interrupted, session.ErrDamaged, exitDamaged, ""},
		{"canceled by nobody's signal", stopped, context.Canceled, exitUnexpected, "rollcall: error: context canceled\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			assert.Equal(t, c.code, conclude(c.ctx, &out, c.err))
			if c.want != "" {
				assert.Equal(t, c.want, out.String())
			}
		})
	}
}

func TestOutputKeepsItsError(t *testing.T) {
	broken := errors.New("full")
	r, w := io.Pipe()
	require.NoError(t, r.CloseWithError(broken))
	o := &output{w: w}
	s := screen{w: o}
	s.line("x")
	assert.ErrorIs(t, o.err, broken)
}
