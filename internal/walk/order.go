package walk

import "rollcall/internal/membership"

// orderTest finds out whether searches come in the order of the recent list. Then they begin with the people whom that one showed, who
// need not be read again.
type orderTest struct {
	held, broken int
	over         bool // the rest of the recent list is read, whose people have numbers in another order
}

// test compares a first page: the people of the recent list must come first, and in its order, which is that of their numbers.
func (o *orderTest) test(k *known, rows []int32) {
	last, others, recent := int32(-1), false, 0
	for _, i := range rows {
		if k.flags[i]&fromRecent == 0 {
			others = true
			continue
		}
		if others || i < last {
			o.broken++
			return
		}
		last = i
		recent++
	}
	if recent >= 3 {
		o.held++
	}
}

// orderTests is how many pages must have held the order, for each that broke it ten.
const orderTests = 3

func (o *orderTest) holds() bool { return o.held >= orderTests && o.held >= 10*o.broken }

// skipped is how many rows at the head of the node's list are known, as far as is safe: who wrote something since stands before them.
func (w *Walker) skipped(nd *node) float64 {
	if !w.ordered.holds() {
		return 0
	}
	if n := float64(nd.recent)*0.98 - 4; n >= 1.5*membership.PageLimit {
		return n
	}
	return 0
}
