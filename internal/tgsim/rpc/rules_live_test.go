package rpc_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/updates"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// signedIn is the storage of a client whose key is logged in.
func (s *telegramOf) signedIn(t *testing.T, account world.UserID) session.Storage {
	t.Helper()
	var k crypto.Key
	_, err := rand.Read(k[:])
	require.NoError(t, err)
	auth := k.WithID()
	require.NoError(t, s.keys.Put(mtproto.Key{Auth: auth, Salt: 1}))
	s.rpc.SignIn(auth.ID, account)
	var store session.StorageMemory
	loader := session.Loader{Storage: &store}
	require.NoError(t, loader.Save(t.Context(), &session.Data{DC: dc, AuthKey: auth.Value[:], AuthKeyID: auth.ID[:]}))
	return &store
}

// member returns somebody who may write in the group.
func (s *telegramOf) member(t *testing.T) world.UserID {
	t.Helper()
	facts, err := s.world.Truth("")
	require.NoError(t, err)
	i := slices.IndexFunc(facts, ordinary)
	require.GreaterOrEqual(t, i, 0)
	return facts[i].ID
}

// inbox collects the texts of a channel's messages.
type inbox struct {
	mu   sync.Mutex
	text []string // guarded by mu
}

func (i *inbox) take(m tg.MessageClass) {
	if m, ok := m.(*tg.Message); ok {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.text = append(i.text, m.Message)
	}
}

func (i *inbox) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.text...)
}

func (i *inbox) Handle(_ context.Context, u tg.UpdatesClass) error {
	if u, ok := u.(*tg.Updates); ok {
		for _, up := range u.Updates {
			if up, ok := up.(*tg.UpdateNewChannelMessage); ok {
				i.take(up.Message)
			}
		}
	}
	return nil
}

// TestRule30OnlyToLiveSessions has the same person write while the account's client is there, away, and there again.
func TestRule30OnlyToLiveSessions(t *testing.T) {
	s := serve(t, world.Options{Seed: 30, Members: 60})
	owner, id := s.world.Owner(), s.world.Group().ID
	store := s.signedIn(t, owner)
	u := s.member(t)
	say := func(text string) {
		_, err := s.world.Say(u, id, text)
		require.NoError(t, err)
	}
	var got inbox
	var pts int
	s.as(t, store, apiHash, &got, func(ctx context.Context, c *telegram.Client) {
		state, err := c.API().UpdatesGetState(ctx)
		require.NoError(t, err)
		assert.Positive(t, state.Pts)
		say("while there")
		require.Eventually(t, func() bool { return len(got.all()) == 1 }, 5*time.Second, time.Millisecond)
		chats, err := c.API().ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: s.world.Group().Username})
		require.NoError(t, err)
		full, err := c.API().ChannelsGetFullChannel(ctx, chats.Chats[0].(*tg.Channel).AsInput())
		require.NoError(t, err)
		pts = full.FullChat.(*tg.ChannelFull).Pts
	})
	say("while away")
	s.as(t, store, apiHash, &got, func(ctx context.Context, c *telegram.Client) {
		chats, err := c.API().ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: s.world.Group().Username})
		require.NoError(t, err)
		assert.Equal(t, []string{"while there"}, got.all(), "what was pushed to nobody is not pushed later")
		diff, err := c.API().UpdatesGetChannelDifference(ctx, &tg.UpdatesGetChannelDifferenceRequest{
			Channel: chats.Chats[0].(*tg.Channel).AsInput(), Filter: &tg.ChannelMessagesFilterEmpty{}, Pts: pts, Limit: 100,
		})
		require.NoError(t, err)
		missed := diff.(*tg.UpdatesChannelDifference).NewMessages
		require.Len(t, missed, 1)
		assert.Equal(t, "while away", missed[0].(*tg.Message).Message)
	})
}

// TestRule24AStockClientFollows has gotd's own update manager follow the group.
func TestRule24AStockClientFollows(t *testing.T) {
	// A client that misses one waits so long before it asks.
	s := serve(t, world.Options{Seed: 24, Members: 60, Messages: world.MessageRules{Timeout: time.Second}})
	owner, id := s.world.Owner(), s.world.Group().ID
	u := s.member(t)
	var got inbox
	dispatcher := tg.NewUpdateDispatcher()
	dispatcher.OnNewChannelMessage(func(_ context.Context, _ tg.Entities, up *tg.UpdateNewChannelMessage) error {
		got.take(up.Message)
		return nil
	})
	manager := updates.New(updates.Config{Handler: dispatcher})
	s.as(t, s.signedIn(t, owner), apiHash, manager, func(ctx context.Context, c *telegram.Client) {
		ctx, cancel := context.WithCancel(ctx)
		ended, started := make(chan error, 1), make(chan struct{})
		go func() {
			ended <- manager.Run(ctx, c.API(), int64(owner), updates.AuthOptions{OnStart: func(context.Context) { close(started) }})
		}()
		<-started
		want := []string{"first"} // it tells the client where the channel stands
		say := func(text string) {
			_, err := s.world.Say(u, id, text)
			require.NoError(t, err)
		}
		say(want[0])
		require.Eventually(t, func() bool { return len(got.all()) == 1 }, 5*time.Second, time.Millisecond)
		for k := range 30 {
			want = append(want, fmt.Sprint("message ", k))
			say(want[k+1])
		}
		require.Eventually(t, func() bool { return len(got.all()) == len(want) }, 10*time.Second, time.Millisecond)
		assert.Equal(t, want, got.all(), "the client puts in order what its connection hands it in any")
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}
