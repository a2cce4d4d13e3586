package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// chatChange is one change of a basic group, as everybody concerned is told of it.
type chatChange struct {
	actor, user UserID
	prev, next  *chatMember // nil: not in it
	say         action      // the service message; making admins leaves none
	byLink      bool
}

// writableChat returns the basic group if who acts may still do so in it.
func (w *World) writableChat(by UserID, id ChatID) (*chat, error) {
	g := w.chats[id]
	switch {
	case g == nil, g.upgraded != 0, !g.has(by):
		return nil, refuse(400, "CHAT_ID_INVALID")
	}
	return g, nil
}

// AddChatUser has a member add somebody to a basic group, and returns what the member's client is answered.
func (w *World) AddChatUser(by UserID, id ChatID, u UserID) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.addChatUser(by, id, u)
}

func (w *World) addChatUser(by UserID, id ChatID, u UserID) (*tg.Updates, error) {
	g, err := w.writableChat(by, id)
	if err != nil {
		return nil, err
	}
	a := w.account(u)
	switch {
	case a == nil:
		return nil, refuse(400, "USER_ID_INVALID")
	case a.deleted:
		return nil, refuse(400, "INPUT_USER_DEACTIVATED")
	case g.has(u):
		return nil, refuse(400, "USER_ALREADY_PARTICIPANT")
	case len(g.members) >= maxChat:
		return nil, refuse(400, "USERS_TOO_MUCH")
	case !g.may(by, func(r tg.ChatBannedRights) bool { return r.InviteUsers }):
		return nil, refuse(400, "CHAT_ADMIN_REQUIRED")
	case g.removed[u] && !g.leads(by):
		return nil, refuse(400, "USER_KICKED")
	}
	return w.enterChat(g, by, u, false), nil
}

// JoinChat has somebody join a basic group through its invite link.
func (w *World) JoinChat(u UserID, id ChatID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.chats[id]
	if g == nil {
		return refuse(400, "INVITE_HASH_EXPIRED")
	}
	updates, err := w.joinChat(u, g)
	if err == nil {
		w.carry(u, updates)
	}
	return err
}

func (w *World) joinChat(u UserID, g *chat) (*tg.Updates, error) {
	if g.upgraded != 0 {
		return nil, refuse(400, "INVITE_HASH_EXPIRED")
	}
	switch err := w.person(u); {
	case err != nil:
		return nil, err
	case g.has(u):
		return nil, refuse(400, "USER_ALREADY_PARTICIPANT")
	case len(g.members) >= maxChat:
		return nil, refuse(400, "USERS_TOO_MUCH")
	case g.removed[u]:
		return nil, refuse(400, "INVITE_HASH_EXPIRED")
	}
	return w.enterChat(g, u, u, true), nil
}

func (w *World) enterChat(g *chat, by, u UserID, byLink bool) *tg.Updates {
	m := chatMember{user: u, inviter: by, date: w.now()}
	ch := chatChange{actor: by, user: u, next: &m, byLink: byLink, say: func() tg.MessageActionClass {
		return &tg.MessageActionChatAddUser{Users: []int64{int64(u)}}
	}}
	if byLink {
		m.inviter = g.creator
		ch.say = func() tg.MessageActionClass { return &tg.MessageActionChatJoinedByLink{InviterID: int64(g.creator)} }
	}
	g.members = append(g.members, m)
	delete(g.removed, u)
	return w.tellChat(g, ch)
}

// DeleteChatUser has somebody put out of a basic group, or leave it. The creator puts anybody out, admins who is no
// admin, members whom they have added.
func (w *World) DeleteChatUser(by UserID, id ChatID, u UserID) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.deleteChatUser(by, id, u)
}

func (w *World) deleteChatUser(by UserID, id ChatID, u UserID) (*tg.Updates, error) {
	g, err := w.writableChat(by, id)
	if err != nil {
		return nil, err
	}
	m := g.member(u)
	switch {
	case m == nil:
		return nil, refuse(400, "USER_NOT_PARTICIPANT")
	case by != u && by != g.creator && (g.leads(u) || !g.leads(by) && m.inviter != by):
		return nil, refuse(400, "CHAT_ADMIN_REQUIRED")
	}
	prev := *m
	g.members = slices.DeleteFunc(g.members, func(m chatMember) bool { return m.user == u })
	if g.removed == nil {
		g.removed = make(map[UserID]bool)
	}
	g.removed[u] = by != u
	return w.tellChat(g, chatChange{actor: by, user: u, prev: &prev, say: func() tg.MessageActionClass {
		return &tg.MessageActionChatDeleteUser{UserID: int64(u)}
	}}), nil
}

// EditChatAdmin has the creator of a basic group make a member an admin, or an admin a member. It says whether that
// changed anything.
func (w *World) EditChatAdmin(by UserID, id ChatID, u UserID, admin bool) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.writableChat(by, id)
	if err != nil {
		return false, err
	}
	m := g.member(u)
	switch {
	case by != g.creator:
		return false, refuse(400, "CHAT_ADMIN_REQUIRED")
	case m == nil:
		return false, refuse(400, "USER_NOT_PARTICIPANT")
	case u == g.creator:
		return false, refuse(400, "USER_ID_INVALID")
	case m.admin == admin:
		return false, nil
	}
	prev := *m
	m.admin = admin
	next := *m
	w.carry(by, w.tellChat(g, chatChange{actor: by, user: u, prev: &prev, next: &next}))
	return true, nil
}

// EditChatTitle has a member rename a basic group.
func (w *World) EditChatTitle(by UserID, id ChatID, title string) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.editChatTitle(by, id, title)
}

func (w *World) editChatTitle(by UserID, id ChatID, title string) (*tg.Updates, error) {
	g, err := w.writableChat(by, id)
	switch {
	case err != nil:
		return nil, err
	case !g.may(by, func(r tg.ChatBannedRights) bool { return r.ChangeInfo }):
		return nil, refuse(400, "CHAT_ADMIN_REQUIRED")
	case title == "":
		return nil, refuse(400, "CHAT_TITLE_EMPTY")
	case title == g.title:
		return nil, refuse(400, "CHAT_NOT_MODIFIED")
	}
	g.title = title
	return w.tellChat(g, chatChange{actor: by, say: func() tg.MessageActionClass {
		return &tg.MessageActionChatEditTitle{Title: title}
	}}), nil
}

// tellChat tells everybody in the group of the change that has just been made, and whom it put out, and returns what the
// actor's client is answered, which is nil for who has none. The version has grown by one.
func (w *World) tellChat(g *chat, ch chatChange) *tg.Updates {
	g.version++
	now := w.now()
	w.tellWatcherOfChat(g, ch, now)
	l := &letter{from: ch.actor, chat: g.id, ids: make(map[UserID]int), date: now, action: ch.say, named: []UserID{ch.user}}
	audience := make([]UserID, 0, len(g.members)+1)
	for _, m := range g.members {
		audience = append(audience, m.user)
	}
	if ch.user != 0 && ch.next == nil {
		audience = append(audience, ch.user)
	}
	var answer *tg.Updates
	for _, u := range audience {
		b := w.box(u)
		if b == nil {
			continue
		}
		updates := w.chatUpdates(g, ch, l, u, b)
		if u == ch.actor {
			w.number(b, updates)
			answer = updates
			continue
		}
		w.push(u, updates)
	}
	w.tellChatBots(g, ch, now)
	return answer
}

// chatUpdates puts the change into one account's box and returns its container.
func (w *World) chatUpdates(g *chat, ch chatChange, l *letter, u UserID, b *box) *tg.Updates {
	who := entry{date: l.date, users: []UserID{ch.actor, ch.user}, chats: []ChatID{g.id}}
	out := &tg.Updates{Date: int(l.date)}
	if ch.say != nil {
		e := who
		e.message = l
		l.ids[u] = b.keep(l)
		out.Updates = append(out.Updates, w.render(u, e, w.post(b, e)))
		w.touchDialog(u, l.other(u), l)
	}
	if ch.user != 0 {
		out.Updates = append(out.Updates, g.delta(ch, u))
	}
	if ch.user == u && ch.next != nil {
		who.users = append(who.users, g.mentioned()...)
	}
	out.Users, out.Chats = w.faces(u, who)
	return out
}

// delta returns the change of the list, which for the person concerned is the list itself.
func (g *chat) delta(ch chatChange, viewer UserID) tg.UpdateClass {
	switch {
	case ch.user == viewer && (ch.prev == nil || ch.next == nil):
		return &tg.UpdateChatParticipants{Participants: g.participants(viewer)}
	case ch.prev == nil:
		return &tg.UpdateChatParticipantAdd{
			ChatID: int64(g.id), UserID: int64(ch.user), InviterID: int64(ch.next.inviter), Date: int(ch.next.date), Version: g.version,
		}
	case ch.next == nil:
		return &tg.UpdateChatParticipantDelete{ChatID: int64(g.id), UserID: int64(ch.user), Version: g.version}
	}
	return &tg.UpdateChatParticipantAdmin{
		ChatID: int64(g.id), UserID: int64(ch.user), IsAdmin: ch.next.admin, Version: g.version,
	}
}

// tellChatBots queues updateChatParticipant to bots that are admins, and to a bot of itself.
func (w *World) tellChatBots(g *chat, ch chatChange, now int32) {
	if ch.user == 0 {
		return
	}
	var bots []UserID
	for _, m := range g.members {
		if w.account(m.user).bot && (m.admin || m.user == ch.user) {
			bots = append(bots, m.user)
		}
	}
	if w.account(ch.user).bot && ch.next == nil {
		bots = append(bots, ch.user)
	}
	for _, bot := range bots {
		w.queue(bot, entry{
			date: now, users: []UserID{ch.actor, ch.user}, chats: []ChatID{g.id},
			update: func(qts int) tg.UpdateClass { return g.participantUpdate(ch, now, qts) },
		})
	}
}

func (g *chat) participantUpdate(ch chatChange, now int32, qts int) *tg.UpdateChatParticipant {
	up := &tg.UpdateChatParticipant{
		ChatID: int64(g.id), Date: int(now), ActorID: int64(ch.actor), UserID: int64(ch.user), Qts: qts,
	}
	if ch.prev != nil {
		up.PrevParticipant = g.row(*ch.prev)
	}
	if ch.next != nil {
		up.NewParticipant = g.row(*ch.next)
	}
	if ch.byLink {
		up.Invite = g.exported()
	}
	return up
}
