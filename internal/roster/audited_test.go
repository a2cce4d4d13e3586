package roster_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

func personOf(t failer, r *roster.Roster, user membership.UserID) membership.Person {
	t.Helper()
	p, _, err := r.Person(context.Background(), testGroup, user)
	require.NoError(t, err)
	return p
}

func missed(t failer, r *roster.Roster) []membership.UserID {
	t.Helper()
	users, err := r.Missed(context.Background(), testGroup)
	require.NoError(t, err)
	return users
}

func TestWhomAListLeavesOutIsInDoubtUntilTheyAreLookedUp(t *testing.T) {
	r, c := open(t)
	r.MergeRows(2) // in several transactions
	joined := []membership.Event{update(1, 1, c.at, member), update(2, 2, c.at, member), update(3, 3, c.at, member), update(4, 4, c.at, left)}
	ingest(t, r, membership.Batch{Events: joined})
	c.pass(time.Hour)
	ingest(t, r, membership.Batch{Events: []membership.Event{update(5, 5, c.at, member)}})

	everybody := []membership.UserID{5, 4, 3, 2, 1, 1, 99}
	for range 2 { // a repeat changes nothing
		out, err := r.Miss(t.Context(), testGroup, c.at-60, everybody)
		require.NoError(t, err)
		require.Equal(t, []membership.UserID{1, 2, 3}, out.Doubts, "4 is out, 5 came since, and nothing is known of 99")
	}
	require.Equal(t, []membership.UserID{1, 2, 3}, missed(t, r))
	require.Equal(t, membership.DoubtMissed, personOf(t, r, 1).Standing.Doubt)
	require.Equal(t, membership.In, personOf(t, r, 1).Standing.Presence)
	require.Equal(t, membership.NoDoubt, personOf(t, r, 5).Standing.Doubt)
	_, known, err := r.Person(t.Context(), testGroup, 99)
	require.NoError(t, err)
	require.False(t, known)

	c.pass(time.Minute)
	ingest(t, r, membership.Batch{Events: []membership.Event{lookedUp(1, c.at, left), lookedUp(2, c.at, member)}})
	require.Equal(t, membership.Out, personOf(t, r, 1).Standing.Presence)
	two := personOf(t, r, 2)
	require.Equal(t, membership.NoDoubt, two.Standing.Doubt)
	require.True(t, two.Record.Unlisted(two.Standing))
	require.Equal(t, membership.DoubtMissed, personOf(t, r, 3).Standing.Doubt, "nobody looked")
	require.Equal(t, []membership.UserID{3}, missed(t, r))

	before := everything(t, r)
	rebuilt(t, r)
	require.Equal(t, before, everything(t, r), "a rebuild keeps it")
	clean(t, r)
}

// audited is an audit of two pages, of which the first confirms by its count alone.
func audited(t *testing.T, r *roster.Roster, counted ...membership.UserID) membership.Walk {
	t.Helper()
	cp := first(9)
	cp.Audit = &membership.Audit{Budget: 2, Known: 3, Unlisted: 1}
	w, err := r.BeginWalk(t.Context(), testGroup, cp)
	require.NoError(t, err)
	for i, rows := range [][]membership.Row{nil, {row(1, 0, member)}} {
		p := membership.Page{Group: testGroup, Walk: w.ID, Query: w.Checkpoint.Next, Calls: 1, Rows: rows, After: w.Checkpoint}
		if i == 0 {
			p.Counted = counted
		} else {
			p.After.Next = membership.Query{}
		}
		p.After.Pages, p.After.Calls = i+1, i+1
		a := *cp.Audit
		a.Confirmed, a.Counted, a.Suspects = len(counted)+i, len(counted), 7
		p.After.Audit = &a
		require.NoError(t, r.StagePage(t.Context(), p))
		require.NoError(t, r.StagePage(t.Context(), p), "a page taken again changes nothing")
		w.Checkpoint = p.After
	}
	return w
}

func TestAnAuditConfirmsWithoutBeingAWalk(t *testing.T) {
	r, c := open(t)
	began := c.at
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 1, c.at, member), update(2, 2, c.at+100, member), update(3, 3, c.at, left)}})
	c.pass(time.Hour)

	audited(t, r, 2, 2, 77)
	open, found, err := r.OpenWalk(t.Context(), testGroup)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, &membership.Audit{Budget: 2, Known: 3, Unlisted: 1, Confirmed: 4, Counted: 3, Suspects: 7}, open.Checkpoint.Audit)
	require.Equal(t, c.at, personOf(t, r, 2).Record.Counted, "stored with the page")
	clean(t, r)

	_, err = r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	cert, err := r.FinishWalk(t.Context(), testGroup, 9)
	require.NoError(t, err)
	one, two := personOf(t, r, 1), personOf(t, r, 2)
	require.Equal(t, membership.In, two.Standing.Presence)
	require.Equal(t, began.Add(100*time.Second), two.Standing.LastConfirmed, "a count is no evidence")
	require.Equal(t, c.at, two.Confirmed())
	require.Equal(t, one.Confirmed(), cert.Audit.Oldest, "the row was read before the count, by the lists' margin")

	_, found, err = r.LastWalk(t.Context(), testGroup)
	require.NoError(t, err)
	require.False(t, found, "there was no walk")
	last, found, err := r.LastAudit(t.Context(), testGroup)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, cert, *last.Certificate)
	sources, err := r.Sources(t.Context(), testGroup)
	require.NoError(t, err)
	require.Zero(t, sources.Walk, "and no list was read whole")
	before := everything(t, r)
	rebuilt(t, r)
	require.Equal(t, before, everything(t, r))
	clean(t, r)
}

// Readers that look for whom a walk did not show need none of its rows.
func TestSettledPeopleAreThoseWithoutStagedRows(t *testing.T) {
	r, _ := open(t)
	s := scriptOf([][]membership.Row{{row(1, 0, member), row(2, 1, member)}})
	w, err := r.BeginWalk(t.Context(), testGroup, first(2))
	require.NoError(t, err)
	s[0].Walk = w.ID
	require.NoError(t, r.StagePage(t.Context(), s[0]))
	count := func(read func(context.Context, membership.GroupID, func(membership.Person) error) error) (n int) {
		require.NoError(t, read(t.Context(), testGroup, func(membership.Person) error { n++; return nil }))
		return n
	}
	require.Equal(t, 2, count(r.People))
	require.Zero(t, count(r.Settled))
	_, err = r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	require.Equal(t, 2, count(r.Settled))
}
