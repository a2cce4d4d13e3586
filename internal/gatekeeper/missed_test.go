package gatekeeper_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// known makes so many people members of whom the bot heard, an hour ago.
func (h *house) known(n int) {
	h.t.Helper()
	for user := range n {
		h.hears(membership.UserID(user+1), member)
	}
	pass(time.Hour)
}

func TestWhomACompleteListLeavesOutIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.known(10)
		h.owner.has(7)
		require.True(t, h.walk(0).Coverage.Complete)
		for user := membership.UserID(8); user <= 10; user++ {
			s := h.person(user).Standing
			require.Equal(t, membership.In, s.Presence, "absence is not evidence")
			require.Equal(t, membership.DoubtMissed, s.Doubt)
			require.Equal(t, membership.RuleDoubt, h.verdict(user).Rule, "and nobody is served in doubt")
		}
		require.Equal(t, membership.NoDoubt, h.person(7).Standing.Doubt)

		h.bot.set(func(b *fakeBot) {
			b.lookUp = func(_ context.Context, user membership.UserID) (membership.Finding, error) {
				if user == 9 {
					return found(user, member), nil
				}
				return found(user, left), nil
			}
		})
		h.attend()
		pass(30 * time.Second)
		for user, want := range map[membership.UserID]membership.Presence{8: membership.Out, 9: membership.In, 10: membership.Out} {
			s := h.person(user).Standing
			require.Equal(t, want, s.Presence)
			require.Equal(t, membership.NoDoubt, s.Doubt)
			require.Equal(t, membership.SourceLookup, s.Evidence.Source)
			require.Equal(t, 1, h.bot.lookups(user))
		}
		for user := membership.UserID(1); user <= 7; user++ {
			require.Zero(t, h.bot.lookups(user))
		}
	})
}

// verdict is the gate's, without asking anybody.
func (h *house) verdict(user membership.UserID) membership.Verdict {
	h.t.Helper()
	c, err := h.keeper.Case(h.t.Context(), user)
	require.NoError(h.t, err)
	return membership.Decide(c)
}

func TestWhoIsInAndInNoListIsLookedUpOnceAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.known(3)
		h.owner.has(2)
		h.owner.set(func(g *fakeGroup) { g.lookUp = says(member) })
		lookups := func(n int, why string) {
			t.Helper()
			require.NotNil(t, h.walk(0))
			for _, err := range h.keeper.LookUpMissed(t.Context(), h.owner) {
				require.NoError(t, err)
			}
			require.Equal(t, n, h.owner.lookups(), why)
		}
		lookups(1, "no list shows them")
		pass(24 * time.Hour)
		lookups(1, "and a lookup did")
		pass(5 * 24 * time.Hour)
		lookups(1, "it is not a week old")
		pass(24 * time.Hour)
		lookups(2, "now it is")
		h.owner.has(3)
		pass(24 * time.Hour)
		lookups(2, "a list shows them again")
		h.owner.has(2)
		pass(24 * time.Hour)
		lookups(3, "and does not any more")
	})
}

func TestAListThatLeavesOutMoreThanCanHaveLeftIsNotBelieved(t *testing.T) {
	for total, lookups := range map[int]int{5: 95, 77: 95, 78: 50, 100: 50} {
		synctest.Test(t, func(t *testing.T) {
			h := build(t)
			h.known(100)
			h.owner.has(5)
			h.owner.set(func(g *fakeGroup) { g.total, g.lookUp = total, says(left) })
			require.NotNil(t, h.walk(0))
			for _, err := range h.keeper.LookUpMissed(t.Context(), h.owner) {
				require.NoError(t, err)
			}
			require.Equal(t, lookups, h.owner.lookups(), "of a group in which Telegram counts %d", total)
			m, err := h.keeper.Missed(t.Context())
			require.NoError(t, err)
			require.Equal(t, map[int]int{95: 0, 50: 95}[lookups], m.Disbelieved)
		})
	}
}

// As many joined as left, and Telegram goes on counting accounts that were deleted: its count of members has not lost anybody.
func TestWhoLeftIsMissedThoughAsManyJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.known(300)
		h.owner.set(func(g *fakeGroup) {
			g.members = nil
			for user := membership.UserID(121); user <= 420; user++ {
				g.members = append(g.members, user)
			}
			g.total, g.lookUp = 330, says(left)
		})
		require.NotNil(t, h.walk(0))
		for _, err := range h.keeper.LookUpMissed(t.Context(), h.owner) {
			require.NoError(t, err)
		}
		require.Equal(t, 120, h.owner.lookups())
		require.Equal(t, membership.Out, h.person(120).Standing.Presence)
		require.Equal(t, membership.In, h.person(121).Standing.Presence)
	})
}

// Of a list that is not believed, some are looked up each time, so that whoever left is found in the end.
func TestWhomADisbelievedListLeavesOutIsLookedUpByAndBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.known(200)
		h.owner.has(70)
		h.owner.set(func(g *fakeGroup) { g.total, g.lookUp = 200, says(member) })
		for walks := 1; walks <= 3; walks++ {
			require.NotNil(t, h.walk(0))
			for _, err := range h.keeper.LookUpMissed(t.Context(), h.owner) {
				require.NoError(t, err)
			}
			require.Equal(t, min(130, 50*walks), h.owner.lookups(), "who was found in rests, others are looked up")
			pass(time.Hour)
		}
	})
}

func TestMissedLookupsEndWhereCallsAreHeldBackAndGoOnLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.known(6)
		h.owner.has(1)
		require.NotNil(t, h.walk(0))
		answers := 0
		h.owner.set(func(g *fakeGroup) {
			g.lookUp = func(ctx context.Context, user membership.UserID) (membership.Finding, error) {
				switch answers++; answers {
				case 2:
					return found(user, member), nil
				case 3:
					return cannotTell(ctx, user)
				case 4:
					return membership.Finding{}, holdFor(time.Hour)
				}
				return found(user, left), nil
			}
		})
		look := func() (at gatekeeper.MissedCount, last error) {
			for at, last = range h.keeper.LookUpMissed(t.Context(), h.owner) {
				if last != nil {
					break
				}
			}
			return at, last
		}
		at, err := look()
		require.ErrorContains(t, err, "held back")
		require.Equal(t, gatekeeper.MissedCount{Found: 5, Out: 1, In: 1, Waiting: 3}, at)
		pass(time.Hour)
		at, err = look()
		require.NoError(t, err)
		require.Equal(t, gatekeeper.MissedCount{Found: 3, Out: 3}, at)
	})
}

// Doubts are contradictions of facts; a list's silence is none, and waits for them.
func TestWhoIsMissedIsLookedUpAfterWhoIsContested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Pace.LookupEvery = 10 * time.Second })
		h.known(30)
		h.owner.has(1)
		require.NotNil(t, h.walk(0))
		h.bot.set(func(b *fakeBot) { b.lookUp = says(left) })
		h.attend()
		pass(25 * time.Second)
		h.ingest(membership.Batch{Events: []membership.Event{
			h.update(ann, left), found(ann, member).Event, // in one moment
		}})
		pass(20 * time.Second)
		require.Equal(t, 1, h.bot.lookups(ann), "twenty-odd others have waited for longer")
	})
}

func TestAFailedNoteOfWhoIsMissedEndsTheWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken *brokenRoster
		h := build(t, armed("Miss", 0, &broken))
		h.known(3)
		h.owner.has(2)
		var last error
		for _, err := range h.keeper.Walk(t.Context(), h.owner, 0) {
			last = err
		}
		require.ErrorIs(t, last, errDisk)
		broken.good.Store(1 << 30)
		calls := len(h.owner.walked())
		require.NotNil(t, h.walk(0), "it goes on")
		require.Len(t, h.owner.walked(), calls, "without a call")
		require.Equal(t, membership.DoubtMissed, h.person(3).Standing.Doubt, "and misses whom it missed")
	})
}
