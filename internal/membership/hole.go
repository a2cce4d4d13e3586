package membership

import "slices"

// Uncarried says how many of the numbers above known, up to and with reached, an answer about missed updates did not carry, and the first
// number that it carried behind one of those; 0 where there is none. Telegram numbers a bot's updates one by one and may forget old ones
// without a word: nothing but the count shows that. Whether it ever uses up a number for nothing is not known; where it does, the price is a
// second look at the group, and a promise that nothing was missed is worth it.
//
// The first number that a bot ever gets is 2 (telegram.md §5.2).
func Uncarried(known, reached int, carried []int) (missing, behind int) {
	last := max(known, 1)
	carried = slices.Sorted(slices.Values(carried))
	for _, n := range carried {
		switch {
		case n <= last:
			continue
		case n > reached:
			return missing + max(0, reached-last), behind
		case n > last+1 && behind == 0:
			behind = n
		}
		missing += n - last - 1
		last = n
	}
	return missing + max(0, reached-last), behind
}
