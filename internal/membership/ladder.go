package membership

import "fmt"

// Rung is where a group stands on the ladder of freshness, as it was last noted.
type Rung struct {
	Mode   Mode    `json:"mode"`
	Reason string  `json:"reason"`
	Since  Instant `json:"since"`
}

// Climb is the rung after the sources were judged, and whether that is a change to be told: a change of mode is one, another reason for the
// same mode is not.
func (r Rung) Climb(f Freshness, now Instant) (Rung, bool) {
	if f.Mode == r.Mode {
		r.Reason = f.Reason
		return r, false
	}
	return Rung{Mode: f.Mode, Reason: f.Reason, Since: now}, true
}

// Note is the note of a change from one rung to another.
func (r Rung) Note(was Rung) Note {
	return Note{Kind: NoteMode, At: r.Since, Was: was.Mode, Mode: r.Mode, Text: fmt.Sprintf("The gate is %s: %s.", r.Mode, r.Reason)}
}

// Advice is what a mode means for people and what the owner can do, as a message to the owner ends.
func (m Mode) Advice(p Policy) string {
	switch m {
	case Fresh:
		return "Nothing needs to be done."
	case Stale:
		return fmt.Sprintf("Members confirmed within the last %s are served, others are looked up. \"rollcall status\" says what helps.", Duration(p.Grace))
	case Blind:
		return fmt.Sprintf("What the gate does meanwhile is gate.blind: %s. \"rollcall status\" says what helps.", p.Blind)
	}
	return ""
}
