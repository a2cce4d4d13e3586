package gatekeeper_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// promised makes Ann ask with a deep link, be refused, and join: a Tell is due.
func promised(h *house) {
	h.t.Helper()
	h.hears(ann, left)
	h.asks(ann, 1, "gift")
	synctest.Wait()
	require.Equal(h.t, membership.RuleOut, h.bot.sent()[0].verdict.Rule)
	pass(time.Minute)
	h.hears(ann, member)
	synctest.Wait()
}

func (h *house) payload(user membership.UserID) string {
	h.t.Helper()
	s, err := h.roster.Subscriber(h.t.Context(), theGroup, user)
	require.NoError(h.t, err)
	return s.Payload
}

func TestWhatADeepLinkPromisedIsKeptOnJoiningAndNotTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		promised(h)
		require.Len(t, h.bot.tried(), 1)
		require.Equal(t, "gift", h.tells()[0].Text)
		require.Equal(t, membership.ActionDone, h.tells()[0].State)
		require.Empty(t, h.payload(ann))
		h.hears(ann, left)
		pass(time.Minute)
		h.hears(ann, member)
		h.asks(ann, 2, "")
		pass(time.Minute)
		require.Len(t, h.bot.tried(), 1)
		require.Empty(t, h.bot.sent()[1].payload, "a promise that was kept is not repeated")
	})
}

func TestAnAnswerThatKeepsThePromiseLeavesNothingToTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.do = func(membership.Action) (membership.Sent, error) { return membership.Sent{}, errors.New("broken") }
		h.attend()
		promised(h)
		require.Len(t, h.bot.tried(), 1)
		h.asks(ann, 2, "") // she is quicker than the next try
		pass(time.Minute)
		require.Equal(t, "gift", h.bot.sent()[1].payload)
		require.Len(t, h.bot.tried(), 1)
		require.Equal(t, membership.ActionDone, h.tells()[0].State)
	})
}

func TestWhoLeftAgainIsToldNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.do = func(membership.Action) (membership.Sent, error) { return membership.Sent{}, errors.New("broken") }
		h.attend()
		promised(h)
		h.hears(ann, left)
		h.bot.set(func(b *fakeBot) { b.do = nil })
		pass(time.Minute)
		require.Len(t, h.bot.tried(), 1)
		require.Equal(t, membership.ActionFailed, h.tells()[0].State)
		require.Equal(t, "gift", h.payload(ann), "it waits for her return")
		h.hears(ann, member)
		pass(time.Second)
		require.Len(t, h.bot.tried(), 2)
		require.Empty(t, h.payload(ann))
	})
}

func TestAnActionIsTriedAtGrowingIntervalsAndThenGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.do = func(membership.Action) (membership.Sent, error) { return membership.Sent{}, errors.New("broken") }
		h.attend()
		promised(h)
		pass(20 * time.Minute)
		at := h.bot.tried()
		require.Len(t, at, 8)
		for i := 2; i < len(at); i++ {
			require.Greater(t, at[i].Sub(at[i-1]), at[i-1].Sub(at[i-2]), "try %d", i)
		}
		require.Equal(t, membership.ActionFailed, h.tells()[0].State)
		require.Equal(t, 8, h.tells()[0].Tries)
		require.Equal(t, "gift", h.payload(ann), "the promise outlives the action")
	})
}

func TestHowATryEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		sent  membership.Sent
		err   error
		state membership.ActionState
		next  time.Duration // until the next try; 0 is never
	}{
		{name: "delivered", state: membership.ActionDone},
		{name: "undeliverable", sent: membership.Sent{Gone: true, Why: "no dialog"}, state: membership.ActionFailed},
		{name: "refused", err: refusal(membership.ErrorOther), state: membership.ActionFailed},
		{name: "temporary", err: refusal(membership.ErrorTemporary), state: membership.ActionPending, next: 4 * time.Second},
		{name: "flood wait", err: holdFor(5 * time.Minute), state: membership.ActionPending, next: 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.bot.do = func(membership.Action) (membership.Sent, error) { return c.sent, c.err }
				h.attend()
				promised(h)
				require.Equal(t, c.state, h.tells()[0].State)
				pass(max(0, c.next-time.Second))
				require.Len(t, h.bot.tried(), 1)
				pass(4 * time.Second)
				if c.next > 0 {
					require.Len(t, h.bot.tried(), 2)
				} else {
					require.Len(t, h.bot.tried(), 1)
				}
			})
		})
	}
}

func TestTheOutboxOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.asks(ann, 1, "gift")
		h.bot.lookUp = says(left)
		h.attendOnce()
		pass(time.Minute)
		h.hears(ann, member) // while nobody attends
		require.Empty(t, h.bot.tried())
		h.attend()
		require.Len(t, h.bot.tried(), 1)
		require.Equal(t, membership.ActionDone, h.tells()[0].State)
	})
}

func TestTheBreakerHoldsAndShadowModeLists(t *testing.T) {
	for _, c := range []struct {
		name    string
		enforce bool
		state   membership.ActionState
		after   int // revocations that are stopped after so many
	}{
		{"breaker", true, membership.ActionHeld, 20},
		{"shadow", false, membership.ActionShadow, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				require.NoError(t, h.roster.Enforce(t.Context(), theGroup, c.enforce))
				var join, subscribe, leave membership.Batch
				for user := membership.UserID(1); user <= 25; user++ {
					join.Events = append(join.Events, h.update(user, member))
					subscribe.Contacts = append(subscribe.Contacts, question(user, int(user), "").Contacts...)
				}
				h.ingest(join)
				h.ingest(subscribe)
				pass(time.Minute)
				for user := membership.UserID(1); user <= 25; user++ {
					leave.Events = append(leave.Events, h.update(user, left))
				}
				out := h.ingest(leave)
				n := 0
				for _, a := range out.Actions {
					require.Equal(t, membership.Revoke, a.Verb)
					if a.State == c.state {
						n++
					}
				}
				require.Equal(t, 25-c.after, n)
				if c.enforce {
					require.Equal(t, n, out.Held)
				}
			})
		})
	}
}
