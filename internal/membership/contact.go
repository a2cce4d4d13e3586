package membership

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
)

// ContactKind is what a person did towards the bot in private.
type ContactKind uint8

// The kinds of contact. Of two contacts of one second the greater kind counts: being blocked outlasts the message before it.
const (
	Wrote       ContactKind = iota + 1 // a message, a command, a button: the dialog is active
	Restarted                          // updateBotStopped{false}
	Stopped                            // updateBotStopped{true}, or USER_IS_BLOCKED as the answer to a message
	Deactivated                        // INPUT_USER_DEACTIVATED, or a deleted account
)

// Contact is a fact about somebody's private dialog with the bot.
type Contact struct {
	User UserID
	Kind ContactKind
	At   Instant
	Ref  uint64 // qts, message id or query id: orders contacts of one second and kind
	// Payload is the start parameter of a deep link; empty for none.
	Payload string
}

func (c Contact) dialog() Dialog {
	switch c.Kind {
	case Stopped:
		return DialogBlocked
	case Deactivated:
		return DialogDeactivated
	case Wrote, Restarted:
	}
	return DialogActive
}

// stops says whether the contact came as an update of the stop switch itself, whose references (qts) order one another.
func (c Contact) stops() bool { return c.Kind == Restarted || c.Kind == Stopped }

// Hear folds a contact into the subscriber: the newest contact decides the dialog. Only somebody who wrote becomes a subscriber.
func (s Subscriber) Hear(c Contact) Subscriber {
	if s.IsZero() {
		if c.Kind != Wrote {
			return s
		}
		s = Subscriber{User: c.User, Started: c.At, AccessSince: c.At, Reason: ReasonNotYet}
	}
	if c.Kind == Wrote {
		s.Started = min(s.Started, c.At)
		s.Heard = max(s.Heard, c.At)
		if c.Payload != "" {
			s.Payload = c.Payload
		}
	}
	if s.Dialog == NoDialog || s.outdatedBy(c) {
		s.Dialog, s.DialogSince, s.DialogRef = c.dialog(), c.At, uint64(c.Kind)<<56|c.Ref&(1<<56-1)
	}
	return s
}

func (s Subscriber) outdatedBy(c Contact) bool {
	kind, ref := ContactKind(s.DialogRef>>56), s.DialogRef&(1<<56-1)
	old := Contact{Kind: kind, Ref: ref}
	if s.DialogSince == c.At && old.stops() && c.stops() {
		return c.Ref > ref
	}
	return cmp.Or(cmp.Compare(c.At, s.DialogSince), cmp.Compare(c.Kind, kind), cmp.Compare(c.Ref, ref)) > 0
}

// ReplyKind is the form in which a person asked.
type ReplyKind uint8

// The forms.
const (
	ReplyMessage  ReplyKind = iota + 1 // any message
	ReplyStart                         // /start, with or without payload
	ReplyCallback                      // a button
)

// Reply is an answer that is due to somebody in private.
type Reply struct {
	Bot     UserID // the account that heard the question
	User    UserID
	Kind    ReplyKind
	Message int   // the message answered, or the message that holds the button
	Query   int64 // the callback query; 0 for messages
	Payload string
	Data    string // the button's data
	Asked   Instant
}

// ReplyKey identifies the question: a question delivered twice is answered once.
type ReplyKey [16]byte

// Key of the reply.
func (r Reply) Key() ReplyKey {
	var k ReplyKey
	id := uint64(uint32(r.Message))
	if r.Kind == ReplyCallback {
		id = uint64(r.Query)
	}
	binary.BigEndian.PutUint64(k[:8], uint64(r.Bot))
	k[0] = 0 // bot ids are far below 2^56
	if r.Kind == ReplyCallback {
		k[0] = 1
	}
	binary.BigEndian.PutUint64(k[8:], id)
	return k
}

// RandomID is Telegram's random_id of the answer. It follows from the question, so that an answer sent twice (a cut connection, a
// restart) is refused by Telegram as a duplicate and not shown twice.
func (r Reply) RandomID() int64 {
	k := r.Key()
	return digest("reply", k[:])
}

func digest(kind string, b []byte) int64 {
	sum := sha256.Sum256(append([]byte(kind+"\x00"), b...))
	return int64(binary.BigEndian.Uint64(sum[:8]) | 1)
}

// Explain keeps the reason of a revoked access in step with what is known by now: a ban that turns out to be a kick, somebody who left
// and was banned since, or who blocked the bot, went, and unblocked it. A ban that was lifted or lapsed stays the reason: it was not their
// leaving.
func (s Subscriber) Explain(after Standing) Subscriber {
	if s.Access != Revoked || after.Presence != Out {
		return s
	}
	reason := DepartureReason(after.Departure)
	switch {
	case s.Reason.departure() && reason != ReasonLeft, s.Reason.dialog() && s.Dialog == DialogActive:
		s.Reason = reason
	}
	return s
}
