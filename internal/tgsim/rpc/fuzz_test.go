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
