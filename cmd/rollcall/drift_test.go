package main

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// A share of those who leave is told to nobody who should hear of it. Each subscriber among them loses access all the same; how long that
// took and how many calls it cost is logged.
func TestDriftFindsEverySubscriberWhoLeft(t *testing.T) {
	pipedKey()
	for _, c := range []struct {
		name  string
		rules world.JoinRules
		fault string
		limit time.Duration // within which the last of them is found
	}{
		{"10 % of the pushes lost", world.JoinRules{}, "drop 10% of updateChannelParticipant left to bot", time.Minute},
		{"30 % of the pushes lost", world.JoinRules{}, "drop 30% of updateChannelParticipant left to bot", time.Minute},
		{"10 % never sent to the bot", world.JoinRules{Unheard: 100}, "", 2 * time.Minute},
		{"30 % never sent to the bot", world.JoinRules{Unheard: 300}, "", 2 * time.Minute},
		{"10 % neither sent nor logged", world.JoinRules{Unheard: 100, Unlogged: 1000}, "", 30 * time.Minute},
		{"30 % neither sent nor logged", world.JoinRules{Unheard: 300, Unlogged: 1000}, "", 30 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := servePiped(t, inMemory(t), world.Options{Seed: 7, Members: 2000, Joins: c.rules}, rpc.Unlimited(), func(c *Config) { c.Prune.Breaker.Min = 10_000 })
				if c.fault != "" {
					rule, err := fault.Parse(c.fault)
					require.NoError(t, err)
					p.board.Add(rule)
				}
				newDrift(t, p).measure(c.limit)
			})
		})
	}
}

// drift is 200 subscribers of whom each second one leaves, one a minute.
type drift struct {
	*piped
	t      *testing.T
	run    *running
	people []world.UserID
}

func newDrift(t *testing.T, p *piped) *drift {
	d := &drift{piped: p, t: t}
	d.run, d.people = p.enforced(context.Background(), 200, func(limit time.Duration, holds func() bool) {
		for deadline := time.Now().Add(limit); !holds(); <-time.After(time.Second) {
			require.True(t, time.Now().Before(deadline), "not within %s", limit)
		}
	})
	return d
}

func (d *drift) measure(limit time.Duration) {
	d.t.Helper()
	<-time.After(time.Hour)
	lookups, pages, logs := d.called("channels.getParticipant"), d.called("channels.getParticipants"), d.called("channels.getAdminLog")
	left := map[world.UserID]time.Time{}
	var took []time.Duration
	look := func() {
		for u, at := range left {
			if d.run.access(context.Background(), u) == membership.Revoked {
				took = append(took, time.Since(at))
				delete(left, u)
			}
		}
	}
	for i, u := range d.people {
		if i%2 == 1 {
			require.NoError(d.t, d.world.Leave(u, d.world.Group().ID))
			left[u] = time.Now()
			for range 6 {
				<-time.After(10 * time.Second)
				look()
			}
		}
	}
	for deadline := time.Now().Add(limit); len(left) > 0; look() {
		require.True(d.t, time.Now().Before(deadline), "%d of 100 who left still have access after %s", len(left), limit)
		<-time.After(10 * time.Second)
	}
	slices.Sort(took)
	lookups, pages, logs = d.called("channels.getParticipant")-lookups, d.called("channels.getParticipants")-pages, d.called("channels.getAdminLog")-logs
	d.t.Logf("100 left: half of them lost access within %s, 90 %% within %s, the last within %s; until then %d lookups, %d pages of lists, %d of the log",
		took[50], took[90], took[99], lookups, pages, logs)
	for i, u := range d.people {
		if i%2 == 0 {
			require.Equal(d.t, membership.Granted, d.run.access(context.Background(), u), "%d never left", u)
		}
	}
	d.run.stop()
}
