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

// scope is how much of the tables is made. Nothing was tuned on its seeds.
type scope struct {
	sizes []int
	rules []rules // of the tables by size
	seeds []uint64
	days  int // of daily audits
	short bool
}

var (
	whole = scope{
		sizes: []int{1_000, 10_000, 20_000, 50_000, 200_000}, rules: []rules{{}, {cap: 1_000}, {cap: 200}, {cap: 200, lists: "cap=200"}},
		seeds: []uint64{101, 102}, days: 20,
	}
	brief = scope{sizes: []int{1_000, 10_000, 50_000}, rules: []rules{{}, {cap: 200}}, seeds: []uint64{101}, days: 10, short: true}
)

var everyProfile = []people.Profile{people.International, people.Russian, people.Persian, people.Chinese}

// cell is a walk that is measured.
type cell struct {
	rules
	profile people.Profile
	members int
	level   membership.Level
}

func (c cell) group() string { return fmt.Sprintf("%s %v", thousands(c.members), c.profile) }

// column is how far a walker came.
type column struct{ reached, ratio, calls float64 }

func (c column) String() string { return fmt.Sprintf("%.1f %% · %.2f", c.reached, c.ratio) }

// plus adds a share of another run, for the mean.
func (c column) plus(d column, runs int) column {
	n := float64(runs)
	return column{c.reached + d.reached/n, c.ratio + d.ratio/n, c.calls + d.calls/n}
}

// marks are the coverages whose cost the tables show; the goals are among them.
var marks = [...]float64{90, 93, 95, 96, 97, 97.5, 98, 98.5, 99}

// ratios are those at each of marks; not a number where so many were not reached.
type ratios [len(marks)]float64

func (r ratios) plus(s ratios, runs int) ratios {
	for i := range s {
		r[i] += s[i] / float64(runs)
	}
	return r
}

// result is what a walk came to, or the mean of walks.
type result struct {
	column
	at             ratios
	reported, true float64 // people missing
	loop, az, gotd column
}

func (m result) plus(r result, runs int) result {
	n := float64(runs)
	return result{
		column: m.column.plus(r.column, runs), at: m.at.plus(r.at, runs), reported: m.reported + r.reported/n, true: m.true + r.true/n,
		loop: m.loop.plus(r.loop, runs), az: m.az.plus(r.az, runs), gotd: m.gotd.plus(r.gotd, runs),
	}
}

// bench is what was measured so far, and the tables that were made of it.
type bench struct {
	scope
	*testing.B
	text   strings.Builder
	walks  map[cell][]result // by seed
	floors map[cell][]floors
	again  map[cell][][]rewalk // by churn and seed
}

// each runs what is measured of a cell, for each seed.
func (s *bench) each(name string, c cell, do func(b *testing.B, o world.Options)) {
	s.Run(fmt.Sprintf("%s/%v/%v/%d/%v", name, c.rules, c.profile, c.members, c.level), func(b *testing.B) {
		for seed := range s.seeds {
			do(b, s.seeded(b, c, seed))
		}
	})
}

// seeded is the group of a cell that is made from one of the seeds.
func (s *bench) seeded(b *testing.B, c cell, seed int) world.Options {
	b.Helper()
	return c.options(b, world.Options{Seed: s.seeds[seed], Members: c.members, Profile: c.profile})
}

// walked are the walks of a cell, which are made once.
func (s *bench) walked(c cell) []result {
	if s.walks[c] == nil {
		s.each("walk", c, func(b *testing.B, o world.Options) {
			b.StopTimer()
			g := simulate(b, o)
			tr := g.truth(o.Search)
			b.StartTimer()
			out := conduct(b, walk.New(group(c.members, c.level)), g, len(tr.reachable), marks[:]...)
			b.StopTimer()
			r := result{
				column: tr.column(out), loop: tr.column(telethon(g)), az: tr.column(letters(g)), gotd: tr.column(iterator(g)),
				reported: float64(out.final.Counts[membership.ListRecent] - out.final.In), true: float64(tr.missed(out)),
			}
			for i, mark := range marks {
				if r.at[i] = math.NaN(); out.marks[mark] > 0 {
					r.at[i] = tr.ratio(out.marks[mark])
				}
			}
			s.walks[c] = append(s.walks[c], r)
			b.ReportMetric(r.reached, "%reached")
			b.ReportMetric(r.calls, "calls")
			b.ReportMetric(r.ratio, "ratio")
			b.StartTimer()
		})
	}
	return s.walks[c]
}

// mean is the mean over the seeds.
func (s *bench) mean(c cell) (m result) {
	for _, r := range s.walked(c) {
		m = m.plus(r, len(s.seeds))
	}
	return m
}

// floor is what the walks of a cell could cost if all members were known: the mean over the seeds.
func (s *bench) floor(c cell) (m floors) {
	if s.floors[c] == nil {
		s.each("floor", c, func(b *testing.B, o world.Options) {
			g := simulate(b, o)
			s.floors[c] = append(s.floors[c], g.truth(o.Search).floor(g))
		})
	}
	for _, f := range s.floors[c] {
		m = floors{m.lists.plus(f.lists, len(s.seeds)), m.tails.plus(f.tails, len(s.seeds))}
	}
	return m
}

func (t truth) column(o outcome) column {
	return column{reached: t.share(o), ratio: t.ratio(len(o.pages)), calls: float64(len(o.pages))}
}

// follow reads a list until an empty page.
func (o *outcome) follow(s server, q membership.Query) {
	for {
		a := s.answer(q)
		o.pages = append(o.pages, membership.Page{Query: q})
		for _, r := range a.rows {
			o.seen[r.Sighting.User] = true
		}
		if a.received == 0 {
			return
		}
		q.Offset += a.received
	}
}

func unseen() outcome { return outcome{seen: make(map[membership.UserID]bool)} }

// telethon is the loop of Telethon's iter_participants: the empty search by pages of 200, until an empty page.
func telethon(s server) outcome {
	o := unseen()
	o.follow(s, membership.Query{List: membership.ListSearch})
	return o
}

// letters is what Telethon's aggressive mode did, and many scrapers do: a search for each Latin letter.
func letters(s server) outcome {
	o := unseen()
	for c := 'a'; c <= 'z'; c++ {
		o.follow(s, membership.Query{List: membership.ListSearch, Text: string(c)})
	}
	return o
}

// iterator is gotd's participants iterator over the recent list with a batch of 200 (its default is 1).
func iterator(s server) outcome {
	o := unseen()
	o.follow(s, membership.Query{List: membership.ListRecent})
	return o
}

// BenchmarkWalk measures what walks of simulated groups cost, and how far they come. It is made once, whatever -benchtime says else.
func BenchmarkWalk(b *testing.B) {
	s := &bench{scope: brief, B: b, walks: map[cell][]result{}, floors: map[cell][]floors{}, again: map[cell][][]rewalk{}}
	if *table != "" {
		s.scope = whole
	}
	s.text.WriteString(benchHead)
	for _, part := range []func(){s.goals, s.nearness, s.bySizes, s.rewalks, s.rolling, s.servers, s.levels} {
		part()
		s.save()
	}
	if s.short {
		_, err := fmt.Fprint(os.Stdout, s.text.String())
		require.NoError(b, err)
	}
}

// save writes the tables as far as they are made.
func (s *bench) save() {
	if *table == "" {
		return
	}
	require.NoError(s, os.MkdirAll(filepath.Dir(*table), 0o755))
	require.NoError(s, os.WriteFile(*table, []byte(s.text.String()), 0o644))
}
