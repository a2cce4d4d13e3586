package tlmap

import (
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/membership"
)

// Question is what a lookup asked.
type Question struct {
	Group    membership.GroupID
	Kind     membership.GroupKind
	User     membership.UserID
	Sent     time.Time // the server's time as far as we know it, when the question was sent
	Recorded membership.Instant
}

// Lookup reads the answer of channels.getParticipant, which is r or err. "Not a participant" is an answer; a refusal to recognize the
// person is none (the same question has been seen answered later, telegram.md §13.11) and leaves the finding without an
// event but with a Why. Everything else is the error, as Failure puts it.
func Lookup(r *tg.ChannelsChannelParticipant, err error, q Question) (membership.Finding, error) {
	const method = "channels.getParticipant"
	switch {
	case tgerr.Is(err, "USER_NOT_PARTICIPANT"):
		return membership.Finding{Event: q.Absent()}, nil
	case tgerr.Is(err, unrecognized...):
		rpc, _ := tgerr.As(err)
		return membership.Finding{Why: "Telegram does not recognize them (" + rpc.Type + ")"}, nil
	case err != nil:
		return membership.Finding{}, Failure(method, err)
	case r == nil || r.Participant == nil:
		return membership.Finding{Why: "Telegram's answer was empty"}, nil
	}
	return q.finding(r), nil
}

// unrecognized are the refusals by which Telegram says that the id means nobody to it, or nobody to this account.
var unrecognized = []string{
	"PARTICIPANT_ID_INVALID", "USER_ID_INVALID", "PEER_ID_INVALID", "USER_INVALID", "INPUT_USER_DEACTIVATED", "USER_DELETED",
}

func (q Question) finding(r *tg.ChannelsChannelParticipant) membership.Finding {
	user, state, ok := State(r.Participant, q.Kind)
	if !ok || user != q.User {
		return membership.Finding{Why: "Telegram's answer was about somebody else"}
	}
	f := membership.Finding{}
	var by membership.UserID
	if banned, ok := r.Participant.(*tg.ChannelParticipantBanned); ok {
		by = membership.UserID(max(0, banned.KickedBy))
	}
	f.Event = q.Says(state, by)
	for _, u := range r.Users {
		if p, ok := Profile(u); ok && p.User == q.User {
			f.Profile = &p
		}
	}
	return f
}

// Absent is the event of an answer that the person is not in the group.
func (q Question) Absent() membership.Event { return q.Says(left(), 0) }

// Says is the event by which Telegram's answer to the question is remembered; by is who put the person where they are, 0 unknown.
func (q Question) Says(s membership.State, by membership.UserID) membership.Event {
	return membership.Event{Group: q.Group, User: q.User, State: s, Evidence: membership.Evidence{
		Source: membership.SourceLookup, Grade: membership.GradeA, Ref: uint64(max(0, q.Sent.UnixNano())),
		At: membership.At(q.Sent), Recorded: q.Recorded, Actor: by,
	}}
}
