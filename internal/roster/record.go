package roster

import (
	"rollcall/internal/membership"
)

// personValue is what the people bucket holds of somebody: a class byte, the newest ledger entry, and the record.
//
// The class is the standing in one byte, so that two hundred thousand people are counted without decoding any. Timed says that the
// standing depends on the moment of reading; those few are decoded.
type personValue struct {
	Last   uint64 // seq of the person's newest ledger entry; each entry names the one before. 0: none
	Record membership.Record
}

type class byte

func classOf(r *membership.Record) class {
	_, c := standing(r, 0)
	return c
}

// standing is the person's standing at now, and their class. The moment matters only to what ends at a time.
func standing(r *membership.Record, now membership.Instant) (membership.Standing, class) {
	s := r.Standing(0)
	c := class(s.Presence) | class(s.Role)<<2 | class(s.Departure)<<5
	if s.Until == 0 {
		return s, c
	}
	return r.Standing(now), c | classTimed
}

const classTimed class = 1 << 7

func (c class) presence() membership.Presence   { return membership.Presence(c & 3) }
func (c class) role() membership.Role           { return membership.Role(c >> 2 & 7) }
func (c class) departure() membership.Departure { return membership.Departure(c >> 5 & 3) }

// appendPerson appends the value of p, who is of class c, to b.
func appendPerson(b []byte, p *personValue, c class) []byte {
	w := wire{b: append(b, version, byte(c))}
	w.person(p)
	return w.b
}

func decodePerson(b []byte, p *personValue) error {
	if _, err := classByte(b); err != nil {
		return err
	}
	w := wire{b: b[2:], reading: true}
	w.person(p)
	return w.done("a person")
}

// classByte reads the class without decoding the rest.
func classByte(b []byte) (class, error) {
	b, err := unversioned(b)
	switch {
	case err != nil:
		return 0, err
	case len(b) == 0:
		return 0, damagedf("the record of a person")
	}
	return class(b[0]), nil
}

func (w *wire) person(p *personValue) {
	w.uint(&p.Last)
	w.record(&p.Record)
}

// The bits of a record's mask: which registers hold something, in the order in which there came to be some. Only append.
const (
	bitTold    = 0 // and seven more
	bitHint    = 8
	bitJoin    = 9
	bitSeenIn  = 10
	bitSeenOut = 11
	bitAsked   = 12 // in, and out
	bitMissed  = 14 // and Counted, and First
	bitFound   = 17 // in, and out; not set where it is the asked one: most people were looked up once, if at all
	bitsOfMask = 19
)

// record is a mask of the registers that hold something, and those.
func (w *wire) record(r *membership.Record) {
	told := [...]*membership.Assertion{
		&r.LatestIn, &r.LatestOut, &r.Joined, &r.Departed, &r.Ban, &r.Lift, &r.Proof, &r.RowOut,
	}
	asked := [...]*membership.Assertion{&r.AskedIn, &r.AskedOut}
	found := [...]*membership.Assertion{&r.FoundIn, &r.FoundOut}
	instants := [...]*membership.Instant{&r.Missed, &r.Counted, &r.First}
	var mask uint64
	set := func(bit int, is bool) {
		if is {
			mask |= 1 << bit
		}
	}
	for i, a := range told {
		set(bitTold+i, !a.IsZero())
	}
	set(bitHint, r.Hint != 0)
	set(bitJoin, r.Join != 0)
	set(bitSeenIn, r.SeenIn != (membership.Seen{}))
	set(bitSeenOut, r.SeenOut != (membership.Seen{}))
	for i, a := range asked {
		set(bitAsked+i, !a.IsZero())
		set(bitFound+i, *found[i] != *a)
	}
	for i, at := range instants {
		set(bitMissed+i, *at != 0)
	}
	w.uint(&mask)
	w.bad = w.bad || mask >= 1<<bitsOfMask
	has := func(bit int) bool { return mask&(1<<bit) != 0 }
	for i, a := range told {
		if has(bitTold + i) {
			w.assertion(a)
		}
	}
	if has(bitHint) {
		signed(w, &r.Hint)
	}
	if has(bitJoin) {
		signed(w, &r.Join)
	}
	if has(bitSeenIn) {
		w.seen(&r.SeenIn)
	}
	if has(bitSeenOut) {
		w.seen(&r.SeenOut)
	}
	for i, a := range asked {
		if has(bitAsked + i) {
			w.assertion(a)
		}
	}
	for i, at := range instants {
		if has(bitMissed + i) {
			signed(w, at)
		}
	}
	for i, a := range found {
		if !has(bitFound + i) {
			*a = *asked[i]
			continue
		}
		w.assertion(a)
		w.bad = w.bad || asked[i].IsZero() || *a == *asked[i]
	}
}

// packed carries small fields in one varint: each takes its bits, and one beyond its last word is damage.
type packed struct {
	v     uint64
	shift int
}

func pack[T ~uint8](p *packed, v T, bits int) {
	p.v |= uint64(v) << p.shift
	p.shift += bits
}

func unpack[T ~uint8](w *wire, p *packed, v *T, bits int, last T) {
	*v = T(p.v >> p.shift & (1<<bits - 1))
	p.shift += bits
	if *v > last {
		w.bad, *v = true, 0
	}
}

func packFlag(p *packed, v bool) {
	if v {
		p.v |= 1 << p.shift
	}
	p.shift++
}

func unpackFlag(p *packed, v *bool) {
	*v = p.v>>p.shift&1 == 1
	p.shift++
}

// header is the packed part of an assertion, with what of the rest is present.
type header struct{ until, origin, actor, recorded bool }

func (w *wire) assertionHeader(a *membership.Assertion) header {
	h := header{
		until: a.State.Until != 0, origin: a.Evidence.Origin != 0, actor: a.Evidence.Actor != 0, recorded: a.Evidence.Recorded != 0,
	}
	var p packed
	if !w.reading {
		pack(&p, a.State.Presence, 2)
		pack(&p, a.State.Role, 3)
		pack(&p, a.State.Departure, 2)
		packFlag(&p, a.State.Lifted)
		packFlag(&p, a.Moved)
		pack(&p, a.Evidence.Source, 3)
		pack(&p, a.Evidence.Grade, 2)
		for _, set := range [...]bool{h.until, h.origin, h.actor, h.recorded} {
			packFlag(&p, set)
		}
		w.uint(&p.v)
		return h
	}
	w.uint(&p.v)
	if p.v >= 1<<18 {
		w.bad = true
	}
	unpack(w, &p, &a.State.Presence, 2, membership.Out)
	unpack(w, &p, &a.State.Role, 3, membership.Creator)
	unpack(w, &p, &a.State.Departure, 2, membership.Banned)
	unpackFlag(&p, &a.State.Lifted)
	unpackFlag(&p, &a.Moved)
	unpack(w, &p, &a.Evidence.Source, 3, membership.SourceLookup)
	unpack(w, &p, &a.Evidence.Grade, 2, membership.GradeA)
	for _, set := range [...]*bool{&h.until, &h.origin, &h.actor, &h.recorded} {
		unpackFlag(&p, set)
	}
	return h
}

func (w *wire) assertion(a *membership.Assertion) {
	h := w.assertionHeader(a)
	if a.IsZero() { // a record leaves it out
		w.bad = true
	}
	signed(w, &a.Evidence.At)
	w.uint(&a.Evidence.Ref)
	if h.until {
		signed(w, &a.State.Until)
	}
	if h.origin {
		signed(w, &a.Evidence.Origin)
	}
	if h.actor {
		signed(w, &a.Evidence.Actor)
	}
	if h.recorded {
		signed(w, &a.Evidence.Recorded)
	}
}

func (w *wire) seen(s *membership.Seen) {
	signed(w, &s.Read)
	w.uint(&s.Ref)
	word(w, &s.Role, membership.Creator)
	signed(w, &s.Till)
}

// valid says whether the event's words fit the record. What an outsider hands in is checked once, here, so that no value is
// written that could not be read again.
func valid(e membership.Event) bool {
	return e.User != 0 && e.Evidence.Source != membership.NoSource && validState(e.State) &&
		e.Evidence.Source <= membership.SourceLookup && e.Evidence.Grade <= membership.GradeA
}

func validState(s membership.State) bool {
	return s.Presence <= membership.Out && s.Role <= membership.Creator && s.Departure <= membership.Banned
}

// ledgerEntry is an event with the seq of the same person's entry before it, 0 for the first. The chain is the person's history
// without an index: entries are appended in time order, and an index by person would be written at random.
type ledgerEntry struct {
	Prev  uint64
	Event membership.Event
}

func encodeEntry(e *ledgerEntry) []byte {
	w := writer(48)
	w.entry(e)
	return seal(w.b)
}

func decodeEntry(b []byte, e *ledgerEntry) error {
	w, err := reader(b)
	if err != nil {
		return err
	}
	w.entry(e)
	return w.done("a ledger entry")
}

func (w *wire) entry(e *ledgerEntry) {
	w.uint(&e.Prev)
	signed(w, &e.Event.User)
	a := membership.Assertion{State: e.Event.State, Evidence: e.Event.Evidence, Moved: e.Event.Moved}
	w.assertion(&a)
	e.Event.State, e.Event.Evidence, e.Event.Moved = a.State, a.Evidence, a.Moved
	w.after(&e.Event.After)
}

// after is at an entry's end, and is not there where nothing is known: layouts before it had none.
func (w *wire) after(at *membership.Instant) {
	if w.reading && len(w.b) == 0 || !w.reading && *at == 0 {
		return
	}
	signed(w, at)
	if *at == 0 {
		w.bad = true
	}
}
