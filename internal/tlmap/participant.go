package tlmap

import (
	"math"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// State is what a participant of a supergroup or channel says about a person. Telegram leaves a participant out where the person is
// not in the group, so nil is Left of user 0. Not ok is what says nothing about any person: the row of a banned channel.
//
// In a channel nobody is restricted: such a row means an ordinary member, or one who left.
func State(p tg.ChannelParticipantClass, kind membership.GroupKind) (user membership.UserID, s membership.State, ok bool) {
	switch p := p.(type) {
	case nil:
		return 0, left(), true
	case *tg.ChannelParticipant:
		return person(p.UserID, inside(membership.Member))
	case *tg.ChannelParticipantSelf:
		return person(p.UserID, inside(membership.Member))
	case *tg.ChannelParticipantCreator:
		return person(p.UserID, inside(membership.Creator))
	case *tg.ChannelParticipantAdmin:
		if p.AdminRights.Zero() {
			return person(p.UserID, inside(membership.Member)) // an admin without any right is none, as in TDLib
		}
		return person(p.UserID, inside(membership.Administrator))
	case *tg.ChannelParticipantBanned:
		return person(userOf(p.Peer), bannedState(p, kind))
	case *tg.ChannelParticipantLeft:
		return person(userOf(p.Peer), left())
	}
	return 0, membership.State{}, false
}

// bannedState reads the constructor that means three things. Whoever may not even view messages is banned, whatever "left" says.
func bannedState(p *tg.ChannelParticipantBanned, kind membership.GroupKind) membership.State {
	switch {
	case p.BannedRights.ViewMessages:
		return membership.State{
			Presence: membership.Out, Departure: membership.Banned, Until: until(p.BannedRights.UntilDate),
		}
	case p.Left:
		return left()
	case kind == membership.Channel:
		return inside(membership.Member)
	}
	s := inside(membership.Restricted)
	s.Until = until(p.BannedRights.UntilDate)
	return s
}

// until is the end of a ban or restriction; 0 is forever, for which Telegram also sends INT_MAX and negative dates (TDLib's
// fix_until_date).
func until(date int) membership.Instant {
	if date < 0 || date >= math.MaxInt32 {
		return 0
	}
	return membership.Instant(date)
}

func inside(r membership.Role) membership.State {
	return membership.State{Presence: membership.In, Role: r}
}

func left() membership.State {
	return membership.State{Presence: membership.Out, Departure: membership.Left}
}

func person(id int64, s membership.State) (membership.UserID, membership.State, bool) {
	if id <= 0 {
		return 0, membership.State{}, false
	}
	return membership.UserID(id), s, true
}

// userOf is the person that a peer is; 0 for channels and chats.
func userOf(p tg.PeerClass) int64 {
	if u, ok := p.(*tg.PeerUser); ok {
		return u.UserID
	}
	return 0
}

// Place is where a row of a list stood.
type Place struct {
	Kind membership.GroupKind
	Read membership.Instant // when the page was received, our time
	Walk uint32
	Row  uint32 // unique within the walk
	// Carried is when the basic group that this supergroup was became it; 0 where it was none, or that is not known.
	Carried membership.Instant
}

// carriedWithin is how far the dates of rows may lie from Carried that are the migration's: it dates everybody whom it carries over as if they
// had joined then. Who truly joined within that time is told of by events.
const carriedWithin = membership.Instant(60)

// Sighting is a row of a participants list. Not ok is a row that is about no person.
//
// Dated are the rows whose date is the joining's: Participant, Self, and restricted but inside. An admin's date is the
// promotion's, a creator has none, and the date of who was carried over from a basic group is the migration's.
func Sighting(p tg.ChannelParticipantClass, at Place) (membership.Sighting, bool) {
	user, state, ok := State(p, at.Kind)
	if !ok || user == 0 {
		return membership.Sighting{}, false
	}
	s := at.sighting(user, state, p)
	switch p := p.(type) {
	case *tg.ChannelParticipantAdmin:
		s.Dated, s.By = false, membership.UserID(max(0, p.PromotedBy))
	case *tg.ChannelParticipantBanned:
		s.Dated, s.By = s.Dated && state.Presence == membership.In, membership.UserID(max(0, p.KickedBy))
	}
	s.Dated = s.Dated && !at.carried(s.Date)
	return s, true
}

// carried says whether a date is the migration's.
func (at Place) carried(date membership.Instant) bool {
	return at.Carried != 0 && at.Carried-carriedWithin <= date && date <= at.Carried+carriedWithin
}

// ChatSighting is a row of a basic group's list. There an admin's date is the joining's too.
func ChatSighting(p tg.ChatParticipantClass, at Place) (membership.Sighting, bool) {
	user, state, ok := ChatState(p)
	if !ok {
		return membership.Sighting{}, false
	}
	return at.sighting(user, state, p), true
}

// ChatState is what a row of a basic group says about a person: such a group lists only who is in, and restricts nobody by name.
func ChatState(p tg.ChatParticipantClass) (user membership.UserID, s membership.State, ok bool) {
	switch p := p.(type) {
	case *tg.ChatParticipant:
		return person(p.UserID, inside(membership.Member))
	case *tg.ChatParticipantAdmin:
		return person(p.UserID, inside(membership.Administrator))
	case *tg.ChatParticipantCreator:
		return person(p.UserID, inside(membership.Creator))
	}
	return 0, membership.State{}, false
}

// sighting is a row whose date, where it has one, is the joining's.
func (at Place) sighting(user membership.UserID, state membership.State, row any) membership.Sighting {
	s := membership.Sighting{User: user, State: state, Read: at.Read, Walk: at.Walk, Row: at.Row}
	if r, ok := row.(interface{ GetDate() int }); ok {
		s.Date = date(r.GetDate())
		s.Dated = s.Date != 0
	}
	return s
}

// date is a date of Telegram's; what is not after 1970 is none.
func date(d int) membership.Instant { return membership.Instant(max(0, d)) }
