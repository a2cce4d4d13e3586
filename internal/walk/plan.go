package walk

import (
	"cmp"
	"math"
	"slices"

	"rollcall/internal/membership"
)

// Planning. A cover is a set of prefixes, none of them within another, whose lists are read whole. Which is best is a covering problem: people
// have two or three words, so lists overlap, and the value of one depends on the others. It is solved by prices (a Lagrangian relaxation): each person
// of the sample has a price, a prefix is worth what its people are worth less its pages, the best antichain of prefixes follows from the
// bottom of the trie up, and then those covered more than once become cheaper and those not covered dearer. With everybody known this comes within a
// few percent of the bound that it proves by itself; choosing by value without prices pays for the overlap, 5 to 10 percent of the calls.
const (
	planRounds  = 24  // for the first plan; more change nothing
	planRefresh = 10  // for a later one, which begins with the prices of the one before
	planAgain   = 100 // calls after which the plan is made anew
	planTheta   = 20  // new people a call must be expected to bring, in the plan
	planSample  = 4   // fewer people of the sample say nothing about a prefix
	planCaution = 1   // deviations by which the sample is read low: of many guesses the highest win
)

// plan is a cover in the making. The arrays are by node.
type plan struct {
	w      *Walker
	fresh  []float64 // unknown people expected
	cost   []float64 // calls
	usable []bool
	worth  []float64 // prices of the people
	value  []float64
	best   []float64
	picked []bool // the node or a shorter prefix

	who    []int32 // people of the sample
	begins []int32 // where in under those of each begin
	under  []int32 // usable nodes that find them
}

// replan chooses what to read next.
func (w *Walker) replan() {
	p := &plan{w: w}
	p.expect()
	p.sample()
	w.queue = p.cover()
	w.planned, w.plannedIn = w.calls, w.in
}

// expect fills in what each prefix would bring, and cost.
func (p *plan) expect() {
	w, nodes := p.w, p.w.t.nodes
	n := len(nodes)
	p.fresh, p.cost = make([]float64, n), make([]float64, n)
	p.worth, p.value, p.best = make([]float64, n), make([]float64, n), make([]float64, n)
	p.usable, p.picked = make([]bool, n), make([]bool, n)
	scale, settled := make([]float64, n), make([]bool, n)
	scale[0] = w.scale()
	longest := 0.98 * float64(w.server.search)
	for i := int32(1); i < int32(n); i++ {
		nd := &nodes[i]
		asked := nd.ask >= 0
		settled[i] = settled[nd.parent] || nd.closed || asked && !w.asks[nd.ask].divides()
		if asked {
			p.fresh[i] = w.missing(0, i)
			scale[i] = p.fresh[i] / math.Max(1, float64(nd.open))
		} else {
			scale[i] = scale[nd.parent]
			p.fresh[i] = scale[i] * float64(nd.open)
		}
		size := w.size(i, p.fresh[i])
		p.cost[i] = w.pagesLeft(i, size)
		p.usable[i] = !settled[i] && size <= longest && nd.open > 0 && (!asked || w.asks[nd.ask].state == open)
		if !asked {
			p.cost[i] = math.Max(1, (size-w.skipped(nd))/membership.PageLimit+0.4) // a last page is filled in part
			p.usable[i] = p.usable[i] && nd.open >= planSample
			p.fresh[i] *= math.Max(0, 1-planCaution/math.Sqrt(float64(nd.open)))
		}
	}
}

// sample lists the people whom no closed list has, and the usable prefixes that find them.
func (p *plan) sample() {
	w := p.w
	for len(w.price) < w.k.len() {
		w.price = append(w.price, 1.0/300)
	}
	for i := range int32(w.k.len()) {
		if w.k.flags[i]&(covered|wordless) != 0 {
			continue
		}
		p.who = append(p.who, i)
		p.begins = append(p.begins, int32(len(p.under)))
		for _, n := range w.t.over(i) {
			if p.usable[n] {
				p.under = append(p.under, n)
			}
		}
	}
	p.begins = append(p.begins, int32(len(p.under)))
	for i, person := range p.who {
		p.weigh(i, w.price[person])
	}
}

// weigh adds a person's price to what the prefixes are worth that find them.
func (p *plan) weigh(i int, price float32) {
	for _, n := range p.under[p.begins[i]:p.begins[i+1]] {
		p.worth[n] += float64(price)
	}
}

// cover is the best antichain found, the most productive prefix first.
func (p *plan) cover() []int32 {
	nodes := p.w.t.nodes
	most := float32(1.0 / planTheta)
	best, keep := math.Inf(-1), make([]bool, len(nodes))
	rounds := planRounds
	if p.w.planned > 0 {
		rounds = planRefresh
	}
	for round := range rounds {
		cost := p.choose()
		step := most * 0.5 / (1 + float32(round)*0.3)
		gain := p.reprice(step, most)
		if gain-cost > best {
			best = gain - cost
			copy(keep, p.picked)
		}
	}
	var out []int32
	for n := int32(1); n < int32(len(nodes)); n++ {
		if keep[n] && !keep[nodes[n].parent] {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b int32) int {
		return cmp.Or(cmp.Compare(p.fresh[b]/p.cost[b], p.fresh[a]/p.cost[a]), cmp.Compare(a, b))
	})
	return out
}

// choose picks the antichain that is worth most at the present prices, and returns what it costs. Children come after their parents in the
// array, so one pass up and one down are enough.
func (p *plan) choose() (cost float64) {
	nodes := p.w.t.nodes
	clear(p.best)
	for n := len(nodes) - 1; n > 0; n-- {
		if p.usable[n] {
			p.value[n] = p.fresh[n]*p.worth[n]/float64(nodes[n].open) - p.cost[n]
			p.best[n] = max(p.best[n], p.value[n])
		}
		p.best[nodes[n].parent] += p.best[n]
	}
	for n := 1; n < len(nodes); n++ {
		p.picked[n] = p.picked[nodes[n].parent]
		if !p.picked[n] && p.value[n] > 0 && p.value[n] >= p.best[n]-1e-12 {
			p.picked[n] = true
			cost += p.cost[n]
		}
	}
	return cost
}

// reprice makes people cheaper who are covered more than once, and dearer who are not, and returns what the cover brings, in calls.
func (p *plan) reprice(step, most float32) (gain float64) {
	nodes := p.w.t.nodes
	clear(p.worth)
	for i, person := range p.who {
		times, stands := 0, 0.0
		for _, n := range p.under[p.begins[i]:p.begins[i+1]] {
			if p.picked[n] && !p.picked[nodes[n].parent] {
				times++
				stands = max(stands, p.fresh[n]/float64(nodes[n].open))
			}
		}
		gain += float64(most) * stands
		price := min(most, max(0, p.w.price[person]+step*float32(1-times)))
		p.w.price[person] = price
		p.weigh(i, price)
	}
	return gain
}
