package gatekeeper_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// presses is somebody's pressing "check again".
func (h *house) presses(user membership.UserID, query int64) {
	h.t.Helper()
	now := membership.At(time.Now())
	h.ingest(membership.Batch{
		Contacts: []membership.Contact{{User: user, Kind: membership.Wrote, At: now, Ref: uint64(query)}},
		Replies:  []membership.Reply{{Bot: theBot, User: user, Kind: membership.ReplyCallback, Query: query, Asked: now}},
	})
}

func (h *house) entries(user membership.UserID) int {
	h.t.Helper()
	history, err := h.roster.History(h.t.Context(), theGroup, user)
	require.NoError(h.t, err)
	return len(history)
}

func TestAPressDuringALongWaitIsLookedUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		h.bot.set(func(b *fakeBot) {
			b.answer = func(membership.Reply) (membership.Sent, error) { return membership.Sent{}, holdFor(time.Minute) }
		})
		h.presses(ann, 1)
		pass(6 * time.Minute)
		require.LessOrEqual(t, len(h.bot.sent()), 6, "a wait is kept")
		require.Equal(t, 1, h.bot.lookups(ann))
		require.Equal(t, 1, h.entries(ann))
		require.Zero(t, h.due())
	})
}

func TestAnAnswerThatCannotBeSentDoesNotAskAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		h.bot.set(func(b *fakeBot) {
			b.answer = func(membership.Reply) (membership.Sent, error) {
				return membership.Sent{}, refusal(membership.ErrorTemporary)
			}
		})
		h.presses(ann, 1)
		pass(time.Minute)
		require.Greater(t, len(h.bot.sent()), 20)
		require.Equal(t, 1, h.bot.lookups(ann))
	})
}

func TestWhoPressesAllDayIsNoBurden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		for i := range int64(120) {
			h.presses(ann, i)
			pass(500 * time.Millisecond)
		}
		require.Equal(t, 1, h.entries(ann))
		require.LessOrEqual(t, h.bot.lookups(ann), 13)
		require.Len(t, h.bot.sent(), 120)
		h.bot.set(func(b *fakeBot) { b.lookUp = says(member) })
		pass(5 * time.Second)
		h.presses(ann, 200)
		synctest.Wait()
		sent := h.bot.sent()
		require.Equal(t, membership.Serve, sent[len(sent)-1].verdict.Answer, "and who is in by then is not kept out")
	})
}

// Our clock is an hour ahead: a list's reading is dated after every lookup, and says that they are in.
func TestADoubtThatLookupsDoNotSettleRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = stamped(left, -time.Hour)
		h.owner.has(1)
		joined := h.update(1, member)
		joined.Evidence.At -= 7200
		h.owner.joined = joined.Evidence.At
		gone := h.update(1, left)
		gone.Evidence.At -= 3600
		h.ingest(membership.Batch{Events: []membership.Event{joined, gone}})
		require.NotNil(t, h.walk(0))
		require.Equal(t, membership.DoubtStale, h.person(1).Standing.Doubt)
		h.attend()
		pass(time.Hour)
		require.LessOrEqual(t, h.bot.lookups(1), 16)
		require.GreaterOrEqual(t, h.bot.lookups(1), 5)
		require.LessOrEqual(t, h.entries(1), 3)
	})
}

func TestAPromiseThatIsHeldBackIsNotTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		var wait atomic.Bool
		wait.Store(true)
		h.bot.do = func(membership.Action) (membership.Sent, error) {
			if wait.Load() {
				return membership.Sent{}, holdFor(time.Minute)
			}
			return membership.Sent{}, nil
		}
		h.attend()
		promised(h)
		pass(30 * time.Minute)
		require.Equal(t, membership.ActionPending, h.tells()[0].State)
		require.Zero(t, h.tells()[0].Tries)
		require.LessOrEqual(t, len(h.bot.tried()), 31)
		wait.Store(false)
		pass(2 * time.Minute)
		require.Equal(t, membership.ActionDone, h.tells()[0].State)
		require.Equal(t, 1, h.tells()[0].Tries)
	})
}

// She asks while her promise is on its way, which may take as long as Telegram asks to wait.
func TestNobodyIsAnsweredWhileAPromiseIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		release := make(chan struct{})
		h.bot.do = func(membership.Action) (membership.Sent, error) {
			<-release
			return membership.Sent{}, nil
		}
		h.attend()
		promised(h)
		require.Len(t, h.bot.tried(), 1)
		h.asks(ann, 2, "")
		h.asks(ben, 3, "")
		pass(10 * time.Second)
		require.Equal(t, []int{1}, messages(h.bot.sent(), ann))
		require.Equal(t, []int{3}, messages(h.bot.sent(), ben), "nobody else waits")
		close(release)
		synctest.Wait()
		require.Equal(t, []int{1, 2}, messages(h.bot.sent(), ann))
		require.Empty(t, h.bot.sent()[2].payload, "the promise was kept once")
	})
}

// Another promise is under way when she asks; hers is the next.
func TestAnAnswerGoesBeforeAPromiseThatIsNotYetOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		release := make(chan struct{})
		h.bot.do = func(membership.Action) (membership.Sent, error) {
			<-release
			return membership.Sent{}, nil
		}
		h.bot.answer = func(r membership.Reply) (membership.Sent, error) {
			if r.Message == 9 {
				return membership.Sent{}, holdFor(30 * time.Second) // on the same method
			}
			return membership.Sent{}, nil
		}
		h.attend()
		h.hears(ann, left)
		h.hears(ben, left)
		h.asks(ben, 1, "gift")
		h.asks(ann, 2, "gift")
		pass(time.Minute)
		h.ingest(membership.Batch{Events: []membership.Event{h.update(ben, member), h.update(ann, member)}})
		synctest.Wait()
		require.Len(t, h.bot.tried(), 1)
		h.asks(ann, 9, "")
		pass(time.Second)
		close(release)
		pass(time.Second)
		require.Len(t, h.bot.tried(), 1, "her answer is still due, and keeps the promise")
		h.bot.set(func(b *fakeBot) { b.answer = nil })
		pass(time.Minute)
		require.Len(t, h.bot.tried(), 1)
		sent := h.bot.sent()
		require.Equal(t, "gift", sent[len(sent)-1].payload)
	})
}

// zeros is an admin log of an event without a number.
type zeros struct{ fakeGroup }

func (*zeros) Tail(_ context.Context, _ membership.Tail, below int64) (membership.TailPage, error) {
	if below != 0 {
		panic("asked below an event without a number")
	}
	return membership.TailPage{Rows: 1}, nil
}

func TestAnEventWithoutANumberEndsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		require.NoError(t, h.keeper.Tail(t.Context(), &zeros{}))
	})
}
