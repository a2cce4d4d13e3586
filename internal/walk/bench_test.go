package walk_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// table is where BenchmarkWalk writes what it measured: docs/benchmarks.md. Without it the tables are short ones, on standard output.
var table = flag.String("table", "", "file for the whole tables of BenchmarkWalk")

// scope is how much of the tables is made.
type scope struct {
	sizes []int
	rules []rules // of the tables by size
	short bool
}

var (
	whole = scope{sizes: []int{1_000, 10_000, 20_000, 50_000, 200_000}, rules: []rules{{}, {cap: 1_000}, {cap: 200}, {cap: 200, lists: "cap=200"}}}
	brief = scope{sizes: []int{1_000, 10_000, 50_000}, rules: []rules{{}, {cap: 200}}, short: true}
)

// seeds are those of the tables. Nothing was tuned on them.
func (s scope) seeds(members int) []uint64 {
	if s.short || members >= 200_000 {
		return []uint64{101}
	}
	return []uint64{101, 102}
}

var everyProfile = []people.Profile{people.International, people.Russian, people.Persian, people.Chinese}

// column is how far a walker came.
type column struct{ reached, ratio, calls float64 }

func (c column) String() string { return fmt.Sprintf("%.1f %% · %.2f", c.reached, c.ratio) }

// plus adds a share of another run, for the mean.
func (c column) plus(d column, runs int) column {
	n := float64(runs)
	return column{c.reached + d.reached/n, c.ratio + d.ratio/n, c.calls + d.calls/n}
}

// goals are the coverages whose cost the tables show.
var goals = []float64{90, 95, 98, 99}

// result is the mean over the seeds.
type result struct {
	column
	at             [4]float64 // ratio at each of goals; not a number where one seed did not come so far
	reported, true float64    // people missing
	loop, az, gotd column
}

// bench walks a group of each seed.
func (s scope) bench(b *testing.B, name string, r rules, profile people.Profile, members int, level membership.Level) (mean result) {
	b.Run(name, func(b *testing.B) {
		mean = result{}
		for _, seed := range s.seeds(members) {
			o := r.options(b, world.Options{Seed: seed, Members: members, Profile: profile})
			b.StopTimer()
			g := simulate(b, o)
			tr := g.truth(o.Search)
			b.StartTimer()
			out := conduct(b, walk.New(group(members, level)), g, len(tr.reachable), goals...)
			b.StopTimer()
			n := len(s.seeds(members))
			mean.column = mean.plus(tr.column(out), n)
			for i, goal := range goals {
				if calls := out.marks[goal]; calls > 0 {
					mean.at[i] += tr.ratio(calls) / float64(n)
				} else {
					mean.at[i] = math.NaN()
				}
			}
			mean.reported += float64(out.final.Counts[membership.ListRecent]-out.final.In) / float64(n)
			mean.true += float64(tr.missed(out)) / float64(n)
			mean.loop = mean.loop.plus(tr.column(telethon(g)), n)
			mean.az = mean.az.plus(tr.column(letters(g)), n)
			mean.gotd = mean.gotd.plus(tr.column(iterator(g)), n)
			b.StartTimer()
		}
		b.ReportMetric(mean.reached, "%reached")
		b.ReportMetric(mean.calls, "calls")
		b.ReportMetric(mean.ratio, "ratio")
	})
	return mean
}

func (t truth) column(o outcome) column {
	return column{reached: t.share(o), ratio: t.ratio(len(o.pages)), calls: float64(len(o.pages))}
}

// follow reads a list until an empty page.
func (o *outcome) follow(s server, q membership.Query, ends func(received int) bool) {
	for {
		a := s.answer(q)
		o.pages = append(o.pages, membership.Page{Query: q})
		for _, r := range a.rows {
			o.seen[r.Sighting.User] = true
		}
		if ends(a.received) {
			return
		}
		q.Offset += a.received
	}
}

func empty(received int) bool { return received == 0 }

func unseen() outcome { return outcome{seen: make(map[membership.UserID]bool)} }

// telethon is the loop of Telethon's iter_participants: the empty search by pages of 200, until an empty page.
func telethon(s server) outcome {
	o := unseen()
	o.follow(s, membership.Query{List: membership.ListSearch}, empty)
	return o
}

// letters is what Telethon's aggressive mode did, and many scrapers do: a search for each Latin letter.
func letters(s server) outcome {
	o := unseen()
	for c := 'a'; c <= 'z'; c++ {
		o.follow(s, membership.Query{List: membership.ListSearch, Text: string(c)}, empty)
	}
	return o
}

// iterator is gotd's participants iterator over the recent list with a batch of 200 (its default is 1).
func iterator(s server) outcome {
	o := unseen()
	o.follow(s, membership.Query{List: membership.ListRecent}, empty)
	return o
}

// BenchmarkWalk measures what walks of simulated groups cost, and how far they come. It is made once, whatever -benchtime says else.
func BenchmarkWalk(b *testing.B) {
	s := brief
	if *table != "" {
		s = whole
	}
	var text strings.Builder
	text.WriteString(benchHead)
	first := map[string]float64{}
	for _, r := range s.rules {
		s.bySize(b, &text, r, first)
		save(b, text.String())
	}
	for _, part := range []func(){
		func() { s.rewalks(b, &text, first) }, func() { s.rolling(b, &text) }, func() { s.servers(b, &text) }, func() { s.levels(b, &text) },
	} {
		part()
		save(b, text.String())
	}
	if s.short {
		_, err := fmt.Fprint(os.Stdout, text.String())
		require.NoError(b, err)
	}
}

// save writes the tables as far as they are made.
func save(b *testing.B, text string) {
	if *table == "" {
		return
	}
	require.NoError(b, os.MkdirAll(filepath.Dir(*table), 0o755))
	require.NoError(b, os.WriteFile(*table, []byte(text), 0o644))
}

const benchHead = `# What a walk costs, and how far it comes

Made by ` + "`make bench-walk`" + `, which writes this file anew; ` + "`make bench`" + ` prints the same tables for fewer sizes and seeds. All of it is simulated: the groups, their names and the server's rules are those of
internal/tgsim. Nothing was measured on Telegram, whose rules are not documented. Each line is the mean over two seeds that nothing was tuned on (one of
200,000 members); the same code gives the same figures again. Four calls of each walk are for administrators, bots, banned and restricted.

*Reached* is the share of the members who can be reached at all: they are not deleted, and have a letter or digit in a searched name or stand where
the recent list can be read. *Ratio* is calls divided by ⌈reachable / 200⌉, the least that anybody could need: no query leaves out whom one knows, so
1 cannot be had beyond what a list shows. *At 95 %* is the ratio when so many were reached; a dash stands where a walk ended before. *Missing* is how
many of the listed the walk says it did not see, and how many that were.

The plain loops read the same server: Telethon's (the empty search to its end), a search for each of a to z, and gotd's iterator over the recent list
with a batch of 200 (its default is 1). Each ends on an empty page, as they do.
`

// bySize is the table of a server. Of the server as expected it notes how many calls were made.
func (s scope) bySize(b *testing.B, text *strings.Builder, r rules, first map[string]float64) {
	fmt.Fprintf(text, "\n## By size, normal level: %s\n\n", r.title())
	text.WriteString("| group | reached · ratio | calls | at 90 % | 95 % | 98 % | 99 % | missing said / true | Telethon | a–z | gotd |\n")
	text.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, members := range s.sizes {
		for _, profile := range everyProfile {
			m := s.bench(b, fmt.Sprintf("%v/%v/%d", r, profile, members), r, profile, members, membership.Normal)
			fmt.Fprintf(text, "| %s | %v | %.0f | %s | %.0f / %.0f | %v | %v | %v |\n",
				named(members, profile), m.column, m.calls, m.marks(), m.reported, m.true, m.loop, m.az, m.gotd)
			if r == (rules{}) {
				first[named(members, profile)] = m.calls
			}
		}
	}
}

func (m result) marks() string {
	var out []string
	for _, ratio := range m.at {
		if math.IsNaN(ratio) {
			out = append(out, "–")
			continue
		}
		out = append(out, fmt.Sprintf("%.2f", ratio))
	}
	return strings.Join(out, " | ")
}

// title says in words what the server is like.
func (r rules) title() string {
	switch {
	case r.lists == "cap=200":
		return "200 rows of any list"
	case r.cap > 0:
		return fmt.Sprintf("%d rows of a search", r.cap)
	}
	return "10,000 rows of a search"
}

func (s scope) levels(b *testing.B, text *strings.Builder) {
	if s.short {
		return
	}
	text.WriteString("\n## By level, 10,000 rows of a search\n\n| group | fast | normal | thorough | exhaustive |\n|---|---|---|---|---|\n")
	for _, members := range []int{20_000, 50_000, 200_000} {
		for _, profile := range everyProfile {
			fmt.Fprintf(text, "| %s |", named(members, profile))
			for _, level := range []membership.Level{membership.Fast, membership.Normal, membership.Thorough, membership.Exhaustive} {
				fmt.Fprintf(text, " %v |", s.bench(b, fmt.Sprintf("%v/%d/%v", profile, members, level), rules{}, profile, members, level).column)
			}
			text.WriteString("\n")
		}
	}
}

// servers are the variants of the server that do not move by themselves.
func (s scope) servers(b *testing.B, text *strings.Builder) {
	text.WriteString("\n## By server, 20,000 members, normal level\n\n| server | intl | missing said / true | ru | missing said / true |\n|---|---|---|---|---|\n")
	for _, r := range variants {
		if r.churn > 0 {
			continue
		}
		fmt.Fprintf(text, "| %v |", r)
		for _, profile := range []people.Profile{people.International, people.Russian} {
			m := s.bench(b, fmt.Sprintf("%v/%v/20000", r, profile), r, profile, 20_000, membership.Normal)
			said := fmt.Sprintf("%.0f", m.reported)
			if strings.HasPrefix(r.lists, "counts=") {
				said = "group's size less seen" // the recent list has no true count there
			}
			fmt.Fprintf(text, " %v | %s / %.0f |", m.column, said, m.true)
		}
		text.WriteString("\n")
	}
}
