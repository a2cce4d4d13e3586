package gatekeeper_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// access is whether the person has it, as stored.
func (h *house) access(user membership.UserID) membership.Access {
	h.t.Helper()
	s, err := h.roster.Subscriber(h.t.Context(), theGroup, user)
	require.NoError(h.t, err)
	return s.Access
}

// stamped is a lookup's answer whose clock is off.
func stamped(s membership.State, off time.Duration) lookUp {
	return func(_ context.Context, user membership.UserID) (membership.Finding, error) {
		f := found(user, s)
		at := time.Now().Add(off)
		f.Event.Evidence.At, f.Event.Evidence.Ref = membership.At(at), uint64(at.UnixNano())
		return f, nil
	}
}

var whatBecomesOfTheSecondLook = map[string]func(truth membership.State) lookUp{
	"the second look tells": says,
	"the second look fails": func(membership.State) lookUp { return fails(errors.New("broken")) },
	"the second look hangs": func(membership.State) lookUp {
		return func(ctx context.Context, _ membership.UserID) (membership.Finding, error) {
			<-ctx.Done()
			return membership.Finding{}, ctx.Err()
		}
	},
}

func TestWhoWasLookedUpAndLeavesInTheSameMomentLosesAccessAtOnce(t *testing.T) {
	for _, off := range []time.Duration{-2 * time.Second, -time.Second, 0, time.Second, 2 * time.Second} {
		for name, then := range whatBecomesOfTheSecondLook {
			t.Run(off.String()+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := build(t)
					h.bot.lookUp = stamped(member, off)
					h.attend()
					h.asks(ann, 1, "")
					synctest.Wait()
					require.Equal(t, membership.Granted, h.access(ann))

					h.bot.set(func(b *fakeBot) { b.lookUp = then(left) })
					h.hears(ann, left)
					require.Equal(t, membership.Revoked, h.access(ann), "with the update")
					require.Equal(t, membership.Refuse, h.ask(ann).Answer)
					pass(time.Minute)
					require.Equal(t, membership.Revoked, h.access(ann))
					if name == "the second look tells" {
						require.Equal(t, membership.NoDoubt, h.person(ann).Standing.Doubt)
					}
				})
			})
		}
	}
}

func TestWhoWasLookedUpAndReturnsInTheSameMomentIsServedAtOnce(t *testing.T) {
	for _, off := range []time.Duration{-2 * time.Second, -time.Second, 0, time.Second, 2 * time.Second} {
		for name, then := range whatBecomesOfTheSecondLook {
			t.Run(off.String()+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := build(t)
					h.attend()
					h.hears(ann, member)
					h.asks(ann, 1, "")
					pass(time.Minute)

					h.bot.set(func(b *fakeBot) { b.lookUp = stamped(left, off) })
					h.hears(ann, left)
					_, err := h.keeper.AskAgain(t.Context(), ann)
					require.NoError(t, err)
					require.Equal(t, membership.Revoked, h.access(ann))
					h.bot.set(func(b *fakeBot) { b.lookUp = then(member) })
					h.hears(ann, member)
					require.Equal(t, membership.Granted, h.access(ann), "with the update")
					began := time.Now()
					require.Equal(t, membership.Serve, h.ask(ann).Answer)
					require.Less(t, time.Since(began), time.Second)
					pass(time.Minute)
					require.Equal(t, membership.Granted, h.access(ann))
				})
			})
		}
	}
}

// Refused by a lookup, and in within the same second.
func TestWhoJoinsInTheSecondOfARefusalHasAccessWithTheUpdate(t *testing.T) {
	for _, off := range []time.Duration{-time.Second, 0, time.Second} {
		for name, then := range whatBecomesOfTheSecondLook {
			t.Run(off.String()+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := build(t)
					h.bot.lookUp = stamped(left, off)
					h.attend()
					h.asks(ann, 1, "")
					synctest.Wait()
					require.Equal(t, membership.Refuse, h.bot.sent()[0].verdict.Answer)
					h.bot.set(func(b *fakeBot) { b.lookUp = then(member) })
					h.hears(ann, member)
					require.Equal(t, membership.Granted, h.access(ann))
					pass(time.Minute)
					require.Equal(t, membership.Granted, h.access(ann))
				})
			})
		}
	}
}

// The update of the return was lost: the second lookup finds them, and nobody has to ask.
func TestASecondLookRestoresWhoIsBackAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = says(member)
		h.attend()
		h.asks(ann, 1, "")
		synctest.Wait()
		h.hears(ann, left) // and was back before anybody could hear of it
		require.Equal(t, membership.Revoked, h.access(ann))
		pass(5 * time.Second)
		require.Equal(t, membership.Granted, h.access(ann))
		require.Equal(t, membership.NoDoubt, h.person(ann).Standing.Doubt)
	})
}

// A departure that the log alone tells of is a minute old, and may be cut from the return of the same second.
func TestADepartureThatTheBotDidNotHearWaitsForTheSecondLook(t *testing.T) {
	for name, truth := range map[string]membership.State{"gone": left, "back": member} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.bot.lookUp = says(member)
				h.attend()
				h.asks(ann, 1, "")
				synctest.Wait()
				h.bot.set(func(b *fakeBot) { b.lookUp = says(truth) })
				logged := h.update(ann, left)
				logged.Evidence.Source, logged.Evidence.Origin = membership.SourceAdminLog, 0
				h.ingest(membership.Batch{Events: []membership.Event{logged}})
				require.Equal(t, membership.Granted, h.access(ann))
				require.Equal(t, membership.DoubtTie, h.person(ann).Standing.Doubt)
				pass(5 * time.Second)
				require.Equal(t, truth.Presence == membership.In, h.access(ann) == membership.Granted)
				actions, err := h.roster.Actions(t.Context(), theGroup, roster.ActionFilter{User: ann, Verb: membership.Revoke})
				require.NoError(t, err)
				require.Equal(t, truth.Presence == membership.In, len(actions) == 0, "nobody who is in was removed for a moment")
			})
		})
	}
}

// The admin log was read between a departure and the return of the same second, of which the bot has heard both.
func TestALogCutWithinASecondRemovesNobody(t *testing.T) {
	for name, then := range whatBecomesOfTheSecondLook {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.bot.lookUp = says(member)
				h.attend()
				h.asks(ann, 1, "")
				synctest.Wait()
				pass(time.Minute)
				h.ingest(membership.Batch{Events: []membership.Event{h.update(ann, left), h.update(ann, member)}})
				require.Equal(t, membership.Granted, h.access(ann))
				h.bot.set(func(b *fakeBot) { b.lookUp = then(member) })
				logged := h.update(ann, left)
				logged.Evidence.Source, logged.Evidence.Origin = membership.SourceAdminLog, 0
				h.ingest(membership.Batch{Events: []membership.Event{logged}})
				pass(10 * time.Second)
				actions, err := h.roster.Actions(t.Context(), theGroup, roster.ActionFilter{User: ann, Verb: membership.Revoke})
				require.NoError(t, err)
				require.Empty(t, actions)
			})
		})
	}
}
