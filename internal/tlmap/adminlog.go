package tlmap

import (
	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// AdminLogEvents are the membership events of an entry of the admin log: none for the many entries that are about something else or do
// not name the joiner (Telegram keeps it back in big groups), two for an invitation, which says something of both.
func AdminLogEvents(e tg.ChannelAdminLogEvent, g membership.Group, recorded membership.Instant) []membership.Event {
	l := entry{group: g, actor: membership.UserID(max(0, e.UserID)), evidence: membership.Evidence{
		Source: membership.SourceAdminLog, Grade: membership.GradeA, Ref: uint64(e.ID),
		At: date(e.Date), Recorded: recorded, Actor: membership.UserID(max(0, e.UserID)),
	}}
	switch a := e.Action.(type) {
	case *tg.ChannelAdminLogEventActionParticipantJoin, *tg.ChannelAdminLogEventActionParticipantJoinByInvite:
		return l.moves(l.actor, inside(membership.Member))
	case *tg.ChannelAdminLogEventActionParticipantJoinByRequest:
		return l.joinsByRequest(a)
	case *tg.ChannelAdminLogEventActionParticipantLeave:
		return l.moves(l.actor, left())
	case *tg.ChannelAdminLogEventActionParticipantInvite:
		return l.invites(a.Participant)
	case *tg.ChannelAdminLogEventActionParticipantToggleBan:
		return l.bans(a.PrevParticipant, a.NewParticipant)
	case *tg.ChannelAdminLogEventActionParticipantToggleAdmin:
		return l.changes(a.PrevParticipant, a.NewParticipant)
	case *tg.ChannelAdminLogEventActionParticipantSubExtend:
		return l.changes(a.PrevParticipant, a.NewParticipant)
	case *tg.ChannelAdminLogEventActionParticipantEditRank:
		// A title says nothing about presence by itself.
		return l.hint(membership.UserID(max(0, a.UserID)))
	}
	return nil
}

// entry is what all events of one log entry share.
type entry struct {
	group    membership.Group
	actor    membership.UserID
	evidence membership.Evidence
}

func (l entry) event(user membership.UserID, s membership.State, moved bool) []membership.Event {
	if user == 0 {
		return nil
	}
	return []membership.Event{{Group: l.group.ID, User: user, State: s, Moved: moved, Evidence: l.evidence}}
}

func (l entry) moves(user membership.UserID, s membership.State) []membership.Event {
	return l.event(user, s, true)
}

// hint is grade C: they were most likely inside, but it was not they whom the entry is about. It orders a lookup and moves nobody.
func (l entry) hint(user membership.UserID) []membership.Event {
	l.evidence.Grade = membership.GradeC
	return l.event(user, membership.State{Presence: membership.In}, false)
}

// joinsByRequest names the approver as the one who did it, as updateChannelParticipant does.
func (l entry) joinsByRequest(a *tg.ChannelAdminLogEventActionParticipantJoinByRequest) []membership.Event {
	if a.ApprovedBy > 0 {
		l.evidence.Actor = membership.UserID(a.ApprovedBy)
	}
	return l.moves(l.actor, inside(membership.Member))
}

func (l entry) invites(p tg.ChannelParticipantClass) []membership.Event {
	user, state, ok := State(p, l.group.Kind)
	if !ok || user == 0 {
		return l.hint(l.actor)
	}
	events := l.event(user, state, state.Presence == membership.In)
	if l.actor != user {
		events = append(events, l.hint(l.actor)...)
	}
	return events
}

// bans reads a restriction, a ban, or either's end. None of them brings anybody in: a row that says so of somebody who was banned
// proves no return (nor, where the ban had lapsed unseen, an absence), so it is a hint.
func (l entry) bans(prev, next tg.ChannelParticipantClass) []membership.Event {
	c, ok := read(prev, next, l.group.Kind)
	if !ok {
		return nil
	}
	c.actor = l.actor
	if c.prev.Departure == membership.Banned && c.next.Presence == membership.In {
		return l.hint(c.user)
	}
	return l.event(c.user, c.state(), c.moved())
}

// changes reads a promotion, a demotion or a paid extension. A promotion may bring the person in; who is out afterwards was not
// removed by it.
func (l entry) changes(prev, next tg.ChannelParticipantClass) []membership.Event {
	c, ok := read(prev, next, l.group.Kind)
	if !ok {
		return nil
	}
	return l.event(c.user, c.next, c.moved())
}
