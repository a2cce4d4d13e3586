package roster_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/roster"
)

func TestSortByUintSortsAndKeepsTheOrderOfEquals(t *testing.T) {
	type item struct {
		Key   uint64
		Place int
	}
	rapid.Check(t, func(t *rapid.T) {
		mask := rapid.SampledFrom([]uint64{3, 0xFF00, 1 << 63, 0x00FF_0000_0000_FF00, ^uint64(0)}).Draw(t, "mask")
		var items []item
		for i, key := range rapid.SliceOf(rapid.Uint64()).Draw(t, "keys") {
			items = append(items, item{key & mask, i})
		}
		want := slices.Clone(items)
		slices.SortStableFunc(want, func(a, b item) int { return cmp.Compare(a.Key, b.Key) })
		roster.SortByUint(items, func(i *item) uint64 { return i.Key })
		require.Equal(t, want, items)
	})
}
