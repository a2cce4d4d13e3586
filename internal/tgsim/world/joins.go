package world

import "github.com/gotd/td/tg"

// path is the way on which somebody came in.
type path uint8

const (
	byName path = iota // of a public group
	byLink
	byFolder // the link of a folder that somebody shares
	byAdding
	byRequest
	byCommunity
)

// Join has the person join a public supergroup by its username, or ask to, where that is required.
func (w *World) Join(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return err
	}
	if !c.open(u, w.now()) {
		return w.shut(c)
	}
	if c.set.joinRequest {
		return w.knock(c, a, nil)
	}
	return w.join(c, a, change{kind: logJoin})
}

// JoinByLink has the person join through the creator's own invite link. Who is banned hears that the
// link has expired.
func (w *World) JoinByLink(u UserID, id ChannelID) error {
	return w.joinBy(u, id, change{kind: logJoinByInvite, path: byLink})
}

// JoinByFolder has the person join through the link of a folder that somebody shares: by the invite link in it.
func (w *World) JoinByFolder(u UserID, id ChannelID) error {
	return w.joinBy(u, id, change{kind: logJoinByInvite, path: byFolder})
}

// JoinByCommunity has the person join through the community that the group belongs to.
func (w *World) JoinByCommunity(u UserID, id ChannelID) error {
	return w.joinBy(u, id, change{kind: logJoin, path: byCommunity})
}

func (w *World) joinBy(u UserID, id ChannelID, ch change) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	switch {
	case err != nil:
		return err
	case c.standing(u, w.now()).banned():
		return refuse(400, "INVITE_HASH_EXPIRED")
	}
	return w.comeIn(c, a, ch)
}

// comeIn has the account join, or ask to where those who come by the creator's own link must.
func (w *World) comeIn(c *channel, a *account, ch change) error {
	if ch.path != byCommunity && c.asksAtLink(c.primary()) && !c.isIn(a.id) {
		return w.knock(c, a, c.primary())
	}
	return w.join(c, a, ch)
}

// ImportInvite has the account join by a link, or ask to, and returns where it leads. Of a basic group it returns what
// the account's client is answered, which is nil for who cannot sign in.
func (w *World) ImportInvite(u UserID, hash string) (id ChannelID, chat *tg.Updates, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := w.chatOf(hash); g != nil {
		chat, err = w.joinChat(u, g)
		return 0, chat, err
	}
	c, in, err := w.usable(u, hash)
	if err != nil {
		return 0, nil, err
	}
	_, a, err := w.place(u, c.id)
	switch {
	case err != nil:
		return 0, nil, err
	case c.asksAtLink(in) && !c.isIn(u):
		return c.id, nil, w.knock(c, a, in)
	}
	return c.id, nil, w.join(c, a, change{kind: logJoinByInvite, path: byLink, invite: in})
}

// mayEnter says why the account cannot join by itself.
func (c *channel) mayEnter(a *account) error {
	switch {
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case a.bot:
		return refuse(400, "BOT_METHOD_INVALID")
	case c.isIn(a.id):
		return refuse(400, "USER_ALREADY_PARTICIPANT")
	}
	return nil
}

func (w *World) join(c *channel, a *account, ch change) error {
	if err := c.mayEnter(a); err != nil {
		return err
	}
	ch.actor = a.id
	w.let(c, a, ch)
	return nil
}

// let puts the person inside on the path that ch says, and tells everybody.
func (w *World) let(c *channel, a *account, ch change) {
	now := w.now()
	ch.prev = c.standing(a.id, now)
	var inviter UserID
	if ch.path == byAdding {
		inviter = ch.actor
	}
	if ch.prev.banned() { // and added by who may ban
		delete(c.bans, a.id)
	}
	c.enter(a, inviter, now)
	c.imported(&ch, now)
	w.record(c, ch, now)
}

// imported counts who came by a link among those whom it has brought.
func (c *channel) imported(ch *change, now int32) {
	switch {
	case ch.path == byLink && ch.invite == nil, ch.path == byFolder:
		ch.invite = c.primary()
	case ch.invite == nil:
		return
	}
	ch.invite.users = append(ch.invite.users, importer{
		user: ch.prev.user, approver: ch.approver, date: now, folder: ch.path == byFolder,
	})
}

// Bounds of adding people: how many a group may have of bots, and of members a channel for people to be added directly.
const (
	maxBots  = 20
	maxAdded = 200
)

// Add has a member add somebody, as people do in the app.
func (w *World) Add(by, u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayAdd(by, id)
	if err != nil {
		return err
	}
	a := w.account(u)
	switch {
	case a == nil:
		return refuse(400, "USER_ID_INVALID")
	case c.isIn(u):
		return refuse(400, "USER_ALREADY_PARTICIPANT")
	}
	if err := w.addable(c, by, a); err != nil {
		return err
	}
	w.add(c, by, a)
	return nil
}

// AddAll adds those of the people who are not inside and returns who could only be invited by a link, because they do
// not let everybody add them. One who cannot be added at all has nobody added.
func (w *World) AddAll(by UserID, users []UserID, id ChannelID) ([]UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayAdd(by, id)
	switch {
	case err != nil:
		return nil, err
	case len(users) == 0:
		return nil, refuse(400, "USERS_TOO_FEW")
	case c.broadcast && c.inside+len(users) > maxAdded:
		return nil, refuse(400, "USERS_TOO_MUCH")
	}
	var missing []UserID
	var add []*account
	for _, u := range users {
		a := w.account(u)
		if a == nil {
			return nil, refuse(400, "USER_ID_INVALID")
		}
		switch err := w.addable(c, by, a); {
		case c.isIn(u):
		case err == nil:
			add = append(add, a)
		case isRefusal(err, "USER_PRIVACY_RESTRICTED"):
			missing = append(missing, u)
		default:
			return nil, err
		}
	}
	for _, a := range add {
		if !c.isIn(a.id) { // named twice
			w.add(c, by, a)
		}
	}
	return missing, nil
}

func (w *World) add(c *channel, by UserID, a *account) {
	w.let(c, a, change{kind: logInvite, path: byAdding, actor: by})
}

// mayAdd returns the channel if the member may add people: an admin with the right to, or anybody in a group that lets them.
func (w *World) mayAdd(by UserID, id ChannelID) (*channel, error) {
	c, err := w.reach(by, id)
	if err != nil {
		return nil, err
	}
	s := c.standing(by, w.now())
	admin := s.in && (s.creator || s.admin != nil && s.admin.rights.InviteUsers)
	plain := s.in && !c.broadcast && !c.set.rights().InviteUsers && (s.ban == nil || !s.ban.rights.InviteUsers)
	if !admin && !plain {
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	return c, nil
}

// addable says why somebody cannot be added. Who was banned comes back only by an admin who may ban, who left on their
// own only by a contact.
func (w *World) addable(c *channel, by UserID, a *account) error {
	s, adder := c.standing(a.id, w.now()), c.standing(by, w.now())
	known := w.contactAt(a.id, by) >= 0
	switch {
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case a.bot && c.broadcast:
		return refuse(400, "USER_BOT")
	case a.bot && len(c.botList()) >= maxBots:
		return refuse(400, "BOTS_TOO_MUCH")
	case s.banned() && !adder.creator && (adder.admin == nil || !adder.admin.rights.BanUsers):
		return refuse(400, "USER_KICKED")
	case a.bot:
		return nil
	case s.gone != 0 && !s.banned() && !s.in && !known:
		return refuse(403, "USER_NOT_MUTUAL_CONTACT")
	case w.guarded(a) && !known:
		return refuse(403, "USER_PRIVACY_RESTRICTED")
	}
	return nil
}

// guarded says whether only contacts can add the person.
func (w *World) guarded(a *account) bool {
	return int(mix(w.seed^uint64(a.id))%1000) < w.opts.Joins.Guarded
}

// say returns what the service message says of somebody's coming by the path.
func (ch change) say(c *channel) (action, []UserID) {
	u := ch.prev.user
	switch ch.path {
	case byLink, byFolder:
		inviter := c.creator
		if ch.invite != nil {
			inviter = ch.invite.by
		}
		return func() tg.MessageActionClass { return &tg.MessageActionChatJoinedByLink{InviterID: int64(inviter)} }, []UserID{inviter}
	case byRequest:
		return func() tg.MessageActionClass { return &tg.MessageActionChatJoinedByRequest{} }, nil
	case byCommunity:
		id := c.community()
		return func() tg.MessageActionClass { return &tg.MessageActionChatJoinedViaCommunity{CommunityID: id} }, nil
	default: // by themselves or added: the message's author says which
	}
	return func() tg.MessageActionClass { return &tg.MessageActionChatAddUser{Users: []int64{int64(u)}} }, nil
}

// community returns the id of the community that the group is said to belong to. It can only be joined through.
func (c *channel) community() int64 { return int64(1_000_000_000 + mix(uint64(c.id))%1_000_000_000) }
