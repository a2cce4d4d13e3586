package roster_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

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
	_, err := r.BeginWalk(ctx, testGroup, first(3))
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
		rebuilt(t, r)
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
