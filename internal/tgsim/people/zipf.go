package people

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// zipf deals ranks as names are dealt in life: the chance of a rank falls as 1/(rank+shift). A small shift makes the
// first few common, as first names are; a large one levels them, as surnames are.
// It counts in whole numbers, because floating point may round otherwise on another machine.
type zipf struct {
	sums func() []uint64 // sums[n] is the weight of the first n ranks, so that lists of any length share it
}

// longest is the length of the longest list that is dealt from.
const longest = 6000

var (
	firstNames = newZipf(6)
	surnames   = newZipf(18)
	characters = newZipf(40)
	nicknames  = newZipf(400)
)

func newZipf(shift int) zipf {
	return zipf{sync.OnceValue(func() []uint64 {
		sums := make([]uint64, longest+1)
		for i := range longest {
			sums[i+1] = sums[i] + (1<<40)/uint64(i+shift)
		}
		return sums
	})}
}

// of picks from a list that has the commonest first.
func (z zipf) of(r *rand.Rand, list []string) string {
	sums := z.sums()[:len(list)+1]
	i, _ := slices.BinarySearch(sums, 1+r.Uint64N(sums[len(list)]))
	return list[i-1]
}

// pick takes any, with equal chances.
func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }
