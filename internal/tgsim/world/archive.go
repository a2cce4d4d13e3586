package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// action makes what a service message says, afresh each time.
type action func() tg.MessageActionClass

// post is a message of a supergroup or channel. Its number is the same for everybody.
type post struct {
	id           int
	from         UserID
	masked       bool // written in the name of the channel or group
	date, edited int32
	text         string
	buttons      [][]Button
	action       action   // a service message
	named        []UserID // by action
}

// happening is one or more steps of a channel's pts.
type happening struct {
	pts, count int // pts after the last of count steps
	post       *post
	edited     bool
	deleted    []int
	answers    UserID // whose client has it as the answer of its call, and is not told of it; 0 is nobody
}

// archive is what a channel's box still holds: the newest posts and what happened to them, and the first post.
type archive struct {
	first  *post
	posts  []*post // by id
	events []happening
	floor  int // pts below which nothing is known
	at     int32
}

// keep cuts the archive to the newest n. It is done now and then only, so that it costs nothing per message.
func (a *archive) keep(n int) {
	if len(a.posts) > 2*n {
		a.posts = slices.Clone(a.posts[len(a.posts)-n:])
	}
	if len(a.events) > 2*n {
		a.events = slices.Clone(a.events[len(a.events)-n:])
		a.floor = a.events[0].pts - a.events[0].count
	}
}

// find returns the post with the id, nil if there is none any more.
func (a *archive) find(id int) *post {
	if a.first != nil && a.first.id == id {
		return a.first
	}
	i, ok := slices.BinarySearchFunc(a.posts, id, func(p *post, id int) int { return p.id - id })
	if !ok {
		return nil
	}
	return a.posts[i]
}

// newest returns the last post; there is none in a channel whose every message was deleted.
func (a *archive) newest() *post {
	if len(a.posts) == 0 {
		return a.first
	}
	return a.posts[len(a.posts)-1]
}

// drop takes a post away.
func (a *archive) drop(id int) {
	if a.first != nil && a.first.id == id {
		a.first = nil
	}
	a.posts = slices.DeleteFunc(a.posts, func(p *post) bool { return p.id == id })
}

// publish gives the post its number and has it pushed to every member who can sign in.
func (w *World) publish(c *channel, p *post) happening { return w.publishAnswering(c, p, 0) }

// publishAnswering is publish for a post that the account's client has as the answer of its call.
func (w *World) publishAnswering(c *channel, p *post, by UserID) happening {
	c.top++
	p.id = c.top
	c.topDate = max(c.topDate, p.date)
	if c.told.first == nil && p.id == 1 {
		c.told.first = p
	} else {
		c.told.posts = append(c.told.posts, p)
	}
	if w.watch != nil && p.action == nil {
		w.happened(p.date, "%s wrote %s in %s", w.who(p.from), quoted(p.text), c.label())
	}
	return w.happen(c, happening{count: 1, post: p, answers: by}, p.date)
}

// happen takes steps of the channel's pts and pushes them.
func (w *World) happen(c *channel, h happening, at int32) happening {
	c.pts += h.count
	h.pts = c.pts
	c.told.events = append(c.told.events, h)
	c.told.at = max(c.told.at, at)
	c.told.keep(w.opts.Messages.Kept)
	if w.deliver == nil {
		return h
	}
	for _, u := range w.clients() {
		if u != h.answers && c.isIn(u) && w.hears(u, c, h.post) {
			w.push(u, w.wrap(u, c, h))
		}
	}
	return h
}

// clients returns the accounts that somebody can sign in to, in a fixed order.
func (w *World) clients() []UserID {
	out := make([]UserID, 0, len(w.logins))
	for u := range w.logins {
		out = append(out, u)
	}
	slices.Sort(out)
	return out
}

// wrap returns the happening as viewer's client is told of it.
func (w *World) wrap(viewer UserID, c *channel, h happening) *tg.Updates {
	out := &tg.Updates{
		Updates: []tg.UpdateClass{w.tell(viewer, c, h)}, Chats: []tg.ChatClass{w.view(viewer, c)}, Date: int(w.now()),
	}
	if h.post != nil {
		out.Date = int(max(h.post.date, h.post.edited))
		out.Users = w.users(viewer, h.post.mentioned()...)
	}
	return out
}

func (w *World) tell(viewer UserID, c *channel, h happening) tg.UpdateClass {
	switch {
	case h.post == nil:
		return &tg.UpdateDeleteChannelMessages{
			ChannelID: int64(c.id), Messages: slices.Clone(h.deleted), Pts: h.pts, PtsCount: h.count,
		}
	case h.edited:
		return &tg.UpdateEditChannelMessage{Message: h.post.seenBy(viewer, c), Pts: h.pts, PtsCount: h.count}
	}
	return &tg.UpdateNewChannelMessage{Message: h.post.seenBy(viewer, c), Pts: h.pts, PtsCount: h.count}
}

func (p *post) mentioned() []UserID {
	if p.masked {
		return p.named
	}
	return append(slices.Clone(p.named), p.from)
}

// seenBy returns the post as viewer has it. Who writes as the channel or the group is not named.
func (p *post) seenBy(viewer UserID, c *channel) tg.MessageClass {
	var from tg.PeerClass
	switch {
	case !p.masked:
		from = &tg.PeerUser{UserID: int64(p.from)}
	case !c.broadcast:
		from = c.peer().tgPeer()
	}
	mine := p.from == viewer
	if p.action != nil {
		return &tg.MessageService{
			ID: p.id, PeerID: c.peer().tgPeer(), FromID: from, Date: int(p.date), Post: c.broadcast, Out: mine, Action: p.action(),
		}
	}
	m := &tg.Message{
		ID: p.id, PeerID: c.peer().tgPeer(), FromID: from, Date: int(p.date), EditDate: int(p.edited), Post: c.broadcast,
		Out: mine, Message: p.text,
	}
	if len(p.buttons) > 0 {
		m.ReplyMarkup = markup(p.buttons)
	}
	return m
}
