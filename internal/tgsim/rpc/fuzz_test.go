package rpc_test

import (
	"errors"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// Whatever a client asks, it gets an answer that can be encoded or an error that Telegram could have given.
func FuzzHandle(f *testing.F) {
	w := world.New(world.Options{Seed: 1, Members: 60})
	s := rpc.New(rpc.Config{
		World: w, APIID: apiID, APIHash: apiHash, DC: dc, Address: "127.0.0.1:443", Budgets: rpc.Unlimited(),
	})
	keys := []mtproto.KeyID{{0: 1}, {0: 2}, {0: 3}} // a stranger's, the owner's, the bot's
	s.SignIn(keys[1], w.Owner())
	s.SignIn(keys[2], w.Bot())
	group := w.Group()
	resolved, err := w.ResolveUsername(w.Owner(), group.Username)
	require.NoError(f, err)
	channel := resolved.Chats[0].(*tg.Channel).AsInput()
	chat := int64(w.ChatGroups()[0].ID)
	peer := &tg.InputPeerChannel{ChannelID: channel.ChannelID, AccessHash: channel.AccessHash}
	for _, e := range []bin.Encoder{
		&tg.HelpGetConfigRequest{}, &tg.HelpGetAppConfigRequest{}, &tg.HelpGetNearestDCRequest{},
		&tg.AuthSendCodeRequest{PhoneNumber: w.Phone(w.Owner()), APIID: apiID, APIHash: apiHash},
		&tg.AuthSignInRequest{PhoneNumber: w.Phone(w.Owner()), PhoneCodeHash: "x", PhoneCode: "1"},
		&tg.AuthCheckPasswordRequest{Password: &tg.InputCheckPasswordSRP{A: []byte{1}, M1: []byte{2}}},
		&tg.AuthImportBotAuthorizationRequest{APIID: apiID, APIHash: apiHash, BotAuthToken: "t"},
		&tg.AccountGetPasswordRequest{},
		&tg.UsersGetUsersRequest{ID: []tg.InputUserClass{&tg.InputUserSelf{}}},
		&tg.UsersGetFullUserRequest{ID: &tg.InputUserSelf{}},
		&tg.UpdatesGetStateRequest{}, &tg.UpdatesGetDifferenceRequest{Pts: 1, Qts: 1, Date: 1},
		&tg.UpdatesGetChannelDifferenceRequest{Channel: channel, Pts: 1, Limit: 10, Filter: &tg.ChannelMessagesFilterEmpty{}},
		&tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 10},
		&tg.ContactsResolveUsernameRequest{Username: group.Username},
		&tg.ChannelsGetChannelsRequest{ID: []tg.InputChannelClass{channel}},
		&tg.ChannelsGetFullChannelRequest{Channel: channel},
		&tg.ChannelsGetParticipantsRequest{Channel: channel, Filter: &tg.ChannelParticipantsSearch{Q: "a"}, Limit: 9},
		&tg.ChannelsGetParticipantRequest{Channel: channel, Participant: &tg.InputPeerSelf{}},
		&tg.ChannelsGetAdminLogRequest{Channel: channel, Limit: 5},
		&tg.ChannelsEditBannedRequest{Channel: channel, Participant: &tg.InputPeerSelf{}},
		&tg.MessagesGetFullChatRequest{ChatID: 5},
		&tg.MessagesSendMessageRequest{Peer: peer, Message: "hello", RandomID: 7},
		&tg.MessagesSetTypingRequest{Peer: peer, Action: &tg.SendMessageTypingAction{}},
		&tg.MessagesEditMessageRequest{Peer: peer, ID: 1, Message: "hello"},
		&tg.MessagesGetHistoryRequest{Peer: peer, Limit: 5, AddOffset: -3, OffsetID: 9},
		&tg.MessagesGetMessagesRequest{ID: []tg.InputMessageClass{&tg.InputMessageID{ID: 1}}},
		&tg.MessagesDeleteMessagesRequest{ID: []int{1}, Revoke: true},
		&tg.ChannelsGetMessagesRequest{Channel: channel, ID: []tg.InputMessageClass{&tg.InputMessageID{ID: 1}}},
		&tg.ChannelsDeleteMessagesRequest{Channel: channel, ID: []int{1}},
		&tg.UpdatesGetChannelDifferenceRequest{Channel: channel, Pts: 5, Filter: &tg.ChannelMessagesFilter{
			Ranges: []tg.MessageRange{{MinID: 1, MaxID: 9}},
		}},
		&tg.MessagesSendMessageRequest{Peer: &tg.InputPeerChat{ChatID: chat}, Message: "hello", RandomID: 8},
		&tg.MessagesAddChatUserRequest{ChatID: chat, UserID: &tg.InputUser{UserID: int64(w.Bot())}},
		&tg.MessagesEditChatAdminRequest{ChatID: chat, UserID: &tg.InputUserSelf{}, IsAdmin: true},
		&tg.MessagesEditChatTitleRequest{ChatID: chat, Title: "Night"},
		&tg.MessagesDeleteChatUserRequest{ChatID: chat, UserID: &tg.InputUserSelf{}},
		&tg.MessagesMigrateChatRequest{ChatID: chat},
	} {
		var b bin.Buffer
		require.NoError(f, e.Encode(&b))
		for who := range keys {
			f.Add(byte(who), b.Copy())
		}
	}
	f.Fuzz(func(t *testing.T, who byte, body []byte) {
		b := &bin.Buffer{Buf: body}
		method, err := b.PeekID()
		if err != nil {
			return
		}
		answer, err := s.Handle(t.Context(), &mtproto.Request{
			Key: keys[int(who)%len(keys)], Session: 1, MsgID: 4, Method: method, Body: b, DC: dc,
		})
		if err != nil {
			var refusal *tgerr.Error
			require.True(t, errors.As(err, &refusal), "%T: %v", err, err)
			return
		}
		require.NoError(t, answer.Encode(new(bin.Buffer)))
	})
}

// What SaveLogins says of the logins that were loaded is the same again; anything else is an error.
func FuzzLoadLogins(f *testing.F) {
	fresh := func() *rpc.Server {
		w := world.New(world.Options{Seed: 1, Members: 5})
		return rpc.New(rpc.Config{World: w, APIID: apiID, APIHash: apiHash, DC: dc, Address: "127.0.0.1:443"})
	}
	f.Add([]byte(`{"logins":[{"key":"0100000000000000","account":7,"dc":2,"hash":5,"made":1}],"homes":{"7":2}}`))
	f.Add([]byte(`{"newcomers":[{"id":7,"phone":"9996620001","code":"22222","first_name":"A"},{"id":7,"phone":"1"}]}`))
	f.Add([]byte(`{"logins":[{"key":"02","account":7,"dc":2,"hash":5,"made":1,"ended":"SESSION_REVOKED","from":"0100000000000000"}]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := fresh()
		if s.LoadLogins(data) != nil {
			return
		}
		saved, err := s.SaveLogins()
		require.NoError(t, err)
		again := fresh()
		require.NoError(t, again.LoadLogins(saved))
		twice, err := again.SaveLogins()
		require.NoError(t, err)
		require.Equal(t, string(saved), string(twice))
	})
}
