package membership

import (
	"cmp"
	"time"
)

// KickWindow is how soon after a ban its lifting makes it a kick. Clients pause for a second between the two calls, TDLib bans for a
// minute in case the second never comes (telegram.md §7).
const KickWindow = 60 * time.Second

// Record is everything the fold remembers of one person in one group. Each field is a register that only grows, so Apply and See
// commute and may be repeated. The zero Record knows nothing.
type Record struct {
	LatestIn  Assertion // greatest event that says in
	LatestOut Assertion // greatest event that says out
	Joined    Assertion // greatest event that tells the moment of joining
	Departed  Assertion // greatest event that tells the moment of going
	Ban       Assertion // greatest event that tells the moment of a ban
	Lift      Assertion // greatest event that says that a ban was lifted
	Hint      Instant   // newest grade C evidence

	SeenIn  Seen      // newest list row that showed the person in
	Proof   Assertion // the list row that counts latest: greatest join date, or undated reading less the margin
	Join    Instant   // greatest join date in any row
	First   Instant   // earliest time at which a row says that they were in; 0 unknown, where rosters are older than this register
	SeenOut Seen      // newest list row that said banned or left
	RowOut  Assertion // the list row that says out and counts latest

	AskedIn  Assertion // newest lookup that said in
	AskedOut Assertion // newest lookup that said out
	FoundIn  Assertion // earliest lookup that said in
	FoundOut Assertion // earliest lookup that said out

	Missed  Instant // newest list that is known whole, should have shown the person, and did not
	Counted Instant // newest count of Telegram's that agreed with everybody's being in whom it counts, the person among them
}

// Seen is when, and by which walk, a list last showed a person.
type Seen struct {
	Read Instant
	Ref  uint64
	Role Role
	Till Instant // end of a restriction
}

func (s Seen) compare(o Seen) int {
	return cmp.Or(cmp.Compare(s.Read, o.Read), cmp.Compare(s.Ref, o.Ref), cmp.Compare(s.Role, o.Role), cmp.Compare(s.Till, o.Till))
}

// IsZero says that nothing was ever stated of the person.
func (r *Record) IsZero() bool { return *r == Record{} }

// Apply folds an event into the record.
func (r *Record) Apply(e Event) {
	a := e.assertion()
	switch {
	case !e.direct():
		r.Hint = max(r.Hint, a.Evidence.At)
	case a.looked():
		r.ask(a)
	case a.Evidence.Source == SourceList:
		r.applyRow(a)
	case a.State.Presence == In:
		raise(&r.LatestIn, a)
		if a.Moved {
			raise(&r.Joined, a)
		}
	case a.State.Presence == Out:
		r.applyOut(a)
	}
}

func (r *Record) applyOut(a Assertion) {
	raise(&r.LatestOut, a)
	if a.Moved {
		raise(&r.Departed, a)
	}
	if a.State.Departure == Banned {
		raise(&r.Ban, a)
	}
	if a.State.Lifted {
		raise(&r.Lift, a)
	}
}

// applyRow folds a ledger entry that came of a list's row. It can only repeat what See already did, since See runs in the same
// transaction; it is here so that the ledger folds by itself too.
func (r *Record) applyRow(a Assertion) {
	if a.State.Presence == Out {
		raise(&r.RowOut, normal(a))
		return
	}
	raise(&r.Proof, normal(a))
}

// See folds a list's row into the record.
func (r *Record) See(s Sighting) {
	seen := Seen{Read: s.Read, Ref: RowRef(s.Walk, s.Row), Role: s.State.Role, Till: s.State.Until}
	switch s.State.Presence {
	case In:
		if seen.compare(r.SeenIn) > 0 {
			r.SeenIn = seen
		}
		if s.Dated {
			r.Join = max(r.Join, s.Date)
		}
		raise(&r.Proof, normal(s.assertion()))
		if at := s.effective(); r.First == 0 || at < r.First {
			r.First = at
		}
	case Out:
		if seen.compare(r.SeenOut) > 0 {
			r.SeenOut = seen
		}
		raise(&r.RowOut, normal(s.assertion()))
	case Unknown:
	}
}

// normal drops from a row's assertion what may differ between the sighting and the ledger entry made of it.
func normal(a Assertion) Assertion {
	a.Evidence.Recorded = 0
	a.Moved = false
	return a
}

// ask folds a lookup. What it finds may have been so for long: it tells of no moment at which anything began, and a ban that it finds is not
// dated by it.
func (r *Record) ask(a Assertion) {
	if a.State.Presence == In {
		raise(&r.AskedIn, a)
		lower(&r.FoundIn, a)
		return
	}
	raise(&r.AskedOut, a)
	lower(&r.FoundOut, a)
}

// Miss notes that a list should have shown the person at that time and did not. That moves nobody: names change, and Telegram lists no deleted
// accounts. It is a reason to look them up (DoubtMissed), until something newer shows them in.
func (r *Record) Miss(at Instant) { r.Missed = max(r.Missed, at) }

// Count notes that a count agreed with their being in. It can hide one who left behind one who came, and so is evidence of nothing; it says whom to
// confirm last.
func (r *Record) Count(at Instant) { r.Counted = max(r.Counted, at) }

// Unlisted says that the person is known to be in although lists that should show them do not: they were missed, looked up and found in, and
// have been in no list since.
func (r *Record) Unlisted(s Standing) bool {
	return s.Presence == In && r.Missed != 0 && s.LastConfirmed >= r.Missed && r.SeenIn.Read.Add(-ListMargin) < r.Missed
}

// Repeats says that the event is a lookup that tells nothing beyond what is known, except that it was so a little longer. The ledger can do
// without it: the record holds all that it tells.
func (r *Record) Repeats(e Event) bool {
	if e.Evidence.Source != SourceLookup || !e.direct() {
		return false
	}
	after := *r
	after.Apply(e)
	was, is := r.Standing(e.Evidence.At), after.Standing(e.Evidence.At)
	return was.Presence == e.State.Presence && was.says(is) && is.Since >= was.Since
}

// says whether two standings tell people the same.
func (s Standing) says(o Standing) bool {
	return s.Presence == o.Presence && s.Role == o.Role && s.Departure == o.Departure && s.Until == o.Until && s.Doubt == o.Doubt
}

// Unledgered is the part of the record that the ledger does not hold whole: what lists showed or did not, and lookups, of which those that
// repeated what was known are not in it.
func (r *Record) Unledgered() Record {
	return Record{
		SeenIn: r.SeenIn, Proof: r.Proof, Join: r.Join, First: r.First, SeenOut: r.SeenOut, RowOut: r.RowOut, AskedIn: r.AskedIn, AskedOut: r.AskedOut,
		FoundIn: r.FoundIn, FoundOut: r.FoundOut, Missed: r.Missed, Counted: r.Counted,
	}
}
