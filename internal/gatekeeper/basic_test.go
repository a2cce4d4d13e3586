package gatekeeper_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// kin is a house whose group is a basic one with n members; its list is a lookup of everybody, for either account.
func kin(t *testing.T, n int) *house {
	h := build(t, func(c *gatekeeper.Config) { c.Group.Kind = membership.BasicGroup })
	h.owner.has(n)
	h.owner.set(func(g *fakeGroup) { g.joined = membership.At(time.Now().Add(-time.Hour)) })
	h.bot.set(func(b *fakeBot) { b.lookUp = h.owner.listed })
	h.owner.lookUp = h.owner.listed
	return h
}

// leaves takes the person off the list, which nobody is told of.
func (g *fakeGroup) leaves(user membership.UserID) {
	g.set(func(g *fakeGroup) {
		g.members = slices.DeleteFunc(slices.Clone(g.members), func(u membership.UserID) bool { return u == user })
	})
}

// listed is a lookup in the list as it is now.
func (g *fakeGroup) listed(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	g.mu.Lock()
	in := slices.Contains(g.members, user)
	g.mu.Unlock()
	if in {
		return says(member)(ctx, user)
	}
	return says(left)(ctx, user)
}

func TestABasicGroupIsFreshWhileTheBotHearsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := kin(t, 5)
		h.follow()
		h.attend()
		pass(2 * time.Minute)
		require.Equal(t, membership.Fresh, h.mode())
		require.Equal(t, membership.RuleMember, h.ask(3).Rule, "the list was read since the feed began")
		h.hears(3, left)
		require.Equal(t, membership.RuleOut, h.ask(3).Rule)
		require.Empty(t, h.bot.asked, "nobody needs to be looked up")
	})
}

// A bot that is no administrator hears nothing, and one that is not there not even that: then the list is what there is, and it is enough.
func TestABasicGroupGoesByItsList(t *testing.T) {
	for name, bot := range map[string]func(*fakeBot){
		"the bot is a member":  func(b *fakeBot) { b.rights = membership.Rights{} },
		"the bot is not there": func(b *fakeBot) { b.refused = refusal(membership.ErrorGroupGone) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := kin(t, 5)
				h.bot.set(bot)
				h.follow()
				h.attend()
				pass(2 * time.Minute)
				require.Equal(t, membership.Stale, h.mode())
				require.Equal(t, membership.RuleGrace, h.ask(3).Rule)
				require.Empty(t, h.bot.asked)

				walks := len(h.owner.walked())
				pass(10 * time.Hour)
				require.Equal(t, membership.RuleGrace, h.ask(3).Rule, "confirmed again and again")
				require.InDelta(t, walks+10*6+4, len(h.owner.walked()), 4, "a call in ten minutes, and a walk in three hours")
				require.Equal(t, membership.Stale, h.mode())

				h.owner.leaves(3)
				require.Equal(t, membership.Serve, h.ask(3).Answer, "nobody has seen it yet")
				pass(12 * time.Minute)
				require.Equal(t, membership.RuleOut, h.ask(3).Rule)
				require.Equal(t, membership.In, h.person(4).Standing.Presence)
				require.Equal(t, membership.Stale, h.mode())

				h.owner.set(func(g *fakeGroup) { g.members = append(g.members, ann) })
				pass(12 * time.Minute)
				require.Equal(t, membership.RuleGrace, h.ask(ann).Rule)
			})
		})
	}
}

// Not to be in a list moves nobody, however complete it is: a lookup has to say so.
func TestWhoIsNotOnABasicGroupsListIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := kin(t, 5)
		h.bot.set(func(b *fakeBot) { b.rights, b.lookUp = membership.Rights{}, cannotTell })
		h.owner.set(func(g *fakeGroup) { g.lookUp = cannotTell })
		h.follow()
		h.attend()
		pass(time.Minute)
		h.owner.leaves(3)
		pass(15 * time.Minute)
		p := h.person(3)
		require.Equal(t, membership.In, p.Standing.Presence)
		require.Equal(t, membership.DoubtMissed, p.Standing.Doubt)
		require.Contains(t, h.bot.asked, membership.UserID(3))
	})
}

// A list that is not shown confirms nobody; while nobody else can tell, the gate is blind, and it is not asked for more often.
func TestAListThatIsKeptBackIsNoSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := kin(t, 5)
		h.bot.set(func(b *fakeBot) { b.refused = refusal(membership.ErrorGroupGone) })
		h.follow()
		h.attend()
		pass(time.Minute)
		require.Equal(t, membership.Stale, h.mode())
		calls := len(h.owner.walked())
		h.owner.set(func(g *fakeGroup) { g.refused = refusal(membership.ErrorTemporary) })
		pass(35 * time.Minute)
		require.Equal(t, membership.Blind, h.mode())
		require.Equal(t, calls+3, len(h.owner.walked()))
		h.owner.set(func(g *fakeGroup) { g.refused = nil })
		pass(10 * time.Minute)
		require.Equal(t, membership.Stale, h.mode())
	})
}

// Only groups that the account administers are read: its own row says whether it does.
func TestABasicGroupsListTellsThatTheOwnerWasDemoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Group.Kind, c.OwnerID = membership.BasicGroup, 2 })
		h.owner.has(5)
		h.follow()
		pass(time.Minute)
		g, _, err := h.roster.Group(t.Context(), theGroup)
		require.NoError(t, err)
		require.True(t, g.Admin)
		asked := h.owner.described()
		pass(30 * time.Minute)
		require.Equal(t, asked+3, h.owner.described(), "a row of a plain member's is looked into")
		h.owner.set(func(g *fakeGroup) { g.demoted = true })
		pass(11 * time.Minute)
		g, _, err = h.roster.Group(t.Context(), theGroup)
		require.NoError(t, err)
		require.False(t, g.Admin)
	})
}

// Who was promoted unheard is known by the next list; a list that goes on contradicting what is known better is walked once.
func TestOtherAdministratorsThanAreKnownAreWalkedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := kin(t, 5)
		h.follow()
		pass(time.Minute)
		walked := func() uint32 {
			w, _, err := h.roster.LastWalk(t.Context(), theGroup)
			require.NoError(t, err)
			return w.ID
		}
		pass(11 * time.Minute)
		before := walked()
		chief := membership.State{Presence: membership.In, Role: membership.Administrator}
		e := h.update(2, chief)
		e.Evidence.At = membership.At(time.Now().Add(2 * time.Hour)) // by a clock that is ahead
		h.ingest(membership.Batch{Events: []membership.Event{e}})
		pass(45 * time.Minute)
		require.Equal(t, before+1, walked())
		require.Equal(t, membership.Stale, h.mode(), "who is in is known all the same")
	})
}

// The bot asks for its rights each minute, and so learns that the group is none any more where the message about it was lost.
func TestTheBotLearnsOfAMigrationByItsRights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := kin(t, 5)
		stop := h.attend()
		pass(2 * time.Minute)
		h.bot.set(func(b *fakeBot) { b.refused = &membership.MigratedError{From: theGroup} })
		pass(2 * time.Minute) // where to, Telegram does not say
		h.bot.set(func(b *fakeBot) { b.refused = &membership.MigratedError{From: theGroup, To: 7} })
		pass(2 * time.Minute)
		require.ErrorAs(t, stop(), new(*membership.MigratedError))
	})
}
