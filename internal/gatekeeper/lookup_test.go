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

func TestTheOwnersAccountIsAskedWhereTheBotCannotTell(t *testing.T) {
	for _, c := range []struct {
		name       string
		bot        lookUp
		away       bool
		answer     membership.Answer
		ownerAsked int
	}{
		{name: "the bot tells", bot: says(member), answer: membership.Serve},
		{name: "the bot fails", bot: fails(errors.New("broken")), answer: membership.Serve, ownerAsked: 1},
		{name: "the bot cannot tell", bot: cannotTell, answer: membership.Serve, ownerAsked: 1},
		{name: "the bot is away", away: true, answer: membership.Serve, ownerAsked: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.bot.lookUp, h.owner.lookUp = c.bot, says(member)
				h.follow()
				if !c.away {
					h.attend()
				}
				require.Equal(t, c.answer, h.ask(ann).Answer)
				require.Equal(t, c.ownerAsked, h.owner.lookups())
			})
		})
	}
}

func TestTheOwnersFloodWaitHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = func(ctx context.Context, user membership.UserID) (membership.Finding, error) {
			if user == ann {
				return found(user, member), nil
			}
			return cannotTell(ctx, user)
		}
		h.owner.lookUp = func(ctx context.Context, _ membership.UserID) (membership.Finding, error) {
			<-ctx.Done() // the governor's wait
			return membership.Finding{}, ctx.Err()
		}
		h.follow()
		h.attend()
		for user := membership.UserID(1); user <= 20; user++ {
			h.asks(user, int(user), "")
		}
		synctest.Wait()
		began := time.Now()
		require.Equal(t, membership.Serve, h.ask(ann).Answer)
		require.Zero(t, time.Since(began))
		pass(3 * time.Second)
		require.Len(t, h.bot.sent(), 20)
	})
}

func TestALookupThatIsNeverAnsweredGivesItsWorkerBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = func(ctx context.Context, user membership.UserID) (membership.Finding, error) {
			if user == ann {
				return found(user, member), nil
			}
			<-ctx.Done()
			return membership.Finding{}, ctx.Err()
		}
		h.attend()
		for user := membership.UserID(1); user <= 4; user++ {
			h.ask(user)
		}
		require.Equal(t, membership.RuleUnknown, h.ask(ann).Rule, "all of the bot's workers are held")
		pass(30 * time.Second)
		require.Equal(t, membership.Serve, h.ask(ann).Answer)
	})
}

func TestAFactOfTheLookupsOwnSecondOrdersASecondLook(t *testing.T) {
	for _, first := range []string{"the fact first", "the lookup first"} {
		t.Run(first, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.bot.lookUp = says(member) // as Telegram answered just before they left
				h.attend()
				goes := h.update(ann, left)
				if first == "the fact first" {
					h.ingest(membership.Batch{Events: []membership.Event{goes}})
				}
				_, err := h.keeper.AskAgain(t.Context(), ann)
				require.NoError(t, err)
				if first == "the lookup first" {
					h.ingest(membership.Batch{Events: []membership.Event{goes}})
				}
				h.bot.set(func(b *fakeBot) { b.lookUp = says(left) })
				pass(4 * time.Second)
				require.Equal(t, 2, h.bot.lookups(ann))
				require.Equal(t, membership.Out, h.person(ann).Standing.Presence)
				require.Equal(t, membership.NoDoubt, h.person(ann).Standing.Doubt)
				pass(time.Minute)
				require.Equal(t, 2, h.bot.lookups(ann), "a doubt that is settled is looked into no more")
			})
		})
	}
}

func TestAQueuedLookupThatFailedIsMadeAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		again bool
	}{
		{"broken", errors.New("broken"), true},
		{"flood", holdFor(time.Second), true},
		{"refused", refusal(membership.ErrorRightMissing), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				hint := h.update(ann, membership.State{})
				hint.Evidence.Source, hint.Evidence.Grade, hint.Moved = membership.SourceMessage, membership.GradeC, false
				h.ingest(membership.Batch{Events: []membership.Event{hint}})
				h.bot.lookUp = fails(c.err)
				h.attend()
				pass(5 * time.Second)
				require.Equal(t, 1, h.bot.lookups(ann))
				h.bot.set(func(b *fakeBot) { b.lookUp = says(member) })
				pass(time.Minute)
				if !c.again {
					require.Equal(t, 1, h.bot.lookups(ann))
					return
				}
				require.Equal(t, 2, h.bot.lookups(ann))
				require.Equal(t, membership.In, h.person(ann).Standing.Presence)
			})
		})
	}
}

func TestTheDoubtfulAreFoundAgainAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = says(member)
		for user := membership.UserID(1); user <= 3; user++ {
			hint := h.update(user, membership.State{})
			hint.Evidence.Source, hint.Evidence.Grade, hint.Moved = membership.SourceMessage, membership.GradeC, false
			_, err := h.roster.Ingest(t.Context(), membership.Batch{Group: theGroup, Events: []membership.Event{hint}})
			require.NoError(t, err)
		}
		h.attend()
		pass(2 * time.Second)
		pass(3 * time.Second)
		for user := membership.UserID(1); user <= 3; user++ {
			require.Equal(t, 1, h.bot.lookups(user))
			require.Equal(t, membership.In, h.person(user).Standing.Presence)
		}
	})
}

func TestWhoWaitsIsToldWhenTheAccountsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = cannotTell
		h.owner.lookUp = func(ctx context.Context, _ membership.UserID) (membership.Finding, error) {
			<-ctx.Done()
			return membership.Finding{}, ctx.Err()
		}
		unfollow, leave := h.follow(), h.attend()
		answers := make(chan membership.Verdict, 10)
		for user := membership.UserID(1); user <= 10; user++ {
			go func() { answers <- h.ask(user) }() // waited for below
		}
		synctest.Wait()
		began := time.Now()
		require.ErrorIs(t, unfollow(), context.Canceled)
		require.ErrorIs(t, leave(), context.Canceled)
		for range 10 {
			require.Equal(t, membership.RuleUnknown, (<-answers).Rule)
		}
		require.Zero(t, time.Since(began))
	})
}

// Whoever asks while the loops begin must find the workers. How they are scheduled varies, so it is tried more than once.
func TestWhatWasDueBeforeTheRestartIsLookedUp(t *testing.T) {
	for range 5 {
		synctest.Test(t, func(t *testing.T) {
			h := build(t)
			h.bot.lookUp = says(member)
			for user := membership.UserID(1); user <= 10; user++ {
				h.asks(user, int(user), "")
			}
			pass(time.Minute)
			h.attend()
			require.Len(t, h.bot.sent(), 10)
			for _, a := range h.bot.sent() {
				require.Equal(t, membership.Serve, a.verdict.Answer, a.verdict.Because)
			}
		})
	}
}
