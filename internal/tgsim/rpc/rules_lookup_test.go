package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// lookUp asks as a bot may: with the id alone.
func (s *stage) lookUp(api *tg.Client, u world.UserID) (tg.ChannelParticipantClass, error) {
	s.t.Helper()
	got, err := api.ChannelsGetParticipant(s.t.Context(), &tg.ChannelsGetParticipantRequest{
		Channel: s.group(api), Participant: &tg.InputPeerUser{UserID: int64(u)},
	})
	if err != nil {
		return nil, err
	}
	return got.Participant, nil
}

func TestRule13AccessHashes(t *testing.T) {
	s := newStage(t, world.Options{Seed: 13, Members: 300})
	c := s.group(s.owner)
	users := make(map[int64]*tg.User)
	page := s.list(s.owner, c, recent, 0, 200)
	for _, u := range page.Users {
		users[u.GetID()] = u.(*tg.User)
	}
	for _, p := range page.Participants {
		u := users[idOf(p)]
		require.NotNil(t, u, "users has everybody of the page")
		require.NotZero(t, u.AccessHash)
	}
	ofBot := make(map[int64]int64)
	for _, u := range s.list(s.bot, s.group(s.bot), recent, 0, 200).Users {
		ofBot[u.GetID()] = u.(*tg.User).AccessHash
	}
	for id, u := range users {
		assert.NotEqual(t, u.AccessHash, ofBot[id], "hashes are per account")
	}

	u := s.some(ordinary)
	good := s.world.User(s.world.Owner(), u).AccessHash
	peers := func(hash int64) (byUser, byPeer error) {
		_, byUser = s.owner.UsersGetUsers(t.Context(), []tg.InputUserClass{&tg.InputUser{UserID: int64(u), AccessHash: hash}})
		_, byPeer = s.owner.MessagesSetTyping(t.Context(), &tg.MessagesSetTypingRequest{
			Peer: &tg.InputPeerUser{UserID: int64(u), AccessHash: hash}, Action: &tg.SendMessageTypingAction{},
		})
		return byUser, byPeer
	}
	byUser, byPeer := peers(good)
	assert.NoError(t, byUser)
	assert.NoError(t, byPeer)
	for _, wrong := range []int64{0, good + 1, ofBot[int64(u)]} {
		byUser, byPeer = peers(wrong)
		isErr(t, byUser, 400, "USER_ID_INVALID")
		isErr(t, byPeer, 400, "PEER_ID_INVALID")
	}
	_, err := s.owner.ChannelsGetFullChannel(t.Context(), &tg.InputChannel{ChannelID: c.ChannelID})
	isErr(t, err, 400, "CHANNEL_INVALID")
	_, err = s.bot.ChannelsGetFullChannel(t.Context(), &tg.InputChannel{ChannelID: c.ChannelID})
	assert.NoError(t, err, "bots may send 0")
	_, err = s.bot.ChannelsGetFullChannel(t.Context(), c)
	isErr(t, err, 400, "CHANNEL_INVALID")
}

func TestRule14LookUps(t *testing.T) {
	s := newStage(t, world.Options{Seed: 14, Members: 300})
	bot, owner := s.world.Bot(), s.world.Owner()
	row, err := s.lookUp(s.bot, bot)
	require.NoError(t, err)
	assert.True(t, row.(*tg.ChannelParticipantAdmin).Self)
	row, err = s.lookUp(s.bot, owner)
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipantCreator{}, row)
	got, err := s.owner.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
		Channel: s.channel(s.owner, "old_town_cyclists"), Participant: &tg.InputPeerSelf{},
	})
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipantSelf{}, got.Participant)

	stranger, _ := s.world.Stranger()
	_, err = s.lookUp(s.bot, stranger)
	isErr(t, err, 400, "USER_NOT_PARTICIPANT")
	for id, f := range s.truth() {
		row, err := s.lookUp(s.bot, world.UserID(id))
		if f.Status == "left" && err != nil {
			isErr(t, err, 400, "USER_NOT_PARTICIPANT")
			continue
		}
		require.NoError(t, err, "%+v", f)
		if b, ok := row.(*tg.ChannelParticipantBanned); ok && f.Status != "kicked" && f.Status != "restricted" {
			assert.Less(t, b.BannedRights.UntilDate, int(s.clock.now().Unix()), "only an expired ban may be left standing")
		}
	}
}

func TestRule14BotWithoutRights(t *testing.T) {
	s := newStage(t, world.Options{Seed: 14, Members: 100})
	_, err := s.world.EditAdmin(s.world.Owner(), s.world.Bot(), s.world.Group().ID, tg.ChatAdminRights{}, "")
	require.NoError(t, err)
	u := s.some(ordinary)
	_, err = s.lookUp(s.bot, u)
	isErr(t, err, 400, "PARTICIPANT_ID_INVALID")
	s.act(s.world.Start(u, s.world.Bot(), ""))
	_, err = s.lookUp(s.bot, u)
	assert.NoError(t, err, "whom the bot has met it may look up")
}

func TestRule14ExpiredBansMayStay(t *testing.T) {
	s := newStage(t, world.Options{Seed: 14, Members: 300})
	var people []world.UserID
	for id, f := range s.truth() {
		if ordinary(f) {
			people = append(people, world.UserID(id))
		}
	}
	rights := world.Banned()
	rights.UntilDate = int(s.clock.now().Add(time.Hour).Unix())
	for _, u := range people {
		_, err := s.world.EditBanned(s.world.Owner(), u, s.world.Group().ID, rights)
		require.NoError(t, err)
	}
	s.clock.advance(2 * time.Hour)
	stale, gone := 0, 0
	for _, u := range people {
		assert.Equal(t, "left", s.truth()[int64(u)].Status)
		row, err := s.lookUp(s.bot, u)
		if err != nil {
			isErr(t, err, 400, "USER_NOT_PARTICIPANT")
			gone++
			continue
		}
		assert.Equal(t, rights.UntilDate, row.(*tg.ChannelParticipantBanned).BannedRights.UntilDate)
		stale++
	}
	assert.Greater(t, gone, stale)
	assert.Positive(t, stale)
	s.act(s.world.Join(people[0], s.world.Group().ID))
}

func TestRule15FullChat(t *testing.T) {
	s := newStage(t, world.Options{Seed: 15, Members: 100})
	dialogs, err := s.owner.MessagesGetDialogs(t.Context(), &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 100})
	require.NoError(t, err)
	var chat *tg.Chat
	for _, c := range dialogs.(*tg.MessagesDialogs).Chats {
		if c, ok := c.(*tg.Chat); ok {
			chat = c
		}
	}
	require.NotNil(t, chat)
	full, err := s.owner.MessagesGetFullChat(t.Context(), chat.ID)
	require.NoError(t, err)
	list := full.FullChat.(*tg.ChatFull).Participants.(*tg.ChatParticipants)
	assert.Len(t, list.Participants, chat.ParticipantsCount)
	assert.Equal(t, chat.Version, list.Version)
	assert.IsType(t, &tg.ChatParticipantCreator{}, list.Participants[0])

	outside, err := s.bot.MessagesGetFullChat(t.Context(), chat.ID)
	require.NoError(t, err)
	assert.IsType(t, &tg.ChatParticipantsForbidden{}, outside.FullChat.(*tg.ChatFull).Participants)
	assert.IsType(t, &tg.ChatForbidden{}, outside.Chats[0])
	_, err = s.owner.MessagesGetFullChat(t.Context(), int64(s.world.Group().ID))
	isErr(t, err, 400, "CHAT_ID_INVALID")
	chats, err := s.owner.MessagesGetChats(t.Context(), []int64{chat.ID})
	require.NoError(t, err)
	assert.Equal(t, chat.Title, chats.GetChats()[0].(*tg.Chat).Title)
}
