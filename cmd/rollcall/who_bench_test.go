package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

const (
	benchMembers = 200_000
	benchGroup   = membership.GroupID(1234567890)
)

// BenchmarkWho is `rollcall who` as a whole process, beside a process that holds a roster of 200,000 members: from its start to its
// end, with its answer read. The holder is this process, which answers by the same code as `rollcall run`. At most 50 ms are allowed.
func BenchmarkWho(b *testing.B) {
	dir := b.TempDir()
	cfg := Config{DataDir: dir}
	users := fillRoster(b, cfg.RosterPath())
	hold(b, cfg)
	env := append(os.Environ(), "HOME="+dir, "ROLLCALL_DATA_DIR="+dir)
	times := make([]time.Duration, 0, b.N)
	for i := 0; b.Loop(); i++ {
		id := strconv.FormatInt(int64(users[i*7919%len(users)]), 10)
		cmd := exec.CommandContext(b.Context(), "rollcall", "who", id, "--json")
		cmd.Env = env
		began := time.Now()
		out, err := cmd.Output()
		times = append(times, time.Since(began))
		require.NoError(b, err)
		require.True(b, bytes.Contains(out, []byte(`"id": `+id)), "%s", out)
	}
	slowest := time.Duration(0)
	for _, d := range times {
		slowest = max(slowest, d)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/op")
	b.ReportMetric(float64(slowest.Microseconds())/1000, "max-ms")
}

// hold takes the roster as `rollcall run` does, and answers errands until the benchmark ends.
func hold(b *testing.B, cfg Config) {
	b.Helper()
	env := newEnvironment(os.Environ())
	a := newApp(os.Stdin, os.Stdout, os.Stderr, env, time.Now)
	ctx, stop := context.WithCancel(b.Context())
	holds := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- a.holding(ctx, cfg, stint{command: "run", work: func(ctx context.Context, _ desk) error {
			close(holds)
			<-ctx.Done()
			return nil
		}})
	}()
	b.Cleanup(func() {
		stop()
		require.NoError(b, <-ended)
	})
	select {
	case <-holds:
	case err := <-ended:
		require.NoError(b, err)
		b.Fatal("the roster was not held")
	}
}

// fillRoster makes a roster of a finished walk, and returns who is in it.
func fillRoster(b *testing.B, path string) []membership.UserID {
	b.Helper()
	ctx := b.Context()
	require.NoError(b, os.MkdirAll(filepath.Dir(path), 0o700))
	r, err := roster.Open(path, roster.Options{})
	require.NoError(b, err)
	group := membership.Group{ID: benchGroup, Kind: membership.Supergroup, Title: "Two hundred thousand", Total: benchMembers}
	require.NoError(b, r.PutGroup(ctx, group))
	w, err := r.BeginWalk(ctx, benchGroup, membership.Checkpoint{
		Next: membership.Query{List: membership.ListRecent}, TotalBefore: benchMembers, Level: membership.Normal,
	})
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(1, 2))
	now := membership.At(time.Now())
	var users []membership.UserID
	cp := w.Checkpoint
	cp.Counts = map[membership.List]int{membership.ListRecent: benchMembers}
	for len(users) < benchMembers {
		rows := make([]membership.Row, membership.PageLimit)
		for i := range rows {
			// The lowest digits are the row's number: no two ids are the same.
			id := membership.UserID(random.Int64N(8_000)*1_000_000 + int64(len(users)) + 1)
			rows[i] = membership.Row{
				Sighting: membership.Sighting{
					User: id, State: membership.State{Presence: membership.In, Role: membership.Member}, Dated: true,
					Date: now - membership.Instant(random.Int64N(50_000_000)) - 1000, Read: now, Walk: w.ID, Row: uint32(len(users)),
				},
				Profile: membership.Profile{
					User: id, FirstName: fmt.Sprintf("Name%d", random.IntN(5000)), LastName: fmt.Sprintf("Fam%d", random.IntN(700)),
					Username: fmt.Sprintf("user_%x", int64(id)),
				},
			}
			users = append(users, id)
		}
		cp.Pages++
		cp.Calls++
		cp.Rows += len(rows)
		asked := cp.Next
		cp.Next.Offset += len(rows)
		if len(users) == benchMembers {
			cp.Next, cp.Full = membership.Query{}, membership.Lists()
		}
		require.NoError(b, r.StagePage(ctx, membership.Page{
			Group: benchGroup, Walk: w.ID, Query: asked, Received: len(rows), Count: benchMembers, Calls: 1, Rows: rows, After: cp,
		}))
	}
	_, err = r.MergeWalk(ctx, benchGroup, membership.DefaultPolicy())
	require.NoError(b, err)
	_, err = r.FinishWalk(ctx, benchGroup, benchMembers)
	require.NoError(b, err)
	require.NoError(b, r.Close())
	return users
}
