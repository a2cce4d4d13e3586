package roster_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// Behind any size there is room afterwards that was written with zeros, though not much; and nothing before it was touched.
func TestTheReserveIsBehindWhatIsUsed(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		f, err := os.CreateTemp(dir, "")
		require.NoError(t, err)
		defer func() { require.NoError(t, f.Close()) }()
		behind := roster.ReserveIn(f)
		used := []byte{}
		for _, pages := range rapid.SliceOfN(rapid.IntRange(0, 90), 1, 12).Draw(t, "pages") {
			used = append(used, bytes.Repeat([]byte{7}, pages<<12)...)
			_, err := f.WriteAt(used, 0)
			require.NoError(t, err)
			require.NoError(t, behind(int64(len(used))))
			is, err := os.ReadFile(f.Name())
			require.NoError(t, err)
			require.True(t, bytes.Equal(used, is[:len(used)]))
			require.Greater(t, len(is)-len(used), 60<<10)
			require.Less(t, len(is)-len(used), 2<<20)
			require.Equal(t, len(is)-len(used), bytes.Count(is[len(used):], []byte{0}))
		}
	})
}

// A walk that other processes take up again and again has all its pages.
func TestWhatIsWrittenAheadIsWhereNothingIs(t *testing.T) {
	const processes, each = 4, 30
	path := filepath.Join(t.TempDir(), "roster.db")
	pages := benchPages(processes*each*membership.PageLimit, 1_780_000_000)
	for n := range processes {
		r, err := roster.Open(path, roster.Options{})
		require.NoError(t, err)
		w, err := r.BeginWalk(t.Context(), testGroup, first(len(pages)))
		require.NoError(t, err)
		stageMore(t, r, w, pages[n*each:][:each])
		stored := replay(t, r, w.ID)
		require.Len(t, stored, (n+1)*each)
		for i, p := range stored {
			require.Equal(t, pages[i], p.Rows)
		}
		problems, err := r.Check(t.Context())
		require.NoError(t, err)
		require.Empty(t, problems)
		require.NoError(t, r.Close())
	}
}
