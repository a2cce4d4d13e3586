package rpc_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

const listing = "channels.getParticipants"

// TestRule25BurstOverTheWire sends 26 calls at once with a stock client, after many one by one.
func TestRule25BurstOverTheWire(t *testing.T) {
	s := serve(t, world.Options{Seed: 25, Members: 300})
	s.with(t, s.newSession(t), func(ctx context.Context, c *telegram.Client) {
		_, err := c.Auth().Bot(ctx, s.world.Token(s.world.Bot()))
		require.NoError(t, err)
		id := s.world.Group().ID
		ask := func() error {
			_, err := c.API().ChannelsGetParticipants(ctx, &tg.ChannelsGetParticipantsRequest{
				Channel: &tg.InputChannel{ChannelID: int64(id)}, Filter: &tg.ChannelParticipantsRecent{}, Limit: 200,
			})
			return err
		}
		for range 100 {
			require.NoError(t, ask())
		}
		const burst = 26
		answers := make(chan error, burst)
		var tasks sync.WaitGroup
		for range burst {
			tasks.Go(func() { answers <- ask() })
		}
		tasks.Wait()
		close(answers)
		passed := 0
		for err := range answers {
			if err == nil {
				passed++
				continue
			}
			got, _ := tgerr.As(err)
			assert.Equal(t, 420, got.Code)
			assert.Contains(t, []int{29, 30}, got.Argument)
		}
		assert.GreaterOrEqual(t, passed, 5)
		assert.Less(t, passed, burst)
	})
}

func TestRule25BudgetsCanBeChanged(t *testing.T) {
	s := newStage(t, world.Options{Seed: 25, Members: 50})
	c := s.group(s.owner)
	ask := func() error {
		_, err := s.owner.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: c, Filter: recent})
		return err
	}
	for range 50 {
		require.NoError(t, ask())
	}
	s.rpc.SetBudgets(rpc.Budgets{listing: {Burst: 2, Rate: 1}})
	require.NoError(t, ask())
	require.NoError(t, ask())
	isErr(t, ask(), 420, "FLOOD_WAIT")
	s.rpc.SetBudgets(rpc.Unlimited())
	isErr(t, ask(), 420, "FLOOD_WAIT")
	s.clock.advance(time.Second)
	require.NoError(t, ask(), "the wait that was announced is over")
	s.rpc.SetBudgets(nil)
	assert.Equal(t, rpc.DefaultBudgets(), s.rpc.Budgets())
}

func TestRule25ImposedWaits(t *testing.T) {
	s := newStage(t, world.Options{Seed: 25, Members: 50})
	c, owner := s.group(s.owner), s.world.Owner()
	ask := func() error {
		_, err := s.owner.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: c, Filter: recent})
		return err
	}
	require.NoError(t, s.rpc.Impose(owner, listing, 17))
	err := ask()
	isErr(t, err, 420, "FLOOD_WAIT")
	wait, _ := tgerr.AsFloodWait(err)
	assert.Equal(t, 17*time.Second, wait)
	s.clock.advance(10 * time.Second)
	err = ask()
	wait, _ = tgerr.AsFloodWait(err)
	assert.Equal(t, 7*time.Second, wait)
	s.clock.advance(7 * time.Second)
	require.NoError(t, ask())
	assert.Equal(t, rpc.Calls{Calls: 3, FloodWaits: 2, Violations: 1}, s.rpc.Requests()["owner"][listing])

	require.NoError(t, s.rpc.Refuse(owner, listing, 400, "PEER_FLOOD"))
	require.NoError(t, s.rpc.Refuse(owner, listing, 420, "FLOOD_PREMIUM_WAIT_3"))
	isErr(t, ask(), 400, "PEER_FLOOD")
	isErr(t, ask(), 420, "FLOOD_PREMIUM_WAIT")
	isErr(t, ask(), 420, "FLOOD_WAIT")
	s.clock.advance(3 * time.Second)
	require.NoError(t, ask())

	require.ErrorContains(t, s.rpc.Impose(owner, listing, 0), "1 s or more")
	require.ErrorContains(t, s.rpc.Impose(owner, "channels.getEverybody", 5), "no such method")
}

func TestRule25PeerFlood(t *testing.T) {
	budgets, err := rpc.ParseBudgets(listing + "!=2/1")
	require.NoError(t, err)
	s := newBudgetedStage(t, world.Options{Seed: 25, Members: 50}, budgets)
	c := s.group(s.owner)
	ask := func() error {
		_, err := s.owner.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: c, Filter: recent})
		return err
	}
	require.NoError(t, ask())
	require.NoError(t, ask())
	isErr(t, ask(), 400, "PEER_FLOOD")
	s.clock.advance(time.Second)
	require.NoError(t, ask())
	assert.Zero(t, s.rpc.Requests()["owner"][listing].Violations, "it names no wait")
}

func TestBudgetText(t *testing.T) {
	got, err := rpc.ParseBudgets(" channels.getParticipants=1500/100/5, messages.sendMessage!=30/0.5,*=unlimited,")
	require.NoError(t, err)
	assert.Equal(t, rpc.Budgets{
		listing:                {Burst: 1500, Rate: 100, AtOnce: 5},
		"messages.sendMessage": {Burst: 30, Rate: 0.5, PeerFlood: true},
		"":                     {},
	}, got)
	assert.Equal(t, "*=unlimited,channels.getParticipants=1500/100/5,messages.sendMessage!=30/0.5", got.String())

	got, err = rpc.ParseBudgets("default,channels.getParticipants=7/1")
	require.NoError(t, err)
	want := rpc.DefaultBudgets()
	want[listing] = rpc.Budget{Burst: 7, Rate: 1}
	assert.Equal(t, want, got)

	got, err = rpc.ParseBudgets("")
	require.NoError(t, err)
	assert.Equal(t, rpc.Unlimited(), got)

	for _, wrong := range []string{
		"channels.getParticipants", "channels.getEverybody=1/1", "*=1", "*=0/1", "*=1/0", "*=1/-1", "*=1/Inf", "*=1/NaN",
		"*=1/1/0", "*=1/1/1/1", "*=x/1", "=1/1", "defaults",
	} {
		_, err := rpc.ParseBudgets(wrong)
		assert.ErrorContains(t, err, "read budget", "%q", wrong)
	}
}

func FuzzParseBudgets(f *testing.F) {
	f.Add("default,channels.getParticipants=1500/100/5,messages.sendMessage!=30/0.5,*=unlimited")
	f.Add("*=1/1e-300")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := rpc.ParseBudgets(text)
		if err != nil {
			return
		}
		again, err := rpc.ParseBudgets(got.String())
		if err != nil {
			t.Fatalf("%q was read as %q, which is not read: %v", text, got, err)
		}
		if again.String() != got.String() {
			t.Fatalf("%q was read as %q and then as %q", text, got, again)
		}
	})
}
