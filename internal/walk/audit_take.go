package walk

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"rollcall/internal/membership"
)

// takeRecent takes a page of the recent list. Those who joined of late stand at its head; whoever is new is counted in what follows, so that a count
// that is too low tells of somebody who left. Its first page is the audit's first call.
func (a *Audit) takeRecent(p membership.Page, fresh int) {
	received := max(0, p.Received)
	if a.recent.next == 0 {
		a.listed = p.Count
		if cut := p.Count == membership.ParticipantWindow || p.Count == a.o.Server.Window; p.Count <= 0 || cut && a.inside > p.Count {
			a.listed = -1
		}
	}
	a.recent.next += received
	a.recent.fresh, a.recent.yield = fresh, a.plan.gained
	a.recent.ended = received == 0 || a.recent.next >= membership.ParticipantWindow
	if !a.begun {
		a.begun = true
		a.weigh()
		a.cover()
	}
}

// meet confirms those whom a page shows, and returns how many of them were not known.
func (a *Audit) meet(p membership.Page) (fresh int) {
	for i := range p.Rows {
		row := &p.Rows[i]
		n, known := a.k.number(row.Sighting.User)
		switch {
		case known:
			a.show(n, &row.Profile)
		case row.Sighting.State.Presence == membership.In:
			n = a.add(&row.Profile, 0)
			a.people[n].shown = int32(a.calls)
			fresh++
		}
	}
	a.result.Joined += fresh
	return fresh
}

// show takes a row of somebody known. Under new names they are counted elsewhere.
func (a *Audit) show(i int32, p *membership.Profile) {
	a.confirmed(i)
	if a.people[i].gone {
		a.people[i].gone = false
		a.suspects--
		a.recount(i)
	}
	if !a.k.named(i, p) {
		a.discount(i)
		a.inside--
		i = a.add(p, 0)
	}
	a.people[i].shown = int32(a.calls)
}

// named says that somebody is known by these names.
func (k *known) named(i int32, p *membership.Profile) bool {
	rest := k.names[k.nameAt[i]:]
	for _, text := range [...]string{p.FirstName, p.LastName, p.Username} {
		end := bytes.IndexByte(rest, 0)
		if string(rest[:end]) != text {
			return false
		}
		rest = rest[end+1:]
	}
	return true
}

// discount takes somebody out of the counts that are expected.
func (a *Audit) discount(i int32) {
	if a.k.flags[i]&covered == 0 {
		a.k.flags[i] |= covered
		a.t.uncount(i)
	}
}

func (a *Audit) recount(i int32) {
	if a.k.flags[i]&covered == 0 {
		return
	}
	a.k.flags[i] &^= covered
	for _, n := range a.t.over(i) {
		a.t.nodes[n].open++
	}
}

// first takes a prefix's first page: its count confirms all whom it finds, or its list is to be read on, or longer prefixes are.
func (a *Audit) first(p membership.Page, left, fresh int) {
	n := a.current
	a.t.nodes[n].ask = int32(len(a.asks))
	a.asks = append(a.asks, auditAsk{node: n, count: p.Count, next: max(0, p.Received), left: left})
	s := &a.asks[len(a.asks)-1]
	if p.Count < 0 || p.Count == 0 && p.Received > 0 {
		s.count = -1
		a.misfits++
	}
	if p.Received < 0 || a.ignored(n, s.count) {
		s.count, s.state = -1, unreadable
		a.t.divide(n) // nothing was learned; longer prefixes may be answered
		return
	}
	within := a.under(a.t.nodes[n].parent, divided)
	if !within && s.count >= 0 {
		a.pace.known += float64(left)
		a.pace.less += float64(int(a.t.nodes[n].open) - fresh - s.count)
	}
	a.judge(s, p.Received)
	if within && s.state == mismatched && !a.agrees(s) {
		a.pursue(n)
	}
}

// pursue looks into a node whose count did not fit: its list is read to the end where that takes fewer calls, or longer prefixes are asked for, those
// with most people first.
func (a *Audit) pursue(n int32) {
	s := &a.asks[a.t.nodes[n].ask]
	many := math.Max(1, math.Abs(float64(int(a.t.nodes[n].open)-s.count)))
	if s.state == divided || a.readable(s) && a.pages(s) <= many*a.plan.below[n] {
		a.current, a.reading = n, true
		return
	}
	s.state = divided
	n = a.parting(n)
	before := len(a.queue)
	for c := a.t.nodes[n].first; c != 0; c = a.t.nodes[c].next {
		if a.t.nodes[c].ask < 0 {
			a.queue = append(a.queue, c)
		}
	}
	slices.SortFunc(a.queue[before:], func(x, y int32) int { return cmp.Or(cmp.Compare(a.left(x), a.left(y)), cmp.Compare(x, y)) })
}

// parting is the longest prefix that finds the same people as the node.
func (a *Audit) parting(n int32) int32 {
	for {
		a.t.divide(n)
		c := a.t.nodes[n].first
		for c != 0 && a.t.nodes[c].open < a.t.nodes[n].open {
			c = a.t.nodes[c].next
		}
		if c == 0 || a.t.nodes[c].ask >= 0 {
			return n
		}
		n = c
	}
}

// readable says that a list can be read to its end.
func (a *Audit) readable(s *auditAsk) bool { return s.state < unreadable && s.count <= a.server.search }

// pages is how many calls the rest of a list takes.
func (a *Audit) pages(s *auditAsk) float64 {
	count := s.count
	if count < 0 {
		count = int(a.t.nodes[s.node].open)
	}
	return math.Max(1, math.Ceil(float64(count-s.next)/membership.PageLimit))
}

// ignored says that the server lists everybody, whatever is searched for (I7).
func (a *Audit) ignored(n int32, count int) bool {
	return a.listed > 0 && count*100 >= a.listed*99 && int(a.t.nodes[n].known)*2 < a.inside
}

// judge decides how a list stands after a page of so many rows.
func (a *Audit) judge(s *auditAsk, received int) {
	switch {
	case a.atEnd(s, received):
		a.ended(s)
	case s.count > a.server.search || s.count < 0 && s.next >= a.server.search:
		s.state = unreadable
		a.t.divide(s.node)
	}
}

// agrees says that everybody whom the node finds may be taken for confirmed: there are as many as were known, or more, and that somebody left behind
// those who joined is unlikely.
func (a *Audit) agrees(s *auditAsk) bool {
	n := &a.t.nodes[s.node]
	if more := s.count - int(n.open); more >= 0 && s.count != a.server.search && s.count != membership.ParticipantWindow && a.trusts() {
		return a.pace.rate()*float64(s.left)*a.pace.joining()*float64(n.open) <= hidden*float64(more+1)
	}
	return false
}

// hidden is the greatest chance that a count may have of hiding somebody who left.
const hidden = 0.1

// trusts says that short lists bore the counts out.
func (a *Audit) trusts() bool { return a.fits >= untrusting && a.misfits*4 <= a.fits }

// atEnd says that a list has no further page, the last having had so many rows. Pages were seen to be a row or two short of 200 with more to come
// (telegram.md §1.1), never by a tenth.
func (a *Audit) atEnd(s *auditAsk, received int) bool {
	return received < membership.PageLimit*9/10 || s.count >= 0 && s.next >= s.count
}

// read takes a further page of a list.
func (a *Audit) read(p membership.Page) {
	s := &a.asks[a.t.nodes[a.current].ask]
	received := max(0, p.Received)
	s.next += received
	a.judge(s, received)
	a.reading = s.state < unreadable
}

// ended takes the end of a list: whom it should have shown and did not is to be looked up.
func (a *Audit) ended(s *auditAsk) {
	if a.cut(s) {
		s.state = unreadable
		a.t.divide(s.node)
		return
	}
	s.state = settled
	if s.count >= shortList/2 {
		a.compare(s)
	}
	a.t.each(s.node, func(i int32) {
		if a.k.flags[i]&covered != 0 {
			return
		}
		a.tested++
		if a.people[i].shown == 0 {
			a.suspect(i)
		}
	})
}

// cut says that a list ended too far short of its count for people who are counted and not listed. A full page may have been as far as can be read.
func (a *Audit) cut(s *auditAsk) bool {
	ghosts := 2 + 3*max(a.o.Server.Ghosts, a.server.ghosts())*float64(s.count)
	switch unseen := float64(s.count - s.next); {
	case s.count < 0:
		return s.next >= a.server.search
	case s.next >= membership.PageLimit && unseen > ghosts:
		a.server.stopped(s.next, s.count)
		return true
	default:
		return unseen*5 > float64(s.count)
	}
}

// compare compares a list with its count. People who are counted and not listed are counted in shorter prefixes too.
func (a *Audit) compare(s *auditAsk) {
	a.server.ended(s.count, s.next)
	if s.next == s.count {
		a.fits++
		return
	}
	a.misfits++
	for n := a.t.nodes[s.node].parent; n != 0 && s.next < s.count; n = a.t.nodes[n].parent {
		a.t.nodes[n].open += int32(s.count - s.next)
	}
}

// suspect has somebody looked up.
func (a *Audit) suspect(i int32) {
	if a.people[i].age == 0 {
		a.result.Confirmed-- // a count had hidden that
	}
	a.settle(i)
	a.people[i].gone = true
	a.suspects++
	a.discount(i)
}

// explain confirms whom the counts confirm: at once, or since whoever was missing was found elsewhere.
func (a *Audit) explain() {
	for i := range a.asks {
		s := &a.asks[i]
		if s.state == settled || !a.agrees(s) {
			continue
		}
		s.state = settled
		a.t.each(s.node, func(i int32) {
			if a.people[i].age != 0 {
				a.counted = append(a.counted, a.k.ids[i])
				a.confirmed(i)
			}
		})
	}
}

func (a *Audit) confirmed(i int32) {
	if a.people[i].age != 0 {
		a.result.Confirmed++
		a.settle(i)
	}
}

// under says that the node, or a shorter prefix of it, is in a state.
func (a *Audit) under(n int32, state auditState) bool {
	for ; n != 0; n = a.t.nodes[n].parent {
		if a.asked(n, state) {
			return true
		}
	}
	return false
}

// asked says that the node was asked for and is in a state.
func (a *Audit) asked(n int32, state auditState) bool {
	i := a.t.nodes[n].ask
	return i >= 0 && a.asks[i].state == state
}
