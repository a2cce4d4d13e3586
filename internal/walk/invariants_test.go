package walk_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// The server's lists show nobody of those known, though their counts are those of the known who match. A walker that took the counts for
// proof would close every prefix.
func TestI1CountsCloseNothingBeforeTheRuleIsBorneOut(t *testing.T) {
	const sample, letters = 2_000, "abcd"
	name := func(i int) string {
		var out []byte
		for ; len(out) < 6; i /= len(letters) {
			out = append(out, letters[i%len(letters)])
		}
		return string(out)
	}
	liar := scripted(func(q membership.Query) answer {
		a := answer{count: 30_000}
		switch q.List {
		case membership.ListRecent:
			for i := q.Offset; i < min(q.Offset+200, sample); i++ {
				a.rows = append(a.rows, row(membership.UserID(1+i), membership.In, name(i), "", ""))
			}
		case membership.ListSearch:
			a.count = 0
			for i := range sample {
				if strings.HasPrefix(name(i), q.Text) {
					if a.count++; a.count > q.Offset && len(a.rows) < membership.PageLimit {
						a.rows = append(a.rows, row(membership.UserID(1_000_000+i), membership.In, name(i), "", ""))
					}
				}
			}
		default:
			a.count = 0
		}
		a.received = len(a.rows)
		return a
	})
	o := conduct(t, walk.New(group(30_000, membership.Normal)), liar, 0)
	require.Greater(t, o.final.Search.Complete, 3)
	require.Zero(t, o.final.Search.Explained)
}

// A server that stops to search usernames in the middle of a walk makes all counts by the old rule worthless.
func TestI1PrefixesAreOpenAgainUnderAnotherRule(t *testing.T) {
	o := world.Options{Seed: 3, Members: 30_000, Profile: people.Russian, Lists: world.ListRules{Ghosts: 10}}
	first := simulate(t, o)
	o.Search.NoUsernames = true
	second := simulate(t, o) // the same people
	w, change := walk.New(group(o.Members, membership.Thorough)), 0
	out := conduct(t, w, scripted(func(q membership.Query) answer {
		cp := w.Checkpoint()
		if change == 0 && cp.Search.Explained > 3 {
			change = cp.Calls
		}
		if change > 0 {
			return second.answer(q)
		}
		return first.answer(q)
	}), 0)
	require.Positive(t, change, "nothing was closed that could be open again")
	require.False(t, out.final.Search.Server.Rule.Usernames, "the rule was not mended")
	at := slices.IndexFunc(out.pages, func(p membership.Page) bool { return !p.After.Search.Server.Rule.Usernames })
	require.Greater(t, at, change)
	before, after := out.pages[at-1].After.Search, out.pages[at].After.Search
	require.Greater(t, before.Explained, 3)
	require.Zero(t, after.Explained)
	require.Greater(t, second.truth(o.Search).share(out), 95.0)
}

// A rule that is mended among the first initials makes what was known of all anew, and the rest of the initials are asked for all the same: without
// their counts the plan reads lists whole that cannot be read to their end.
func TestARuleMendedAmongTheInitialsKeepsTheRest(t *testing.T) {
	r := rules{search: "transliterate"}
	o, _ := walked(t, r.options(t, world.Options{Seed: 8, Members: 20_000}), membership.Normal)
	mended := slices.IndexFunc(o.pages, func(p membership.Page) bool { return p.After.Search.Server.Rule.Transliterate })
	initials := 0
	for _, p := range o.pages[mended+1:] {
		if q := p.Query; q.List == membership.ListSearch && utf8.RuneCountInString(q.Text) > 1 {
			break
		}
		initials++
	}
	require.Greater(t, initials, 15)
}

// A list that was read to its end is never asked again, whatever else was learned.
func TestI2AListReadToItsEndIsFinal(t *testing.T) {
	for _, r := range variants {
		t.Run(r.String(), func(t *testing.T) {
			o, _ := walked(t, r.options(t, world.Options{Seed: 5, Members: 14_000}), membership.Thorough)
			ended, rows, count := map[membership.Query]int{}, map[membership.Query]int{}, map[membership.Query]int{} // by list and text
			for i, p := range o.pages {
				q := p.Query
				q.Offset = 0
				if end, over := ended[q]; over {
					last := i == len(o.pages)-1 && q.List == membership.ListRecent
					require.True(t, last, "%+v was asked as call %d, read to its end by call %d", p.Query, i, end)
				}
				if p.Query.Offset == 0 {
					count[q] = p.Count
				}
				rows[q] += p.Received
				if rows[q] >= count[q] && count[q] > 0 || p.Received == 0 && rows[q] == p.Query.Offset {
					ended[q] = i
				}
			}
			require.Subset(t, o.final.Full, o.pages[len(o.pages)/2].After.Full, "a list that was full is so no more")
		})
	}
}

// The walk counts everybody whom the lists of members showed, each once, and forgets nobody who leaves.
func TestI3PeopleAreOnlyAdded(t *testing.T) {
	r := rules{churn: 1}
	o, _ := walked(t, r.options(t, world.Options{Seed: 6, Members: 14_000}), membership.Normal)
	in := 0
	for _, p := range o.pages {
		require.GreaterOrEqual(t, p.After.In, in)
		in = p.After.In
	}
	require.Equal(t, len(o.seen), in)
}

// Counts of later pages are cut to what can be read. They say how much that is, and nothing of the list.
func TestI4CountsAreThoseOfFirstPages(t *testing.T) {
	for _, window := range []int{200, 1_000} {
		t.Run(strconv.Itoa(window), func(t *testing.T) {
			o, _ := walked(t, world.Options{Seed: 8, Members: 20_000, SearchCap: window}, membership.Normal)
			require.True(t, o.final.Search.Server.Measured)
			require.Equal(t, window, o.final.Search.Server.Window)

			first, cut := map[string]int{}, 0
			for _, p := range o.pages {
				if q := p.Query; q.List == membership.ListSearch && q.Offset == 0 {
					first[q.Text] = p.Count
				}
				require.Len(t, p.After.Search.Open, min(p.After.Search.Unfinished, membership.OpenNamed))
				for _, open := range p.After.Search.Open {
					require.Equal(t, first[open.Text], open.Count, "count of %q", open.Text)
					if open.Count > window {
						cut++
					}
				}
			}
			require.Positive(t, cut)
			require.Greater(t, o.final.Search.Unfinished, membership.OpenNamed)
		})
	}
}

// One full page in two ends a row early. Reading on by the page's limit would skip the row.
func TestI5OffsetsAdvanceByRowsReceived(t *testing.T) {
	r := rules{lists: "short-pages=2", search: "order=shuffled"}
	o, _ := walked(t, r.options(t, world.Options{Seed: 9, Members: 14_000}), membership.Normal)
	next, short := map[membership.Query]int{}, 0
	for i, p := range o.pages {
		q := p.Query
		q.Offset = 0
		if i < len(o.pages)-1 { // the last reads the head of the recent list again
			require.Equal(t, next[q], p.Query.Offset, "%v %q", p.Query.List, p.Query.Text)
		}
		next[q] = p.Query.Offset + p.Received
		if p.Received == membership.PageLimit-1 {
			short++
		}
	}
	require.Greater(t, short, 20)
}

func TestI5OffsetsCountChannels(t *testing.T) {
	o := conduct(t, walk.New(group(300, membership.Normal)), scripted(func(q membership.Query) answer {
		a := answer{count: 300, received: min(200, max(0, 300-q.Offset))}
		if q.List != membership.ListKicked {
			return answer{}
		}
		for i := 1; i < a.received; i += 2 {
			a.rows = append(a.rows, row(membership.UserID(q.Offset+i), membership.Out, "A", "", ""))
		}
		return a
	}), 0)
	require.Contains(t, queries(o), membership.Query{List: membership.ListKicked, Offset: 200})
	require.Equal(t, 150, o.final.Rows)
}

func queries(o outcome) []membership.Query {
	out := make([]membership.Query, 0, len(o.pages))
	for _, p := range o.pages {
		out = append(out, p.Query)
	}
	return out
}

// No call is made twice, but that the head of the recent list is looked at again at the end.
func TestI6EachCallReadsSomethingNew(t *testing.T) {
	for _, r := range variants {
		t.Run(r.String(), func(t *testing.T) {
			o, _ := walked(t, r.options(t, world.Options{Seed: 10, Members: 13_000}), membership.Exhaustive)
			requireNoneTwice(t, o)
		})
	}
}

func requireNoneTwice(tb require.TestingT, o outcome) {
	made := make(map[membership.Query]bool, len(o.pages))
	for i, p := range o.pages {
		head := p.Query == membership.Query{List: membership.ListRecent}
		if !head || i < len(o.pages)-1 {
			require.False(tb, made[p.Query], "%+v was asked twice", p.Query)
		}
		made[p.Query] = true
	}
}

// Telegram ignores some texts and lists everybody instead. One page of such a list is read, and the names behind it are found otherwise.
func TestI7IgnoredSearchesAreNoPrefixes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		ignored func(text string) bool
		share   float64
	}{
		{"of one letter", func(text string) bool { return len([]rune(text)) == 1 }, 95},
		{"of a's", func(text string) bool { return text == "a" }, 97},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := simulate(t, world.Options{Seed: 11, Members: 20_000})
			o := conduct(t, walk.New(group(20_000, membership.Normal)), scripted(func(q membership.Query) answer {
				if q.List == membership.ListSearch && tt.ignored(q.Text) {
					q.Text = ""
				}
				return s.answer(q)
			}), 0)
			for _, p := range o.pages {
				if p.Query.List == membership.ListSearch && tt.ignored(p.Query.Text) {
					require.Zero(t, p.Query.Offset, "%q was read on", p.Query.Text)
				}
			}
			require.Greater(t, s.truth(world.SearchRules{}).share(o), tt.share)
		})
	}
}
