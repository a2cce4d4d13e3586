package world

import (
	"slices"
	"strings"

	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/people"
)

// GroupOptions say what else to make for the owner.
type GroupOptions struct {
	Title    string
	Username string // without "@", in lower case; none, or one that is taken, makes it private
	// Members is everybody inside, with the owner; at least 1. They are people of the watched group as far as
	// these go, so that lists overlap as they do in life.
	Members int
	// Basic makes a basic group, which has no username and at most 200 members; Broadcast a channel.
	Basic, Broadcast bool
	// Hidden hides the members from who is no admin.
	Hidden bool
	// Bot has the companion bot in it, as an admin.
	Bot bool
	// Linked is the username of a channel made before, whose discussion group this is; "-" is the group or channel
	// that comes before it in the list.
	Linked string
}

// furnish gives all channels their last messages, and makes Options.Groups. Chance comes from ids, so that what is
// made before does not depend on it.
func (w *World) furnish() {
	w.opts.Messages = w.opts.Messages.withDefaults()
	var before *channel
	for _, o := range w.opts.Groups {
		if o.Basic {
			w.makeBasic(o)
			continue
		}
		before = w.makeGroup(o, before)
	}
	ids := make([]ChannelID, 0, len(w.channels))
	for id := range w.channels {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		w.reminisce(w.channels[id])
	}
	for _, u := range w.clients() {
		w.rememberChats(u)
	}
}

// remembered is how many messages a channel holds from before the world began.
const remembered = 20

// reminisce makes the channel's first message and its last ones. Those in between are too long ago to be kept.
func (w *World) reminisce(c *channel) {
	title := c.title
	c.told.floor = c.pts
	c.told.first = &post{id: 1, from: c.creator, masked: c.broadcast, date: c.created, action: func() tg.MessageActionClass {
		return &tg.MessageActionChannelCreate{Title: title}
	}}
	c.told.at = c.topDate
	var authors []UserID
	for _, i := range c.order[max(0, len(c.order)-remembered):] {
		if u := c.rows[i].user; !w.account(u).bot {
			authors = append(authors, u)
		}
	}
	if c.broadcast {
		authors = []UserID{c.creator}
	}
	if len(authors) == 0 {
		return
	}
	for k := min(remembered, c.top-1) - 1; k >= 0; k-- {
		h := mix(w.seed ^ uint64(c.id) ^ uint64(k))
		c.told.posts = append(c.told.posts, &post{
			id: c.top - k, from: authors[h%uint64(len(authors))], masked: c.broadcast,
			date: max(c.created, c.topDate-int32(k)*int32(300+h>>32%3000)), text: w.smallTalk(c, c.top-k),
		})
	}
	for i := 1; i < len(c.told.posts); i++ {
		p := c.told.posts[i]
		p.date = max(p.date, c.told.posts[i-1].date)
	}
}

// rememberChats gives the account's basic groups the message of their making.
func (w *World) rememberChats(u UserID) {
	for i := range w.dialogs[u] {
		d := &w.dialogs[u][i]
		if d.peer.kind != kindChat || d.letter != nil {
			continue
		}
		g := w.chats[ChatID(d.peer.id)]
		title, ids := g.title, g.ids()
		d.letter = &letter{from: g.creator, chat: g.id, ids: map[UserID]int{u: d.topID}, date: d.date, action: func() tg.MessageActionClass {
			return &tg.MessageActionChatCreate{Title: title, Users: slices.Clone(ids)}
		}}
		w.box(u).byID[d.topID] = d.letter
	}
}

// makeGroup makes a supergroup or channel of the owner.
func (w *World) makeGroup(o GroupOptions, before *channel) *channel {
	now := w.now()
	if _, taken := w.named(o.Username); taken {
		o.Username = ""
	}
	c := w.addChannel(o.Title, strings.ToLower(o.Username), w.owner, now-2*365*day)
	c.broadcast, c.hidden, c.topDate = o.Broadcast, o.Hidden, now-3*3600
	rest := max(1, o.Members) - 1
	if o.Bot {
		rest--
	}
	for i, u := range w.some(rest) {
		at := c.created + int32(i%600+1)*day
		w.seat(c, u, 0, at, at)
	}
	if o.Bot {
		w.seat(c, w.bot, w.owner, c.created, c.created)
		c.admins[w.bot] = &admin{by: w.owner, date: c.created, rights: botRights()}
		w.openDialog(w.bot, c.peer())
	}
	w.seat(c, w.owner, 0, c.created, now)
	w.openDialog(w.owner, c.peer())
	if p, ok := w.named(o.Linked); ok && p.kind == kindChannel {
		before = w.channels[ChannelID(p.id)]
	}
	if o.Linked != "" && before != nil {
		c.linked, before.linked = before.id, c.id
	}
	return c
}

// makeBasic makes a basic group of the owner.
func (w *World) makeBasic(o GroupOptions) {
	now := w.now()
	rest := min(o.Members, maxChat) - 1
	if o.Bot {
		rest--
	}
	g := w.makeChat(o.Title, w.some(rest), now-365*day)
	if o.Bot {
		g.members = append(g.members, chatMember{user: w.bot, inviter: w.owner, date: g.created, admin: true})
	}
	for _, m := range g.members {
		if _, ok := w.logins[m.user]; ok {
			w.dialogs[m.user] = append(w.dialogs[m.user], dialog{
				peer: peer{kindChat, int64(g.id)}, topID: w.nextID(m.user), date: now - 7*day,
			})
		}
	}
}

// some returns n people: of the watched group first, then new ones.
func (w *World) some(n int) []UserID {
	if n <= 0 {
		return nil
	}
	out := w.crowd(n)
	for len(out) < n {
		out = append(out, w.addAccount(w.newcomer(), false).id)
	}
	return out
}

func (w *World) newcomer() people.Person { return w.people.Next(1) }

// Groups returns the supergroups and channels that the owner has made, the watched one first, the others by id.
func (w *World) Groups() []Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []Group{{ID: w.group.id, Username: w.group.username, Title: w.group.title}}
	for id, c := range w.channels {
		if c.creator == w.owner && c != w.group {
			out = append(out, Group{ID: id, Username: c.username, Title: c.title})
		}
	}
	slices.SortFunc(out[1:], func(a, b Group) int { return int(a.ID - b.ID) })
	return out
}

// ChatGroup is a basic group's face.
type ChatGroup struct {
	ID    ChatID
	Title string
}

// ChatGroups returns the basic groups that the owner has made and that are no supergroups yet, by id.
func (w *World) ChatGroups() []ChatGroup {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []ChatGroup
	for id, g := range w.chats {
		if g.creator == w.owner && g.upgraded == 0 {
			out = append(out, ChatGroup{ID: id, Title: g.title})
		}
	}
	slices.SortFunc(out, func(a, b ChatGroup) int { return int(a.ID - b.ID) })
	return out
}
