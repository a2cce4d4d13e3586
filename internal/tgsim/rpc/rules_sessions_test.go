package rpc_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

func TestRule28LoginsEnd(t *testing.T) {
	for why, code := range map[rpc.Ending]int{
		rpc.Revoked: 401, rpc.Expired: 401, rpc.Deactivated: 401, rpc.Banned: 401, rpc.Duplicated: 406, rpc.Unregistered: 401,
	} {
		t.Run(string(why), func(t *testing.T) {
			d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
			owner := d.world.Owner()
			phone, sms := d.world.Phone(owner), d.world.Code(owner)
			api := d.owner(1)
			require.NoError(t, d.rpc.End(owner, why))
			_, err := api.UpdatesGetState(t.Context())
			isErr(t, err, code, string(why))
			saved, err := d.rpc.SaveLogins()
			require.NoError(t, err)

			_, err = d.code(api, phone, sms)
			switch why {
			case rpc.Duplicated:
				isErr(t, err, 406, "AUTH_KEY_DUPLICATED")
				_, err = d.code(d.device(9, dc), phone, sms)
				require.NoError(t, err)
			case rpc.Deactivated:
				isErr(t, err, 400, "PHONE_CODE_INVALID") // the number is nobody's now
			case rpc.Banned:
				isErr(t, err, 400, "PHONE_NUMBER_BANNED")
				require.NoError(t, d.rpc.Pardon(owner))
				_, err = d.code(api, phone, sms)
				require.NoError(t, err)
			default:
				require.NoError(t, err)
			}

			// It is so after a restart, too, though the world is made anew.
			next := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
			require.NoError(t, next.rpc.LoadLogins(saved))
			_, err = next.device(1, dc).UpdatesGetState(t.Context())
			isErr(t, err, code, string(why))
		})
	}
}

func TestRule28OthersAreTerminated(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	one, two, three := d.owner(1), d.owner(2), d.owner(3)
	out, err := two.AuthExportAuthorization(t.Context(), 4)
	require.NoError(t, err)
	_, err = d.device(4, 4).AuthImportAuthorization(t.Context(), &tg.AuthImportAuthorizationRequest{ID: out.ID, Bytes: out.Bytes})
	require.NoError(t, err)
	list := func() map[int64]bool {
		got, err := one.AccountGetAuthorizations(t.Context())
		require.NoError(t, err)
		assert.True(t, got.Authorizations[0].Current && got.Authorizations[0].Hash == 0)
		all := make(map[int64]bool)
		for _, a := range got.Authorizations[1:] {
			all[a.Hash] = a.Current
		}
		return all
	}
	before := slices.Sorted(maps.Keys(list()))
	require.Len(t, before, 2, "a login at another DC is none of its own")
	_, err = one.AccountResetAuthorization(t.Context(), before[0])
	isErr(t, err, 406, "FRESH_RESET_AUTHORISATION_FORBIDDEN")
	d.clock.advance(24 * time.Hour)
	_, err = one.AccountResetAuthorization(t.Context(), 1)
	isErr(t, err, 400, "HASH_INVALID")
	_, err = one.AccountResetAuthorization(t.Context(), before[0])
	require.NoError(t, err)
	assert.Equal(t, before[1:], slices.Sorted(maps.Keys(list())))
	_, err = one.AuthResetAuthorizations(t.Context())
	require.NoError(t, err)
	assert.Empty(t, list())
	for _, gone := range []*tg.Client{two, three, d.device(4, 4)} {
		_, err = gone.UpdatesGetState(t.Context())
		isErr(t, err, 401, "SESSION_REVOKED")
	}
}

func TestRule28UnusedLoginsExpire(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	one, two := d.owner(1), d.owner(2)
	_, err := one.AccountSetAuthorizationTTL(t.Context(), 0)
	isErr(t, err, 406, "TTL_DAYS_INVALID")
	_, err = one.AccountSetAuthorizationTTL(t.Context(), 7)
	require.NoError(t, err)
	d.clock.advance(6 * 24 * time.Hour)
	_, err = one.UpdatesGetState(t.Context())
	require.NoError(t, err)
	d.clock.advance(2 * 24 * time.Hour)
	_, err = two.UpdatesGetState(t.Context())
	isErr(t, err, 401, "SESSION_EXPIRED")
	got, err := one.AccountGetAuthorizations(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 7, got.AuthorizationTTLDays)
	assert.Len(t, got.Authorizations, 1)
}

func TestRule28AccountIsDeleted(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	owner := d.world.Owner()
	one, two := d.owner(1), d.owner(2)
	_, err := one.AccountDeleteAccount(t.Context(), &tg.AccountDeleteAccountRequest{Reason: "enough"})
	isErr(t, err, 420, "2FA_CONFIRM_WAIT")
	proof, err := d.prove(one, d.world.Password(owner))
	require.NoError(t, err)
	r := &tg.AccountDeleteAccountRequest{Reason: "enough"}
	r.SetPassword(proof)
	cut := new(cuts)
	d.rpc.Bind(cut)
	_, err = one.AccountDeleteAccount(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, cuts{{2}}, *cut, "the caller's connection carries the answer")
	for _, api := range []*tg.Client{one, two} {
		_, err = api.UpdatesGetState(t.Context())
		isErr(t, err, 401, "USER_DEACTIVATED")
	}
	assert.True(t, d.world.User(d.world.Bot(), owner).Deleted)
}

func TestRule28ExportsAreAnnounced(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	ctx := t.Context()
	one := d.owner(1)
	begin := func() (*tg.AccountTakeout, error) {
		return one.AccountInitTakeoutSession(ctx, &tg.AccountInitTakeoutSessionRequest{Contacts: true})
	}
	within := func(id int64) error {
		var body bin.Buffer
		require.NoError(t, (&tg.UpdatesGetStateRequest{}).Encode(&body))
		_, err := d.rpc.Handle(ctx, &mtproto.Request{
			Key: mtproto.KeyID{1}, Method: tg.UpdatesGetStateRequestTypeID, Body: &body, DC: dc, Takeout: id,
		})
		return err
	}
	finish := func() error {
		_, err := one.AccountFinishTakeoutSession(ctx, &tg.AccountFinishTakeoutSessionRequest{Success: true})
		return err
	}
	isErr(t, finish(), 403, "TAKEOUT_REQUIRED")
	got, err := begin()
	require.NoError(t, err, "there is no other device to tell")
	require.NoError(t, within(got.ID))
	isErr(t, within(got.ID+1), 400, "TAKEOUT_INVALID")
	require.NoError(t, finish())
	isErr(t, within(got.ID), 400, "TAKEOUT_INVALID")

	d.owner(2)
	_, err = begin()
	isErr(t, err, 420, "TAKEOUT_INIT_DELAY")
	assert.ErrorContains(t, err, "(86400)")
	require.Len(t, d.pushes(mtproto.KeyID{2}), 1)
	d.clock.advance(23 * time.Hour)
	_, err = begin()
	assert.ErrorContains(t, err, "(3600)")
	assert.Empty(t, d.pushes(mtproto.KeyID{2}))
	d.clock.advance(time.Hour)
	_, err = begin()
	require.NoError(t, err)
}
