package membership

// BotState is where the bot's updates stand (updates.state).
type BotState struct {
	Pts  int `json:"pts"`
	Qts  int `json:"qts"`
	Date int `json:"date"`
	Seq  int `json:"seq"`
}

// Batch is everything that one delivery brought. The roster takes it in one transaction: identities already known are skipped,
// the rest is appended, folded, decided and acted upon, and the position moves with it.
type Batch struct {
	Group    GroupID
	Bot      UserID // the companion bot's id: never pruned, and the owner of BotState
	Owner    UserID // the owner's account, where it is known: never pruned
	Events   []Event
	Profiles []Profile
	Contacts []Contact
	Replies  []Reply
	// Entries are the admin log's, for the archive.
	Entries []LogEntry
	// Qts moves the bot's position when it is greater than the stored one; 0 moves nothing.
	Qts int
	// State moves the rest of the bot's position, forward only, and so does its Qts; nil moves nothing.
	State *BotState
	// Tail replaces the admin log's position unless it is behind it.
	Tail *Tail
	// LogRead is our time when a read of the admin log began that is complete with this batch; 0 where none is.
	LogRead Instant
	// Rights are the bot's own, where the delivery told that they changed.
	Rights *Rights
	// Migrated is the supergroup that the basic group has become; 0 where the delivery told of none. Nothing of such a delivery may be
	// taken in before the roster follows: its position would be ahead of that.
	Migrated GroupID
	// Gap records a hole that this delivery revealed.
	Gap    *Gap
	Policy Policy
}

// Outcome is what a batch changed.
type Outcome struct {
	Appended int      // events that were new
	Known    int      // events that were there already
	Changed  []UserID // people whose presence changed
	Actions  []Action // decided, with their states; pending ones are in the outbox
	Held     int      // revocations that the breaker held
	Doubts   []UserID // people to look up
	Replies  int      // replies that are newly due
	Notes    []Note   // written
}

// Finding is Telegram's answer to a lookup.
type Finding struct {
	Event   Event // zero User where Telegram gave no firm answer
	Profile *Profile
	// Why says why there is no firm answer; empty for an answer.
	Why string
}

// Firm says whether Telegram answered.
func (f Finding) Firm() bool { return f.Event.User != 0 }
