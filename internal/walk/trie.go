package walk

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// trie counts, for prefixes of the words of the people known, how many of them each finds. A node is a prefix. Nodes are split only
// where many words meet, so 200,000 people make some 60,000 nodes, in one array, and the words below an unsplit one lie in its bag.
type trie struct {
	k       *known
	nodes   []node
	kids    edges
	tick    int32   // number of the person being counted, so that two words of theirs count once
	without string  // words that begin with it, or with which it begins, do not count
	path    []int32 // nodes that the person being counted was found under
	burst   []int32 // bags to be divided
	bare    int32   // people counted who have no word that counts
	bareNow int32   // those of them whom no closed list has
}

type node struct {
	parent, first, next int32 // first child and next sibling; 0 is none, since the root is nobody's child
	char                rune
	known               int32  // people known whom the prefix finds
	open                int32  // those of them whom no closed list has: a sample of the unknown
	recent              int32  // those of known whom the sample of the recent list has
	stamp               int32  // tick of who was counted last
	ask                 int32  // what was asked of it; -1 nothing
	beside              uint16 // number of the trie of the words beside it; 0 none
	split               bool
	closed              bool
	forked              bool // something under it was asked for
	bag                 []posting
}

// posting is a word of a person, from where it goes on below the node.
type posting struct {
	person int32
	at     uint32
}

// bagSize is how many words an unsplit node holds. Smaller bags cost memory, larger ones coarseness: half a page is as fine as an
// expectation of new members has to be.
const bagSize = 24

func newTrie(k *known) *trie {
	return &trie{k: k, nodes: []node{{ask: -1, split: true}}}
}

func (t *trie) child(parent int32, c rune) int32 {
	if n := t.kids.get(parent, c); n != 0 {
		return n
	}
	n := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{parent: parent, next: t.nodes[parent].first, char: c, ask: -1})
	t.nodes[parent].first = n
	t.kids.put(parent, c, n)
	return n
}

// add counts a person under all prefixes of their words. Who is found by a closed list is covered at once.
func (t *trie) add(person int32) {
	t.tick++
	t.path = t.path[:0]
	t.visit(0)
	at := t.word(t.k.wordAt[person])
	bare := t.k.words[at] == 0
	for t.k.words[at] != 0 {
		n, end := int32(0), at
		for t.nodes[n].split && t.k.words[end] != 0 {
			c, size := utf8.DecodeRune(t.k.words[end:])
			n = t.child(n, c)
			end += uint32(size)
			t.visit(n)
		}
		t.nodes[n].bag = append(t.nodes[n].bag, posting{person, end})
		if !t.nodes[n].split && len(t.nodes[n].bag) > bagSize {
			t.burst = append(t.burst, n)
		}
		at = t.word(t.k.after(end))
	}
	if slices.ContainsFunc(t.path, func(n int32) bool { return t.nodes[n].closed }) {
		t.k.flags[person] |= covered
	}
	recent := int32(t.k.flags[person] / fromRecent & 1)
	for _, n := range t.path {
		t.nodes[n].known++
		t.nodes[n].recent += recent
		if t.k.flags[person]&covered == 0 {
			t.nodes[n].open++
		}
	}
	if bare {
		t.bare++
		t.bareNow += int32(1 - t.k.flags[person]&covered)
	}
	for _, n := range t.burst {
		t.divide(n)
	}
	t.burst = t.burst[:0]
}

// word is where the first word at or after `at` begins that counts in this trie.
func (t *trie) word(at uint32) uint32 {
	for t.without != "" && t.k.words[at] != 0 && t.excluded(at) {
		at = t.k.after(at)
	}
	return at
}

func (t *trie) excluded(at uint32) bool {
	word := t.k.words[at : t.k.after(at)-1]
	return bytes.HasPrefix(word, []byte(t.without)) || strings.HasPrefix(t.without, string(word))
}

// after is where the word after the one at `at` begins.
func (k *known) after(at uint32) uint32 {
	for k.words[at] != 0 {
		at++
	}
	return at + 1
}

// visit notes a node once for each tick.
func (t *trie) visit(n int32) {
	if t.nodes[n].stamp != t.tick {
		t.nodes[n].stamp = t.tick
		t.path = append(t.path, n)
	}
}

// divide gives an unsplit node children, and those theirs where they are too large.
func (t *trie) divide(n int32) {
	if t.nodes[n].split {
		return
	}
	t.nodes[n].split = true
	bag := t.nodes[n].bag
	t.nodes[n].bag = nil
	var ended []posting
	last := int32(-1)
	for _, p := range bag {
		if p.person != last {
			last = p.person
			t.tick++
		}
		if t.k.words[p.at] == 0 {
			ended = append(ended, p)
			continue
		}
		c, size := utf8.DecodeRune(t.k.words[p.at:])
		child := t.child(n, c)
		nd := &t.nodes[child]
		nd.bag = append(nd.bag, posting{p.person, p.at + uint32(size)})
		if nd.stamp != t.tick {
			nd.stamp = t.tick
			nd.known++
			nd.recent += int32(t.k.flags[p.person] / fromRecent & 1)
			if t.k.flags[p.person]&covered == 0 {
				nd.open++
			}
		}
	}
	t.nodes[n].bag = ended
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		if len(t.nodes[c].bag) > bagSize {
			t.divide(c)
		}
	}
}

// each calls do with everybody known under the node; somebody with two words there comes twice.
func (t *trie) each(n int32, do func(person int32)) {
	for _, p := range t.nodes[n].bag {
		do(p.person)
	}
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		t.each(c, do)
	}
}

// setAsk notes what was asked of a node.
func (t *trie) setAsk(n, ask int32) {
	t.nodes[n].ask = ask
	for m := t.nodes[n].parent; m != 0 && !t.nodes[m].forked; m = t.nodes[m].parent {
		t.nodes[m].forked = true
	}
}

// below calls do with a node and all under it.
func (t *trie) below(n int32, do func(n int32)) {
	do(n)
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		t.below(c, do)
	}
}

// uncount takes a person out of the sample of the unknown, and returns the nodes that find them.
func (t *trie) uncount(person int32) []int32 {
	over := t.over(person)
	for _, n := range over {
		t.nodes[n].open--
	}
	if len(over) == 1 {
		t.bareNow--
	}
	return over
}

// settledAbove says that the node or a shorter prefix of it is closed.
func (t *trie) settledAbove(n int32) bool {
	for ; n != 0; n = t.nodes[n].parent {
		if t.nodes[n].closed {
			return true
		}
	}
	return false
}

// text is the node's prefix.
func (t *trie) text(n int32) string {
	var back []rune
	for ; n != 0; n = t.nodes[n].parent {
		back = append(back, t.nodes[n].char)
	}
	slices.Reverse(back)
	return string(back)
}

// at is the node of a prefix, made where there is none.
func (t *trie) at(prefix string) int32 {
	n := int32(0)
	for _, c := range prefix {
		t.divide(n)
		n = t.child(n, c)
	}
	return n
}

// over are the nodes that find a person, the root first. The slice is good until the next call.
func (t *trie) over(person int32) []int32 {
	t.tick++
	t.path = t.path[:0]
	t.visit(0)
	for at := t.word(t.k.wordAt[person]); t.k.words[at] != 0; {
		n, end := int32(0), at
		for t.nodes[n].split && t.k.words[end] != 0 {
			c, size := utf8.DecodeRune(t.k.words[end:])
			n = t.kids.get(n, c)
			end += uint32(size)
			t.visit(n)
		}
		at = t.word(t.k.after(end))
	}
	return t.path
}

// initial is the first character of the node's prefix.
func (t *trie) initial(n int32) rune {
	for t.nodes[n].parent != 0 {
		n = t.nodes[n].parent
	}
	return t.nodes[n].char
}
