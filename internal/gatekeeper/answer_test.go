package gatekeeper_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

func messages(answers []answered, user membership.UserID) []int {
	var m []int
	for _, a := range answers {
		if a.user == user {
			m = append(m, a.message)
		}
	}
	return m
}

func TestEverybodyIsAnsweredOnceAndInOrderWhileSomebodysLookupHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		release := make(chan struct{})
		h.bot.lookUp = func(_ context.Context, user membership.UserID) (membership.Finding, error) {
			<-release
			return found(user, member), nil
		}
		h.attend()
		h.hears(ben, member)
		for m := 1; m <= 5; m++ {
			h.asks(ann, m, "") // unknown: her lookup hangs
			h.asks(ben, 10+m, "")
			h.asks(ben, 10+m, "") // delivered twice
		}
		synctest.Wait()
		require.Equal(t, []int{11, 12, 13, 14, 15}, messages(h.bot.sent(), ben))
		require.Empty(t, messages(h.bot.sent(), ann))
		close(release)
		pass(4 * time.Second)
		require.Equal(t, []int{1, 2, 3, 4, 5}, messages(h.bot.sent(), ann))
		require.Len(t, h.bot.sent(), 10)
		require.Zero(t, h.due())
	})
}

func TestACrowdWithoutLookupsHoldsNoMemberUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = func(ctx context.Context, _ membership.UserID) (membership.Finding, error) {
			<-ctx.Done()
			return membership.Finding{}, ctx.Err()
		}
		h.attend()
		h.hears(ann, member)
		var crowd membership.Batch
		for user := membership.UserID(1000); user < 1100; user++ {
			q := question(user, int(user), "")
			crowd.Contacts, crowd.Replies = append(crowd.Contacts, q.Contacts...), append(crowd.Replies, q.Replies...)
		}
		h.ingest(crowd)
		synctest.Wait()
		h.asks(ann, 1, "")
		synctest.Wait()
		require.Equal(t, []int{1}, messages(h.bot.sent(), ann))
		pass(3 * time.Second)
		require.Len(t, h.bot.sent(), 101)
	})
}

func TestMoreThanFitAtOnceAreAllLookedUpAndAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.lookUp = says(member)
		var crowd membership.Batch
		for user := membership.UserID(1); user <= 540; user++ {
			q := question(user, int(user), "")
			crowd.Contacts, crowd.Replies = append(crowd.Contacts, q.Contacts...), append(crowd.Replies, q.Replies...)
		}
		h.ingest(crowd)
		h.attend()
		pass(4 * time.Second)
		once := map[membership.UserID]int{}
		for _, a := range h.bot.sent() {
			once[a.user]++
			require.Equal(t, membership.Serve, a.verdict.Answer, a.verdict.Because)
		}
		require.Len(t, once, 540)
		require.Len(t, h.bot.sent(), 540)
	})
}

// slowReader holds back what DueReplies read until the test lets it go.
type slowReader struct {
	gatekeeper.Roster
	hold chan chan struct{}
}

func (s *slowReader) DueReplies(ctx context.Context, g membership.GroupID) ([]membership.Reply, error) {
	due, err := s.Roster.DueReplies(ctx, g)
	if len(due) > 0 {
		let := make(chan struct{})
		select {
		case s.hold <- let:
			<-let
		case <-ctx.Done():
		}
	}
	return due, err
}

// What is due may be answered between its being read and its being taken up; it is not answered again then.
func TestWhatWasAnsweredMeanwhileIsNotAnsweredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowReader{hold: make(chan chan struct{})}
		h := build(t, func(c *gatekeeper.Config) { slow.Roster, c.Roster = c.Roster, slow })
		sending := make(chan struct{})
		h.bot.answer = func(membership.Reply) (membership.Sent, error) {
			<-sending
			return membership.Sent{}, nil
		}
		h.attend()
		h.hears(ann, member)
		h.asks(ann, 1, "")
		close(<-slow.hold) // the first look takes Ann's question up
		synctest.Wait()
		h.asks(ben, 2, "")
		second := <-slow.hold // the second has read it too
		close(sending)
		synctest.Wait()
		require.Equal(t, 1, h.due(), "Ann's answer is stored")
		close(second)
		for h.due() > 0 {
			select {
			case let := <-slow.hold:
				close(let)
			case <-time.After(time.Second):
			}
		}
		synctest.Wait()
		require.Equal(t, []int{1}, messages(h.bot.sent(), ann))
		require.Equal(t, []int{2}, messages(h.bot.sent(), ben))
	})
}

func TestAFailureThatMayPassKeepsTheReplyDue(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		after time.Duration
	}{
		{"a broken connection", errors.New("broken"), 2 * time.Second},
		{"Telegram's own trouble", refusal(membership.ErrorTemporary), 2 * time.Second},
		{"a flood wait", holdFor(40 * time.Second), 40 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				h.bot.answer = func(membership.Reply) (membership.Sent, error) { return membership.Sent{}, c.err }
				h.attend()
				h.hears(ann, member)
				h.asks(ann, 1, "")
				h.asks(ann, 2, "")
				synctest.Wait()
				require.Equal(t, []int{1}, messages(h.bot.sent(), ann), "the second waits for the first")
				require.Equal(t, 2, h.due())
				h.bot.set(func(b *fakeBot) { b.answer = nil })
				pass(c.after - time.Second)
				require.Len(t, h.bot.sent(), 1)
				h.asks(ben, 3, "") // wakes the loop, and changes nothing for Ann
				synctest.Wait()
				require.Equal(t, []int{1}, messages(h.bot.sent(), ann))
				pass(4 * time.Second)
				require.Equal(t, []int{1, 1, 2}, messages(h.bot.sent(), ann))
				require.Zero(t, h.due())
			})
		})
	}
}

func TestWhoRestsCausesNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.answer = func(membership.Reply) (membership.Sent, error) { return membership.Sent{}, errors.New("broken") }
		h.attend()
		h.hears(ann, member)
		h.asks(ann, 1, "")
		pass(4 * time.Minute)
		require.LessOrEqual(t, len(h.bot.sent()), 121, "a try every two seconds")
		pass(2 * time.Minute)
		require.Zero(t, h.due(), "after five minutes it is nobody's question any more")
		before := len(h.bot.sent())
		pass(time.Minute)
		require.Len(t, h.bot.sent(), before)
	})
}

func TestAFirmRefusalDropsTheReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.answer = func(r membership.Reply) (membership.Sent, error) {
			if r.Message == 1 {
				return membership.Sent{}, refusal(membership.ErrorOther)
			}
			return membership.Sent{}, nil
		}
		h.attend()
		h.hears(ann, member)
		h.asks(ann, 1, "gift")
		h.asks(ann, 2, "")
		pass(time.Minute)
		require.Equal(t, []int{1, 2}, messages(h.bot.sent(), ann))
		require.Equal(t, "gift", h.bot.sent()[1].payload, "what was not delivered is still promised")
		require.Zero(t, h.due())
	})
}

func TestWhoBlockedTheBotLosesAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.bot.answer = func(r membership.Reply) (membership.Sent, error) {
			return membership.Sent{Gone: true, Why: "they blocked the bot", Contact: &membership.Contact{
				User: r.User, Kind: membership.Stopped, At: membership.At(time.Now()), Ref: 1,
			}}, nil
		}
		h.attend()
		h.hears(ann, member)
		h.asks(ann, 1, "gift")
		synctest.Wait()
		require.Zero(t, h.due())
		s, err := h.roster.Subscriber(t.Context(), theGroup, ann)
		require.NoError(t, err)
		require.Equal(t, membership.Revoked, s.Access)
		require.Equal(t, membership.ReasonBlocked, s.Reason)
		require.Equal(t, "gift", s.Payload)
	})
}

func TestOldQuestionsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.hears(ann, member)
		h.hears(ben, member)
		h.asks(ann, 1, "")
		pass(2 * time.Minute)
		h.asks(ben, 2, "")
		pass(4 * time.Minute)
		h.attend()
		require.Equal(t, []int{2}, messages(h.bot.sent(), ben))
		require.Empty(t, messages(h.bot.sent(), ann))
		require.Zero(t, h.due())
	})
}

func TestARosterFailureEndsAttend(t *testing.T) {
	for _, method := range []string{
		"People", "DueReplies", "ReplyDone", "PendingActions", "ActionDone", "Case", "Sources", "SourcesNow", "UpdateSources", "Ingest",
	} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken *brokenRoster
				h := build(t, armed(method, 1<<30, &broken))
				h.asks(ann, 1, "gift")
				h.attendOnce()
				pass(time.Second)
				h.hears(ann, member) // a Tell is due
				h.asks(ben, 2, "")   // and a reply, after a lookup
				broken.good.Store(0)
				ended := make(chan error, 1)
				go func() { ended <- h.keeper.Attend(t.Context(), h.bot) }() // waited for below
				select {
				case err := <-ended:
					require.ErrorIs(t, err, errDisk)
				case <-time.After(time.Minute):
					t.Fatal("Attend goes on over a failed roster")
				}
			})
		})
	}
}

// attendOnce answers what is due and stops.
func (h *house) attendOnce() { _ = h.attend()() }
