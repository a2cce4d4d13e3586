package membership

// Standing is a person's place in a group as the facts of a Record give it at a moment.
type Standing struct {
	Presence  Presence
	Role      Role
	Departure Departure
	Until     Instant // end of the ban or restriction in force; 0 none or never
	// Evidence is the fact that decided.
	Evidence Evidence
	// Since is when the presence began, as far as that is known; 0 unknown.
	Since Instant
	// LastConfirmed is the newest time at which anything confirmed the presence.
	LastConfirmed Instant
	// Doubt says why a lookup is wanted although (or because) the facts are as they are; empty for none.
	Doubt Doubt
}

// Doubt is a reason to look somebody up.
type Doubt string

// The doubts.
const (
	NoDoubt    Doubt = ""
	DoubtStale Doubt = "a list showed them after they left, with a join date from before"
	DoubtTie   Doubt = "two facts of one second contradict each other"
	DoubtHint  Doubt = "they were active in the group, which a list or an event has not confirmed"
)

// Standing is the fold's result at now. Time is an input: timed bans and restrictions lapse here, never by a write.
func (r Record) Standing(now Instant) Standing {
	in, out := r.greatest(r.LatestIn, r.Proof), r.greatest(r.LatestOut, r.RowOut)
	switch {
	case in.IsZero() && out.IsZero():
		return Standing{Doubt: r.hinted(0)}
	case out.IsZero() || (!in.IsZero() && in.compare(out) > 0):
		return r.standingIn(in, out, now)
	}
	return r.standingOut(in, out, now)
}

func (Record) greatest(a, b Assertion) Assertion {
	if a.IsZero() || (!b.IsZero() && b.compare(a) > 0) {
		return b
	}
	return a
}

func (r Record) standingIn(in, out Assertion, now Instant) Standing {
	s := Standing{Presence: In, Evidence: in.Evidence, Since: in.Evidence.At}
	s.Role, s.Until = r.role(in, out)
	if lapsed(s.Until, now) {
		s.Until = 0
		if s.Role == Restricted {
			s.Role = Member
		}
	}
	if joined := max(r.Join, r.Joined.Evidence.At); joined != 0 && joined <= in.Evidence.At && joined >= out.Evidence.At {
		s.Since = joined
	}
	if in.Evidence.Source == SourceList {
		s.Evidence.Recorded = r.SeenIn.Read
	}
	s.LastConfirmed = max(in.Evidence.At, r.SeenIn.Read)
	if tied(in, out) {
		s.Doubt = DoubtTie
	}
	return s
}

// tied says that two sources contradict each other within one second, where the order is a convention and not the course of events. A
// single source numbers its events, and a list's join date is weighed by grade.
func tied(in, out Assertion) bool {
	return !in.IsZero() && !out.IsZero() && in.Evidence.At == out.Evidence.At && in.Evidence.Grade == out.Evidence.Grade &&
		in.Evidence.Source != out.Evidence.Source
}

// role is the role that was stated last: by a direct assertion of this stay, or by a list read later than it (less the lists' lag).
func (r Record) role(in, out Assertion) (Role, Instant) {
	direct := r.LatestIn
	if direct.IsZero() || (!out.IsZero() && direct.compare(out) < 0) {
		direct = Assertion{}
	}
	listed := r.SeenIn.Role != NoRole
	if listed && (direct.IsZero() || r.SeenIn.Read.Add(-ListMargin) > direct.Evidence.At) {
		return r.SeenIn.Role, r.SeenIn.Till
	}
	if direct.IsZero() {
		direct = in
	}
	return direct.State.Role, direct.State.Until
}

func (r Record) standingOut(in, out Assertion, now Instant) Standing {
	s := Standing{Presence: Out, Evidence: out.Evidence, Since: out.Evidence.At, Departure: r.departure(in, out)}
	if s.Departure == Banned {
		s.Until = out.State.Until
		if lapsed(s.Until, now) {
			s.Departure, s.Until = Left, 0
		}
	}
	if d := r.Departed; !d.IsZero() && d.compare(in) > 0 && d.compare(out) <= 0 {
		s.Since = d.Evidence.At
	}
	s.LastConfirmed = out.Evidence.At
	if out.Evidence.Source == SourceList {
		s.Evidence.Recorded = r.SeenOut.Read
		s.LastConfirmed = max(s.LastConfirmed, r.SeenOut.Read)
	}
	switch {
	case tied(in, out):
		s.Doubt = DoubtTie
	case r.SeenIn.Read > out.Evidence.At.Add(ListMargin):
		s.Doubt = DoubtStale
	default:
		s.Doubt = r.hinted(out.Evidence.At)
	}
	return s
}

// departure names how somebody who is out went. A lookup can only say "left"; where an update or the log told more about the same
// absence, that stands.
func (r Record) departure(in, out Assertion) Departure {
	if out.State.Departure != Left {
		return out.State.Departure
	}
	if r.outsider(in, out) {
		return NoDeparture
	}
	after := func(a Assertion) bool { return !a.IsZero() && (in.IsZero() || a.compare(in) > 0) }
	if after(r.Lift) && after(r.Ban) {
		if d := r.Lift.Evidence.At.Sub(r.Ban.Evidence.At); d >= 0 && d <= KickWindow {
			return Kicked
		}
	}
	if after(r.Departed) && r.Departed.State.Departure == Kicked {
		return Kicked
	}
	return Left
}

// outsider says that nothing ever showed the person in the group: a lookup answered "not a participant" about somebody who, for all
// that is known, never was one. They did not leave.
func (r Record) outsider(in, out Assertion) bool {
	return out.Evidence.Source == SourceLookup && in.IsZero() && r.Departed.IsZero() && r.Ban.IsZero() && r.RowOut.IsZero()
}

func (r Record) hinted(known Instant) Doubt {
	if r.Hint > known {
		return DoubtHint
	}
	return NoDoubt
}

func lapsed(until, now Instant) bool { return until != 0 && until <= now }
