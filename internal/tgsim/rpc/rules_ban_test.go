package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// editBanned has the owner's client ban, restrict or lift.
func (s *stage) editBanned(api *tg.Client, u world.UserID, r tg.ChatBannedRights) error {
	s.t.Helper()
	self := s.world.Owner()
	if api == s.bot {
		self = s.world.Bot()
	}
	_, err := api.ChannelsEditBanned(s.t.Context(), &tg.ChannelsEditBannedRequest{
		Channel:      s.group(api),
		Participant:  &tg.InputPeerUser{UserID: int64(u), AccessHash: s.world.User(self, u).AccessHash},
		BannedRights: r,
	})
	return err
}

func TestRule26EditBanned(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 200})
	u := s.some(ordinary)
	require.NoError(t, s.editBanned(s.bot, u, world.Banned()))
	assert.Equal(t, "kicked", s.truth()[int64(u)].Status)
	isErr(t, s.world.Join(u, s.world.Group().ID), 406, "CHANNEL_PRIVATE")
	isErr(t, s.world.JoinByLink(u, s.world.Group().ID), 400, "INVITE_HASH_EXPIRED")
	require.NoError(t, s.editBanned(s.owner, u, tg.ChatBannedRights{}))
	assert.Equal(t, "left", s.truth()[int64(u)].Status, "lifting a ban does not bring anybody back")
	before := len(s.heard())
	require.NoError(t, s.editBanned(s.owner, u, tg.ChatBannedRights{}))
	assert.Positive(t, before)
	assert.Empty(t, s.heard(), "lifting nothing is no change")
}

func TestRule26WhoMayBan(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 200})
	id := s.world.Group().ID
	admin := s.some(func(f world.Fact) bool { return f.Status == "administrator" && !f.Bot })
	member := s.some(ordinary)
	isErr(t, s.editBanned(s.bot, admin, world.Banned()), 400, "USER_ADMIN_INVALID")
	isErr(t, s.editBanned(s.bot, s.world.Owner(), world.Banned()), 400, "USER_ADMIN_INVALID")
	_, err := s.world.EditBanned(member, s.some(func(f world.Fact) bool { return ordinary(f) && f.ID != member }), id, world.Banned())
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
	require.NoError(t, s.editBanned(s.owner, admin, world.Banned()), "the creator may ban admins")
	assert.Equal(t, "kicked", s.truth()[int64(admin)].Status)
	isErr(t, s.world.Leave(s.world.Owner(), id), 400, "USER_CREATOR")
}

func TestRule26UntilDate(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 200})
	u := s.some(ordinary)
	for _, c := range []struct {
		name string
		in   time.Duration
		want int
	}{
		{"soon is forever", 29 * time.Second, 1<<31 - 1},
		{"a minute", time.Minute, int(epoch.Add(time.Minute).Unix())},
		{"a year", 365 * 24 * time.Hour, int(epoch.Add(365 * 24 * time.Hour).Unix())},
		{"over 366 days is forever", 367 * 24 * time.Hour, 1<<31 - 1},
	} {
		r := world.Banned()
		r.UntilDate = int(epoch.Add(c.in).Unix())
		require.NoError(t, s.editBanned(s.owner, u, r), c.name)
		row, err := s.lookUp(s.bot, u)
		require.NoError(t, err)
		assert.Equal(t, c.want, row.(*tg.ChannelParticipantBanned).BannedRights.UntilDate, c.name)
	}
}

func TestRule26TimedRestrictionLapses(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 200})
	u := s.some(ordinary)
	r := world.Muted()
	r.UntilDate = int(epoch.Add(time.Hour).Unix())
	require.NoError(t, s.editBanned(s.owner, u, r))
	s.heard()
	assert.Equal(t, "restricted", s.truth()[int64(u)].Status)
	s.clock.advance(time.Hour)
	assert.Equal(t, "member", s.truth()[int64(u)].Status)
	assert.Empty(t, s.heard(), "nobody is told")
}

func TestRule26TimedBanLapses(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 200})
	u, id := s.some(ordinary), s.world.Group().ID
	r := world.Banned()
	r.UntilDate = int(epoch.Add(time.Hour).Unix())
	require.NoError(t, s.editBanned(s.owner, u, r))
	isErr(t, s.world.Join(u, id), 406, "CHANNEL_PRIVATE")
	since := s.newest()
	s.heard()
	s.clock.advance(time.Hour)
	assert.Equal(t, "left", s.truth()[int64(u)].Status, "it does not bring anybody back")
	assert.Empty(t, s.heard(), "nobody is told")
	assert.Empty(t, s.log(tg.ChannelsGetAdminLogRequest{MinID: since}).Events)
	require.NoError(t, s.world.Join(u, id))
}

func TestRule27PrivateToTheBanned(t *testing.T) {
	s := newStage(t, world.Options{Seed: 27, Members: 100})
	c := s.group(s.bot)
	require.NoError(t, s.editBanned(s.owner, s.world.Bot(), world.Banned()))
	calls := map[string]func() error{
		"getParticipants": func() error {
			_, err := s.bot.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: c, Filter: recent})
			return err
		},
		"getFullChannel": func() error { _, err := s.bot.ChannelsGetFullChannel(t.Context(), c); return err },
		"getParticipant": func() error { _, err := s.lookUpIn(c, s.world.Owner()); return err },
		"leaveChannel":   func() error { _, err := s.bot.ChannelsLeaveChannel(t.Context(), c); return err },
		"getChannelDifference": func() error {
			_, err := s.bot.UpdatesGetChannelDifference(t.Context(), &tg.UpdatesGetChannelDifferenceRequest{
				Channel: c, Filter: &tg.ChannelMessagesFilterEmpty{}, Pts: 1, Limit: 1,
			})
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) { isErr(t, call(), 406, "CHANNEL_PRIVATE") })
	}
	got, err := s.bot.ChannelsGetChannels(t.Context(), []tg.InputChannelClass{c})
	require.NoError(t, err)
	assert.Equal(t, "Lantern Street Readers", got.GetChats()[0].(*tg.ChannelForbidden).Title)
}

func (s *stage) lookUpIn(c tg.InputChannelClass, u world.UserID) (*tg.ChannelsChannelParticipant, error) {
	return s.bot.ChannelsGetParticipant(s.t.Context(), &tg.ChannelsGetParticipantRequest{
		Channel: c, Participant: &tg.InputPeerUser{UserID: int64(u)},
	})
}

func TestLeaveByMethod(t *testing.T) {
	s := newStage(t, world.Options{Seed: 27, Members: 100})
	_, err := s.owner.ChannelsLeaveChannel(t.Context(), s.group(s.owner))
	isErr(t, err, 400, "USER_CREATOR")
	cyclists := s.channel(s.owner, "old_town_cyclists")
	got, err := s.owner.ChannelsLeaveChannel(t.Context(), cyclists)
	require.NoError(t, err)
	assert.True(t, got.(*tg.Updates).Chats[0].(*tg.Channel).Left)
	_, err = s.owner.ChannelsLeaveChannel(t.Context(), cyclists)
	isErr(t, err, 400, "USER_NOT_PARTICIPANT")
	own := s.pushes(ownerKey)
	require.Len(t, own, 1, "the account's other sessions hear that its place has changed")
	assert.Equal(t, &tg.UpdateChannel{ChannelID: cyclists.ChannelID}, own[0].Updates[0])
}

func TestEditAdminByMethod(t *testing.T) {
	s := newStage(t, world.Options{Seed: 28, Members: 100})
	u := s.some(ordinary)
	edit := func(u world.UserID, r tg.ChatAdminRights) error {
		_, err := s.owner.ChannelsEditAdmin(t.Context(), &tg.ChannelsEditAdminRequest{
			Channel: s.group(s.owner), AdminRights: r,
			UserID: &tg.InputUser{UserID: int64(u), AccessHash: s.world.User(s.world.Owner(), u).AccessHash},
		})
		return err
	}
	hidden := world.ModeratorRights()
	hidden.Anonymous = true
	require.NoError(t, edit(u, hidden))
	assert.True(t, s.truth()[int64(u)].Anonymous)
	assert.NotContains(t, s.walk(s.owner, s.group(s.owner), recent), int64(u), "anonymous admins are in no list of members")
	assert.Contains(t, s.walk(s.owner, s.group(s.owner), &tg.ChannelParticipantsAdmins{}), int64(u))
	require.NoError(t, edit(u, tg.ChatAdminRights{}))
	assert.Contains(t, s.walk(s.owner, s.group(s.owner), recent), int64(u))
	isErr(t, edit(s.stranger(), world.ModeratorRights()), 403, "USER_NOT_MUTUAL_CONTACT")
	isErr(t, edit(s.world.Owner(), world.ModeratorRights()), 400, "USER_CREATOR")
	require.NoError(t, edit(s.world.Bot(), tg.ChatAdminRights{}))
	require.NoError(t, s.editBanned(s.owner, s.world.Bot(), world.Banned()))
	require.NoError(t, s.editBanned(s.owner, s.world.Bot(), tg.ChatBannedRights{}))
	require.NoError(t, edit(s.world.Bot(), world.ModeratorRights()), "a bot is added by promoting it")
}
