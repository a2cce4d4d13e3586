package world

import (
	"fmt"
	"slices"

	"github.com/gotd/td/tg"
)

// Log has every one of the named actions happen in the channel, so that its admin log has an event of each: those that
// this world knows really happen and are taken back where they would change what the channel is; of the others, calls,
// topics or colors, there is the event alone. The names are those of LogKinds; none are all of them.
func (w *World) Log(id ChannelID, names ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.channels[id]
	if c == nil {
		return refuse(400, "CHANNEL_INVALID")
	}
	if len(names) == 0 {
		names = LogKinds()
	}
	kinds := make([]logKind, 0, len(names))
	for _, name := range names {
		k := logKind(slices.Index(LogKinds(), name) + 1)
		if k == 0 {
			return fmt.Errorf("make an admin log event: there is no action %q", name)
		}
		kinds = append(kinds, k)
	}
	for _, k := range kinds {
		w.makeHappen(c, k)
	}
	return nil
}

// makeHappen has the creator, or somebody who comes for it, do what the log then tells.
func (w *World) makeHappen(c *channel, k logKind) {
	switch k {
	case logJoin, logJoinByInvite, logJoinByRequest, logInvite:
		w.comeBy(c, k)
	case logLeave, logToggleBan, logToggleAdmin, logEditRank, logSubExtend:
		w.moveSomebody(c, k)
	case logExportedInviteDelete, logExportedInviteRevoke, logExportedInviteEdit:
		w.handleLink(c, k)
	case logUpdatePinned, logEditMessage, logDeleteMessage, logSendMessage, logStopPoll:
		w.tellLog(c, c.creator, k, w.messageDetail(c, k))
	case logChangeTitle, logChangeAbout, logChangeUsername, logChangePhoto, logChangeLinkedChat, logToggleSlowMode,
		logDefaultBannedRights:
		w.alter(c, k)
	default:
		if t, ok := toggleOf(k); ok {
			on := *t.where(c)
			w.toggle(c, c.creator, t, !on)
			w.toggle(c, c.creator, t, on)
			return
		}
		w.tellLog(c, c.creator, k, plainDetail(c, k, w.now()))
	}
}

// comeBy has somebody new come in.
func (w *World) comeBy(c *channel, k logKind) *account {
	a := w.addAccount(w.people.Next(1), false)
	ch := change{kind: k, actor: a.id}
	switch k {
	case logJoinByInvite:
		ch.path = byLink
	case logJoinByRequest:
		ch.path, ch.approver, ch.invite = byRequest, c.creator, w.requestLink(c)
	case logInvite:
		ch.path, ch.actor = byAdding, c.creator
	default: // by the group's name
	}
	w.let(c, a, ch)
	return a
}

// moveSomebody does to somebody who has just joined what the kind says.
func (w *World) moveSomebody(c *channel, k logKind) {
	a, now := w.comeBy(c, logJoin), w.now()
	prev := c.standing(a.id, now)
	switch k {
	case logLeave:
		c.exit(a.id, now)
		w.record(c, change{kind: k, actor: a.id, prev: prev}, now)
	case logToggleBan:
		w.bar(c, c.creator, a, Banned())
		w.bar(c, c.creator, a, tg.ChatBannedRights{})
	case logToggleAdmin:
		w.promote(c, c.creator, a, ModeratorRights(), "")
		w.promote(c, c.creator, a, tg.ChatAdminRights{}, "")
	case logEditRank:
		w.promote(c, c.creator, a, ModeratorRights(), "")
		w.promote(c, c.creator, a, ModeratorRights(), "bookbinder")
	default: // logSubExtend
		w.tellLog(c, a.id, k, subscription(a.id, now))
	}
}

// subscription is a paying member's having paid for another month. Both sides are the same, as is documented.
func subscription(u UserID, now int32) detail {
	row := func() tg.ChannelParticipantClass {
		return &tg.ChannelParticipant{UserID: int64(u), Date: int(now), SubscriptionUntilDate: int(now) + 30*day}
	}
	return detail{named: []UserID{u}, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionParticipantSubExtend{PrevParticipant: row(), NewParticipant: row()}
	}}
}

// handleLink makes a link of the creator's and does to it what the kind says.
func (w *World) handleLink(c *channel, k logKind) {
	in := &invite{link: linkBefore + w.letters(16), by: c.creator, date: w.now(), title: "Open day"}
	c.primary()
	c.links = append(c.links, in)
	if k == logExportedInviteEdit {
		title := "Open evening"
		if err := w.rework(c, c.creator, in, LinkEdit{Title: &title}); err != nil {
			panic("world: a new link cannot be changed: " + err.Error())
		}
		return
	}
	w.revoke(c, c.creator, in)
	if k == logExportedInviteDelete {
		w.deleteLinks(c, c.creator, func(other *invite) bool { return other == in })
	}
}

// alter changes the channel and takes that back.
func (w *World) alter(c *channel, k logKind) {
	by := c.creator
	switch k {
	case logChangeTitle:
		was := c.title
		w.retitle(c, by, was+" ✨")
		w.retitle(c, by, was)
	case logChangeAbout:
		was := c.about
		w.reword(c, by, was+" Ask at the lantern.")
		w.reword(c, by, was)
	case logChangeUsername:
		was := c.username
		w.rename(c, by, fmt.Sprintf("lantern_%x", mix(uint64(c.id))&0xffffffff))
		w.rename(c, by, was)
	case logChangePhoto:
		was := c.set.photo
		w.picture(c, by, true)
		if was == 0 {
			w.picture(c, by, false)
		}
	case logChangeLinkedChat:
		was := c.linked
		w.link(c, by, ChannelID(c.community()))
		w.link(c, by, was)
	case logToggleSlowMode:
		was := c.slow
		w.slowDown(c, by, 30)
		w.slowDown(c, by, int(was.seconds))
		c.slow = was
	default: // logDefaultBannedRights
		was := c.set.rights()
		next := was
		next.SendPolls = !next.SendPolls
		w.setDefaults(c, by, next)
		w.setDefaults(c, by, was)
	}
}

func toggleOf(k logKind) (toggle, bool) {
	for _, t := range toggles {
		if t.kind == k {
			return t, true
		}
	}
	return toggle{}, false
}

// messageDetail tells of what was done to a message that nobody else knows.
func (w *World) messageDetail(c *channel, k logKind) detail {
	p := &post{id: c.top + 1, from: c.creator, date: w.now(), text: w.smallTalk(c, c.top+1)}
	if last := c.told.newest(); last != nil && last.action == nil {
		p = last
	}
	was := *p
	return detail{text: was.text, named: was.mentioned(), say: func(viewer UserID) tg.ChannelAdminLogEventActionClass {
		m := was.seenBy(viewer, c)
		switch k {
		case logUpdatePinned:
			return &tg.ChannelAdminLogEventActionUpdatePinned{Message: pinned(m)}
		case logEditMessage:
			return &tg.ChannelAdminLogEventActionEditMessage{PrevMessage: m, NewMessage: was.seenBy(viewer, c)}
		case logStopPoll:
			return &tg.ChannelAdminLogEventActionStopPoll{Message: withPoll(m)}
		case logSendMessage:
			return &tg.ChannelAdminLogEventActionSendMessage{Message: m}
		default:
			return &tg.ChannelAdminLogEventActionDeleteMessage{Message: m}
		}
	}}
}

// pinned makes the message a pinned one.
func pinned(in tg.MessageClass) tg.MessageClass {
	if m, ok := in.(*tg.Message); ok {
		m.Pinned = true
	}
	return in
}

// withPoll makes the message one that holds a closed poll.
func withPoll(in tg.MessageClass) tg.MessageClass {
	m, ok := in.(*tg.Message)
	if !ok {
		return in
	}
	text := func(s string) tg.TextWithEntities { return tg.TextWithEntities{Text: s} }
	m.Message = ""
	m.Media = &tg.MessageMediaPoll{
		Poll: tg.Poll{
			ID: int64(mix(uint64(m.ID)) >> 1), Closed: true, Question: text("Which day suits you?"),
			Answers: []tg.PollAnswerClass{
				&tg.PollAnswer{Text: text("Tuesday"), Option: []byte{0}}, &tg.PollAnswer{Text: text("Thursday"), Option: []byte{1}},
			},
		},
		Results: tg.PollResults{TotalVoters: 12},
	}
	return m
}
