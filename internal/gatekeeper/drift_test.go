package gatekeeper_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

const theOwner = membership.UserID(9_000_000_001)

// reality is a group as it is, of which people come and go without any update or event of the log.
type reality struct {
	mu      sync.Mutex // guards what follows
	inside  map[membership.UserID]bool
	deleted int // counted, and in no list
}

func (r *reality) leave(users ...membership.UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, user := range users {
		delete(r.inside, user)
	}
}

func (r *reality) purge() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deleted = 0
}

func (r *reality) count() (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.inside) + r.deleted, nil
}

func (r *reality) lookUp(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if user == theOwner { // whose place is not what is looked at here
		return cannotTell(ctx, user)
	}
	if r.inside[user] {
		return found(user, member), nil
	}
	return found(user, left), nil
}

func (r *reality) members() (all []membership.UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for user := range membership.UserID(10_000) {
		if r.inside[user] {
			all = append(all, user)
		}
	}
	return all
}

// inhabited makes a house for a group of so many members, the first of whom are subscribers, with a bot that hears nothing, and walks it.
func inhabited(t *testing.T, members, subscribers int, changes ...func(*gatekeeper.Config)) (*house, *reality) {
	t.Helper()
	h := build(t, append(changes, func(c *gatekeeper.Config) { c.OwnerID = theOwner })...)
	r := &reality{inside: map[membership.UserID]bool{}, deleted: 3}
	for user := range membership.UserID(members) {
		r.inside[user+1] = true
	}
	h.bot.set(func(b *fakeBot) { b.count, b.lookUp = r.count, r.lookUp })
	h.same(r)
	for user := range membership.UserID(subscribers) {
		h.asks(user+1, int(user)+1, "")
	}
	h.attend()
	h.follow()
	h.start(h.keeper.Watch)
	pass(15 * time.Minute) // answers, the walk of the first beat, and a count after it
	require.Equal(t, membership.DriftNone, h.drift().Stage)
	require.Equal(t, members, h.drift().Known)
	require.Equal(t, 3, h.drift().Baseline)
	return h, r
}

// same has the owner's account read the group as it is.
func (h *house) same(r *reality) {
	h.owner.set(func(g *fakeGroup) {
		g.members = r.members()
		g.total, _ = r.count()
		g.lookUp = r.lookUp
	})
}

func (h *house) drift() membership.Drift {
	h.t.Helper()
	d, err := h.roster.Drift(h.t.Context(), theGroup)
	require.NoError(h.t, err)
	return d
}

// notes are the texts of the kind.
func (h *house) notes(kind membership.NoteKind) (texts []string) {
	h.t.Helper()
	notes, err := h.roster.Notes(h.t.Context(), theGroup, 0, 1000)
	require.NoError(h.t, err)
	for _, n := range notes {
		if n.Kind == kind {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// notices are the messages to the owner that were decided.
func (h *house) notices() (texts []string) {
	h.t.Helper()
	actions, err := h.roster.Actions(h.t.Context(), theGroup, roster.ActionFilter{Verb: membership.Notice})
	require.NoError(h.t, err)
	for _, a := range actions {
		texts = append(texts, a.Text)
	}
	return texts
}

// lookedUp is how many lookups the bot was asked for.
func (h *house) lookedUp() int {
	h.bot.mu.Lock()
	defer h.bot.mu.Unlock()
	return len(h.bot.asked)
}

// Every subscriber who left without a word is found, and everybody else by the walk that follows; how long it takes and what it costs is said.
func TestWhoLeavesUnheardIsFoundByTheCount(t *testing.T) {
	for _, c := range []struct {
		members, subscribers, leavers int
		within                        time.Duration
		lookups                       int // of people at most
	}{
		{members: 30, subscribers: 10, leavers: 1, within: 14 * time.Minute, lookups: 30},
		{members: 400, subscribers: 50, leavers: 5, within: 20 * time.Minute, lookups: 210},
		{members: 1000, subscribers: 300, leavers: 90, within: 25 * time.Minute, lookups: 300},
	} {
		t.Run(strconv.Itoa(c.members), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, r := inhabited(t, c.members, c.subscribers)
				walked, looked := len(h.owner.walked()), h.lookedUp()
				var gone []membership.UserID
				for i := range c.leavers {
					gone = append(gone, membership.UserID(1+i*c.members/c.leavers))
				}
				r.leave(gone...)
				h.same(r)
				for _, user := range gone {
					require.Equal(t, membership.In, h.person(user).Standing.Presence, "nobody told")
				}
				began := time.Now()
				for h.drift().Stage != membership.DriftNone || h.drift().Unexplained() != 0 || h.drift().Known != c.members-c.leavers {
					require.Less(t, time.Since(began), c.within)
					pass(10 * time.Second)
				}
				for _, user := range gone {
					s := h.person(user).Standing
					require.Equal(t, membership.Out, s.Presence)
					require.Equal(t, membership.SourceLookup, s.Evidence.Source, "a list's silence moves nobody")
				}
				people := h.lookedUp() - looked
				t.Logf("%d of %d left unheard: all found after %s, %d lookups through the bot, %d pages through the owner's account",
					c.leavers, c.members, time.Since(began).Round(time.Minute), people, len(h.owner.walked())-walked)
				require.LessOrEqual(t, people, c.lookups+int(c.within/time.Minute), "the owner is asked about each minute")
				require.Len(t, h.notes(membership.NoteDrift), 2, "that it is looked for, and that it was found: %v", h.notes(membership.NoteDrift))
			})
		})
	}
}

func TestAGroupAsItIsKnownCostsTwoCountsEachTimeAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := inhabited(t, 30, 5)
		before, walked, described := h.counted(), len(h.owner.walked()), h.owner.described()
		looked := h.lookedUp()
		pass(2 * time.Hour)
		require.Equal(t, 2*2*6, h.counted()-before)
		require.Len(t, h.owner.walked(), walked)
		require.Equal(t, described, h.owner.described())
		require.LessOrEqual(t, h.lookedUp()-looked, 2*60, "but about the owner")
		require.Empty(t, h.notes(membership.NoteDrift))
	})
}

func (h *house) counted() int {
	h.bot.mu.Lock()
	defer h.bot.mu.Unlock()
	return h.bot.counts
}

// Deleted accounts that Telegram stops to count are nobody's leaving: a walk shows that, once.
func TestAPurgeOfDeletedAccountsIsExplainedByOneWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, r := inhabited(t, 30, 5)
		walked := len(h.owner.walked())
		r.purge()
		h.same(r)
		pass(time.Hour)
		require.Equal(t, membership.DriftNone, h.drift().Stage)
		require.Zero(t, h.drift().Baseline)
		require.Len(t, h.owner.walked(), walked+1+otherLists)
		pass(time.Hour)
		require.Len(t, h.owner.walked(), walked+1+otherLists)
		for user := membership.UserID(1); user <= 30; user++ {
			require.Equal(t, membership.In, h.person(user).Standing.Presence)
		}
	})
}

// Without the bot the owner's account counts, once an hour, and walks.
func TestWithoutTheBotTheOwnersAccountCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.OwnerID = theOwner })
		r := &reality{inside: map[membership.UserID]bool{}}
		for user := range membership.UserID(30) {
			r.inside[user+1] = true
		}
		h.same(r)
		h.follow()
		h.start(h.keeper.Watch)
		pass(20 * time.Minute)
		require.Equal(t, 30, h.drift().Known)
		described := h.owner.described()
		pass(3 * time.Hour)
		require.LessOrEqual(t, h.owner.described()-described, 3+1)
		r.leave(3, 4)
		h.same(r)
		walked := len(h.owner.walked())
		pass(2 * time.Hour)
		require.Len(t, h.owner.walked(), walked+1+otherLists)
		require.Equal(t, membership.DoubtMissed, h.person(3).Standing.Doubt)
	})
}

func TestARosterFailureEndsWatch(t *testing.T) {
	for _, method := range []string{"Sources", "SourcesNow", "UpdateWatch", "Watch", "Group", "Drift", "SetDrift", "LastWalk", "KnownIn", "Subscribers", "Note"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var broken *brokenRoster
				h, r := inhabited(t, 3, 1, armed(method, 1<<40, &broken))
				ended := make(chan error, 1)
				go func() { ended <- h.keeper.Watch(t.Context()) }() // waited for below
				pass(15 * time.Minute)
				require.Empty(t, ended)
				broken.good.Store(0)
				r.leave(2)
				select {
				case err := <-ended:
					require.ErrorIs(t, err, errDisk)
				case <-time.After(time.Hour):
					t.Fatal("it went on")
				}
			})
		})
	}
}
