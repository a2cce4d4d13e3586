package membership

import "time"

// ListMargin is taken off our own clock where a list's row carries no date of Telegram's: lists lag behind the group by some
// seconds, and our clock may be off by some more (design.md, "The fold").
const ListMargin = 60 * time.Second

// Sighting is a row of a participants list.
type Sighting struct {
	User  UserID
	State State
	// Date is Telegram's date in the row: the join date where Dated, the removal's where it says banned.
	Date Instant
	// Dated says that Date is when the person joined. A creator's row has no date, an admin's has the promotion's: not dated.
	Dated bool
	// Read is when the page was received, our time.
	Read Instant
	Walk uint32
	Row  uint32
	// By is who restricted, banned or promoted; 0 unknown.
	By UserID
}

// effective is the time at which the row's statement counts.
//
//   - In, with a join date: that date. A stale page can then never outvote a departure that came after the join.
//   - Banned: the date of the removal, likewise.
//   - Everything else (undated rows; restricted and left, whose date is the restriction's): our time less ListMargin.
func (s Sighting) effective() Instant {
	if s.State.Presence == In && s.Dated && s.Date != 0 {
		return s.Date
	}
	if s.State.Departure == Banned && s.Date != 0 {
		return s.Date
	}
	return s.Read.Add(-ListMargin)
}

// Event is the sighting as a ledger entry, for those that changed somebody's presence: a join date is when it did. Folding it again changes
// nothing beyond what See did.
func (s Sighting) Event(g GroupID, recorded Instant) Event {
	a := s.assertion()
	a.Evidence.Recorded = recorded
	moved := s.State.Presence == In && s.Dated && s.Date != 0
	return Event{Group: g, User: s.User, State: a.State, Evidence: a.Evidence, Moved: moved}
}

func (s Sighting) assertion() Assertion {
	grade := GradeB
	if s.State.Presence == Out {
		grade = GradeA
	}
	return Assertion{State: s.State, Evidence: Evidence{
		Source: SourceList, Grade: grade, Ref: RowRef(s.Walk, s.Row), At: s.effective(), Recorded: s.Read, Actor: s.By,
	}}
}
