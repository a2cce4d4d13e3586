package walk

import (
	"math"

	"rollcall/internal/membership"
)

// auditPlan is what each node would confirm, and cost. The arrays are by node; nodes that were made later are of people who joined.
type auditPlan struct {
	weight []float64 // of the members whom it finds and nobody confirmed
	left   []int32   // how many they are
	mean   float64   // weight of a member
	gained float64   // weight that the last answer confirmed

	cost  []float64 // calls expected to settle it
	lost  []float64 // people expected to be missing from it, of each one left
	fresh []float64 // people expected in it who are not known, of each one who is
	on    []float64 // calls that it takes to find one who is missing from it, once its first page was seen
	below []float64 // the same by longer prefixes
	sum   []childSum
	cover auditCover
}

// childSum is what a node's children have together: how many are left in them, their squares, the calls that it takes to find somebody who is missing,
// by how many are left, and those to settle them all.
type childSum struct{ children, left, square, on, cost float64 }

// churn is how often people were found to have changed: prefixes of so many unconfirmed members had so many people less than were known, and of so
// many rows of searches so many were of people who were not known.
type churn struct{ known, less, rows, fresh float64 }

// joining is the share of people who are not known.
func (c *churn) joining() float64 { return c.fresh / c.rows }

// rate is the share of members who are lost: those whom the counts lack, and those made up for by people who are not known.
func (c *churn) rate() float64 {
	return math.Max(c.less/c.known+c.joining(), math.SmallestNonzeroFloat32)
}

// presumed is how many people's worth of experience an audit begins with.
const presumed = 2_000

// weigh begins the plan.
func (a *Audit) weigh() {
	p := &a.plan
	p.weight, p.left = make([]float64, len(a.t.nodes)), make([]int32, len(a.t.nodes))
	p.cover.lay(a.t, len(a.people))
	people := 0.0
	for i := range a.people {
		if weight := a.people[i].weight(); weight != 0 && a.k.flags[i]&wordless == 0 {
			people++
			a.plan.remain(int32(i), 1, weight)
		}
	}
	p.mean = p.weight[0] / math.Max(1, people)
	missing := math.Sqrt(float64(a.inside)) / 10
	if a.listed > 0 {
		missing = math.Max(missing, float64(a.inside-a.listed))
	}
	share := missing / math.Max(missing, people)
	a.pace = churn{known: presumed, less: share * presumed * 3 / 4, rows: presumed, fresh: share * presumed / 4}
}

// settle takes somebody out of what is still to be confirmed.
func (a *Audit) settle(i int32) {
	p := &a.people[i]
	a.plan.gained += p.weight()
	if p.age != 0 && a.k.flags[i]&wordless == 0 && a.plan.left != nil {
		a.plan.remain(i, -1, p.weight())
		if c := &a.plan.cover; int(i) < len(c.by) && c.by[i] == 0 && c.people != nil {
			a.uncovered(i, -1)
		}
	}
	p.age = 0
}

// remain counts somebody among those who are left, or no more.
func (p *auditPlan) remain(person, by int32, weight float64) {
	p.left[0] += by
	p.weight[0] += float64(by) * weight
	for _, n := range p.cover.overs(person) {
		p.left[n] += by
		p.weight[n] += float64(by) * weight
	}
}

// weight is what somebody's confirmation is worth. The square of the age keeps those who are hard to confirm from waiting for ever.
func (p *auditee) weight() float64 { return float64(p.age) * float64(p.age) }

// left is how many members the node finds whom nobody confirmed yet.
func (a *Audit) left(n int32) int {
	if int(n) >= len(a.plan.left) {
		return 0
	}
	return int(a.plan.left[n])
}

// price computes what it is expected to take to settle each node: a call, and if somebody is missing the cheaper of reading on and of asking for
// longer prefixes until they are found.
func (a *Audit) price() {
	nodes, p := a.t.nodes, &a.plan
	if len(p.cost) < len(nodes) {
		for _, by := range []*[]float64{&p.cost, &p.lost, &p.fresh, &p.on, &p.below} {
			*by = make([]float64, len(nodes))
		}
		p.sum = make([]childSum, len(nodes))
	}
	clear(p.sum)
	a.expect()
	counts := a.trusts() || a.misfits == 0
	for n := len(nodes) - 1; n > 0; n-- {
		left, known := float64(a.left(int32(n))), float64(nodes[n].open)
		if left == 0 {
			continue
		}
		pages := math.Max(0, math.Ceil(known/membership.PageLimit)-1)
		if known > float64(a.server.search) {
			pages = endless
		}
		p.below[n] = p.sum[n].calls(left, pages)
		lost := p.lost[n] * left
		p.on[n] = math.Min(pages, math.Max(1, lost)*p.below[n])
		if counts && lost*p.fresh[n]*known <= hidden {
			p.cost[n] = 1 + (1-math.Exp(-lost))*p.on[n]
		} else { // its count alone will confirm nobody
			p.cost[n] = 1 + math.Max(p.on[n], math.Min(pages, p.sum[n].cost))
		}
		above := &p.sum[nodes[n].parent]
		above.children++
		above.cost += p.cost[n]
		above.left += left
		above.square += left * left
		above.on += left * p.on[n]
	}
}

// endless is more calls than anything takes.
const endless = 1e9

// calls is how many it takes to find somebody who is missing from a node with so many people left: some of its children are asked for, and then what
// that one takes. Where the prefix is a whole word of theirs, no child finds them; that is seen when all were asked for, and the list is read.
func (s childSum) calls(left, pages float64) float64 {
	if s.left == 0 {
		return endless
	}
	calls := s.on / s.left
	if many := s.left * s.left / s.square; many > 1.1 {
		calls += (many + 1) / 2
	}
	if whole := 1 - s.left/left; whole > 0 {
		after := s.children
		if pages < endless {
			after += pages
		}
		calls += whole * (after - calls)
	}
	return calls
}

// expect computes how many are expected to be missing: by a prefix's count where there is one, or by the nearest shorter one's.
func (a *Audit) expect() {
	nodes, p := a.t.nodes, &a.plan
	p.lost[0], p.fresh[0] = a.pace.rate(), a.pace.joining()
	for n := 1; n < len(nodes); n++ {
		p.lost[n], p.fresh[n] = p.lost[nodes[n].parent], p.fresh[nodes[n].parent]
		i, left := nodes[n].ask, a.left(int32(n))
		if i < 0 || left == 0 || a.asks[i].count < 0 {
			continue
		}
		// So many more were lost than joined; of both together most likely few.
		known := float64(nodes[n].open)
		more := known - float64(a.asks[i].count)
		both := a.pace.rate() * float64(left) * a.pace.joining() * known
		lost := (more + math.Sqrt(more*more+4*both)) / 2
		p.lost[n], p.fresh[n] = lost/float64(left), (lost-more)/math.Max(1, known)
	}
}

// best is what confirms and finds most for what it is expected to take: a node of those chosen, or 0 for the recent list. It is false where nothing is
// left.
func (a *Audit) best() (best int32, ok bool) {
	if n, ok := a.trial(); ok {
		return n, true
	}
	recent := 0.0
	if !a.recent.ended {
		recent = (a.recent.yield + float64(a.recent.fresh)*a.plan.mean/a.plan.lost[0]) / 2
	}
	a.keep()
	if best, ok := a.worthiest(recent); ok || recent > 0 {
		return best, true
	}
	return a.cheapen()
}

// worthiest is the chosen node that is worth most for each of its calls, if that is more than value.
func (a *Audit) worthiest(value float64) (best int32, ok bool) {
	for n, chosen := range a.plan.cover.chosen {
		if n := int32(n); chosen {
			if v := a.value(n); v > value && !a.under(n, settled) && !a.under(a.t.nodes[n].parent, mismatched) {
				best, value, ok = n, v, true
			}
		}
	}
	return best, ok
}

// value is what a call for the node is worth.
func (a *Audit) value(n int32) float64 {
	cost, ok := a.costs(n)
	if !ok {
		return 0
	}
	return a.worth(n, a.plan.weight[n], a.plan.left[n]) / cost
}

// worth is half the weight of the people whom a node confirms, and half of those whom it should find to be missing.
func (a *Audit) worth(n int32, weight float64, people int32) float64 {
	return (weight + a.plan.mean*a.plan.lost[n]*float64(people)/a.plan.lost[0]) / 2
}

// costs is how many more calls the node is expected to take; false where nobody is left or nothing more can be learned.
func (a *Audit) costs(n int32) (float64, bool) {
	p := &a.plan
	if p.left[n] == 0 {
		return 0, false
	}
	cost := p.cost[n]
	if i := a.t.nodes[n].ask; i >= 0 {
		s := &a.asks[i]
		switch {
		case a.readable(s) && s.state == divided:
			cost = a.pages(s)
		case a.readable(s):
			cost = math.Min(a.pages(s), p.on[n])
		case s.state == mismatched:
			cost = p.on[n]
		default:
			return 0, false
		}
	}
	return math.Max(1, cost), true
}

// trial is the heaviest of the lists that are read to test the server's counts with.
func (a *Audit) trial() (best int32, ok bool) {
	if a.fits+a.misfits >= untrusting {
		return 0, false
	}
	value := 0.0
	for n := int32(1); int(n) < len(a.plan.left); n++ {
		if a.t.nodes[n].ask >= 0 || a.t.nodes[n].open < shortList || a.t.nodes[n].open > membership.PageLimit*9/10 {
			continue
		}
		if v := a.plan.weight[n]; v > value && !a.under(n, settled) {
			best, value, ok = n, v, true
		}
	}
	return best, ok
}
