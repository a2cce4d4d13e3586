package bot_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
)

func (s *server) ChannelsGetFullChannel(_ context.Context, c tg.InputChannelClass) (*tg.MessagesChatFull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.onFull == nil {
		return nil, tgerr.New(400, "CHANNEL_INVALID")
	}
	return s.onFull(c.(*tg.InputChannel).ChannelID)
}

func TestCount(t *testing.T) {
	s := newServer()
	s.onFull = func(id int64) (*tg.MessagesChatFull, error) {
		return &tg.MessagesChatFull{FullChat: &tg.ChannelFull{ID: id, ParticipantsCount: 4711}}, nil
	}
	n, err := speaking(s).Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, 4711, n)

	for name, answer := range map[string]tg.ChatFullClass{
		"another group": &tg.ChannelFull{ID: nobody, ParticipantsCount: 5}, "no count": &tg.ChannelFull{ID: int64(group)},
		"another kind": &tg.ChatFull{ID: int64(group)},
	} {
		s.onFull = func(int64) (*tg.MessagesChatFull, error) { return &tg.MessagesChatFull{FullChat: answer}, nil }
		_, err = speaking(s).Count(t.Context())
		require.ErrorContains(t, err, "does not hold the count", name)
	}

	s.onFull = nil
	_, err = speaking(s).Count(t.Context())
	refusal, ok := errors.AsType[*membership.TelegramError](err)
	require.True(t, ok)
	require.Equal(t, "CHANNEL_INVALID", refusal.Name)
}

func TestABasicGroupIsNotCountedByABot(t *testing.T) {
	s := newServer()
	b := bot.New(bot.Config{Self: self, Group: membership.Group{ID: group, Kind: membership.BasicGroup}, API: s})
	_, err := b.Count(t.Context())
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = bot.New(bot.Config{Self: self, Group: membership.Group{ID: group, Kind: membership.Supergroup}}).Count(t.Context())
	require.ErrorIs(t, err, bot.ErrNotConnected)
}
