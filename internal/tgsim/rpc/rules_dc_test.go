package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

func TestRule28PhoneBelongsToItsDC(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	phone := d.world.Phone(d.world.Owner())
	_, err := d.ask(d.device(1, 4), "+"+phone)
	isErr(t, err, 303, "PHONE_MIGRATE")
	assert.ErrorContains(t, err, "(2)")
	_, err = d.device(1, 4).AuthSignIn(t.Context(), &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: "x", PhoneCode: "1"})
	isErr(t, err, 303, "PHONE_MIGRATE")
	_, err = d.code(d.device(1, 2), phone, d.world.Code(d.world.Owner()))
	require.NoError(t, err)

	// Bots are sent on by another name, and a test number that nobody has names its DC.
	_, err = d.device(2, 1).AuthImportBotAuthorization(t.Context(), &tg.AuthImportBotAuthorizationRequest{
		APIID: apiID, APIHash: apiHash, BotAuthToken: d.world.Token(d.world.Bot()),
	})
	isErr(t, err, 303, "USER_MIGRATE")
	_, err = d.ask(d.device(3, 2), "9996612345")
	isErr(t, err, 303, "PHONE_MIGRATE")
	_, err = d.ask(d.device(3, 1), "9996612345")
	require.NoError(t, err)
}

func TestRule28ConfigNamesEveryDC(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	got, err := d.device(1, 4).HelpGetConfig(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 4, got.ThisDC)
	assert.Greater(t, got.Expires, int(epoch.Unix()))
	require.Len(t, got.DCOptions, 3)
	for i, id := range []int{1, 2, 4} {
		o := got.DCOptions[i]
		assert.Equal(t, []any{id, "127.0.0.1", id, false}, []any{o.ID, o.IPAddress, o.Port, o.Ipv6})
	}
	near, err := d.device(1, 4).HelpGetNearestDC(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [2]int{4, 2}, [2]int{near.ThisDC, near.NearestDC})
}

// A login at another DC is good for what that DC serves; when the account moves, it is what comes along.
func TestRule28AuthorizationTravels(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	home, there := d.owner(1), d.device(2, 4)
	_, err := there.AuthExportAuthorization(t.Context(), 2)
	isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
	for _, bad := range []int{2, 3} {
		_, err = home.AuthExportAuthorization(t.Context(), bad)
		isErr(t, err, 400, "DC_ID_INVALID")
	}
	out, err := home.AuthExportAuthorization(t.Context(), 4)
	require.NoError(t, err)
	bring := &tg.AuthImportAuthorizationRequest{ID: out.ID, Bytes: out.Bytes}
	_, err = d.device(3, 1).AuthImportAuthorization(t.Context(), bring)
	isErr(t, err, 400, "AUTH_BYTES_INVALID")
	got, err := there.AuthImportAuthorization(t.Context(), bring)
	require.NoError(t, err)
	assert.Equal(t, int64(d.world.Owner()), got.(*tg.AuthAuthorization).User.GetID())
	_, err = there.AuthImportAuthorization(t.Context(), bring)
	isErr(t, err, 400, "AUTH_BYTES_INVALID")
	_, err = there.UpdatesGetState(t.Context())
	isErr(t, err, 303, "USER_MIGRATE")

	require.NoError(t, d.rpc.Move(d.world.Owner(), 1))
	require.Error(t, d.rpc.Move(d.world.Owner(), 3))
	_, err = home.UpdatesGetState(t.Context())
	isErr(t, err, 303, "USER_MIGRATE")
	out, err = home.AuthExportAuthorization(t.Context(), 1)
	require.NoError(t, err)
	moved := d.device(4, 1)
	_, err = moved.AuthImportAuthorization(t.Context(), &tg.AuthImportAuthorizationRequest{ID: out.ID, Bytes: out.Bytes})
	require.NoError(t, err)
	_, err = moved.UpdatesGetState(t.Context())
	require.NoError(t, err)
	all, err := moved.AccountGetAuthorizations(t.Context())
	require.NoError(t, err)
	assert.Len(t, all.Authorizations, 1)

	out, err = moved.AuthExportAuthorization(t.Context(), 4)
	require.NoError(t, err)
	d.clock.advance(2 * time.Minute)
	_, err = d.device(5, 4).AuthImportAuthorization(t.Context(), &tg.AuthImportAuthorizationRequest{ID: out.ID, Bytes: out.Bytes})
	isErr(t, err, 400, "AUTH_BYTES_INVALID")
}

func export(d *doorstep, api *tg.Client, except ...int64) (tg.AuthLoginTokenClass, error) {
	return api.AuthExportLoginToken(d.t.Context(), &tg.AuthExportLoginTokenRequest{APIID: apiID, APIHash: apiHash, ExceptIDs: except})
}

func TestRule28QRLogin(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	phone, screen := d.owner(1), d.device(2, dc)
	first, err := export(d, screen)
	require.NoError(t, err)
	shown := first.(*tg.AuthLoginToken)
	assert.Equal(t, int(epoch.Add(30*time.Second).Unix()), shown.Expires)

	_, err = phone.AuthAcceptLoginToken(t.Context(), []byte("another"))
	isErr(t, err, 400, "AUTH_TOKEN_INVALID")
	_, err = screen.AuthAcceptLoginToken(t.Context(), shown.Token)
	isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
	d.clock.advance(30 * time.Second)
	_, err = phone.AuthAcceptLoginToken(t.Context(), shown.Token)
	isErr(t, err, 400, "AUTH_TOKEN_EXPIRED")

	again, err := export(d, screen)
	require.NoError(t, err)
	fresh := again.(*tg.AuthLoginToken)
	assert.NotEqual(t, shown.Token, fresh.Token)
	_, err = phone.AuthAcceptLoginToken(t.Context(), fresh.Token)
	require.NoError(t, err)
	_, err = phone.AuthAcceptLoginToken(t.Context(), fresh.Token)
	isErr(t, err, 400, "AUTH_TOKEN_ALREADY_ACCEPTED")
	pushed := d.pushes(mtproto.KeyID{2})
	require.Len(t, pushed, 1)
	assert.IsType(t, &tg.UpdateLoginToken{}, pushed[0].Updates[0])

	_, err = screen.UpdatesGetState(t.Context())
	isErr(t, err, 401, "AUTH_KEY_UNREGISTERED") // only the second call logs in
	got, err := export(d, screen)
	require.NoError(t, err)
	in := got.(*tg.AuthLoginTokenSuccess).Authorization.(*tg.AuthAuthorization)
	assert.Equal(t, int64(d.world.Owner()), in.User.GetID())
	_, err = screen.UpdatesGetState(t.Context())
	require.NoError(t, err)

	other, err := export(d, d.device(3, dc), int64(d.world.Owner()))
	require.NoError(t, err)
	_, err = phone.AuthAcceptLoginToken(t.Context(), other.(*tg.AuthLoginToken).Token)
	isErr(t, err, 400, "AUTH_TOKEN_EXCEPTION")
}

// A token of another DC is redeemed at the account's, with the second factor after it.
func TestRule28QRLoginAtAnotherDC(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	phone, screen, atHome := d.owner(1), d.device(2, 4), d.device(3, dc)
	shown, err := export(d, screen)
	require.NoError(t, err)
	token := shown.(*tg.AuthLoginToken).Token
	_, err = atHome.AuthImportLoginToken(t.Context(), token)
	isErr(t, err, 400, "AUTH_TOKEN_INVALID") // not accepted
	_, err = phone.AuthAcceptLoginToken(t.Context(), token)
	require.NoError(t, err)
	got, err := export(d, screen)
	require.NoError(t, err)
	to := got.(*tg.AuthLoginTokenMigrateTo)
	assert.Equal(t, dc, to.DCID)
	_, err = atHome.AuthImportLoginToken(t.Context(), to.Token)
	isErr(t, err, 401, "SESSION_PASSWORD_NEEDED")
	require.NoError(t, d.password(atHome, d.world.Password(d.world.Owner())))
	_, err = atHome.UpdatesGetState(t.Context())
	require.NoError(t, err)
	_, err = atHome.AuthImportLoginToken(t.Context(), to.Token)
	isErr(t, err, 400, "AUTH_TOKEN_ALREADY_ACCEPTED")
	_, err = phone.AuthAcceptLoginToken(t.Context(), to.Token)
	isErr(t, err, 400, "AUTH_TOKEN_ALREADY_ACCEPTED")

	// An accepted token does not wait for ever.
	shown, err = export(d, screen)
	require.NoError(t, err)
	token = shown.(*tg.AuthLoginToken).Token
	_, err = phone.AuthAcceptLoginToken(t.Context(), token)
	require.NoError(t, err)
	d.clock.advance(30 * time.Second)
	_, err = d.device(4, dc).AuthImportLoginToken(t.Context(), token)
	isErr(t, err, 400, "AUTH_TOKEN_EXPIRED")
}
