package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// TestTheProgramIsAwayForLongerThanTelegramRemembers has it miss more than the bot's queue and the admin log keep, be stopped again while it
// makes up for that, and go on from a copy of days ago. Nobody who left is served meanwhile by what was known before, and nobody who returned is
// refused by it: the roster knows what it missed, and asks. In the end access is as the group is.
func TestTheProgramIsAwayForLongerThanTelegramRemembers(t *testing.T) {
	pipedKey() // made outside of the bubble
	for _, retention := range []int{0, 10, 40, 150} {
		t.Run(strconv.Itoa(retention), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { awayAndBack(t, retention) })
		})
	}
}

func awayAndBack(t *testing.T, retention int) {
	seed := uint64(retention + 1)
	p := servePiped(t, inMemory(t), world.Options{
		Seed: seed, Members: 300, NoPassword: true, Messages: world.MessageRules{Retention: retention},
	}, rpc.Unlimited(), func(c *Config) { c.Prune.Breaker.Min = 1000 })
	m := &month{piped: p, t: t, rng: rand.New(rand.NewPCG(seed, 1)), began: time.Now(), stays: map[world.UserID][]stay{}, tally: map[string]int{}}
	facts, err := p.world.Truth("")
	require.NoError(t, err)
	for _, f := range facts {
		if f.In && !f.Bot && !f.Deleted && !f.Anonymous && f.Status == "member" && len(m.members) < 80 {
			m.members = append(m.members, f.ID)
			m.stays[f.ID] = []stay{{from: m.began.Add(-time.Hour)}}
		}
	}
	m.begin()
	m.wait(10 * time.Minute)
	for _, u := range m.members {
		require.NoError(t, m.world.Start(u, m.world.Bot(), ""))
		m.subscribers = append(m.subscribers, u)
	}
	require.NoError(t, m.run.roster.Enforce(context.Background(), m.run.group(), true))
	m.wait(time.Minute)
	old := filepath.Join(p.dir, "old.db")
	require.NoError(t, m.run.roster.Snapshot(context.Background(), old))
	gate := func(when string) {
		in := map[world.UserID]bool{}
		for _, u := range m.subscribers {
			in[u] = m.isIn(u)
		}
		for _, u := range m.subscribers {
			c, err := m.run.live.keeper.Case(context.Background(), membership.UserID(u))
			require.NoError(t, err)
			v := membership.Decide(c)
			m.tally[when+" "+fmt.Sprint(v.Answer, " ", v.Rule)]++
			if v.Answer == membership.Serve && !in[u] {
				t.Errorf("%s: %d is served and is out: %+v %v", when, u, v, m.stays[u])
			}
			if v.Answer == membership.Refuse && in[u] && (v.Rule == membership.RuleOut || v.Rule == membership.RuleRevoked) {
				t.Errorf("%s: %d is refused and is in: %+v %v", when, u, v, m.stays[u])
			}
		}
	}
	burst := func(n int) {
		for range n {
			m.wait(time.Duration(1+m.rng.IntN(30)) * time.Second)
			m.act()
		}
	}
	away := func(d time.Duration, moves int) {
		m.run.stop()
		m.wait(d / 2)
		burst(moves)
		m.wait(d / 2)
	}
	for round := range 3 {
		d := []time.Duration{60 * time.Hour, 26 * time.Hour, 3 * time.Hour, 49 * time.Hour}[m.rng.IntN(4)]
		away(d, 60)
		m.run = m.start()
		m.wait(time.Duration(1+m.rng.IntN(8)) * time.Second)
		gate(fmt.Sprintf("%d at once", round))
		m.wait(time.Duration(m.rng.IntN(90)) * time.Second)
		gate(fmt.Sprintf("%d soon", round))
		away(time.Duration(m.rng.IntN(60))*time.Minute, 20) // and away again at once
		m.run = m.start()
		m.wait(time.Duration(1+m.rng.IntN(30)) * time.Second)
		gate(fmt.Sprintf("%d again", round))
		if round == 1 { // from the copy
			m.run.stop()
			b, err := os.ReadFile(old)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(p.cfg.RosterPath(), b, 0o600))
			m.run = m.start()
			m.wait(time.Duration(1+m.rng.IntN(8)) * time.Second)
			gate("restored at once")
		}
		m.wait(5 * time.Minute)
		gate(fmt.Sprintf("%d settled", round))
		for _, u := range m.subscribers {
			s, err := m.run.roster.Subscriber(context.Background(), m.run.group(), membership.UserID(u))
			require.NoError(t, err)
			require.Equal(t, m.isIn(u), s.Access == membership.Granted, "%d: %v", u, m.stays[u])
		}
	}
	problems, err := m.run.roster.Check(context.Background())
	require.NoError(t, err)
	require.Empty(t, problems)
	m.run.stop()
	t.Logf("%v", m.tally)
}
