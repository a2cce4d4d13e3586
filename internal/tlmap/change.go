package tlmap

import (
	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// change is a person before and after, as updates and the admin log tell it, and who did it.
type change struct {
	user, actor membership.UserID
	prev, next  membership.State
}

// read takes both sides as Telegram sends them. Not ok is a change of no person, or of two.
func read(prev, next tg.ChannelParticipantClass, kind membership.GroupKind) (change, bool) {
	before, prevState, prevOK := State(prev, kind)
	after, nextState, nextOK := State(next, kind)
	if !prevOK || !nextOK || (before != 0 && after != 0 && before != after) {
		return change{}, false
	}
	return change{user: max(before, after), prev: prevState, next: nextState}, true
}

// moved says whether the person came or went by the change.
func (c change) moved() bool { return c.prev.Presence != c.next.Presence }

// byAdmin says whether somebody else did it.
func (c change) byAdmin() bool { return c.actor != 0 && c.actor != c.user }

// lifts says whether the change ended a ban without bringing the person in: with the ban just before, that is a kick.
func (c change) lifts() bool {
	return c.prev.Departure == membership.Banned && c.byAdmin() &&
		c.next.Presence == membership.Out && c.next.Departure != membership.Banned
}

// state is what holds after the change. Who was inside, is outside without a ban and did not do it themselves was removed.
func (c change) state() membership.State {
	s := c.next
	s.Lifted = c.lifts()
	if c.prev.Presence == membership.In && s.Departure == membership.Left && c.byAdmin() {
		s.Departure = membership.Kicked
	}
	return s
}

// BotMemberUpdate is the event of an updateChannelParticipant heard by bot in a group of this kind. Not ok is an update that
// speaks of no person, or of another than it names.
func BotMemberUpdate(
	u *tg.UpdateChannelParticipant, kind membership.GroupKind, bot membership.UserID, recorded membership.Instant,
) (membership.Event, bool) {
	c, ok := read(u.PrevParticipant, u.NewParticipant, kind)
	if !ok || u.UserID <= 0 || (c.user != 0 && c.user != membership.UserID(u.UserID)) {
		return membership.Event{}, false
	}
	c.user, c.actor = membership.UserID(u.UserID), membership.UserID(max(0, u.ActorID))
	return c.heard(membership.GroupID(u.ChannelID), u.Date, u.Qts, bot, recorded), true
}

// heard is the change as the event of a bot's update.
func (c change) heard(group membership.GroupID, at, qts int, bot membership.UserID, recorded membership.Instant) membership.Event {
	return membership.Event{
		Group: group,
		User:  c.user,
		State: c.state(),
		Moved: c.moved(),
		Evidence: membership.Evidence{
			Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: bot, Ref: uint64(max(0, qts)),
			At: date(at), Recorded: recorded, Actor: c.actor,
		},
	}
}
