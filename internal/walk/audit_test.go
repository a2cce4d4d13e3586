package walk_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// roll is everybody whom the group lists, as a roster has them that was told of each.
func roll(tb testing.TB, o world.Options) []walk.Member {
	tb.Helper()
	o.Lists.Cap = 1 << 30
	s := simulate(tb, o)
	var out []walk.Member
	for q := (membership.Query{List: membership.ListRecent}); ; {
		a := s.answer(q)
		if a.received == 0 {
			return out
		}
		for i := range a.rows {
			out = append(out, walk.Member{Profile: a.rows[i].Profile, Age: 1})
		}
		q.Offset += a.received
	}
}

// churn has one in so many members leave and as many strangers join, and returns who left.
func (s simulated) churn(members []walk.Member, one int) []membership.UserID {
	s.tb.Helper()
	var left []membership.UserID
	for i := one / 2; i < len(members); i += one {
		user := members[i].Profile.User
		if s.Leave(world.UserID(user), s.Group().ID) == nil { // the owner can not
			left = append(left, user)
		}
		stranger, _ := s.Stranger()
		require.NoError(s.tb, s.Join(stranger, s.Group().ID))
	}
	return left
}

// audit makes the audit's calls.
func audit(a *walk.Audit, s server) walk.AuditResult {
	for {
		q, ok := a.Next()
		if !ok {
			return a.Result()
		}
		got := s.answer(q)
		a.Take(q, membership.Page{Query: q, Received: got.received, Count: got.count, Calls: 1, Rows: got.rows})
	}
}

func TestAnAuditOfAnUnchangedGroupIsCounts(t *testing.T) {
	o := world.Options{Seed: 31, Members: 20_000}
	members := roll(t, o)
	r := audit(walk.NewAudit(walk.AuditOptions{Calls: len(members) / membership.PageLimit / 2}, slices.Values(members)), simulate(t, o))
	require.Empty(t, r.Suspects)
	require.Greater(t, r.Confirmed, r.Known*95/100, "half the calls of reading everybody once confirm nearly all")
}

func TestAnAuditFindsWhoLeft(t *testing.T) {
	for _, profile := range []people.Profile{people.International, people.Russian, people.Persian} {
		for _, one := range []int{1_000, 100} {
			t.Run(fmt.Sprintf("%v, 1 in %d", profile, one), func(t *testing.T) {
				o := world.Options{Seed: 32, Members: 20_000, Profile: profile}
				members := roll(t, o)
				s := simulate(t, o)
				left := s.churn(members, one)
				pages := len(members) / membership.PageLimit
				r := audit(walk.NewAudit(walk.AuditOptions{Calls: 2 * pages}, slices.Values(members)), s)
				require.LessOrEqual(t, r.Calls, 2*pages)
				for _, user := range r.Suspects {
					require.Contains(t, left, user, "who is inside is not suspected")
				}
				require.GreaterOrEqual(t, len(r.Suspects)*100, len(left)*85, "%d of %d who left were found", len(r.Suspects), len(left))
			})
		}
	}
}

func TestAnAuditAsksForTheOldestFirst(t *testing.T) {
	o := world.Options{Seed: 33, Members: 12_000}
	members := roll(t, o)
	old := 0
	for i := range members {
		if name := members[i].Profile.FirstName; name != "" && name[0] == 'M' {
			members[i].Age = 1_000
			old++
		}
	}
	require.Greater(t, old, 100)
	r := audit(walk.NewAudit(walk.AuditOptions{Calls: 8}, slices.Values(members)), simulate(t, o))
	require.Equal(t, 8, r.Calls)
	require.Less(t, r.Oldest, float32(1_000), "they were confirmed before others")
}

// An audit ends, whatever the server says, and suspects nobody for an answer that cannot be right.
func TestAnAuditOfALyingServerEnds(t *testing.T) {
	members := roll(t, world.Options{Seed: 34, Members: 1_500})
	for name, count := range map[string]int{"nobody": 0, "less than nobody": -5, "everybody": 1 << 30, "as many as there are, and shows none": len(members)} {
		t.Run(name, func(t *testing.T) {
			s := scripted(func(membership.Query) answer { return answer{count: count} })
			r := audit(walk.NewAudit(walk.AuditOptions{Calls: 500}, slices.Values(members)), s)
			require.LessOrEqual(t, r.Calls, 500)
			require.Empty(t, r.Suspects)
		})
	}
}

// The unit of the ages is the caller's: the same audit asks for the same, whatever it is.
func TestAnAuditKnowsNoUnitOfAge(t *testing.T) {
	o := world.Options{Seed: 36, Members: 14_000}
	members := roll(t, o)
	asked := func(unit float32) (queries []membership.Query) {
		for i := range members {
			members[i].Age = unit * float32(1+i%3)
		}
		s := simulate(t, o)
		s.churn(members, 300)
		a := walk.NewAudit(walk.AuditOptions{Calls: 40}, slices.Values(members))
		for q, ok := a.Next(); ok; q, ok = a.Next() {
			queries = append(queries, q)
			got := s.answer(q)
			a.Take(q, membership.Page{Query: q, Received: got.received, Count: got.count, Calls: 1, Rows: got.rows})
		}
		return queries
	}
	once := asked(1)
	require.Len(t, once, 40)
	for _, unit := range []float32{1. / 1024, 1 << 20} { // powers of two, so that nothing is rounded otherwise
		require.Equal(t, once, asked(unit))
	}
}
