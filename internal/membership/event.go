package membership

import (
	"cmp"
	"time"
)

// LookupMargin is how far the server's time at which a lookup was sent may be off: a connection measures the clocks against a date of
// whole seconds, which leaves a second and the way there and back.
const LookupMargin = 2 * time.Second

// State is what a fact asserts about a person at a time. It is not a delta.
type State struct {
	Presence  Presence  `json:"presence"`
	Role      Role      `json:"role,omitempty"`
	Departure Departure `json:"departure,omitempty"`
	// Until is when a ban or restriction ends; 0 is never. Telegram promises no event then, and may go on returning the row.
	Until Instant `json:"until,omitempty"`
	// Lifted marks an Out that came of an admin's lifting a ban: with the ban just before, it is a kick.
	Lifted bool `json:"lifted,omitempty"`
}

// Evidence says how we know a fact.
type Evidence struct {
	Source Source `json:"source"`
	Grade  Grade  `json:"grade"`
	// Origin is the account that heard it (the bot's id for qts and message ids, which are counted per account); 0 where the
	// reference is the group's own.
	Origin UserID `json:"origin,omitempty"`
	// Ref is the source's own reference; see the Source constants. Unique per source, origin, group and person.
	Ref uint64 `json:"ref"`
	// At is when the fact held: Telegram's time.
	At Instant `json:"at"`
	// Recorded is when we learnt it: our time. It never decides anything.
	Recorded Instant `json:"recorded"`
	// Actor is who did it; the person themselves for a join or a leave, 0 where Telegram does not say.
	Actor UserID `json:"actor,omitempty"`
}

// Event is a fact with an identity: "at At, this person's state in this group was State".
type Event struct {
	Seq      uint64   `json:"seq,omitempty"` // position in the ledger; 0 before it is there
	Group    GroupID  `json:"group"`
	User     UserID   `json:"user"`
	State    State    `json:"state"`
	Evidence Evidence `json:"evidence"`
	// Moved says that the person's presence changed at At (a join, a leave, a removal), and was not merely observed.
	Moved bool `json:"moved,omitempty"`
	// After is the newest moment at which the contrary is known to have held, as we knew it when the event was recorded: the change fell
	// after it. 0 where nothing of the kind was known. It is the ledger's and decides nothing.
	After Instant `json:"after,omitempty"`
}

// Identity is what makes two deliveries of an event the same event.
type Identity struct {
	Group  GroupID
	User   UserID
	Source Source
	Origin UserID
	Ref    uint64
}

// Identity of the event; ingesting an identity twice changes nothing.
func (e Event) Identity() Identity {
	return Identity{Group: e.Group, User: e.User, Source: e.Evidence.Source, Origin: e.Evidence.Origin, Ref: e.Evidence.Ref}
}

// RowRef is the reference of a list's row: the walk's number and the row's place in it.
func RowRef(walk, row uint32) uint64 { return uint64(walk)<<32 | uint64(row) }

// Assertion is an event without the names of person and group: what the fold's registers keep.
type Assertion struct {
	State    State
	Evidence Evidence
	Moved    bool
}

// assertion is what the event asserts. A lookup finds how things are: that they became so just then is nothing it can tell.
func (e Event) assertion() Assertion {
	a := Assertion{State: e.State, Evidence: e.Evidence, Moved: e.Moved}
	if a.looked() {
		a.Moved, a.State.Lifted = false, false
	}
	return a
}

// direct says that the event tells of a presence, and does not merely hint at one.
func (e Event) direct() bool { return e.Evidence.Grade != GradeC && e.State.Presence != Unknown }

// IsZero says that nothing was asserted.
func (a Assertion) IsZero() bool { return a.Evidence.Source == NoSource }

// effective is the time from which on the assertion is sure to count. A lookup tells how things were at some moment of the seconds
// around its sending: of what Telegram dates within them it may know nothing yet.
func (a Assertion) effective() Instant {
	if a.looked() {
		return a.Evidence.At.Add(-LookupMargin)
	}
	return a.Evidence.At
}

// looked says that the assertion is a lookup's.
func (a Assertion) looked() bool { return a.Evidence.Source == SourceLookup }

// compare is the total order of assertions: effective time, then lookups below all others, grade, source, reference. What follows the
// reference only makes the order total over malformed input (one identity with two contents), so that even that folds the same in any
// order.
func (a Assertion) compare(b Assertion) int {
	return cmp.Or(
		cmp.Compare(a.effective(), b.effective()),
		cmp.Compare(flag(b.looked()), flag(a.looked())),
		cmp.Compare(a.Evidence.Grade, b.Evidence.Grade),
		cmp.Compare(a.Evidence.Source.rank(), b.Evidence.Source.rank()),
		cmp.Compare(a.Evidence.Ref, b.Evidence.Ref),
		cmp.Compare(a.Evidence.Origin, b.Evidence.Origin),
		cmp.Compare(a.State.Presence, b.State.Presence),
		cmp.Compare(a.State.Role, b.State.Role),
		cmp.Compare(a.State.Departure, b.State.Departure),
		cmp.Compare(a.State.Until, b.State.Until),
		cmp.Compare(flag(a.State.Lifted), flag(b.State.Lifted)),
		cmp.Compare(flag(a.Moved), flag(b.Moved)),
		cmp.Compare(a.Evidence.Actor, b.Evidence.Actor),
		cmp.Compare(a.Evidence.Recorded, b.Evidence.Recorded),
	)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// raise keeps the greater of the two assertions.
func raise(register *Assertion, a Assertion) {
	if register.IsZero() || a.compare(*register) > 0 {
		*register = a
	}
}

// lower keeps the lesser of the two assertions.
func lower(register *Assertion, a Assertion) {
	if register.IsZero() || a.compare(*register) < 0 {
		*register = a
	}
}
