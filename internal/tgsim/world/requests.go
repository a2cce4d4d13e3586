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
	invite *invite // nil: of the public group itself
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

// knock notes the request and tells who may decide on it. It ends in INVITE_REQUEST_SENT, as Telegram answers, also for
// who asks again.
func (w *World) knock(c *channel, a *account, in *invite) error {
	if err := c.mayEnter(a); err != nil {
		return err
	}
	if c.asked(a.id) == nil {
		r := request{user: a.id, date: w.now(), invite: in}
		c.asking = append(c.asking, r)
		if in != nil {
			in.requested++
		}
		if w.watch != nil {
			w.happened(r.date, "%s asked to join %s", w.who(a.id), c.label())
		}
		w.tellRequest(c, r)
		w.tellPending(c)
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

// tellRequest queues updateBotChatInviteRequester to bots that are admins and may let people in.
func (w *World) tellRequest(c *channel, r request) {
	r.invite = r.invite.asNow()
	for _, i := range c.bots {
		bot := c.rows[i].user
		if !c.decides(bot) {
			continue
		}
		who := []UserID{r.user, bot}
		w.queue(bot, entry{date: r.date, users: who, channels: []ChannelID{c.id}, update: func(qts int) tg.UpdateClass {
			return &tg.UpdateBotChatInviteRequester{
				Peer: c.peer().tgPeer(), Date: int(r.date), UserID: int64(r.user),
				Invite: c.inviteOf(byRequest, r.invite), Qts: qts,
			}
		}})
	}
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

// awaits says whether the person has asked to be let in somewhere where the bot may decide on it, and so lately that
// the bot may still write to them.
func (w *World) awaits(u, bot UserID) bool {
	now := w.now()
	for _, c := range w.channels {
		if r := c.asked(u); r != nil && now-r.date <= writeWindow && c.decides(bot) {
			return true
		}
	}
	return false
}
