package world

import "github.com/gotd/td/tg"

// maxAdmins is how many admins a supergroup may have.
const maxAdmins = 50

// change is one change of somebody's place, as everybody concerned is told of it.
type change struct {
	kind       logKind
	actor      UserID
	prev, next standing
	byLink     bool
}

// place returns the channel and the account, or why there is no acting on them.
func (w *World) place(u UserID, id ChannelID) (*channel, *account, error) {
	c, a := w.channels[id], w.account(u)
	switch {
	case c == nil:
		return nil, nil, refuse(400, "CHANNEL_INVALID")
	case a == nil:
		return nil, nil, refuse(400, "USER_ID_INVALID")
	}
	return c, a, nil
}

// Join has the person join a public supergroup by its username.
func (w *World) Join(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return err
	}
	if !c.open(u, w.now()) {
		return refuse(406, "CHANNEL_PRIVATE")
	}
	return w.join(c, a, change{kind: logJoin})
}

// JoinByLink has the person join through the group's invite link. Who is banned hears that the
// link has expired.
func (w *World) JoinByLink(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return err
	}
	if s := c.standing(u, w.now()); s.banned() {
		return refuse(400, "INVITE_HASH_EXPIRED")
	}
	return w.join(c, a, change{kind: logJoinByInvite, byLink: true})
}

func (w *World) join(c *channel, a *account, ch change) error {
	now := w.now()
	switch {
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case a.bot:
		return refuse(400, "BOT_METHOD_INVALID")
	case c.isIn(a.id):
		return refuse(400, "USER_ALREADY_PARTICIPANT")
	}
	ch.actor, ch.prev = a.id, c.standing(a.id, now)
	c.enter(a, 0, now)
	w.record(c, ch, now)
	return nil
}

// Leave has the person leave by themselves. A creator cannot.
func (w *World) Leave(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, _, err := w.place(u, id)
	if err != nil {
		return err
	}
	now := w.now()
	prev := c.standing(u, now)
	switch {
	case prev.banned():
		return refuse(406, "CHANNEL_PRIVATE")
	case !prev.in:
		return refuse(400, "USER_NOT_PARTICIPANT")
	case prev.creator:
		return refuse(400, "USER_CREATOR")
	}
	c.exit(u, now)
	w.record(c, change{kind: logLeave, actor: u, prev: prev}, now)
	return nil
}

// EditBanned bans, restricts or, with no rights taken, lifts what was done before, as
// channels.editBanned. It says whether that changed anything.
func (w *World) EditBanned(by, u UserID, id ChannelID, rights tg.ChatBannedRights) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.editBanned(by, u, id, rights)
}

// Kick bans and unbans at once, so that the person is out and may return: two changes.
func (w *World) Kick(by, u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, _, err := w.place(u, id)
	switch {
	case err != nil:
		return err
	case !c.isIn(u):
		return refuse(400, "USER_NOT_PARTICIPANT")
	}
	if _, err := w.editBanned(by, u, id, Banned()); err != nil {
		return err
	}
	_, err = w.editBanned(by, u, id, tg.ChatBannedRights{})
	return err
}

func (w *World) editBanned(by, u UserID, id ChannelID, rights tg.ChatBannedRights) (bool, error) {
	c, a, err := w.place(u, id)
	if err != nil {
		return false, err
	}
	if err := w.mayBan(c, by, u); err != nil {
		return false, err
	}
	now := w.now()
	until := normalUntil(int32(max(0, min(rights.UntilDate, forever))), now)
	rights.Flags, rights.UntilDate = 0, 0
	prev := c.standing(u, now)
	if noRestriction(rights) {
		if prev.ban == nil {
			return false, nil
		}
		delete(c.bans, u)
	} else {
		c.put(a)
		c.bans[u] = &ban{by: by, date: now, until: until, rights: rights}
		c.dropAdmin(a, now)
	}
	if rights.ViewMessages {
		c.exit(u, now)
	}
	w.record(c, change{kind: logToggleBan, actor: by, prev: prev}, now)
	return true, nil
}

// dropAdmin takes admin rights away. Who was anonymous is listed again.
func (c *channel) dropAdmin(a *account, now int32) {
	hidden := c.anonymous(a.id)
	delete(c.admins, a.id)
	if hidden {
		c.relist(a, now)
	}
}

func (w *World) mayBan(c *channel, by, u UserID) error {
	now := w.now()
	if !c.open(by, now) {
		return refuse(406, "CHANNEL_PRIVATE")
	}
	actor, target := c.standing(by, now), c.standing(u, now)
	owner := actor.creator && actor.in
	switch {
	case !owner && (actor.admin == nil || !actor.admin.rights.BanUsers):
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	case target.creator, by == u, target.admin != nil && !owner && target.admin.by != by:
		return refuse(400, "USER_ADMIN_INVALID")
	}
	return nil
}

// EditAdmin gives, changes or, with no rights, takes away admin rights. It says whether that
// changed anything. A bot that is not inside is added, a person is not: they could forbid it.
func (w *World) EditAdmin(by, u UserID, id ChannelID, rights tg.ChatAdminRights, rank string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return false, err
	}
	now := w.now()
	rights.Flags = 0
	prev := c.standing(u, now)
	if err := c.mayEditAdmin(by, a, prev, noRights(rights), now); err != nil {
		return false, err
	}
	if noRights(rights) {
		if prev.admin == nil {
			return false, nil
		}
		c.dropAdmin(a, now)
	} else {
		if !prev.in {
			c.enter(a, by, now)
		}
		delete(c.bans, u)
		hidden := c.anonymous(u)
		c.admins[u] = &admin{by: by, date: now, rights: rights, rank: rank}
		if rights.Anonymous != hidden {
			c.relist(a, now) // listed again, or taken off the list
		}
	}
	w.record(c, change{kind: logToggleAdmin, actor: by, prev: prev}, now)
	return true, nil
}

func (c *channel) mayEditAdmin(by UserID, a *account, target standing, demote bool, now int32) error {
	actor := c.standing(by, now)
	owner := actor.creator && actor.in
	switch {
	case !owner && (actor.admin == nil || !actor.admin.rights.AddAdmins):
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	case target.creator:
		return refuse(400, "USER_CREATOR")
	case target.admin != nil && !owner && target.admin.by != by:
		return refuse(403, "RIGHT_FORBIDDEN")
	case demote:
		return nil
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case target.banned():
		return refuse(400, "USER_KICKED")
	case !target.in && !a.bot:
		return refuse(403, "USER_NOT_MUTUAL_CONTACT")
	case target.admin == nil && len(c.admins) >= maxAdmins:
		return refuse(400, "ADMINS_TOO_MUCH")
	}
	return nil
}

// record tells everybody concerned of the change that has just been made to prev's person: the
// admin log, admin bots, and the person's own account.
func (w *World) record(c *channel, ch change, now int32) {
	u := ch.prev.user
	ch.next = c.standing(u, now)
	c.append(w, ch, now)
	for _, i := range c.bots {
		bot := c.rows[i].user
		if c.isAdmin(bot) && bot != u {
			w.tellBot(bot, c, ch, now)
		}
	}
	a := w.account(u)
	if a.bot {
		w.tellBot(u, c, ch, now)
		return
	}
	w.push(u, &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdateChannel{ChannelID: int64(c.id)}},
		Chats:   []tg.ChatClass{w.view(u, c)},
	})
}

// tellBot queues updateChannelParticipant. A bot hears of itself whether or not it is an admin.
func (w *World) tellBot(bot UserID, c *channel, ch change, now int32) {
	e := eyes{viewer: bot, admin: true}
	mentioned := append(ch.prev.mentioned(), ch.actor)
	mentioned = append(mentioned, ch.next.mentioned()...)
	id := c.id
	w.queue(bot, entry{date: now, users: mentioned, channels: []ChannelID{id}, update: func(qts int) tg.UpdateClass {
		up := &tg.UpdateChannelParticipant{
			ChannelID: int64(id), Date: int(now), ActorID: int64(ch.actor), UserID: int64(ch.prev.user), Qts: qts,
			PrevParticipant: ch.prev.row(e), NewParticipant: ch.next.row(e),
		}
		if ch.byLink {
			up.Invite = c.exported()
		}
		return up
	}})
}
