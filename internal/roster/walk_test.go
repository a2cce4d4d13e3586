package roster_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

func scriptOf(pages [][]membership.Row) script {
	var s script
	c := membership.Checkpoint{Counts: map[membership.List]int{membership.ListRecent: 3}, Full: []membership.List{}, Truncated: []membership.List{}}
	for i, rows := range pages {
		c.List = membership.ListRecent
		if i == len(pages)-1 {
			c.List = 0
		}
		c.Pages++
		c.Rows += len(rows)
		c.Calls++
		s = append(s, membership.Page{Group: testGroup, Walk: 1, Rows: rows, After: c})
	}
	return s
}

// resume does what is left of the script, as a process does that finds an unfinished walk.
func (s script) resume(ctx context.Context, t failer, r *roster.Roster) error {
	t.Helper()
	w, err := r.BeginWalk(ctx, testGroup, 3)
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
		require.NoError(t, r.Rebuild(context.Background()))
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
	_, err := r.BeginWalk(ctx, testGroup, 3)
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
	require.Equal(t, 3, cert.TotalBefore+3)
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
	w, err := r.BeginWalk(ctx, testGroup, 9)
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
	again, err := r.BeginWalk(ctx, testGroup, 7)
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
	next, err := r.BeginWalk(ctx, testGroup, 2)
	require.NoError(t, err)
	require.Equal(t, uint32(2), next.ID)
}

func TestSecondWalkOfAnUnchangedGroupWritesNoEvent(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	for walk := uint32(1); walk <= 2; walk++ {
		w, err := r.BeginWalk(ctx, testGroup, 3)
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

// A name that changed hands while the walk went on, and while its merge did, at whichever commit; and the index made anew between.
func TestNamesThatMoveDuringAWalk(t *testing.T) {
	for patience, merged := 1, false; !merged; patience++ {
		for _, rebuild := range []bool{false, true} {
			t.Run(fmt.Sprintf("commits=%d,rebuild=%t", patience, rebuild), func(t *testing.T) {
				merged = moveNames(t, patience, rebuild)
			})
		}
	}
}

// moveNames stops a merge when its patience ends, moves names, and goes on; true where the merge was through by then.
func moveNames(t *testing.T, patience int, rebuild bool) (merged bool) {
	r, c := open(t)
	r.NoSync()
	r.MergeRows(1)
	ctx := t.Context()
	named := func(user membership.UserID, place int, name string) membership.Row {
		x := row(user, place, member)
		x.Profile.Username = name
		return x
	}
	ingest(t, r, membership.Batch{Profiles: []membership.Profile{{User: 1, Username: "old"}, {User: 9, Username: "late"}}})
	c.pass(1e10)
	_, err := r.BeginWalk(ctx, testGroup, 3)
	require.NoError(t, err)
	rows := []membership.Row{
		named(1, 0, "gone"), named(2, 1, "swap"), named(3, 2, "swap"), named(4, 3, "mine"), named(5, 4, "late"), named(6, 5, "first"),
	}
	for i := range rows {
		rows[i].Sighting.Read = c.at
	}
	require.NoError(t, r.StagePage(ctx, scriptOf([][]membership.Row{rows})[0]))
	c.pass(1e10)
	// The merge begins in a transaction of its own; five names are five more, and six people the last.
	_, err = r.MergeWalk(&impatient{Context: ctx, left: patience}, testGroup, membership.DefaultPolicy())
	if merged = err == nil; !merged {
		require.ErrorIs(t, err, context.Canceled)
	}
	ingest(t, r, membership.Batch{Profiles: []membership.Profile{
		{User: 4, Username: "changed"}, {User: 8, Username: "late"}, {User: 7, Username: "First"},
	}})
	if rebuild {
		require.NoError(t, r.Rebuild(ctx))
	}
	_, err = r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	for name, want := range map[string]membership.UserID{
		"old": 0, "gone": 1, "swap": 3, "mine": 0, "changed": 4, "late": 8, "first": 7,
	} {
		user, _, err := r.ByUsername(ctx, testGroup, name)
		require.NoError(t, err)
		require.Equal(t, want, user, name)
	}
	all := everything(t, r)
	require.Equal(t, []string{"gone", "", "swap", "changed", "", ""}, usernames(all, 1, 2, 3, 4, 5, 6))
	clean(t, r)
	return merged
}

func usernames(all map[membership.UserID]membership.Person, users ...membership.UserID) []string {
	var names []string
	for _, u := range slices.Sorted(slices.Values(users)) {
		names = append(names, all[u].Profile.Username)
	}
	return names
}
