package membership

// Standing is a person's place in a group as the facts of a Record give it at a moment.
type Standing struct {
	Presence  Presence
	Role      Role
	Departure Departure
	Until     Instant // end of the ban or restriction in force; 0 none or never
	// Evidence is the fact that decided.
	Evidence Evidence
	// Since is when the presence began; where nothing dates that, by when at the latest: the first that found it so. 0 unknown.
	Since Instant
	// LastConfirmed is the newest time at which the presence is sure to have been as it is: a lookup's and a list's less their margins.
	LastConfirmed Instant
	// Creator says that the newest role known is the creator's, be they in or out: who leaves their own group goes on owning it.
	Creator bool
	// Doubt says why a lookup is wanted although (or because) the facts are as they are; empty for none.
	Doubt Doubt
}

// Doubt is a reason to look somebody up.
type Doubt string

// The doubts.
const (
	NoDoubt    Doubt = ""
	DoubtStale Doubt = "a list showed them after they left, with a join date from before"
	DoubtTie   Doubt = "two facts contradict each other, too close in time to say which came last"
	// DoubtMissed is no evidence of leaving: it orders a lookup, whose answer is.
	DoubtMissed Doubt = "a list that should show them does not any more"
	DoubtHint   Doubt = "they were active in the group, which a list or an event has not confirmed"
)

// Standing is the fold's result at now. Time is an input: timed bans and restrictions lapse here, never by a write.
func (r *Record) Standing(now Instant) Standing {
	in, out := greatest(r.LatestIn, r.Proof, r.AskedIn), greatest(r.LatestOut, r.RowOut, r.AskedOut)
	var s Standing
	switch {
	case in.IsZero() && out.IsZero():
		s = Standing{Doubt: r.hinted(0)}
	case in.outweighs(out):
		s = r.standingIn(in, out, now)
	default:
		s = r.standingOut(in, out, now)
	}
	s.Creator = r.creator()
	return s
}

func greatest(of ...Assertion) (a Assertion) {
	for _, b := range of {
		if !b.IsZero() {
			raise(&a, b)
		}
	}
	return a
}

// basisIn is the assertion that an in rests on: the first of these by which alone they would be in, with the same doubt left. Of events and lists
// the greatest; else the lookup that found it first, which later ones only repeat; else the newest lookup.
func (r *Record) basisIn(in, out Assertion) Assertion {
	left := r.doubtIn(in, out)
	for _, a := range [...]Assertion{greatest(r.LatestIn, r.Proof), r.FoundIn} {
		if a.outweighs(out) && r.doubtIn(a, out) == left {
			return a
		}
	}
	return r.AskedIn
}

// basisOut is the assertion that an out rests on, as basisIn.
func (r *Record) basisOut(in, out Assertion) Assertion {
	left := r.doubtOut(out, in)
	for _, a := range [...]Assertion{greatest(r.LatestOut, r.RowOut), r.FoundOut} {
		if a.outweighs(in) && r.doubtOut(a, in) == left {
			return a
		}
	}
	return r.AskedOut
}

// outweighs says that there is the assertion, and that it counts against the contrary one, where there is any.
func (a Assertion) outweighs(contrary Assertion) bool {
	return !a.IsZero() && (contrary.IsZero() || a.compare(contrary) > 0)
}

// creator says whether the newest role known is the creator's.
func (r *Record) creator() bool {
	direct := greatest(r.LatestIn, r.AskedIn)
	if r.SeenIn.Role != NoRole && r.SeenIn.Read.Add(-ListMargin) > direct.Evidence.At {
		return r.SeenIn.Role == Creator
	}
	return direct.State.Role == Creator
}

func (r *Record) standingIn(in, out Assertion, now Instant) Standing {
	basis := r.basisIn(in, out)
	s := Standing{Presence: In, Evidence: basis.Evidence, Since: basis.Evidence.At, LastConfirmed: r.confirmedIn(in), Doubt: r.doubtIn(in, out)}
	s.Role, s.Until = r.role(in, out)
	if lapsed(s.Until, now) {
		s.Until = 0
		if s.Role == Restricted {
			s.Role = Member
		}
	}
	if joined := max(r.Join, r.Joined.Evidence.At); joined != 0 && joined <= basis.Evidence.At && joined >= out.Evidence.At {
		s.Since = joined
	} else if r.First > out.Evidence.At { // no date says when they came, but they were there by then
		s.Since = min(s.Since, r.First)
	}
	if basis.Evidence.Source == SourceList {
		s.Evidence.Recorded = r.SeenIn.Read
	}
	return s
}

// confirmedIn is the newest time at which the person is sure to have been in, by what says so and by the lists. A list may lag: who is in it was
// in when it was made, not when it was read.
func (r *Record) confirmedIn(in Assertion) Instant {
	if r.SeenIn.Read == 0 {
		return in.effective()
	}
	return max(in.effective(), r.SeenIn.Read.Add(-ListMargin))
}

// doubtIn is the doubt that is left by what says in.
func (r *Record) doubtIn(in, out Assertion) Doubt {
	switch {
	case tied(in, out):
		return DoubtTie
	case r.Missed > r.confirmedIn(in):
		return DoubtMissed
	}
	return NoDoubt
}

// tied says that two sources contradict each other too closely for the order to be the course of events: within one second, or within
// the seconds in which a lookup may have been answered. A single source numbers its events, and a list's join date is weighed by grade.
func tied(in, out Assertion) bool {
	a, b := in.Evidence, out.Evidence
	switch {
	case in.IsZero() || out.IsZero() || a.Source == b.Source:
		return false
	case in.looked() || out.looked():
		return a.At.Sub(b.At).Abs() <= LookupMargin
	}
	return a.At == b.At && a.Grade == b.Grade
}

// contested says that a departure waits for a look before access follows it (a plan is stricter, see inDoubt). One that the bot heard does not
// wait because something else of the same moment contradicts it: its updates come in order and as things happen, so that a return is right
// behind. The admin log is read late and may be cut between a departure and the return of the same second, and a list's row or a lookup
// may be older than what contradicts it.
func (s Standing) contested() bool {
	return s.Presence == Out && s.Doubt != NoDoubt && (s.Doubt != DoubtTie || s.Evidence.Source != SourceBotUpdate)
}

// role is the role that was stated last: by a direct assertion of this stay, or by a list read later than it (less the lists' lag).
func (r *Record) role(in, out Assertion) (Role, Instant) {
	direct := greatest(r.LatestIn, r.AskedIn)
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

func (r *Record) standingOut(in, out Assertion, now Instant) Standing {
	basis := r.basisOut(in, out)
	s := Standing{
		Presence: Out, Evidence: basis.Evidence, Since: basis.Evidence.At, LastConfirmed: out.effective(), Departure: r.departure(in, out),
		Doubt: r.doubtOut(out, in),
	}
	if s.Doubt == NoDoubt {
		s.Doubt = r.hinted(out.Evidence.At)
	}
	if s.Departure == Banned {
		s.Until = out.State.Until
		if lapsed(s.Until, now) {
			s.Departure, s.Until = Kicked, 0 // they were removed, and may return
		}
	}
	if d := r.Departed; !d.IsZero() && d.compare(in) > 0 && d.compare(out) <= 0 {
		s.Since = d.Evidence.At
	}
	if basis.Evidence.Source == SourceList {
		s.Evidence.Recorded = r.SeenOut.Read
	}
	if r.SeenOut.Read != 0 {
		s.LastConfirmed = max(s.LastConfirmed, r.SeenOut.Read.Add(-ListMargin))
	}
	return s
}

// doubtOut is the doubt that is left by what says out, hints aside: those ask, and change nothing.
func (r *Record) doubtOut(out, in Assertion) Doubt {
	switch {
	case tied(in, out):
		return DoubtTie
	case r.SeenIn.Read > out.Evidence.At.Add(ListMargin):
		return DoubtStale
	}
	return NoDoubt
}

// departure names how somebody who is out went. A lookup can only say "left"; where an update or the log told more about the same
// absence, that stands.
func (r *Record) departure(in, out Assertion) Departure {
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
	if after(r.Ban) && !after(r.Lift) && lapsed(r.Ban.State.Until, out.Evidence.At) {
		return Kicked // nobody lifted the ban, it ran out: they did not leave
	}
	return Left
}

// outsider says that nothing ever showed the person in the group: a lookup answered "not a participant" about somebody who, for all
// that is known, never was one. They did not leave.
func (r *Record) outsider(in, out Assertion) bool {
	return out.Evidence.Source == SourceLookup && in.IsZero() && r.Departed.IsZero() && r.Ban.IsZero() && r.RowOut.IsZero()
}

// hinted is the doubt of a hint that may be of after what is known: of one second nobody can say.
func (r *Record) hinted(known Instant) Doubt {
	if r.Hint != 0 && r.Hint >= known {
		return DoubtHint
	}
	return NoDoubt
}

func lapsed(until, now Instant) bool { return until != 0 && until <= now }
