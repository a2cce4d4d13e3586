package membership

import (
	"encoding"
	"fmt"
	"strings"
	"time"
)

// UserID is Telegram's bare id of a person or bot.
type UserID int64

// GroupID is Telegram's bare id of a supergroup, channel or basic group (never the Bot API's -100… form).
type GroupID int64

// Instant is a moment in whole Unix seconds, Telegram's own resolution; 0 means that no time is known.
type Instant int64

// At is the instant that holds t; a zero t is the unknown instant.
func At(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.Unix())
}

// Time is the instant as a UTC time; the unknown instant is the zero time.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(int64(i), 0).UTC()
}

// Sub is the time that passed from earlier to i.
func (i Instant) Sub(earlier Instant) time.Duration { return time.Duration(i-earlier) * time.Second }

// Add is the instant d after i, in whole seconds.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d/time.Second) }

// String is RFC 3339 in UTC, or "unknown".
func (i Instant) String() string {
	if i == 0 {
		return "unknown"
	}
	return i.Time().Format(time.RFC3339)
}

// Duration is d without Go's trailing zero units: 6h, not 6h0m0s.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalJSON writes RFC 3339 in UTC; the unknown instant is null.
func (i Instant) MarshalJSON() ([]byte, error) {
	if i == 0 {
		return []byte("null"), nil
	}
	return i.Time().MarshalJSON()
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *Instant) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*i = 0
		return nil
	}
	var t time.Time
	if err := t.UnmarshalJSON(b); err != nil {
		return fmt.Errorf("read a time: %w", err)
	}
	*i = At(t)
	return nil
}

// Presence says whether a person is in the group, as far as Rollcall knows.
type Presence uint8

// The three presences. Unknown is the zero value: nothing was stated.
const (
	Unknown Presence = iota
	In
	Out
)

// Role is what a person who is in may do there.
type Role uint8

// The roles of somebody who is in, from least to most, and NoRole for everybody else.
const (
	NoRole Role = iota
	Restricted
	Member
	Administrator
	Creator
)

// Departure is how a person who is out went.
type Departure uint8

// The departures of somebody who is out. NoDeparture is everybody else's, and that of an outsider: out, and never known to have been in.
const (
	NoDeparture Departure = iota
	Left                  // went by themselves, or is simply not in
	Kicked                // removed by an admin, may return
	Banned                // removed and barred
)

// Grade is the weight of evidence; a greater value weighs more.
type Grade uint8

// The grades. C moves nobody: it orders a lookup.
const (
	NoGrade Grade = iota
	GradeC        // derived: wrote a message, invited somebody
	GradeB        // seen in a list
	GradeA        // direct: update, admin log, lookup, a row that says banned or left
)

// Source is where a statement came from.
type Source uint8

// The sources.
const (
	NoSource        Source = iota
	SourceMessage          // somebody wrote or was mentioned; Ref is the message id
	SourceList             // a row of a participants list; Ref is walk<<32 | row
	SourceBotUpdate        // updateChannelParticipant; Ref is the qts
	SourceAdminLog         // channels.getAdminLog; Ref is the event id
	SourceLookup           // channels.getParticipant; Ref is the server's time when it was sent, in nanoseconds
)

// sourceRanks tell whose statement counts of two of one second and one grade. The bot hears every change in order and as it happens; the
// admin log has them too, but is read later and may be cut between two of one second.
var sourceRanks = [...]uint8{SourceLookup: 1, SourceMessage: 2, SourceList: 3, SourceAdminLog: 4, SourceBotUpdate: 5}

func (s Source) rank() uint8 {
	if int(s) < len(sourceRanks) {
		return sourceRanks[s]
	}
	return 0
}

var (
	presenceWords  = []string{"unknown", "in", "out"}
	roleWords      = []string{"", "restricted", "member", "administrator", "creator"}
	departureWords = []string{"", "left", "kicked", "banned"}
	gradeWords     = []string{"", "C", "B", "A"}
	sourceWords    = []string{"", "message", "list", "bot_update", "admin_log", "lookup"}
)

func (p Presence) String() string  { return word(presenceWords, p) }
func (r Role) String() string      { return word(roleWords, r) }
func (d Departure) String() string { return word(departureWords, d) }
func (g Grade) String() string     { return word(gradeWords, g) }
func (s Source) String() string    { return word(sourceWords, s) }

// MarshalText writes the presence's word.
func (p Presence) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// MarshalText writes the role's word.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// MarshalText writes the departure's word.
func (d Departure) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalText writes the grade's letter.
func (g Grade) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// MarshalText writes the source's word.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote; any other word is an error.
func (p *Presence) UnmarshalText(b []byte) error { return unword(presenceWords, b, p) }

// UnmarshalText reads what MarshalText wrote; any other word is an error.
func (r *Role) UnmarshalText(b []byte) error { return unword(roleWords, b, r) }

// UnmarshalText reads what MarshalText wrote; any other word is an error.
func (d *Departure) UnmarshalText(b []byte) error { return unword(departureWords, b, d) }

// UnmarshalText reads what MarshalText wrote; any other word is an error.
func (g *Grade) UnmarshalText(b []byte) error { return unword(gradeWords, b, g) }

// UnmarshalText reads what MarshalText wrote; any other word is an error.
func (s *Source) UnmarshalText(b []byte) error { return unword(sourceWords, b, s) }

var (
	_ encoding.TextMarshaler   = In
	_ encoding.TextUnmarshaler = (*Presence)(nil)
)

func word[T ~uint8](words []string, v T) string {
	if int(v) < len(words) {
		return words[v]
	}
	return fmt.Sprintf("invalid(%d)", v)
}

func unword[T ~uint8](words []string, b []byte, v *T) error {
	for i, w := range words {
		if w == string(b) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("unknown word %q", b)
}
