package gatekeeper_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// ledger is the admin-log events that the roster holds, in its order.
func (h *house) ledger() []uint64 {
	h.t.Helper()
	events, err := h.roster.Events(h.t.Context(), theGroup, 0, 1000)
	require.NoError(h.t, err)
	var refs []uint64
	for _, e := range events {
		if e.Evidence.Source == membership.SourceAdminLog {
			refs = append(refs, e.Evidence.Ref)
		}
	}
	return refs
}

func inOrder(n int) []uint64 {
	var refs []uint64
	for i := range n {
		refs = append(refs, uint64(1000+i))
	}
	return refs
}

func (h *house) tail() membership.Tail {
	h.t.Helper()
	at, err := h.roster.Tail(h.t.Context(), theGroup)
	require.NoError(h.t, err)
	return at
}

func TestTheAdminLogIsReadToItsNewestEventEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		for _, n := range []int{0, 1, 3, 4, 10} {
			h.owner.logs(n)
			require.NoError(t, h.keeper.Tail(t.Context(), h.owner))
			pass(time.Minute)
		}
		require.ElementsMatch(t, inOrder(18), h.ledger())
		require.EqualValues(t, 1017, h.tail().LastID)
		calls := h.owner.tailed()
		require.NoError(t, h.keeper.Tail(t.Context(), h.owner))
		require.Equal(t, calls+1, h.owner.tailed(), "an unchanged log is one call")
		require.Equal(t, membership.At(time.Now()), h.sources().AdminLog)
		require.Equal(t, membership.At(time.Now()), h.tail().Read)
	})
}

// Wherever a read stops, what it took in is where the cursor says, and the next one repeats no more than the page that was not stored.
func TestTheCursorIsNeverAheadOfTheEvents(t *testing.T) {
	const events, pages = 10, 4 // and then a page that shows the end
	for page := range pages + 1 {
		t.Run(strconv.Itoa(page), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken *brokenRoster
				h := build(t, armed("Ingest", int64(page), &broken))
				h.owner.logs(events)
				pass(time.Minute)
				require.ErrorIs(t, h.keeper.Tail(t.Context(), h.owner), errDisk)
				got := h.ledger()
				require.Len(t, got, min(events, page*eventsOfAPage), "the newest page comes first")
				at := h.tail()
				require.Zero(t, at.LastID)
				require.Zero(t, at.Read)
				require.Zero(t, h.sources().AdminLog)
				if page > 0 {
					require.EqualValues(t, 1009, at.Open.Top)
					for id := at.Open.Below; id <= at.Open.Top; id++ {
						require.Contains(t, got, uint64(id), "the cursor is at %d", at.Open.Below)
					}
				}

				broken.good.Store(1 << 30)
				h.owner.logs(1) // and goes on meanwhile
				pass(time.Minute)
				asked := h.owner.tailed()
				require.NoError(t, h.keeper.Tail(t.Context(), h.owner))
				if page > 0 {
					require.Equal(t, pages-page+1+1, h.owner.tailed()-asked, "the rest, and what came meanwhile")
				}
				require.ElementsMatch(t, inOrder(events+1), h.ledger())
				require.EqualValues(t, 1010, h.tail().LastID)
				require.Equal(t, membership.At(time.Now()), h.tail().Read)
				require.Zero(t, h.tail().Open)
				archived, err := h.roster.AdminLog(t.Context(), theGroup, 0, 100)
				require.NoError(t, err)
				require.Len(t, archived, events+1)
			})
		})
	}
}

// A raid of thousands, and Telegram asks to wait again and again: the read comes to its end all the same, and no page is asked for twice.
func TestALogThatIsCutByWaitsComesToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.owner.has(3)
		h.owner.logs(1)
		require.NoError(t, h.keeper.Tail(t.Context(), h.owner))
		const raid, every = 600, 20
		h.owner.logs(raid)
		pass(time.Hour)
		waits := 0
		h.owner.set(func(g *fakeGroup) {
			g.refuses = func(int) error {
				if g.tails%every == 0 {
					waits++
					return holdFor(10 * time.Minute)
				}
				return nil
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.keeper.Follow(ctx, h.owner) }() // waited for below
		pass(12 * time.Hour)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.EqualValues(t, 1000+raid, h.tail().LastID)
		require.Zero(t, h.tail().Open)
		require.Greater(t, waits, raid/eventsOfAPage/every-1)
		archived, err := h.roster.AdminLog(t.Context(), theGroup, 0, 2*raid)
		require.NoError(t, err)
		require.Len(t, archived, raid+1)
		require.Empty(t, h.sources().Gaps)
	})
}

func TestReadingsOfTheLogComeEarlyByUpToATenthAndNotAllAlike(t *testing.T) {
	const every = 1000 * time.Second
	course := func() (pauses []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			h := build(t, func(c *gatekeeper.Config) { c.Pace.TailEvery = every })
			h.follow()
			for range 10 {
				began, n := time.Now(), h.owner.tailed()
				for h.owner.tailed() == n {
					pass(time.Second)
				}
				pauses = append(pauses, time.Since(began))
			}
		})
		return pauses
	}
	first := course()
	different := map[time.Duration]bool{}
	for _, pause := range first {
		require.GreaterOrEqual(t, pause, every*9/10)
		require.LessOrEqual(t, pause, every)
		different[pause] = true
	}
	require.Greater(t, len(different), 5)
	require.Equal(t, first, course(), "the same each time")
}

func TestWhatTheAdminLogForgotIsAGap(t *testing.T) {
	for _, c := range []struct {
		away time.Duration
		gap  bool
	}{{time.Hour, false}, {47 * time.Hour, false}, {48 * time.Hour, true}, {50 * time.Hour, true}} { // half an hour less, and it is not sure
		t.Run(c.away.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken *brokenRoster
				h := build(t, armed("Ingest", 1<<30, &broken))
				h.owner.logs(1)
				require.NoError(t, h.keeper.Tail(t.Context(), h.owner))
				read := h.tail().Read
				feed := h.sources().FeedFrom
				pass(c.away)
				h.owner.logs(1)
				broken.good.Store(0)
				if c.gap {
					broken.good.Store(1) // the page; that the log ends with it is the next answer
				}
				require.ErrorIs(t, h.keeper.Tail(t.Context(), h.owner), errDisk)
				pass(time.Minute)
				broken.good.Store(1 << 30)
				require.NoError(t, h.keeper.Tail(t.Context(), h.owner))
				require.NoError(t, h.keeper.Tail(t.Context(), h.owner))
				if !c.gap {
					require.Empty(t, h.sources().Gaps)
					return
				}
				require.Len(t, h.sources().Gaps, 1, "an interruption doubles nothing")
				require.Equal(t, read, h.sources().Gaps[0].From)
				require.Equal(t, membership.At(time.Now()).Add(-48*time.Hour+30*time.Minute), h.sources().Gaps[0].To)
				require.Equal(t, feed, h.sources().FeedFrom, "the bot's feed has no hole")
			})
		})
	}
}

func TestABasicGroupsAdminLogIsNotAskedFor(t *testing.T) {
	for kind, read := range map[membership.GroupKind]bool{membership.BasicGroup: false, membership.Supergroup: true} {
		synctest.Test(t, func(t *testing.T) {
			h := build(t, func(c *gatekeeper.Config) { c.Group.Kind = kind })
			h.owner.has(3)
			h.follow()
			pass(5 * time.Minute)
			require.Equal(t, read, h.owner.tailed() > 0, kind)
			require.NotEmpty(t, h.owner.walked(), "it is walked like any other")
		})
	}
}

func TestTelegramsRefusalsAreToleratedAndTheSessionsEndIsNot(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		ends  bool
		tries int           // in three minutes
		rests time.Duration // before the next
	}{
		{"broken", errors.New("broken"), false, 4, 2 * time.Minute},
		{"flood", holdFor(time.Hour), false, 1, 59 * time.Minute},
		{"gone", refusal(membership.ErrorGroupGone), false, 4, 2 * time.Minute},
		{"session", refusal(membership.ErrorSession), true, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.owner.has(3)
				h.owner.logs(3)
				h.owner.refused = c.err
				ended := make(chan error, 1)
				ctx, cancel := context.WithCancel(t.Context())
				go func() { ended <- h.keeper.Follow(ctx, h.owner) }() // waited for below
				pass(3 * time.Minute)
				if c.ends {
					require.ErrorIs(t, <-ended, c.err)
					cancel()
					return
				}
				require.Empty(t, ended)
				require.Equal(t, c.tries, h.owner.tailed())
				require.Equal(t, c.tries, h.owner.described())
				h.owner.set(func(g *fakeGroup) { g.refused = nil })
				pass(c.rests)
				require.Len(t, h.ledger(), 3)
				require.NotZero(t, h.sources().Walk)
				cancel()
				require.ErrorIs(t, <-ended, context.Canceled)
			})
		})
	}
}

func TestARosterFailureEndsFollow(t *testing.T) {
	for _, method := range []string{
		"Tail", "Ingest", "PutGroup", "BeginWalk", "OpenWalk", "LastWalk", "StagePage", "Settled", "MergeWalk", "FinishWalk",
	} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t, failing(method))
				h.owner.has(3)
				h.owner.logs(3)
				ended := make(chan error, 1)
				go func() { ended <- h.keeper.Follow(t.Context(), h.owner) }() // waited for below
				select {
				case err := <-ended:
					require.ErrorIs(t, err, errDisk)
				case <-time.After(10 * time.Minute):
					t.Fatal("Follow goes on over a failed roster")
				}
			})
		})
	}
}

func TestAFailedIngestIsTheDeliverers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, failing("Ingest"))
		_, err := h.keeper.Ingest(t.Context(), question(ann, 1, ""))
		require.ErrorIs(t, err, errDisk)
		require.Zero(t, h.due())
	})
}
