package rpc_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// heard returns what was pushed to the bot of its own sequences since the last call, without the messages of
// channels, and checks that each push carries everybody it names with an access hash.
func (s *stage) heard() []tg.UpdateClass {
	s.t.Helper()
	var out []tg.UpdateClass
	for _, u := range s.pushes(botKey) {
		if len(u.Updates) == 1 && numbered(u.Updates[0]) {
			assert.Zero(s.t, u.Seq)
		}
		assert.NotZero(s.t, u.Date)
		assert.NotEmpty(s.t, u.Users)
		for _, x := range u.Users {
			assert.NotZero(s.t, x.(*tg.User).AccessHash)
		}
		if _, channel := u.Updates[0].(*tg.UpdateNewChannelMessage); !channel {
			out = append(out, u.Updates...)
		}
	}
	return out
}

// numbered says whether the update has a number of its own, so that the container needs none.
func numbered(u tg.UpdateClass) bool {
	_, _, pts := tg.IsPtsUpdate(u)
	_, qts := tg.IsQtsUpdate(u)
	return pts || qts
}

func TestRule19MemberUpdates(t *testing.T) {
	s := newStage(t, world.Options{Seed: 19, Members: 100})
	id, owner := s.world.Group().ID, s.world.Owner()
	u, _ := s.world.Stranger()
	s.act(s.world.Join(u, id))
	_, err := s.world.EditBanned(owner, u, id, world.Muted())
	require.NoError(t, err)
	s.act(s.world.Leave(u, id))
	s.act(s.world.JoinByLink(u, id))
	s.act(s.world.Kick(owner, u, id))
	s.act(s.world.JoinByLink(u, id))
	_, err = s.world.EditAdmin(owner, u, id, world.ModeratorRights(), "")
	require.NoError(t, err)
	s.act(s.world.Leave(u, id))

	want := []struct {
		actor      world.UserID
		prev, next string
		invite     bool
	}{
		{u, "", "member", false},
		{owner, "member", "restricted", false},
		{u, "restricted", "restricted, out", false},
		{u, "restricted, out", "restricted", true},
		{owner, "restricted", "banned", false},
		{owner, "banned", "", false},
		{u, "", "member", true},
		{owner, "member", "admin", false},
		{u, "admin", "", false},
	}
	got := s.heard()
	require.Len(t, got, len(want))
	for i, w := range want {
		up := got[i].(*tg.UpdateChannelParticipant)
		assert.Equal(t, int64(w.actor), up.ActorID, "update %d", i)
		assert.Equal(t, int64(u), up.UserID, "update %d", i)
		assert.Equal(t, [2]string{w.prev, w.next}, [2]string{word(up.PrevParticipant), word(up.NewParticipant)}, "update %d", i)
		assert.Equal(t, w.invite, up.Invite != nil, "update %d", i)
		assert.Equal(t, i+2, up.Qts, "the first qts is 2, then one more each")
		assert.Equal(t, int(s.clock.now().Unix()), up.Date)
	}
	for _, p := range s.pushes(ownerKey) {
		for _, up := range p.Updates {
			assert.NotEqual(t, uint32(tg.UpdateChannelParticipantTypeID), up.TypeID(), "users hear none of it")
		}
	}
}

func TestRule19OnlyWhereTheBotIsAdmin(t *testing.T) {
	s := newStage(t, world.Options{Seed: 19, Members: 100})
	id, owner, bot := s.world.Group().ID, s.world.Owner(), s.world.Bot()
	u, _ := s.world.Stranger()
	_, err := s.world.EditAdmin(owner, bot, id, tg.ChatAdminRights{}, "")
	require.NoError(t, err)
	own := s.heard()
	require.Len(t, own, 1, "of itself it hears always")
	up := own[0].(*tg.UpdateChannelParticipant)
	assert.Equal(t, int64(bot), up.UserID)
	assert.Equal(t, [2]string{"admin", "member"}, [2]string{word(up.PrevParticipant), word(up.NewParticipant)})
	s.act(s.world.Join(u, id))
	assert.Empty(t, s.heard())

	_, err = s.world.EditBanned(owner, bot, id, world.Banned())
	require.NoError(t, err)
	own = s.heard()
	require.Len(t, own, 1)
	assert.Equal(t, "banned", word(own[0].(*tg.UpdateChannelParticipant).NewParticipant))
	_, err = s.lookUp(s.bot, u)
	isErr(t, err, 406, "CHANNEL_PRIVATE")
}

func TestRule20BotStopped(t *testing.T) {
	s := newStage(t, world.Options{Seed: 20, Members: 100})
	bot := s.world.Bot()
	u := s.some(ordinary)
	s.act(s.world.Start(u, bot, "gift_7"))
	got := s.heard()
	require.Len(t, got, 1, "a first start is a message only")
	message := got[0].(*tg.UpdateNewMessage)
	assert.Equal(t, "/start gift_7", message.Message.(*tg.Message).Message)
	assert.Equal(t, int64(u), peerID(message.Message.(*tg.Message).PeerID))
	assert.False(t, message.Message.(*tg.Message).Out)
	assert.Equal(t, [2]int{2, 1}, [2]int{message.Pts, message.PtsCount})

	s.act(s.world.Block(u, bot))
	s.act(s.world.Block(u, bot))
	got = s.heard()
	require.Len(t, got, 1, "blocking twice is one update")
	assert.Equal(t, &tg.UpdateBotStopped{UserID: int64(u), Date: int(epoch.Unix()), Stopped: true, Qts: 2}, got[0])
	isErr(t, s.world.Write(u, bot, "hello?"), 400, "YOU_BLOCKED_USER")

	s.act(s.world.Start(u, bot, ""))
	got = s.heard()
	require.Len(t, got, 2)
	assert.Equal(t, &tg.UpdateBotStopped{UserID: int64(u), Date: int(epoch.Unix()), Qts: 3}, got[0])
	assert.Equal(t, "/start", got[1].(*tg.UpdateNewMessage).Message.(*tg.Message).Message)

	s.act(s.world.DeleteAccount(u))
	assert.Empty(t, s.heard(), "a deleted account is not announced")
	isErr(t, s.world.Start(u, bot, ""), 400, "INPUT_USER_DEACTIVATED")
}

func TestRule20StartParameter(t *testing.T) {
	s := newStage(t, world.Options{Seed: 20, Members: 10})
	u, _ := s.world.Stranger()
	isErr(t, s.world.Start(u, s.world.Bot(), "no spaces"), 400, "START_PARAM_INVALID")
	long := make([]byte, 65)
	for i := range long {
		long[i] = 'a'
	}
	isErr(t, s.world.Start(u, s.world.Bot(), string(long)), 400, "START_PARAM_TOO_LONG")
	assert.Empty(t, s.heard())
}

func TestRule21Reachability(t *testing.T) {
	s := newStage(t, world.Options{Seed: 21, Members: 100})
	bot := s.world.Bot()
	started, blocked, never, deleted := s.stranger(), s.stranger(), s.stranger(), s.stranger()
	for _, u := range []world.UserID{started, blocked, deleted} {
		s.act(s.world.Start(u, bot, ""))
	}
	s.act(s.world.Block(blocked, bot))
	s.act(s.world.DeleteAccount(deleted))
	helper := s.some(func(f world.Fact) bool { return f.Bot && f.ID != bot })
	for i, c := range []struct {
		name string
		to   world.UserID
		code int
		want string
	}{
		{"started", started, 0, ""},
		{"blocked", blocked, 403, "USER_IS_BLOCKED"},
		{"never started", never, 400, "PEER_ID_INVALID"},
		{"deleted", deleted, 400, "INPUT_USER_DEACTIVATED"},
		{"a bot", helper, 400, "USER_IS_BOT"},
		{"nobody", 12345, 400, "PEER_ID_INVALID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			peer := &tg.InputPeerUser{UserID: int64(c.to)}
			_, sent := s.bot.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
				Peer: peer, Message: "hello", RandomID: int64(i + 1),
			})
			_, typed := s.bot.MessagesSetTyping(t.Context(), &tg.MessagesSetTypingRequest{
				Peer: peer, Action: &tg.SendMessageTypingAction{},
			})
			if c.want == "" {
				require.NoError(t, sent)
				require.NoError(t, typed)
				return
			}
			isErr(t, sent, c.code, c.want)
			isErr(t, typed, c.code, c.want)
		})
	}
}

func (s *stage) stranger() world.UserID {
	u, _ := s.world.Stranger()
	return u
}

// say has the bot write to u and returns the message's id.
func (s *stage) say(u world.UserID, text string, random int64, markup tg.ReplyMarkupClass) int {
	s.t.Helper()
	req := &tg.MessagesSendMessageRequest{Peer: &tg.InputPeerUser{UserID: int64(u)}, Message: text, RandomID: random}
	if markup != nil {
		req.SetReplyMarkup(markup)
	}
	got, err := s.bot.MessagesSendMessage(s.t.Context(), req)
	require.NoError(s.t, err)
	up := got.(*tg.Updates)
	require.Len(s.t, up.Updates, 2)
	id := up.Updates[0].(*tg.UpdateMessageID)
	assert.Equal(s.t, random, id.RandomID)
	message := up.Updates[1].(*tg.UpdateNewMessage).Message.(*tg.Message)
	assert.Equal(s.t, id.ID, message.ID)
	assert.True(s.t, message.Out)
	assert.Equal(s.t, text, message.Message)
	return id.ID
}

func keyboard(rows ...[]tg.KeyboardInlineButton) *tg.ReplyInlineMarkup {
	out := &tg.ReplyInlineMarkup{}
	for _, r := range rows {
		out.Rows = append(out.Rows, tg.KeyboardInlineButtonRow{Buttons: r})
	}
	return out
}

func callback(text, data string) tg.KeyboardInlineButton {
	return tg.KeyboardInlineButton{Text: text, Type: &tg.InlineButtonTypeCallback{Data: []byte(data)}}
}

func TestRule21RandomIDs(t *testing.T) {
	s := newStage(t, world.Options{Seed: 21, Members: 10})
	u := s.stranger()
	peer := &tg.InputPeerUser{UserID: int64(u)}
	send := func(random int64) error {
		_, err := s.bot.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{Peer: peer, Message: "once", RandomID: random})
		return err
	}
	isErr(t, send(7), 400, "PEER_ID_INVALID")
	s.act(s.world.Start(u, s.world.Bot(), ""))
	require.NoError(t, send(7), "a refused message did not use its random id up")
	isErr(t, send(7), 500, "RANDOM_ID_DUPLICATE")
	told, err := s.world.Told(s.world.Bot(), u)
	require.NoError(t, err)
	assert.Len(t, told, 1)
}

func TestBotButtonsAndCallbacks(t *testing.T) {
	s := newStage(t, world.Options{Seed: 30, Members: 10})
	bot, u := s.world.Bot(), s.stranger()
	isErr(t, s.world.Press(u, bot, "again"), 400, "MESSAGE_ID_INVALID")
	s.act(s.world.Start(u, bot, ""))
	link := tg.KeyboardInlineButton{Text: "Join", Type: &tg.InlineButtonTypeURL{URL: "https://t.me/lantern_street"}}
	first := s.say(u, "Please join", 1, keyboard([]tg.KeyboardInlineButton{link}, []tg.KeyboardInlineButton{callback("Check again", "again")}))
	second := s.say(u, "Please join", 2, keyboard([]tg.KeyboardInlineButton{callback("Check again", "again")}))
	require.Greater(t, second, first)
	s.heard()

	isErr(t, s.world.Press(u, bot, "other"), 400, "DATA_INVALID")
	s.act(s.world.Press(u, bot, "again"))
	got := s.heard()
	require.Len(t, got, 1)
	q := got[0].(*tg.UpdateBotCallbackQuery)
	assert.Equal(t, second, q.MsgID)
	assert.Equal(t, "again", string(q.Data))
	assert.Equal(t, int64(u), q.UserID)
	answer := &tg.MessagesSetBotCallbackAnswerRequest{QueryID: q.QueryID, Message: "Not yet"}
	ok, err := s.bot.MessagesSetBotCallbackAnswer(t.Context(), answer)
	require.NoError(t, err)
	assert.True(t, ok)
	_, err = s.bot.MessagesSetBotCallbackAnswer(t.Context(), answer)
	isErr(t, err, 400, "QUERY_ID_INVALID")

	edited, err := s.bot.MessagesEditMessage(t.Context(), &tg.MessagesEditMessageRequest{
		Peer: &tg.InputPeerUser{UserID: int64(u)}, ID: second, Message: "Welcome",
	})
	require.NoError(t, err)
	assert.Equal(t, "Welcome", edited.(*tg.Updates).Updates[0].(*tg.UpdateEditMessage).Message.(*tg.Message).Message)
	told, err := s.world.Told(bot, u)
	require.NoError(t, err)
	require.Len(t, told, 2)
	assert.Equal(t, "Welcome", told[1].Text)
	assert.Empty(t, told[1].Buttons)
	assert.Equal(t, "https://t.me/lantern_street", told[0].Buttons[0][0].URL)
	s.act(s.world.Press(u, bot, "again"))
	assert.Equal(t, first, s.heard()[0].(*tg.UpdateBotCallbackQuery).MsgID, "the newest that still has the button")
}

func TestBotEditsItsOwnOnly(t *testing.T) {
	s := newStage(t, world.Options{Seed: 31, Members: 10})
	u := s.stranger()
	s.act(s.world.Start(u, s.world.Bot(), ""))
	theirs := s.heard()[0].(*tg.UpdateNewMessage).Message.GetID()
	mine := s.say(u, "hello", 1, nil)
	edit := func(id int, text string) error {
		_, err := s.bot.MessagesEditMessage(t.Context(), &tg.MessagesEditMessageRequest{
			Peer: &tg.InputPeerUser{UserID: int64(u)}, ID: id, Message: text,
		})
		return err
	}
	isErr(t, edit(theirs, "mine now"), 403, "MESSAGE_AUTHOR_REQUIRED")
	isErr(t, edit(mine+100, "nothing"), 400, "MESSAGE_ID_INVALID")
	isErr(t, edit(mine, "hello"), 400, "MESSAGE_NOT_MODIFIED")
	require.NoError(t, edit(mine, "goodbye"))
}
