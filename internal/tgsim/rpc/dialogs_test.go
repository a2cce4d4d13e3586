package rpc_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// page is what all forms of messages.Dialogs have.
type page interface {
	GetDialogs() []tg.DialogClass
	GetMessages() []tg.MessageClass
	GetChats() []tg.ChatClass
	GetUsers() []tg.UserClass
}

func TestDialogsPaging(t *testing.T) {
	s := newStage(t, world.Options{Seed: 40, Members: 60})
	for _, limit := range []int{1, 2, 4, 100} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			req := &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: limit}
			var seen []string
			for {
				got, err := s.owner.MessagesGetDialogs(t.Context(), req)
				require.NoError(t, err)
				p := got.(page)
				if len(p.GetDialogs()) == 0 {
					break
				}
				require.LessOrEqual(t, len(p.GetDialogs()), limit)
				for i, d := range p.GetDialogs() {
					seen = append(seen, fmt.Sprintf("%T %d", d.(*tg.Dialog).Peer, d.(*tg.Dialog).TopMessage))
					top := p.GetMessages()[i].(tg.NotEmptyMessage)
					require.Equal(t, d.(*tg.Dialog).TopMessage, top.GetID())
					req.OffsetID, req.OffsetDate, req.OffsetPeer = top.GetID(), top.GetDate(), inputPeer(t, d.(*tg.Dialog).Peer, p)
				}
			}
			assert.Len(t, seen, 6)
			for i, a := range seen {
				assert.NotContains(t, seen[i+1:], a)
			}
		})
	}
	_, err := s.bot.MessagesGetDialogs(t.Context(), &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}})
	isErr(t, err, 400, "BOT_METHOD_INVALID")
}

// inputPeer names a dialog's peer with the hash that came with the page.
func inputPeer(t *testing.T, p tg.PeerClass, from page) tg.InputPeerClass {
	t.Helper()
	switch p := p.(type) {
	case *tg.PeerUser:
		for _, u := range from.GetUsers() {
			if u.GetID() == p.UserID {
				return u.(*tg.User).AsInputPeer()
			}
		}
	case *tg.PeerChat:
		return &tg.InputPeerChat{ChatID: p.ChatID}
	case *tg.PeerChannel:
		for _, c := range from.GetChats() {
			if c.GetID() == p.ChannelID {
				return c.(*tg.Channel).AsInputPeer()
			}
		}
	}
	require.Fail(t, "the page does not name its peer", "%v", p)
	return nil
}

func TestDialogWithTheBotComesFirst(t *testing.T) {
	s := newStage(t, world.Options{Seed: 41, Members: 60})
	owner, bot := s.world.Owner(), s.world.Bot()
	got, err := s.owner.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{
		Peer:    &tg.InputPeerUser{UserID: int64(bot), AccessHash: s.world.User(owner, bot).AccessHash},
		Message: "/start", RandomID: 9,
	})
	require.NoError(t, err)
	require.Len(t, got.(*tg.Updates).Updates, 2)
	assert.Equal(t, "/start", s.heard()[0].(*tg.UpdateNewMessage).Message.(*tg.Message).Message)
	s.say(owner, "hello, owner", 1, nil)
	mine := s.pushes(ownerKey)
	require.Len(t, mine, 1)
	assert.False(t, mine[0].Updates[0].(*tg.UpdateNewMessage).Message.(*tg.Message).Out)
	dialogs, err := s.owner.MessagesGetDialogs(t.Context(), &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 1})
	require.NoError(t, err)
	top := dialogs.(*tg.MessagesDialogsSlice)
	assert.Equal(t, int64(bot), peerID(top.Dialogs[0].(*tg.Dialog).Peer))
	assert.Equal(t, "hello, owner", top.Messages[0].(*tg.Message).Message)
	assert.Equal(t, 7, top.Count)
}

func TestResolveUsername(t *testing.T) {
	s := newStage(t, world.Options{Seed: 42, Members: 60})
	resolve := func(name string) (*tg.ContactsResolvedPeer, error) {
		return s.owner.ContactsResolveUsername(t.Context(), &tg.ContactsResolveUsernameRequest{Username: name})
	}
	for _, name := range []string{"lantern_keeper_bot", "Lantern_Keeper_BOT"} {
		got, err := resolve(name)
		require.NoError(t, err)
		assert.Equal(t, int64(s.world.Bot()), peerID(got.Peer))
		assert.True(t, got.Users[0].(*tg.User).Bot)
		assert.NotZero(t, got.Users[0].(*tg.User).BotInfoVersion)
	}
	_, err := resolve("nobody_has_this")
	isErr(t, err, 400, "USERNAME_NOT_OCCUPIED")
	for _, bad := range []string{"", "ab", "has space", "1digit_first", "ünicode", "x23456789012345678901234567890123"} {
		_, err = resolve(bad)
		isErr(t, err, 400, "USERNAME_INVALID")
	}
}

func TestUsersAndFullUser(t *testing.T) {
	s := newStage(t, world.Options{Seed: 43, Members: 60})
	bot := s.world.User(s.world.Owner(), s.world.Bot())
	got, err := s.owner.UsersGetUsers(t.Context(), []tg.InputUserClass{
		&tg.InputUserSelf{}, bot.AsInput(), &tg.InputUser{UserID: 4711, AccessHash: 1},
	})
	require.NoError(t, err)
	require.Len(t, got, 3)
	assert.True(t, got[0].(*tg.User).Self)
	assert.NotEmpty(t, got[0].(*tg.User).Phone)
	assert.False(t, got[1].(*tg.User).Self)
	assert.Empty(t, got[1].(*tg.User).Phone)
	assert.Equal(t, &tg.UserEmpty{ID: 4711}, got[2])
	full, err := s.owner.UsersGetFullUser(t.Context(), bot.AsInput())
	require.NoError(t, err)
	assert.Equal(t, bot.ID, full.FullUser.ID)
	assert.Equal(t, 1, full.FullUser.CommonChatsCount)
	ok, err := s.bot.BotsSetBotCommands(t.Context(), &tg.BotsSetBotCommandsRequest{
		Scope: &tg.BotCommandScopeDefault{}, Commands: []tg.BotCommand{{Command: "start", Description: "Begin"}},
	})
	require.NoError(t, err)
	assert.True(t, ok)
}
