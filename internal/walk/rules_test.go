package walk_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// variants are what a server may be like, as far as anybody claims.
var variants = []rules{
	{},
	{cap: 1_000},
	{cap: 200},
	{cap: 200, lists: "cap=200"},
	{search: "transliterate"},
	{search: "split-usernames"},
	{search: "no-usernames"},
	{search: "keep-marks"},
	{search: "fold-fancy"},
	{search: "inner"},
	{search: "order=joining"},
	{search: "order=shuffled"},
	{lists: "ghosts=10"},
	{lists: "ghosts=50"},
	{lists: "count-noise=10"},
	{lists: "counts=cut"},
	{lists: "counts=absent"},
	{lists: "short-pages=5"},
	{lists: "count-deleted"},
	{lists: "slack=3"},
	{churn: 5},
	{search: "no-usernames,transliterate,order=shuffled", lists: "ghosts=20,count-noise=5,short-pages=7", cap: 1_000, churn: 10},
}

// What a walk says it missed is what it missed, whatever the server is like.
func TestScaleMissingIsReported(t *testing.T) {
	const members = 20_000
	for _, r := range variants {
		for _, p := range []people.Profile{people.International, people.Russian} {
			t.Run(p.String()+" "+r.String(), func(t *testing.T) {
				o := r.options(t, world.Options{Seed: 12, Members: members, Profile: p})
				out, s := walked(t, o, membership.Normal)
				now := s.truth(o.Search)
				require.Greater(t, now.share(out), r.least(), "percent of the reachable, after %d calls", len(out.pages))

				c := membership.Certify(membership.Walk{Checkpoint: out.final}, out.final.In, nil, members, 0)
				require.False(t, c.Coverage.Complete)
				deleted := members - now.listed
				require.InDelta(t, now.missed(out)+deleted, c.Unknown, float64(r.moved(len(out.pages))), "in the group and not seen")
				if o.Lists.Counts == world.CountsTrue && !o.Lists.CountDeleted {
					slack := r.moved(len(out.pages)) + members*o.Lists.CountNoise/1000
					require.InDelta(t, now.missed(out), c.Listed-c.Proven, float64(slack), "listed and not seen")
				}
			})
		}
	}
}

// moved is how many people may have come or gone during so many calls.
func (r rules) moved(calls int) int {
	if r.churn == 0 {
		return 0
	}
	return calls/r.churn + 1
}

// least is the percentage of the reachable that a walk of 20,000 at the normal level shows in each variant, a little under what was measured.
// Ghosts are among the reachable, though nobody can show them.
func (r rules) least() float64 {
	switch {
	case r.cap == 1_000 && r.search != "":
		return 90
	case r.cap == 200, r.lists == "ghosts=50":
		return 91
	case r.search == "inner":
		return 85
	case r.search == "no-usernames":
		return 93
	}
	return 96.5
}

// A walk finds out by what the server searches, from rows that it cannot explain and people who do not come.
func TestScaleRuleIsLearned(t *testing.T) {
	plain := membership.SearchRule{Usernames: true, Marks: true}
	with := func(change func(*membership.SearchRule)) membership.SearchRule {
		r := plain
		change(&r)
		return r
	}
	for _, tt := range []struct {
		search  string
		profile people.Profile
		want    membership.SearchRule
	}{
		{"", people.International, plain},
		{"", people.Russian, plain},
		{"", people.Persian, plain},
		{"", people.Chinese, plain},
		{"order=shuffled", people.International, plain},
		{"transliterate", people.Russian, with(func(r *membership.SearchRule) { r.Transliterate = true })},
		{"transliterate", people.International, with(func(r *membership.SearchRule) { r.Transliterate = true })},
		{"split-usernames", people.Russian, with(func(r *membership.SearchRule) { r.Split = true })},
		{"split-usernames", people.International, with(func(r *membership.SearchRule) { r.Split = true })},
		{"no-usernames", people.International, with(func(r *membership.SearchRule) { r.Usernames = false })},
		{"no-usernames", people.Russian, with(func(r *membership.SearchRule) { r.Usernames = false })},
		{"inner", people.International, with(func(r *membership.SearchRule) { r.Inner = true })},
	} {
		t.Run(tt.profile.String()+" "+tt.search, func(t *testing.T) {
			for _, seed := range []uint64{21, 22} {
				o := rules{search: tt.search}.options(t, world.Options{Seed: seed, Members: 30_000, Profile: tt.profile})
				out, _ := walked(t, o, membership.Normal)
				require.Equal(t, tt.want, out.final.Search.Server.Rule, "seed %d", seed)
			}
		})
	}
}

// What one walk measured is where the next begins.
func TestNextWalkBeginsWithWhatWasMeasured(t *testing.T) {
	o := rules{search: "no-usernames", cap: 200}.options(t, world.Options{Seed: 13, Members: 20_000})
	first, s := walked(t, o, membership.Normal)
	opt := group(o.Members, membership.Normal)
	opt.Server = first.final.Search.Server
	second := conduct(t, walk.New(opt), s, 0)
	for _, p := range second.pages {
		require.False(t, p.After.Search.Server.Rule.Usernames, "the rule was forgotten, or unlearned")
		require.LessOrEqual(t, p.After.Search.Server.Window, 200)
	}
	require.LessOrEqual(t, len(second.pages), len(first.pages)+len(first.pages)/20)
}

// A server whose searches show more, or of other people, than an earlier walk measured is measured again.
func TestScaleServerThatChangedIsMeasuredAgain(t *testing.T) {
	s := simulate(t, world.Options{Seed: 14, Members: 30_000})
	opt := group(30_000, membership.Normal)
	opt.Server = membership.ServerProfile{Window: 200, Measured: true, Rule: membership.SearchRule{Usernames: false, Split: true}}
	o := conduct(t, walk.New(opt), s, 0)
	require.Greater(t, s.truth(world.SearchRules{}).share(o), 96.0)
	require.Greater(t, o.final.Search.Server.Window, 200)
}

func TestOrderIsMeasured(t *testing.T) {
	for order, want := range map[world.SearchOrder]bool{world.ByActivity: true, world.ByJoining: false, world.Shuffled: false} {
		o, _ := walked(t, world.Options{Seed: 15, Members: 20_000, Search: world.SearchRules{Order: order}}, membership.Normal)
		require.Equal(t, want, o.final.Search.Server.Ordered, "order %d", order)
	}
}

func TestGhostsAreMeasured(t *testing.T) {
	for perMille, margin := range map[int]float64{0: 0, 10: 0.004, 50: 0.015} {
		o, _ := walked(t, world.Options{Seed: 16, Members: 60_000, Lists: world.ListRules{Ghosts: perMille}}, membership.Normal)
		require.InDelta(t, float64(perMille)/1000, o.final.Search.Server.Ghosts, margin)
	}
}

// A level higher shows more people for more calls.
func TestLevels(t *testing.T) {
	s := simulate(t, world.Options{Seed: 17, Members: 25_000, Profile: people.Chinese})
	in, calls := 0, 0
	for _, level := range []membership.Level{membership.Fast, membership.Normal, membership.Thorough, membership.Exhaustive} {
		o := conduct(t, walk.New(group(25_000, level)), s, 0)
		require.Greater(t, o.final.In, in, "%v", level)
		require.Greater(t, o.final.Calls, calls, "%v", level)
		require.Equal(t, level, o.final.Level)
		in, calls = o.final.In, o.final.Calls
	}
	require.Greater(t, in, 24_000*98/100)
}

// The walk reads the recent list's count once more when it ends. A list that shows the administrators alone by then does not count the group.
func TestMembersHiddenMeanwhileAreStillCounted(t *testing.T) {
	s := simulate(t, world.Options{Seed: 18, Members: 11_000})
	searched := false
	o := conduct(t, walk.New(group(11_000, membership.Normal)), scripted(func(q membership.Query) answer {
		a := s.answer(q)
		if searched = searched || q.List == membership.ListSearch; searched && q.List == membership.ListRecent {
			a.rows, a.received, a.count = a.rows[:8], 8, 8
		}
		return a
	}), 0)
	require.True(t, searched)
	require.Greater(t, o.final.Counts[membership.ListRecent], 10_000)
}

// Texts that Telegram does not take are answered by a refusal: the people behind them are looked for under longer ones.
func TestRefusedTextsAreSearchedOtherwise(t *testing.T) {
	s := simulate(t, world.Options{Seed: 12, Members: 20_000})
	out := conduct(t, walk.New(group(20_000, membership.Normal)), scripted(func(q membership.Query) answer {
		if q.List == membership.ListSearch && len([]rune(q.Text)) == 1 && strings.ContainsAny(q.Text, "aems") {
			return answer{received: -1}
		}
		return s.answer(q)
	}), 0)
	require.Greater(t, s.truth(world.SearchRules{}).share(out), 95.0)
}
