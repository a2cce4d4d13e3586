package tgsim_test

import (
	"context"
	"net"
	"strconv"
	"testing"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/auth/qrlogin"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
)

// clientAt is a stock client that knows all DCs and begins at one of them.
func clientAt(t *testing.T, r tgsim.Ready, dc int, updates telegram.UpdateHandler) *telegram.Client {
	t.Helper()
	var list dcs.List
	for id, address := range r.DCs {
		host, portText, err := net.SplitHostPort(address)
		require.NoError(t, err)
		port, err := strconv.Atoi(portText)
		require.NoError(t, err)
		list.Options = append(list.Options, tg.DCOption{ID: id, IPAddress: host, Port: port, Static: true})
	}
	return telegram.NewClient(r.APIID, r.APIHash, telegram.Options{
		DC: dc, DCList: list, PublicKeys: []telegram.PublicKey{{RSA: publicKey(t, r)}},
		Resolver:       dcs.Plain(dcs.PlainOptions{}),
		SessionStorage: new(session.StorageMemory), UpdateHandler: updates, NoUpdates: updates == nil,
	})
}

// A client that begins at the wrong DC is sent to the account's, and logs in there.
func TestRule28ClientMigratesAtLogin(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50, Seed: 3, DCs: 2})
	r := s.Ready()
	c := clientAt(t, r, 4, nil)
	run(t, c, func(ctx context.Context, api *tg.Client) {
		before, err := api.HelpGetConfig(ctx)
		require.NoError(t, err)
		assert.Equal(t, 4, before.ThisDC)
		require.NoError(t, c.Auth().IfNecessary(ctx, auth.NewFlow(auth.Constant(r.Owner.Phone, r.Owner.Password,
			auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) { return r.Owner.Code, nil })),
			auth.SendCodeOptions{})))
		after, err := api.HelpGetConfig(ctx)
		require.NoError(t, err)
		assert.Equal(t, r.DC, after.ThisDC)
		self, err := c.Self(ctx)
		require.NoError(t, err)
		assert.Equal(t, r.Owner.UserID, self.ID)
		err = c.Invoke(ctx, &tg.InvokeWithTakeoutRequest{TakeoutID: 5, Query: &tg.UpdatesGetStateRequest{}}, new(tg.UpdatesState))
		assert.True(t, tgerr.Is(err, "TAKEOUT_INVALID"), "%v", err)

		// What another DC serves needs the login there.
		there, err := c.DC(ctx, 4, 1)
		require.NoError(t, err)
		defer func() { require.NoError(t, there.Close()) }()
		_, err = tg.NewClient(there).UpdatesGetState(ctx)
		assert.True(t, tgerr.Is(err, "USER_MIGRATE"), "%v", err)
	})
}

// A QR code that was shown at the wrong DC is scanned, redeemed at the account's, and followed by the password.
func TestRule28ClientMigratesAtQRLogin(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50, Seed: 3, DCs: 2})
	r := s.Ready()
	phone := signedIn(t, s, s.World().Owner(), nil)
	updates := tg.NewUpdateDispatcher()
	scanned := make(chan struct{}, 1) // td's own signal is lost on who does not wait for it yet
	updates.OnLoginToken(func(context.Context, tg.Entities, *tg.UpdateLoginToken) error {
		scanned <- struct{}{}
		return nil
	})
	screen := clientAt(t, r, 4, updates)
	run(t, phone, func(ctx context.Context, api *tg.Client) {
		run(t, screen, func(ctx context.Context, _ *tg.Client) {
			token, err := screen.QR().Export(ctx)
			require.NoError(t, err)
			_, err = qrlogin.NewQR(api, r.APIID, r.APIHash, qrlogin.Options{}).Accept(ctx, token)
			require.NoError(t, err)
			select {
			case <-scanned:
			case <-ctx.Done():
				require.NoError(t, ctx.Err())
			}
			_, err = screen.QR().Import(ctx)
			require.True(t, tgerr.Is(err, "SESSION_PASSWORD_NEEDED"), "%v", err)
			_, err = screen.Auth().Password(ctx, r.Owner.Password)
			require.NoError(t, err)
			self, err := screen.Self(ctx)
			require.NoError(t, err)
			assert.Equal(t, r.Owner.UserID, self.ID)
		})
		all, err := api.AccountGetAuthorizations(ctx)
		require.NoError(t, err)
		assert.Len(t, all.Authorizations, 2)
	})
}
