package roster_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

func row(user membership.UserID, place int, s membership.State) membership.Row {
	return membership.Row{
		Sighting: membership.Sighting{
			User: user, State: s, Dated: s.Presence == membership.In, Date: start - 5000, Read: start - 10, Walk: 1, Row: uint32(place),
		},
		Profile: membership.Profile{User: user, FirstName: fmt.Sprintf("P%d", user), Username: fmt.Sprintf("Name_%d", user)},
	}
}

// script is a walk's pages with the checkpoint after each.
type script []membership.Page

// first is where a walk of a group of so many begins.
func first(total int) membership.Checkpoint {
	return membership.Checkpoint{Next: membership.Query{List: membership.ListRecent}, TotalBefore: total, Level: membership.Normal}
}

// scriptOf is a walk of those pages: the first of the recent list, the others of searches, each of which shows the first person again.
func scriptOf(pages [][]membership.Row) script {
	var s script
	c := first(3)
	c.Counts, c.Full, c.Truncated = map[membership.List]int{membership.ListRecent: 3}, []membership.List{}, []membership.List{membership.ListRecent}
	for i, rows := range pages {
		p := membership.Page{Group: testGroup, Walk: 1, Query: c.Next, Received: len(rows), Count: len(rows), Calls: 1, Rows: rows}
		if i > 0 && len(pages[0]) > 0 {
			p.Again = []membership.Repeat{{Place: len(rows), User: pages[0][0].Sighting.User}}
			p.Received++
		}
		c.Next = membership.Query{List: membership.ListSearch, Text: fmt.Sprint("né", i), Offset: i}
		if i == len(pages)-1 {
			c.Next = membership.Query{}
		}
		c.Pages++
		c.Rows += len(p.Rows) + len(p.Again)
		c.Calls++
		c.Search = membership.Search{
			Prefixes: i, Unfinished: i, Open: []membership.Partition{{Text: "né", Count: i, Missing: 1}},
			Server: membership.ServerProfile{Window: 200, Ordered: true, Ghosts: 0.25, Rule: membership.SearchRule{Marks: true}},
		}
		p.After = c
		s = append(s, p)
	}
	return s
}

// resume does what is left of the script, as a process does that finds an unfinished walk.
func (s script) resume(ctx context.Context, t failer, r *roster.Roster) error {
	t.Helper()
	w, err := r.BeginWalk(ctx, testGroup, first(3))
	if err != nil || w.ID != 1 {
		return err // it was finished: this is a new one
	}
	for _, p := range s[w.Checkpoint.Pages:] {
		if err := r.StagePage(ctx, p); err != nil {
			return err
		}
	}
	if _, err := r.MergeWalk(ctx, testGroup, membership.DefaultPolicy()); err != nil {
		return err
	}
	_, err = r.FinishWalk(ctx, testGroup, 4)
	return err
}

// stored are the pages of the script that the roster should have.
func (s script) stored(t failer, r *roster.Roster) []membership.Page {
	t.Helper()
	w, open, err := r.OpenWalk(context.Background(), testGroup)
	require.NoError(t, err)
	if !open {
		return nil
	}
	return bare(s[:w.Checkpoint.Pages])
}

// anyPages are pages of rows about few people, with repeats within and between pages.
func anyPages(t *rapid.T) [][]membership.Row {
	states := []membership.State{
		member,
		{Presence: membership.In, Role: membership.Administrator},
		{Presence: membership.In, Role: membership.Restricted, Until: start + 9},
		banned,
		{Presence: membership.Out, Departure: membership.Left},
	}
	var pages [][]membership.Row
	place := 0
	for range rapid.IntRange(1, 6).Draw(t, "pages") {
		rows := []membership.Row{}
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			r := row(membership.UserID(rapid.IntRange(1, 9).Draw(t, "user")), place, rapid.SampledFrom(states).Draw(t, "state"))
			r.Sighting.Date = start - membership.Instant(rapid.IntRange(0, 300).Draw(t, "ago"))
			r.Sighting.Dated = r.Sighting.Dated && rapid.Bool().Draw(t, "dated")
			r.Profile.Username = rapid.SampledFrom([]string{"", "a", "B", "b", "cc"}).Draw(t, "name")
			rows = append(rows, r)
			place++
		}
		pages = append(pages, rows)
	}
	return pages
}

// Staged, merged in whatever steps, killed at whatever commit: the standings are those of the rows folded one by one.
func TestWalkFoldsAsItsRowsDo(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		c := &clock{at: start}
		path := filepath.Join(dir, fmt.Sprintf("walk-%d", n))
		r := openAt(t, path, c)
		r.NoSync()
		r.MergeRows(rapid.IntRange(1, 8).Draw(t, "merge"))
		events := anyEvents(t)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		ingest(t, r, membership.Batch{Events: events[:cut]})
		s := scriptOf(anyPages(t))

		// Stop after each so many commits, and go on as the next process would.
		patience := rapid.IntRange(1, 9).Draw(t, "patience")
		for done := false; !done; {
			err := s.resume(&impatient{Context: context.Background(), left: patience}, t, r)
			if done = err == nil; !done {
				require.ErrorIs(t, err, context.Canceled)
				clean(t, r)
				require.Equal(t, s.stored(t, r), replay(t, r, 1))
				copied := filepath.Join(dir, fmt.Sprintf("copy-%d", n))
				require.NoError(t, r.Snapshot(context.Background(), copied))
				require.NoError(t, r.Close())
				require.NoError(t, os.Rename(copied, path))
				r = openAt(t, path, c)
				r.NoSync()
				r.MergeRows(rapid.IntRange(1, 8).Draw(t, "merge"))
				patience++
			}
		}
		ingest(t, r, membership.Batch{Events: events[cut:]})

		want := map[membership.UserID]membership.Record{}
		names := map[string]bool{}
		outs := map[membership.UserID]bool{}
		for _, p := range s {
			for _, row := range p.Rows {
				rec := want[row.Sighting.User]
				rec.See(row.Sighting)
				want[row.Sighting.User] = rec
				names[row.Profile.Username] = true
				outs[row.Sighting.User] = outs[row.Sighting.User] || row.Sighting.State.Presence == membership.Out
			}
		}
		for _, e := range events {
			rec := want[e.User]
			rec.Apply(e)
			want[e.User] = rec
			outs[e.User] = outs[e.User] || e.State.Presence == membership.Out
		}
		got := everything(t, r)
		require.Len(t, got, len(want))
		for user, rec := range want {
			all := map[membership.UserID]membership.Person{user: {Standing: rec.Standing(start)}}
			require.Equal(t, told(all)[user], told(got)[user], "person %d", user)
			require.False(t, got[user].Standing.Presence == membership.Out && !outs[user], "law 1: nobody said that %d is out", user)
		}
		for name := range names {
			user, ok, err := r.ByUsername(context.Background(), testGroup, name)
			require.NoError(t, err)
			if ok {
				require.Equal(t, keyOf(name), keyOf(got[user].Profile.Username))
			}
			owners := 0
			for _, p := range got {
				if p.Profile.Username != "" && keyOf(p.Profile.Username) == keyOf(name) {
					owners++
				}
			}
			require.Equal(t, ok, owners == 1, "the name %q leads to whoever bears it", name)
		}
		before := everything(t, r)
		rebuilt(t, r)
		require.Equal(t, before, everything(t, r))
		clean(t, r)
		require.NoError(t, r.Close())
		require.NoError(t, os.Remove(path))
	})
}

func keyOf(name string) string {
	if name == "B" {
		return "b"
	}
	return name
}

// impatient is a context that ends after so many questions whether it has: the roster asks before each write.
type impatient struct {
	context.Context
	left int
}

func (i *impatient) Err() error {
	if i.left--; i.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestStagedPagesCountBeforeTheyAreMerged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.db")
	c := &clock{at: start}
	r := openAt(t, path, c)
	ctx := t.Context()
	ingest(t, r, membership.Batch{Events: []membership.Event{update(2, 1, start-9000, left)}})
	_, err := r.BeginWalk(ctx, testGroup, first(3))
	require.NoError(t, err)
	s := scriptOf([][]membership.Row{{row(5, 0, member), row(2, 1, member)}, {row(1, 2, member), row(5, 3, banned)}})
	require.NoError(t, r.StagePage(ctx, s[0]))
	require.NoError(t, r.StagePage(ctx, s[0]), "the same page again")
	require.NoError(t, r.StagePage(ctx, s[1]))

	look := func() {
		all := everything(t, r)
		require.Len(t, all, 3)
		require.Equal(t, membership.In, all[1].Standing.Presence)
		require.Equal(t, membership.In, all[2].Standing.Presence, "joined again after they left")
		require.Equal(t, "P1", all[1].Profile.FirstName)
		p, ok, err := r.Person(ctx, testGroup, 5)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, all[5], p)
		require.Equal(t, membership.Out, p.Standing.Presence)
		k, err := r.Case(ctx, testGroup, 2)
		require.NoError(t, err)
		require.Equal(t, membership.In, k.Standing.Presence)
		user, _, err := r.ByUsername(ctx, testGroup, "name_1")
		require.NoError(t, err)
		require.Equal(t, membership.UserID(1), user)
		clean(t, r)
	}
	look()
	counts, err := r.Counts(ctx, testGroup)
	require.NoError(t, err)
	require.Equal(t, 4, counts.Staged)
	require.Equal(t, 1, counts.People)
	require.NoError(t, r.Close())
	r = openAt(t, path, c)
	look()
	out, err := r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	require.Equal(t, 2, out.Appended, "two presences changed: out to in, in to out")
	require.ElementsMatch(t, []membership.UserID{1, 2, 5}, out.Changed)
	look()
	cert, err := r.FinishWalk(ctx, testGroup, 4)
	require.NoError(t, err)
	require.Equal(t, 3, cert.Proven)
	require.Equal(t, map[membership.Grade]int{membership.GradeA: 1, membership.GradeB: 3}, cert.Grades)
	require.Equal(t, 3, cert.TotalBefore)
	require.Equal(t, s[1].After.Level, cert.Level)
	require.Equal(t, s[1].After.Search, cert.Search)
	look()
	last, ok, err := r.LastWalk(ctx, testGroup)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, &cert, last.Certificate)
	_, ok, err = r.OpenWalk(ctx, testGroup)
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, r.Close())
}

func TestWalkRefusesWhatDoesNotFollow(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	s := scriptOf([][]membership.Row{{row(1, 0, member)}, {row(2, 1, member)}, {}})
	require.ErrorIs(t, r.StagePage(ctx, s[0]), roster.ErrNoWalk)
	_, err := r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
	require.ErrorIs(t, err, roster.ErrNoWalk)
	_, err = r.FinishWalk(ctx, testGroup, 0)
	require.ErrorIs(t, err, roster.ErrNoWalk)
	w, err := r.BeginWalk(ctx, testGroup, first(9))
	require.NoError(t, err)
	require.Equal(t, 9, w.Checkpoint.TotalBefore)
	require.ErrorIs(t, r.StagePage(ctx, s[1]), roster.ErrPageLost)
	require.Empty(t, everything(t, r))
	require.NoError(t, r.StagePage(ctx, s[0]))
	bad := s[1]
	bad.Rows = []membership.Row{{}}
	require.Error(t, r.StagePage(ctx, bad), "a row without a person")
	other := s[1]
	other.Walk = 2
	require.ErrorIs(t, r.StagePage(ctx, other), roster.ErrNoWalk)
	again, err := r.BeginWalk(ctx, testGroup, first(7))
	require.NoError(t, err)
	require.Equal(t, s[0].After.Pages, again.Checkpoint.Pages, "it goes on")
	_, err = r.FinishWalk(ctx, testGroup, 0)
	require.ErrorIs(t, err, roster.ErrUnmerged)
	require.NoError(t, r.StagePage(ctx, s[1]))
	require.NoError(t, r.StagePage(ctx, s[2]))
	_, err = r.FinishWalk(ctx, testGroup, 0)
	require.ErrorIs(t, err, roster.ErrUnmerged)
	_, err = r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	_, err = r.FinishWalk(ctx, testGroup, 2)
	require.NoError(t, err)
	next, err := r.BeginWalk(ctx, testGroup, first(2))
	require.NoError(t, err)
	require.Equal(t, uint32(2), next.ID)
}

func TestSecondWalkOfAnUnchangedGroupWritesNoEvent(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	for walk := uint32(1); walk <= 2; walk++ {
		w, err := r.BeginWalk(ctx, testGroup, first(3))
		require.NoError(t, err)
		require.Equal(t, walk, w.ID)
		rows := []membership.Row{row(3, 0, member), row(1, 1, banned), row(2, 2, membership.State{Presence: membership.Out, Departure: membership.Left})}
		for i := range rows {
			rows[i].Sighting.Walk = walk
			rows[i].Sighting.Read += membership.Instant(walk * 3600)
		}
		p := scriptOf([][]membership.Row{rows})[0]
		p.Walk = walk
		require.NoError(t, r.StagePage(ctx, p))
		out, err := r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
		require.NoError(t, err)
		require.Equal(t, []int{2, 0}[walk-1], out.Appended)
		_, err = r.FinishWalk(ctx, testGroup, 3)
		require.NoError(t, err)
	}
	c, err := r.Counts(ctx, testGroup)
	require.NoError(t, err)
	require.Equal(t, 2, c.LedgerEvents)
}
