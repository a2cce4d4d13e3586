package world

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gotd/td/tg"
)

// invite is an invite link of a channel.
type invite struct {
	link      string
	by        UserID
	date      int32
	expires   int32 // 0 is never
	limit     int   // how many may join by it; 0 is any number
	title     string
	requests  bool // who comes by it must be let in
	permanent bool // the admin's own first link: it has neither end nor limit
	revoked   bool
	requested int // how many wait to be let in by it
	users     []importer
}

// asNow returns the link as it is at this moment, for what is told of it later.
func (in *invite) asNow() *invite {
	if in == nil {
		return nil
	}
	was := *in
	return &was
}

// importer is somebody who has joined by a link.
type importer struct {
	user, approver UserID
	date           int32
	folder         bool
}

// Bounds of what a link may be set to.
const (
	maxUsage     = 99_999
	maxLinkTitle = 32
)

const linkBefore = "https://t.me/+"

// primary returns the creator's own permanent link, which every channel has.
func (c *channel) primary() *invite {
	if in := c.permanent(c.creator); in != nil {
		return in
	}
	in := &invite{link: c.invite, by: c.creator, date: c.created, permanent: true}
	c.links = append(c.links, in)
	return in
}

// ownLink returns the permanent link of an admin who may invite. Like Telegram it makes one for who has none.
func (c *channel) ownLink(by UserID) *invite {
	if by == c.creator {
		return c.primary()
	}
	if in := c.permanent(by); in != nil {
		return in
	}
	hash := strconv.FormatUint(mix(uint64(c.id)^mix(uint64(by))), 36)
	in := &invite{link: linkBefore + hash, by: by, date: c.admins[by].date, permanent: true}
	c.links = append(c.links, in)
	return in
}

// permanent returns the admin's own permanent link, nil if they have none.
func (c *channel) permanent(by UserID) *invite {
	for _, in := range c.links {
		if in.by == by && in.permanent && !in.revoked {
			return in
		}
	}
	return nil
}

// exported returns the creator's own link.
func (c *channel) exported() *tg.ChatInviteExported { return c.primary().exported() }

// inviteOf returns the link by which somebody came, which is the creator's unless it says another. Who asked a public
// group itself came by none.
func (c *channel) inviteOf(p path, in *invite) tg.ExportedChatInviteClass {
	switch {
	case in != nil:
		return in.exported()
	case p == byRequest:
		return &tg.ChatInvitePublicJoinRequests{}
	}
	return c.exported()
}

func (in *invite) exported() *tg.ChatInviteExported {
	return &tg.ChatInviteExported{
		Link: in.link, AdminID: int64(in.by), Date: int(in.date), Permanent: in.permanent, Revoked: in.revoked,
		RequestNeeded: in.requests, Usage: len(in.users), ExpireDate: int(in.expires), UsageLimit: in.limit,
		Title: in.title, Requested: in.requested,
	}
}

// spent says whether nobody can join by the link any more.
func (in *invite) spent(now int32) bool {
	return in.revoked || in.expires != 0 && in.expires <= now || in.limit > 0 && len(in.users) >= in.limit
}

// hashOf returns what tells links apart, of a link as people write it or of the hash alone.
func hashOf(link string) string {
	for _, before := range []string{"https://", "http://", "t.me/", "telegram.me/", "+", "joinchat/"} {
		link = strings.TrimPrefix(link, before)
	}
	return link
}

// invited finds whose link the hash is of.
func (w *World) invited(hash string) (*channel, *invite) {
	hash = hashOf(hash)
	if hash == "" {
		return nil, nil
	}
	for _, c := range w.channels {
		c.primary()
		for _, in := range c.links {
			if hashOf(in.link) == hash {
				return c, in
			}
		}
	}
	return nil, nil
}

// mayInvite returns the channel if the admin may make links to it and let people in.
func (w *World) mayInvite(by UserID, id ChannelID) (*channel, error) {
	return w.lead(by, id, func(r tg.ChatAdminRights) bool { return r.InviteUsers })
}

// lead returns the channel if the account is an admin of it who has the right.
func (w *World) lead(by UserID, id ChannelID, right func(tg.ChatAdminRights) bool) (*channel, error) {
	c, err := w.reach(by, id)
	if err != nil {
		return nil, err
	}
	s := c.standing(by, w.now())
	if s.in && (s.creator || s.admin != nil && right(s.admin.rights)) {
		return c, nil
	}
	return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
}

// LinkDraft says what a link is to be. Replace makes it the admin's own permanent one, and revokes that before.
type LinkDraft struct {
	Title    string
	Expires  int
	Limit    int
	Requests bool
	Replace  bool
}

func (d LinkDraft) check(now int32) error {
	switch {
	case d.Expires != 0 && d.Expires <= int(now), d.Expires > forever:
		return refuse(400, "EXPIRE_DATE_INVALID")
	case d.Limit < 0, d.Limit > maxUsage, d.Limit > 0 && d.Requests:
		return refuse(400, "USAGE_LIMIT_INVALID")
	case len([]rune(d.Title)) > maxLinkTitle:
		return refuse(400, "CHAT_TITLE_TOO_LONG")
	}
	return nil
}

// ExportInvite makes a link.
func (w *World) ExportInvite(by UserID, id ChannelID, d LinkDraft) (*tg.ChatInviteExported, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayInvite(by, id)
	if err != nil {
		return nil, err
	}
	now := w.now()
	if err := d.check(now); err != nil {
		return nil, err
	}
	if d.Replace {
		return w.renew(c, by, now).exported(), nil
	}
	in := &invite{
		link: linkBefore + w.letters(16), by: by, date: now, expires: int32(d.Expires), limit: d.Limit, title: d.Title,
		requests: d.Requests,
	}
	c.primary()
	c.links = append(c.links, in)
	if w.watch != nil {
		w.happened(now, "%s made an invite link of %s", w.who(by), c.label())
	}
	return in.exported(), nil
}

// renew gives the admin a new permanent link for the one they had.
func (w *World) renew(c *channel, by UserID, now int32) *invite {
	c.primary()
	if old := c.permanent(by); old != nil {
		w.revoke(c, by, old)
	}
	in := &invite{link: linkBefore + w.letters(16), by: by, date: now, permanent: true}
	if by == c.creator {
		c.invite = in.link
	}
	c.links = append(c.links, in)
	return in
}

func (w *World) revoke(c *channel, by UserID, in *invite) {
	in.revoked = true
	w.tellLog(c, by, logExportedInviteRevoke, linkDetail(in, func(e tg.ExportedChatInviteClass) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionExportedInviteRevoke{Invite: e}
	}))
}

// linkDetail tells of a link as it is now, whatever becomes of it.
func linkDetail(
	in *invite, say func(tg.ExportedChatInviteClass) tg.ChannelAdminLogEventActionClass,
) detail {
	was := in.asNow()
	return detail{text: in.title, named: []UserID{in.by}, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return say(was.exported())
	}}
}

// own returns the link if the admin may change it: their own, or as the creator anybody's.
func (w *World) own(by UserID, id ChannelID, link string) (*channel, *invite, error) {
	c, err := w.mayInvite(by, id)
	if err != nil {
		return nil, nil, err
	}
	in := c.findLink(link)
	switch {
	case in == nil:
		return nil, nil, refuse(400, "INVITE_HASH_EXPIRED")
	case in.by != by && by != c.creator:
		return nil, nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	return c, in, nil
}

// findLink finds the channel's link, nil if there is none such.
func (c *channel) findLink(link string) *invite {
	c.primary()
	for _, in := range c.links {
		if hashOf(in.link) == hashOf(link) {
			return in
		}
	}
	return nil
}

// Invite returns one link and whom the answer names.
func (w *World) Invite(by UserID, id ChannelID, link string) (*tg.MessagesExportedChatInvite, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, in, err := w.own(by, id, link)
	if err != nil {
		return nil, err
	}
	return &tg.MessagesExportedChatInvite{Invite: in.exported(), Users: w.users(by, in.by)}, nil
}

// LinkEdit says what is to become of a link; what is nil stays.
type LinkEdit struct {
	Revoke         bool
	Expires, Limit *int
	Requests       *bool
	Title          *string
}

// EditInvite changes or revokes a link. Who revokes their permanent one gets a new one at once.
func (w *World) EditInvite(
	by UserID, id ChannelID, link string, e LinkEdit,
) (tg.MessagesExportedChatInviteClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, in, err := w.own(by, id, link)
	switch {
	case err != nil:
		return nil, err
	case in.revoked:
		return nil, refuse(400, "INVITE_HASH_EXPIRED")
	case e.Revoke && in.permanent:
		next := w.renew(c, in.by, w.now())
		return &tg.MessagesExportedChatInviteReplaced{
			Invite: in.exported(), NewInvite: next.exported(), Users: w.users(by, in.by),
		}, nil
	case e.Revoke:
		w.revoke(c, by, in)
	default:
		if err := w.rework(c, by, in, e); err != nil {
			return nil, err
		}
	}
	return &tg.MessagesExportedChatInvite{Invite: in.exported(), Users: w.users(by, in.by)}, nil
}

func (w *World) rework(c *channel, by UserID, in *invite, e LinkEdit) error {
	d := LinkDraft{Title: in.title, Limit: in.limit, Requests: in.requests}
	set(&d.Expires, e.Expires)
	set(&d.Limit, e.Limit)
	set(&d.Requests, e.Requests)
	set(&d.Title, e.Title)
	switch err := d.check(w.now()); {
	case in.permanent:
		return refuse(400, "CHAT_INVITE_PERMANENT")
	case err != nil:
		return err
	}
	was := in.asNow()
	in.limit, in.requests, in.title = d.Limit, d.Requests, d.Title
	if e.Expires != nil {
		in.expires = int32(d.Expires)
	}
	is := in.asNow()
	w.tellLog(c, by, logExportedInviteEdit, detail{
		text: was.title + " " + is.title, named: []UserID{in.by}, say: func(UserID) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionExportedInviteEdit{PrevInvite: was.exported(), NewInvite: is.exported()}
		},
	})
	return nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// DeleteInvite deletes a link that was revoked before.
func (w *World) DeleteInvite(by UserID, id ChannelID, link string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, in, err := w.own(by, id, link)
	switch {
	case err != nil:
		return err
	case !in.revoked:
		return refuse(400, "INVITE_REVOKED_MISSING")
	}
	w.deleteLinks(c, by, func(other *invite) bool { return other == in })
	return nil
}

// DeleteRevokedInvites deletes all revoked links of an admin.
func (w *World) DeleteRevokedInvites(by UserID, id ChannelID, admin UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.mayInvite(by, id)
	switch {
	case err != nil:
		return err
	case admin != by && by != c.creator:
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	w.deleteLinks(c, by, func(in *invite) bool { return in.revoked && in.by == admin })
	return nil
}

func (w *World) deleteLinks(c *channel, by UserID, which func(*invite) bool) {
	c.links = slices.DeleteFunc(c.links, func(in *invite) bool {
		if !which(in) {
			return false
		}
		w.tellLog(c, by, logExportedInviteDelete, linkDetail(in, func(e tg.ExportedChatInviteClass) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionExportedInviteDelete{Invite: e}
		}))
		return true
	})
}
