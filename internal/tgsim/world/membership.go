package world

import "github.com/gotd/td/tg"

// change is one change of somebody's place, as everybody concerned is told of it.
type change struct {
	kind       logKind
	actor      UserID
	prev, next standing
	path       path
	invite     *invite // by which they came; nil is the creator's own, and none by request
	approver   UserID  // who let them in
	detail     *detail // what the log says instead of prev and next
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
	case !c.open(u, now):
		return w.shut(c)
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

// Kick bans and unbans, as clients do that pause in between, so that the person is out and may return: two changes.
func (w *World) Kick(by, u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	switch {
	case err != nil:
		return err
	case !c.isIn(u):
		return refuse(400, "USER_NOT_PARTICIPANT")
	}
	if err := w.mayBan(c, by, u); err != nil {
		return err
	}
	w.bar(c, by, a, Banned())
	w.bar(c, by, a, tg.ChatBannedRights{})
	return nil
}

func (w *World) editBanned(by, u UserID, id ChannelID, rights tg.ChatBannedRights) (bool, error) {
	c, a, err := w.place(u, id)
	if err != nil {
		return false, err
	}
	if err := w.mayBan(c, by, u); err != nil {
		return false, err
	}
	if c.broadcast && !rights.ViewMessages {
		rights = tg.ChatBannedRights{} // channels know no restrictions
	}
	if b := c.banOf(u, w.now()); w.opts.Joins.HastyUnban && noRestriction(rights) && b != nil && b.inside && b.date == w.now() {
		w.reinstate(c, by, a)
		return true, nil
	}
	return w.bar(c, by, a, rights), nil
}

// reinstate lifts a ban that has hardly been set: the person is inside as if nothing had been.
func (w *World) reinstate(c *channel, by UserID, a *account) {
	now := w.now()
	prev := c.standing(a.id, now)
	delete(c.bans, a.id)
	c.enter(a, prev.inviter, now)
	w.record(c, change{kind: logToggleBan, actor: by, prev: prev}, now)
}

// bar bans, restricts or lifts, and says whether that changed anything.
func (w *World) bar(c *channel, by UserID, a *account, rights tg.ChatBannedRights) bool {
	now, u := w.now(), a.id
	until := normalUntil(int32(max(0, min(rights.UntilDate, forever))), now)
	rights.Flags, rights.UntilDate = 0, 0
	prev := c.standing(u, now)
	if noRestriction(rights) {
		delete(c.bans, u) // one that has ended and is still shown, too
		if prev.ban == nil {
			return false
		}
	} else if b := prev.ban; b != nil && b.rights == rights && b.until == until {
		return false
	} else {
		c.put(a)
		c.bans[u] = &ban{by: by, date: now, until: until, inside: prev.in, rights: rights}
		c.dropAdmin(a, now)
	}
	if rights.ViewMessages {
		c.exit(u, now)
	}
	w.record(c, change{kind: logToggleBan, actor: by, prev: prev}, now)
	return true
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
		return w.shut(c)
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

// record tells everybody concerned of the change that has just been made to prev's person: the
// admin log, admin bots, and the person's own account.
func (w *World) record(c *channel, ch change, now int32) {
	u := ch.prev.user
	ch.next = c.standing(u, now)
	if ch.next.in || ch.next.banned() {
		w.withdraw(c, u)
	}
	ch.invite = ch.invite.asNow()
	w.tellWatcher(c, ch, now)
	if !w.slipsOut(ch, w.opts.Joins.Unlogged, byLog) {
		c.append(w, ch, now)
	}
	w.service(c, ch, now)
	unheard := w.slipsOut(ch, w.opts.Joins.Unheard, byUpdate)
	for _, i := range c.bots {
		bot := c.rows[i].user
		if c.isAdmin(bot) && bot != u && !unheard {
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

// told is row for updates of members: a bot sees in them that it is itself restricted.
func (s standing) told(e eyes) tg.ChannelParticipantClass {
	if s.user == e.viewer && s.restricted() && s.admin == nil {
		return s.restrictedRow()
	}
	return s.row(e)
}

// tellBot queues updateChannelParticipant. A bot hears of itself whether or not it is an admin.
func (w *World) tellBot(bot UserID, c *channel, ch change, now int32) {
	e := eyes{viewer: bot, admin: true}
	mentioned := append(ch.prev.mentioned(), ch.actor, ch.approver)
	if ch.invite != nil {
		mentioned = append(mentioned, ch.invite.by)
	}
	mentioned = append(mentioned, ch.next.mentioned()...)
	id := c.id
	w.queue(bot, entry{date: now, users: mentioned, channels: []ChannelID{id}, update: func(qts int) tg.UpdateClass {
		up := &tg.UpdateChannelParticipant{
			ChannelID: int64(id), Date: int(now), ActorID: int64(ch.actor), UserID: int64(ch.prev.user), Qts: qts,
			PrevParticipant: ch.prev.told(e), NewParticipant: ch.next.told(e),
		}
		if ch.path == byLink || ch.path == byFolder || ch.path == byRequest {
			up.Invite, up.ViaChatlist = c.inviteOf(ch.path, ch.invite), ch.path == byFolder
		}
		if ch.approver != 0 && w.opts.Joins.ApproverActs {
			up.ActorID = int64(ch.approver)
		}
		return up
	}})
}
