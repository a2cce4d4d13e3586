package walk

import (
	"math"
	"slices"
	"strings"

	"rollcall/internal/membership"
)

// A word that more people bear than can be read of its list has no longer prefix that would divide them. Another word beside it does: "maria
// g" are the Marias with a word that begins with g. So such a prefix gets a trie of its own, over the other words of the people known under it.
// It is asked only where the last tenths of a percent are wanted, or where lists are cut so short that there is no other way.

// beside is such a prefix with its trie.
type beside struct {
	base   int32 // node of the prefix
	prefix string
	t      *trie
}

// spaces are the tries beside the main one, by their numbers less one.
func (w *Walker) trieOf(space int32) *trie {
	if space == 0 {
		return w.t
	}
	return w.besides[space-1].t
}

// manyBesides bounds the tries: each costs a pass over the people under its prefix at every call.
const manyBesides = 400

// beside returns the number of the prefix's trie, which is made where there is none.
func (w *Walker) beside(base int32) int32 {
	prefix := w.t.text(base)
	if i := slices.IndexFunc(w.besides, func(b beside) bool { return b.prefix == prefix }); i >= 0 {
		return int32(i) + 1
	}
	b := beside{base: base, prefix: prefix, t: newTrie(&w.k)}
	b.t.without = prefix
	var people []int32
	w.t.each(base, func(i int32) { people = append(people, i) })
	slices.Sort(people)
	for _, i := range slices.Compact(people) {
		b.t.add(i)
	}
	w.besides = append(w.besides, b)
	return int32(len(w.besides))
}

// join adds somebody new to the tries of the prefixes that find them.
func (w *Walker) join(person int32) {
	for i := range w.besides {
		if b := &w.besides[i]; w.k.answers(person, b.prefix) {
			b.t.add(person)
		}
	}
}

// forget takes somebody who is covered out of the samples of all tries.
func (w *Walker) forget(person int32) {
	for i := range w.besides {
		if b := &w.besides[i]; w.k.answers(person, b.prefix) {
			b.t.uncount(person)
		}
	}
}

// own is how many of those missing under a node have no longer word under it, by those known. It is more than nobody only where the list can
// not be read to its end.
func (w *Walker) own(n int32, missing float64) float64 {
	nd := &w.t.nodes[n]
	if !nd.split || missing < 1 {
		return 0
	}
	ended, last := 0, int32(-1)
	for _, p := range nd.bag {
		if p.person != last {
			ended++
			last = p.person
		}
	}
	return missing * float64(ended) / math.Max(1, float64(nd.known))
}

// divided compares the calls that divide a prefix by other words.
func (w *Walker) divided(c candidate, base int32, missing float64) candidate {
	if len(w.besides) >= manyBesides && !slices.ContainsFunc(w.besides, func(b beside) bool { return b.base == base }) {
		return c
	}
	space := w.beside(base)
	t := w.trieOf(space)
	c = w.below(c, space, 0, missing)
	for i := range w.asks {
		a := &w.asks[i]
		if a.space != space || a.state != open && a.state != cutOff {
			continue
		}
		if m := w.missing(space, a.node); m > 0 && !t.settledAbove(a.node) {
			if a.state == open {
				c = w.over(c, space, a.node, another, w.nextPage(space, a.node))
			}
			c = w.below(c, space, a.node, m)
		}
	}
	return c
}

// nodeOf is the trie and the node that a query's text means.
func (w *Walker) nodeOf(text string) (space, node int32) {
	if prefix, other, two := strings.Cut(text, " "); two {
		space = w.beside(w.t.at(prefix))
		return space, w.trieOf(space).at(other)
	}
	return 0, w.t.at(text)
}

// short says that so little can be read of a list that many words need to be divided by others.
func (w *Walker) short() bool { return w.server.search < 5*membership.PageLimit }
