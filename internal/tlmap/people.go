package tlmap

import (
	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// Profile is how a person presents themselves. Not ok is a userEmpty, of which Telegram says nothing.
func Profile(u tg.UserClass) (membership.Profile, bool) {
	user, ok := u.(*tg.User)
	if !ok || user == nil || user.ID <= 0 {
		return membership.Profile{}, false
	}
	return membership.Profile{
		User:      membership.UserID(user.ID),
		FirstName: user.FirstName,
		LastName:  user.LastName,
		Username:  activeName(user.Username, user.Usernames),
		Bot:       user.Bot,
		Deleted:   user.Deleted,
		Min:       user.Min,
	}, true
}

// UserHash is the access hash by which the account that received u may name the person. Not ok is a person sent without one that
// can be used: "min" hashes are good for downloading a photo only (core.telegram.org/api/min).
func UserHash(u tg.UserClass) (id membership.UserID, hash int64, ok bool) {
	user, isUser := u.(*tg.User)
	if !isUser || user == nil || user.Min || user.AccessHash == 0 {
		return 0, 0, false
	}
	return membership.UserID(user.ID), user.AccessHash, true
}

// activeName is the name by which somebody is found. Who holds several has none in the plain field.
func activeName(plain string, names []tg.Username) string {
	if plain != "" {
		return plain
	}
	for _, n := range names {
		if n.Active {
			return n.Username
		}
	}
	return ""
}

// Group is a chat with what the account that received it is there. Not ok are chats that are no group to us: forbidden ones, basic
// groups that became supergroups, the containers of a channel's private messages, communities. In a group that the account left
// it is nothing: a creator who left is still called creator there (telegram.md §2).
func Group(c tg.ChatClass) (membership.Group, bool) {
	switch c := c.(type) {
	case *tg.Channel:
		if c.Monoforum {
			return membership.Group{}, false
		}
		return channel(c), true
	case *tg.Chat:
		if c.Deactivated {
			return membership.Group{}, false
		}
		g := membership.Group{ID: membership.GroupID(c.ID), Kind: membership.BasicGroup, Title: c.Title, Total: max(0, c.ParticipantsCount)}
		g.Creator, g.Rights = standing(c.Left, c.Creator, c.AdminRights)
		g.Admin = g.Rights.Admin
		return g, true
	}
	return membership.Group{}, false
}

// Carried is when a supergroup was made of a basic group, by a description of it; 0 where it was made of none. Telegram gives the account's own
// join date in the place of that moment: it is the same where the account was carried over with the others.
func Carried(full *tg.MessagesChatFull) membership.Instant {
	described, ok := full.FullChat.(*tg.ChannelFull)
	if !ok || described.MigratedFromChatID == 0 {
		return 0
	}
	for _, c := range full.Chats {
		if c, ok := c.(*tg.Channel); ok && c.ID == described.ID {
			return date(c.Date)
		}
	}
	return 0
}

func channel(c *tg.Channel) membership.Group {
	g := membership.Group{
		ID: membership.GroupID(c.ID), Kind: membership.Channel, Title: c.Title,
		Username: activeName(c.Username, c.Usernames), Total: max(0, c.ParticipantsCount), AccessHash: c.AccessHash,
	}
	if c.Megagroup || c.Gigagroup {
		g.Kind = membership.Supergroup
	}
	if c.Min {
		g.AccessHash = 0
	}
	g.Creator, g.Rights = standing(c.Left, c.Creator, c.AdminRights)
	g.Admin = g.Rights.Admin
	return g
}

func standing(left, creator bool, r tg.ChatAdminRights) (bool, membership.Rights) {
	switch {
	case left:
		return false, membership.Rights{}
	case creator:
		return true, membership.Rights{Admin: true, BanUsers: true, InviteUsers: true}
	}
	return false, rights(r)
}

func rights(r tg.ChatAdminRights) membership.Rights {
	return membership.Rights{Admin: !r.Zero(), BanUsers: r.BanUsers, InviteUsers: r.InviteUsers}
}

// Rights are what a participant may do in the group, for a bot that asks about itself. A creator may do everything.
func Rights(p tg.ChannelParticipantClass) membership.Rights {
	switch p := p.(type) {
	case *tg.ChannelParticipantCreator:
		return membership.Rights{Admin: true, BanUsers: true, InviteUsers: true}
	case *tg.ChannelParticipantAdmin:
		return rights(p.AdminRights)
	}
	return membership.Rights{}
}

// LeftOut says whether the account that received c is not inside, and may not be: a forbidden chat, or one that it left.
func LeftOut(c tg.ChatClass) bool {
	switch c := c.(type) {
	case *tg.ChannelForbidden, *tg.ChatForbidden, *tg.ChatEmpty:
		return true
	case *tg.Channel:
		return c.Left
	case *tg.Chat:
		return c.Left
	}
	return false
}
