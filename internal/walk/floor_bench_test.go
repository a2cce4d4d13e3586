package walk_test

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/walk"
)

// cover is a choice of lists for somebody who knows all members and their names, and has only to have them listed: what the cheapest of walks could
// cost. The best choice can not be computed for groups of this size, so it is found by giving up lists, those first that show fewest people whom no
// other shows: everything is chosen at first; then the price of a call rises, and at each price the lists of every beginning are chosen anew, longer
// prefixes or shorter ones or none, beside what is chosen of the others.
type cover struct {
	finds  []int32 // people, by the words that find them
	lists  []prefix
	best   []float64 // of each list, what the best choice among it and the longer ones is worth
	chosen []bool
	roots  []int
	by     []int32 // of each person, how many chosen lists show them
	stamp  []int32 // of each person, the list they were counted in last
	recent []bool  // of each person, that the recent list shows them
	tails  bool    // searches are read on from the end of the recent list's members
	shown  int
	calls  int
}

// prefix is a list that can be read to its end, the longer prefixes after it, up to the list at end; or a page of the recent list.
type prefix struct {
	from, to int // its people are finds[from:to], somebody with two words twice
	end      int
	calls    int
	page     bool // of the recent list
}

// fewest is how many people a list must show for it to be among the choices.
const fewest = 3

// floors are the ratios of calls for which the reachable can be shown, by marks: with lists that are read whole, and with the whole recent list and what
// lists show behind its members, whom they begin with.
type floors struct{ lists, tails ratios }

func (t truth) floor(s simulated) floors {
	return floors{t.cover(s, false).floor(t), t.cover(s, true).floor(t)}
}

func (c *cover) floor(t truth) (out ratios) {
	for _, r := range c.roots {
		c.set(r, true)
	}
	for i := range out {
		out[i] = math.NaN()
	}
	before, calls := percent(c.shown, len(t.reachable)), t.ratio(c.calls)
	for price := 1.0; before > marks[0]; price *= dearer {
		for range 2 {
			for _, r := range c.roots {
				c.rechoose(r, price)
			}
		}
		now, ratio := percent(c.shown, len(t.reachable)), t.ratio(c.calls)
		for i, mark := range marks {
			if now < mark && mark <= before {
				out[i] = ratio + (calls-ratio)*(mark-now)/(before-now)
			}
		}
		before, calls = now, ratio
	}
	return out
}

// dearer is how the price of a call rises.
const dearer = 1.2

// rechoose chooses anew among a list and the longer ones, at a price of so many people a call.
func (c *cover) rechoose(root int, price float64) {
	for i := root; i < c.lists[root].end; i++ {
		if c.chosen[i] {
			c.set(i, false)
		}
	}
	for i := c.lists[root].end - 1; i >= root; i-- {
		l, longer := &c.lists[i], 0.0
		for j := i + 1; j < l.end; j = c.lists[j].end {
			longer += c.best[j]
		}
		own := float64(c.news(i)) - price*float64(l.calls)
		c.best[i] = max(own, longer, 0)
		c.chosen[i] = own >= longer && own > 0
	}
	for i := root; i < c.lists[root].end; {
		if c.chosen[i] {
			c.set(i, true)
			for j := i + 1; j < c.lists[i].end; j++ {
				c.chosen[j] = false
			}
			i = c.lists[i].end
			continue
		}
		i++
	}
}

// news is how many people a list shows whom no chosen list does.
func (c *cover) news(list int) (n int) {
	c.each(list, func(p int32) {
		if c.by[p] == 0 {
			n++
		}
	})
	return n
}

// set chooses a list, or does not any more.
func (c *cover) set(list int, chosen bool) {
	by := int32(1)
	if !chosen {
		by = -1
	}
	c.chosen[list] = chosen
	c.calls += int(by) * c.lists[list].calls
	c.each(list, func(p int32) {
		before := min(1, c.by[p])
		c.by[p] += by
		c.shown += int(min(1, c.by[p]) - before)
	})
}

// each calls do with everybody whom the reading of a list shows, once.
func (c *cover) each(list int, do func(person int32)) {
	l := &c.lists[list]
	for _, p := range c.finds[l.from:l.to] {
		if c.stamp[p] != int32(list)+1 && (!c.tails || l.page || !c.recent[p]) {
			c.stamp[p] = int32(list) + 1
			do(p)
		}
	}
	for _, p := range c.finds[l.from:l.to] {
		c.stamp[p] = 0
	}
}

// finding is a word of a person.
type finding struct {
	word   string
	person int32
}

// cover has every list to choose from that shows reachable people.
func (t truth) cover(s simulated, tails bool) *cover {
	numbers := make(map[membership.UserID]int32, len(t.reachable))
	facts, err := s.Truth("")
	require.NoError(s.tb, err)
	var words []finding
	for _, f := range facts {
		if !t.reachable[membership.UserID(f.ID)] {
			continue
		}
		i := int32(len(numbers))
		numbers[membership.UserID(f.ID)] = i
		for n, text := range [...]string{f.First, f.Last, f.Username} {
			found, _ := walk.WordsOf(membership.SearchRule{Usernames: true, Marks: true}, text, n == 2)
			for _, word := range found {
				words = append(words, finding{word, i})
			}
		}
	}
	slices.SortFunc(words, func(a, b finding) int {
		return cmp.Or(strings.Compare(a.word, b.word), cmp.Compare(a.person, b.person))
	})
	c := &cover{by: make([]int32, len(numbers)), stamp: make([]int32, len(numbers)), recent: make([]bool, len(numbers)), tails: tails}
	for _, w := range words {
		c.finds = append(c.finds, w.person)
	}
	pages := c.pages(s, numbers)
	c.prefixes(words, 0, len(words), 0, false)
	for _, page := range pages {
		c.roots = append(c.roots, len(c.lists))
		page.end = len(c.lists) + 1
		c.lists = append(c.lists, page)
	}
	c.best, c.chosen = make([]float64, len(c.lists)), make([]bool, len(c.lists))
	return c
}

// pages are those of the recent list.
func (c *cover) pages(s simulated, numbers map[membership.UserID]int32) (out []prefix) {
	for q := (membership.Query{List: membership.ListRecent}); ; {
		a := s.answer(q)
		if a.received == 0 {
			return out
		}
		from := len(c.finds)
		for _, r := range a.rows {
			if i, reachable := numbers[r.Sighting.User]; reachable {
				c.finds = append(c.finds, i)
				c.recent[i] = true
			}
		}
		out = append(out, prefix{from: from, to: len(c.finds), calls: 1, page: true})
		q.Offset += a.received
	}
}

// prefixes takes in the lists of the words from and to, which have the first so many bytes in common.
func (c *cover) prefixes(words []finding, from, to, length int, within bool) {
	for from < to {
		if len(words[from].word) == length {
			from++
			continue
		}
		_, size := utf8.DecodeRuneInString(words[from].word[length:])
		next := words[from].word[:length+size]
		end := from + 1
		for end < to && strings.HasPrefix(words[end].word, next) {
			end++
		}
		if end-from >= fewest {
			c.prefix(words, from, end, len(next), within)
		}
		from = end
	}
}

func (c *cover) prefix(words []finding, from, to, length int, within bool) {
	list, rows := len(c.lists), 0
	c.lists = append(c.lists, prefix{from: from, to: to})
	c.each(list, func(int32) { rows++ })
	if to-from > membership.ParticipantWindow {
		c.lists = c.lists[:list]
		c.prefixes(words, from, to, length, false)
		return
	}
	if !within {
		c.roots = append(c.roots, list)
	}
	c.prefixes(words, from, to, length, true)
	c.lists[list].end, c.lists[list].calls = len(c.lists), max(1, (rows+membership.PageLimit-1)/membership.PageLimit)
}
