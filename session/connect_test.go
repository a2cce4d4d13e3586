package session_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/session"
)

func TestRunWithoutASession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		a := h.open(t, h.config(s, session.Owner))
		require.ErrorIs(t, a.Run(t.Context(), nothing), session.ErrNotSignedIn)
		require.Zero(t, s.count(tg.HelpGetConfigRequestTypeID), "nobody is asked")
	})
}

func TestSessionLastsOverRestarts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		var sealed []byte
		for i := range 3 {
			a, err := session.Open(h.config(s, session.Owner))
			require.NoError(t, err)
			require.NoError(t, a.Run(t.Context(), nearest))
			self, ok := a.Self()
			require.True(t, ok)
			require.Equal(t, session.Self{ID: ownID, Username: "ann", Name: "Ann Owner", Since: self.Since}, self)
			require.NoError(t, a.Close())
			if i > 0 {
				require.Equal(t, sealed, h.content(t, session.Owner), "nothing new to write")
			}
			sealed = h.content(t, session.Owner)
			pass(time.Minute) // the server's salt lives longer
		}
		require.Len(t, s.keys(), 1)
		known, ok := session.Known(h.dir, session.Owner)
		require.True(t, ok)
		require.EqualValues(t, ownID, known.ID)
	})
}

func TestEndedSessionIsSaidAndKept(t *testing.T) {
	for _, name := range []string{"AUTH_KEY_UNREGISTERED", "SESSION_REVOKED", "USER_DEACTIVATED_BAN"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
				h.signIn(t, s, session.Owner)
				a := h.open(t, h.config(s, session.Owner))
				require.NoError(t, a.Run(t.Context(), nothing))
				before := h.content(t, session.Owner)
				s.refuse(tg.UsersGetUsersRequestTypeID, 401, name)
				err := a.Run(t.Context(), func(context.Context, *tg.Client) error {
					t.Error("called with an ended session")
					return nil
				})
				require.ErrorIs(t, err, session.ErrSessionEnded)
				require.ErrorContains(t, err, name)
				require.NotErrorIs(t, err, context.Canceled)
				require.Equal(t, before, h.content(t, session.Owner))
			})
		})
	}
}

func TestSessionThatEndsDuringRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		a := h.open(t, h.config(s, session.Owner))
		err := a.Run(t.Context(), func(ctx context.Context, api *tg.Client) error {
			require.NoError(t, nearest(ctx, api))
			s.refuse(tg.HelpGetNearestDCRequestTypeID, 401, "SESSION_REVOKED")
			require.ErrorIs(t, nearest(ctx, api), session.ErrSessionEnded)
			<-ctx.Done() // and everybody else on the line hears of it
			require.ErrorIs(t, context.Cause(ctx), session.ErrSessionEnded)
			return ctx.Err()
		})
		require.ErrorIs(t, err, session.ErrSessionEnded)
	})
}

func TestBotHearsOfItsEndOnReconnecting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Bot)
		cfg := h.config(s, session.Bot)
		cfg.Handler = telegram.UpdateHandlerFunc(func(context.Context, tg.UpdatesClass) error { return nil })
		a := h.open(t, cfg)
		err := a.Run(t.Context(), func(ctx context.Context, _ *tg.Client) error {
			s.refuse(tg.UsersGetUsersRequestTypeID, 401, "AUTH_KEY_UNREGISTERED")
			s.Cut(s.keys()[0])
			select {
			case <-ctx.Done(): // without a call of ours
			case <-time.After(time.Hour):
				t.Error("an hour later the bot still believes to be signed in")
			}
			return nil
		})
		require.ErrorIs(t, err, session.ErrSessionEnded)
	})
}

func TestForgottenKeyNeverReplacesTheSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		a := h.open(t, h.config(s, session.Owner))
		require.NoError(t, a.Run(t.Context(), nothing))
		require.NoError(t, a.Close())
		before := h.content(t, session.Owner)

		forgetful := serve(t, s.telegramStub, mtproto.NewMemoryKeys(), serverKey())
		a, err := session.Open(h.config(forgetful, session.Owner))
		require.NoError(t, err)
		require.ErrorIs(t, a.Run(t.Context(), nothing), session.ErrSessionEnded)
		require.Equal(t, before, h.content(t, session.Owner))
		require.NoError(t, a.Close())

		a = h.open(t, h.config(s, session.Owner))
		require.NoError(t, a.Run(t.Context(), nothing), "the session was good all the time")
	})
}

func TestReconnects(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		cfg, ready := h.config(s, session.Owner), make(chan struct{}, 10)
		cfg.OnReady = func() { ready <- struct{}{} }
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			require.Equal(t, cfg.Server.Address, address, "the configured address, not the one that the server believes in")
			return s.dial(ctx, network, address)
		}
		a := h.open(t, cfg)
		require.NoError(t, a.Run(t.Context(), func(ctx context.Context, api *tg.Client) error {
			<-ready
			start := time.Now()
			for range 10 {
				s.Cut(s.keys()[0])
				<-ready
				require.NoError(t, nearest(ctx, api))
				require.NoError(t, ctx.Err())
			}
			require.Less(t, time.Since(start), 3*time.Second, "a good connection ends the growth of pauses")
			return nil
		}))
	})
}

func TestAConnectionThatStaysLostEndsTheRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		cfg := h.config(s, session.Owner)
		cfg.OutageTimeout = 30 * time.Second
		var down atomic.Bool
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if down.Load() {
				return nil, errors.New("connection refused")
			}
			return s.dial(ctx, network, address)
		}
		a := h.open(t, cfg)
		var lost time.Time
		err := a.Run(t.Context(), func(ctx context.Context, api *tg.Client) error {
			require.NoError(t, nearest(ctx, api))
			down.Store(true)
			lost = time.Now()
			s.Cut(s.keys()[0])
			return nearest(ctx, api)
		})
		require.ErrorIs(t, err, session.ErrUnreachable)
		require.ErrorContains(t, err, "was lost, and there was none for 30s")
		require.WithinDuration(t, lost.Add(cfg.OutageTimeout), time.Now(), 5*time.Second)
	})
}

func TestCutConnectionIsNotACancelledContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Bot)
		asked := make(chan struct{}, 1)
		never := make(chan struct{})
		t.Cleanup(func() { close(never) })
		s.answer(tg.HelpGetNearestDCRequestTypeID, func(*mtproto.Request) (bin.Encoder, error) {
			asked <- struct{}{}
			<-never
			return nil, io.EOF
		})
		a := h.open(t, h.config(s, session.Bot))
		err := a.Run(t.Context(), func(ctx context.Context, api *tg.Client) error {
			done := make(chan error, 1)
			go func() { done <- nearest(ctx, api) }()
			<-asked
			synctest.Wait() // the server has acknowledged the request
			pass(2 * time.Second)
			s.Cut(s.keys()[0])
			err := <-done
			require.NoError(t, ctx.Err())
			return err
		})
		require.ErrorIs(t, err, session.ErrConnection, "and Run does not return nil")
		require.NotErrorIs(t, err, context.Canceled)
	})
}

func TestUnreachableServer(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	refused := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
	silent := func(ctx context.Context, _, _ string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		context.AfterFunc(ctx, func() { _ = theirs.Close() })
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		return ours, nil
	}
	nonsense := func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			_, _ = theirs.Read(make([]byte, 64))
			_, _ = io.WriteString(theirs, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			_ = theirs.Close()
		}()
		return ours, nil
	}
	for _, tt := range []struct {
		name string
		dial func(context.Context, string, string) (net.Conn, error)
		key  *rsa.PrivateKey
		says string
		took time.Duration
	}{
		{"refused", refused, serverKey(), "connection refused", 30 * time.Second},
		{"silent", silent, serverKey(), "", 30 * time.Second},
		{"nonsense", nonsense, serverKey(), "", 30 * time.Second},
		{"another public key", nil, other, "public key", 0},
	} {
		for _, signedIn := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), tt.key), newHome(t)
					if signedIn {
						h.signIn(t, s, session.Bot)
						// A server with another public key does not have our auth key either.
						s = serve(t, s.telegramStub, mtproto.NewMemoryKeys(), tt.key)
					}
					if tt.dial != nil {
						s.dial = tt.dial
					}
					start := time.Now()
					a := h.open(t, h.config(s, session.Bot))
					var err error
					if signedIn {
						err = a.Run(t.Context(), nothing)
					} else {
						_, err = a.LoginBot(t.Context(), session.NewSecret(token))
					}
					require.ErrorIs(t, err, session.ErrUnreachable)
					require.NotErrorIs(t, err, context.Canceled)
					require.ErrorContains(t, err, tt.says)
					require.Equal(t, tt.took, time.Since(start).Round(time.Second))
				})
			})
		}
	}
}

func TestRefusedAPI(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		s.refuse(tg.HelpGetConfigRequestTypeID, 400, "CONNECTION_API_ID_INVALID")
		a := h.open(t, h.config(s, session.Owner))
		require.ErrorIs(t, a.Run(t.Context(), nothing), session.ErrAPIRefused)
	})
}

func TestSessionThatCannotBeOpened(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Bot)
		sealed := h.content(t, session.Bot)
		other, err := h.seal.Seal([]byte(`{"Version":2,"Data":{}}`))
		require.NoError(t, err)
		wrong := h.config(s, session.Bot)
		wrong.Seal = session.Passphrase(session.NewSecret("wrong"))
		for _, tt := range []struct {
			name    string
			cfg     session.Config
			content []byte
			want    error
		}{
			{"another key", wrong, sealed, session.ErrWrongKey},
			{"cut short", h.config(s, session.Bot), sealed[:len(sealed)/2], session.ErrDamaged},
			{"another version", h.config(s, session.Bot), other, session.ErrDamaged},
		} {
			require.NoError(t, os.WriteFile(h.sealed(session.Bot), tt.content, 0o600))
			a, err := session.Open(tt.cfg)
			require.NoError(t, err)
			require.ErrorIs(t, a.Run(t.Context(), nothing), tt.want, tt.name)
			_, err = a.LoginBot(t.Context(), session.NewSecret(token))
			require.ErrorIs(t, err, tt.want, "%s: a login does not write over it", tt.name)
			require.ErrorIs(t, a.Logout(t.Context()), tt.want, tt.name)
			require.Equal(t, tt.content, h.content(t, session.Bot), tt.name)
			require.NoError(t, a.Forget())
			require.False(t, a.SignedIn())
			require.NoError(t, a.Close())
		}
	})
}

func TestSessionOfTheOtherKind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Bot)
		require.NoError(t, os.Rename(h.sealed(session.Bot), h.sealed(session.Owner)))
		a := h.open(t, h.config(s, session.Owner))
		require.ErrorIs(t, a.Run(t.Context(), nothing), session.ErrOtherAccount)
	})
}

func TestInterruptedRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		never := make(chan struct{})
		t.Cleanup(func() { close(never) })
		s.answer(tg.HelpGetNearestDCRequestTypeID, func(*mtproto.Request) (bin.Encoder, error) {
			<-never
			return nil, io.EOF
		})
		cfg, ended := h.config(s, session.Owner), atomic.Int64{}
		cfg.OnCall = func(c session.Call) {
			if c.Method == "help.getNearestDc" {
				pass(time.Millisecond)
				ended.Add(1)
			}
		}
		a := h.open(t, cfg)
		ctx, cancel := context.WithCancel(t.Context())
		var canceled time.Time
		time.AfterFunc(time.Minute, func() { canceled = time.Now(); cancel() })
		err := a.Run(ctx, func(ctx context.Context, api *tg.Client) error { return nearest(ctx, api) })
		require.ErrorIs(t, err, context.Canceled)
		require.Less(t, time.Since(canceled), time.Second)
		require.EqualValues(t, 1, ended.Load(), "no call is left behind")

		done, cancelDone := context.WithCancel(t.Context())
		cancelDone()
		require.ErrorIs(t, a.Run(done, nothing), context.Canceled)
		require.NoError(t, a.Run(t.Context(), nothing), "an account may run again")
		want := errors.New("of f")
		require.Equal(t, want, a.Run(t.Context(), func(context.Context, *tg.Client) error { return want }))
	})
}
