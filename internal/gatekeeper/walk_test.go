package gatekeeper_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// walk goes on with a walk for as many pages; 0 is to its end. It returns the certificate, nil where there is none yet.
func (h *house) walk(pages int) *membership.Certificate {
	h.t.Helper()
	n := 0
	for p, err := range h.keeper.Walk(h.t.Context(), h.owner) {
		require.NoError(h.t, err)
		if p.Certificate != nil {
			return p.Certificate
		}
		if n++; n == pages {
			return nil
		}
	}
	return nil
}

func TestAWalkGoesOnAfterAnyPage(t *testing.T) {
	const members, pages = 9, 5
	for stop := 1; stop <= pages; stop++ {
		t.Run(strconv.Itoa(stop), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.owner.has(members)
				require.Nil(t, h.walk(stop))
				h.keeper = gatekeeper.New(gatekeeper.Config{
					Group: membership.Group{ID: theGroup, Kind: membership.Supergroup}, Roster: h.roster, Policy: membership.DefaultPolicy(),
				})
				c := h.walk(0)
				require.NotNil(t, c)
				require.Equal(t, members, c.Proven)
				require.True(t, c.Coverage.Complete, c.Coverage.Reasons)
				require.Equal(t, []int{1, 2, 3, 4, 5}, h.owner.walked(), "each page was asked for once")
				for user := membership.UserID(1); user <= members; user++ {
					require.Equal(t, membership.In, h.person(user).Standing.Presence)
				}
				require.Equal(t, c.Ended, h.sources().Walk)
			})
		})
	}
}

func TestAWalkWhosePageWasNotStoredAsksForItAgain(t *testing.T) {
	for page := range 5 {
		t.Run(strconv.Itoa(page), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken *brokenRoster
				h := build(t, armed("StagePage", int64(page), &broken))
				h.owner.has(9)
				var last error
				for _, err := range h.keeper.Walk(t.Context(), h.owner) {
					last = err
				}
				require.ErrorIs(t, last, errDisk)
				broken.good.Store(1 << 30)
				require.Equal(t, 9, h.walk(0).Proven)
				require.Len(t, h.owner.walked(), 6, "one call is repeated")
			})
		})
	}
}

func TestAbsenceFromAWalkMovesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.hears(ann, member)
		h.owner.has(3)
		pass(time.Hour)
		require.NotNil(t, h.walk(0))
		require.Equal(t, membership.In, h.person(ann).Standing.Presence)
	})
}

func TestWhenAWalkIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Pace.WalkEvery, c.Pace.TailEvery = 3*time.Hour, 3*time.Hour })
		h.owner.has(3)
		walks := func(n int, why string) {
			t.Helper()
			require.Len(t, h.owner.walked(), 2*n, why)
		}
		stop := h.follow()
		walks(1, "there was none yet")
		pass(2*time.Hour + 59*time.Minute)
		walks(1, "the last one is young")
		pass(2 * time.Minute)
		walks(2, "the last one is old")

		_ = stop()
		require.Nil(t, h.walk(1))
		h.follow()
		walks(3, "the last one was interrupted")

		pass(time.Minute)
		h.attend()
		pass(50 * time.Second)
		walks(3, "a list lags: it may show who left before the updates began")
		pass(time.Minute + 10*time.Second)
		walks(4, "the bot's updates began after the last one")
		pass(time.Hour)
		walks(4, "and that is that")
	})
}

func TestProgressIsToldAfterEveryPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.owner.has(5)
		require.Nil(t, h.walk(1))
		var told []gatekeeper.Progress
		for p, err := range h.keeper.Walk(t.Context(), h.owner) {
			require.NoError(t, err)
			told = append(told, p)
		}
		require.Len(t, told, 3)
		for i, p := range told {
			require.True(t, p.Resumed)
			require.Equal(t, 5, p.Listed)
			require.Equal(t, min(5, 2*(i+2)), p.Rows)
			require.Equal(t, i == 2, p.Certificate != nil)
		}
		require.Equal(t, 3, told[2].Calls)
	})
}

func TestWhatAnotherDoesIsWaitedForAndNotDoneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.owner.has(3)
		h.owner.logs(10)
		release := make(chan struct{})
		h.owner.hold = release
		var g errgroup.Group
		g.Go(func() error {
			for _, err := range h.keeper.Walk(t.Context(), h.owner) {
				if err != nil {
					return err
				}
			}
			return nil
		})
		g.Go(func() error { return h.keeper.Tail(t.Context(), h.owner) })
		synctest.Wait()
		h.follow()
		close(release)
		require.NoError(t, g.Wait())
		synctest.Wait()
		require.Equal(t, []int{1, 2}, h.owner.walked())
		require.Equal(t, 5+1, h.owner.tailed(), "the second read finds nothing new")
	})
}

func TestWhoWaitsForAnothersWalkMayGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.owner.has(3)
		release := make(chan struct{})
		h.owner.hold = release
		stop := h.follow()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, err := range h.keeper.Walk(ctx, h.owner) {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		close(release)
		synctest.Wait()
		require.NotZero(t, h.sources().Walk)
		require.ErrorIs(t, stop(), context.Canceled)
	})
}
