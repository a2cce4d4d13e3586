package bot

import (
	"cmp"
	"slices"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// serviceUser is the account by which Telegram itself writes.
const serviceUser = 777000

// hearing gathers what one delivery says.
type hearing struct {
	bot      *Bot
	recorded membership.Instant
	users    map[int64]tg.UserClass
	batch    membership.Batch
	about    map[membership.UserID]bool
}

func (b *Bot) hearing(users []tg.UserClass) *hearing {
	b.tongues.learn(users)
	h := &hearing{
		bot: b, recorded: membership.At(b.cfg.Now()),
		users: make(map[int64]tg.UserClass, len(users)), about: make(map[membership.UserID]bool),
		batch: membership.Batch{Group: b.cfg.Group.ID, Bot: b.cfg.Self},
	}
	for _, u := range users {
		h.users[u.GetID()] = u
	}
	return h
}

// hear notes one update; most say nothing to us.
func (h *hearing) hear(u tg.UpdateClass) {
	switch u := u.(type) {
	case *tg.UpdateChannelParticipant:
		h.member(u)
	case *tg.UpdateChatParticipant:
		h.chatMember(u)
	case *tg.UpdateBotStopped:
		kind := membership.Restarted
		if u.Stopped {
			kind = membership.Stopped
		}
		if user, ok := h.person(u.UserID); ok {
			h.contact(membership.Contact{User: user, Kind: kind, At: membership.Instant(u.Date), Ref: uint64(max(0, u.Qts))})
		}
	case *tg.UpdateNewMessage:
		switch m := u.Message.(type) {
		case *tg.Message:
			h.message(m)
		case *tg.MessageService:
			h.service(m)
		}
	case *tg.UpdateBotCallbackQuery:
		h.callback(u)
	}
}

func (h *hearing) member(u *tg.UpdateChannelParticipant) {
	group := h.bot.cfg.Group
	if membership.GroupID(u.ChannelID) != group.ID {
		return
	}
	if membership.UserID(u.UserID) == h.bot.cfg.Self {
		// Telegram tells a bot of itself whether or not it is an administrator, and of nobody else once it is none.
		r := tlmap.Rights(u.NewParticipant)
		h.batch.Rights = &r
	}
	if e, ok := tlmap.BotMemberUpdate(u, group.Kind, h.bot.cfg.Self, h.recorded); ok {
		h.event(e)
	}
}

func (h *hearing) event(e membership.Event) {
	h.about[e.User] = true
	h.batch.Events = append(h.batch.Events, e)
}

// service reads Telegram's own message that our basic group became a supergroup. Once we are about that one, it is another group's.
func (h *hearing) service(m *tg.MessageService) {
	group := h.bot.cfg.Group
	chat, ok := m.PeerID.(*tg.PeerChat)
	if !ok || group.Kind != membership.BasicGroup || membership.GroupID(chat.ChatID) != group.ID {
		return
	}
	if a, ok := m.Action.(*tg.MessageActionChatMigrateTo); ok {
		h.batch.Migrated = membership.GroupID(a.ChannelID)
	}
}

func (h *hearing) contact(c membership.Contact) {
	h.about[c.User] = true
	h.batch.Contacts = append(h.batch.Contacts, c)
}

func (h *hearing) message(m *tg.Message) {
	user, ok := h.writer(m)
	if !ok {
		return
	}
	h.bot.tongues.remember(int64(user), "") // known by now, whether or not Telegram said more
	payload, start := parseStart(m.Message, h.bot.cfg.Username)
	r := membership.Reply{
		Bot: h.bot.cfg.Self, User: user, Kind: membership.ReplyMessage, Message: m.ID, Payload: payload,
		Asked: membership.Instant(m.Date),
	}
	if start {
		r.Kind = membership.ReplyStart
	}
	h.ask(r, uint64(max(0, m.ID)))
}

// writer is who wrote a message to us in private. Groups, our own messages, other bots and Telegram itself are nobody.
func (h *hearing) writer(m *tg.Message) (membership.UserID, bool) {
	peer, ok := m.PeerID.(*tg.PeerUser)
	if !ok || m.Out {
		return 0, false
	}
	if from, ok := m.FromID.(*tg.PeerUser); m.FromID != nil && (!ok || from.UserID != peer.UserID) {
		return 0, false
	}
	return h.person(peer.UserID)
}

func (h *hearing) person(id int64) (membership.UserID, bool) {
	user := membership.UserID(id)
	if user <= 0 || user == h.bot.cfg.Self || id == serviceUser {
		return 0, false
	}
	if u, ok := h.users[id].(*tg.User); ok && u.Bot {
		return 0, false
	}
	return user, true
}

// callback notes a button pressed in private. Telegram gives it no date: it is from now, a query lives for minutes.
func (h *hearing) callback(u *tg.UpdateBotCallbackQuery) {
	peer, ok := u.Peer.(*tg.PeerUser)
	if !ok || peer.UserID != u.UserID {
		return
	}
	user, ok := h.person(u.UserID)
	if !ok {
		return
	}
	data, payload := parseData(u.Data)
	h.ask(membership.Reply{
		Bot: h.bot.cfg.Self, User: user, Kind: membership.ReplyCallback, Message: u.MsgID, Query: u.QueryID,
		Payload: payload, Data: data, Asked: membership.At(h.bot.cfg.ServerNow()),
	}, uint64(u.QueryID))
}

func (h *hearing) ask(r membership.Reply, ref uint64) {
	h.contact(membership.Contact{User: r.User, Kind: membership.Wrote, At: r.Asked, Ref: ref, Payload: r.Payload})
	h.batch.Replies = append(h.batch.Replies, r)
}

// says is whether the delivery told anything that is kept.
func (h *hearing) says() bool {
	b := h.batch
	return len(b.Events)+len(b.Contacts)+len(b.Replies) > 0 || b.Qts > 0 || b.Gap != nil || b.State != nil || b.Migrated != 0
}

// done is the batch with the profiles of those whom it is about.
func (h *hearing) done() membership.Batch {
	for id, u := range h.users {
		if p, ok := tlmap.Profile(u); ok && h.about[membership.UserID(id)] {
			h.batch.Profiles = append(h.batch.Profiles, p)
		}
	}
	slices.SortFunc(h.batch.Profiles, func(a, b membership.Profile) int { return cmp.Compare(a.User, b.User) })
	return h.batch
}
