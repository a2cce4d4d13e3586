package walk

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"rollcall/internal/membership"
)

// Options are what a walk is given. A walk that goes on must be given the same.
type Options struct {
	Kind  membership.GroupKind
	Level membership.Level
	Total int // the server's member count when the walk began
	// Server is what an earlier walk of the group measured; zero where there was none.
	Server membership.ServerProfile
}

// least is how many new people a call must be expected to show for the walk to go on: what the levels mean.
var least = map[membership.Level]float64{membership.Fast: 14, membership.Normal: 4, membership.Thorough: 2, membership.Exhaustive: 0.05}

// Walker decides what to ask next. What it decides follows from the answers alone, so that a walk goes on after an interruption by taking
// the stored answers again. It is for one goroutine.
type Walker struct {
	o         Options
	least     float64
	cp        membership.Checkpoint
	lists     []list
	k         known
	t         *trie
	asks      []ask
	stale     []bool  // of each: somebody whom it finds was met or covered since its left was computed
	living    []int32 // those that live returned last, and newer ones
	complete  int     // lists that were read to their end
	explained int     // lists that hold nobody unknown, by their counts
	besides   []beside
	server    server
	evidence  witness
	ordered   orderTest

	calls, in   int
	phase       phase
	queue       []int32 // nodes to be read
	current     int32   // the node that is being read on; 0 none
	plannedIn   int     // people known then
	planned     int     // calls when the plan was made
	moved       bool    // something was read since
	price       []float32
	shown       []int32        // number of the call that showed each person last
	recentYield float64        // new people in the last page of the recent list
	promised    candidate      // the call being made
	luck        [kinds]luck    // how far calls of each kind kept what they promised
	factor      [kinds]float64 // that, for the call being chosen
	dry         int            // calls since somebody new was shown
	places      []int32        // room for where the page's people stand in the register
	repeated    []int          // room for the places of the page's rows that were heard before
}

// mostDry is how many calls in a row may show nobody new before the server's counts are not believed any more. The exhaustive level expects
// one person in 20 calls.
const mostDry = 200

type phase uint8

const (
	sampling phase = iota // plain lists
	initials              // the first characters' first pages
	trying                // short lists, to test the rule
	planned               // the cover
	seeking               // the best call of all, one by one
	ending                // the recent list's first page again
	done
)

// sampleSize is how many of the recent list are read before a search. The lists of a search show the same people again; more cost more than
// they teach, unless lists turn out to begin with them.
const sampleSize = 2_000

// New begins a walk.
func New(o Options) *Walker {
	w := &Walker{
		o: o, least: least[o.Level], lists: plain(o.Kind),
		server: serverOf(o.Server, windowOf(o.Kind, membership.ListRecent)),
		cp: membership.Checkpoint{
			Counts: map[membership.List]int{}, Full: []membership.List{}, Truncated: []membership.List{}, TotalBefore: o.Total, Level: o.Level,
		},
	}
	w.t = newTrie(&w.k)
	w.advance()
	return w
}

// Checkpoint is where the walk stands. Its Next is the call to make.
func (w *Walker) Checkpoint() membership.Checkpoint { return w.cp }

// advance finds the call to make.
func (w *Walker) advance() {
	for w.phase < done {
		if q, ok := w.step(); ok {
			w.cp.Next = q
			return
		}
	}
	w.cp.Next = membership.Query{}
}

// step is the present phase's next call; without one the phase is over, or has changed what it has to do.
func (w *Walker) step() (membership.Query, bool) {
	switch w.phase {
	case sampling:
		if q, ok := w.plainPage(); ok {
			return q, true
		}
		if w.o.Kind != membership.Supergroup || w.list(membership.ListRecent).state == full {
			w.phase = done
			return membership.Query{}, false
		}
		w.k.reserve(w.listed())
		w.t.reserve(w.listed())
		w.enter(initials, w.initials())
	case initials:
		if recent := w.list(membership.ListRecent); recent.state == reading && w.ordered.holds() {
			w.ordered.over = true
			return membership.Query{List: membership.ListRecent, Offset: recent.offset}, true // all lists begin with these people
		}
		if len(w.queue) > 0 {
			return w.pop(), true
		}
		w.enter(trying, w.trials())
	case trying:
		if n := w.current; n != 0 {
			w.current = 0
			if i := w.t.nodes[n].ask; i >= 0 && w.asks[i].state == open && w.asks[i].count <= membership.PageLimit {
				return w.page(n), true // short of its count, by ghosts say
			}
		}
		if len(w.queue) > 0 {
			w.current = w.queue[0]
			return w.pop(), true
		}
		w.phase = planned
		w.replan()
	case planned:
		if w.server.search < 2*membership.PageLimit {
			w.phase = seeking // no list is longer than a call: there is nothing to plan
			return membership.Query{}, false
		}
		return w.planStep()
	case seeking:
		if c := w.best(); c.node >= 0 && c.new >= w.least && w.dry < mostDry {
			w.promised = c
			return w.pageOf(c.space, c.node), true
		}
		w.phase = ending
		return membership.Query{List: membership.ListRecent}, true
	case ending:
		w.phase = done
	case done:
	}
	return membership.Query{}, false
}

func (w *Walker) enter(p phase, queue []int32) { w.phase, w.queue = p, queue }

func (w *Walker) pop() membership.Query {
	n := w.queue[0]
	w.queue = w.queue[1:]
	return w.page(n)
}

// page is the next page of a node's list in the main trie.
func (w *Walker) page(n int32) membership.Query { return w.pageOf(0, n) }

// pageOf is the next page of a node's list; node 0 is the recent list.
func (w *Walker) pageOf(space, n int32) membership.Query {
	if n == 0 {
		return membership.Query{List: membership.ListRecent, Offset: w.list(membership.ListRecent).offset}
	}
	t := w.trieOf(space)
	q := membership.Query{List: membership.ListSearch, Text: t.text(n)}
	if space > 0 {
		q.Text = w.besides[space-1].prefix + " " + q.Text
	}
	if i := t.nodes[n].ask; i >= 0 {
		q.Offset = w.asks[i].next
	}
	return q
}

// plainPage is the next page of the plain lists. Of a recent list that shows only a part of the group, a sample is read.
func (w *Walker) plainPage() (membership.Query, bool) {
	for _, l := range w.lists {
		if l.state != reading {
			continue
		}
		if l.of == membership.ListBots && w.whole() {
			continue // each stood in the recent list, with the same row
		}
		if l.of == membership.ListRecent && w.o.Kind == membership.Supergroup && w.listed() > 2*w.server.recent && l.offset >= sampleSize {
			continue
		}
		return membership.Query{List: l.of, Offset: l.offset}, true
	}
	return membership.Query{}, false
}

// whole says that the recent list was read to its end, was as long as its count, and hides nobody: much shorter than the group it may show the
// administrators alone.
func (w *Walker) whole() bool {
	recent := w.list(membership.ListRecent)
	return recent.state == full && recent.offset == recent.count && 2*recent.count > w.o.Total
}

// initials are the first characters that more than two pages of people are expected to have.
func (w *Walker) initials() []int32 {
	var out []int32
	scale := w.scale()
	for n := w.t.nodes[0].first; n != 0; n = w.t.nodes[n].next {
		nd := &w.t.nodes[n]
		if nd.ask < 0 && float64(nd.known)+float64(nd.open)*scale > 2*membership.PageLimit {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b int32) int {
		return cmp.Or(cmp.Compare(w.t.nodes[b].open, w.t.nodes[a].open), cmp.Compare(a, b))
	})
	return out
}

// trialLists is how many lists are read to test the rule with, one more than are needed.
const trialLists = untrusting + 1

// trials are prefixes of different beginnings whose lists should fit on one page: read to their end, they show whether the rule holds. One of them
// is Latin, as usernames are: no other tells whether those are searched.
func (w *Walker) trials() []int32 {
	var out []int32
	for n := range w.t.nodes {
		n := int32(n)
		if nd := &w.t.nodes[n]; n == 0 || nd.ask >= 0 || nd.known < 4 || w.settled(n) {
			continue
		}
		if size := w.size(n, w.fresh(n)); size >= 40 && size <= 150 {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b int32) int {
		return cmp.Or(cmp.Compare(w.t.nodes[b].known, w.t.nodes[a].known), cmp.Compare(a, b))
	})
	begun := map[rune]bool{}
	out = slices.DeleteFunc(out, func(n int32) bool {
		c := w.t.initial(n)
		again := begun[c]
		begun[c] = true
		return again
	})
	latin := func(n int32) bool { return w.t.initial(n) < utf8.RuneSelf && unicode.IsLetter(w.t.initial(n)) }
	if at := slices.IndexFunc(out, latin); at >= trialLists {
		out[trialLists-1] = out[at]
	}
	return out[:min(len(out), trialLists)]
}

// planStep reads the cover list by list, and plans again where much has been learned since or nothing is left. A cover that brings half of what
// it should is given up: then the people are not where the rule has them.
func (w *Walker) planStep() (membership.Query, bool) {
	if w.current != 0 && w.worth(w.current) {
		return w.page(w.current), true
	}
	w.current = 0
	if made := w.calls - w.planned; len(w.queue) == 0 || made >= planAgain {
		if len(w.queue) == 0 && !w.moved || made >= planAgain && w.in-w.plannedIn < made*planTheta/2 {
			w.phase = seeking
			return membership.Query{}, false
		}
		w.moved = false
		w.replan()
		return membership.Query{}, false
	}
	n := w.queue[0]
	w.queue = w.queue[1:]
	f := w.fresh(n)
	if w.settled(n) || f/planTheta <= w.pagesLeft(n, w.size(n, f)) || w.t.nodes[n].ask >= 0 && !w.worth(n) {
		return membership.Query{}, false
	}
	w.current, w.moved = n, true
	return w.page(n), true
}

// worth says whether a list that was begun should be read on: its next page brings half of what a call of the plan must, or more.
func (w *Walker) worth(n int32) bool { return !w.settled(n) && w.nextPage(0, n) >= planTheta/2 }

// luck is how much of what the last calls of a kind promised came true.
type luck struct{ hoped, came float64 }

func (l luck) factor() float64 { return (l.came + luckPrior) / (l.hoped + luckPrior) }

func (l *luck) take(hoped, came float64) {
	l.hoped += hoped - l.hoped/luckSpan
	l.came += came - l.came/luckSpan
}

// luckPrior weighs expectations before there is experience, and luckSpan is how many calls experience goes back.
const (
	luckPrior = 100
	luckSpan  = 25
)
