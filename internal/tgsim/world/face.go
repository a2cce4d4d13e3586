package world

import (
	"strings"
	"unicode/utf8"

	"github.com/gotd/td/tg"
)

// Bounds of what a channel may be called and say of itself, in characters.
const (
	maxTitle = 128
	maxAbout = 255
)

func mayChangeInfo(r tg.ChatAdminRights) bool { return r.ChangeInfo }

// mayChange returns the channel if the account may change its title, photo and text: as an admin with the right to, or in
// a group that lets its members.
func (w *World) mayChange(by UserID, id ChannelID) (*channel, error) {
	c, err := w.reach(by, id)
	if err != nil {
		return nil, err
	}
	if s := c.standing(by, w.now()); s.in && !c.broadcast && !c.set.rights().ChangeInfo && (s.ban == nil || !s.ban.rights.ChangeInfo) {
		return c, nil
	}
	return w.lead(by, id, mayChangeInfo)
}

// SetTitle renames the channel.
func (w *World) SetTitle(by UserID, id ChannelID, title string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayChange(by, id)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(title) == "":
		return refuse(400, "CHAT_TITLE_EMPTY")
	case utf8.RuneCountInString(title) > maxTitle:
		return refuse(400, "CHAT_TITLE_TOO_LONG")
	case title == c.title:
		return refuse(400, "CHAT_NOT_MODIFIED")
	}
	w.retitle(c, by, title)
	return nil
}

func (w *World) retitle(c *channel, by UserID, title string) {
	was := c.title
	c.title = title
	w.tellLog(c, by, logChangeTitle, detail{text: was + " " + title, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionChangeTitle{PrevValue: was, NewValue: title}
	}})
	w.announce(c, by, func() tg.MessageActionClass { return &tg.MessageActionChatEditTitle{Title: title} }, w.now())
}

// SetAbout changes what the channel says of itself.
func (w *World) SetAbout(by UserID, id ChannelID, about string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayChange(by, id)
	switch {
	case err != nil:
		return err
	case utf8.RuneCountInString(about) > maxAbout:
		return refuse(400, "CHAT_ABOUT_TOO_LONG")
	case about == c.about:
		return refuse(400, "CHAT_ABOUT_NOT_MODIFIED")
	}
	w.reword(c, by, about)
	return nil
}

func (w *World) reword(c *channel, by UserID, about string) {
	was := c.about
	c.about = about
	w.tellLog(c, by, logChangeAbout, detail{text: was + " " + about, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionChangeAbout{PrevValue: was, NewValue: about}
	}})
	w.changed(c)
}

// SetUsername gives the channel another username, or with "" none, which makes it a private one. It is for the creator.
func (w *World) SetUsername(by UserID, id ChannelID, username string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(by, id)
	if err != nil {
		return err
	}
	owner, taken := w.named(username)
	switch {
	case by != c.creator || !c.isIn(by):
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	case username == c.username:
		return refuse(400, "USERNAME_NOT_MODIFIED")
	case username != "" && (!validUsername(username) || username[0] == '@'):
		return refuse(400, "USERNAME_INVALID")
	case taken && owner != c.peer():
		return refuse(400, "USERNAME_OCCUPIED")
	}
	w.rename(c, by, username)
	return nil
}

func (w *World) rename(c *channel, by UserID, username string) {
	was := c.username
	delete(w.names, strings.ToLower(was))
	c.username = username
	if username != "" {
		w.names[strings.ToLower(username)] = c.peer()
	}
	w.tellLog(c, by, logChangeUsername, detail{text: was + " " + username, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionChangeUsername{PrevValue: was, NewValue: username}
	}})
	w.changed(c)
}

// SetPhoto gives the channel a new photo, or takes it away. Photos have a face and no content: nobody can load them.
func (w *World) SetPhoto(by UserID, id ChannelID, on bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayChange(by, id)
	switch {
	case err != nil:
		return err
	case !on && c.set.photo == 0:
		return refuse(400, "CHAT_NOT_MODIFIED")
	}
	w.picture(c, by, on)
	return nil
}

func (w *World) picture(c *channel, by UserID, on bool) {
	was, is, now := c.set.photo, int64(0), w.now()
	if on {
		is = int64(mix(uint64(c.id)^uint64(was)^uint64(now)) >> 2)
	}
	c.set.photo = is
	w.tellLog(c, by, logChangePhoto, detail{say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionChangePhoto{PrevPhoto: photo(was, now), NewPhoto: photo(is, now)}
	}})
	w.announce(c, by, func() tg.MessageActionClass {
		if is == 0 {
			return &tg.MessageActionChatDeletePhoto{}
		}
		return &tg.MessageActionChatEditPhoto{Photo: photo(is, now)}
	}, now)
}

// LinkChat makes a group a channel's discussion, or with group 0 ends that. Both logs tell of it, and the log of a group
// that the channel had before. The account must be allowed to change both.
func (w *World) LinkChat(by UserID, broadcast, group ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.lead(by, broadcast, mayChangeInfo)
	switch {
	case err != nil:
		return err
	case !b.broadcast:
		return refuse(400, "BROADCAST_ID_INVALID")
	case b.linked == group:
		return refuse(400, "LINK_NOT_MODIFIED")
	}
	var g *channel
	if group != 0 {
		g, err = w.lead(by, group, mayChangeInfo)
		switch {
		case err != nil:
			return err
		case g.broadcast:
			return refuse(400, "MEGAGROUP_ID_INVALID")
		case g.set.preHistoryHidden:
			return refuse(400, "MEGAGROUP_PREHISTORY_HIDDEN")
		}
		if other := w.channels[g.linked]; other != nil {
			w.link(other, by, 0)
		}
	}
	if old := w.channels[b.linked]; old != nil {
		w.link(old, by, 0)
	}
	w.link(b, by, group)
	if g != nil {
		w.link(g, by, b.id)
	}
	return nil
}

// link says what the channel is linked with from now on.
func (w *World) link(c *channel, by UserID, with ChannelID) {
	was := c.linked
	c.linked = with
	say := func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionChangeLinkedChat{PrevValue: int64(was), NewValue: int64(with)}
	}
	w.tellLog(c, by, logChangeLinkedChat, detail{chats: []ChannelID{was, with}, say: say})
	w.changed(c)
}
