package world

import "github.com/gotd/td/tg"

// Migrate makes a basic group a supergroup, as its owner does, and returns the supergroup's id.
func (w *World) Migrate(id ChatID) (ChannelID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.chats[id]
	if g == nil {
		return 0, refuse(400, "CHAT_ID_INVALID")
	}
	updates, err := w.migrate(g.creator, id)
	if err != nil {
		return 0, err
	}
	w.carry(g.creator, updates)
	return g.upgraded, nil
}

// MigrateChat is messages.migrateChat: it returns what the owner's client is answered.
func (w *World) MigrateChat(by UserID, id ChatID) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.migrate(by, id)
}

// migrate makes the supergroup with everybody in it. Its first message says where it comes from, the old group's last
// one where it has gone to, and the old id refuses everything that is written to it.
func (w *World) migrate(by UserID, id ChatID) (*tg.Updates, error) {
	g, err := w.writableChat(by, id)
	switch {
	case err != nil:
		return nil, err
	case by != g.creator:
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	now := w.now()
	if w.watch != nil {
		w.happened(now, "%s made the basic group %s a supergroup", w.who(by), quoted(g.title))
	}
	c := w.carryOver(g, now)
	g.upgraded = c.id
	g.version++
	title, from, to := g.title, int64(g.id), int64(c.id)
	g.last = &letter{from: by, chat: g.id, ids: make(map[UserID]int), date: now, action: func() tg.MessageActionClass {
		return &tg.MessageActionChatMigrateTo{ChannelID: to}
	}}
	var answer *tg.Updates
	for _, m := range g.members {
		b := w.box(m.user)
		if b == nil {
			continue
		}
		updates := w.migrated(g, c, m.user, b)
		if m.user == by {
			answer = updates
			continue
		}
		w.push(m.user, updates)
	}
	first := w.publishAnswering(c, &post{from: by, date: now, named: []UserID{by}, action: func() tg.MessageActionClass {
		return &tg.MessageActionChannelMigrateFrom{Title: title, ChatID: from}
	}}, by)
	if answer != nil {
		answer.Updates = append(answer.Updates, w.tell(by, c, first))
		w.number(w.box(by), answer)
	}
	return answer, nil
}

// carryOver makes the supergroup that the basic group becomes.
func (w *World) carryOver(g *chat, now int32) *channel {
	c := w.addChannel(g.title, "", g.creator, now)
	c.upgraded, c.about = g, g.about
	if g.defaults != (tg.ChatBannedRights{}) {
		c.set.defaults = &g.defaults
	}
	c.begin(0)
	for _, m := range g.members {
		w.seat(c, m.user, m.inviter, now, m.date)
		if m.admin {
			c.admins[m.user] = &admin{by: g.creator, date: now, rights: ModeratorRights()}
		}
		if _, ok := w.logins[m.user]; ok {
			w.openDialog(m.user, c.peer())
		}
	}
	return c
}

// begin sets the channel's box to so many messages, of which none is kept.
func (c *channel) begin(top int) {
	c.top, c.pts = top, 2*top+1
	c.told = archive{floor: c.pts}
}

// migrated puts the old group's last message into an account's box and returns its container.
func (w *World) migrated(g *chat, c *channel, u UserID, b *box) *tg.Updates {
	e := entry{
		date: g.last.date, message: g.last, users: []UserID{g.creator}, chats: []ChatID{g.id}, channels: []ChannelID{c.id},
	}
	g.last.ids[u] = b.keep(g.last)
	out := w.container(u, e, w.post(b, e))
	w.touchDialog(u, g.last.other(u), g.last)
	out.Updates = append(out.Updates, &tg.UpdateChannel{ChannelID: int64(c.id)})
	return out
}

// migratedFrom returns the basic group that the channel was and the id of its last message for u; 0 for most.
func (c *channel) migratedFrom(u UserID) (ChatID, int) {
	if c.upgraded == nil {
		return 0, 0
	}
	return c.upgraded.id, c.upgraded.last.ids[u]
}
