package world

import "github.com/gotd/td/tg"

// Channels returns the channels as viewer sees them.
func (w *World) Channels(viewer UserID, ids []ChannelID) ([]tg.ChatClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]tg.ChatClass, 0, len(ids))
	for _, id := range ids {
		c := w.channels[id]
		if c == nil {
			return nil, refuse(400, "CHANNEL_INVALID")
		}
		out = append(out, w.view(viewer, c))
	}
	return out, nil
}

// FullChannel returns the channel's description. participants_count has everybody inside, deleted
// accounts and anonymous admins too, so it is more than Recent lists. How many are banned or
// restricted only admins hear.
func (w *World) FullChannel(viewer UserID, id ChannelID) (*tg.MessagesChatFull, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(viewer, id)
	if err != nil {
		return nil, err
	}
	w.pass()
	now := w.now()
	admin := c.isAdmin(viewer)
	full := &tg.ChannelFull{
		ID: int64(id), About: c.about, ChatPhoto: &tg.PhotoEmpty{}, Pts: c.pts,
		CanViewParticipants: admin || !c.broadcast && !c.hidden,
		ParticipantsHidden:  c.hidden,
		ReadInboxMaxID:      c.top, ReadOutboxMaxID: c.top,
	}
	full.SetParticipantsCount(c.inside)
	if from, last := c.migratedFrom(viewer); from != 0 {
		full.SetMigratedFromChatID(int64(from))
		full.SetMigratedFromMaxID(last)
	}
	if c.linked != 0 {
		full.SetLinkedChatID(int64(c.linked))
	}
	if c.slow.seconds > 0 {
		full.SetSlowmodeSeconds(int(c.slow.seconds))
		if wait := c.slow.wait(viewer, now); wait > 0 && !admin {
			full.SetSlowmodeNextSendDate(int(now + wait))
		}
	}
	if admin {
		full.SetAdminsCount(len(c.admins) + 1)
		full.SetKickedCount(c.banned(true, now))
		full.SetBannedCount(c.banned(false, now))
	}
	c.adornFull(full, viewer)
	mentioned := []UserID{viewer}
	for _, p := range c.botList() {
		mentioned = append(mentioned, UserID(p.id))
		bot := tg.BotInfo{}
		bot.SetUserID(p.id)
		full.BotInfo = append(full.BotInfo, bot)
	}
	return &tg.MessagesChatFull{
		FullChat: full, Chats: []tg.ChatClass{w.view(viewer, c)}, Users: w.users(viewer, mentioned...),
	}, nil
}

// hidingFrom is the least number of members that a group must have to hide them.
const hidingFrom = 100

// HideMembers hides the group's members from its plain members, who then see admins and bots only, or shows
// them again.
func (w *World) HideMembers(by UserID, id ChannelID, hidden bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(by, id)
	if err != nil {
		return err
	}
	s := c.standing(by, w.now())
	switch {
	case c.broadcast:
		return refuse(400, "CHANNEL_INVALID")
	case (!s.creator || !s.in) && (s.admin == nil || !s.admin.rights.BanUsers):
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	case c.hidden == hidden:
		return refuse(400, "CHAT_NOT_MODIFIED")
	case hidden && c.inside < hidingFrom:
		return refuse(400, "PARTICIPANTS_TOO_FEW")
	}
	c.hidden = hidden
	w.changed(c)
	w.tellWatcherOfSetting(c, by, "hidden", hidden)
	return nil
}

// banned counts as the lists of the banned and the restricted do, without banned channels.
func (c *channel) banned(full bool, now int32) int {
	n := 0
	for u, b := range c.bans {
		if b.rights.ViewMessages == full && b.shownFor(u, now) {
			n++
		}
	}
	return n
}

// Users returns the accounts; an id that nobody has comes as userEmpty.
func (w *World) Users(viewer UserID, ids []UserID) []tg.UserClass {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]tg.UserClass, 0, len(ids))
	for _, id := range ids {
		if u := w.user(viewer, id); u != nil {
			out = append(out, u)
			continue
		}
		out = append(out, &tg.UserEmpty{ID: int64(id)})
	}
	return out
}

// FullUser returns an account's description.
func (w *World) FullUser(viewer, id UserID) (*tg.UsersUserFull, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.account(id)
	if a == nil {
		return nil, refuse(400, "USER_ID_INVALID")
	}
	full := tg.UserFull{ID: int64(id), Settings: tg.PeerSettings{}, NotifySettings: tg.PeerNotifySettings{}}
	if a.bot {
		info := tg.BotInfo{}
		info.SetUserID(int64(id))
		full.SetBotInfo(info)
		t := w.talks[pair{id, viewer}]
		full.Blocked = t != nil && t.blocked
	}
	for _, c := range w.channels {
		if id != viewer && c.isIn(id) && c.isIn(viewer) {
			full.CommonChatsCount++
		}
	}
	return &tg.UsersUserFull{FullUser: full, Users: w.users(viewer, id)}, nil
}
