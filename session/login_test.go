package session_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/session"
)

// person answers prompts from lists, and notes what it was told.
type person struct {
	codes     []string
	passwords []string
	asked     []session.CodeSent
	hints     []string
}

var errNoMore = errors.New("the person has gone")

func (p *person) Phone(context.Context) (string, error) { return phone, nil }

func (p *person) Code(_ context.Context, sent session.CodeSent) (string, error) {
	p.asked = append(p.asked, sent)
	if len(p.asked) > len(p.codes) {
		return "", errNoMore
	}
	return p.codes[len(p.asked)-1], nil
}

func (p *person) Password(_ context.Context, hint string) (session.Secret, error) {
	p.hints = append(p.hints, hint)
	if len(p.hints) > len(p.passwords) {
		return session.Secret{}, errNoMore
	}
	return session.NewSecret(p.passwords[len(p.hints)-1]), nil
}

func TestOwnerLogsInAndStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		a := h.open(t, h.config(s, session.Owner))
		p := &person{codes: []string{"11111", " " + code + "\n"}}
		self, err := a.LoginOwner(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, session.Self{ID: ownID, Username: "ann", Name: "Ann Owner", Since: self.Since}, self)
		require.WithinDuration(t, time.Now(), self.Since, time.Minute)
		require.Equal(t, []session.CodeSent{{Via: "app", Length: 5, Attempt: 1}, {Via: "app", Length: 5, Attempt: 2}}, p.asked)
		requireMode(t, h.sealed(session.Owner), 0o600)

		require.NoError(t, a.Close())
		a = h.open(t, h.config(s, session.Owner))
		require.NoError(t, a.Run(t.Context(), nearest), "after a restart, without logging in again")
		again, err := a.LoginOwner(t.Context(), &person{})
		require.ErrorIs(t, err, session.ErrAlreadySignedIn)
		require.Equal(t, self, again)
		require.Len(t, s.keys(), 1)
	})
}

func TestBotLogsInAndOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		a := h.open(t, h.config(s, session.Bot))
		self, err := a.LoginBot(t.Context(), session.NewSecret(token))
		require.NoError(t, err)
		require.True(t, self.Bot)
		require.NoError(t, a.SetHashes(t.Context(), session.Peer{Kind: session.PeerUser, ID: 1, AccessHash: 1}))

		require.NoError(t, a.Logout(t.Context()))
		require.Empty(t, s.keys(), "Telegram has been told")
		require.False(t, a.SignedIn())
		_, known := a.Self()
		require.False(t, known)
		_, known, err = a.Hash(session.PeerUser, 1)
		require.NoError(t, err)
		require.False(t, known, "another account has other hashes")
		require.ErrorIs(t, a.Logout(t.Context()), session.ErrNotSignedIn)
	})
}

func TestAccountOfAnotherDC(t *testing.T) {
	bubble(t, func(t *testing.T) {
		stub := newStub()
		s, h := serve(t, stub, mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		home := serveDC(t, otherDC, stub, mtproto.NewMemoryKeys(), serverKey())
		stub.answer(tg.UsersGetUsersRequestTypeID, func(r *mtproto.Request) (bin.Encoder, error) {
			if r.DC != otherDC {
				return nil, tgerr.New(401, "AUTH_KEY_UNREGISTERED")
			}
			return &tg.UserClassVector{Elems: []tg.UserClass{user(ownID)}}, nil
		})
		stub.answer(tg.AuthSendCodeRequestTypeID, func(r *mtproto.Request) (bin.Encoder, error) {
			if r.DC != otherDC {
				return nil, tgerr.New(303, "PHONE_MIGRATE_4")
			}
			return &tg.AuthSentCode{Type: &tg.AuthSentCodeTypeSMS{Length: 5}, PhoneCodeHash: "of the code"}, nil
		})
		cfg := h.config(s, session.Owner)
		cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "192.0.2.4:9" {
				return home.dial(ctx, network, address)
			}
			require.Equal(t, cfg.Server.Address, address, "the configured address, not the one that the server believes in")
			return s.dial(ctx, network, address)
		}
		a := h.open(t, cfg)
		_, err := a.LoginOwner(t.Context(), &person{codes: []string{code}})
		require.NoError(t, err)
		require.NoError(t, a.Close())

		s.stop()
		a = h.open(t, cfg)
		require.NoError(t, a.Run(t.Context(), nearest), "the session knows its DC and where that is")
	})
}

func TestLogoutOfAnEndedSessionRemovesIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		s.refuse(tg.AuthLogOutRequestTypeID, 401, "AUTH_KEY_UNREGISTERED")
		a := h.open(t, h.config(s, session.Owner))
		require.NoError(t, a.Logout(t.Context()))
		require.False(t, a.SignedIn())
	})
}

func TestLogoutWithoutTheServerKeepsTheSession(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		s.stop()
		a := h.open(t, h.config(s, session.Owner))
		require.ErrorIs(t, a.Logout(t.Context()), session.ErrUnreachable)
		require.True(t, a.SignedIn())
		require.NoError(t, a.Forget())
		require.False(t, a.SignedIn())
	})
}

func TestLoginAfterTheSessionEnded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Bot)
		before := h.content(t, session.Bot)
		dead := session.LoginOf(h.dir, session.Bot)
		s.mu.Lock()
		clear(s.signed)
		s.mu.Unlock()
		a := h.open(t, h.config(s, session.Bot))
		_, err := a.LoginBot(t.Context(), session.NewSecret("4711:wrong"))
		require.ErrorIs(t, err, session.ErrTokenInvalid)
		require.True(t, a.SignedIn(), "the old session goes when there is a new one")
		_, err = a.LoginBot(t.Context(), session.NewSecret(token))
		require.NoError(t, err)
		require.NotEqual(t, before, h.content(t, session.Bot))
		require.NotEqual(t, dead, session.LoginOf(h.dir, session.Bot), "who waits for a login sees this one")
		require.NoError(t, a.Run(t.Context(), nearest))
	})
}

func TestRefusedLogins(t *testing.T) {
	sendCode, signIn := uint32(tg.AuthSendCodeRequestTypeID), uint32(tg.AuthSignInRequestTypeID)
	wrong := []string{"1", "2", "3", "4"}
	for _, tt := range []struct {
		method uint32
		code   int
		name   string
		want   error
		asked  int
	}{
		{sendCode, 406, "PHONE_NUMBER_INVALID", session.ErrPhoneInvalid, 0},
		{sendCode, 400, "PHONE_NUMBER_BANNED", session.ErrPhoneBanned, 0},
		{sendCode, 406, "PHONE_PASSWORD_FLOOD", session.ErrTooManyAttempts, 0},
		{sendCode, 400, "API_ID_INVALID", session.ErrAPIRefused, 0},
		{signIn, 400, "PHONE_CODE_INVALID", session.ErrCodeWrong, 3},
		{signIn, 400, "PHONE_CODE_EMPTY", session.ErrCodeWrong, 3},
		{signIn, 400, "PHONE_CODE_EXPIRED", session.ErrCodeExpired, 1},
		{signIn, 400, "PHONE_NUMBER_UNOCCUPIED", session.ErrPhoneUnoccupied, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStub()
			s.refuse(tt.method, tt.code, tt.name)
			a, p := open(t, t.TempDir(), session.Owner, session.PaceEvery(0)), &person{codes: wrong}
			defer func() { require.NoError(t, a.Close()) }()
			err := a.LogInOver(t.Context(), direct{s}, phone, p)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, tt.name)
			require.Len(t, p.asked, tt.asked)
		})
	}
}

func TestLoginNeverWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		s.refuse(tg.AuthImportBotAuthorizationRequestTypeID, 420, "FLOOD_WAIT_33")
		a := h.open(t, h.config(s, session.Bot))
		for range 2 {
			start := time.Now()
			_, err := a.LoginBot(t.Context(), session.NewSecret(token))
			var wait *session.WaitError
			require.ErrorAs(t, err, &wait)
			require.Less(t, time.Since(start), 10*time.Second)
		}
		require.Equal(t, 1, s.count(tg.AuthImportBotAuthorizationRequestTypeID), "the second is held back without asking")
		require.False(t, a.SignedIn(), "nothing is kept of a login that failed")
	})
	bubble(t, func(t *testing.T) {
		s := newStub()
		s.refuse(tg.AuthSendCodeRequestTypeID, 420, "FLOOD_WAIT_33")
		a := open(t, t.TempDir(), session.Owner, session.PaceEvery(0))
		defer func() { require.NoError(t, a.Close()) }()
		for range 2 {
			var wait *session.WaitError
			require.ErrorAs(t, a.LogInOver(t.Context(), direct{s}, phone, &person{}), &wait)
		}
		require.Equal(t, 1, s.count(tg.AuthSendCodeRequestTypeID))
	})
}

func TestPromptsErrorEndsTheLogin(t *testing.T) {
	a := open(t, t.TempDir(), session.Owner, session.PaceEvery(0))
	defer func() { require.NoError(t, a.Close()) }()
	require.Equal(t, errNoMore, a.LogInOver(t.Context(), direct{newStub()}, phone, &person{}))
}

// fullDisk seals nothing.
type fullDisk struct{ session.Sealer }

func (fullDisk) Seal([]byte) ([]byte, error) {
	return nil, &fs.PathError{Op: "write", Path: "session", Err: syscall.ENOSPC}
}

func TestSessionThatCannotBeKeptIsLoggedOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		cfg := h.config(s, session.Bot)
		cfg.Seal = fullDisk{h.seal}
		a := h.open(t, cfg)
		_, err := a.LoginBot(t.Context(), session.NewSecret(token))
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.Empty(t, s.keys(), "no stray session in the list of devices")
		require.False(t, a.SignedIn())
	})
}

func TestSecretsStaySecret(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		core, logs := observer.New(zapcore.DebugLevel)
		var said strings.Builder
		note := func(err error) {
			for ; err != nil; err = errors.Unwrap(err) {
				fmt.Fprintf(&said, "%v\n%+v\n%#v\n", err, err, err)
			}
		}
		for _, kind := range []session.Kind{session.Owner, session.Bot} {
			cfg := h.config(s, kind)
			cfg.Log = zap.New(core)
			cfg.APIHash = session.NewSecret("secret-api-hash")
			cfg.OnCall = func(c session.Call) { note(c.Err) }
			a := h.open(t, cfg)
			fmt.Fprintf(&said, "%+v %#v\n", cfg, cfg)
			_, err := a.LoginOwner(t.Context(), &person{codes: []string{"secret-wrong-code", code}})
			note(err)
			_, err = a.LoginBot(t.Context(), session.NewSecret("4711:secret-wrong-token"))
			note(err)
			_, err = a.LoginBot(t.Context(), session.NewSecret(token))
			note(err)
			note(a.Run(t.Context(), func(ctx context.Context, api *tg.Client) error {
				s.Cut(s.keys()[0])
				s.answer(tg.HelpGetNearestDCRequestTypeID, func(*mtproto.Request) (bin.Encoder, error) {
					return nil, tgerr.New(401, "SESSION_REVOKED")
				})
				return nearest(ctx, api)
			}))
			require.True(t, a.SignedIn())
		}
		for _, e := range logs.All() {
			fmt.Fprintln(&said, e.Message, e.ContextMap())
		}
		for _, file := range []string{"owner.json", "bot.json", "owner.db", "bot.db", "owner.pid"} {
			content, err := os.ReadFile(filepath.Join(h.dir, file))
			require.NoError(t, err)
			said.Write(content)
		}
		secrets := []string{phone, phone[1:], code, token, "secret-wrong-code", "secret-wrong-token", "secret-api-hash"}
		for _, id := range s.keys() {
			key, _, err := s.keyring.Key(id)
			require.NoError(t, err)
			part := key.Auth.Value[16:48]
			secrets = append(secrets, string(part), hex.EncodeToString(part), base64.StdEncoding.EncodeToString(key.Auth.Value[15:48]))
		}
		require.Len(t, secrets, 7+2*3)
		for i, secret := range secrets {
			require.False(t, strings.Contains(said.String(), secret), "secret %d is in what was said", i)
		}
		require.Contains(t, said.String(), "SESSION_REVOKED")
	})
}
