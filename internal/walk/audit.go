package walk

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"rollcall/internal/membership"
)

// Audit finds out, in a group too large for one list, who of those known to be in is shown no more, without walking it again. It asks for the count
// of a prefix: where that equals the number of known members whom the prefix finds, all of them are confirmed with one call. Where it does not, the
// difference is followed to longer prefixes, or the list is read, whichever should take fewer calls.
//
// An equal count can hide one who left behind one who joined. So it confirms for the audit, which then looks elsewhere first; it is no sighting, and
// no evidence of anything.
type Audit struct {
	o       AuditOptions
	k       known
	t       *trie
	age     []float32 // of each member's confirmation, in any unit; 0 once confirmed
	weight  []float64 // of each node: the ages of the members whom it finds and nobody confirmed
	rate    float64   // share of members that is expected to have changed
	calls   int
	listed  int
	begun   bool // the head of the recent list was read
	recent  int  // rows read of it
	joined  int  // people in them who were not known
	rule    rule
	queue   []int32 // nodes to be asked, the next one last
	reading int32   // node whose list is being read; 0 none
	next    int
	count   int
	shown   map[int32]bool
	result  AuditResult
	spread  []float64 // expected cost of each node, by number
}

// AuditOptions are what an audit is given.
type AuditOptions struct {
	// Calls is how many it may make.
	Calls int
	// Rate is the share of the members of whom a change is expected that nobody has told of.
	Rate float64
	// Stop has the audit end when as many suspects are found as people are missing. It must not, where members are known whom no list shows.
	Stop bool
	// Server is what a walk of the group measured.
	Server membership.ServerProfile
}

// Member is somebody known to be in, with the age of the last confirmation in whatever unit, the same for all.
type Member struct {
	Profile membership.Profile
	Age     float32
}

// AuditResult is what an audit found.
type AuditResult struct {
	Calls     int
	Listed    int // how many the server lists
	Known     int // how many of the members a search can find
	Confirmed int // of them those confirmed by a count or by a row
	// Distrusted says that the answers cannot be right. Then the suspects are none.
	Distrusted bool
	// Suspects were not shown where they should have been: to be looked up.
	Suspects []membership.UserID
	// Oldest is the greatest age of a member whom this audit did not confirm; 0 where it confirmed all.
	Oldest float32
}

// NewAudit begins an audit of the members.
func NewAudit(o AuditOptions, members iter.Seq[Member]) *Audit {
	a := &Audit{o: o, k: newKnown(), rate: max(o.Rate, 1e-6), shown: map[int32]bool{}}
	server := serverOf(o.Server, membership.ParticipantWindow)
	a.o.Server.Window = server.search
	a.t, a.rule = newTrie(&a.k), server.rule
	for m := range members {
		i := a.k.add(&m.Profile, server.rule)
		a.age = append(a.age, max(m.Age, math.SmallestNonzeroFloat32))
		if a.k.flags[i]&wordless == 0 {
			a.t.add(i)
			a.result.Known++
		}
	}
	return a
}

// Next is the call to make. It is false when the audit is done.
func (a *Audit) Next() (membership.Query, bool) {
	switch {
	case a.calls >= a.o.Calls, a.begun && a.reading == 0 && a.accounted(), a.distrusted():
		return membership.Query{}, false
	case !a.begun:
		return membership.Query{List: membership.ListRecent, Offset: a.recent}, true
	case a.reading != 0:
		return membership.Query{List: membership.ListSearch, Text: a.t.text(a.reading), Offset: a.next}, true
	}
	for len(a.queue) == 0 {
		n := a.best()
		if n == 0 {
			return membership.Query{}, false
		}
		a.queue = append(a.queue, n)
	}
	return membership.Query{List: membership.ListSearch, Text: a.t.text(a.queue[len(a.queue)-1])}, true
}

// accounted says that as many suspects were found as people are missing from what the server lists.
func (a *Audit) accounted() bool {
	return a.o.Stop && a.listed > 0 && a.k.len()-len(a.result.Suspects) <= a.listed
}

// distrusted says that the server counts nobody, or that far more people are in none of their lists than are missing: then the answers are wrong,
// and a walk is the way to learn more.
func (a *Audit) distrusted() bool {
	if !a.begun {
		return false
	}
	missing := max(0, a.k.len()-a.listed)
	return a.listed <= 0 || len(a.result.Suspects) > manySuspects+2*missing
}

// manySuspects may be found although nobody is missing: as many joined as left, or changed their names.
const manySuspects = 50

// Take takes the answer to what Next asked.
func (a *Audit) Take(q membership.Query, p membership.Page) {
	a.calls++
	if !a.begun {
		a.head(p)
		return
	}
	if a.reading == 0 {
		n := a.queue[len(a.queue)-1]
		a.queue = a.queue[:len(a.queue)-1]
		a.first(n, p)
		return
	}
	a.read(p)
}

// head takes a page of the recent list. Those who joined of late stand at its head; whoever is new is counted in what follows, so that a count
// that is too low tells of somebody who left.
func (a *Audit) head(p membership.Page) {
	if a.recent == 0 {
		a.listed = p.Count
	}
	a.recent += p.Received
	before := a.joined
	for i := range p.Rows {
		row := &p.Rows[i]
		if _, known := a.k.index[row.Sighting.User]; known || row.Sighting.State.Presence != membership.In {
			continue
		}
		a.joined++
		n := a.k.add(&row.Profile, a.rule)
		a.age = append(a.age, 0)
		a.t.add(n)
	}
	a.meet(p)
	if a.joined == before || a.recent >= membership.ParticipantWindow || p.Received == 0 {
		a.begun = true
		a.plan()
	}
}

// first takes a prefix's first page: its count confirms all whom it finds, or its list is to be read, or longer prefixes.
func (a *Audit) first(n int32, p membership.Page) {
	a.t.nodes[n].ask = 1
	a.meet(p)
	known := int(a.t.nodes[n].known)
	switch {
	case p.Count == known && p.Count != a.o.Server.Window:
		a.confirm(n)
	case p.Count <= membership.PageLimit && p.Received >= p.Count:
		a.reading, a.count, a.next = n, p.Count, p.Received
		a.shown = map[int32]bool{}
		a.see(p)
		a.ended()
	case a.readable(n, p.Count):
		a.reading, a.count, a.next = n, p.Count, p.Received
		a.shown = map[int32]bool{}
		a.see(p)
	default:
		a.t.divide(n)
		a.descend(n)
	}
}

// readable says that reading the list takes no more calls than asking for what is below.
func (a *Audit) readable(n int32, count int) bool {
	if count > a.o.Server.Window {
		return false
	}
	rest := math.Ceil(float64(count)/membership.PageLimit) - 1
	return rest <= a.below(n)
}

// below is what asking for the longer prefixes is expected to take, given that somebody changed.
func (a *Audit) below(n int32) float64 {
	if !a.t.nodes[n].split {
		return math.Inf(1)
	}
	sum := 0.0
	for c := a.t.nodes[n].first; c != 0; c = a.t.nodes[c].next {
		sum += a.cost(c)
	}
	if sum == 0 {
		return math.Inf(1)
	}
	return sum
}

// cost is what it is expected to take to settle a node: a call, and if somebody changed the cheaper of the two ways on.
func (a *Audit) cost(n int32) float64 {
	if int(n) < len(a.spread) {
		return a.spread[n]
	}
	return 1
}

// descend asks for the longer prefixes, those with the most members first.
func (a *Audit) descend(n int32) {
	var below []int32
	for c := a.t.nodes[n].first; c != 0; c = a.t.nodes[c].next {
		if a.t.nodes[c].ask < 0 && a.t.nodes[c].known > 0 {
			below = append(below, c)
		}
	}
	slices.SortFunc(below, func(x, y int32) int {
		return cmp.Or(cmp.Compare(a.t.nodes[x].known, a.t.nodes[y].known), cmp.Compare(x, y))
	})
	a.queue = append(a.queue, below...)
}

// read takes a further page of the list that is being read.
func (a *Audit) read(p membership.Page) {
	a.meet(p)
	a.see(p)
	a.next += p.Received
	if p.Received == 0 || a.next >= a.count {
		a.ended()
	}
}

func (a *Audit) see(p membership.Page) {
	for i := range p.Rows {
		if n, ok := a.k.index[p.Rows[i].Sighting.User]; ok {
			a.shown[n] = true
		}
	}
}

// meet confirms those whom a page shows.
func (a *Audit) meet(p membership.Page) {
	for i := range p.Rows {
		if n, ok := a.k.index[p.Rows[i].Sighting.User]; ok {
			a.confirmed(n)
		}
	}
}

// ended takes the end of a list: whom it should have shown and did not is to be looked up.
func (a *Audit) ended() {
	n := a.reading
	a.reading = 0
	a.t.nodes[n].closed = true
	a.t.each(n, func(i int32) {
		if !a.shown[i] && a.age[i] != 0 {
			a.result.Suspects = append(a.result.Suspects, a.k.ids[i])
			a.settle(i)
		}
	})
}

// confirm confirms everybody whom the node finds.
func (a *Audit) confirm(n int32) {
	a.t.nodes[n].closed = true
	a.t.each(n, a.confirmed)
}

func (a *Audit) confirmed(i int32) {
	if a.age[i] != 0 {
		a.result.Confirmed++
		a.settle(i)
	}
}

// settle takes somebody out of what is still to be confirmed.
func (a *Audit) settle(i int32) {
	for _, n := range a.t.over(i) {
		if int(n) < len(a.weight) {
			a.weight[n] -= float64(a.age[i])
		}
	}
	a.age[i] = 0
}

// plan computes what each node would confirm, and cost.
func (a *Audit) plan() {
	nodes := a.t.nodes
	a.weight, a.spread = make([]float64, len(nodes)), make([]float64, len(nodes))
	for i := range int32(a.k.len()) {
		if a.age[i] == 0 || a.k.flags[i]&wordless != 0 {
			continue
		}
		for _, n := range a.t.over(i) {
			a.weight[n] += float64(a.age[i])
		}
	}
	sums := make([]float64, len(nodes))
	for n := len(nodes) - 1; n > 0; n-- {
		known := float64(nodes[n].known)
		changed := 1 - math.Exp(-a.rate*known)
		on := math.Max(0, math.Ceil(known/membership.PageLimit)-1)
		if known > float64(a.o.Server.Window) {
			on = math.Inf(1)
		}
		if nodes[n].split && sums[n] > 0 {
			on = math.Min(on, sums[n])
		}
		a.spread[n] = 1 + changed*on
		sums[nodes[n].parent] += a.spread[n]
	}
}

// best is the node that confirms most for what it is expected to take, 0 where nothing is left.
func (a *Audit) best() int32 {
	best, value := int32(0), 0.0
	for n := int32(1); int(n) < len(a.weight); n++ {
		if a.t.nodes[n].ask >= 0 || a.weight[n] <= 0 {
			continue
		}
		if v := a.weight[n] / a.spread[n]; v > value && !a.t.settledAbove(n) {
			best, value = n, v
		}
	}
	return best
}

// Result is what the audit found so far.
func (a *Audit) Result() AuditResult {
	r := a.result
	r.Calls, r.Listed, r.Distrusted = a.calls, a.listed, a.distrusted()
	if r.Distrusted {
		r.Suspects = nil
	}
	for i, age := range a.age {
		if a.k.flags[i]&wordless == 0 {
			r.Oldest = max(r.Oldest, age)
		}
	}
	return r
}
