package walk

import (
	"math"

	"rollcall/internal/membership"
)

// candidate is a call that could be made next: the next page of a node's list, or of the recent list, which is node 0.
type candidate struct {
	space, node int32
	kind        callKind
	raw         float64 // people whom it should bring who are not known yet, by the book
	new         float64 // by the book and experience
}

// callKind tells apart what calls are expected to bring for different reasons.
type callKind uint8

const (
	another callKind = iota // page of a list that was begun
	longer                  // prefix of one
	initial                 // character
	kinds
)

// over is the better of two candidates.
func (w *Walker) over(c candidate, space, n int32, k callKind, people float64) candidate {
	if v := people * w.luck[k].factor(); v > c.new {
		return candidate{space: space, node: n, kind: k, raw: people, new: v}
	}
	return c
}

// best is the call that should bring most.
//
// Who is missing from an open list is looked for in its next page and under the longer prefixes that nobody asked for. These share the missing by
// the sample under them; a part of the known people under them counts as well, since the unknown have words like the known, and a little is
// left for chance.
func (w *Walker) best() candidate {
	c := candidate{node: -1}
	if recent := w.list(membership.ListRecent); recent.state == reading && w.recentYield > 0 {
		c = w.over(c, 0, 0, another, w.recentYield)
	}
	for n := w.t.nodes[0].first; n != 0; n = w.t.nodes[n].next {
		if nd := &w.t.nodes[n]; nd.ask < 0 && !nd.closed {
			c = w.better(c, 0, n, initial, 0.5+0.4*float64(nd.known)+0.5*float64(nd.open))
		}
	}
	for i := range w.asks {
		a := &w.asks[i]
		if a.space != 0 || a.node == 0 || !a.divides() {
			continue
		}
		m := w.missing(0, a.node)
		if m <= 0 || w.t.settledAbove(a.node) {
			continue
		}
		if a.state == open {
			c = w.over(c, 0, a.node, another, w.nextPage(0, a.node))
		}
		own := 0.0
		if a.state == cutOff && (w.least <= 2 || w.short()) {
			own = w.own(a.node, m)
		}
		if own >= 1 {
			c = w.divided(c, a.node, own)
		}
		c = w.below(c, 0, a.node, m-own)
	}
	return c
}

// below compares the unasked prefixes one character longer.
func (w *Walker) below(c candidate, space, n int32, missing float64) candidate {
	nodes := w.trieOf(space).nodes
	scale := missing / math.Max(1, float64(nodes[n].open))
	weight := func(k int32) float64 { return scale*float64(nodes[k].open) + 0.3*float64(nodes[k].known) + 0.05 }
	var sum float64
	for k := nodes[n].first; k != 0; k = nodes[k].next {
		switch {
		case nodes[k].closed:
		case nodes[k].ask >= 0:
			missing -= w.missing(space, k)
		default:
			sum += weight(k)
		}
	}
	if missing <= 0 || sum <= 0 {
		return c
	}
	for k := nodes[n].first; k != 0; k = nodes[k].next {
		if !nodes[k].closed && nodes[k].ask < 0 {
			c = w.better(c, space, k, longer, missing*weight(k)/sum)
		}
	}
	return c
}

// better compares the first page of a prefix that nobody asked for, with so many unknown people in its list.
func (w *Walker) better(c candidate, space, n int32, k callKind, unknown float64) candidate {
	if size := float64(w.trieOf(space).nodes[n].known) + unknown; size > membership.PageLimit {
		unknown *= membership.PageLimit / size
	}
	return w.over(c, space, n, k, unknown)
}
