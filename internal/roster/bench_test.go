package roster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

const benchMembers = 200_000

// benchPages are the pages of a walk of n members in the order of activity, which is no order of ids.
func benchPages(n int, read membership.Instant) [][]membership.Row {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	ids, names := map[membership.UserID]bool{}, map[string]bool{}
	rows := make([]membership.Row, 0, n)
	for len(rows) < n {
		id := membership.UserID(random.Uint64N(8_000_000_000) + 1)
		if ids[id] {
			continue
		}
		ids[id] = true
		name := benchName(random)
		for names[strings.ToLower(name)] {
			name = benchName(random)
		}
		names[strings.ToLower(name)] = true
		i := len(rows)
		rows = append(rows, membership.Row{
			Sighting: membership.Sighting{
				User: id, State: membership.State{Presence: membership.In, Role: membership.Member}, Dated: true,
				Date: read - membership.Instant(random.Int64N(50_000_000)) - 1000, Read: read + membership.Instant(i/200), Walk: 1, Row: uint32(i),
			},
			Profile: membership.Profile{
				User: id, FirstName: fmt.Sprintf("Name%d", i%5000), LastName: fmt.Sprintf("Fam%d", i%700), Username: name,
			},
		})
	}
	return slices.Collect(slices.Chunk(rows, 200))
}

// benchName is a username of 5 to 19 letters and digits, some with a capital at the front.
func benchName(random *rand.Rand) string {
	name := make([]byte, 0, 24)
	for range 5 + random.IntN(10) {
		name = append(name, "eeeaaaiioounnrrsstlldmkhvbgpcyzjfwxq"[random.IntN(36)])
	}
	if random.IntN(3) == 0 {
		name[0] -= 'a' - 'A'
	}
	switch random.IntN(3) {
	case 0:
		name = fmt.Append(name, random.IntN(100))
	case 1:
		name = fmt.Appendf(name, "_%d", 1960+random.IntN(60))
	}
	return string(name)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// stageAll stages the pages of one walk and leaves the checkpoint done.
func stageAll(tb testing.TB, r *roster.Roster, pages [][]membership.Row) membership.Walk {
	tb.Helper()
	w, err := r.BeginWalk(context.Background(), testGroup, first(len(pages)))
	require.NoError(tb, err)
	last := len(pages) - 1
	p := stageMore(tb, r, w, pages[:last])
	p.Query, p.Rows = p.After.Next, pages[last]
	p.Received = len(p.Rows)
	p.After = after(p)
	p.After.Next = membership.Query{}
	require.NoError(tb, r.StagePage(context.Background(), p))
	return w
}

// stageMore stages the next pages of a walk, of which others are to come, and returns the last of them.
func stageMore(tb testing.TB, r *roster.Roster, w membership.Walk, pages [][]membership.Row) membership.Page {
	tb.Helper()
	p := membership.Page{Group: testGroup, Walk: w.ID, Count: benchMembers, Calls: 1, After: w.Checkpoint}
	for _, rows := range pages {
		p.Query, p.Received, p.Rows = p.After.Next, len(rows), rows
		p.After = after(p)
		require.NoError(tb, r.StagePage(context.Background(), p))
	}
	return p
}

// after is where the walk stands after the page, by the one before: After is still that one's.
func after(p membership.Page) membership.Checkpoint {
	c := p.After
	c.Pages++
	c.Rows += len(p.Rows)
	c.Next.Offset += len(p.Rows)
	return c
}

func usedBytes(tb testing.TB, path string) (used int64) {
	tb.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	require.NoError(tb, err)
	require.NoError(tb, db.View(func(tx *bolt.Tx) error {
		used = tx.Size() - int64(db.Stats().FreePageN+db.Stats().PendingPageN)*int64(db.Info().PageSize)
		return nil
	}))
	require.NoError(tb, db.Close())
	return used
}

func BenchmarkStageAndMerge200k(b *testing.B) {
	pages := benchPages(benchMembers, 1_780_000_000)
	b.ReportAllocs()
	var used int64
	var cpu, rewalk time.Duration
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "roster.db")
		r, err := roster.Open(path, roster.Options{})
		require.NoError(b, err)
		began := cpuTime()
		stageAll(b, r, pages)
		_, err = r.MergeWalk(context.Background(), testGroup, membership.DefaultPolicy())
		require.NoError(b, err)
		cpu += cpuTime() - began
		b.StopTimer()
		_, err = r.FinishWalk(context.Background(), testGroup, benchMembers)
		require.NoError(b, err)
		c, err := r.Counts(context.Background(), testGroup)
		require.NoError(b, err)
		require.Equal(b, benchMembers, c.Presence[membership.In])
		require.Zero(b, c.LedgerEvents)
		require.NoError(b, r.Close())
		used = usedBytes(b, path)
		rewalk += benchRewalk(b, path, pages)
		require.NoError(b, os.Remove(path))
		b.StartTimer()
	}
	b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(rewalk.Milliseconds())/float64(b.N), "rewalk-ms/op")
	b.ReportMetric(float64(used)/benchMembers, "B/member")
}

// benchRewalk walks the unchanged group once more.
func benchRewalk(b *testing.B, path string, pages [][]membership.Row) time.Duration {
	b.Helper()
	r, err := roster.Open(path, roster.Options{})
	require.NoError(b, err)
	for _, rows := range pages {
		for i := range rows {
			rows[i].Sighting.Walk++
			rows[i].Sighting.Read += 3600
		}
	}
	began := time.Now()
	stageAll(b, r, pages)
	out, err := r.MergeWalk(context.Background(), testGroup, membership.DefaultPolicy())
	took := time.Since(began)
	require.NoError(b, err)
	require.Zero(b, out.Appended)
	require.NoError(b, r.Close())
	return took
}

// benchRoster is a roster of 200,000 members of whom every tenth is a subscriber.
func benchRoster(b *testing.B) (*roster.Roster, []membership.UserID) {
	b.Helper()
	pages := benchPages(benchMembers, membership.At(time.Now())-10_000)
	r, err := roster.Open(filepath.Join(b.TempDir(), "roster.db"), roster.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, r.Close()) })
	stageAll(b, r, pages)
	ctx := context.Background()
	_, err = r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
	require.NoError(b, err)
	_, err = r.FinishWalk(ctx, testGroup, benchMembers)
	require.NoError(b, err)
	var ids []membership.UserID
	batch := membership.Batch{Group: testGroup, Bot: testBot, Policy: membership.DefaultPolicy()}
	for _, rows := range pages {
		for i, row := range rows {
			ids = append(ids, row.Sighting.User)
			if i%10 == 0 {
				batch.Contacts = append(batch.Contacts, membership.Contact{User: row.Sighting.User, Kind: membership.Wrote, At: row.Sighting.Read, Ref: 1})
			}
		}
	}
	_, err = r.Ingest(ctx, batch)
	require.NoError(b, err)
	return r, ids
}

// BenchmarkGateDecision decides while a writer commits one event after the other.
func BenchmarkGateDecision(b *testing.B) {
	r, ids := benchRoster(b)
	for _, writing := range []bool{false, true} {
		b.Run(fmt.Sprintf("writer=%t", writing), func(b *testing.B) {
			ctx, stop := context.WithCancel(context.Background())
			written := make(chan int, 1)
			go func() {
				n := 0
				for ; writing && ctx.Err() == nil; n++ {
					_, err := r.Ingest(ctx, benchEvent(ids[n%len(ids)], uint64(time.Now().UnixNano())))
					if err != nil && ctx.Err() == nil {
						panic(err)
					}
				}
				written <- n
			}()
			took := make([]time.Duration, 0, b.N)
			b.ReportAllocs()
			random := rand.New(rand.NewPCG(3, 4))
			for b.Loop() {
				began := time.Now()
				c, err := r.Case(ctx, testGroup, ids[random.IntN(len(ids))])
				if err != nil {
					b.Fatal(err)
				}
				c.Freshness.Mode = membership.Fresh
				if membership.Decide(c).Answer != membership.Serve {
					b.Fatal("a member was refused")
				}
				took = append(took, time.Since(began))
			}
			stop()
			commits := <-written
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
			b.ReportMetric(float64(commits)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

func benchEvent(user membership.UserID, ref uint64) membership.Batch {
	return membership.Batch{
		Group: testGroup, Bot: testBot, Policy: membership.DefaultPolicy(), Qts: int(ref >> 20),
		Events: []membership.Event{{
			Group: testGroup, User: user, Moved: true, State: membership.State{Presence: membership.In, Role: membership.Member},
			Evidence: membership.Evidence{
				Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: testBot, Ref: ref, At: membership.At(time.Now()),
			},
		}},
	}
}

// BenchmarkIngest is one update a batch, beside the least that a durable write of one key can cost.
func BenchmarkIngest(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprintf("events=%d", size), func(b *testing.B) {
			r, ids := benchRoster(b)
			n := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				var batch membership.Batch
				for range size {
					n++
					one := benchEvent(ids[n%uint64(len(ids))], n)
					batch.Group, batch.Bot, batch.Policy, batch.Qts = one.Group, one.Bot, one.Policy, int(n)
					batch.Events = append(batch.Events, one.Events...)
				}
				if _, err := r.Ingest(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("bare-bbolt", func(b *testing.B) {
		db, err := bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bolt.Options{
			FreelistType: bolt.FreelistMapType, InitialMmapSize: 256 << 20,
		})
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, db.Close()) })
		value := make([]byte, 60)
		n := uint64(0)
		b.ReportAllocs()
		for b.Loop() {
			n++
			err := db.Update(func(tx *bolt.Tx) error {
				bucket, err := tx.CreateBucketIfNotExists([]byte("b"))
				if err != nil {
					return err
				}
				return bucket.Put(fmt.Appendf(nil, "%016x", n), value)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkCounts is what `status` asks of a roster of 200,000.
func BenchmarkCounts(b *testing.B) {
	r, _ := benchRoster(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Counts(context.Background(), testGroup); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens a roster of 200,000 members: the skeleton of the whole file is read each time.
func BenchmarkOpen(b *testing.B) {
	r, _ := benchRoster(b)
	path := filepath.Join(b.TempDir(), "copy.db")
	require.NoError(b, r.Snapshot(context.Background(), path))
	b.ReportAllocs()
	for b.Loop() {
		again, err := roster.Open(path, roster.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := again.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck is the full check of the same.
func BenchmarkCheck(b *testing.B) {
	r, _ := benchRoster(b)
	for b.Loop() {
		if problems, err := r.Check(context.Background()); err != nil || len(problems) > 0 {
			b.Fatal(problems, err)
		}
	}
}
