package rpc_test

import (
	"strings"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// signUp is a client's first login with a number that nobody has.
func (d *doorstep) signUp(api *tg.Client, phone, code, name string) (*tg.AuthAuthorization, error) {
	sent, err := d.ask(api, phone)
	require.NoError(d.t, err)
	got, err := api.AuthSignIn(d.t.Context(), &tg.AuthSignInRequest{PhoneNumber: phone, PhoneCodeHash: sent.PhoneCodeHash, PhoneCode: code})
	if err == nil {
		assert.IsType(d.t, &tg.AuthAuthorizationSignUpRequired{}, got)
	}
	got, err = api.AuthSignUp(d.t.Context(), &tg.AuthSignUpRequest{PhoneNumber: phone, PhoneCodeHash: sent.PhoneCodeHash, FirstName: name})
	if err != nil {
		return nil, err
	}
	return got.(*tg.AuthAuthorization), nil
}

func TestRule28SigningUp(t *testing.T) {
	for _, unoccupied := range []bool{false, true} {
		d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{Unoccupied: unoccupied})
		api := d.device(1, dc)
		_, err := d.signUp(api, "9996621234", "11111", "Zed")
		isErr(t, err, 400, "PHONE_CODE_INVALID")
		for _, name := range []string{"", " \t", strings.Repeat("x", 65)} {
			_, err = d.signUp(api, "9996621234", "22222", name)
			isErr(t, err, 400, "FIRSTNAME_INVALID")
		}
		_, err = api.UpdatesGetState(t.Context())
		isErr(t, err, 401, "AUTH_KEY_UNREGISTERED")
		got, err := d.signUp(api, "9996621234", "22222", "Zed")
		require.NoError(t, err)
		zed := got.User.(*tg.User)
		assert.Equal(t, []any{"Zed", "9996621234", true}, []any{zed.FirstName, zed.Phone, zed.Self})
		_, err = api.UpdatesGetState(t.Context())
		require.NoError(t, err)

		again, err := d.code(d.device(2, dc), "+9996621234", "22222")
		require.NoError(t, err, "the number is somebody's now")
		assert.Equal(t, zed.ID, again.(*tg.AuthAuthorization).User.GetID())

		saved, err := d.rpc.SaveLogins()
		require.NoError(t, err)
		next := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
		require.NoError(t, next.rpc.LoadLogins(saved))
		_, err = next.device(1, dc).UpdatesGetState(t.Context())
		require.NoError(t, err, "the account is there after a restart, too")
		again, err = next.code(next.device(3, dc), "9996621234", "22222")
		require.NoError(t, err)
		assert.Equal(t, zed.ID, again.(*tg.AuthAuthorization).User.GetID())
	}
}

func TestRule28SigningUpAtAnotherDC(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1}, rpc.LoginRules{})
	_, err := d.ask(d.device(1, dc), "9996641234")
	isErr(t, err, 303, "PHONE_MIGRATE")
	one, two := d.device(2, 4), d.device(3, 4)
	late, err := d.ask(two, "9996641234")
	require.NoError(t, err)
	_, err = two.AuthSignIn(t.Context(), &tg.AuthSignInRequest{PhoneNumber: "9996641234", PhoneCodeHash: late.PhoneCodeHash, PhoneCode: "44444"})
	require.NoError(t, err)
	_, err = d.signUp(one, "9996641234", "44444", "Zed")
	require.NoError(t, err)
	_, err = one.UpdatesGetState(t.Context())
	require.NoError(t, err)
	_, err = two.AuthSignUp(t.Context(), &tg.AuthSignUpRequest{PhoneNumber: "9996641234", PhoneCodeHash: late.PhoneCodeHash, FirstName: "Zoe"})
	isErr(t, err, 400, "PHONE_NUMBER_OCCUPIED")
}

// Any person of the world may get a client of their own, in whichever of its groups they are.
func TestRule28EnlistedMembers(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, Members: 120, Groups: []world.GroupOptions{{Title: "Board", Basic: true, Members: 200}}}, rpc.LoginRules{})
	u := d.some(ordinary)
	phone, code, err := d.world.Enlist(u)
	require.NoError(t, err)
	api := d.device(1, dc)
	_, err = d.code(api, phone, code)
	require.NoError(t, err)
	got, err := api.MessagesGetDialogs(t.Context(), &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 100})
	require.NoError(t, err)
	titles := make(map[string]bool)
	for _, c := range got.(*tg.MessagesDialogs).Chats {
		switch c := c.(type) {
		case *tg.Channel:
			titles[c.Title] = true
		case *tg.Chat:
			titles[c.Title] = true
		}
	}
	assert.True(t, titles["Lantern Street Readers"] && titles["Board"], "%v", titles)
	self, err := api.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
		Channel: d.group(api), Participant: &tg.InputPeerSelf{},
	})
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipantSelf{}, self.Participant)
	assert.Equal(t, 1, d.rpc.Requests()["others"]["channels.getParticipant"].Calls)
	assert.Zero(t, d.rpc.Requests()["owner"]["channels.getParticipant"].Calls)

	again, same, err := d.world.Enlist(u)
	require.NoError(t, err)
	assert.Equal(t, []string{phone, code}, []string{again, same})
	for _, nobody := range []world.UserID{0, d.world.Bot(), world.ServiceID, 5} {
		_, _, err = d.world.Enlist(nobody)
		isErr(t, err, 400, "USER_ID_INVALID")
	}
	_, _, err = d.world.Enlist(d.some(func(f world.Fact) bool { return f.Deleted }))
	isErr(t, err, 400, "INPUT_USER_DEACTIVATED")

	saved, err := d.rpc.SaveLogins()
	require.NoError(t, err)
	next := newDoorstep(t, world.Options{Seed: 1, Members: 120}, rpc.LoginRules{})
	require.NoError(t, next.rpc.LoadLogins(saved))
	_, err = next.device(1, dc).UpdatesGetState(t.Context())
	require.NoError(t, err)
	assert.Equal(t, phone, next.world.Phone(u))
}

// A newcomer whose number somebody has again does not keep the next run from beginning.
func TestRule28NewcomersMakeRoom(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	phone := d.world.Phone(d.world.Owner())
	require.NoError(t, d.rpc.End(d.world.Owner(), rpc.Deactivated))
	_, err := d.signUp(d.device(1, dc), phone, "22222", "Zed")
	require.NoError(t, err)
	saved, err := d.rpc.SaveLogins()
	require.NoError(t, err)
	next := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	require.NoError(t, next.rpc.LoadLogins(saved))
	_, err = next.device(1, dc).UpdatesGetState(t.Context())
	isErr(t, err, 401, "USER_DEACTIVATED")
	assert.Equal(t, phone, next.world.Phone(next.world.Owner()))
}

func TestRule28WhereAccountsAreIsKept(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	require.NoError(t, d.rpc.Move(d.world.Owner(), 4))
	saved, err := d.rpc.SaveLogins()
	require.NoError(t, err)
	next := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	require.NoError(t, next.rpc.LoadLogins(saved))
	_, err = next.ask(next.device(1, dc), next.world.Phone(next.world.Owner()))
	isErr(t, err, 303, "PHONE_MIGRATE")
	assert.ErrorContains(t, next.rpc.LoadLogins([]byte(`{"logins":[],"homes":{"5":77}}`)), "DC 77")
}

// A moved account's old connections are cut as its new ones are.
func TestRule28AMovedAccountIsCutEverywhere(t *testing.T) {
	d := newDoorstep(t, world.Options{Seed: 1, NoPassword: true}, rpc.LoginRules{})
	d.owner(1)
	require.NoError(t, d.rpc.Move(d.world.Owner(), 4))
	cut := new(cuts)
	d.rpc.Bind(cut)
	d.rpc.Cut(d.world.Owner())
	assert.Equal(t, cuts{{1}}, *cut)
}

// cuts is a rpc.Pusher that notes which keys are cut off.
type cuts []mtproto.KeyID

func (c *cuts) Push(mtproto.KeyID, tg.UpdatesClass) bool { return false }

func (c *cuts) Cut(key mtproto.KeyID) { *c = append(*c, key) }
