package roster

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"rollcall/internal/membership"
)

// loaded are the rows of a merge in memory, as they are stored: decoded, they would take three times the room, and the garbage
// collector would follow three texts in each. A row is decoded when it is its person's turn.
type loaded struct {
	text  []byte // the rows of all blocks as they came, each with its length before it
	bases []blockBase

	order []rowOf // by person, then as they came
	// names are by name, then as they came; each name once after settleNames. They are in lower case in nameText.
	names    []nameRow
	nameText []byte
}

// place is where a row begins in the text, and in which block it was.
type place struct{ from, block uint32 }

// rowOf is a person's row. What is sorted is small, and nothing in it is followed by the garbage collector.
type rowOf struct {
	user  membership.UserID
	place place
}

type nameRow struct {
	head         uint64 // the name's first bytes, which decide nearly every comparison
	user         membership.UserID
	from, length uint32 // in nameText
	place        place
}

// load reads the rows of the pages after `after`, up to `upto`, some sixty bytes each, and sorts where they are. Read again for each
// transaction, in the order of ids, they would cost more than all the rest.
func (l *loaded) load(g *group, walk uint32, after, upto int) error {
	blocks, rows, size := 0, 0, 0
	err := g.eachBlock(walk, after, upto, func(_ int, raw []byte) error {
		p, err := openBlock(raw)
		blocks, rows, size = blocks+1, rows+p.left, size+len(p.w.b)
		return err
	})
	if err == nil && size > math.MaxUint32 {
		err = fmt.Errorf("%d bytes of rows are more than one merge takes", size)
	}
	if err != nil {
		return err
	}
	*l = loaded{
		text: make([]byte, 0, size), bases: make([]blockBase, 0, blocks), order: make([]rowOf, 0, rows),
		names: make([]nameRow, 0, rows/2), nameText: make([]byte, 0, 6*rows), // about half of the people have one, of some twelve letters
	}
	return g.eachBlock(walk, after, upto, func(_ int, raw []byte) error { return l.add(raw) })
}

// add appends a block.
func (l *loaded) add(raw []byte) error {
	p, err := openBlock(raw)
	if err != nil {
		return err
	}
	at := place{from: uint32(len(l.text)), block: uint32(len(l.bases))}
	end := at.from + uint32(len(p.w.b))
	l.text = append(l.text, p.w.b...)
	l.bases = append(l.bases, p.base)
	p.text = string(p.w.b)
	var row membership.Row
	for {
		b, ok, err := p.next()
		if err != nil || !ok {
			return err
		}
		if err := p.decode(b, &row); err != nil {
			return err
		}
		l.note(&row, at)
		at.from = end - uint32(len(p.w.b))
	}
}

func (l *loaded) note(row *membership.Row, at place) {
	l.order = append(l.order, rowOf{user: row.Sighting.User, place: at})
	name := row.Profile.Username
	if row.Profile.User != row.Sighting.User || name == "" {
		return
	}
	n := nameRow{user: row.Profile.User, from: uint32(len(l.nameText)), place: at}
	l.nameText = append(l.nameText, strings.ToLower(name)...)
	n.length = uint32(len(l.nameText)) - n.from
	var head [8]byte
	copy(head[:], l.name(n))
	n.head = binary.BigEndian.Uint64(head[:])
	l.names = append(l.names, n)
}

func (l *loaded) name(n nameRow) []byte { return l.nameText[n.from:][:n.length:n.length] }

// row decodes the row at a place.
func (l *loaded) row(at place, r *membership.Row) error {
	n, size := binary.Uvarint(l.text[at.from:])
	b := l.text[int(at.from)+size:][:n]
	p := stagedBlock{base: l.bases[at.block], text: string(b), end: len(b)}
	return p.decode(b, r)
}

func (l *loaded) sort() {
	sortByUint(l.order, func(r *rowOf) uint64 { return uint64(r.user) ^ 1<<63 })
	sortByUint(l.names, func(n *nameRow) uint64 { return n.head })
	for names := l.names; len(names) > 0; {
		same := 1
		for same < len(names) && names[same].head == names[0].head {
			same++
		}
		slices.SortStableFunc(names[:same], func(a, b nameRow) int { return bytes.Compare(l.name(a), l.name(b)) })
		names = names[same:]
	}
}

// settleNames leaves each name to the person who came with it last. Those who came with it before are contested.
func (l *loaded) settleNames() (contested map[membership.UserID]bool) {
	contested = map[membership.UserID]bool{}
	last := l.names[:0]
	for i, n := range l.names {
		switch {
		case i+1 == len(l.names) || !bytes.Equal(l.name(l.names[i+1]), l.name(n)):
			last = append(last, n)
		case l.names[i+1].user != n.user:
			contested[n.user] = true
		}
	}
	l.names = last
	return contested
}

// namesAfter are at most so many names behind one; last says that they are all that are left.
func (l *loaded) namesAfter(name []byte, most int) (chunk []nameRow, last bool) {
	from, found := slices.BinarySearchFunc(l.names, name, func(n nameRow, name []byte) int { return bytes.Compare(l.name(n), name) })
	if found {
		from++
	}
	to := min(from+most, len(l.names))
	return l.names[from:to], to == len(l.names)
}

// peopleAfter are the rows of the people behind one: at most so many, but all of a person's; last says that they are all
// that are left.
func (l *loaded) peopleAfter(user membership.UserID, most int) (chunk []rowOf, last bool) {
	from, _ := slices.BinarySearchFunc(l.order, user, func(r rowOf, user membership.UserID) int {
		return cmp.Or(cmp.Compare(r.user, user), -1) // behind all rows of the user
	})
	to := min(from+most, len(l.order))
	for to < len(l.order) && to > from && l.order[to].user == l.order[to-1].user {
		to++
	}
	return l.order[from:to], to == len(l.order)
}
