package rpc_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

func TestRule24ContentOfTheDifference(t *testing.T) {
	s := newStage(t, world.Options{Seed: 24, Members: 60})
	c, u := s.group(s.owner), s.some(ordinary)
	id := s.world.Group().ID
	pts := s.channelPts(s.owner, c)
	peer := &tg.InputPeerChannel{ChannelID: c.ChannelID, AccessHash: c.AccessHash}
	_, err := s.world.Say(u, id, "hello all")
	require.NoError(t, err)
	sent, err := s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{Peer: peer, Message: "wellcome", RandomID: 5})
	require.NoError(t, err)
	mine := sent.(*tg.Updates).Updates[1].(*tg.UpdateNewChannelMessage)
	assert.Equal(t, [2]int{pts + 2, 1}, [2]int{mine.Pts, mine.PtsCount})
	assert.True(t, mine.Message.(*tg.Message).Out)
	_, err = s.owner.MessagesEditMessage(t.Context(), &tg.MessagesEditMessageRequest{Peer: peer, ID: mine.Message.GetID(), Message: "welcome"})
	require.NoError(t, err)
	gone, err := s.world.Say(u, id, "oops")
	require.NoError(t, err)
	deleted, err := s.owner.ChannelsDeleteMessages(t.Context(), &tg.ChannelsDeleteMessagesRequest{Channel: c, ID: []int{gone, 7}})
	require.NoError(t, err)
	assert.Equal(t, &tg.MessagesAffectedMessages{Pts: pts + 5, PtsCount: 1}, deleted)

	diff := s.behind(s.owner, c, pts, 100).(*tg.UpdatesChannelDifference)
	assert.True(t, diff.Final)
	assert.Equal(t, 30, diff.Timeout)
	assert.Equal(t, pts+5, diff.Pts)
	require.Len(t, diff.NewMessages, 2, "what was deleted is not new")
	assert.Equal(t, "hello all", diff.NewMessages[0].(*tg.Message).Message)
	assert.Equal(t, "welcome", diff.NewMessages[1].(*tg.Message).Message)
	require.Len(t, diff.OtherUpdates, 2)
	assert.Equal(t, pts+3, diff.OtherUpdates[0].(*tg.UpdateEditChannelMessage).Pts)
	assert.Equal(t, []int{gone}, diff.OtherUpdates[1].(*tg.UpdateDeleteChannelMessages).Messages)
	got := s.posted(s.pushes(ownerKey))
	require.Len(t, got, 2, "its own message came with the answer")
	assert.Equal(t, "hello all", got[0].(*tg.Message).Message)
	assert.Empty(t, s.behind(s.owner, c, pts+4, 100).(*tg.UpdatesChannelDifference).NewMessages)
}

func TestRule24TimeoutByOption(t *testing.T) {
	s := newStage(t, world.Options{Seed: 24, Members: 60, Messages: world.MessageRules{Timeout: 5 * time.Minute}})
	c := s.group(s.owner)
	assert.Equal(t, 300, s.behind(s.owner, c, s.channelPts(s.owner, c), 1).(*tg.UpdatesChannelDifferenceEmpty).Timeout)
}

func TestRule24Limits(t *testing.T) {
	s := newStage(t, world.Options{Seed: 24, Members: 60, Messages: world.MessageRules{Kept: 500}})
	c, theirs, u := s.group(s.owner), s.group(s.bot), s.some(ordinary)
	pts := s.channelPts(s.owner, c)
	say := func(n int) {
		for k := range n {
			_, err := s.world.Say(u, s.world.Group().ID, fmt.Sprint("message ", k))
			require.NoError(t, err)
		}
	}
	say(250)
	far := s.behind(s.owner, c, pts, 100).(*tg.UpdatesChannelDifferenceTooLong)
	assert.Equal(t, pts+250, far.Dialog.(*tg.Dialog).Pts)
	assert.Equal(t, "message 249", far.Messages[0].(*tg.Message).Message)
	assert.True(t, far.Final)
	assert.IsType(t, &tg.UpdatesChannelDifferenceTooLong{}, s.behind(s.owner, c, pts+200, 49))
	assert.Len(t, s.behind(s.owner, c, pts+200, 50).(*tg.UpdatesChannelDifference).NewMessages, 50)

	at, finals := pts, []bool{}
	for n := 0; n < 250; {
		diff := s.behind(s.bot, theirs, at, 100_000).(*tg.UpdatesChannelDifference)
		for _, m := range diff.NewMessages {
			require.Equal(t, fmt.Sprint("message ", n), m.(*tg.Message).Message)
			n++
		}
		at, finals = diff.Pts, append(finals, diff.Final)
	}
	assert.Equal(t, []bool{false, false, true}, finals)

	say(1_000)
	assert.IsType(t, &tg.UpdatesChannelDifferenceTooLong{}, s.behind(s.bot, theirs, at, 100_000), "so much is not kept")
}

func TestRule24PrivacyMode(t *testing.T) {
	s := newStage(t, world.Options{Seed: 24, Members: 60})
	c, u, bot := s.group(s.bot), s.some(ordinary), s.world.Bot()
	id := s.world.Group().ID
	say := func(text string) []tg.MessageClass {
		_, err := s.world.Say(u, id, text)
		require.NoError(t, err)
		return s.posted(s.pushes(botKey))
	}
	assert.Len(t, say("an admin hears everything"), 1)
	_, err := s.world.EditAdmin(s.world.Owner(), bot, id, tg.ChatAdminRights{}, "")
	require.NoError(t, err)
	pts := s.channelPts(s.bot, c)
	assert.Empty(t, say("psst"))
	assert.Len(t, say("/help"), 1)
	assert.Len(t, say("/help@"+s.world.Username(bot)), 1)
	assert.Empty(t, say("/help@another_bot"))
	s.act(s.world.Join(s.stranger(), id))
	assert.Len(t, s.posted(s.pushes(botKey)), 1, "service messages come to every bot")
	diff := s.behind(s.bot, c, pts, 100).(*tg.UpdatesChannelDifference)
	assert.Len(t, diff.NewMessages, 3)
	assert.Equal(t, pts+5, diff.Pts)
}

func TestWritingInGroups(t *testing.T) {
	s := newStage(t, world.Options{Seed: 25, Members: 60})
	id, u := s.world.Group().ID, s.some(ordinary)
	say := func(u world.UserID) error {
		_, err := s.world.Say(u, id, "hi")
		return err
	}
	isErr(t, say(s.stranger()), 403, "CHAT_WRITE_FORBIDDEN")
	_, err := s.world.EditBanned(s.world.Owner(), u, id, world.Muted())
	require.NoError(t, err)
	isErr(t, say(u), 400, "USER_BANNED_IN_CHANNEL")
	_, err = s.world.EditBanned(s.world.Owner(), u, id, world.Banned())
	require.NoError(t, err)
	isErr(t, say(u), 406, "CHANNEL_PRIVATE")
	news := s.channel(s.owner, "lantern_news")
	peer := &tg.InputPeerChannel{ChannelID: news.ChannelID, AccessHash: news.AccessHash}
	_, err = s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{Peer: peer, Message: "x", RandomID: 1})
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
	_, err = s.owner.MessagesSetTyping(t.Context(), &tg.MessagesSetTypingRequest{Peer: peer, Action: &tg.SendMessageTypingAction{}})
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
}

func TestRule25SlowMode(t *testing.T) {
	s := newStage(t, world.Options{Seed: 25, Members: 60})
	id, u := s.world.Group().ID, s.some(ordinary)
	s.act(s.world.ToggleSlowMode(s.world.Owner(), id, 30))
	_, err := s.world.Say(u, id, "one")
	require.NoError(t, err)
	s.clock.advance(10 * time.Second)
	_, err = s.world.Say(u, id, "two")
	isErr(t, err, 420, "SLOWMODE_WAIT")
	s.clock.advance(20 * time.Second)
	_, err = s.world.Say(u, id, "two")
	require.NoError(t, err)
}

func TestHistory(t *testing.T) {
	s := newStage(t, world.Options{Seed: 26, Members: 60})
	c := s.group(s.owner)
	req := &tg.MessagesGetHistoryRequest{Peer: &tg.InputPeerChannel{ChannelID: c.ChannelID, AccessHash: c.AccessHash}, Limit: 8}
	var ids []int
	for {
		got, err := s.owner.MessagesGetHistory(t.Context(), req)
		require.NoError(t, err)
		page := got.(*tg.MessagesChannelMessages)
		if len(page.Messages) == 0 {
			break
		}
		for _, m := range page.Messages {
			ids = append(ids, m.GetID())
		}
		req.OffsetID = ids[len(ids)-1]
	}
	require.Len(t, ids, 21, "the last twenty and the first")
	for i := 1; i < len(ids); i++ {
		assert.Greater(t, ids[i-1], ids[i])
	}
	assert.Equal(t, 1, ids[20])
	got, err := s.bot.ChannelsGetMessages(t.Context(), &tg.ChannelsGetMessagesRequest{Channel: s.group(s.bot), ID: []tg.InputMessageClass{
		&tg.InputMessageID{ID: ids[0]}, &tg.InputMessageID{ID: ids[0] + 1},
	}})
	require.NoError(t, err)
	messages := got.(*tg.MessagesChannelMessages).Messages
	assert.IsType(t, &tg.Message{}, messages[0])
	assert.Equal(t, &tg.MessageEmpty{ID: ids[0] + 1}, messages[1])
	_, err = s.bot.MessagesGetHistory(t.Context(), req)
	isErr(t, err, 400, "BOT_METHOD_INVALID")
}

func TestRule23DeletedPrivateMessages(t *testing.T) {
	s := newStage(t, world.Options{Seed: 27, Members: 60})
	u := s.stranger()
	s.act(s.world.Start(u, s.world.Bot(), ""))
	at := s.state(s.bot)
	one, two := s.say(u, "one", 1, nil), s.say(u, "two", 2, nil)
	gone, err := s.bot.MessagesDeleteMessages(t.Context(), &tg.MessagesDeleteMessagesRequest{ID: []int{one, 999}})
	require.NoError(t, err)
	assert.Equal(t, &tg.MessagesAffectedMessages{Pts: at.Pts + 3, PtsCount: 1}, gone)
	diff := s.since(*at, 0).(*tg.UpdatesDifference)
	require.Len(t, diff.NewMessages, 1)
	assert.Equal(t, two, diff.NewMessages[0].GetID())
	assert.Equal(t, []int{one}, diff.OtherUpdates[0].(*tg.UpdateDeleteMessages).Messages)
	told, err := s.world.Told(s.world.Bot(), u)
	require.NoError(t, err)
	assert.Len(t, told, 1)
}

func TestRule23SeqAndWhatHasNoOtherNumber(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 60})
	owner := s.world.Owner()
	at := s.state(s.owner)
	s.clock.advance(time.Minute)
	cyclists, err := s.world.Channel("old_town_cyclists")
	require.NoError(t, err)
	s.act(s.world.Leave(owner, cyclists))
	pushed := s.pushes(ownerKey)
	require.Len(t, pushed, 1)
	assert.Equal(t, at.Seq+1, pushed[0].Seq)
	assert.Equal(t, int64(cyclists), pushed[0].Updates[0].(*tg.UpdateChannel).ChannelID)
	got, err := s.owner.UpdatesGetDifference(t.Context(), &tg.UpdatesGetDifferenceRequest{Pts: at.Pts, Qts: at.Qts, Date: at.Date})
	require.NoError(t, err)
	diff := got.(*tg.UpdatesDifference)
	assert.Equal(t, at.Seq+1, diff.State.Seq)
	assert.Equal(t, pushed[0].Updates[0], diff.OtherUpdates[0])
	assert.True(t, diff.Chats[0].(*tg.Channel).Left)
}

func TestRule23Retention(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 60, Messages: world.MessageRules{Retention: 10}})
	at, u := s.state(s.bot), s.stranger()
	s.act(s.world.Start(u, s.world.Bot(), ""))
	for range 10 {
		s.act(s.world.Write(u, s.world.Bot(), "are you there?"))
	}
	assert.Equal(t, at.Pts+11, s.state(s.bot).Pts)
	assert.Equal(t, &tg.UpdatesDifferenceTooLong{Pts: at.Pts + 11}, s.since(*at, 0))
	at.Pts++
	assert.Len(t, s.since(*at, 0).(*tg.UpdatesDifference).NewMessages, 10)
}

func TestRule30OwnMessagesReachTheOtherSession(t *testing.T) {
	s := newStage(t, world.Options{Seed: 30, Members: 60})
	second := mtproto.KeyID{9}
	s.rpc.SignIn(second, s.world.Owner())
	c := s.group(s.owner)
	_, err := s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer: &tg.InputPeerChannel{ChannelID: c.ChannelID, AccessHash: c.AccessHash}, Message: "hi", RandomID: 1,
	})
	require.NoError(t, err)
	assert.Empty(t, s.pushes(ownerKey))
	assert.Len(t, s.posted(s.pushes(second)), 1)
}

func TestRule21UserDeleted(t *testing.T) {
	s := newStage(t, world.Options{Seed: 21, Members: 60, Messages: world.MessageRules{UserDeleted: true}})
	u := s.stranger()
	s.act(s.world.Start(u, s.world.Bot(), ""))
	s.act(s.world.DeleteAccount(u))
	_, err := s.bot.MessagesSetTyping(t.Context(), &tg.MessagesSetTypingRequest{
		Peer: &tg.InputPeerUser{UserID: int64(u)}, Action: &tg.SendMessageTypingAction{},
	})
	isErr(t, err, 403, "USER_DELETED")
}

func TestRule27MessagesOfAChannelThatOneWasPutOutOf(t *testing.T) {
	s := newStage(t, world.Options{Seed: 27, Members: 60})
	c := s.group(s.bot)
	_, err := s.world.EditBanned(s.world.Owner(), s.world.Bot(), s.world.Group().ID, world.Banned())
	require.NoError(t, err)
	peer := &tg.InputPeerChannel{ChannelID: c.ChannelID}
	for name, call := range map[string]func() error{
		"send": func() error {
			_, err := s.bot.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{Peer: peer, Message: "x", RandomID: 1})
			return err
		},
		"edit": func() error {
			_, err := s.bot.MessagesEditMessage(t.Context(), &tg.MessagesEditMessageRequest{Peer: peer, ID: 1, Message: "x"})
			return err
		},
		"typing": func() error {
			_, err := s.bot.MessagesSetTyping(t.Context(), &tg.MessagesSetTypingRequest{Peer: peer, Action: &tg.SendMessageTypingAction{}})
			return err
		},
		"read": func() error {
			_, err := s.bot.ChannelsGetMessages(t.Context(), &tg.ChannelsGetMessagesRequest{
				Channel: c, ID: []tg.InputMessageClass{&tg.InputMessageID{ID: 1}},
			})
			return err
		},
		"delete": func() error {
			_, err := s.bot.ChannelsDeleteMessages(t.Context(), &tg.ChannelsDeleteMessagesRequest{Channel: c, ID: []int{1}})
			return err
		},
		"difference": func() error {
			_, err := s.bot.UpdatesGetChannelDifference(t.Context(), &tg.UpdatesGetChannelDifferenceRequest{
				Channel: c, Filter: &tg.ChannelMessagesFilterEmpty{}, Pts: 1, Limit: 9,
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { isErr(t, call(), 406, "CHANNEL_PRIVATE") })
	}
	_, err = s.world.Say(s.some(ordinary), s.world.Group().ID, "among ourselves")
	require.NoError(t, err)
	assert.Empty(t, s.posted(s.pushes(botKey)))
}

func TestRule17EditsAndDeletionsAreLogged(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 60})
	c, u, id := s.group(s.owner), s.some(ordinary), s.world.Group().ID
	said, err := s.world.Say(u, id, "buy now")
	require.NoError(t, err)
	_, err = s.world.EditPost(u, id, said, world.Draft{Text: "buy cheaply now"})
	require.NoError(t, err)
	_, err = s.world.DeletePosts(s.world.Owner(), id, []int{said})
	require.NoError(t, err)
	got, err := s.owner.ChannelsGetAdminLog(t.Context(), &tg.ChannelsGetAdminLogRequest{Channel: c, Limit: 2})
	require.NoError(t, err)
	deleted := got.Events[0].Action.(*tg.ChannelAdminLogEventActionDeleteMessage)
	assert.Equal(t, int64(s.world.Owner()), got.Events[0].UserID)
	assert.Equal(t, "buy cheaply now", deleted.Message.(*tg.Message).Message)
	edited := got.Events[1].Action.(*tg.ChannelAdminLogEventActionEditMessage)
	assert.Equal(t, "buy now", edited.PrevMessage.(*tg.Message).Message)
	assert.Equal(t, "buy cheaply now", edited.NewMessage.(*tg.Message).Message)
}
