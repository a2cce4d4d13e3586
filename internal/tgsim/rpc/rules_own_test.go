package rpc_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// told returns the updates that were pushed to the key, out of their containers.
func (s *stage) told(key mtproto.KeyID) []tg.UpdateClass {
	s.t.Helper()
	var out []tg.UpdateClass
	for _, p := range s.pushes(key) {
		out = append(out, p.Updates...)
	}
	return out
}

// enlisted logs a person in with a key of their own.
func (s *stage) enlisted(u world.UserID, n byte) (*tg.Client, mtproto.KeyID) {
	s.t.Helper()
	phone, code, err := s.world.Enlist(u)
	require.NoError(s.t, err)
	key := mtproto.KeyID{n}
	api := s.client(key)
	sent, err := api.AuthSendCode(s.t.Context(), &tg.AuthSendCodeRequest{PhoneNumber: phone, APIID: apiID, APIHash: apiHash})
	require.NoError(s.t, err)
	_, err = api.AuthSignIn(s.t.Context(), &tg.AuthSignInRequest{
		PhoneNumber: phone, PhoneCodeHash: sent.(*tg.AuthSentCode).PhoneCodeHash, PhoneCode: code,
	})
	require.NoError(s.t, err)
	s.pushes(key)
	return api, key
}

func TestRule30ActsOfAnAccountReachItsOwnClients(t *testing.T) {
	s, id := evening(t)
	owner := s.world.Owner()
	s.pushes(ownerKey)
	_, err := s.world.Say(owner, s.world.Group().ID, "by an act")
	require.NoError(t, err)
	assert.Equal(t, "by an act", s.told(ownerKey)[0].(*tg.UpdateNewChannelMessage).Message.(*tg.Message).Message)
	pts := s.world.State(owner).Pts
	for _, act := range []func() error{
		func() error { return s.world.Start(owner, s.world.Bot(), "") },
		func() error { return s.world.Write(owner, s.world.Bot(), "hello") },
		func() error { return s.world.SayInChat(owner, world.ChatID(id), "hello all") },
	} {
		s.act(act())
		got := s.told(ownerKey)
		require.Len(t, got, 1)
		pts++
		assert.Equal(t, pts, got[0].(*tg.UpdateNewMessage).Pts)
		assert.True(t, got[0].(*tg.UpdateNewMessage).Message.(*tg.Message).Out)
	}
	u, chat := s.stranger(), world.ChatID(id)
	for _, act := range []func() error{
		func() error { return s.world.Let(owner, chat, u) },
		func() error { return s.world.PutOut(owner, chat, u) },
		func() error { return s.world.Retitle(owner, chat, "Chess Night") },
	} {
		s.act(act())
		pts++
		assert.Equal(t, pts, s.told(ownerKey)[0].(*tg.UpdateNewMessage).Pts)
	}
	_, err = s.world.Migrate(chat)
	require.NoError(t, err)
	got := s.told(ownerKey)
	require.Len(t, got, 3)
	assert.Equal(t, pts+1, got[0].(*tg.UpdateNewMessage).Pts)
	assert.IsType(t, &tg.MessageActionChatMigrateTo{}, got[0].(*tg.UpdateNewMessage).Message.(*tg.MessageService).Action)
	assert.IsType(t, &tg.UpdateChannel{}, got[1])
	assert.IsType(t, &tg.MessageActionChannelMigrateFrom{}, got[2].(*tg.UpdateNewChannelMessage).Message.(*tg.MessageService).Action)
}

func TestRule15WhoIsAnsweredTrueIsToldToo(t *testing.T) {
	s, id := evening(t)
	s.pushes(ownerKey)
	seq := s.world.State(s.world.Owner()).Seq
	_, err := s.owner.MessagesEditChatAdmin(t.Context(), &tg.MessagesEditChatAdminRequest{
		ChatID: id, UserID: s.world.User(s.world.Owner(), s.world.Bot()).AsInput(),
	})
	require.NoError(t, err)
	got := s.pushes(ownerKey)
	require.Len(t, got, 1)
	assert.False(t, got[0].Updates[0].(*tg.UpdateChatParticipantAdmin).IsAdmin)
	assert.Equal(t, seq+1, got[0].Seq)
}

func TestRule15JoiningByLinkIsAnswered(t *testing.T) {
	s, id := evening(t)
	full, _ := s.chat(s.owner, id)
	u := s.stranger()
	api, key := s.enlisted(u, 7)
	state := s.world.State(u)
	got, err := api.MessagesImportChatInvite(t.Context(), full.ExportedInvite.(*tg.ChatInviteExported).Link)
	require.NoError(t, err)
	answer := got.(*tg.MessagesChatInviteJoinResultOk).Updates.(*tg.Updates)
	assert.Equal(t, state.Pts+1, answer.Updates[0].(*tg.UpdateNewMessage).Pts)
	assert.IsType(t, &tg.UpdateChatParticipants{}, answer.Updates[1])
	assert.Equal(t, state.Seq+1, answer.Seq)
	assert.Empty(t, s.pushes(key))
}

func TestRule14NobodyInsideIsShownABanThatEnded(t *testing.T) {
	s := newStage(t, world.Options{Seed: 14, Members: 60})
	id, c := s.world.Group().ID, s.group(s.owner)
	rights := world.Banned()
	rights.UntilDate = int(epoch.Add(time.Hour).Unix())
	var people, lifted []world.UserID
	for k := range 24 {
		u := s.stranger()
		s.act(s.world.Join(u, id))
		_, err := s.world.EditBanned(s.world.Owner(), u, id, rights)
		require.NoError(t, err)
		if k%2 == 0 {
			people = append(people, u)
		} else {
			lifted = append(lifted, u)
		}
	}
	s.clock.advance(2 * time.Hour)
	for _, u := range people {
		s.act(s.world.Join(u, id))
		got, err := s.owner.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
			Channel: c, Participant: s.world.User(s.world.Owner(), u).AsInputPeer(),
		})
		require.NoError(t, err)
		assert.IsType(t, &tg.ChannelParticipant{}, got.Participant)
	}
	for _, u := range lifted {
		changed, err := s.world.EditBanned(s.world.Owner(), u, id, tg.ChatBannedRights{})
		require.NoError(t, err)
		assert.False(t, changed)
		_, err = s.owner.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
			Channel: c, Participant: s.world.User(s.world.Owner(), u).AsInputPeer(),
		})
		isErr(t, err, 400, "USER_NOT_PARTICIPANT")
	}
}

func TestRule19ABotHearsOfItsOwnRestriction(t *testing.T) {
	s := newStage(t, world.Options{Seed: 19, Members: 60})
	id, bot := s.world.Group().ID, s.world.Bot()
	_, err := s.world.EditAdmin(s.world.Owner(), bot, id, tg.ChatAdminRights{}, "")
	require.NoError(t, err)
	s.pushes(botKey)
	_, err = s.world.EditBanned(s.world.Owner(), bot, id, world.Muted())
	require.NoError(t, err)
	got := s.told(botKey)[0].(*tg.UpdateChannelParticipant)
	assert.IsType(t, &tg.ChannelParticipantSelf{}, got.PrevParticipant)
	row := got.NewParticipant.(*tg.ChannelParticipantBanned)
	assert.False(t, row.Left)
	assert.True(t, row.BannedRights.SendMessages)
}

func TestRule26OtherRestrictionsLeaveTheText(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 60})
	id, u := s.world.Group().ID, s.some(ordinary)
	for _, c := range []struct {
		rights tg.ChatBannedRights
		silent bool
	}{
		{tg.ChatBannedRights{SendStickers: true, SendMedia: true}, false},
		{tg.ChatBannedRights{SendPlain: true}, true},
		{tg.ChatBannedRights{SendMessages: true}, true},
	} {
		_, err := s.world.EditBanned(s.world.Owner(), u, id, c.rights)
		require.NoError(t, err)
		_, err = s.world.Say(u, id, "hello")
		if c.silent {
			isErr(t, err, 400, "USER_BANNED_IN_CHANNEL")
			continue
		}
		require.NoError(t, err)
	}
}

func TestRule20StartingAndBlockingByAClient(t *testing.T) {
	s := newStage(t, world.Options{Seed: 20, Members: 60})
	api, key := s.enlisted(s.stranger(), 7)
	found, err := api.ContactsResolveUsername(t.Context(), &tg.ContactsResolveUsernameRequest{Username: s.world.Username(s.world.Bot())})
	require.NoError(t, err)
	bot := found.Users[0].(*tg.User)
	start := func(payload string, random int64) error {
		got, err := api.MessagesStartBot(t.Context(), &tg.MessagesStartBotRequest{
			Bot: bot.AsInput(), Peer: bot.AsInputPeer(), StartParam: payload, RandomID: random,
		})
		if err == nil {
			assert.Equal(t, "/start "+payload, got.(*tg.Updates).Updates[1].(*tg.UpdateNewMessage).Message.(*tg.Message).Message)
		}
		return err
	}
	isErr(t, start("", 1), 400, "START_PARAM_EMPTY")
	isErr(t, start("no way", 1), 400, "START_PARAM_INVALID")
	require.NoError(t, start("gift", 1))
	assert.Len(t, s.told(botKey), 1)
	assert.Empty(t, s.pushes(key))
	block := func() error {
		_, err := api.ContactsBlock(t.Context(), &tg.ContactsBlockRequest{ID: bot.AsInputPeer()})
		return err
	}
	require.NoError(t, block())
	require.NoError(t, block())
	got := s.told(botKey)
	require.Len(t, got, 1)
	assert.True(t, got[0].(*tg.UpdateBotStopped).Stopped)
	isErr(t, start("gift", 2), 400, "YOU_BLOCKED_USER")
	_, err = api.ContactsUnblock(t.Context(), &tg.ContactsUnblockRequest{ID: bot.AsInputPeer()})
	require.NoError(t, err)
	require.NoError(t, start("gift", 3))
	got = s.told(botKey)
	require.Len(t, got, 2)
	assert.False(t, got[0].(*tg.UpdateBotStopped).Stopped)
	assert.Empty(t, s.pushes(key), "of blocking nobody is told but the bot")
	_, err = api.ContactsBlock(t.Context(), &tg.ContactsBlockRequest{ID: &tg.InputPeerSelf{}})
	isErr(t, err, 400, "CONTACT_ID_INVALID")
}

func TestRule24HistoryFromBeforeOneCame(t *testing.T) {
	s := newStage(t, world.Options{Seed: 24, Members: 60, Groups: []world.GroupOptions{{Title: "Board", Members: 30}}})
	owner := s.world.Owner()
	id := s.world.Groups()[len(s.world.Groups())-1].ID
	old, err := s.world.Say(owner, id, "before")
	require.NoError(t, err)
	s.clock.advance(time.Minute)
	u := s.stranger()
	s.act(s.world.JoinByLink(u, id))
	last, err := s.world.Say(owner, id, "after")
	require.NoError(t, err)
	read := func() (texts []string) {
		got, err := s.world.History(u, world.Peer{Channel: id}, world.HistoryRequest{Limit: 50})
		require.NoError(t, err)
		for _, m := range got.(*tg.MessagesChannelMessages).Messages {
			if m, ok := m.(*tg.Message); ok {
				texts = append(texts, m.Message)
			}
		}
		return texts
	}
	assert.Subset(t, read(), []string{"before", "after"})
	s.act(s.world.Toggle(owner, id, "pre-history-hidden", true))
	assert.Equal(t, []string{"after"}, read())
	got, err := s.world.ChannelMessages(u, id, []int{old, last})
	require.NoError(t, err)
	assert.IsType(t, &tg.MessageEmpty{}, got.Messages[0])
	assert.IsType(t, &tg.Message{}, got.Messages[1])
}

func TestRule27MarksOfWhoWasPutOut(t *testing.T) {
	s := newStage(t, world.Options{Seed: 27, Members: 60, Groups: []world.GroupOptions{{Title: "Board", Members: 30}}})
	c := s.group(s.bot)
	_, err := s.world.EditBanned(s.world.Owner(), s.world.Bot(), s.world.Group().ID, world.Banned())
	require.NoError(t, err)
	_, err = s.bot.ChannelsLeaveChannel(t.Context(), c)
	isErr(t, err, 406, "CHANNEL_PRIVATE")
	u := s.stranger()
	api, _ := s.enlisted(u, 7)
	mine := s.group(api)
	_, err = s.world.EditBanned(s.world.Owner(), u, s.world.Group().ID, world.Banned())
	require.NoError(t, err)
	_, err = api.ChannelsReadHistory(t.Context(), &tg.ChannelsReadHistoryRequest{Channel: mine, MaxID: 1})
	isErr(t, err, 406, "CHANNEL_PRIVATE")
	isErr(t, s.world.Leave(s.stranger(), s.world.Groups()[len(s.world.Groups())-1].ID), 406, "CHANNEL_PRIVATE")
}

func TestRule19AddingTheBannedTellsOfTheBan(t *testing.T) {
	s := newStage(t, world.Options{Seed: 19, Members: 60})
	id, u := s.world.Group().ID, s.some(ordinary)
	for _, want := range []bool{true, false} { // the same ban again is no change
		changed, err := s.world.EditBanned(s.world.Owner(), u, id, world.Banned())
		require.NoError(t, err)
		assert.Equal(t, want, changed)
	}
	s.pushes(botKey)
	s.act(s.world.Add(s.world.Owner(), u, id))
	var got *tg.UpdateChannelParticipant
	for _, up := range s.told(botKey) {
		if up, ok := up.(*tg.UpdateChannelParticipant); ok {
			got = up
		}
	}
	assert.True(t, got.PrevParticipant.(*tg.ChannelParticipantBanned).BannedRights.ViewMessages)
	assert.IsType(t, &tg.ChannelParticipant{}, got.NewParticipant)
}

func TestRule26MembersWhoMayChangeTheGroup(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 60})
	id, u := s.world.Group().ID, s.some(ordinary)
	isErr(t, s.world.SetTitle(u, id, "Ours"), 403, "CHAT_ADMIN_REQUIRED")
	_, err := s.owner.MessagesEditChatDefaultBannedRights(t.Context(), &tg.MessagesEditChatDefaultBannedRightsRequest{
		Peer: asPeer(s.group(s.owner)), BannedRights: tg.ChatBannedRights{PinMessages: true},
	})
	require.NoError(t, err)
	require.NoError(t, s.world.SetTitle(u, id, "Ours"))
	require.NoError(t, s.world.SetAbout(u, id, "all of us"))
	isErr(t, s.world.SetTitle(s.stranger(), id, "Mine"), 403, "CHAT_ADMIN_REQUIRED")
}

func TestHistoryIsPagedByIDAndDateTogether(t *testing.T) {
	s := newStage(t, world.Options{Seed: 24, Members: 60})
	id, u := s.world.Group().ID, s.some(ordinary)
	for k := range 10 { // all of one second
		_, err := s.world.Say(u, id, strconv.Itoa(k))
		require.NoError(t, err)
	}
	q := tg.MessagesGetHistoryRequest{Peer: asPeer(s.group(s.owner)), Limit: 3}
	var texts []string
	for len(texts) < 9 {
		got, err := s.owner.MessagesGetHistory(t.Context(), &q)
		require.NoError(t, err)
		page := got.(*tg.MessagesChannelMessages).Messages
		require.Len(t, page, 3)
		for _, m := range page {
			texts = append(texts, m.(*tg.Message).Message)
		}
		q.OffsetID, q.OffsetDate = page[2].GetID(), page[2].(*tg.Message).Date
	}
	assert.Equal(t, []string{"9", "8", "7", "6", "5", "4", "3", "2", "1"}, texts)
}
