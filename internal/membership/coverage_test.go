package membership_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

func TestWhyCoverageIsNotComplete(t *testing.T) {
	open := func(n int) (all []membership.Partition) {
		for range n {
			all = append(all, membership.Partition{Text: "an", Count: 400, Missing: 12})
		}
		return all
	}
	searched := func(missing int, s membership.Search) membership.Certificate {
		s.Prefixes = max(1, s.Prefixes)
		return membership.Certificate{Proven: 25_000 - missing, Listed: 25_000, TotalBefore: 25_000, TotalAfter: 25_000, Search: s}
	}
	const window = "Telegram shows no more than 10,000 rows of a list"
	for _, tt := range []struct {
		name string
		c    membership.Certificate
		want []string
	}{
		{"everybody", membership.Certificate{Proven: 3, Listed: 3, TotalBefore: 3, TotalAfter: 3}, nil},
		{"everybody, searched", searched(0, membership.Search{Server: membership.ServerProfile{Ghosts: 0.01}}), nil},
		{"somebody came", membership.Certificate{Proven: 4, Listed: 4, TotalBefore: 3, TotalAfter: 4}, []string{
			"the group changed during the walk, from 3 to 4 members",
		}},
		{"rows lost", membership.Certificate{Proven: 2, Listed: 3, TotalBefore: 3, TotalAfter: 3}, []string{"1 of the 3 listed were not shown"}},
		{"deleted", membership.Certificate{Proven: 3, Listed: 3, TotalBefore: 4, TotalAfter: 4}, []string{
			"1 is counted but in no list, most likely a deleted account",
		}},
		{"interrupted for long", membership.Certificate{Proven: 3, Listed: 3, TotalBefore: 3, TotalAfter: 3, Started: 1, Ended: 5*3600 + 1}, []string{
			"the walk took 5 hours, and does not show who joined or left meanwhile",
		}},
		{"channel", membership.Certificate{
			Proven: 200, Listed: 200, TotalBefore: 900, TotalAfter: 900, Truncated: []membership.List{membership.ListRecent},
		}, []string{
			"Telegram shows only the first rows of the recent list",
			"700 are counted but in no list, most likely since Telegram counts a list only as far as it shows it, or deleted accounts",
		}},
		{"one beginning", searched(12, membership.Search{Unfinished: 1, Open: open(1)}), []string{
			`12 of the 25,000 listed were not found: ` + window + `; names that begin with "an" hold 12 who were not shown`,
		}},
		{"some beginnings, and ghosts", searched(40, membership.Search{Unfinished: 3, Open: open(3), Server: membership.ServerProfile{Ghosts: 0.001}}), []string{
			`40 of the 25,000 listed were not found: ` + window + `; 3 beginnings of names hold people who were not shown, most of all "an" with 12; ` +
				"about 25 are most likely counted and in no list at all",
		}},
		{"many beginnings of a short window", searched(900, membership.Search{Unfinished: 1_234, Open: open(20), Server: membership.ServerProfile{Window: 200, Measured: true}}), []string{
			"900 of the 25,000 listed were not found: Telegram shows no more than 200 rows of a search; 1,234 beginnings of names hold people who were " +
				`not shown, most of all "an" with 12`,
		}},
		{"nameless", searched(5, membership.Search{}), []string{
			"5 of the 25,000 listed were not found: " + window + "; no beginning of a name that was searched for holds them",
		}},
		{"kicked beyond the window, recent searched", func() membership.Certificate {
			c := searched(0, membership.Search{})
			c.Truncated = []membership.List{membership.ListRecent, membership.ListKicked}
			return c
		}(), []string{"Telegram shows only the first rows of the kicked list"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := membership.CoverageOf(tt.c)
			require.ElementsMatch(t, tt.want, got.Reasons)
			require.Equal(t, len(tt.want) == 0, got.Complete)
		})
	}
}

// What was searched for comes out of names that people give themselves.
func TestReasonsAreSafe(t *testing.T) {
	hostile := "a\x1b[2J\u202e\"; complete\n" + strings.Repeat("名", 64)
	c := membership.Certificate{Proven: 1, Listed: 2, TotalBefore: 2, TotalAfter: 2, Search: membership.Search{
		Prefixes: 1, Unfinished: 1, Open: []membership.Partition{{Text: hostile, Count: 2, Missing: 1}},
	}}
	reason := membership.CoverageOf(c).Reasons[0]
	require.NotContains(t, reason, "\x1b")
	require.NotContains(t, reason, "\u202e")
	require.NotContains(t, reason, "\n")
	require.Contains(t, reason, `\"; complete\n`)
	require.Less(t, len(reason), 300)
}
