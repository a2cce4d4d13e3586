package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// maxDeleted is how many messages one call may delete.
const maxDeleted = 100

// EditPost changes text (unless empty) and buttons of a message that its author wrote into a channel.
func (w *World) EditPost(author UserID, id ChannelID, message int, d Draft) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.writer(author, id)
	if err != nil {
		return nil, err
	}
	if d.Text != "" {
		if err := checkText(d.Text); err != nil {
			return nil, err
		}
	}
	p := c.told.find(message)
	switch {
	case p == nil, p.action != nil:
		return nil, refuse(400, "MESSAGE_ID_INVALID")
	case p.from != author:
		return nil, refuse(403, "MESSAGE_AUTHOR_REQUIRED")
	case (d.Text == "" || d.Text == p.text) && (!a.bot || sameButtons(d.Buttons, p.buttons)):
		return nil, refuse(400, "MESSAGE_NOT_MODIFIED")
	}
	if err := w.mayPost(c, a); err != nil && !isSlow(err) {
		return nil, err
	}
	was := *p
	p.edited = w.now()
	if d.Text != "" {
		p.text = d.Text
	}
	if a.bot {
		p.buttons = d.Buttons
	}
	is := *p
	w.tellLog(c, author, logEditMessage, detail{
		text: was.text + " " + is.text, named: p.mentioned(), say: func(viewer UserID) tg.ChannelAdminLogEventActionClass {
			return &tg.ChannelAdminLogEventActionEditMessage{PrevMessage: was.seenBy(viewer, c), NewMessage: is.seenBy(viewer, c)}
		},
	})
	return w.wrap(author, c, w.happen(c, happening{count: 1, post: p, edited: true, answers: author}, p.edited)), nil
}

// DeletePosts deletes messages of a channel: one's own, or with the right to, anybody's. Ids of no message are passed over.
func (w *World) DeletePosts(by UserID, id ChannelID, ids []int) (*tg.MessagesAffectedMessages, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, _, err := w.writer(by, id)
	if err != nil {
		return nil, err
	}
	s := c.standing(by, w.now())
	may := s.in && (s.creator || s.admin != nil && s.admin.rights.DeleteMessages)
	ids = ids[:min(len(ids), maxDeleted)]
	for _, id := range ids {
		if p := c.told.find(id); p != nil && p.from != by && !may {
			return nil, refuse(403, "MESSAGE_DELETE_FORBIDDEN")
		}
	}
	gone := w.takeDown(c, by, ids)
	if len(gone) == 0 {
		return &tg.MessagesAffectedMessages{Pts: c.pts}, nil
	}
	h := w.happen(c, happening{count: len(gone), deleted: gone}, w.now())
	return &tg.MessagesAffectedMessages{Pts: h.pts, PtsCount: h.count}, nil
}

// takeDown deletes posts, each with its line in the admin log, and returns the ids of those that were there.
func (w *World) takeDown(c *channel, by UserID, ids []int) []int {
	var gone []int
	for _, id := range ids {
		p := c.told.find(id)
		if p == nil {
			continue
		}
		w.tellLog(c, by, logDeleteMessage, detail{
			text: p.text, named: p.mentioned(), say: func(viewer UserID) tg.ChannelAdminLogEventActionClass {
				return &tg.ChannelAdminLogEventActionDeleteMessage{Message: p.seenBy(viewer, c)}
			},
		})
		c.told.drop(id)
		gone = append(gone, id)
	}
	return gone
}

// Delete deletes messages of the account's own sequence, with revoke for everybody who has them. A bot always revokes.
// Ids of no message are passed over. It returns what the calling client is answered, and what others of the account are
// told.
func (w *World) Delete(u UserID, ids []int, revoke bool) (*tg.MessagesAffectedMessages, *tg.Updates) {
	w.mu.Lock()
	defer w.mu.Unlock()
	others := &tg.Updates{Date: int(w.now())}
	b := w.box(u)
	if b == nil {
		return &tg.MessagesAffectedMessages{Pts: first}, others
	}
	affected := 0
	for _, id := range ids[:min(len(ids), maxDeleted)] {
		l := b.letter(id)
		if l == nil {
			continue
		}
		affected++
		if revoke || w.account(u).bot {
			for _, other := range l.holders() {
				if other != u {
					w.discard(other, l, true)
				}
			}
		}
		w.discard(u, l, false)
		others.Updates = append(others.Updates, &tg.UpdateDeleteMessages{Messages: []int{id}, Pts: b.pts(), PtsCount: 1})
	}
	return &tg.MessagesAffectedMessages{Pts: b.pts(), PtsCount: affected}, others
}

// holders returns who has the message, in a fixed order.
func (l *letter) holders() []UserID {
	if l.chat == 0 {
		return []UserID{l.from, l.to}
	}
	out := make([]UserID, 0, len(l.ids))
	for u := range l.ids {
		out = append(out, u)
	}
	slices.Sort(out)
	return out
}

// discard takes the message out of one account's box and chat list.
func (w *World) discard(u UserID, l *letter, push bool) {
	b, id := w.box(u), l.idOf(u)
	if b == nil || b.letter(id) != l {
		return
	}
	delete(b.byID, id)
	e := entry{date: w.now(), deleted: id}
	pts := w.post(b, e)
	if push {
		w.push(u, w.container(u, e, pts))
	}
	if t := w.talks[pair{l.from, l.to}]; t != nil {
		t.told = slices.DeleteFunc(t.told, func(told *letter) bool { return told == l })
	}
	i := slices.IndexFunc(w.dialogs[u], func(d dialog) bool { return d.letter == l })
	if i < 0 {
		return
	}
	d := &w.dialogs[u][i]
	if lines := b.linesWith(u, d.peer); len(lines) > 0 {
		d.letter = b.byID[lines[0].id]
		return
	}
	w.closeDialog(u, d.peer) // an empty dialog is in no list
}
