package walk

// edges finds a node's child by its character. It is an open table of numbers: the trie asks it millions of times in a large walk, and a map
// takes five times as long. No entry is ever removed.
type edges struct {
	keys  []uint64 // parent and character, plus one; 0 is free
	nodes []int32
	used  int
}

func edge(parent int32, c rune) uint64 { return uint64(parent)<<21 | uint64(c) + 1 }

// spread is 2^64 divided by the golden ratio, whose multiples lie far apart.
const spread = 0x9e3779b97f4a7c15

func (e *edges) slot(key uint64) int {
	mask := len(e.keys) - 1
	i := int(key*spread>>32) & mask
	for e.keys[i] != 0 && e.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

// get is the child, 0 where there is none.
func (e *edges) get(parent int32, c rune) int32 {
	if e.used == 0 {
		return 0
	}
	return e.nodes[e.slot(edge(parent, c))]
}

func (e *edges) put(parent int32, c rune, child int32) {
	if 4*(e.used+1) > 3*len(e.keys) {
		e.grow()
	}
	i := e.slot(edge(parent, c))
	e.keys[i], e.nodes[i] = edge(parent, c), child
	e.used++
}

func (e *edges) grow() {
	old := *e
	n := max(8, 2*len(old.keys))
	e.keys, e.nodes = make([]uint64, n), make([]int32, n)
	for i, key := range old.keys {
		if key != 0 {
			at := e.slot(key)
			e.keys[at], e.nodes[at] = key, old.nodes[i]
		}
	}
}
