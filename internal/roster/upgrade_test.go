package roster_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// layout5 is a roster that was written in layout 5: four people, a position of each kind, a gap, and a walk with one page.
func layout5(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("testdata/layout5.db.gz")
	require.NoError(t, err)
	defer func() { require.NoError(t, packed.Close()) }()
	unpacked, err := gzip.NewReader(packed)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "roster.db")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	require.NoError(t, err)
	_, err = io.Copy(f, unpacked)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return path
}

func TestLayout5IsUpgraded(t *testing.T) {
	path := layout5(t)
	_, err := roster.Open(path, roster.Options{ReadOnly: true})
	require.ErrorIs(t, err, roster.ErrUpgrade)

	c := &clock{at: start + 100}
	for range 2 { // the second time there is nothing to do
		r := openAt(t, path, c)
		clean(t, r)
		require.NoError(t, r.Close())
	}
	r := openAt(t, path, c)
	people := everything(t, r)
	require.Equal(t, membership.In, people[1].Standing.Presence)
	require.Equal(t, membership.Left, people[2].Standing.Departure)
	require.Equal(t, membership.Banned, people[3].Standing.Departure)
	require.Equal(t, "ann", people[1].Profile.Username)
	gaps, err := r.Gaps(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, []membership.Gap{{ID: 1, Source: membership.GapFeed, From: 1, To: 2, Reason: "asleep", Noted: 2}}, gaps)
	sources, err := r.Sources(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, membership.Sources{BotAdmin: true, FeedFrom: 4, BotFeed: start, AdminLog: 700, Gaps: gaps}, sources)
	tail, err := r.Tail(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, membership.Tail{LastID: 7, LastDate: 70, Read: 700}, tail)
	state, _, err := r.BotState(t.Context(), testBot)
	require.NoError(t, err)
	require.Equal(t, membership.BotState{Pts: 1, Qts: 5, Date: 2, Seq: 3}, state)

	walk, open, err := r.OpenWalk(t.Context(), testGroup)
	require.NoError(t, err)
	require.True(t, open)
	require.Equal(t, 1, walk.Checkpoint.Pages)
	_, err = r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	require.Equal(t, membership.In, everything(t, r)[4].Standing.Presence)
	clean(t, r)
	require.NoError(t, r.Close())
}
