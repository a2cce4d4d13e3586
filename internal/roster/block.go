package roster

import (
	"encoding/binary"

	"rollcall/internal/membership"
)

// A staged page lies in blocks. A block is: version, the time it was read and its walk and first row (which its rows share, or
// nearly), and the rows, each with its length before it, so that one row is reached by stepping over the others.

// blockRows is how many rows a block has: some three blocks fill a page of the file. Under one key, a page of 200 rows would share a
// leaf with the pages before it, and each commit would write them all again, 80 kB instead of 30.
const blockRows = 20

// blockBase is what the rows of one block have in common.
type blockBase struct {
	read membership.Instant
	walk uint32
	row  uint32
}

func encodeBlock(rows []membership.Row) []byte {
	w := writer(16 + 72*len(rows))
	var base blockBase
	if len(rows) > 0 {
		s := rows[0].Sighting
		base = blockBase{read: s.Read, walk: s.Walk, row: s.Row}
	}
	w.blockBase(&base)
	w.count(len(rows))
	row := wire{b: make([]byte, 0, 256)}
	for i := range rows {
		row.b = row.b[:0]
		row.row(base, &rows[i])
		w.b = binary.AppendUvarint(w.b, uint64(len(row.b)))
		w.b = append(w.b, row.b...)
	}
	return seal(w.b)
}

func (w *wire) blockBase(b *blockBase) {
	signed(w, &b.read)
	unsigned(w, &b.walk)
	unsigned(w, &b.row)
}

func (w *wire) row(base blockBase, r *membership.Row) {
	s := &r.Sighting
	w.whose(s)
	signed(w, &s.Date)
	signed(w, &s.State.Until)
	signed(w, &s.By)
	read, walk, row := s.Read-base.read, s.Walk-base.walk, s.Row-base.row
	signed(w, &read)
	unsigned(w, &walk)
	unsigned(w, &row)
	s.Read, s.Walk, s.Row = base.read+read, base.walk+walk, base.row+row
	signed(w, &r.Profile.User)
	w.profile(&r.Profile)
}

// whose is what a row begins with: whom it shows, and in which state.
func (w *wire) whose(s *membership.Sighting) {
	signed(w, &s.User)
	w.rowHeader(s)
}

func (w *wire) rowHeader(s *membership.Sighting) {
	var p packed
	if !w.reading {
		pack(&p, s.State.Presence, 2)
		pack(&p, s.State.Role, 3)
		pack(&p, s.State.Departure, 2)
		packFlag(&p, s.State.Lifted)
		packFlag(&p, s.Dated)
		w.uint(&p.v)
		return
	}
	w.uint(&p.v)
	if p.v >= 1<<9 {
		w.bad = true
	}
	unpack(w, &p, &s.State.Presence, 2, membership.Out)
	unpack(w, &p, &s.State.Role, 3, membership.Creator)
	unpack(w, &p, &s.State.Departure, 2, membership.Banned)
	unpackFlag(&p, &s.State.Lifted)
	unpackFlag(&p, &s.Dated)
}

// stagedBlock reads the rows of a block one after the other, or steps over them.
type stagedBlock struct {
	w    wire
	text string // the rows, where all are read: their texts are then parts of one string, not three each
	base blockBase
	left int
	end  int // of the row that was read last, in text
}

func openBlock(b []byte) (stagedBlock, error) {
	w, err := reader(b)
	if err != nil {
		return stagedBlock{}, err
	}
	p := stagedBlock{w: *w}
	p.w.blockBase(&p.base)
	p.left = p.w.count(0)
	if p.w.bad {
		return stagedBlock{}, damagedf("a block of a staged page")
	}
	return p, nil
}

// next is the bytes of the next row; false at the end.
func (p *stagedBlock) next() ([]byte, bool, error) {
	if p.left == 0 {
		if len(p.w.b) != 0 {
			return nil, false, damagedf("a block of a staged page")
		}
		return nil, false, nil
	}
	p.left--
	n := p.w.count(0)
	if p.w.bad {
		return nil, false, damagedf("a block of a staged page")
	}
	b := p.w.b[:n]
	p.w.b = p.w.b[n:]
	p.end = len(p.text) - len(p.w.b)
	return b, true, nil
}

func (p *stagedBlock) decode(b []byte, r *membership.Row) error {
	*r = membership.Row{}
	w := wire{b: b, reading: true}
	if p.text != "" {
		w.whole = p.text[p.end-len(b) : p.end]
	}
	w.row(p.base, r)
	return w.done("a staged row")
}

// states gives whom the rows show, and their state but for its end, to fn. It decodes nothing else.
func states(block []byte, fn func(user membership.UserID, s membership.State)) error {
	p, err := openBlock(block)
	if err != nil {
		return err
	}
	for {
		b, ok, err := p.next()
		if err != nil || !ok {
			return err
		}
		w := wire{b: b, reading: true}
		var s membership.Sighting
		if w.whose(&s); w.bad {
			return damagedf("a staged row")
		}
		fn(s.User, s.State)
	}
}

// rowsOf gives every row of a block to fn, with its place in it.
func rowsOf(block []byte, fn func(place int, r *membership.Row) error) error {
	p, err := openBlock(block)
	if err != nil {
		return err
	}
	p.text = string(p.w.b)
	var r membership.Row
	for place := 0; ; place++ {
		b, ok, err := p.next()
		if err != nil || !ok {
			return err
		}
		if err := p.decode(b, &r); err != nil {
			return err
		}
		if err := fn(place, &r); err != nil {
			return err
		}
	}
}

// rowAt reads one row of a block.
func rowAt(block []byte, place int, r *membership.Row) error {
	p, err := openBlock(block)
	if err != nil {
		return err
	}
	for ; ; place-- {
		b, ok, err := p.next()
		switch {
		case err != nil:
			return err
		case !ok:
			return damagedf("a block of a staged page is shorter than it was")
		case place == 0:
			return p.decode(b, r)
		}
	}
}
