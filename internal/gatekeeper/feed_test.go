package gatekeeper_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

func (h *house) mode() membership.Mode {
	h.t.Helper()
	return membership.FreshnessOf(h.sources(), membership.At(time.Now())).Mode
}

// once is an Alive that answers after so long.
func once(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var waysToConnectAnew = map[string]func(*house, func() error){
	"a restart": func(h *house, stop func() error) {
		_ = stop()
		pass(time.Minute)
		h.attend()
	},
	"a reconnect": func(h *house, _ func() error) {
		pass(time.Minute)
		h.keeper.Reconnected()
		synctest.Wait()
	},
}

// Ann left while the bot was away: what was true before its connection is not the truth of now, however short it was away.
func TestNobodyIsServedByWhatTheBotMissed(t *testing.T) {
	for name, anew := range waysToConnectAnew {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				stop := h.attend()
				h.hears(ann, member)
				pass(10 * time.Second)
				require.Equal(t, membership.RuleMember, h.ask(ann).Rule)
				require.Equal(t, membership.Fresh, h.mode())
				from := h.sources().FeedFrom

				h.bot.set(func(b *fakeBot) { b.lookUp, b.alive = says(left), once(20*time.Second) })
				anew(h, stop)
				h.ingest(membership.Batch{Qts: 7}) // a first piece of what it missed, in which she is not
				require.NotEqual(t, membership.Fresh, h.mode(), "those who read the roster beside us see it too")
				began := time.Now()
				v := h.ask(ann)
				require.Equal(t, membership.RuleOut, v.Rule)
				require.NotEqual(t, membership.Fresh, v.Mode)
				require.LessOrEqual(t, time.Since(began), time.Second)
				require.Equal(t, 1, h.bot.lookups(ann))
				began = time.Now()
				require.Equal(t, membership.RuleOut, h.ask(ben).Rule)
				require.Zero(t, time.Since(began), "only the first questions wait for the proof")

				pass(time.Minute)
				require.Equal(t, membership.Fresh, h.mode())
				require.Equal(t, from, h.sources().FeedFrom, "nothing was lost")
			})
		})
	}
}

func TestAProofThatIsSoonThereSparesLookups(t *testing.T) {
	for name, anew := range waysToConnectAnew {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				stop := h.attend()
				h.hears(ann, member)
				h.hears(ben, left)
				pass(10 * time.Second)
				h.bot.set(func(b *fakeBot) { b.alive = once(300 * time.Millisecond) })
				anew(h, stop)
				began := time.Now()
				require.Equal(t, membership.RuleMember, h.ask(ann).Rule)
				require.Equal(t, membership.RuleOut, h.ask(ben).Rule)
				require.Equal(t, 300*time.Millisecond, time.Since(began))
				require.Zero(t, h.bot.lookups(ann)+h.bot.lookups(ben))
			})
		})
	}
}

// The bot was asked before the connection broke, and answers after.
func TestAProofOfTheConnectionBeforeCountsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		h.hears(ann, member)
		h.bot.set(func(b *fakeBot) { b.alive, b.lookUp = once(5*time.Second), says(left) })
		pass(11 * time.Second) // a beat is under way
		h.bot.set(func(b *fakeBot) { b.alive = once(time.Hour) })
		h.keeper.Reconnected()
		pass(10 * time.Second)
		require.NotEqual(t, membership.Fresh, h.mode())
		require.Equal(t, membership.RuleOut, h.ask(ann).Rule)
	})
}

func TestNoPromiseIsKeptWhileTheBotCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.asks(ann, 1, "gift")
		stop := h.attend()
		pass(time.Minute)
		_ = stop()
		h.hears(ann, member)
		h.bot.set(func(b *fakeBot) { b.alive = once(10 * time.Second) })
		h.attend()
		pass(5 * time.Second)
		require.Empty(t, h.bot.tried())
		h.hears(ann, left) // comes with what was missed
		pass(10 * time.Second)
		require.Empty(t, h.bot.tried())
		require.Equal(t, membership.ActionFailed, h.tells()[0].State)
	})
}

// watched is a keeper's log.
func watched(logs **observer.ObservedLogs) func(*gatekeeper.Config) {
	return func(c *gatekeeper.Config) {
		core, o := observer.New(zap.InfoLevel)
		*logs, c.Log = o, zap.New(core)
	}
}

func TestABotThatLosesItsRightIsNotFreshAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logs *observer.ObservedLogs
		h := build(t, watched(&logs))
		h.attend()
		h.hears(ann, member)
		pass(30 * time.Second)
		require.Equal(t, membership.Fresh, h.mode())
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{} })
		h.ingest(membership.Batch{Qts: 5, Rights: &membership.Rights{}})
		require.NotEqual(t, membership.Fresh, h.mode(), "with the update")
		require.False(t, h.sources().BotAdmin)
		require.NotEqual(t, membership.RuleMember, h.ask(ann).Rule)
		pass(10 * time.Minute)
		require.Len(t, logs.FilterMessage("the gate is not fresh").All(), 1)

		h.bot.set(func(b *fakeBot) { b.rights.Admin = true })
		h.ingest(membership.Batch{Qts: 6, Rights: &membership.Rights{Admin: true}})
		pass(time.Second)
		require.Equal(t, membership.Fresh, h.mode())
		require.Equal(t, membership.At(time.Now())-1, h.sources().FeedFrom, "who left meanwhile was not heard of")
		require.Len(t, logs.FilterMessage("the gate is fresh").All(), 2)
	})
}

// Telegram was asked for the rights just before they went.
func TestABeatUnderWayDoesNotGiveTheRightBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		h.bot.set(func(b *fakeBot) { b.alive = once(5 * time.Second) })
		pass(71 * time.Second) // a beat that began with the rights is under way
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{} })
		h.ingest(membership.Batch{Rights: &membership.Rights{}})
		for range 20 {
			pass(time.Second)
			require.False(t, h.sources().BotAdmin)
			require.NotEqual(t, membership.Fresh, h.mode())
		}
	})
}

func TestTheFeedBeginsByTheClockThatIsAhead(t *testing.T) {
	for _, ahead := range []time.Duration{-time.Minute, 0, time.Minute} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.bot.ahead = ahead
				h.owner.has(1)
				h.attend()
				require.Equal(t, membership.At(time.Now().Add(max(0, ahead))), h.sources().FeedFrom)
				h.follow()
				pass(time.Hour)
				require.Len(t, h.owner.walked(), 2*(1+otherLists), "one walk at once, and one when lists show the group as it is since")
			})
		})
	}
}

// A wait for the method by which the rights are asked is no reason to doubt what the bot hears.
func TestHeldBackQuestionsDoNotEndFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		h.bot.set(func(b *fakeBot) { b.refused = holdFor(time.Hour) })
		pass(30 * time.Minute)
		require.Equal(t, membership.Fresh, h.mode())
		h.bot.set(func(b *fakeBot) { b.dead = errors.New("broken") })
		pass(membership.FeedWindow + time.Second)
		require.NotEqual(t, membership.Fresh, h.mode())
	})
}

func TestALostBotLeavesNoFreshRoster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		stop := h.attend()
		require.Equal(t, membership.Fresh, h.mode())
		_ = stop()
		require.NoError(t, h.keeper.Lost(t.Context(), membership.SignedOut))
		require.NotEqual(t, membership.Fresh, h.mode())
		reason := func() string { return membership.FreshnessOf(h.sources(), membership.At(time.Now())).Reason }
		require.Contains(t, reason(), "the bot is signed out", "nobody connects it anew")
		h.bot.set(func(b *fakeBot) { b.dead = errors.New("broken") })
		h.attend()
		require.Contains(t, reason(), "connected anew")
	})
}

// A refusal that goes on is said once an hour, and again once it is another.
func TestARefusalOfABeatIsSaidOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, lines := observer.New(zap.WarnLevel)
		h := build(t, func(c *gatekeeper.Config) { c.Log = zap.New(core) })
		said := func() int { return lines.FilterMessage("the bot's rights could not be read").Len() }
		h.bot.set(func(b *fakeBot) { b.refused = refusal(membership.ErrorGroupGone) })
		h.attend()
		pass(59 * time.Minute)
		require.Equal(t, 1, said())
		pass(2 * time.Minute)
		require.Equal(t, 2, said())
		h.bot.set(func(b *fakeBot) { b.refused = errors.New("another") })
		pass(2 * time.Minute)
		require.Equal(t, 3, said())
		h.bot.set(func(b *fakeBot) { b.refused = nil })
		pass(2 * time.Minute)
		h.bot.set(func(b *fakeBot) { b.refused = errors.New("another") })
		pass(2 * time.Minute)
		require.Equal(t, 4, said(), "it had gone meanwhile")
	})
}

// While Telegram cannot be reached nobody hears anything: that the bot is being connected anew is no promise for days. Each moment has its reason.
func TestAConnectionThatStaysLostLeavesTheGateBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		pass(10 * time.Second)
		freshness := func() membership.Freshness { return membership.FreshnessOf(h.sources(), membership.At(time.Now())) }
		require.Equal(t, membership.Fresh, freshness().Mode)
		h.bot.set(func(b *fakeBot) { b.dead = errors.New("unreachable") })
		h.keeper.Disconnected()
		synctest.Wait()
		require.Equal(t, membership.Stale, freshness().Mode)
		require.True(t, freshness().CatchingUp)
		require.Contains(t, freshness().Reason, "connection was lost a moment ago")
		for range 3 {
			pass(5 * time.Minute)
			h.keeper.Disconnected() // each try that failed
		}
		require.Equal(t, membership.Blind, freshness().Mode)
		require.Contains(t, freshness().Reason, "the bot is not connected")
		pass(48 * time.Hour)
		require.Equal(t, membership.Blind, freshness().Mode)

		h.keeper.Reconnected()
		synctest.Wait()
		require.Contains(t, freshness().Reason, "connected anew, and what it missed is not read yet")
		require.True(t, freshness().CatchingUp)
		h.bot.set(func(b *fakeBot) { b.dead = nil })
		pass(10 * time.Second)
		require.Equal(t, membership.Fresh, freshness().Mode)
	})
}

// Nothing comes over a connection that is lost, and a question that was asked over it is never answered.
func TestALostConnectionIsNotFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		pass(10 * time.Second)
		require.Equal(t, membership.Fresh, h.mode())
		h.bot.set(func(b *fakeBot) { b.alive = once(time.Hour) })
		pass(15 * time.Second) // a beat is under way, and hangs
		h.keeper.Disconnected()
		synctest.Wait()
		require.NotEqual(t, membership.Fresh, h.mode())
		h.bot.set(func(b *fakeBot) { b.alive = nil })
		h.keeper.Reconnected()
		synctest.Wait()
		require.Equal(t, membership.Fresh, h.mode(), "the beat that hung is not waited for")
	})
}

// Somebody may have left while the bot had no right to hear of it. The admin log tells, and is not read only when it is its turn.
func TestTheLogIsReadAtOnceWhenTheFeedBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		h.follow()
		pass(90 * time.Second)
		read := h.sources().AdminLog
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{} })
		h.ingest(membership.Batch{Qts: 3, Rights: &membership.Rights{}})
		pass(time.Second)
		require.NotEqual(t, membership.Fresh, h.mode())
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{Admin: true} })
		h.ingest(membership.Batch{Qts: 4, Rights: &membership.Rights{Admin: true}})
		pass(2 * time.Second)
		require.Equal(t, membership.Fresh, h.mode())
		require.Greater(t, h.sources().AdminLog, read)
	})
}

// Another bot, which took the place of the one before, did not hear what that one heard.
func TestAnotherBotBeginsItsOwnFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		stop := h.attend()
		h.hears(ann, member)
		pass(7 * time.Hour)
		require.Equal(t, membership.RuleMember, h.ask(ann).Rule)
		before := h.sources().FeedFrom
		_ = stop()

		h.keeper = gatekeeper.New(gatekeeper.Config{
			Group: membership.Group{ID: theGroup, Kind: membership.Supergroup}, BotID: theBot + 1, Roster: h.roster, Policy: membership.DefaultPolicy(),
		})
		h.bot.lookUp = says(left)
		h.attend()
		require.Greater(t, h.sources().FeedFrom, before)
		require.Equal(t, theBot+1, h.sources().Bot)
		require.Equal(t, membership.RuleOut, h.ask(ann).Rule, "she left between the two, and is looked up")
	})
}
