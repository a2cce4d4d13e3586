package membership

import (
	"encoding/binary"
	"math"
	"time"
)

// Verb is what an action does.
type Verb uint8

// The verbs. Revoke and Restore change the stored access, in the transaction that decides them; Tell and Notice send a message, Notice to the
// owner about the keeping of the group.
const (
	Revoke Verb = iota + 1
	Restore
	Tell
	Notice
)

// ActionState is how far an action is.
type ActionState uint8

// The states of an action.
const (
	ActionPending ActionState = iota + 1 // in the outbox
	ActionDone
	ActionFailed // for good; Error says why
	ActionHeld   // the breaker stopped it; the owner decides
	ActionShadow // would have been done, had the owner enforced
	ActionUndone
)

var (
	verbWords        = []string{"", "revoke", "restore", "tell", "notice"}
	actionStateWords = []string{"", "pending", "done", "failed", "held", "shadow", "undone"}
)

func (v Verb) String() string        { return word(verbWords, v) }
func (s ActionState) String() string { return word(actionStateWords, s) }

// MarshalText writes the verb.
func (v Verb) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalText writes the state's word.
func (s ActionState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (v *Verb) UnmarshalText(b []byte) error { return unword(verbWords, b, v) }

// UnmarshalText reads what MarshalText wrote.
func (s *ActionState) UnmarshalText(b []byte) error { return unword(actionStateWords, b, s) }

// Action is one thing done, or to be done, about one person. Repeating it is harmless.
type Action struct {
	ID     uint64      `json:"id"`
	Verb   Verb        `json:"verb"`
	Group  GroupID     `json:"group"`
	User   UserID      `json:"user"`
	Reason Reason      `json:"reason"`
	Cause  uint64      `json:"cause,omitempty"` // ledger sequence of the event that led to it; 0 for none
	At     Instant     `json:"at"`
	State  ActionState `json:"state"`
	Plan   string      `json:"plan,omitempty"`    // plan that ordered it
	Text   string      `json:"payload,omitempty"` // Tell: the deep-link payload that is honored; Notice: the message
	// Tries and NotBefore pace a pending Tell; Error is the last failure, without secrets.
	Tries     int     `json:"tries,omitempty"`
	NotBefore Instant `json:"not_before,omitempty"`
	Error     string  `json:"error,omitempty"`
}

// RandomID is Telegram's random_id of a Tell or a Notice; it follows from the action's content, never from its number, which a restored
// roster hands out again.
func (a Action) RandomID() int64 {
	var b []byte
	for _, v := range []uint64{uint64(a.Group), uint64(a.User), uint64(a.At), a.Cause} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	return digest("tell", append(b, a.Text...))
}

// Change is a person before and after a batch, with what the consequences depend on.
type Change struct {
	Group      GroupID
	User       UserID
	Before     Standing
	After      Standing
	Subscriber Subscriber
	Protected  bool // the owner's account, a bot, or on the allow list: nothing is ever revoked
	Cause      uint64
	Now        Instant
}

// Consequences are the actions that a change asks for, before the breaker and shadow mode had their say. There are none for
// people who never started the bot. They depend on After alone: a change seen twice asks for nothing the second time, because
// the first has changed the subscriber's access.
func Consequences(c Change) []Action {
	s := c.Subscriber
	if s.IsZero() {
		return nil
	}
	if s.Access == Granted {
		if reason, ok := revocation(c); ok {
			return []Action{c.action(Revoke, reason)}
		}
		return nil
	}
	reason, ok := restoration(c)
	if !ok {
		return nil
	}
	actions := []Action{c.action(Restore, reason)}
	if s.Payload != "" && c.Before.Presence != In && c.After.Presence == In {
		// They asked for something and are in now: the promise is kept without their asking again. Whoever carries it out looks first
		// whether an answer has kept it meanwhile.
		tell := c.action(Tell, reason)
		tell.Text = s.Payload
		actions = append(actions, tell)
	}
	return actions
}

// revocation says whether the facts end the access of somebody who has it: grade A evidence of being out that does not wait for a
// second look, or a dialog that Telegram itself says is closed. An administrator who left is none any more; a creator stays one.
func revocation(c Change) (Reason, bool) {
	switch {
	case c.protected():
		return "", false
	case c.After.Presence == Out && c.After.Evidence.Grade == GradeA && !c.After.contested():
		return DepartureReason(c.After.Departure), true
	case c.Subscriber.Dialog == DialogDeactivated:
		return ReasonDeactivated, true
	case c.Subscriber.Dialog == DialogBlocked:
		return ReasonBlocked, true
	}
	return "", false
}

// protected says that nothing is ever revoked from the person.
func (c Change) protected() bool {
	return c.Protected || c.After.Creator || c.After.Role == Administrator
}

func restoration(c Change) (Reason, bool) {
	if c.Subscriber.Dialog != DialogActive || (c.After.Presence != In && !c.Protected) {
		return "", false
	}
	switch c.Subscriber.Reason {
	case ReasonBlocked, ReasonDeactivated:
		return ReasonUnblocked, true
	case ReasonLeft, ReasonKicked, ReasonBanned:
		return ReasonReturned, true
	case ReasonNotYet:
		if c.After.Evidence.Source != SourceLookup && c.Before.Presence != In && c.After.Presence == In {
			return ReasonJoined, true
		}
	default:
	}
	return ReasonMember, true
}

func (c Change) action(v Verb, r Reason) Action {
	return Action{Verb: v, Group: c.Group, User: c.User, Reason: r, Cause: c.Cause, At: c.Now}
}

// Corrects says that the standing tells more about the very departure for which a revocation was decided: since a kick is a ban that is
// lifted at once, its first half is heard, and acted upon, as a ban. What happened to them later is no correction.
func (s Standing) Corrects(a Action) bool {
	return a.Reason.departure() && a.Reason != ReasonKicked && s.Presence == Out && s.Departure == Kicked &&
		s.Evidence.At <= a.At.Add(KickWindow)
}

// BreakerWindow is the span over which revocations are counted.
const BreakerWindow = time.Hour

// Breaker says how many more revocations may happen, given how many there were within the window and how many subscribers have
// access or had it at its start.
func (p Policy) Breaker(subscribers, recent int) int {
	limit := max(p.BreakerMin, int(math.Floor(p.BreakerShare*float64(subscribers))))
	return max(0, limit-recent)
}
