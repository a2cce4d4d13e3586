package roster_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// grown is the bytes of a roster with something in every bucket.
func grown(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	c := &clock{at: start}
	r := openAt(t, filepath.Join(dir, "roster.db"), c)
	subscribe(t, r, 1, 40)
	require.NoError(t, r.Allow(t.Context(), testGroup, 3, "x"))
	ingest(t, r, membership.Batch{Events: []membership.Event{leave(1, start)}, Replies: []membership.Reply{reply(1, 1)}, Qts: 3})
	makePlan(t, r, c)
	_, err := r.BeginWalk(t.Context(), testGroup, first(300))
	require.NoError(t, err)
	var pages [][]membership.Row
	for i := range 4 {
		var rows []membership.Row
		for j := range 100 {
			rows = append(rows, row(membership.UserID(1000*i+j+1), i*100+j, member))
		}
		pages = append(pages, rows)
	}
	s := scriptOf(pages)
	for _, p := range s[:2] {
		require.NoError(t, r.StagePage(t.Context(), p))
	}
	_, err = r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	require.NoError(t, r.StagePage(t.Context(), s[2]))
	path := filepath.Join(dir, "copy")
	require.NoError(t, r.Snapshot(t.Context(), path))
	require.NoError(t, r.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

func TestCutOffFilesAreRefusedAndKept(t *testing.T) {
	whole := grown(t)
	page := os.Getpagesize()
	lengths := []int{0, 1, 16, 79, 80, 81, 1024, page - 1, page, page + 1, page + 80, 2*page - 1}
	for n := 2 * page; n < len(whole); n += page {
		lengths = append(lengths, n, n+1, n+page/2)
	}
	lengths = append(lengths, len(whole)-1)
	dir := t.TempDir()
	for _, n := range lengths {
		path := filepath.Join(dir, strconv.Itoa(n))
		require.NoError(t, os.WriteFile(path, whole[:n], 0o600))
		for _, readOnly := range []bool{false, true} {
			_, err := roster.Open(path, roster.Options{ReadOnly: readOnly})
			require.ErrorIs(t, err, roster.ErrForeign, "%d of %d bytes", n, len(whole))
		}
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(whole[:n], kept), "%d bytes were changed", n)
		require.NoError(t, os.Remove(path))
	}
	path := filepath.Join(dir, "longer")
	require.NoError(t, os.WriteFile(path, append(bytes.Clone(whole), make([]byte, 3*page+5)...), 0o600))
	r := openAt(t, path, &clock{at: start})
	clean(t, r)
	require.NoError(t, r.Close())
}

// A flipped byte anywhere is found, or changes nothing of what the roster says; it never ends the program.
func TestDamagedPagesAreAnErrorNotAnEnd(t *testing.T) {
	whole := grown(t)
	random := rand.New(rand.NewPCG(5, 6))
	path := filepath.Join(t.TempDir(), "roster.db")
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	r := openAt(t, path, &clock{at: start})
	as := everything(t, r)
	require.NoError(t, r.Close())
	found := 0
	for i := range 300 {
		b := bytes.Clone(whole)
		at := random.IntN(len(b))
		for range 1 + i%8 {
			b[at] ^= byte(1 + random.IntN(255))
			at = (at + 1) % len(b)
		}
		require.NoError(t, os.WriteFile(path, b, 0o600))
		r, err := roster.Open(path, roster.Options{Now: (&clock{at: start}).now, ReadOnly: i%2 == 0})
		if err != nil {
			found++
			continue
		}
		problems, err := r.Check(t.Context())
		if err != nil || len(problems) > 0 {
			found++
			_ = r.People(t.Context(), testGroup, func(membership.Person) error { return nil })
		} else {
			require.Equal(t, as, everything(t, r), "damage %d is not found", i)
		}
		_, _ = r.Counts(t.Context(), testGroup)
		require.NoError(t, r.Close())
	}
	require.Greater(t, found, 30)
}

func TestForeignFilesAreRefusedAndKept(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	db, err := bolt.Open(other, 0o600, &bolt.Options{NoFreelistSync: true})
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	}))
	require.NoError(t, db.Close())
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, bytes.Repeat([]byte("not a database\n"), 9000), 0o600))
	zeros := filepath.Join(dir, "zeros")
	require.NoError(t, os.WriteFile(zeros, make([]byte, 1<<16), 0o600))
	for _, path := range []string{other, text, zeros} {
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		_, err = roster.Open(path, roster.Options{})
		require.ErrorIs(t, err, roster.ErrForeign, path)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, sha256.Sum256(before), sha256.Sum256(after), path)
	}
	_, err = roster.Open(dir, roster.Options{})
	require.Error(t, err, "a directory")
	_, err = roster.Open(filepath.Join(dir, "none"), roster.Options{ReadOnly: true})
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = roster.Open(filepath.Join(dir, "no", "such", "folder"), roster.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestFilesOfAnotherLayoutAreRefusedAndKept(t *testing.T) {
	for schema, want := range map[uint64]error{99: roster.ErrNewer, 1: roster.ErrOlder, 2: roster.ErrOlder, 3: roster.ErrOlder, 4: roster.ErrOlder} {
		path := filepath.Join(t.TempDir(), "roster.db")
		r := openAt(t, path, &clock{at: start})
		require.NoError(t, r.SetSchema(schema))
		require.NoError(t, r.Close())
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, readOnly := range []bool{false, true} {
			_, err = roster.Open(path, roster.Options{ReadOnly: readOnly})
			require.ErrorIs(t, err, want)
		}
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after))
	}
}

func TestHeldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.db")
	r := openAt(t, path, &clock{at: start})
	for _, readOnly := range []bool{false, true} {
		_, err := roster.Open(path, roster.Options{Timeout: 20 * time.Millisecond, ReadOnly: readOnly})
		require.ErrorIs(t, err, roster.ErrHeld)
	}
	require.NoError(t, r.Close())
	one, err := roster.Open(path, roster.Options{ReadOnly: true})
	require.NoError(t, err)
	two, err := roster.Open(path, roster.Options{ReadOnly: true})
	require.NoError(t, err)
	_, err = two.Ingest(t.Context(), membership.Batch{Group: testGroup})
	require.Error(t, err)
	_, err = roster.Open(path, roster.Options{Timeout: 20 * time.Millisecond})
	require.ErrorIs(t, err, roster.ErrHeld)
	clean(t, two)
	require.NoError(t, one.Close())
	require.NoError(t, two.Close())
}

func TestFullDiskLosesNothing(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 1, start, member)}, Qts: 1})
	r.MaxSize(40_000)
	qts, failed := 1, false
	for !failed {
		qts++
		require.Less(t, qts, 1000)
		b := membership.Batch{Group: testGroup, Bot: testBot, Qts: qts}
		for user := membership.UserID(1); user <= 200; user++ {
			b.Events = append(b.Events, update(user, uint64(qts), start+membership.Instant(qts), member))
		}
		_, err := r.Ingest(t.Context(), b)
		failed = err != nil
	}
	s, _, err := r.BotState(t.Context(), testBot)
	require.NoError(t, err)
	require.Equal(t, qts-1, s.Qts, "the position is where the last effect is")
	clean(t, r)
	r.MaxSize(0)
	out := ingest(t, r, membership.Batch{Events: []membership.Event{update(1, uint64(qts), start+5000, left)}, Qts: qts})
	require.Equal(t, 1, out.Appended)
}

func TestSnapshotIsWholeOrNotThere(t *testing.T) {
	r, c := open(t)
	subscribe(t, r, 1, 5)
	dir := t.TempDir()
	path := filepath.Join(dir, "copy.db")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	require.ErrorIs(t, r.Snapshot(&impatient{Context: t.Context(), left: 2}, path), context.Canceled)
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(old))
	require.NoError(t, r.Snapshot(t.Context(), path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	again := openAt(t, path, c)
	require.Equal(t, everything(t, r), everything(t, again))
	clean(t, again)
	require.NoError(t, again.Close())
}

func TestCheckFindsMisplacedNamesAndRebuildMendsThem(t *testing.T) {
	for what, names := range map[string][]string{
		"in two clusters": {"ann", "zed"}, "out of order": {"zed", "yan"}, "twice": {"zed", "zed"}, "nobody's": {"zed"},
	} {
		t.Run(what, func(t *testing.T) {
			r, _ := open(t)
			ingest(t, r, membership.Batch{Profiles: []membership.Profile{{User: 1, Username: "Ann"}, {User: 2, Username: "Bob"}}})
			clean(t, r)
			require.NoError(t, r.PutNames(names...))
			problems, err := r.Check(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, problems)
			rebuilt(t, r)
			clean(t, r)
			user, _, err := r.ByUsername(t.Context(), testGroup, "bob")
			require.NoError(t, err)
			require.Equal(t, membership.UserID(2), user)
		})
	}
}

func TestRebuildMendsWhatIsDerived(t *testing.T) {
	r, _ := open(t)
	subscribe(t, r, 1, 9)
	ingest(t, r, membership.Batch{
		Events:   []membership.Event{leave(1, start), leave(2, start)},
		Profiles: []membership.Profile{{User: 1, Username: "Ann"}, {User: 2, Username: "Bob"}},
	})
	_, err := r.BeginWalk(t.Context(), testGroup, first(1))
	require.NoError(t, err)
	require.NoError(t, r.StagePage(t.Context(), scriptOf([][]membership.Row{{row(50, 0, member), row(1, 1, member)}})[0]))
	_, err = r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	want := everything(t, r)
	counts, err := r.Counts(t.Context(), testGroup)
	require.NoError(t, err)
	require.NoError(t, r.Wreck(testGroup))
	problems, err := r.Check(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, problems)
	t.Log(problems[0])
	rebuilt(t, r)
	clean(t, r)
	require.Equal(t, want, everything(t, r))
	again, err := r.Counts(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, counts, again)
	user, _, err := r.ByUsername(t.Context(), testGroup, "ann")
	require.NoError(t, err)
	require.Equal(t, membership.UserID(1), user)
}
