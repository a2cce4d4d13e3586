package walk

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

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

// plan is a cover in the making. Of all prefixes only those are sites that could be picked at all: their lists can be read whole, and bring more
// than their calls cost even if each of their people stands at the highest price.
type plan struct {
	w     *Walker
	sites []site  // a shorter prefix before its longer ones; the first is none, above all others
	at    []int32 // the site of each node, or the one above it; negative where there is none below it
	tops  []int32 // the picked site that each site is, or is within; 0 none

	who    []int32 // people of the sample
	begins []int32 // where in under those of each begin
	under  []int32 // the longest sites that find them, by each word; and less than 0 those that two words share, which count once
}

type site struct {
	node, above int32
	fresh, cost float64 // unknown people expected, calls
	each        float64 // people expected for each of the sample
	worth       float64 // prices of the people
	value, best float64 // at the present prices, of the site and of all within it
}

// replan chooses what to read next.
func (w *Walker) replan() {
	p := &plan{w: w, at: make([]int32, len(w.t.nodes)), sites: make([]site, 1, 1024)}
	p.within(0, estimate{scale: w.scale()})
	p.tops = make([]int32, len(p.sites))
	p.sample()
	w.queue = p.cover()
	w.planned, w.plannedIn = w.calls, w.in
}

// estimate is what is known of the unknown under a node from a shorter prefix.
type estimate struct {
	site  int32   // the site above
	scale float64 // unknown people for each of the sample
}

// within makes sites of the prefixes under a node, and says whether there are any.
func (p *plan) within(n int32, above estimate) bool {
	w, nodes := p.w, p.w.t.nodes
	found := false
	for k := nodes[n].first; k != 0; k = nodes[k].next {
		nd, here := &nodes[k], above
		asked := nd.ask >= 0
		p.at[k] = -1 - above.site
		if nd.closed || asked && !w.asks[nd.ask].divides() {
			continue // all within is settled
		}
		fresh := here.scale * float64(nd.open)
		if asked {
			fresh = w.missing(0, k)
			here.scale = fresh / math.Max(1, float64(nd.open))
		}
		if s := p.siteOf(k, fresh); s.node != 0 {
			here.site, s.above = int32(len(p.sites)), above.site
			p.sites = append(p.sites, s)
			p.at[k] = -1 - here.site
			found = true
		}
		if (nd.forked || fresh > planTheta) && p.within(k, here) {
			p.at[k] = here.site
			found = true
		}
	}
	return found
}

// siteOf is a node as a site, none where it cannot be picked.
func (p *plan) siteOf(n int32, fresh float64) site {
	w, nd := p.w, &p.w.t.nodes[n]
	size := w.size(n, fresh)
	if nd.open == 0 || size > 0.98*float64(w.server.search) {
		return site{}
	}
	s := site{node: n, fresh: fresh}
	if nd.ask >= 0 {
		if w.asks[nd.ask].state != open {
			return site{}
		}
		s.cost = w.pagesLeft(n, size)
	} else {
		if nd.open < planSample {
			return site{}
		}
		s.cost = math.Max(1, (size-w.skipped(nd))/membership.PageLimit+0.4) // a last page is filled in part
		s.fresh *= math.Max(0, 1-planCaution/math.Sqrt(float64(nd.open)))
	}
	if s.fresh <= planTheta*s.cost {
		return site{}
	}
	s.each = s.fresh / float64(nd.open)
	return s
}

// sample lists the people whom no closed list has, and the sites that find them.
func (p *plan) sample() {
	w := p.w
	for len(w.price) < w.k.len() {
		w.price = append(w.price, 1.0/300)
	}
	for i := range int32(w.k.len()) {
		if w.k.flags[i]&(covered|wordless) != 0 {
			continue
		}
		begin := int32(len(p.under))
		p.find(i)
		p.who = append(p.who, i)
		p.begins = append(p.begins, begin)
		p.share(begin)
	}
	p.begins = append(p.begins, int32(len(p.under)))
	for i, person := range p.who {
		p.weigh(i, float64(w.price[person]))
	}
}

// find lists the longest sites that find a person.
func (p *plan) find(person int32) {
	t := p.w.t
	for at := t.k.wordAt[person]; t.k.words[at] != 0; at = t.k.after(at) {
		n, site := int32(0), int32(0)
		for n >= 0 && t.nodes[n].split && t.k.words[at] != 0 {
			c, size := utf8.DecodeRune(t.k.words[at:])
			at += uint32(size)
			n = t.kid(n, c)
			if site = p.at[n]; site < 0 {
				n, site = -1, -1-site
			}
		}
		if site > 0 {
			p.under = append(p.under, site)
		}
	}
}

// share adds those sites that two of a person's words share, of whom p.under has from begin.
func (p *plan) share(begin int32) {
	mine := p.under[begin:]
	if len(mine) < 2 {
		return
	}
	slices.Sort(mine)
	mine = slices.Compact(mine)
	p.under = p.under[:begin+int32(len(mine))]
	for i := 1; i < len(mine); i++ {
		a, b := mine[i-1], mine[i]
		for a != b {
			if a > b {
				a = p.sites[a].above
			} else {
				b = p.sites[b].above
			}
		}
		if a > 0 {
			p.under = append(p.under, -a)
		}
	}
}

// weigh adds a person's price to what the longest sites are worth that find them.
func (p *plan) weigh(i int, price float64) {
	for _, s := range p.under[p.begins[i]:p.begins[i+1]] {
		if s < 0 {
			p.sites[-s].worth -= price
		} else {
			p.sites[s].worth += price
		}
	}
}

// cover is the best antichain found, the most productive prefix first.
func (p *plan) cover() []int32 {
	most := float32(1.0 / planTheta)
	best, keep := math.Inf(-1), make([]int32, len(p.sites))
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
			copy(keep, p.tops)
		}
	}
	var picked []*site
	for i := range p.sites {
		if i > 0 && keep[i] == int32(i) {
			picked = append(picked, &p.sites[i])
		}
	}
	slices.SortFunc(picked, func(a, b *site) int {
		return cmp.Or(cmp.Compare(b.fresh/b.cost, a.fresh/a.cost), cmp.Compare(a.node, b.node))
	})
	out := make([]int32, len(picked))
	for i, s := range picked {
		out[i] = s.node
	}
	return out
}

// choose picks the antichain that is worth most at the present prices, and returns what it costs. Longer prefixes come after shorter ones in
// the array, so one pass up and one down are enough.
func (p *plan) choose() (cost float64) {
	for i := len(p.sites) - 1; i > 0; i-- {
		s := &p.sites[i]
		s.value = s.each*s.worth - s.cost
		s.best = max(s.best, s.value)
		above := &p.sites[s.above]
		above.worth += s.worth
		above.best += max(0, s.best)
	}
	for i := 1; i < len(p.sites); i++ {
		s := &p.sites[i]
		p.tops[i] = p.tops[s.above]
		if p.tops[i] == 0 && s.value > 0 && s.value >= s.best-1e-12 {
			p.tops[i] = int32(i)
			cost += s.cost
		}
		s.worth, s.best = 0, 0
	}
	return cost
}

// reprice makes people cheaper who are covered more than once, and dearer who are not, and returns what the cover brings, in calls.
func (p *plan) reprice(step, most float32) (gain float64) {
	for i, person := range p.who {
		times, last, stands := 0, int32(0), 0.0
		for _, s := range p.under[p.begins[i]:p.begins[i+1]] {
			if s < 0 {
				break
			}
			if top := p.tops[s]; top > last { // in rising order, and the same where two words share it
				last = top
				times++
				stands = max(stands, p.sites[top].each)
			}
		}
		gain += float64(most) * stands
		price := min(most, max(0, p.w.price[person]+step*float32(1-times)))
		p.w.price[person] = price
		p.weigh(i, float64(price))
	}
	return gain
}
