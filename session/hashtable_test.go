package session_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/session"
)

// A hash that is put in is had, as the newest, until all are forgotten; whatever the ids are, and however many.
func TestTheTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table session.Fresh
		is := map[int64]int64{}
		// Few ids come again; those a power of two apart meet at their homes.
		shift := rapid.SampledFrom([]int{0, 12, 40, 55}).Draw(t, "shift")
		ids := rapid.Map(rapid.Int64Range(-300, 300), func(i int64) int64 { return i << shift })
		if rapid.IntRange(0, 9).Draw(t, "cleared") == 0 {
			table.Put(ids.Draw(t, "before"), 1)
			table.Clear()
		}
		for _, id := range rapid.SliceOfN(ids, 0, 700).Draw(t, "ids") {
			hash := rapid.Int64Range(0, 2).Draw(t, "hash")
			had, known := is[id]
			require.Equal(t, id != 0 && (!known || had != hash), table.Put(id, hash), "%d %d", id, hash)
			if id != 0 {
				is[id] = hash
			}
		}
		require.Equal(t, len(is), table.Len())
		peers := []session.Peer{}
		for id, want := range is {
			hash, known := table.Get(id)
			require.True(t, known, id)
			require.Equal(t, want, hash, id)
			peers = append(peers, session.Peer{Kind: session.PeerUser, ID: id, AccessHash: hash})
		}
		_, known := table.Get(301) // no shift makes it
		require.False(t, known)
		slices.SortFunc(peers, session.ByCluster)
		require.Equal(t, peers, append([]session.Peer{}, table.Sorted()...))
	})
}
