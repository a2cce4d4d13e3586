package world

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"strings"
)

// wordIndex finds a channel's rows by the prefixes of their words: the distinct words, sorted, each with its
// rows. 200,000 members take about 7 MB, since each word is there once and as bytes; a trie of nodes would take
// ten times that.
//
// What changed since the arrays were made lies beside them in late, which is read whole by each search and
// merged in before it grows long. Rows that are no longer listed stay where they are: listed says who counts.
type wordIndex struct {
	text    []byte   // the words, one after the other
	ends    []uint32 // where in text word i ends
	rows    []int32  // the rows of all words, one word's after the other's
	rowEnds []uint32 // where in rows those of word i end

	late   []lateWord
	stale  map[int32]struct{} // rows whose words in the arrays no longer hold
	known  bitset             // rows whose words are in the arrays or in late
	listed bitset             // rows that are in the channel's order
}

type lateWord struct {
	word string
	row  int32
}

// Bounds of late: after they are exceeded it is merged into the arrays. Building takes longer steps.
const (
	lateWords  = 4_096
	buildWords = 65_536
)

func (x *wordIndex) word(i int) []byte { return x.text[before(x.ends, i):x.ends[i]] }

func (x *wordIndex) rowsOf(i int) []int32 { return x.rows[before(x.rowEnds, i):x.rowEnds[i]] }

// before returns where element i begins, which is where the one before it ends.
func before(ends []uint32, i int) uint32 {
	if i == 0 {
		return 0
	}
	return ends[i-1]
}

// add takes in the words of a row that has none yet, and merges when there are more than bound.
func (x *wordIndex) add(row int32, f folding, a *account, bound int) {
	x.known.set(row)
	f.each(a, func(word string) {
		if word != "" {
			x.late = append(x.late, lateWord{word, row})
		}
	})
	if len(x.late) > bound {
		x.merge()
	}
}

// rename replaces the row's words.
func (x *wordIndex) rename(row int32, f folding, a *account) {
	if !x.known.has(row) {
		return
	}
	x.stale[row] = struct{}{}
	x.late = slices.DeleteFunc(x.late, func(l lateWord) bool { return l.row == row })
	x.add(row, f, a, lateWords)
}

// merge makes the arrays anew with late in them and without what is stale.
func (x *wordIndex) merge() {
	slices.SortFunc(x.late, func(a, b lateWord) int {
		return cmp.Or(strings.Compare(a.word, b.word), cmp.Compare(a.row, b.row))
	})
	x.late = slices.Compact(x.late)
	out := wordIndex{
		text: make([]byte, 0, len(x.text)+8*len(x.late)), ends: make([]uint32, 0, len(x.ends)+len(x.late)),
		rows: make([]int32, 0, len(x.rows)+len(x.late)), rowEnds: make([]uint32, 0, len(x.ends)+len(x.late)),
	}
	late := x.late
	for i := range x.ends {
		word := x.word(i)
		for len(late) > 0 && late[0].word < string(word) {
			late = out.takeLate(late)
		}
		for _, row := range x.rowsOf(i) {
			if _, gone := x.stale[row]; !gone {
				out.rows = append(out.rows, row)
			}
		}
		for len(late) > 0 && late[0].word == string(word) {
			out.rows = append(out.rows, late[0].row)
			late = late[1:]
		}
		if len(out.rows) > int(before(out.rowEnds, len(out.rowEnds))) { // somebody still has the word
			out.text = append(out.text, word...)
			out.endWord()
		}
	}
	for len(late) > 0 {
		late = out.takeLate(late)
	}
	x.text, x.ends = slices.Clip(out.text), slices.Clip(out.ends)
	x.rows, x.rowEnds = slices.Clip(out.rows), slices.Clip(out.rowEnds)
	x.late, x.stale = nil, make(map[int32]struct{})
}

// takeLate moves the first word of late, with all its rows, to the end of the arrays.
func (x *wordIndex) takeLate(late []lateWord) []lateWord {
	word := late[0].word
	n := 0
	for ; n < len(late) && late[n].word == word; n++ {
		x.rows = append(x.rows, late[n].row)
	}
	x.text = append(x.text, word...)
	x.endWord()
	return late[n:]
}

// endWord closes a word whose text and rows have been added.
func (x *wordIndex) endWord() {
	x.ends = append(x.ends, uint32(len(x.text)))
	x.rowEnds = append(x.rowEnds, uint32(len(x.rows)))
}

// mark sets the rows that have a word with the prefix q, or, with inner, a word that contains it.
func (x *wordIndex) mark(into bitset, q string, inner bool) {
	part := []byte(q)
	if inner {
		for i := range x.ends {
			if bytes.Contains(x.word(i), part) {
				x.markRows(into, x.rowsOf(i))
			}
		}
	} else {
		first := sort.Search(len(x.ends), func(i int) bool { return string(x.word(i)) >= q })
		n := sort.Search(len(x.ends)-first, func(i int) bool { return !bytes.HasPrefix(x.word(first+i), part) })
		if n > 0 {
			x.markRows(into, x.rows[before(x.rowEnds, first):x.rowEnds[first+n-1]])
		}
	}
	for _, l := range x.late {
		if strings.HasPrefix(l.word, q) || inner && strings.Contains(l.word, q) {
			into.set(l.row)
		}
	}
}

func (x *wordIndex) markRows(into bitset, rows []int32) {
	for _, row := range rows {
		if len(x.stale) > 0 {
			if _, gone := x.stale[row]; gone {
				continue
			}
		}
		into.set(row)
	}
}

// find returns the listed rows that answer to every word of the query.
func (x *wordIndex) find(m matcher) bitset {
	found := slices.Clone(x.listed)
	for _, q := range m.query {
		has := make(bitset, len(found))
		x.mark(has, q, m.inner)
		for i := range found {
			found[i] &= has[i]
		}
	}
	return found
}

// bitset is a set of rows.
type bitset []uint64

func (b bitset) has(row int32) bool {
	i := int(row >> 6)
	return i < len(b) && b[i]&(1<<(row&63)) != 0
}

// set adds a row that the set has room for.
func (b bitset) set(row int32) { b[row>>6] |= 1 << (row & 63) }

func (b bitset) clear(row int32) {
	if i := int(row >> 6); i < len(b) {
		b[i] &^= 1 << (row & 63)
	}
}

// grow makes room for rows up to n.
func (b *bitset) grow(n int) {
	if words := (n + 63) / 64; words > len(*b) {
		*b = append(*b, make(bitset, words-len(*b))...)
	}
}

func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// all yields the set's rows, ascending.
func (b bitset) all(yield func(int32) bool) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			if !yield(int32(i<<6 + bits.TrailingZeros64(word))) {
				return
			}
		}
	}
}
