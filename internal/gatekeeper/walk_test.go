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
	for p, err := range h.keeper.Walk(h.t.Context(), h.owner, 0) {
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
	const members, pages = 405, 3 + otherLists
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
				require.Equal(t, []int{1, 2, 3, 4, 5, 6}, h.owner.walked(), "each page was asked for once")
				for user := membership.UserID(1); user <= members; user++ {
					require.Equal(t, membership.In, h.person(user).Standing.Presence)
				}
				require.Equal(t, c.Ended, h.sources().Walk)
			})
		})
	}
}

func TestAWalkWhosePageWasNotStoredAsksForItAgain(t *testing.T) {
	for page := range 1 + otherLists {
		t.Run(strconv.Itoa(page), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken *brokenRoster
				h := build(t, armed("StagePage", int64(page), &broken))
				h.owner.has(9)
				var last error
				for _, err := range h.keeper.Walk(t.Context(), h.owner, 0) {
					last = err
				}
				require.ErrorIs(t, last, errDisk)
				broken.good.Store(1 << 30)
				require.Equal(t, 9, h.walk(0).Proven)
				require.Len(t, h.owner.walked(), 1+otherLists+1, "one call is repeated")
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
			require.Len(t, h.owner.walked(), n*(1+otherLists), why)
		}
		stop := h.follow()
		walks(1, "there was none yet")
		pass(2*time.Hour + 41*time.Minute)
		walks(1, "the last one is young")
		pass(20 * time.Minute)
		walks(2, "the last one is old; how old it becomes differs by a tenth")

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
		h.owner.has(500)
		require.Nil(t, h.walk(1))
		var told []gatekeeper.Progress
		for p, err := range h.keeper.Walk(t.Context(), h.owner, 0) {
			require.NoError(t, err)
			told = append(told, p)
		}
		const pages = 3 + otherLists // of which one was read before; the end is told apart
		require.Len(t, told, pages)
		for i, p := range told {
			require.True(t, p.Resumed)
			cp := p.Walk.Checkpoint
			require.Equal(t, 500, cp.Counts[membership.ListRecent])
			require.Equal(t, min(500, 200*(i+2)), cp.In)
			require.Equal(t, min(pages, i+2), cp.Calls)
			require.Equal(t, max(0, pages-2-i), cp.CallsLeft)
			require.Equal(t, i == pages-1, p.Certificate != nil)
		}
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
			for _, err := range h.keeper.Walk(t.Context(), h.owner, 0) {
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
		require.Len(t, h.owner.walked(), 1+otherLists)
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
		for _, err := range h.keeper.Walk(ctx, h.owner, 0) {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		close(release)
		synctest.Wait()
		require.NotZero(t, h.sources().Walk)
		require.ErrorIs(t, stop(), context.Canceled)
	})
}

// What a walk cannot go on with, the new program ends: its pages count, and nobody waits for a walk that will never end.
func TestAWalkThatAnotherVersionPlannedEndsAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.owner.has(3)
		open, err := h.roster.BeginWalk(t.Context(), theGroup, membership.Checkpoint{
			Next: membership.Query{List: membership.ListSearch, Text: "zz"}, Level: membership.Fast, TotalBefore: 3,
		})
		require.NoError(t, err)
		page, err := h.owner.Page(t.Context(), open, membership.Query{List: membership.ListRecent})
		require.NoError(t, err)
		page.Query, page.After = open.Checkpoint.Next, open.Checkpoint
		page.After.Pages, page.After.Rows, page.After.In = 1, 3, 3
		page.After.Counts = map[membership.List]int{membership.ListRecent: 3}
		require.NoError(t, h.roster.StagePage(t.Context(), page))

		h.owner.has(2)
		c := h.walk(0)
		require.Equal(t, open.ID+1, c.Walk)
		require.Equal(t, membership.Normal, c.Level)
		require.True(t, c.Coverage.Complete)
		require.Equal(t, 2, c.Proven)
		require.Equal(t, membership.In, h.person(3).Standing.Presence, "the first walk showed them")
	})
}

func TestAnOpenWalkKeepsItsLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Level = membership.Thorough })
		h.owner.has(500)
		o, err := h.keeper.Outlook(t.Context(), h.owner, membership.Fast)
		require.NoError(t, err)
		require.Equal(t, gatekeeper.Outlook{
			Group: membership.Group{ID: theGroup, Kind: membership.Supergroup, Total: 500, Admin: true}, Level: membership.Fast, Calls: 3 + otherLists,
		}, o)
		require.Empty(t, h.owner.walked(), "nothing but the group is asked for")

		require.Nil(t, h.walk(2))
		o, err = h.keeper.Outlook(t.Context(), h.owner, membership.Fast)
		require.NoError(t, err)
		require.Equal(t, membership.Thorough, o.Level)
		require.Equal(t, 1+otherLists, o.Calls)
		require.Equal(t, 2, o.Open.Checkpoint.Pages)
		for p, err := range h.keeper.Walk(t.Context(), h.owner, membership.Exhaustive) {
			require.NoError(t, err)
			if p.Certificate != nil {
				require.Equal(t, membership.Thorough, p.Certificate.Level)
			}
		}
		o, err = h.keeper.Outlook(t.Context(), h.owner, 0)
		require.NoError(t, err)
		require.Nil(t, o.Open)
	})
}
