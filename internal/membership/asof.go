package membership

import (
	"cmp"
	"slices"
)

// Past is one person's presence at every moment, as far as what is known today tells it. It is exact where an event says when somebody came or
// went, and where a list gave the date of a join. Where only lists and lookups speak, a change fell between two of them, and between them the
// presence is unknown: nothing is guessed.
type Past struct {
	record Record
	events []Event
	turns  []Turn
	newest Instant // of all that was told
}

// Turn is a change of presence. It happened after From, and not after To; From is To where the moment is known, and 0 where nothing was known
// of the person before. A person's turns come in order; the spans of two may overlap by a
// lookup's margin, since what it saw was so at some moment of it.
type Turn struct {
	From, To Instant
	// Was is the presence before; Unknown where nothing told of any.
	Was, Is Presence
	// Told is the assertion that told of it; it is zero for a departure of which nothing told but the return.
	Told Assertion
}

// Exact says that the moment of the turn is known.
func (t Turn) Exact() bool { return t.From == t.To }

// Placement is a person's place at a moment that is past.
type Placement struct {
	// Standing is what facts from before the moment give; presence is unknown where facts from after it say that this had changed.
	Standing Standing
	// Within is the turn within which the moment lies, where that is why the presence is not known.
	Within *Turn
	// Known says that the person belonged to the roll: before somebody joined for the first time, they did not.
	Known bool
}

// NewPast takes a person's ledger entries, in any order, and their record.
func NewPast(events []Event, r Record) *Past {
	p := &Past{record: r, events: events}
	p.newest = max(r.Hint, r.Missed, r.Counted, r.SeenIn.Read, r.SeenOut.Read)
	var c chronicle
	for _, m := range p.marks() {
		p.newest = max(p.newest, m.Evidence.At)
		c.take(m)
	}
	p.turns = c.turns
	return p
}

// Turns are the changes of presence that are known of, oldest first.
func (p *Past) Turns() []Turn { return p.turns }

// At is the person's place at the moment. At a moment after all that was told it is the record's standing.
func (p *Past) At(at Instant) Placement {
	if at >= p.newest {
		return Placement{Standing: p.record.Standing(at), Known: !p.record.IsZero()}
	}
	r := p.before(at)
	place := Placement{Standing: r.Standing(at), Known: true}
	i, _ := slices.BinarySearchFunc(p.turns, at+1, func(t Turn, at Instant) int { return cmp.Compare(t.To, at) })
	if i < len(p.turns) {
		next := p.turns[i]
		if i == 0 {
			next, place.Known = next.toward(), !next.begins()
		}
		if place.Known && next.From < at && !next.Exact() {
			place.Within, place.Standing = &next, Standing{LastConfirmed: next.From}
		}
	} else if len(p.turns) == 0 {
		place.Known = !r.IsZero() // there are hints alone
	}
	return place
}

// toward is the time before the first turn: what was before it came about at some time.
func (t Turn) toward() Turn {
	if t.Exact() {
		return Turn{To: t.To, Is: t.Was}
	}
	return t
}

// begins says that the person was not there before: they joined, or a lookup found that they never had.
func (t Turn) begins() bool {
	return (t.Exact() && t.Is == In) || (t.Is == Out && t.Told.looked())
}

// before is the record as far as it is of what had come about at the moment for sure.
func (p *Past) before(at Instant) Record {
	var b Record
	for _, e := range p.events {
		if e.assertion().latest() <= at {
			b.Apply(e)
		}
	}
	r := &p.record
	for _, listed := range []Assertion{{}, r.first(), r.joined(), r.Proof} {
		dated := listed.Evidence.At == r.Join // the row that told of the join
		if !listed.IsZero() && (listed.latest() <= at || dated && r.Join <= at) {
			raise(&b.Proof, listed)
		}
	}
	if !r.RowOut.IsZero() && r.RowOut.latest() <= at {
		raise(&b.RowOut, r.RowOut)
	}
	for _, asked := range []Assertion{r.FoundIn, r.AskedIn, r.FoundOut, r.AskedOut} {
		if !asked.IsZero() && asked.latest() <= at {
			b.ask(asked)
		}
	}
	for _, kept := range []struct{ to, from *Seen }{{&b.SeenIn, &r.SeenIn}, {&b.SeenOut, &r.SeenOut}} {
		if kept.from.Read <= at {
			*kept.to = *kept.from
		}
	}
	for _, kept := range []struct{ to, from *Instant }{{&b.Join, &r.Join}, {&b.First, &r.First}, {&b.Missed, &r.Missed}, {&b.Counted, &r.Counted}} {
		if *kept.from <= at {
			*kept.to = *kept.from
		}
	}
	return b
}

// first is the earliest that a list said of the person, who then was in.
func (r *Record) first() Assertion { return listedIn(r.First, false) }

// joined is the newest join date of which a list told.
func (r *Record) joined() Assertion { return listedIn(r.Join, true) }

// listedIn has no reference and no role: of two assertions of one moment the one that a row made in full is the greater.
func listedIn(at Instant, moved bool) Assertion {
	if at == 0 {
		return Assertion{}
	}
	return Assertion{State: State{Presence: In}, Evidence: Evidence{Source: SourceList, Grade: GradeB, At: at}, Moved: moved}
}

// mark is what says, or confirms, a presence at a moment.
type mark struct {
	Assertion

	confirms bool // it says nothing new, whatever was the presence before
}

// marks are all that tells of the person's presence, in the order in which it counts.
func (p *Past) marks() []mark {
	r := &p.record
	var told []mark
	if r.First != 0 && r.First != r.Join {
		told = append(told, mark{Assertion: r.first()})
	}
	for _, a := range []Assertion{r.joined(), r.Proof, r.RowOut, r.FoundIn, r.AskedIn, r.FoundOut, r.AskedOut} {
		if !a.IsZero() {
			told = append(told, mark{Assertion: a})
		}
	}
	for _, e := range p.events {
		if e.direct() {
			told = append(told, mark{Assertion: e.assertion()})
		}
	}
	heard := p.heard()
	told = slices.DeleteFunc(told, func(m mark) bool {
		dated := m.Moved || m.Evidence.Source == SourceAdminLog || m.Evidence.Source == SourceBotUpdate
		return dated && m.Evidence.Source.rank() < heard[m.Evidence.At].rank()
	})
	slices.SortFunc(told, func(a, b mark) int { return a.compare(b.Assertion) })
	return confirmed(told, p.confirmations())
}

// heard is for each moment of which events tell moves the source that counts, the greatest: what two sources tell of one moment is the same told
// twice, and each knows the order of its own alone. So nothing that a lesser one dates then counts, be it a move or not; a list's join date
// counts where no event tells of that moment.
func (p *Past) heard() map[Instant]Source {
	heard := map[Instant]Source{}
	for _, e := range p.events {
		a := e.assertion()
		if at := a.Evidence.At; a.Moved && e.direct() && a.Evidence.Source.rank() > heard[at].rank() {
			heard[at] = a.Evidence.Source
		}
	}
	return heard
}

// confirmations are moments at which a presence is known to have lasted still.
func (p *Past) confirmations() []mark {
	var all []mark
	add := func(is Presence, at Instant) {
		if at > 0 {
			all = append(all, mark{confirms: true, Assertion: Assertion{State: State{Presence: is}, Evidence: Evidence{Source: SourceList, At: at}}})
		}
	}
	add(In, p.record.SeenIn.Read.Add(-ListMargin))
	add(Out, p.record.SeenOut.Read.Add(-ListMargin))
	for _, e := range p.events {
		switch e.State.Presence {
		case In:
			add(Out, e.After)
		case Out:
			add(In, e.After)
		case Unknown:
		}
	}
	slices.SortFunc(all, func(a, b mark) int { return cmp.Compare(a.Evidence.At, b.Evidence.At) })
	return all
}

// confirmed puts those confirmations among the told that agree with what was told last before them: a list may lag so far behind that it
// confirms what was over.
func confirmed(told, confirmations []mark) []mark {
	all := make([]mark, 0, len(told)+len(confirmations))
	for _, m := range told {
		for len(confirmations) > 0 && confirmations[0].Evidence.At < m.effective() {
			all = appendAgreeing(all, confirmations[0])
			confirmations = confirmations[1:]
		}
		all = append(all, m)
	}
	for _, c := range confirmations {
		all = appendAgreeing(all, c)
	}
	return all
}

func appendAgreeing(all []mark, c mark) []mark {
	if len(all) == 0 || all[len(all)-1].State.Presence != c.State.Presence {
		return all
	}
	return append(all, c)
}

// chronicle makes turns of marks.
type chronicle struct {
	turns []Turn
	is    Presence
	until Instant // the newest moment at which the presence is known to have lasted
}

func (c *chronicle) take(m mark) {
	at, is := m.effective(), m.State.Presence
	switch {
	case m.confirms:
	case c.is == is:
		c.again(m, at)
	case m.Moved:
		c.turn(Turn{From: at, To: at, Was: opposite(is), Is: is, Told: m.Assertion})
	default:
		c.turn(Turn{From: c.until, To: m.latest(), Was: c.is, Is: is, Told: m.Assertion})
	}
	c.until = max(c.until, at)
	for i := len(c.turns) - 2; i >= 0 && c.turns[i].To > c.turns[i+1].To; i-- { // what came before had come about by then
		c.turns[i].To = c.turns[i+1].To
		c.turns[i].From = min(c.turns[i].From, c.turns[i].To)
	}
}

// again takes a mark of the presence that is known.
func (c *chronicle) again(m mark, at Instant) {
	last := &c.turns[len(c.turns)-1]
	switch {
	case last.Exact() && at == last.To && last.Told.Evidence.Ref == 0:
		last.Told = m.Assertion // the row that gave the join date
	case !m.Moved:
		last.To = min(last.To, max(m.latest(), last.From)) // by then it had come about
	case !last.Exact() && last.From <= at && at <= last.To:
		*last = Turn{From: at, To: at, Was: opposite(last.Is), Is: last.Is, Told: m.Assertion}
	case at.Sub(last.To) > LookupMargin: // they came, or went, a second time; of the way back between nothing told
		back := opposite(c.is)
		c.turn(Turn{From: min(c.until, at-1), To: at, Was: c.is, Is: back})
		c.turn(Turn{From: at, To: at, Was: back, Is: opposite(back), Told: m.Assertion})
	}
}

func (c *chronicle) turn(t Turn) {
	c.turns = append(c.turns, t)
	c.is = t.Is
}

// latest is the last moment at which what was asserted can have come about: who asks, and who is asked, take some time.
func (a Assertion) latest() Instant {
	switch {
	case a.looked():
		return a.Evidence.At.Add(LookupMargin)
	case a.Evidence.Source == SourceList && !a.Moved:
		return a.Evidence.At.Add(ListMargin)
	}
	return a.Evidence.At
}

// Contrary is the newest moment at which the contrary of what the event says is known to have held, by a standing before the event; 0 where
// nothing of the kind is known.
func (s Standing) Contrary(e Event) Instant {
	told := e.assertion()
	if s.Presence == Unknown || s.Presence == e.State.Presence || e.State.Presence == Unknown || s.LastConfirmed >= told.effective() {
		return 0
	}
	return s.LastConfirmed
}

func opposite(p Presence) Presence {
	if p == In {
		return Out
	}
	return In
}
