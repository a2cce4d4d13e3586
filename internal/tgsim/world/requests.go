package world

import (
	"slices"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// request is somebody's wish to be let in.
type request struct {
	user   UserID
	date   int32
	invite *invite     // nil: of the public group itself
	spoken UserID      // the admin who wrote to them first; 0 is nobody
	query  *guardQuery // what the guard was asked and has not answered; nil for most
}

// writeWindow is for how many seconds a bot that was told of a request may write to who made it.
const writeWindow = 300

// shownRequesters is how many of the newest requesters are named to admins.
const shownRequesters = 3

func isRefusal(err error, name string) bool {
	refusal, ok := tgerr.As(err)
	return ok && refusal.Type == name
}

// Request has the person ask to be let in: the public group itself if that asks it, else by a link that does, which
// the creator has or else makes.
func (w *World) Request(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	switch {
	case err != nil:
		return err
	case c.standing(u, w.now()).banned():
		return refuse(400, "INVITE_HASH_EXPIRED")
	}
	var in *invite
	if !c.set.joinRequest {
		in = w.requestLink(c)
	}
	if err := w.knock(c, a, in); !isRefusal(err, "INVITE_REQUEST_SENT") {
		return err
	}
	return nil
}

// requestLink returns a link of the creator's whose users must be let in.
func (w *World) requestLink(c *channel) *invite {
	now := w.now()
	for _, in := range c.links {
		if in.requests && in.by == c.creator && !in.spent(now) {
			return in
		}
	}
	c.primary()
	in := &invite{link: linkBefore + w.letters(16), by: c.creator, date: now, requests: true}
	c.links = append(c.links, in)
	return in
}

// knock notes the request and tells who may decide on it, or a guard bot first. It ends in INVITE_REQUEST_SENT, as
// Telegram answers, also for who asks again, or in *GuardedError.
func (w *World) knock(c *channel, a *account, in *invite) error {
	if err := c.mayEnter(a); err != nil {
		return err
	}
	r := c.asked(a.id)
	if r == nil {
		c.asking = append(c.asking, request{user: a.id, date: w.now(), invite: in})
		r = &c.asking[len(c.asking)-1]
		if in != nil {
			in.requested++
		}
		if w.watch != nil {
			w.happened(r.date, "%s asked to join %s", w.who(a.id), c.label())
		}
		if w.askGuard(c, r) == nil {
			w.tellRequest(c, *r)
		}
	}
	if q := r.query; q != nil && q.waits() {
		return &GuardedError{Bot: q.bot, Query: q.id, Decided: q.decided, query: q}
	}
	return refuse(400, "INVITE_REQUEST_SENT")
}

// asked returns the person's request, nil for none.
func (c *channel) asked(u UserID) *request {
	for i := range c.asking {
		if c.asking[i].user == u {
			return &c.asking[i]
		}
	}
	return nil
}

// tellRequest tells everybody who may decide, but not the guard, which was told first.
func (w *World) tellRequest(c *channel, r request) {
	for _, i := range c.bots {
		if bot := c.rows[i].user; bot != c.door.guard && c.decides(bot) {
			w.tellRequester(c, r, bot)
		}
	}
	w.tellPending(c)
}

// tellRequester queues updateBotChatInviteRequester to a bot.
func (w *World) tellRequester(c *channel, r request, bot UserID) {
	r.invite = r.invite.asNow()
	who := []UserID{r.user, bot}
	w.queue(bot, entry{date: r.date, users: who, channels: []ChannelID{c.id}, update: func(qts int) tg.UpdateClass {
		up := &tg.UpdateBotChatInviteRequester{
			Peer: c.peer().tgPeer(), Date: int(r.date), UserID: int64(r.user),
			Invite: c.inviteOf(byRequest, r.invite), Qts: qts,
		}
		if r.query != nil {
			up.SetQueryID(r.query.id)
		}
		return up
	}})
}

// decides says whether the account may let people in.
func (c *channel) decides(u UserID) bool {
	a := c.admins[u]
	return c.isIn(u) && (u == c.creator || a != nil && a.rights.InviteUsers)
}

// recentRequesters returns the newest of those who wait.
func (c *channel) recentRequesters() []UserID {
	var out []UserID
	for _, r := range slices.Backward(c.asking[max(0, len(c.asking)-shownRequesters):]) {
		out = append(out, r.user)
	}
	return out
}

// tellPending pushes to admins how many wait, and the newest of them.
func (w *World) tellPending(c *channel) {
	recent := c.recentRequesters()
	for _, u := range w.clients() {
		if !c.decides(u) || w.account(u).bot {
			continue
		}
		up := &tg.UpdatePendingJoinRequests{Peer: c.peer().tgPeer(), RequestsPending: len(c.asking)}
		for _, r := range recent {
			up.RecentRequesters = append(up.RecentRequesters, int64(r))
		}
		w.push(u, &tg.Updates{
			Updates: []tg.UpdateClass{up}, Users: w.users(u, recent...), Chats: []tg.ChatClass{w.view(u, c)},
		})
	}
}

// withdraw forgets the person's request, if there is one: they are in, or barred.
func (w *World) withdraw(c *channel, u UserID) {
	i := slices.IndexFunc(c.asking, func(r request) bool { return r.user == u })
	if i >= 0 && c.asking[i].invite != nil {
		c.asking[i].invite.requested--
	}
	if i >= 0 && c.asking[i].query != nil {
		w.overtaken(c.asking[i].query, c.isIn(u))
	}
	switch i {
	case -1:
		return
	case 0: // as all are who are let in together
		c.asking = c.asking[1:]
	default:
		c.asking = slices.Delete(c.asking, i, i+1)
	}
	w.tellPending(c)
}

// Decide lets somebody in who has asked, or does not. A second decision on the same request is HIDE_REQUESTER_MISSING.
func (w *World) Decide(by, u UserID, id ChannelID, approve bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayInvite(by, id)
	if err != nil {
		return err
	}
	r := c.asked(u)
	switch {
	case w.account(u) == nil:
		return refuse(400, "USER_ID_INVALID")
	case approve && c.isIn(u):
		return refuse(400, "USER_ALREADY_PARTICIPANT")
	case r == nil:
		return refuse(400, "HIDE_REQUESTER_MISSING")
	case approve && w.account(u).deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	}
	w.decide(c, by, *r, approve)
	return nil
}

func (w *World) decide(c *channel, by UserID, r request, approve bool) {
	if !approve {
		if w.watch != nil {
			w.happened(w.now(), "%s was refused at %s by %s", w.who(r.user), c.label(), w.who(by))
		}
		w.withdraw(c, r.user)
		return
	}
	w.let(c, w.account(r.user), change{kind: logJoinByRequest, path: byRequest, actor: r.user, approver: by, invite: r.invite})
}

// DecideAll is Decide for everybody who has asked, or who has by the link.
func (w *World) DecideAll(by UserID, id ChannelID, link string, approve bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayInvite(by, id)
	if err != nil {
		return err
	}
	var of *invite
	if link != "" {
		if of = c.findLink(link); of == nil {
			return refuse(400, "INVITE_HASH_EXPIRED")
		}
	}
	for _, r := range slices.Clone(c.asking) {
		if (of == nil || r.invite == of) && (!approve || !w.account(r.user).deleted) {
			w.decide(c, by, r, approve)
		}
	}
	return nil
}

// spoke notes that an admin has written to somebody who asks to be let in: other bots may not write to them any more.
func (w *World) spoke(from, to UserID) {
	for _, c := range w.channels {
		if r := c.asked(to); r != nil && r.spoken == 0 && c.isAdmin(from) {
			r.spoken = from
		}
	}
}

// awaits says whether the person has asked to be let in somewhere where the bot may decide on it, and so lately that
// the bot may still write to them, and whether no other admin has written to them.
func (w *World) awaits(u, bot UserID) bool {
	now := w.now()
	for _, c := range w.channels {
		r := c.asked(u)
		if r != nil && now-r.date <= writeWindow && c.decides(bot) && (r.spoken == 0 || r.spoken == bot) {
			return true
		}
	}
	return false
}
