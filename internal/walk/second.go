package walk

import (
	"slices"
	"strings"
)

// A word that more people bear than can be read of its list has no longer prefix that would divide them. Another word beside it does: "maria
// g" are the Marias with a word that begins with g. So such a prefix gets a trie of its own, over the other words of the people known under it.

// never stands in place of a question that is not to be asked.
const never = -2

// beside is such a prefix with its trie.
type beside struct {
	base   int32 // node of the prefix
	prefix string
	t      *trie
}

// trieOf is a trie by its number: 0 is the main one, the others are those beside a prefix.
func (w *Walker) trieOf(space int32) *trie {
	if space == 0 {
		return w.t
	}
	return w.besides[space-1].t
}

// manyBesides bounds the tries, for memory's sake.
const manyBesides = 4_000

// beside returns the number of the prefix's trie, which is made where there is none; 0 where there may be no more.
func (w *Walker) beside(base int32) int32 {
	if n := w.t.nodes[base].beside; n > 0 || len(w.besides) >= manyBesides {
		return int32(n)
	}
	b := beside{base: base, prefix: w.t.text(base), t: newTrie(&w.k)}
	b.t.without = b.prefix
	var people []int32
	w.t.each(base, func(i int32) { people = append(people, i) })
	slices.Sort(people)
	for _, i := range slices.Compact(people) {
		b.t.add(i)
	}
	for n := b.t.at(b.prefix); n != 0; n = b.t.nodes[n].parent {
		b.t.setAsk(n, never) // finds the same word: all under the base
	}
	w.besides = append(w.besides, b)
	w.t.nodes[base].beside = uint16(len(w.besides))
	return int32(len(w.besides))
}

// count adds somebody new to the tries.
func (w *Walker) count(person int32) {
	w.t.add(person)
	w.touch(w.t, w.t.path)
	for _, n := range w.t.path {
		if b := w.t.nodes[n].beside; b > 0 {
			t := w.besides[b-1].t
			t.add(person)
			w.touch(t, t.path)
		}
	}
}

// cover takes somebody who is in a closed list out of the samples of all tries.
func (w *Walker) cover(person int32) {
	if w.k.flags[person]&covered != 0 {
		return
	}
	w.k.flags[person] |= covered
	over := w.t.uncount(person)
	w.touch(w.t, over)
	for _, n := range over {
		if b := w.t.nodes[n].beside; b > 0 {
			t := w.besides[b-1].t
			w.touch(t, t.uncount(person))
		}
	}
}

// touch has computed anew what was asked of the nodes.
func (w *Walker) touch(t *trie, nodes []int32) {
	for _, n := range nodes {
		if a := t.nodes[n].ask; a >= 0 {
			w.stale[a] = true
		}
	}
}

// nodeOf is the trie and the node that a query's text means.
func (w *Walker) nodeOf(text string) (space, node int32) {
	if prefix, other, two := strings.Cut(text, " "); two {
		base := w.t.at(prefix)
		if space = w.beside(base); base == 0 || space == 0 {
			return 0, 0
		}
		return space, w.trieOf(space).at(other)
	}
	return 0, w.t.at(text)
}
