package walk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// absence is what a walk says of the members whom it did not see, though somebody knows them all: those who left since, deleted accounts, and the
// others, who are in.
type absence struct {
	left, found    int // who left, and who of them is missed
	deleted, inAll int // deleted accounts and others who are missed though they are in
}

func absent(tb testing.TB, o world.Options) absence {
	tb.Helper()
	s := simulate(tb, o)
	all := roll(tb, o)
	facts, err := s.Truth("")
	require.NoError(tb, err)
	gone := map[membership.UserID]bool{}
	for _, user := range s.churn(all, 50) {
		gone[user] = true
	}
	w := walk.New(group(o.Members, membership.Normal))
	out := conduct(tb, w, s, 0)
	a := absence{left: len(gone)}
	for _, f := range facts {
		p := membership.Profile{User: membership.UserID(f.ID), FirstName: f.First, LastName: f.Last, Username: f.Username}
		switch missed := f.In && w.Misses(&p); {
		case !missed:
		case out.seen[p.User]:
			require.Fail(tb, "missed, and was shown", "%+v", p)
		case gone[p.User]:
			a.found++
		case f.Deleted:
			a.deleted++
		default:
			a.inAll++
		}
	}
	return a
}

// Somebody who left is missed where a list that is known whole lacks them; nobody is whom the walk saw; and of those who are in and counted, though
// lists do not show them, few are.
func TestScaleWhoIsMissed(t *testing.T) {
	for _, tt := range []struct {
		rules
		members int
		found   int // least percentage of those who left
		wrong   int // greatest number of those who are in
		deleted bool
	}{
		{rules{}, 900, 100, 0, true},
		{rules{lists: "count-deleted"}, 900, 100, 0, true},
		{rules{lists: "counts=absent"}, 900, 100, 0, true},
		{rules{lists: "count-noise=10"}, 900, 100, 0, true},
		{rules{lists: "ghosts=10"}, 900, 100, 15, true},
		{rules{lists: "ghosts=80"}, 900, 0, 0, false},
		{rules{}, 20_000, 95, 0, false},
		{rules{cap: 1_000}, 20_000, 85, 0, false},
		{rules{cap: 200}, 20_000, 80, 0, false},
		{rules{cap: 200, lists: "cap=200"}, 20_000, 80, 0, false},
		{rules{lists: "counts=cut"}, 20_000, 95, 0, false},
		{rules{lists: "counts=cut", cap: 1_000}, 20_000, 0, 5, false},
		{rules{lists: "counts=cut", cap: 200}, 20_000, 0, 5, false},
		{rules{lists: "counts=absent"}, 20_000, 10, 0, false},
		{rules{lists: "counts=absent", cap: 200}, 20_000, 0, 5, false},
		{rules{lists: "count-noise=3"}, 20_000, 70, 5, false},
		{rules{lists: "count-noise=10"}, 20_000, 50, 10, false},
		{rules{lists: "ghosts=2"}, 20_000, 30, 40, false},
		{rules{lists: "ghosts=10"}, 20_000, 3, 60, false},
		{rules{lists: "ghosts=50"}, 20_000, 0, 5, false},
		{rules{churn: 5}, 20_000, 90, 10, false},
	} {
		t.Run(fmt.Sprintf("%d %v", tt.members, tt.rules), func(t *testing.T) {
			t.Parallel()
			a := absent(t, tt.options(t, world.Options{Seed: 41, Members: tt.members}))
			require.GreaterOrEqual(t, a.found*100, a.left*tt.found, "%+v", a)
			require.LessOrEqual(t, a.inAll, tt.wrong, "%+v", a)
			require.Equal(t, tt.deleted, a.deleted > 0, "%+v", a)
		})
	}
}

// The members are hidden: the recent list shows the administrators and ends, and counts everybody.
func TestHiddenMembersAreNotMissed(t *testing.T) {
	for _, counts := range []int{0, 700} {
		w := walk.New(group(700, membership.Normal))
		conduct(t, w, scripted(func(q membership.Query) answer {
			if q.Offset > 0 || q.List != membership.ListRecent && q.List != membership.ListAdmins {
				return answer{count: counts}
			}
			return answer{rows: []membership.Row{row(1, membership.In, "Anna", "", "")}, received: 1, count: counts}
		}), 0)
		require.False(t, w.Misses(&membership.Profile{User: 2, FirstName: "Boris"}), "count %d", counts)
	}
}
