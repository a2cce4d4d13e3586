package membership

import "time"

// DriftStage is how far the search for a difference is that nothing explains.
type DriftStage uint8

// The stages, in the order in which a search goes through them: cheapest first, and the owner's account last.
const (
	DriftNone    DriftStage = iota // Telegram counts whom we know
	DriftLog                       // it does not: the admin log is read at once, and the two are compared again
	DriftLookups                   // members are looked up, subscribers first, those confirmed longest ago first
	DriftWalk                      // the group is walked, or audited where one walk does not show it whole
	DriftSweep                     // whoever of the subscribers was not confirmed since is looked up
	DriftRest                      // nothing explained it; the search begins again later, and twice as late each time
)

var driftWords = []string{"", "log", "lookups", "walk", "sweep", "rest"}

func (s DriftStage) String() string { return word(driftWords, s) }

// MarshalText writes the stage's word.
func (s DriftStage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *DriftStage) UnmarshalText(b []byte) error { return unword(driftWords, b, s) }

const (
	// driftPatience is how long a stage waits for what it ordered: lookups that nobody carries out, a walk that cannot be made.
	driftPatience = time.Hour
	// driftSettles is how long a difference has to last to be one. What is on its way at one moment has arrived by then.
	driftSettles = time.Minute
	// driftLogPatience is how long the admin log is waited for.
	driftLogPatience = 5 * time.Minute
	// driftRest is how long the first rest is, and driftLongestRest the longest.
	driftRest        = time.Hour
	driftLongestRest = 24 * time.Hour
	// driftSlack is the share of a baseline that is slack where no walk shows everybody.
	driftSlack = 50
)

// Drift compares Telegram's count of a group's members with the people who are known to be in. The two are never equal for long: Telegram counts
// deleted accounts, which no list shows. What a walk leaves unexplained is the baseline; a difference from it says that somebody came or
// left unheard. As many who came as who left are no difference: those the next walk finds.
type Drift struct {
	// At is when the two were compared last.
	At      Instant `json:"at"`
	Counted int     `json:"counted"`
	Known   int     `json:"known"`
	// Baseline is how many more were counted than known after the walk of that number, and Based the walk's number; 0 while there was none.
	Baseline int    `json:"baseline"`
	Based    uint32 `json:"based"`
	// Slack is how much may come and go unheard: where no walk shows everybody, people who were never listed leave, or turn out to be there.
	Slack int `json:"slack,omitempty"`
	// Open is how many of those whom that walk missed were yet to be looked up when the baseline was taken; they were taken to be gone. 0 since it is
	// settled who of them is not. Unlisted is how many it missed who were found in by then.
	Open     int `json:"open,omitempty"`
	Unlisted int `json:"unlisted,omitempty"`

	Stage DriftStage `json:"stage,omitempty"`
	// Since is when the difference was first seen and First how large it was then; Entered is when the stage began.
	Since   Instant `json:"since,omitempty"`
	Entered Instant `json:"entered,omitempty"`
	First   int     `json:"first,omitempty"`
	// Looked is how many lookups were ordered for it, and Rests how often nothing explained it.
	Looked int `json:"looked,omitempty"`
	Rests  int `json:"rests,omitempty"`
}

// DriftReading is one comparison, with what the search has brought so far.
type DriftReading struct {
	At Instant
	// Counted and CountedAfter are Telegram's counts before and after Known was read. What moved meanwhile lies between them.
	Counted, CountedAfter int
	Known                 int
	// Log is the newest complete reading of the admin log.
	Log Instant
	// Walk is the newest finished walk that is no audit, by its number; 0 where there was none. Remains is what it left unexplained by its own
	// certificate, Ended when it ended, Whole that it showed everybody who is listed.
	Walk    uint32
	Remains int
	Ended   Instant
	Whole   bool
	// Read is when the newest finished walk or audit began.
	Read Instant
	// Missed is how many of those whom that walk missed are known to be in, MissedOpen how many of them are yet to be looked up.
	Missed, MissedOpen int
	// Lookable says that the bot can look anybody up, and Walkable that the owner's account is at work.
	Lookable, Walkable bool
	// Waiting is how many lookups are ordered and not made yet.
	Waiting int
	// Unconfirmed is how many subscribers are in and were not confirmed since the difference was seen.
	Unconfirmed int
}

// Unexplained is how many more Telegram counts than are known, the baseline apart: negative where fewer are. It is 0 before the first walk, and until
// it is known who was missed by the last.
func (d Drift) Unexplained() int {
	if d.Based == 0 || d.Open > 0 {
		return 0
	}
	return d.Counted - d.Known - d.Baseline
}

// apart says that the difference is larger than what may come and go unheard.
func (d Drift) apart() bool {
	return max(d.Unexplained(), -d.Unexplained()) > d.Slack
}

// NotBefore is when a rest is over; 0 where there is none.
func (d Drift) NotBefore() Instant {
	if d.Stage != DriftRest {
		return 0
	}
	return d.Entered.Add(min(driftRest<<min(max(d.Rests-1, 0), 16), driftLongestRest))
}

// Compare takes a reading in and says where the search is after it.
func (d Drift) Compare(r DriftReading) Drift {
	d.At, d.Known = r.At, r.Known
	d.Counted = nearest(d.Known+d.Baseline, r.Counted, r.CountedAfter)
	if r.Walk > d.Based {
		return d.rebased(r)
	}
	if d.Open > 0 {
		if r.settles() {
			return d
		}
		return d.settled(r)
	}
	switch {
	case !d.apart(), d.Stage != DriftNone && (d.Unexplained() < 0) != (d.First < 0):
		return d.over()
	case d.Stage == DriftNone:
		d.Since, d.First = r.At, d.Unexplained()
		return d.enter(DriftLog)
	}
	return d.goOn(r)
}

// nearest is what lies closest to what was expected among everything between the two counts: what moved while they were made is no drift.
func nearest(expected, a, b int) int { return max(min(a, b), min(expected, max(a, b))) }

// settles says that whom the newest walk missed is still being looked up.
func (r DriftReading) settles() bool { return r.Waiting > 0 && r.At.Sub(r.Ended) <= driftPatience }

// rebased takes what the newest walk left for the baseline: the difference as it is now, at once, or whoever leaves unheard meanwhile would be part of
// it. Whom the walk missed is most likely gone. Where the walk is long over, what it left by its own count has to do.
func (d Drift) rebased(r DriftReading) Drift {
	d.Based, d.Unlisted, d.Open = r.Walk, r.Missed-r.MissedOpen, r.MissedOpen
	d.Baseline = r.Counted - r.Known + r.MissedOpen
	if r.At.Sub(r.Ended) > driftPatience {
		d.Baseline, d.Open = r.Remains-r.Missed, 0
	}
	if d.Slack = 0; !r.Whole {
		d.Slack = max(d.Baseline, -d.Baseline) / driftSlack
	}
	d.Counted = r.Counted
	if d.Open > 0 {
		return d
	}
	return d.over()
}

// settled takes out of the baseline whom lookups found in after all, or did not find.
func (d Drift) settled(r DriftReading) Drift {
	d.Baseline -= max(0, r.Missed-d.Unlisted)
	d.Open = 0
	d.Counted = nearest(d.Known+d.Baseline, r.Counted, r.CountedAfter)
	return d.over()
}

// over is the end of a search.
func (d Drift) over() Drift {
	return Drift{
		At: d.At, Counted: d.Counted, Known: d.Known, Baseline: d.Baseline, Based: d.Based, Slack: d.Slack, Unlisted: d.Unlisted,
	}
}

func (d Drift) enter(s DriftStage) Drift {
	d.Stage, d.Entered = s, d.At
	return d
}

// goOn is the next stage once the present one has brought what it can.
func (d Drift) goOn(r DriftReading) Drift {
	age := r.At.Sub(d.Entered)
	if age < 0 { // the clock was set back
		d.Since = min(d.Since, r.At)
		return d.enter(d.Stage)
	}
	waits := r.Waiting > 0 && age < driftPatience
	switch d.Stage {
	case DriftLog:
		if age < driftSettles || (r.Log < d.Entered && age < driftLogPatience) {
			return d
		}
		return d.look(r, DriftLookups)
	case DriftLookups:
		if waits {
			return d
		}
		return d.walk(r)
	case DriftWalk:
		switch {
		case r.Read < d.Entered && r.Walkable && age < driftLongestRest, waits:
			return d
		}
		return d.look(r, DriftSweep)
	case DriftSweep:
		if waits || (r.Unconfirmed > 0 && r.Lookable && age < driftLongestRest) {
			return d
		}
		return d.giveUp(r)
	case DriftRest:
		if r.At >= d.NotBefore() {
			d.Since, d.First = r.At, d.Unexplained()
			return d.enter(DriftLog)
		}
	case DriftNone:
	}
	return d
}

// look looks people up where fewer are counted than known, and the bot can; others are no way to find who came.
func (d Drift) look(r DriftReading, s DriftStage) Drift {
	switch {
	case d.Unexplained() < 0 && r.Lookable:
		return d.enter(s)
	case s == DriftLookups:
		return d.walk(r)
	}
	return d.giveUp(r)
}

func (d Drift) walk(r DriftReading) Drift {
	if !r.Walkable {
		return d.look(r, DriftSweep)
	}
	return d.enter(DriftWalk)
}

// giveUp ends a search that did not explain the difference. Where it was made in full, with an audit and a lookup of every subscriber, and changed
// nothing, nobody who matters is wrong: Telegram has most likely stopped to count deleted accounts, and that is the baseline from now on.
func (d Drift) giveUp(r DriftReading) Drift {
	if d.Absorbs(r) {
		d.Baseline = d.Counted - d.Known
		return d.over()
	}
	d.Rests++
	return d.enter(DriftRest)
}

// Absorbs says that a search in full found nobody.
func (d Drift) Absorbs(r DriftReading) bool {
	found := d.First - d.Unexplained()
	return d.First < 0 && found == 0 && r.Read >= d.Since && r.Lookable && r.Unconfirmed == 0
}
