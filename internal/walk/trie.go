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
	posts   []posting // of all bags
	tick    int32     // number of the person being counted, so that two words of theirs count once
	without string    // words that begin with it, or with which it begins, do not count
	path    []int32   // nodes that the person being counted was found under
	burst   []int32   // bags to be divided
	bare    int32     // people counted who have no word that counts
	bareNow int32     // those of them whom no closed list has
}

type node struct {
	parent, first, next int32 // first child and next sibling; 0 is none, since the root is nobody's child
	char                rune
	known               int32  // people known whom the prefix finds
	open                int32  // those of them whom no closed list has: a sample of the unknown
	recent              int32  // those of known whom the sample of the recent list has
	stamp               int32  // tick of who was counted last
	ask                 int32  // what was asked of it; -1 nothing
	last                int32  // last posting of its bag; -1 none
	beside              uint16 // number of the trie of the words beside it; 0 none
	bag                 uint8  // how many postings it has, as long as it is not split
	split               bool
	closed              bool
	forked              bool // something under it was asked for
}

// posting is a word of a person, from where it goes on below the node. Those of a bag are a ring, in which the first comes after the last.
type posting struct {
	person int32
	at     uint32
	next   int32
}

// bagSize is how many words an unsplit node holds. Smaller bags cost memory, larger ones coarseness: half a page is as fine as an
// expectation of new members has to be.
const bagSize = 24

func newTrie(k *known) *trie {
	return &trie{k: k, nodes: []node{{ask: -1, last: -1, split: true}}}
}

// reserve makes room for the words of so many people.
func (t *trie) reserve(people int) {
	if more := min(people, mostReserved) - t.k.len(); more > 0 && t.k.len() > 0 {
		t.posts = slices.Grow(t.posts, more*len(t.posts)/t.k.len())
	}
}

// kid is the node's child, 0 where there is none.
func (t *trie) kid(parent int32, c rune) int32 {
	if len(t.kids.table) == 0 {
		return 0
	}
	return t.kids.table[t.kids.find(t.nodes, parent, c)]
}

// child is the same, made where there is none.
func (t *trie) child(parent int32, c rune) int32 {
	if 2*len(t.nodes) >= len(t.kids.table) {
		t.kids.grow(t.nodes)
	}
	i := t.kids.find(t.nodes, parent, c)
	if n := t.kids.table[i]; n != 0 {
		return n
	}
	n := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{parent: parent, next: t.nodes[parent].first, char: c, ask: -1, last: -1})
	t.nodes[parent].first = n
	t.kids.table[i] = n
	return n
}

// put lays a posting at the end of the node's bag.
func (t *trie) put(n, post int32) {
	nd := &t.nodes[n]
	if nd.last < 0 {
		t.posts[post].next = post
	} else {
		t.posts[post].next, t.posts[nd.last].next = t.posts[nd.last].next, post
	}
	if nd.last = post; !nd.split {
		nd.bag++
	}
}

// here calls do with the people whose words lie in the node's own bag.
func (t *trie) here(n int32, do func(person int32)) {
	last := t.nodes[n].last
	if last < 0 {
		return
	}
	for p := t.posts[last].next; ; p = t.posts[p].next {
		do(t.posts[p].person)
		if p == last {
			return
		}
	}
}

// add counts a person under all prefixes of their words. Who is found by a closed list is covered at once.
func (t *trie) add(person int32) {
	t.tick++
	t.path = append(t.path[:0], 0)
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
		t.posts = append(t.posts, posting{person: person, at: end})
		if t.put(n, int32(len(t.posts)-1)); t.nodes[n].bag > bagSize {
			t.burst = append(t.burst, n)
		}
		at = t.word(t.k.after(end))
	}
	if slices.ContainsFunc(t.path, func(n int32) bool { return t.nodes[n].closed }) {
		t.k.flags[person] |= covered
	}
	recent, open := int32(t.k.flags[person]/fromRecent&1), 1-int32(t.k.flags[person]&covered)
	for _, n := range t.path {
		nd := &t.nodes[n]
		nd.known++
		nd.recent += recent
		nd.open += open
	}
	if bare {
		t.bare++
		t.bareNow += open
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
	last := t.nodes[n].last
	t.nodes[n].split, t.nodes[n].last, t.nodes[n].bag = true, -1, 0
	if last < 0 {
		return
	}
	t.sink(n, last)
	for c := t.nodes[n].first; c != 0; c = t.nodes[c].next {
		if t.nodes[c].bag > bagSize {
			t.divide(c)
		}
	}
}

// sink lays the postings of a ring into the bags of the node's children, and those of words that end at the node into its own.
func (t *trie) sink(n, last int32) {
	person, post := int32(-1), t.posts[last].next
	for {
		p := &t.posts[post]
		next := p.next
		if p.person != person {
			person = p.person
			t.tick++
		}
		if t.k.words[p.at] == 0 {
			t.put(n, post)
		} else {
			c, size := utf8.DecodeRune(t.k.words[p.at:])
			p.at += uint32(size)
			child := t.child(n, c)
			t.put(child, post)
			if nd := &t.nodes[child]; nd.stamp != t.tick {
				nd.stamp = t.tick
				nd.known++
				nd.recent += int32(t.k.flags[person] / fromRecent & 1)
				nd.open += 1 - int32(t.k.flags[person]&covered)
			}
		}
		if post == last {
			return
		}
		post = next
	}
}

// each calls do with everybody known under the node; somebody with two words there comes twice.
func (t *trie) each(n int32, do func(person int32)) {
	t.here(n, do)
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
	t.path = append(t.path[:0], 0)
	for at := t.word(t.k.wordAt[person]); t.k.words[at] != 0; {
		n, end := int32(0), at
		for t.nodes[n].split && t.k.words[end] != 0 {
			c, size := utf8.DecodeRune(t.k.words[end:])
			n = t.kid(n, c)
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
