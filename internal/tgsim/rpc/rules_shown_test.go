package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// member signs a plain member of the group in.
func (s *stage) member() (*tg.Client, world.UserID) {
	s.t.Helper()
	u := s.some(ordinary)
	_, _, err := s.world.Enlist(u)
	require.NoError(s.t, err)
	s.rpc.SignIn(mtproto.KeyID{7}, u)
	return s.client(mtproto.KeyID{7}), u
}

// about asks about somebody as the account must, with its own access hash.
func (s *stage) about(api *tg.Client, me, u world.UserID) (tg.ChannelParticipantClass, error) {
	s.t.Helper()
	got, err := api.ChannelsGetParticipant(s.t.Context(), &tg.ChannelsGetParticipantRequest{
		Channel: s.group(api), Participant: &tg.InputPeerUser{UserID: int64(u), AccessHash: s.world.User(me, u).AccessHash},
	})
	if err != nil {
		return nil, err
	}
	return got.Participant, nil
}

func TestRule09ContactsAreHiddenToo(t *testing.T) {
	s := newStage(t, world.Options{Seed: 9, Members: 120})
	api, me := s.member()
	friend := s.some(func(f world.Fact) bool { return ordinary(f) && f.ID != me })
	admin := s.some(func(f world.Fact) bool { return f.Status == "administrator" && !f.Bot && !f.Anonymous })
	for _, u := range []world.UserID{friend, admin} {
		s.act(s.world.AddContact(me, u, "A", "Friend"))
	}
	contacts := &tg.ChannelParticipantsContacts{}
	open := s.walk(api, s.group(api), contacts)
	assert.Contains(t, open, int64(friend))
	assert.Contains(t, open, int64(admin))
	s.pushes(mtproto.KeyID{7})
	s.act(s.world.HideMembers(s.world.Owner(), s.world.Group().ID, true))
	told := s.pushes(mtproto.KeyID{7})
	require.NotEmpty(t, told)
	assert.IsType(t, &tg.UpdateChannel{}, told[0].Updates[0], "clients hear that the list is another now")
	hidden := s.walk(api, s.group(api), contacts)
	assert.NotContains(t, hidden, int64(friend))
	assert.Contains(t, hidden, int64(admin))
	_, err := s.about(api, me, friend)
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
}

func TestRule09HiddenMembersMayBeUnknown(t *testing.T) {
	s := newStage(t, world.Options{Seed: 9, Members: 120, Lists: world.ListRules{HiddenUnknown: true}})
	api, me := s.member()
	s.act(s.world.HideMembers(s.world.Owner(), s.world.Group().ID, true))
	_, err := s.about(api, me, s.some(func(f world.Fact) bool { return ordinary(f) && f.ID != me }))
	isErr(t, err, 400, "PARTICIPANT_ID_INVALID")
	row, err := s.about(api, me, me)
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipantSelf{}, row)
}

func TestRule10OwnRowByOption(t *testing.T) {
	s := newStage(t, world.Options{Seed: 10, Members: 100, Lists: world.ListRules{OwnRow: true}})
	got, err := s.owner.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
		Channel: s.channel(s.owner, "lantern_news"), Participant: &tg.InputPeerSelf{},
	})
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipantSelf{}, got.Participant)
}

func TestRule14AnonymousAdminsLookPlain(t *testing.T) {
	s := newStage(t, world.Options{Seed: 14, Members: 120})
	api, me := s.member()
	masked := s.some(func(f world.Fact) bool { return f.Anonymous })
	row, err := s.about(api, me, masked)
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipant{}, row)
	row, err = s.about(s.owner, s.world.Owner(), masked)
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipantAdmin{}, row)
}

func TestRule17AnotherEndOfABanIsABan(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 120})
	u := s.some(ordinary)
	since := s.newest()
	for _, until := range []time.Duration{time.Hour, 2 * time.Hour} {
		r := world.Banned()
		r.UntilDate = int(epoch.Add(until).Unix())
		require.NoError(t, s.editBanned(s.owner, u, r))
	}
	filter := tg.ChannelAdminLogEventsFilter{Kick: true}
	filter.SetFlags()
	q := tg.ChannelsGetAdminLogRequest{MinID: since}
	q.SetEventsFilter(filter)
	assert.Len(t, s.log(q).Events, 2)
}

func TestRule26FreshAdmins(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 120, Joins: world.JoinRules{FreshAdmins: time.Hour}})
	api, me := s.member()
	id := s.world.Group().ID
	r := world.ModeratorRights()
	r.AddAdmins = true
	_, err := s.world.EditAdmin(s.world.Owner(), me, id, r, "")
	require.NoError(t, err)
	friend := s.some(func(f world.Fact) bool { return ordinary(f) && f.ID != me })
	elect := func() error {
		_, err := api.ChannelsEditAdmin(t.Context(), &tg.ChannelsEditAdminRequest{
			Channel: s.group(api), AdminRights: world.ModeratorRights(),
			UserID: &tg.InputUser{UserID: int64(friend), AccessHash: s.world.User(me, friend).AccessHash},
		})
		return err
	}
	s.clock.advance(time.Hour - time.Second)
	isErr(t, elect(), 406, "FRESH_CHANGE_ADMINS_FORBIDDEN")
	s.clock.advance(time.Second)
	require.NoError(t, elect())
}

func TestRule26MakingAdminsOfOutsiders(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 120, Joins: world.JoinRules{Guarded: 1000}})
	_, err := s.world.EditAdmin(s.world.Owner(), s.stranger(), s.world.Group().ID, world.ModeratorRights(), "")
	isErr(t, err, 403, "USER_PRIVACY_RESTRICTED")
}

func TestRule27PublicGroupNotAvailable(t *testing.T) {
	s := newStage(t, world.Options{Seed: 27, Members: 120, Lists: world.ListRules{PublicNA: true}})
	api, me := s.member()
	c := s.group(api)
	require.NoError(t, s.editBanned(s.owner, me, world.Banned()))
	_, err := api.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: c, Filter: recent})
	isErr(t, err, 403, "CHANNEL_PUBLIC_GROUP_NA")
	_, err = api.ChannelsGetFullChannel(t.Context(), c)
	isErr(t, err, 403, "CHANNEL_PUBLIC_GROUP_NA")
	_, err = api.ChannelsLeaveChannel(t.Context(), c)
	isErr(t, err, 403, "CHANNEL_PUBLIC_GROUP_NA")
}

// A client that found messages in its account's name which it never sent would take them for another device's.
func TestRule04NobodysClientChatters(t *testing.T) {
	s := newStage(t, world.Options{Seed: 4, Members: 3, Chatter: time.Minute})
	since := int(epoch.Unix())
	s.clock.advance(time.Hour)
	c := s.group(s.owner)
	got, err := s.owner.MessagesGetHistory(t.Context(), &tg.MessagesGetHistoryRequest{
		Peer: &tg.InputPeerChannel{ChannelID: c.ChannelID, AccessHash: c.AccessHash}, Limit: 100,
	})
	require.NoError(t, err)
	history, ok := got.(*tg.MessagesChannelMessages)
	require.True(t, ok)
	said := 0
	for _, m := range history.Messages {
		m, ok := m.(*tg.Message)
		if !ok || m.Date <= since {
			continue
		}
		said++
		assert.False(t, m.Out)
		assert.NotEqual(t, int64(s.world.Bot()), peerID(m.FromID))
	}
	assert.Greater(t, said, 10)
}
