package membership

// NoteKind is what a note is about.
type NoteKind uint8

// The kinds of notes.
const (
	NoteMode       NoteKind = iota + 1 // how far the roster may be trusted changed
	NoteGap                            // a span was lost
	NoteGapSettled                     // everybody was seen anew since
	NoteRights                         // the bot or the owner gained or lost a right
	NoteSession                        // a session ended or began
	NoteMigrated                       // the group became a supergroup
	NoteDrift                          // the server counts otherwise than the ledger
	NoteAlarm                          // something has not worked for long
	NoteAlarmOver
	NoteMissed     // what the bot did not hear while it could not, and another source told
	NoteAllowed    // somebody was put on the allow list; Text is the owner's word on them
	NoteDisallowed // somebody was taken off it; they had been on it since From
)

var noteKindWords = []string{"", "mode", "gap", "gap-settled", "rights", "session", "migrated", "drift", "alarm", "alarm-over", "missed", "allowed", "disallowed"}

func (k NoteKind) String() string { return word(noteKindWords, k) }

// MarshalText writes the kind's word.
func (k NoteKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *NoteKind) UnmarshalText(b []byte) error { return unword(noteKindWords, b, k) }

// Note is something that happened to the keeping of a group, and not to a person: it stands beside the ledger, is never changed, and is written
// with what it tells of.
type Note struct {
	Seq      uint64   `json:"seq"`
	Kind     NoteKind `json:"kind"`
	At       Instant  `json:"at"`       // when it happened; of a note without a time, when it was recorded
	Recorded Instant  `json:"recorded"` // by our clock
	Text     string   `json:"text"`     // a sentence or more for a person; of the allow list, the owner's own words
	Actor    UserID   `json:"actor,omitempty"`
	User     UserID   `json:"user,omitempty"`
	From     Instant  `json:"from"`
	To       Instant  `json:"to"`
	Was      Mode     `json:"was"`
	Mode     Mode     `json:"mode"`
	Gap      uint64   `json:"gap,omitempty"`
}

// Saying is what is put on record, and what the owner is told with it. A note of no kind is none, and an empty message neither.
type Saying struct {
	Note    Note
	Message string
}

// LastNote is the last kind: what is stored beyond it is damage.
const LastNote = NoteDisallowed
