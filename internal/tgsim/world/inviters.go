package world

import (
	"cmp"
	"slices"

	"github.com/gotd/td/tg"
)

// LinksRequest asks for a page of an admin's links, newest first: those after the one with OffsetLink.
type LinksRequest struct {
	Admin      UserID
	Revoked    bool
	OffsetLink string
	Limit      int
}

// maxLinks is how many links come at once, and how many who joined by them.
const maxLinks = 100

// Invites returns a page. Only the creator sees those of others.
func (w *World) Invites(by UserID, id ChannelID, q LinksRequest) (*tg.MessagesExportedChatInvites, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayInvite(by, id)
	switch {
	case err != nil:
		return nil, err
	case q.Admin != by && by != c.creator:
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	c.primary()
	var found []*invite
	for _, in := range c.links {
		if in.by == q.Admin && in.revoked == q.Revoked {
			found = append(found, in)
		}
	}
	order := func(a, b *invite) int {
		if a.permanent != b.permanent && !q.Revoked { // the permanent one comes first
			return cmp.Compare(b2i(b.permanent), b2i(a.permanent))
		}
		return cmp.Or(cmp.Compare(b.date, a.date), cmp.Compare(a.link, b.link))
	}
	slices.SortFunc(found, order)
	out := &tg.MessagesExportedChatInvites{Count: len(found), Users: w.users(by, q.Admin)}
	if offset := c.findLink(q.OffsetLink); offset != nil && q.OffsetLink != "" {
		found = slices.DeleteFunc(found, func(in *invite) bool { return order(in, offset) <= 0 })
	}
	for _, in := range found[:min(len(found), pageOf(q.Limit, maxLinks))] {
		out.Invites = append(out.Invites, in.exported())
	}
	return out, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pageOf returns how many rows a page has that asks for so many.
func pageOf(limit, most int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, most)
}

// AdminsWithInvites returns who has made links, and how many. It is for the creator.
func (w *World) AdminsWithInvites(by UserID, id ChannelID) (*tg.MessagesChatAdminsWithInvites, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayInvite(by, id)
	switch {
	case err != nil:
		return nil, err
	case by != c.creator:
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	c.primary()
	out := &tg.MessagesChatAdminsWithInvites{}
	var who []UserID
	for _, in := range c.links {
		i := slices.Index(who, in.by)
		if i < 0 {
			i = len(who)
			who = append(who, in.by)
			out.Admins = append(out.Admins, tg.ChatAdminWithInvites{AdminID: int64(in.by)})
		}
		if in.revoked {
			out.Admins[i].RevokedInvitesCount++
		} else {
			out.Admins[i].InvitesCount++
		}
	}
	out.Users = w.users(by, who...)
	return out, nil
}

// ImportersRequest asks for a page of who has joined by links, or with Requested of who asks to be let in, newest
// first: those after the one of OffsetDate and OffsetUser. Link "" is every link.
type ImportersRequest struct {
	Link, Query string
	Requested   bool
	OffsetDate  int
	OffsetUser  UserID
	Limit       int
}

// Importers returns a page.
func (w *World) Importers(by UserID, id ChannelID, q ImportersRequest) (*tg.MessagesChatInviteImporters, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayInvite(by, id)
	if err != nil {
		return nil, err
	}
	var of *invite
	if q.Link != "" {
		if _, of, err = w.own(by, id, q.Link); err != nil {
			return nil, err
		}
	}
	found := c.importers(of, q.Requested)
	if words := queryWords(q.Query); len(words) > 0 {
		found = slices.DeleteFunc(found, func(p importer) bool { return !w.account(p.user).matches(words) })
	}
	order := func(a, b importer) int { return cmp.Or(cmp.Compare(b.date, a.date), cmp.Compare(b.user, a.user)) }
	slices.SortFunc(found, order)
	out := &tg.MessagesChatInviteImporters{Count: len(found)}
	if q.OffsetDate > 0 {
		last := importer{user: q.OffsetUser, date: int32(min(q.OffsetDate, forever))}
		found = slices.DeleteFunc(found, func(p importer) bool { return order(p, last) <= 0 })
	}
	var who []UserID
	for _, p := range found[:min(len(found), pageOf(q.Limit, maxLinks))] {
		out.Importers = append(out.Importers, tg.ChatInviteImporter{
			Requested: q.Requested, ViaChatlist: p.folder, UserID: int64(p.user), Date: int(p.date),
			ApprovedBy: int64(p.approver),
		})
		who = append(who, p.user, p.approver)
	}
	out.Users = w.users(by, who...)
	return out, nil
}

// importers returns who has come by the link, or asks to; of nil is every link.
func (c *channel) importers(of *invite, requested bool) []importer {
	var out []importer
	if requested {
		for _, r := range c.asking {
			if of == nil || r.invite == of {
				out = append(out, importer{user: r.user, date: r.date})
			}
		}
		return out
	}
	for _, in := range c.links {
		if of == nil || in == of {
			out = append(out, in.users...)
		}
	}
	return out
}

// CheckInvite returns what a link leads to: the chat to its members, its face to others.
func (w *World) CheckInvite(u UserID, hash string) (tg.ChatInviteClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if g := w.chatOf(hash); g != nil {
		return w.checkChat(u, g)
	}
	c, in, err := w.usable(u, hash)
	switch {
	case err != nil:
		return nil, err
	case c.isIn(u):
		return &tg.ChatInviteAlready{Chat: w.view(u, c)}, nil
	}
	return &tg.ChatInvite{
		Channel: true, Broadcast: c.broadcast, Megagroup: !c.broadcast, Public: c.username != "",
		RequestNeeded: c.asksAtLink(in), Title: c.title, About: c.about, Photo: &tg.PhotoEmpty{},
		ParticipantsCount: c.inside,
	}, nil
}

// usable returns whose link the hash is of, if the account may still use it. Who is banned hears that it has expired.
func (w *World) usable(u UserID, hash string) (*channel, *invite, error) {
	if hashOf(hash) == "" {
		return nil, nil, refuse(400, "INVITE_HASH_EMPTY")
	}
	c, in := w.invited(hash)
	if c == nil || in.spent(w.now()) && !c.isIn(u) || c.standing(u, w.now()).banned() {
		return nil, nil, refuse(400, "INVITE_HASH_EXPIRED")
	}
	return c, in, nil
}

// chatOf returns the basic group that the link leads to, nil for none.
func (w *World) chatOf(hash string) *chat {
	for _, g := range w.chats {
		if hashOf(g.link()) == hashOf(hash) && hashOf(hash) != "" {
			return g
		}
	}
	return nil
}

func (w *World) checkChat(u UserID, g *chat) (tg.ChatInviteClass, error) {
	switch {
	case g.upgraded != 0, g.removed[u]:
		return nil, refuse(400, "INVITE_HASH_EXPIRED")
	case g.has(u):
		return &tg.ChatInviteAlready{Chat: w.chatView(u, g)}, nil
	}
	return &tg.ChatInvite{Title: g.title, Photo: &tg.PhotoEmpty{}, ParticipantsCount: len(g.members)}, nil
}

// ExportChatLink returns a basic group's one link.
func (w *World) ExportChatLink(by UserID, id ChatID) (*tg.ChatInviteExported, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.writableChat(by, id)
	switch {
	case err != nil:
		return nil, err
	case !g.leads(by):
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	return &tg.ChatInviteExported{Link: g.link(), AdminID: int64(g.creator), Date: int(g.created), Permanent: true}, nil
}
