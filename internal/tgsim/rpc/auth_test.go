package rpc_test

import (
	"context"
	"testing"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

func isErr(t *testing.T, err error, code int, name string) {
	t.Helper()
	assert.True(t, tgerr.IsCode(err, code) && tgerr.Is(err, name), "want %d %s, got %v", code, name, err)
}

// sendCode asks for the phone's code and returns its hash.
func sendCode(ctx context.Context, t *testing.T, c *telegram.Client, phone string) string {
	t.Helper()
	sent, err := c.Auth().SendCode(ctx, phone, auth.SendCodeOptions{})
	require.NoError(t, err)
	return sent.(*tg.AuthSentCode).PhoneCodeHash
}

func TestRule28OwnerLoginWithPassword(t *testing.T) {
	s := serve(t, world.Options{Seed: 1, Members: 5})
	owner := s.world.Owner()
	phone, code, password := s.world.Phone(owner), s.world.Code(owner), s.world.Password(owner)
	require.NotEmpty(t, password)
	store := s.newSession(t)
	s.with(t, store, func(ctx context.Context, c *telegram.Client) {
		api := tg.NewClient(c)
		_, err := api.UpdatesGetState(ctx)
		isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
		_, err = api.AccountGetPassword(ctx)
		isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
		_, err = api.AuthCheckPassword(ctx, &tg.InputCheckPasswordEmpty{})
		isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")

		hash := sendCode(ctx, t, c, phone)
		_, err = api.AuthSignIn(ctx, &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: hash, PhoneCode: "x" + code})
		isErr(t, err, 400, "PHONE_CODE_INVALID")
		_, err = api.AuthSignIn(ctx, &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: hash})
		isErr(t, err, 400, "PHONE_CODE_EMPTY")
		_, err = api.AuthSignIn(ctx, &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: "other", PhoneCode: code})
		isErr(t, err, 400, "PHONE_CODE_EXPIRED")
		_, err = c.Auth().SignIn(ctx, phone, code, hash)
		require.ErrorIs(t, err, auth.ErrPasswordAuthNeeded)
		_, err = api.AuthSignIn(ctx, &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: hash, PhoneCode: code})
		isErr(t, err, 400, "PHONE_CODE_EXPIRED")
		_, err = api.UpdatesGetState(ctx)
		isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")

		_, err = c.Auth().Password(ctx, "not "+password)
		require.ErrorIs(t, err, auth.ErrPasswordInvalid)
		_, err = api.AuthCheckPassword(ctx, &tg.InputCheckPasswordSRP{SRPID: 1, A: make([]byte, 256), M1: make([]byte, 32)})
		isErr(t, err, 400, "SRP_ID_INVALID")
		got, err := c.Auth().Password(ctx, password)
		require.NoError(t, err)
		me := got.User.(*tg.User)
		assert.Equal(t, int64(owner), me.ID)
		assert.True(t, me.Self)
	})
	// Another process, the same key: still logged in.
	s.with(t, store, func(ctx context.Context, c *telegram.Client) {
		p, err := tg.NewClient(c).AccountGetPassword(ctx)
		require.NoError(t, err)
		assert.True(t, p.HasPassword)
		_, err = tg.NewClient(c).AuthLogOut(ctx)
		require.NoError(t, err)
		_, err = tg.NewClient(c).AuthLogOut(ctx)
		isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
	})
}

// A zero A would make the shared secret known to everybody.
func TestRule28PasswordProofRefusesDegenerateKeys(t *testing.T) {
	s := serve(t, world.Options{Seed: 1, Members: 5})
	owner := s.world.Owner()
	phone := s.world.Phone(owner)
	s.with(t, s.newSession(t), func(ctx context.Context, c *telegram.Client) {
		_, err := c.Auth().SignIn(ctx, phone, s.world.Code(owner), sendCode(ctx, t, c, phone))
		require.ErrorIs(t, err, auth.ErrPasswordAuthNeeded)
		api := tg.NewClient(c)
		for _, a := range [][]byte{nil, make([]byte, 256)} {
			p, err := api.AccountGetPassword(ctx)
			require.NoError(t, err)
			_, err = api.AuthCheckPassword(ctx, &tg.InputCheckPasswordSRP{SRPID: p.SRPID, A: a, M1: make([]byte, 32)})
			isErr(t, err, 400, "PASSWORD_HASH_INVALID")
		}
	})
}

func TestRule28OwnerLoginWithoutPassword(t *testing.T) {
	s := serve(t, world.Options{Seed: 1, Members: 5, NoPassword: true})
	owner := s.world.Owner()
	phone := s.world.Phone(owner)
	plain := "+" + phone
	if phone[0] == '+' {
		plain = phone[1:]
	}
	for _, spelled := range []string{phone, plain} {
		s.with(t, s.newSession(t), func(ctx context.Context, c *telegram.Client) {
			_, err := c.Auth().SignIn(ctx, spelled, s.world.Code(owner), sendCode(ctx, t, c, spelled))
			require.NoError(t, err)
			p, err := tg.NewClient(c).AccountGetPassword(ctx)
			require.NoError(t, err)
			assert.False(t, p.HasPassword)
		})
	}
}

func TestRule28UnknownPhone(t *testing.T) {
	s := serve(t, world.Options{Seed: 1, Members: 5})
	s.with(t, s.newSession(t), func(ctx context.Context, c *telegram.Client) {
		_, err := c.Auth().SendCode(ctx, "12", auth.SendCodeOptions{})
		isErr(t, err, 406, "PHONE_NUMBER_INVALID")
		// Nobody's number gets a code like any other; nobody can know it.
		hash := sendCode(ctx, t, c, "+4915100000000")
		_, err = c.Auth().SignIn(ctx, "+4915100000000", "00000", hash)
		isErr(t, err, 400, "PHONE_CODE_INVALID")
	})
	s.as(t, s.newSession(t), "wrong", nil, func(ctx context.Context, c *telegram.Client) {
		_, err := c.Auth().SendCode(ctx, "+4915100000000", auth.SendCodeOptions{})
		isErr(t, err, 400, "API_ID_INVALID")
	})
}

func TestBotLoginAndAudience(t *testing.T) {
	s := serve(t, world.Options{Seed: 1, Members: 5})
	bot := s.world.Bot()
	store := s.newSession(t)
	s.with(t, store, func(ctx context.Context, c *telegram.Client) {
		_, err := c.Auth().Bot(ctx, "1:nonsense")
		isErr(t, err, 400, "ACCESS_TOKEN_INVALID")
		got, err := c.Auth().Bot(ctx, s.world.Token(bot))
		require.NoError(t, err)
		me := got.User.(*tg.User)
		assert.True(t, me.Bot && me.Self && me.ID == int64(bot))
		_, err = tg.NewClient(c).AccountGetPassword(ctx)
		isErr(t, err, 400, "BOT_METHOD_INVALID")
		_, err = tg.NewClient(c).HelpGetSupport(ctx)
		isErr(t, err, 400, "INPUT_METHOD_INVALID")
	})
	calls := s.rpc.Requests()
	assert.Equal(t, 1, calls["bot"]["account.getPassword"].Calls)
	assert.Empty(t, calls["owner"])

	s.rpc.EndSessions(bot)
	s.with(t, store, func(ctx context.Context, c *telegram.Client) {
		_, err := tg.NewClient(c).AuthLogOut(ctx)
		isErr(t, err, 401, "SESSION_REVOKED")
		_, err = c.Auth().Bot(ctx, s.world.Token(bot))
		require.NoError(t, err)
	})
}

func TestConfigNamesTheRealAddress(t *testing.T) {
	s := serve(t, world.Options{Seed: 1, Members: 5})
	s.with(t, s.newSession(t), func(ctx context.Context, c *telegram.Client) {
		api := tg.NewClient(c)
		got, err := api.HelpGetConfig(ctx)
		require.NoError(t, err)
		assert.Greater(t, got.Expires, got.Date)
		assert.Equal(t, dc, got.ThisDC)
		assert.Equal(t, []tg.DCOption{{Flags: got.DCOptions[0].Flags, ID: dc, IPAddress: "127.0.0.1", Port: s.addr.Port, Static: true}}, got.DCOptions)
		near, err := api.HelpGetNearestDC(ctx)
		require.NoError(t, err)
		assert.Equal(t, dc, near.NearestDC)
		app, err := api.HelpGetAppConfig(ctx, 0)
		require.NoError(t, err)
		again, err := api.HelpGetAppConfig(ctx, app.(*tg.HelpAppConfig).Hash)
		require.NoError(t, err)
		assert.IsType(t, &tg.HelpAppConfigNotModified{}, again)
	})
}
