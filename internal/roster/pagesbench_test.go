package roster_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// A walk of 200,000 members by searches: so many pages, which show so many people again (walk.md §4).
const (
	searchPages   = 2_300
	searchRepeats = 240_000
)

// searchScript is such a walk: what is new becomes less from page to page, and what is repeated more.
func searchScript(members []membership.Row) script {
	random := rand.New(rand.NewPCG(7, 8))
	s := make(script, 0, searchPages)
	c := first(len(members))
	rows, repeats := 0, 0
	for i := range searchPages {
		p := membership.Page{Group: testGroup, Walk: 1, Query: c.Next, Received: membership.PageLimit, Count: 5000, Calls: 1}
		end := len(members) * (i + 1) / searchPages
		p.Rows, rows = members[rows:end], end
		for j := range searchRepeats*(i+1)/searchPages - repeats {
			p.Again = append(p.Again, membership.Repeat{Place: 2 * j, User: members[random.IntN(end)].Sighting.User})
		}
		repeats += len(p.Again)
		c.Pages++
		c.Rows += len(p.Rows) + len(p.Again)
		c.Next = membership.Query{List: membership.ListSearch, Text: benchName(random)[:2], Offset: 200 * (i % 50)}
		c.Search.Open = nil
		for n := range 20 {
			c.Search.Open = append(c.Search.Open, membership.Partition{Text: benchName(random)[:3], Count: 900, Missing: 60 - n})
		}
		c.Search.Server = membership.ServerProfile{Window: 10_000, Ghosts: 0.0123, Rule: membership.SearchRule{Usernames: true, Marks: true}}
		if i == searchPages-1 {
			c.Next = membership.Query{}
		}
		p.After = c
		s = append(s, p)
	}
	return s
}

// BenchmarkSearchWalk200k is a walk by searches: staged, read again as one that goes on does, and merged.
func BenchmarkSearchWalk200k(b *testing.B) {
	var members []membership.Row
	for _, rows := range benchPages(benchMembers, 1_780_000_000) {
		members = append(members, rows...)
	}
	s := searchScript(members)
	ctx := context.Background()
	b.ReportAllocs()
	var cpu, replayed time.Duration
	var open, used int64
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "roster.db")
		r, err := roster.Open(path, roster.Options{})
		require.NoError(b, err)
		began := cpuTime()
		_, err = r.BeginWalk(ctx, testGroup, first(benchMembers))
		require.NoError(b, err)
		for _, p := range s {
			require.NoError(b, r.StagePage(ctx, p))
		}
		cpu += cpuTime() - began
		b.StopTimer()
		require.NoError(b, r.Close())
		open = usedBytes(b, path)
		r, err = roster.Open(path, roster.Options{})
		require.NoError(b, err)
		replayed += replayAll(b, r)
		b.StartTimer()
		began = cpuTime()
		_, err = r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
		require.NoError(b, err)
		cpu += cpuTime() - began
		b.StopTimer()
		_, err = r.FinishWalk(ctx, testGroup, benchMembers)
		require.NoError(b, err)
		require.NoError(b, r.Close())
		used = usedBytes(b, path)
		require.NoError(b, os.Remove(path))
		b.StartTimer()
	}
	b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(replayed.Milliseconds())/float64(b.N), "replay-ms/op")
	b.ReportMetric(float64(open)/benchMembers, "staged-B/member")
	b.ReportMetric(float64(used)/benchMembers, "B/member")
}

// replayAll reads the pages of the open walk.
func replayAll(b *testing.B, r *roster.Roster) time.Duration {
	b.Helper()
	rows, repeats := 0, 0
	began := time.Now()
	for p, err := range r.Pages(context.Background(), testGroup, 1) {
		require.NoError(b, err)
		rows += len(p.Rows)
		repeats += len(p.Again)
	}
	took := time.Since(began)
	require.Equal(b, []int{benchMembers, searchRepeats}, []int{rows, repeats})
	return took
}
