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

// older is a roster that was written in an older layout. Of 5: four people, a position of each kind, a gap, and a walk with one page. Of 6: people
// who were looked up, gaps of each kind, and a walk with one page.
func older(t *testing.T, name string) string {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", name+".db.gz"))
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
	path := older(t, "layout5")
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

// In layout 6 a lookup that told something new took the place of what an event had told, and settled gaps lay among the open ones.
func TestLayout6IsUpgraded(t *testing.T) {
	path := older(t, "layout6")
	_, err := roster.Open(path, roster.Options{ReadOnly: true})
	require.ErrorIs(t, err, roster.ErrUpgrade)

	c := &clock{at: start + 2000}
	r := openAt(t, path, c)
	clean(t, r)
	require.NoError(t, r.Close())
	r = openAt(t, path, c) // the second time there is nothing to do
	done, err := r.Rebuild(t.Context())
	require.NoError(t, err)
	require.True(t, done.IsZero(), "%+v", done)

	admin := membership.State{Presence: membership.In, Role: membership.Administrator}
	lookups := map[membership.UserID][]membership.Event{
		1: {lookedUp(1, start+120, admin), lookedUp(1, start+240, admin)}, 2: {lookedUp(2, start+240, member), lookedUp(2, start+240, member)},
		3: {lookedUp(3, start+180, member), lookedUp(3, start+240, member)}, 4: {lookedUp(4, start+120, left), lookedUp(4, start+240, left)},
	}
	people := everything(t, r)
	for user, asked := range lookups {
		var want membership.Record
		want.Apply(asked[0])
		want.Apply(asked[1])
		if user != 4 {
			want.Apply(update(user, uint64(user), start-1000, member))
		}
		switch user {
		case 2:
			want.See(row(2, 1, member).Sighting)
		case 3:
			want.Apply(update(3, 4, start+90, left))
		}
		require.Equal(t, want, people[user].Record, "%d", user)
		require.Equal(t, want.Standing(c.at), people[user].Standing, "%d", user)
	}
	require.Len(t, people, 5)
	require.Equal(t, membership.Administrator, people[1].Standing.Role)
	require.Equal(t, membership.SourceBotUpdate, people[1].Standing.Evidence.Source)

	gaps, err := r.Gaps(t.Context(), testGroup)
	require.NoError(t, err)
	require.Len(t, gaps, 3)
	require.Equal(t, []bool{false, true, true}, []bool{gaps[0].Open(), gaps[1].Open(), gaps[2].Open()})
	require.Equal(t, "the owner said so", gaps[0].How)
	now, err := r.SourcesNow(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, gaps[1:], now.Gaps)
	require.NoError(t, r.Close())
}
