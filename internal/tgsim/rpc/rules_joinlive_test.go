package rpc_test

import (
	"context"
	"testing"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// TestRule22AStockBotLetsPeopleIn has gotd's client hear of a request, write to who made it, and approve it.
func TestRule22AStockBotLetsPeopleIn(t *testing.T) {
	s := serve(t, world.Options{Seed: 22, Members: 60})
	id, bot := s.world.Group().ID, s.world.Bot()
	u, _ := s.world.Stranger()
	asked, joined := make(chan *tg.UpdateBotChatInviteRequester, 1), make(chan *tg.UpdateChannelParticipant, 1)
	dispatcher := tg.NewUpdateDispatcher()
	dispatcher.OnBotChatInviteRequester(func(_ context.Context, _ tg.Entities, up *tg.UpdateBotChatInviteRequester) error {
		asked <- up
		return nil
	})
	dispatcher.OnChannelParticipant(func(_ context.Context, _ tg.Entities, up *tg.UpdateChannelParticipant) error {
		joined <- up
		return nil
	})
	s.as(t, s.signedIn(t, bot), apiHash, dispatcher, func(ctx context.Context, c *telegram.Client) {
		_, err := c.API().UpdatesGetState(ctx)
		require.NoError(t, err)
		require.NoError(t, s.world.Request(u, id))
		up := within(t, asked)
		assert.Equal(t, int64(u), up.UserID)
		_, err = c.API().MessagesSendMessage(ctx, &tg.MessagesSendMessageRequest{
			Peer: &tg.InputPeerUser{UserID: up.UserID}, Message: "what do you read?", RandomID: 7,
		})
		require.NoError(t, err, "for five minutes")
		_, err = c.API().MessagesHideChatJoinRequest(ctx, &tg.MessagesHideChatJoinRequestRequest{
			Approved: true, Peer: &tg.InputPeerChannel{ChannelID: int64(id)}, UserID: &tg.InputUser{UserID: up.UserID},
		})
		require.NoError(t, err)
		in := within(t, joined)
		assert.Equal(t, up.Qts+1, in.Qts)
		assert.Equal(t, up.Invite.(*tg.ChatInviteExported).Link, in.Invite.(*tg.ChatInviteExported).Link)
		_, err = c.API().MessagesSendMessage(ctx, &tg.MessagesSendMessageRequest{
			Peer: &tg.InputPeerUser{UserID: up.UserID}, Message: "welcome", RandomID: 8,
		})
		isErr(t, err, 400, "PEER_ID_INVALID")
	})
}

// within waits for the next value.
func within[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(10 * time.Second):
		require.Fail(t, "nothing came")
		panic("unreachable")
	}
}
