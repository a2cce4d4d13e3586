package roster_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// anyEvents are events of a few people from all sources, each identity once.
func anyEvents(t *rapid.T) []membership.Event {
	seen := map[membership.Identity]bool{}
	var events []membership.Event
	for range rapid.IntRange(1, 25).Draw(t, "events") {
		source := rapid.SampledFrom([]membership.Source{
			membership.SourceMessage, membership.SourceBotUpdate, membership.SourceAdminLog, membership.SourceLookup,
		}).Draw(t, "source")
		e := update(membership.UserID(rapid.IntRange(1, 4).Draw(t, "user")), rapid.Uint64Range(1, 30).Draw(t, "ref"),
			start-membership.Instant(rapid.IntRange(0, 200).Draw(t, "ago")), rapid.SampledFrom([]membership.State{
				member, left, banned,
				{Presence: membership.In, Role: membership.Administrator},
				{Presence: membership.In, Role: membership.Restricted, Until: start + 60},
				{Presence: membership.Out, Departure: membership.Banned, Until: start + 60},
				{Presence: membership.Out, Departure: membership.Left, Lifted: true},
			}).Draw(t, "state"))
		e.Moved, e.Evidence.Source = rapid.Bool().Draw(t, "moved"), source
		if source == membership.SourceMessage {
			e.Evidence.Grade, e.State = membership.GradeC, membership.State{}
		}
		if !seen[e.Identity()] {
			seen[e.Identity()] = true
			events = append(events, e)
		}
	}
	return events
}

// batches cuts events into batches.
func batches(t *rapid.T, events []membership.Event) [][]membership.Event {
	var all [][]membership.Event
	for len(events) > 0 {
		n := rapid.IntRange(1, len(events)).Draw(t, "batch")
		all = append(all, events[:n])
		events = events[n:]
	}
	return all
}

// told is what everybody's standing says. Which of two equal statements it rests on depends on their order.
func told(people map[membership.UserID]membership.Person) map[membership.UserID]membership.Standing {
	standings := map[membership.UserID]membership.Standing{}
	for user, p := range people {
		p.Standing.Evidence, p.Standing.Since = membership.Evidence{}, 0
		standings[user] = p.Standing
	}
	return standings
}

// Law 2: repeated, in another order, in other batches, the same facts give the same standings.
func TestIngestIsIdempotentAndOrderDoesNotMatter(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		c := &clock{at: start}
		path, other := filepath.Join(dir, fmt.Sprintf("one-%d", n)), filepath.Join(dir, fmt.Sprintf("two-%d", n))
		one, two := openAt(t, path, c), openAt(t, other, c)
		one.NoSync()
		two.NoSync()
		events := anyEvents(t)
		for _, b := range batches(t, events) {
			out := ingest(t, one, membership.Batch{Events: b})
			require.Equal(t, len(b), out.Appended+out.Known)
		}
		twice := rapid.Permutation(slices.Concat(events, events)).Draw(t, "again")
		for _, b := range batches(t, twice) {
			ingest(t, two, membership.Batch{Events: b})
		}
		require.Equal(t, told(everything(t, one)), told(everything(t, two)))
		for user := membership.UserID(1); user <= 4; user++ {
			history, err := two.History(t.Context(), testGroup, user)
			require.NoError(t, err)
			var want, got []membership.Identity
			for _, e := range events {
				if e.User == user && e.Evidence.Source != membership.SourceLookup { // of which the ledger holds what said something new
					want = append(want, e.Identity())
				}
			}
			for _, e := range history {
				if e.Evidence.Source != membership.SourceLookup {
					got = append(got, e.Identity())
				}
			}
			require.ElementsMatch(t, want, got)
		}
		before := everything(t, two)
		rebuilt(t, two)
		require.Equal(t, before, everything(t, two))
		clean(t, one)
		clean(t, two)
		require.NoError(t, one.Close())
		require.NoError(t, two.Close())
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Remove(other))
	})
}

func TestReplayChangesNothing(t *testing.T) {
	r, c := open(t)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	all := []membership.Batch{
		{Events: []membership.Event{update(1, 10, start-100, member)}, Qts: 10, Profiles: []membership.Profile{{User: 1, Username: "Ann"}}},
		{Contacts: []membership.Contact{wrote(1, start-90, "gift")}, Replies: []membership.Reply{reply(1, 5)}, Qts: 11},
		{Events: []membership.Event{update(1, 12, start-80, left)}, Qts: 12, Profiles: []membership.Profile{{User: 1, Username: "Anna"}}},
		{Contacts: []membership.Contact{{User: 1, Kind: membership.Stopped, At: start - 70, Ref: 13}}, Qts: 13},
		{Tail: &membership.Tail{LastID: 9, LastDate: start - 60, Read: start}, LogRead: start},
	}
	for _, b := range all {
		ingest(t, r, b)
	}
	require.NoError(t, r.ReplyDone(t.Context(), reply(1, 5).Key(), true))
	state := func() []any {
		s, err := r.Subscriber(t.Context(), testGroup, 1)
		require.NoError(t, err)
		actions, err := r.Actions(t.Context(), testGroup, roster.ActionFilter{})
		require.NoError(t, err)
		counts, err := r.Counts(t.Context(), testGroup)
		require.NoError(t, err)
		bot, _, err := r.BotState(t.Context(), testBot)
		require.NoError(t, err)
		tail, err := r.Tail(t.Context(), testGroup)
		require.NoError(t, err)
		id, _, err := r.ByUsername(t.Context(), testGroup, "@ANNA")
		require.NoError(t, err)
		return []any{everything(t, r), s, actions, counts, bot, tail, id}
	}
	want := state()
	require.Empty(t, want[1].(membership.Subscriber).Payload, "the payload was honored")
	require.Equal(t, 13, want[4].(membership.BotState).Qts)
	c.pass(time.Minute)
	slices.Reverse(all)
	for _, b := range all {
		out := ingest(t, r, b)
		require.Zero(t, out.Appended)
		require.Zero(t, out.Replies)
		require.Empty(t, out.Changed)
		require.Empty(t, out.Actions)
	}
	require.Equal(t, want, state())
}

func reply(user membership.UserID, message int) membership.Reply {
	return membership.Reply{Bot: testBot, User: user, Kind: membership.ReplyStart, Message: message, Asked: start}
}

func TestReplyIsDueOnceAndForgottenAfterTwoDays(t *testing.T) {
	r, c := open(t)
	ask := membership.Batch{Replies: []membership.Reply{reply(1, 7), reply(2, 8)}}
	require.Equal(t, 2, ingest(t, r, ask).Replies)
	require.Zero(t, ingest(t, r, ask).Replies)
	due, err := r.DueReplies(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, ask.Replies, due)
	require.NoError(t, r.ReplyDone(t.Context(), due[0].Key(), false))
	require.NoError(t, r.ReplyDone(t.Context(), due[0].Key(), false), "done twice")
	require.Zero(t, ingest(t, r, ask).Replies, "an answered question is not due again")
	due, err = r.DueReplies(t.Context(), testGroup)
	require.NoError(t, err)
	require.Len(t, due, 1)

	c.pass(roster.AskedFor + time.Second)
	ingest(t, r, membership.Batch{Contacts: []membership.Contact{wrote(3, c.at, "")}})
	require.Equal(t, 1, ingest(t, r, membership.Batch{Replies: ask.Replies[:1]}).Replies, "forgotten by now")
}

func TestMinProfileNeverReplacesFullOneAndNamesFollow(t *testing.T) {
	r, _ := open(t)
	profile := func(p membership.Profile) { ingest(t, r, membership.Batch{Profiles: []membership.Profile{p}}) }
	who := func(name string) membership.UserID {
		user, ok, err := r.ByUsername(t.Context(), testGroup, name)
		require.NoError(t, err)
		require.Equal(t, user != 0, ok)
		return user
	}
	profile(membership.Profile{User: 1, FirstName: "Ann", Username: "Ann"})
	profile(membership.Profile{User: 1, FirstName: "A", Min: true})
	require.Equal(t, membership.UserID(1), who("@aNN"))
	profile(membership.Profile{User: 1, FirstName: "Ann", Username: "Anna"})
	require.Zero(t, who("ann"), "an old name leads nowhere")
	require.Equal(t, membership.UserID(1), who("anna"))
	profile(membership.Profile{User: 2, FirstName: "Bob", Username: "ANNA"})
	require.Equal(t, membership.UserID(2), who("anna"), "who took the name over has it")
	p, ok, err := r.Person(t.Context(), testGroup, 1)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, membership.Profile{User: 1, FirstName: "Ann"}, p.Profile)
	profile(membership.Profile{User: 2, FirstName: "Bob"})
	require.Zero(t, who("anna"))
	require.Zero(t, who(""))
}

func TestBatchThatFailsChangesNothing(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 1, start, member)}, Qts: 1})
	other := update(2, 2, start, member)
	other.Group++
	for name, b := range map[string]membership.Batch{
		"another group": {Events: []membership.Event{update(1, 2, start+1, left), other}},
		"no user":       {Events: []membership.Event{update(1, 2, start+1, left), update(0, 3, start, left)}},
		"no source":     {Events: []membership.Event{update(1, 2, start+1, left), {Group: testGroup, User: 1}}},
		"no such word":  {Events: []membership.Event{update(1, 2, start+1, left), update(1, 9, start, membership.State{Presence: 3})}},
		"no contact":    {Events: []membership.Event{update(1, 2, start+1, left)}, Contacts: []membership.Contact{{User: 1}}},
		"no reply":      {Events: []membership.Event{update(1, 2, start+1, left)}, Replies: []membership.Reply{{User: 1}}},
	} {
		b.Group, b.Bot, b.Qts = testGroup, testBot, 2
		_, err := r.Ingest(t.Context(), b)
		require.Error(t, err, name)
		require.Equal(t, membership.In, everything(t, r)[1].Standing.Presence, name)
		s, _, err := r.BotState(t.Context(), testBot)
		require.NoError(t, err)
		require.Equal(t, 1, s.Qts, name)
	}
	_, err := r.Ingest(t.Context(), membership.Batch{})
	require.Error(t, err, "a batch without a group")
}

func TestTimedStandingsLapseAtReadTime(t *testing.T) {
	r, c := open(t)
	ingest(t, r, membership.Batch{Events: []membership.Event{
		update(1, 1, start, membership.State{Presence: membership.Out, Departure: membership.Banned, Until: start + 60}),
		update(2, 2, start, membership.State{Presence: membership.In, Role: membership.Restricted, Until: start + 60}),
		update(3, 3, start, membership.State{Presence: membership.In, Role: membership.Creator}),
	}})
	counts := func() roster.Counts {
		n, err := r.Counts(t.Context(), testGroup)
		require.NoError(t, err)
		require.Equal(t, 3, n.People)
		require.Equal(t, 3, n.LedgerEvents)
		return n
	}
	n := counts()
	require.Equal(t, map[membership.Role]int{membership.Restricted: 1, membership.Creator: 1}, n.Role)
	require.Equal(t, map[membership.Departure]int{membership.Banned: 1}, n.Departure)
	c.pass(time.Minute)
	n = counts()
	require.Equal(t, map[membership.Role]int{membership.Member: 1, membership.Creator: 1}, n.Role)
	require.Equal(t, map[membership.Departure]int{membership.Kicked: 1}, n.Departure)
	require.Equal(t, map[membership.Presence]int{membership.In: 2, membership.Out: 1}, n.Presence)
}

func TestPositionsAndSources(t *testing.T) {
	r, _ := open(t)
	open := func(top, below int64) membership.TailRead {
		return membership.TailRead{Top: top, Below: below, Begun: 650}
	}
	for _, at := range []membership.Tail{
		{Open: open(7, 5)},
		{Open: open(7, 3)},
		{Open: open(7, 4)},
		{LastID: 7, LastDate: 70, Read: 700},
		{Open: open(7, 2)},
		{LastID: 6, LastDate: 60, Read: 750},
		{LastID: 7, LastDate: 70, Read: 700, Open: open(20, 15)},
		{LastID: 7, LastDate: 70, Read: 700, Open: open(20, 9)},
	} {
		ingest(t, r, membership.Batch{Tail: &at})
	}
	ingest(t, r, membership.Batch{Qts: 5, LogRead: 700})
	ingest(t, r, membership.Batch{Qts: 3, LogRead: 800})
	require.NoError(t, r.UpdateBotState(t.Context(), testBot, func(s *membership.BotState) { s.Pts, s.Date, s.Seq = 1, 2, 3 }))
	s, ok, err := r.BotState(t.Context(), testBot)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, membership.BotState{Pts: 1, Qts: 5, Date: 2, Seq: 3}, s)
	tail, err := r.Tail(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, membership.Tail{LastID: 7, LastDate: 70, Read: 700, Open: open(20, 9)}, tail, "a position never moves back")

	gap := membership.Gap{Source: membership.GapFeed, From: 1, To: 2, Reason: "asleep"}
	ingest(t, r, membership.Batch{Gap: &gap})
	ingest(t, r, membership.Batch{Gap: &gap})
	gap.ID, gap.Noted = 1, start
	require.NoError(t, r.UpdateSources(t.Context(), testGroup, func(s *membership.Sources) { s.BotAdmin, s.FeedFrom = true, 4 }))
	sources, err := r.Sources(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, membership.Sources{BotAdmin: true, FeedFrom: 4, AdminLog: 800, Gaps: []membership.Gap{gap}}, sources,
		"an update proves that it arrived, and nothing of those before it")
}

func TestGroupsShareAFileAndNothingElse(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 1, start, member)}})
	other := update(1, 1, start, left)
	other.Group = testGroup + 1
	out, err := r.Ingest(t.Context(), membership.Batch{Group: testGroup + 1, Events: []membership.Event{other}})
	require.NoError(t, err)
	require.Equal(t, 1, out.Appended)
	require.Equal(t, membership.In, everything(t, r)[1].Standing.Presence)
	c, err := r.Case(t.Context(), testGroup+1, 1)
	require.NoError(t, err)
	require.Equal(t, membership.Out, c.Standing.Presence)
	groups, err := r.Groups(t.Context())
	require.NoError(t, err)
	require.Len(t, groups, 2)
	_, ok, err := r.Person(t.Context(), testGroup+2, 1)
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, []membership.UserID{1}, slices.Collect(maps.Keys(everything(t, r))))
}
