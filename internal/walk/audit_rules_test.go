package walk_test

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// Whatever the server is like, once a walk has measured it an audit suspects nobody who is inside, and its counts hide next to nobody who left.
func TestScaleAnAuditOfAnyServer(t *testing.T) {
	const members, calls = 20_000, 150
	for _, r := range variants {
		t.Run(r.String(), func(t *testing.T) {
			o := r.options(t, world.Options{Seed: 35, Members: members})
			still := o
			still.Churn = 0 // while the audit's members are read
			out, _ := walked(t, o, membership.Fast)
			known, s := roll(t, still), simulate(t, o)
			left := s.churn(known, 500)
			a := walk.NewAudit(walk.AuditOptions{Calls: calls, Server: out.final.Search.Server}, slices.Values(known))
			found, hidden, counted := 0, 0, 0
			for q, ok := a.Next(); ok; q, ok = a.Next() {
				got := s.answer(q)
				for _, user := range a.Take(q, membership.Page{Query: q, Received: got.received, Count: got.count, Calls: 1, Rows: got.rows}) {
					counted++
					if slices.Contains(left, user) {
						hidden++
					}
				}
			}
			res := a.Result()
			for _, user := range res.Suspects {
				if slices.Contains(left, user) {
					found++
				}
			}
			require.LessOrEqual(t, len(res.Suspects)-found, 2*r.moved(calls), "people inside are suspected")
			require.LessOrEqual(t, hidden*20, len(left), "%d of %d who left are among %d counted", hidden, len(left), counted)
			require.False(t, res.Distrusted)
			require.LessOrEqual(t, res.Calls, calls)
			require.LessOrEqual(t, res.Confirmed+len(res.Suspects)+res.Wordless, res.Known)
			require.Greater(t, res.Confirmed, res.Known/2)
			require.Positive(t, found)
		})
	}
}

// By a rule that is not the server's, many are missing from lists though nobody is missing. Then nobody is suspected, and it is said.
func TestAnAuditByAWrongRuleIsDistrusted(t *testing.T) {
	for _, profile := range []people.Profile{people.International, people.Russian} {
		t.Run(profile.String(), func(t *testing.T) {
			o := rules{search: "no-usernames"}.options(t, world.Options{Seed: 36, Members: 12_000, Profile: profile})
			r := audit(walk.NewAudit(walk.AuditOptions{Calls: 100}, slices.Values(roll(t, o))), simulate(t, o))
			require.True(t, r.Distrusted)
			require.Empty(t, r.Suspects)
			require.Less(t, r.Calls, 30, "the rest is left to a walk")
		})
	}
}

func TestAnAuditGoesRoundTextsThatAreRefused(t *testing.T) {
	o := world.Options{Seed: 37, Members: 12_000}
	members, s := roll(t, o), simulate(t, o)
	for _, shortest := range []int{2, 3} {
		t.Run(fmt.Sprintf("shorter than %d", shortest), func(t *testing.T) {
			r := audit(walk.NewAudit(walk.AuditOptions{Calls: 200}, slices.Values(members)), scripted(func(q membership.Query) answer {
				if q.List == membership.ListSearch && utf8.RuneCountInString(q.Text) < shortest {
					return answer{received: -1}
				}
				return s.answer(q)
			}))
			require.Empty(t, r.Suspects)
			require.Greater(t, r.Confirmed, r.Known*80/100, "by longer texts")
		})
	}
}

// Somebody under another name is in none of the old name's lists. They are suspected until another list shows them.
func TestAnAuditMeetsNewNames(t *testing.T) {
	o := world.Options{Seed: 38, Members: 20_000}
	members := roll(t, o)
	c := simulate(t, o).churned(members, 200)
	r := audit(walk.NewAudit(walk.AuditOptions{Calls: 250}, slices.Values(members)), c)
	renamed := 0
	for _, user := range r.Suspects {
		require.True(t, c.left[user] || c.renamed[user], "%d is inside under the old name", user)
		if !c.left[user] {
			renamed++
		}
	}
	require.Less(t, renamed, len(c.renamed), "those whom another list showed are suspected no more")
	require.Greater(t, c.found(r.Suspects)*100, len(c.left)*80)
}

// Whom a count confirms is told once, and never with the page that shows them.
func TestAnAuditTellsWhomItCounted(t *testing.T) {
	o := world.Options{Seed: 39, Members: 12_000}
	members, s := roll(t, o), simulate(t, o)
	a := walk.NewAudit(walk.AuditOptions{Calls: 60}, slices.Values(members))
	told, shown := map[membership.UserID]bool{}, map[membership.UserID]bool{}
	for q, ok := a.Next(); ok; q, ok = a.Next() {
		again, _ := a.Next()
		require.Equal(t, q, again, "asking twice changes nothing")
		got := s.answer(q)
		for i := range got.rows {
			shown[got.rows[i].Sighting.User] = true
		}
		for _, user := range a.Take(q, membership.Page{Query: q, Received: got.received, Count: got.count, Calls: 1, Rows: got.rows}) {
			require.False(t, told[user] || shown[user], "%d", user)
			told[user] = true
		}
	}
	require.Greater(t, len(told), 1_000)
	for user := range shown {
		told[user] = true
	}
	require.Len(t, told, a.Result().Confirmed)
}

// No search finds somebody without a letter. They are told by number.
func TestAnAuditNumbersThoseNoSearchFinds(t *testing.T) {
	var members []walk.Member
	for i := range membership.UserID(1_000) {
		members = append(members, walk.Member{Profile: membership.Profile{User: i + 1, FirstName: fmt.Sprintf("Name%d", i)}, Age: 1})
	}
	for i := range 300 {
		members[i].Profile.FirstName = "🌵"
	}
	recent := make([]membership.Row, 200)
	for i := range recent {
		recent[i] = row(members[i].Profile.User, membership.In, "🌵", "", "")
	}
	r := audit(walk.NewAudit(walk.AuditOptions{Calls: 40}, slices.Values(members)), scripted(func(q membership.Query) answer {
		if q.List == membership.ListRecent && q.Offset == 0 {
			return answer{rows: recent, received: len(recent), count: len(members)}
		}
		return answer{}
	}))
	require.Equal(t, 100, r.Wordless, "200 of 300 were shown")
	require.Equal(t, 1_000, r.Known)
}

// Whatever comes, an audit ends, and says nothing of people whom it was not given.
func FuzzAudit(f *testing.F) {
	f.Add([]byte{200, 0, 1, 2, 3}, uint16(300))
	f.Add([]byte{255, 255, 0, 17, 9, 128, 64}, uint16(40))
	f.Fuzz(func(t *testing.T, answers []byte, many uint16) {
		var members []walk.Member
		for i := range membership.UserID(many%2_000) + 1 {
			p := membership.Profile{User: i + 1, FirstName: fmt.Sprintf("%c%d", 'a'+rune(i%23), i%97), LastName: string(rune('α' + i%11))}
			members = append(members, walk.Member{Profile: p, Age: float32(i % 5)})
		}
		at := 0
		next := func() int {
			if len(answers) == 0 {
				return 0
			}
			at++
			return int(answers[at%len(answers)])
		}
		server := membership.ServerProfile{Window: next() * 50}
		r := audit(walk.NewAudit(walk.AuditOptions{Calls: 120, Server: server}, slices.Values(members)), scripted(func(membership.Query) answer {
			a := answer{received: next() - 1, count: next() * (next() - 2)}
			for range max(0, a.received) % 50 {
				p := members[next()*7%len(members)].Profile
				a.rows = append(a.rows, row(p.User+membership.UserID(next()/200*5_000), membership.In, p.FirstName, p.LastName, string(rune('a'+next()%26))))
			}
			return a
		}))
		require.LessOrEqual(t, r.Calls, 120)
		require.LessOrEqual(t, r.Confirmed, r.Known)
		require.GreaterOrEqual(t, r.Confirmed, 0)
		for _, user := range r.Suspects {
			require.LessOrEqual(t, int(user), len(members))
		}
	})
}
