package walk

import "math"

// auditCover is the choice of prefixes that the calls which are left are to be spent on. Most people are found by several words, so the list that
// confirms most now may show people whom others will show anyhow. Therefore everything is chosen at first; then the price of a call rises, and at each
// price the prefixes of every beginning are chosen anew, longer ones or a shorter one or none, beside what is chosen of the others, until no more is
// chosen than there are calls. The arrays are by place: the nodes stand so that those of longer prefixes follow each.
type auditCover struct {
	node   []int32   // at each place
	end    []int32   // where its longer prefixes end
	words  []int32   // where its people begin in finds; those of the longer prefixes follow
	finds  []int32   // people, once for each of their words
	worth  []float64 // what the best choice among it and the longer prefixes is worth
	from   []int32   // of each person, where the nodes that find them begin in over
	over   []int32
	by     []uint16  // of each person, how many chosen nodes find them, once for each word
	chosen []bool    // by node, as the following are
	people []int32   // members whom nobody confirmed and no chosen node finds
	weight []float64 // theirs

	price float64 // of a call, in what people weigh
	calls float64 // that all chosen are expected to take
	made  int     // calls made when it was chosen
}

const (
	dearer = 1.25 // how the price rises until the choice fits
	nudge  = 1.1  // how it moves as answers come
)

// lay puts the nodes in their places, and notes whom each finds.
func (c *auditCover) lay(t *trie, people int) {
	for n := t.nodes[0].first; n != 0; n = t.nodes[n].next {
		c.place(t, n)
	}
	c.words = append(c.words, int32(len(c.finds)))
	c.worth = make([]float64, len(c.node))
	c.from, c.by = make([]int32, people+1), make([]uint16, people)
	for i := range c.by {
		c.over = append(c.over, t.over(int32(i))[1:]...)
		c.from[i+1] = int32(len(c.over))
	}
	c.chosen = make([]bool, len(t.nodes))
}

func (c *auditCover) place(t *trie, n int32) {
	at := len(c.node)
	c.node, c.end, c.words = append(c.node, n), append(c.end, 0), append(c.words, int32(len(c.finds)))
	t.here(n, func(person int32) { c.finds = append(c.finds, person) })
	for k := t.nodes[n].first; k != 0; k = t.nodes[k].next {
		c.place(t, k)
	}
	c.end[at] = int32(len(c.node))
}

// overs are the nodes that find somebody who was known when the audit began, the root left out.
func (c *auditCover) overs(person int32) []int32 {
	if int(person) >= len(c.by) {
		return nil
	}
	return c.over[c.from[person]:c.from[person+1]]
}

// cover chooses for the first time.
func (a *Audit) cover() {
	p := &a.plan
	p.cover.people, p.cover.weight = append([]int32(nil), p.left...), append([]float64(nil), p.weight...)
	p.cover.price = p.mean
	a.price()
	a.chooseAnew()
	// The price is in what people weigh, whose unit is the caller's: a call for more than everybody together is worth nothing.
	for p.cover.calls > a.room() && p.cover.price <= 2*p.weight[0] {
		p.cover.price *= dearer
		a.chooseAnew()
	}
}

// room is how many calls are left.
func (a *Audit) room() float64 { return float64(a.o.Calls - a.calls) }

// keep brings the choice up to date now and then: what was found makes the rest cheaper or dearer than was expected.
func (a *Audit) keep() {
	c := &a.plan.cover
	if a.calls-c.made < max(1, a.o.Calls/40) {
		return
	}
	c.made = a.calls
	a.chooseAnew()
	factor := nudge
	if c.calls <= a.room() {
		factor = 1 / nudge
	}
	for range 4 {
		if many := c.calls > a.room(); many != (factor > 1) || !many && c.calls >= a.room()*0.97 {
			return
		}
		c.price *= factor
		a.chooseAnew()
	}
}

// cheapen lets the price fall until something is chosen that can be asked for.
func (a *Audit) cheapen() (best int32, ok bool) {
	for range 30 {
		a.plan.cover.price /= dearer
		a.chooseAnew()
		if best, ok = a.worthiest(0); ok {
			return best, true
		}
	}
	return 0, false
}

func (a *Audit) chooseAnew() {
	c := &a.plan.cover
	c.calls = 0
	for root := 0; root < len(c.node); root = int(c.end[root]) {
		a.rechoose(root)
	}
}

// rechoose chooses anew among the prefixes of a beginning.
func (a *Audit) rechoose(root int) {
	c := &a.plan.cover
	a.drop(root)
	end := int(c.end[root])
	for i := end - 1; i >= root; i-- {
		n, own, longer := c.node[i], math.Inf(-1), 0.0
		if cost, ok := a.costs(n); ok {
			own = a.worth(n, c.weight[n], c.people[n]) - c.price*cost
		}
		if !a.asked(n, mismatched) {
			for j := i + 1; j < int(c.end[i]); j = int(c.end[j]) {
				longer += c.worth[j]
			}
		}
		c.worth[i] = math.Max(0, math.Max(own, longer))
		c.chosen[n] = own >= longer && own > 0
	}
	for i := root; i < end; {
		n := c.node[i]
		if !c.chosen[n] {
			i++
			continue
		}
		cost, _ := a.costs(n)
		c.calls += cost
		for j := i + 1; j < int(c.end[i]); j++ {
			c.chosen[c.node[j]] = false
		}
		a.take(i)
		i = int(c.end[i])
	}
}

// take has the people at a place found by one more chosen node.
func (a *Audit) take(place int) {
	c := &a.plan.cover
	for _, person := range c.finds[c.words[place]:c.words[c.end[place]]] {
		if c.by[person]++; c.by[person] == 1 {
			a.uncovered(person, -1)
		}
	}
}

// drop has nothing chosen of a beginning.
func (a *Audit) drop(root int) {
	c := &a.plan.cover
	for i := root; i < int(c.end[root]); i++ {
		if n := c.node[i]; c.chosen[n] {
			c.chosen[n] = false
			for _, person := range c.finds[c.words[i]:c.words[c.end[i]]] {
				if c.by[person]--; c.by[person] == 0 {
					a.uncovered(person, 1)
				}
			}
		}
	}
}

// uncovered counts somebody among those whom no chosen node finds, or no more.
func (a *Audit) uncovered(person, by int32) {
	c, weight := &a.plan.cover, float64(by)*a.people[person].weight()
	if weight == 0 {
		return
	}
	for _, n := range c.overs(person) {
		c.people[n] += by
		c.weight[n] += weight
	}
}
