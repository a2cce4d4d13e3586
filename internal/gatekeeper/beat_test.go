package gatekeeper_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

func TestTheGateIsFreshWhileTheBotHearsEverything(t *testing.T) {
	fresh := func(h *house) membership.Mode {
		return membership.FreshnessOf(h.sources(), membership.At(time.Now())).Mode
	}
	for _, c := range []struct {
		name         string
		lose, regain func(*fakeBot)
		within       time.Duration // after which the loss shows
		anew         bool          // whether the feed begins anew
	}{
		{
			name: "admin rights", within: time.Minute, anew: true,
			lose: func(b *fakeBot) { b.rights.Admin = false }, regain: func(b *fakeBot) { b.rights.Admin = true },
		},
		{
			name: "the group", within: time.Minute, anew: true,
			lose: func(b *fakeBot) { b.refused = refusal(membership.ErrorGroupGone) }, regain: func(b *fakeBot) { b.refused = nil },
		},
		{
			name: "the connection", within: 6 * time.Minute,
			lose: func(b *fakeBot) { b.refused = errors.New("broken") }, regain: func(b *fakeBot) { b.refused = nil },
		},
		{
			name: "the updates", within: 6 * time.Minute,
			lose: func(b *fakeBot) { b.dead = errors.New("behind") }, regain: func(b *fakeBot) { b.dead = nil },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.owner.has(1)
				h.attend()
				h.follow()
				began := h.sources().FeedFrom
				require.Equal(t, membership.Fresh, fresh(h))
				pass(10 * time.Minute)
				walks := len(h.owner.walked())
				require.Equal(t, began, h.sources().FeedFrom)

				h.bot.set(c.lose)
				pass(c.within)
				require.NotEqual(t, membership.Fresh, fresh(h))

				h.bot.set(c.regain)
				pass(time.Minute)
				require.Equal(t, membership.Fresh, fresh(h))
				pass(2 * time.Minute)
				if c.anew {
					require.Greater(t, h.sources().FeedFrom, began)
					require.Len(t, h.owner.walked(), walks+1+otherLists, "a walk spares lookups of those who are still in")
				} else {
					require.Equal(t, began, h.sources().FeedFrom)
					require.Len(t, h.owner.walked(), walks)
				}
			})
		})
	}
}

func TestAHoleInTheBotsUpdatesEndsFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.owner.has(1)
		h.attend()
		h.follow()
		h.hears(ann, member)
		pass(7 * time.Hour) // beyond the grace, and served since the bot would have heard
		require.Equal(t, membership.RuleMember, h.ask(ann).Rule)
		walks := len(h.owner.walked())

		now := membership.At(time.Now())
		gap := membership.Gap{Source: membership.GapFeed, From: now.Add(-time.Hour), To: now, Reason: "Telegram no longer had all"}
		h.ingest(membership.Batch{Gap: &gap})
		from := h.sources().FeedFrom
		require.True(t, from == 0 || from >= now, "it may have begun anew, at once, and is not the one before the hole")
		require.NotEqual(t, membership.Fresh, h.mode())
		gap.ID, gap.Noted = 1, now
		require.Equal(t, []membership.Gap{gap}, h.sources().Gaps)
		require.Equal(t, membership.RuleOut, h.ask(ann).Rule, "she may have left in the hole, and is looked up")

		pass(20 * time.Second)
		require.GreaterOrEqual(t, h.sources().FeedFrom, now)
		require.Equal(t, membership.Stale, h.mode(), "until everybody was shown since")
		pass(3 * time.Minute)
		require.Greater(t, len(h.owner.walked()), walks, "a walk spares lookups of those who are still in")
		require.False(t, h.sources().Gaps[0].Open())
		require.Equal(t, membership.Fresh, h.mode())
		require.Len(t, h.sources().Gaps, 1, "the history is lost all the same")
	})
}

func TestAnUnansweredBeatChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		before := h.sources()
		h.bot.set(func(b *fakeBot) {
			b.refused, b.dead = refusal(membership.ErrorTemporary), refusal(membership.ErrorTemporary)
		})
		pass(3 * time.Minute)
		require.Equal(t, before, h.sources())
	})
}

func TestABotThatIsNotListeningYetIsConfirmedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.dead = errors.New("not listening")
		h.attend()
		require.Zero(t, h.sources().FeedFrom)
		h.bot.set(func(b *fakeBot) { b.dead = nil })
		pass(time.Second)
		require.NotZero(t, h.sources().FeedFrom)
		asked := 0
		h.bot.set(func(b *fakeBot) { b.alive = func(context.Context) error { asked++; return nil } })
		pass(time.Minute)
		require.Equal(t, 6, asked, "a confirmed bot is asked every ten seconds")
	})
}

func TestABotThatStaysSilentIsNotPestered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		asked := 0
		h.bot.lookUp = says(member)
		h.bot.alive = func(context.Context) error { asked++; return errors.New("silent") }
		h.attend()
		pass(time.Hour)
		require.Less(t, asked, 75)
		require.Equal(t, membership.Serve, h.ask(ann).Answer, "who is looked up now is served all the same")
	})
}
