package main

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// enforced begins a run that is fresh, enforces, and has so many subscribers, all with access.
func (p *piped) enforced(ctx context.Context, subscribers int, until func(time.Duration, func() bool)) (*running, []world.UserID) {
	p.t.Helper()
	run := p.start()
	until(time.Minute, func() bool {
		s, err := run.roster.Sources(ctx, run.group())
		require.NoError(p.t, err)
		return membership.FreshnessOf(s, membership.At(time.Now())).Mode == membership.Fresh && s.AdminLog != 0 && s.Walk != 0
	})
	require.NoError(p.t, run.roster.Enforce(ctx, run.group(), true))
	facts, err := p.world.Truth("")
	require.NoError(p.t, err)
	var of []world.UserID
	for _, f := range facts {
		if f.In && !f.Bot && !f.Deleted && !f.Anonymous && f.Status == "member" && len(of) < subscribers {
			of = append(of, f.ID)
			require.NoError(p.t, p.world.Start(f.ID, p.world.Bot(), ""))
		}
	}
	for _, u := range of {
		until(time.Minute, func() bool { return run.access(ctx, u) == membership.Granted })
	}
	return run, of
}

func (r *running) access(ctx context.Context, u world.UserID) membership.Access {
	r.p.t.Helper()
	s, err := r.roster.Subscriber(ctx, r.group(), membership.UserID(u))
	require.NoError(r.p.t, err)
	return s.Access
}

const benchWelcome = "Welcome."

// untilRefused has the person write again as soon as they are answered, until the answer is no welcome.
func (p *piped) untilRefused(u world.UserID, until func(time.Duration, func() bool)) {
	p.t.Helper()
	for {
		before, err := p.world.Told(p.world.Bot(), u)
		require.NoError(p.t, err)
		require.NoError(p.t, p.world.Write(u, p.world.Bot(), "hello"))
		var told []world.Told
		until(10*time.Second, func() bool {
			told, err = p.world.Told(p.world.Bot(), u)
			require.NoError(p.t, err)
			return len(told) > len(before)
		})
		if told[len(told)-1].Text != benchWelcome {
			return
		}
	}
}

// BenchmarkRevocation is how long it takes from somebody's leaving until the roster has their access revoked, and until they are first
// refused: with the update's way from the simulator over MTProto, the transaction, and the disk. The bot is an administrator.
func BenchmarkRevocation(b *testing.B) {
	p := servePiped(b, b.TempDir(), world.Options{Seed: 7, Members: 1200}, rpc.Unlimited(), func(c *Config) {
		c.Prune.Breaker.Min, c.Telegram.Pace.Interval, c.Bot.Welcome = 1_000_000, 0, benchWelcome
	})
	ctx := b.Context()
	until := func(limit time.Duration, holds func() bool) {
		b.Helper()
		tick := time.NewTicker(200 * time.Microsecond) // what it adds to a figure, at most
		defer tick.Stop()
		for deadline := time.Now().Add(limit); !holds(); <-tick.C {
			require.True(b, time.Now().Before(deadline), "not within %s", limit)
		}
	}
	run, people := p.enforced(ctx, 50, until)
	defer run.stop()
	var revoked, refused []time.Duration
	for i := 0; b.Loop(); i++ {
		u := people[i%len(people)]
		began := time.Now()
		require.NoError(b, p.world.Leave(u, p.world.Group().ID))
		until(10*time.Second, func() bool { return run.access(ctx, u) == membership.Revoked })
		revoked = append(revoked, time.Since(began))
		p.untilRefused(u, until)
		refused = append(refused, time.Since(began))
		b.StopTimer()
		require.NoError(b, p.world.Join(u, p.world.Group().ID))
		until(10*time.Second, func() bool { return run.access(ctx, u) == membership.Granted })
		b.StartTimer()
	}
	latencies(b, "revoked", revoked)
	latencies(b, "refused", refused)
	within := 0
	for _, d := range refused {
		if d <= time.Second {
			within++
		}
	}
	b.ReportMetric(100*float64(within)/float64(len(refused)), "%refused-within-1s")
}

func latencies(b *testing.B, what string, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), what+"-p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), what+"-p99-ms")
}

// Where the bot hears nothing, since it is no administrator, who leaves loses access with the next reading of the admin log.
func TestWithoutUpdatesAccessEndsWithinOneReadingOfTheLog(t *testing.T) {
	pipedKey()
	synctest.Test(t, func(t *testing.T) {
		p := servePiped(t, inMemory(t), world.Options{Seed: 7, Members: 300}, rpc.Unlimited(), func(c *Config) { c.Prune.Breaker.Min = 1000 })
		ctx := context.Background()
		until := func(limit time.Duration, holds func() bool) {
			for deadline := time.Now().Add(limit); !holds(); {
				require.True(t, time.Now().Before(deadline), "not within %s", limit)
				<-time.After(time.Second)
			}
		}
		run, people := p.enforced(ctx, 60, until)
		_, err := p.world.EditAdmin(p.world.Owner(), p.world.Bot(), p.world.Group().ID, tg.ChatAdminRights{}, "")
		require.NoError(t, err)
		var slowest time.Duration
		for i, u := range people {
			<-time.After(time.Duration(7*i) * time.Second)
			began := time.Now()
			require.NoError(t, p.world.Leave(u, p.world.Group().ID))
			until(2*p.cfg.Run.TailEvery, func() bool { return run.access(ctx, u) == membership.Revoked })
			slowest = max(slowest, time.Since(began))
		}
		t.Logf("the slowest of %d took %s", len(people), slowest)
		// A reading is due by the interval, has to be made, and is looked for here each second.
		require.LessOrEqual(t, slowest, p.cfg.Run.TailEvery+5*time.Second)
		run.stop()
	})
}
