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

func TestRule28SRP(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	owner := d.world.Owner()
	api := d.device(1, dc)
	_, err := d.code(api, d.world.Phone(owner), d.world.Code(owner))
	isErr(t, err, 401, "SESSION_PASSWORD_NEEDED")
	old, latest := d.guess(api), d.guess(api)
	assert.NotEqual(t, old.SRPID, latest.SRPID)
	_, err = api.AuthCheckPassword(t.Context(), old)
	isErr(t, err, 400, "SRP_ID_INVALID")
	require.NoError(t, d.world.SetPassword(owner, "another"))
	_, err = api.AuthCheckPassword(t.Context(), latest)
	isErr(t, err, 400, "SRP_PASSWORD_CHANGED")
	_, err = api.AuthCheckPassword(t.Context(), d.guess(api))
	isErr(t, err, 400, "PASSWORD_HASH_INVALID")
	_, err = api.AuthRequestPasswordRecovery(t.Context())
	isErr(t, err, 400, "PASSWORD_RECOVERY_NA")
	require.NoError(t, d.password(api, "another"))
	isErr(t, d.world.SetPassword(d.world.Bot(), "x"), 400, "USER_ID_INVALID")
}

func TestRule28CodesLapse(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{CodeLife: time.Minute})
	phone := d.world.Phone(d.world.Owner())
	api := d.device(1, dc)
	sent, err := d.ask(api, phone)
	require.NoError(t, err)
	assert.IsType(t, &tg.AuthSentCodeTypeApp{}, sent.Type)
	assert.IsType(t, &tg.AuthCodeTypeSMS{}, sent.NextType)
	d.clock.advance(time.Minute)
	_, err = api.AuthSignIn(t.Context(), &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: sent.PhoneCodeHash, PhoneCode: "1"})
	isErr(t, err, 400, "PHONE_CODE_EXPIRED")

	sent, err = d.ask(api, phone)
	require.NoError(t, err)
	more, err := api.AuthResendCode(t.Context(), &tg.AuthResendCodeRequest{PhoneNumber: phone, PhoneCodeHash: sent.PhoneCodeHash})
	require.NoError(t, err)
	sms := more.(*tg.AuthSentCode)
	assert.IsType(t, &tg.AuthSentCodeTypeSMS{}, sms.Type)
	_, err = api.AuthResendCode(t.Context(), &tg.AuthResendCodeRequest{PhoneNumber: phone, PhoneCodeHash: sms.PhoneCodeHash})
	isErr(t, err, 406, "SEND_CODE_UNAVAILABLE")
	_, err = api.AuthCancelCode(t.Context(), &tg.AuthCancelCodeRequest{PhoneNumber: phone, PhoneCodeHash: sms.PhoneCodeHash})
	require.NoError(t, err)
	_, err = api.AuthSignIn(t.Context(), &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: sms.PhoneCodeHash, PhoneCode: "1"})
	isErr(t, err, 400, "PHONE_CODE_EXPIRED")
}

func TestRule28NobodysNumber(t *testing.T) {
	for _, unoccupied := range []bool{false, true} {
		d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{Unoccupied: unoccupied})
		got, err := d.code(d.device(1, dc), "+9996629999", "22222")
		if unoccupied {
			isErr(t, err, 400, "PHONE_NUMBER_UNOCCUPIED")
			continue
		}
		require.NoError(t, err)
		assert.IsType(t, &tg.AuthAuthorizationSignUpRequired{}, got)
	}
}

func TestRule28TooManyTries(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{Tries: 3})
	owner := d.world.Owner()
	phone, code := d.world.Phone(owner), d.world.Code(owner)
	api := d.device(1, dc)
	for range 2 {
		_, err := d.code(api, phone, "x"+code)
		isErr(t, err, 400, "PHONE_CODE_INVALID")
	}
	_, err := d.code(api, phone, code)
	isErr(t, err, 401, "SESSION_PASSWORD_NEEDED")
	_, err = api.AuthCheckPassword(t.Context(), d.guess(api))
	isErr(t, err, 400, "PASSWORD_HASH_INVALID")
	_, err = api.AuthCheckPassword(t.Context(), d.guess(api))
	isErr(t, err, 420, "FLOOD_WAIT")
	_, err = d.ask(d.device(2, dc), phone)
	isErr(t, err, 406, "PHONE_PASSWORD_FLOOD")
	d.clock.advance(time.Hour)
	require.NoError(t, d.password(api, d.world.Password(owner)))
	_, err = d.ask(d.device(2, dc), phone)
	require.NoError(t, err)
}

// Faults of the login itself are imposed on the account that logs in.
func TestRule28LoginFaults(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	owner := d.world.Owner()
	phone, code := d.world.Phone(owner), d.world.Code(owner)
	require.NoError(t, d.rpc.Impose(owner, "auth.sendCode", 77))
	_, err := d.ask(d.device(1, dc), phone)
	isErr(t, err, 420, "FLOOD_WAIT")
	d.clock.advance(77 * time.Second)
	require.NoError(t, d.rpc.Refuse(owner, "auth.signIn", 500, "SIGN_IN_FAILED"))
	_, err = d.code(d.device(1, dc), phone, code)
	isErr(t, err, 500, "SIGN_IN_FAILED")
	_, err = d.code(d.device(1, dc), phone, code)
	require.NoError(t, err)

	d.rpc.SetBudgets(rpc.Budgets{"auth.sendCode": {Burst: 2, Rate: 0.001}})
	for _, number := range []string{"4915100000000", "4915100000001"} {
		for range 2 {
			_, err = d.ask(d.device(2, dc), number)
			require.NoError(t, err)
		}
		_, err = d.ask(d.device(2, dc), number)
		isErr(t, err, 420, "FLOOD_WAIT")
	}
}

func TestRule28TelegramWritesOfLogins(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{Quiet: quiet})
		owner := d.world.Owner()
		_, err := d.code(d.device(1, dc), d.world.Phone(owner), d.world.Code(owner))
		require.NoError(t, err)
		assert.Empty(t, d.pushes(mtproto.KeyID{1}), "there was no other device")
		_, err = d.code(d.device(2, dc), d.world.Phone(owner), d.world.Code(owner))
		require.NoError(t, err)
		var got []string
		for _, u := range d.pushes(mtproto.KeyID{1}) {
			switch up := u.Updates[0].(type) {
			case *tg.UpdateNewMessage:
				m := up.Message.(*tg.Message)
				assert.Equal(t, &tg.PeerUser{UserID: 777000}, m.PeerID)
				assert.True(t, u.Users[0].(*tg.User).Verified || u.Users[1].(*tg.User).Verified)
				got = append(got, m.Message[:10])
			case *tg.UpdateNewAuthorization:
				got = append(got, "update")
			}
		}
		want := []string{"Login code", "New login.", "update"}
		if quiet {
			want = nil
		}
		assert.Equal(t, want, got)
	}
}

func TestRule28BotTokensExpire(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	in := func(token string) error {
		_, err := d.device(1, dc).AuthImportBotAuthorization(t.Context(), &tg.AuthImportBotAuthorizationRequest{
			APIID: apiID, APIHash: apiHash, BotAuthToken: token,
		})
		return err
	}
	old := d.world.Token(d.world.Bot())
	require.NoError(t, in(old))
	fresh, err := d.rpc.RenewToken(d.world.Bot())
	require.NoError(t, err)
	_, err = d.device(1, dc).UpdatesGetState(t.Context())
	isErr(t, err, 401, "SESSION_REVOKED")
	isErr(t, in(old), 400, "ACCESS_TOKEN_EXPIRED")
	isErr(t, in(old+"x"), 400, "ACCESS_TOKEN_INVALID")
	require.NoError(t, in(fresh))
	_, err = d.rpc.RenewToken(d.world.Owner())
	isErr(t, err, 400, "BOT_INVALID")
}

// Before login only help and auth answer, whether a method is there or not.
func TestRule28NothingBeforeLogin(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	api := d.device(1, dc)
	_, err := api.UsersGetUsers(t.Context(), []tg.InputUserClass{&tg.InputUserSelf{}})
	isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
	_, err = api.PaymentsGetStarsTopupOptions(t.Context())
	isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
	_, err = api.HelpGetSupport(t.Context())
	isErr(t, err, 400, "INPUT_METHOD_INVALID")
	_, err = d.owner(2).PaymentsGetStarsTopupOptions(t.Context())
	isErr(t, err, 400, "INPUT_METHOD_INVALID")
}
