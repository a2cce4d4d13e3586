package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// TestScaleRaid has 30,000 join within ten minutes. Nobody is written to or looked up for it, the gate stays fresh, calls are by the hundred
// and not by the person, and everybody is known a minute after.
func TestScaleRaid(t *testing.T) {
	pipedKey()
	synctest.Test(t, func(t *testing.T) {
		const size, minutes = 30_000, 10
		p := servePiped(t, inMemory(t), world.Options{Seed: 30, Members: 2000}, rpc.Unlimited())
		ctx := context.Background()
		run, _ := p.enforced(ctx, 10, func(limit time.Duration, holds func() bool) {
			for deadline := time.Now().Add(limit); !holds(); <-time.After(time.Second) {
				require.True(t, time.Now().Before(deadline), "not within %s", limit)
			}
		})
		<-time.After(10 * time.Minute)
		written, looked := p.called("messages.sendMessage"), p.called("channels.getParticipant")
		log, all := p.called("channels.getAdminLog"), p.called("")
		p.world.Raid(size, minutes*time.Minute)
		for range (minutes + 1) * 60 {
			<-time.After(time.Second)
			synctest.Wait()
			p.world.Pass()
			s, err := run.roster.Sources(ctx, run.group())
			require.NoError(t, err)
			require.Equal(t, membership.Fresh, membership.FreshnessOf(s, membership.At(time.Now())).Mode)
		}
		written, looked = p.called("messages.sendMessage")-written, p.called("channels.getParticipant")-looked
		log, all = p.called("channels.getAdminLog")-log, p.called("")-all
		t.Logf("%d joined: %d calls, of them %d pages of the log and %d lookups", size, all, log, looked)
		require.Zero(t, written)
		require.LessOrEqual(t, looked, 3*(minutes+1), "what the bot asks about itself and the owner")
		require.LessOrEqual(t, log, size/100+10*(minutes+1))
		require.LessOrEqual(t, all, size/100+30*(minutes+1))

		facts, err := p.world.Truth("")
		require.NoError(t, err)
		for _, f := range facts {
			person, _, err := run.roster.Person(ctx, run.group(), membership.UserID(f.ID))
			require.NoError(t, err)
			require.False(t, f.In && !f.Deleted && person.Standing.Presence != membership.In, "%+v: %+v", f, person.Standing)
		}
		run.stop()
	})
}

// called is how often both accounts called the method, or "" any.
func (p *piped) called(method string) int { return count(p.methods.Requests(), method) }
