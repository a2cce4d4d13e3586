package walk

import (
	"math"

	"rollcall/internal/membership"
)

// candidate is a call that could be made next: the next page of a node's list, or of the recent list, which is node 0.
type candidate struct {
	guess
	kind callKind
	new  float64 // by the book and experience
}

// callKind tells apart what calls are expected to bring for different reasons.
type callKind uint8

const (
	another   callKind = iota // page of a list that was begun
	longer                    // prefix of one
	otherWord                 // by another word
	initial                   // character
	kinds
)

// over is the better of two candidates.
func (w *Walker) over(c candidate, g guess, k callKind) candidate {
	if v := g.people * w.factor[k]; v > c.new {
		return candidate{guess: g, kind: k, new: v}
	}
	return c
}

// lookAgain is after how many calls what could be asked of a changed list is computed anew, though it did not promise most.
const lookAgain = 20

// best is the call that should bring most. What a list promised before it changed counts until it would be chosen, or for lookAgain calls: few
// lists have to be looked at for each call.
func (w *Walker) best() candidate {
	for k := range w.factor {
		w.factor[k] = w.luck[k].factor()
	}
	first := candidate{guess: guess{node: -1}}
	if recent := w.list(membership.ListRecent); recent.state == reading && w.recentYield > 0 {
		first = w.over(first, guess{people: w.recentYield}, another)
	}
	for n := w.t.nodes[0].first; n != 0; n = w.t.nodes[n].next {
		if nd := &w.t.nodes[n]; nd.ask < 0 && !nd.closed {
			unknown := 0.5 + 0.4*float64(nd.known) + 0.5*float64(nd.open)
			first = w.over(first, guess{0, n, (&fan{}).firstPage(nd, unknown)}, initial)
		}
	}
	live := w.live()
	for {
		c, of := first, (*ask)(nil)
		for _, i := range live {
			if w.left(i) <= 0 {
				continue
			}
			a := &w.asks[i]
			if a.passed && w.calls-int(a.looked) >= lookAgain {
				w.look(a)
			}
			if d := w.promise(c, a); d != c {
				c, of = d, a
			}
		}
		if of == nil || !of.passed || int(of.looked) == w.calls {
			return c
		}
		w.look(of)
	}
}

// promise is the better of a candidate and what a list promises.
func (w *Walker) promise(c candidate, a *ask) candidate {
	k := longer
	if a.space > 0 {
		k = otherWord
	}
	c = w.over(c, guess{a.space, a.node, a.page}, another)
	return w.over(w.over(c, a.longer, k), a.beside, otherWord)
}

// left is how many people are missing from a list.
func (w *Walker) left(i int32) float64 {
	a := &w.asks[i]
	if w.stale[i] || w.vague(a.count) {
		a.left, a.passed, w.stale[i] = w.missing(a.space, a.node), true, false
	}
	return a.left
}

// look computes anew what could be asked of a list next.
func (w *Walker) look(a *ask) {
	a.looked = int32(w.calls)
	a.passed, a.page, a.longer, a.beside = false, 0, guess{}, guess{}
	if a.state == open {
		a.page = w.nextPage(a.space, a.node)
	}
	nd := &w.trieOf(a.space).nodes[a.node]
	size := math.Max(float64(a.count), float64(nd.known)+a.left)
	f := fan{w: w, read: math.Min(1, float64(a.rows)/size)}
	f.open(a.space, a.node, a.left, a.state == cutOff)
	a.longer, a.beside = f.longer, f.beside
}

// fan is the search for the best prefix under one that was asked for.
type fan struct {
	w              *Walker
	read           float64 // share of the list that was read
	short          bool    // the list was read as far as it can be
	space          int32
	t              *trie
	scale          float64 // unknown people for each unit of weight
	longer, beside guess
}

// weight is how much of the unknown a part of the sample stands for: those of it whom no closed list has, and a little for those known.
func weight(open, known int32) float64 {
	return float64(open) + 0.1*float64(known) + 0.02
}

// bareWeight is how much more often those are unknown who have no other word, than those of the sample who have: nothing else finds them.
const bareWeight = 2

// open looks under a node that should hold so many people who are missing.
func (f *fan) open(space, n int32, missing float64, short bool) {
	f.space, f.t, f.short = space, f.w.trieOf(space), short
	asked, free := f.parts(n)
	if missing -= asked; missing > 0 && free > 0 {
		f.scale = missing / free
		f.look(n)
	}
}

// own is the weight of those under a node whom none of its children find, who have so many together, and how much a child's own weight counts.
func (f *fan) own(n, open, known int32) (own, share float64) {
	nd := &f.t.nodes[n]
	if n != 0 {
		return weight(max(0, nd.open-open), max(0, nd.known-known)), 1
	}
	share = 1
	if named := float64(nd.open - f.t.bareNow); float64(open) > named { // people with several other words stand under each
		share = math.Max(1, named) / float64(open)
	}
	return bareWeight * weight(f.t.bareNow, f.t.bare), share
}

// parts are the people missing under a node from lists that were asked for, and the weight of the rest.
func (f *fan) parts(n int32) (asked, free float64) {
	var open, known int32
	for k := f.t.nodes[n].first; k != 0; k = f.t.nodes[k].next {
		kid := &f.t.nodes[k]
		open += kid.open
		known += kid.known
		switch {
		case kid.closed:
		case kid.ask >= 0:
			asked += f.w.missing(f.space, k)
		case kid.forked:
			a, w := f.parts(k)
			asked += a
			free += w
		default:
			free += weight(kid.open, kid.known)
		}
	}
	own, share := f.own(n, open, known)
	return asked, free*share + own
}

// look compares what is under a node, and returns how many unknown people that has.
func (f *fan) look(n int32) (unknown float64) {
	var open, known int32
	for k := f.t.nodes[n].first; k != 0; k = f.t.nodes[k].next {
		kid := &f.t.nodes[k]
		open += kid.open
		known += kid.known
		if kid.closed {
			continue
		}
		if kid.ask >= 0 {
			unknown += f.w.missing(f.space, k)
			continue
		}
		people := f.scale * weight(kid.open, kid.known)
		if kid.forked || kid.split && f.short && float64(kid.known)+people > float64(f.w.server.search) {
			people = f.look(k)
		}
		if kid.ask != never {
			f.consider(k, f.firstPage(kid, people))
		}
		unknown += people
	}
	own, _ := f.own(n, open, known)
	own *= f.scale
	if nd := &f.t.nodes[n]; f.space == 0 && n != 0 && f.short && own >= 1 && float64(nd.known)+own+unknown > float64(f.w.server.search) {
		f.lookBeside(n, own)
	}
	return unknown + own
}

// lookBeside compares the other words of those whom none of a node's children find.
func (f *fan) lookBeside(n int32, missing float64) {
	if b := f.w.beside(n); b > 0 {
		g := *f
		g.open(b, 0, missing, true)
		f.beside = g.beside
	}
}

func (f *fan) consider(n int32, people float64) {
	switch {
	case f.space == 0 && people > f.longer.people:
		f.longer = guess{0, n, people}
	case f.space > 0 && people > f.beside.people:
		f.beside = guess{f.space, n, people}
	}
}

// firstPage is how many new people the first page of a prefix should show that has so many. Of a list that is longer than a page, that page may
// begin with rows that a shorter prefix has shown.
func (f *fan) firstPage(nd *node, unknown float64) float64 {
	size := float64(nd.known) + unknown
	if size <= membership.PageLimit {
		return unknown
	}
	page := membership.PageLimit / size
	if !f.short {
		return unknown * max(0, page-f.read) / (1 - f.read)
	}
	return unknown * max(0, page*page-f.read*f.read) / (1 - f.read*f.read)
}
