package walk

import (
	"math"
	"slices"

	"rollcall/internal/membership"
)

// ask is what was asked of one prefix, or of one prefix beside another word, and what came of it.
type ask struct {
	text  string
	space int32 // which trie: 0 the main one, others those beside a prefix
	node  int32
	count int // the server's, of the page at offset 0; -1 where it gave none
	next  int // where to read on
	rows  int // rows received
	// A list in the order of the recent one begins with those whom that one showed. They are left out at first: rows gapFrom to gapTo.
	gapFrom, gapTo int
	filling        bool  // the gap is being read
	before         int32 // people known when it was asked for first
	call           int32 // number of that call
	state          askState
	settled        bool // a shorter prefix is closed

	// What was computed of it, until somebody whom it finds is met or covered.
	left   float64 // people missing, unless Walker.stale says that it is out of date
	page   float64 // new people in its next page
	longer guess   // the best longer prefix
	beside guess   // the best other word beside it
	passed bool    // these three are out of date
	looked int32   // call before which they were computed
}

// guess is how many new people the first page of a prefix should show that nobody asked for.
type guess struct {
	space, node int32
	people      float64
}

type askState uint8

const (
	open      askState = iota
	complete           // read to its end
	explained          // holds nobody unknown, by count
	cutOff             // longer than what can be read of it
	ignored            // the server ignores the text and lists everybody; longer ones it may not
	refused            // Telegram refuses the text, and maybe longer ones not
)

// end is where reading on ends: at the gap's end, or at the list's, as far as the server counts it.
func (a *ask) end() int {
	if a.filling {
		return a.gapTo
	}
	return a.count
}

// enlist adds an ask, and returns its number.
func (w *Walker) enlist(a ask) int32 {
	n := int32(len(w.asks))
	w.asks, w.stale, w.living = append(w.asks, a), append(w.stale, false), append(w.living, n)
	return n
}

// live are the lists under which people may be missing: neither read to their end nor closed by their count, nor any shorter prefix's.
func (w *Walker) live() []int32 {
	w.living = slices.DeleteFunc(w.living, func(n int32) bool {
		a := &w.asks[n]
		return a.settled || a.node == 0 || !a.divides()
	})
	return w.living
}

// divides says that longer prefixes may show people whom the list did not.
func (a *ask) divides() bool { return a.state != complete && a.state != explained }

// missing is how many people the node's list has who are not known; 0 where nobody asked. It is never less than nobody, though people who
// left meanwhile are still known.
func (w *Walker) missing(space, n int32) float64 {
	if n == 0 {
		return max(0, float64(w.listed()-w.in))
	}
	t := w.trieOf(space)
	i := t.nodes[n].ask
	if i < 0 {
		return 0
	}
	a := &w.asks[i]
	nd := &t.nodes[n]
	switch a.state {
	case complete, explained:
		return 0
	case ignored, refused:
		return float64(nd.open) * w.scale() // nothing was learned of it
	case open, cutOff:
	}
	if w.vague(a.count) {
		return max(float64(a.count-int(nd.known)), float64(nd.open)*w.scale())
	}
	return max(0, float64(a.count-int(nd.known))-w.server.tolerance(a.count))
}

// vague says that a count is none: there was none, or it may have been cut to what can be read.
func (w *Walker) vague(count int) bool {
	return count < 0 || count == w.server.search || count == membership.ParticipantWindow
}

// scale is how many unknown people each person of the sample stands for.
func (w *Walker) scale() float64 {
	return w.missing(0, 0) / math.Max(1, float64(w.t.nodes[0].open))
}

// listed is how many people the server lists: Recent's count, or where that is cut to what can be read, the group's size.
func (w *Walker) listed() int {
	recent := w.list(membership.ListRecent)
	if recent.count <= 0 || recent.count == w.server.recent && w.o.Total > recent.count {
		return max(recent.count, w.o.Total)
	}
	return recent.count
}

// settled says that the node, or a shorter prefix of it, needs no more reading.
func (w *Walker) settled(n int32) bool {
	for m := n; m != 0; m = w.t.nodes[m].parent {
		if w.t.nodes[m].closed {
			return true
		}
	}
	if i := w.t.nodes[n].ask; i >= 0 {
		return w.asks[i].state != open
	}
	return false
}

// fresh is how many unknown people the node is expected to have.
func (w *Walker) fresh(n int32) float64 {
	if w.t.nodes[n].ask >= 0 {
		return w.missing(0, n)
	}
	m := w.t.nodes[n].parent
	for m != 0 && w.t.nodes[m].ask < 0 {
		m = w.t.nodes[m].parent
	}
	if m == 0 {
		return float64(w.t.nodes[n].open) * w.scale()
	}
	return float64(w.t.nodes[n].open) * w.missing(0, m) / math.Max(1, float64(w.t.nodes[m].open))
}

// size is how long the node's list is, or is expected to be.
func (w *Walker) size(n int32, fresh float64) float64 {
	if i := w.t.nodes[n].ask; i >= 0 && w.asks[i].count >= 0 {
		return float64(w.asks[i].count)
	}
	return float64(w.t.nodes[n].known) + fresh
}

// pagesLeft is how many calls the rest of a list of so many rows takes.
func (w *Walker) pagesLeft(n int32, size float64) float64 {
	from := 0
	if i := w.t.nodes[n].ask; i >= 0 {
		if from = w.asks[i].next; w.asks[i].filling {
			size = float64(w.asks[i].gapTo)
		}
	}
	return math.Max(1, math.Ceil((math.Min(size, float64(w.server.search))-float64(from))/membership.PageLimit))
}

// nextPage is how many new people the next page of an open list is expected to bring.
func (w *Walker) nextPage(space, n int32) float64 {
	t := w.trieOf(space)
	a := &w.asks[t.nodes[n].ask]
	m := w.missing(space, n)
	if a.count < 0 {
		return m * membership.PageLimit / math.Max(membership.PageLimit, float64(t.nodes[n].known)+m-float64(a.next))
	}
	rows := float64(a.end() - a.next)
	if rows > membership.PageLimit {
		m *= membership.PageLimit / rows
	}
	return m
}
