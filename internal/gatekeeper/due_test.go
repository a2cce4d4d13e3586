package gatekeeper_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// walks is how many walks there were.
func (h *house) walks() int { return len(h.owner.walked()) / (1 + otherLists) }

func TestWalksComeEarlyByUpToATenthAndNotAllAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Pace.WalkEvery, c.Pace.TailEvery = 5*time.Hour, 100*time.Hour })
		h.owner.has(1)
		h.follow()
		require.Equal(t, 1, h.walks())
		began := time.Now()
		early := map[time.Duration]bool{}
		for n := 2; n <= 6; n++ {
			for h.walks() < n {
				pass(time.Minute)
			}
			pause := time.Since(began)
			require.GreaterOrEqual(t, pause, 270*time.Minute)
			require.LessOrEqual(t, pause, 301*time.Minute, "it is looked for each minute")
			early[pause] = true
			began = time.Now()
		}
		require.Greater(t, len(early), 2)
	})
}

// How long ago a walk was that ended ahead of the clock, nobody knows.
func TestAWalkIsDueWhereTheClockWasSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var back time.Duration
		h := build(t, func(c *gatekeeper.Config) { c.Now = func() time.Time { return time.Now().Add(-back) } })
		h.owner.has(1)
		require.NotNil(t, h.walk(0))
		back = 30 * time.Second // less than a clock may be put right by
		stop := h.follow()
		pass(10 * time.Second)
		require.Equal(t, 1, h.walks())
		_ = stop()
		back = 100 * time.Hour
		h.follow()
		require.Equal(t, 2, h.walks())
	})
}

// One walk makes up for all that were missed.
func TestMissedWalksAreMadeUpForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Pace.WalkEvery = 3 * time.Hour })
		h.owner.has(1)
		require.NotNil(t, h.walk(0))
		pass(100 * time.Hour)
		h.follow()
		require.Equal(t, 2, h.walks())
		pass(2 * time.Hour)
		require.Equal(t, 2, h.walks())
	})
}

func TestSettingsHoldFromWhenTheyAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Pace.WalkEvery, c.Pace.TailEvery = 100*time.Hour, 100*time.Hour })
		h.owner.has(1)
		h.hears(ann, member)
		h.follow()
		pass(10 * time.Hour)
		require.Equal(t, 1, h.walks())
		tails := h.owner.tailed()
		strict := membership.DefaultPolicy()
		strict.Blind = membership.BlindClosed
		h.keeper.Adjust(gatekeeper.Settings{Policy: strict, WalkEvery: time.Hour, TailEvery: 10 * time.Minute})
		pass(30 * time.Minute)
		require.Equal(t, 2, h.walks())
		require.Equal(t, tails+4, h.owner.tailed(), "at once, and three times since")
		c, err := h.keeper.Case(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, membership.BlindClosed, c.Policy.Blind)
	})
}
