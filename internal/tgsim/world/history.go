package world

import (
	"cmp"
	"slices"

	"github.com/gotd/td/tg"
)

// HistoryRequest asks for a page of messages as all of Telegram's lists of messages are asked for.
type HistoryRequest struct {
	OffsetID, OffsetDate, AddOffset int
	Limit                           int
	MaxID, MinID                    int // exclusive; 0 is none
}

// maxHistory is how many messages come at once.
const maxHistory = 100

// line is one message of a list, newest first.
type line struct {
	id   int
	date int32
	show func() (tg.MessageClass, []UserID)
}

// page returns the part of the lines, newest first, that is asked for. A negative AddOffset goes back to newer ones.
func (q HistoryRequest) page(lines []line) []line {
	limit := min(q.Limit, maxHistory)
	if limit <= 0 {
		limit = defaultPage
	}
	from := 0
	if q.OffsetID > 0 || q.OffsetDate > 0 {
		from = slices.IndexFunc(lines, func(l line) bool {
			// Clients give both of the last message that they have, and there are several of a second.
			if q.OffsetID > 0 {
				return l.id < q.OffsetID
			}
			return int(l.date) < q.OffsetDate
		})
		if from < 0 {
			from = len(lines)
		}
	}
	from, to := q.span(from, limit)
	lines = lines[min(max(0, from), len(lines)):min(max(0, to), len(lines))]
	return slices.DeleteFunc(slices.Clone(lines), func(l line) bool {
		return q.MaxID > 0 && l.id >= q.MaxID || q.MinID > 0 && l.id <= q.MinID
	})
}

// span moves a page by AddOffset, which clients may set to anything.
func (q HistoryRequest) span(from, limit int) (int, int) {
	const far = 1 << 30
	from += min(max(q.AddOffset, -far), far)
	return from, from + limit
}

// MayRead says whether the account may read in the channel at all.
func (w *World) MayRead(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.reach(u, id)
	return err
}

// History returns a page of a dialog's messages, newest first. A channel's are those that its box still holds, and
// its first.
func (w *World) History(u UserID, of Peer, q HistoryRequest) (tg.MessagesMessagesClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pass()
	if of.Channel != 0 {
		return w.channelHistory(u, of.Channel, q)
	}
	b := w.box(u)
	if b == nil {
		return &tg.MessagesMessages{}, nil
	}
	lines := b.linesWith(u, of.peer())
	page := q.page(lines)
	messages, users, chats := w.showLines(u, page, of.peer())
	if len(page) == len(lines) {
		return &tg.MessagesMessages{Messages: messages, Users: users, Chats: chats}, nil
	}
	return &tg.MessagesMessagesSlice{Count: len(lines), Messages: messages, Users: users, Chats: chats}, nil
}

func (w *World) channelHistory(u UserID, id ChannelID, q HistoryRequest) (tg.MessagesMessagesClass, error) {
	c, err := w.reach(u, id)
	if err != nil {
		return nil, err
	}
	page := q.page(c.lines(u))
	messages, users, chats := w.showLines(u, page, c.peer())
	return &tg.MessagesChannelMessages{Pts: c.pts, Count: c.top, Messages: messages, Users: users, Chats: chats}, nil
}

// lines returns the channel's messages, newest first.
func (c *channel) lines(u UserID) []line {
	posts := c.told.posts
	if c.told.first != nil {
		posts = append([]*post{c.told.first}, posts...)
	}
	out := make([]line, 0, len(posts))
	for _, p := range slices.Backward(posts) {
		if c.hidesHistory(u, p.date) {
			continue
		}
		out = append(out, line{p.id, p.date, func() (tg.MessageClass, []UserID) { return p.seenBy(u, c), p.mentioned() }})
	}
	return out
}

// linesWith returns the account's messages with the peer, newest first.
func (b *box) linesWith(u UserID, with peer) []line {
	var out []line
	for id, l := range b.byID {
		if l.other(u) == with {
			out = append(out, line{id, l.date, l.shown(u)})
		}
	}
	slices.SortFunc(out, func(a, b line) int { return cmp.Compare(b.id, a.id) })
	return out
}

func (l *letter) shown(u UserID) func() (tg.MessageClass, []UserID) {
	return func() (tg.MessageClass, []UserID) {
		return l.seenBy(u), append([]UserID{l.from, l.to}, l.named...)
	}
}

// showLines returns the messages and everybody they name.
func (w *World) showLines(u UserID, page []line, in ...peer) ([]tg.MessageClass, []tg.UserClass, []tg.ChatClass) {
	messages := make([]tg.MessageClass, 0, len(page))
	who := []UserID{u}
	for _, l := range page {
		m, named := l.show()
		messages, who = append(messages, m), append(who, named...)
	}
	return messages, w.users(u, who...), w.chatFaces(u, in...)
}

// ChannelMessages returns messages of a channel by their ids, messageEmpty for those that are not there.
func (w *World) ChannelMessages(u UserID, id ChannelID, ids []int) (*tg.MessagesChannelMessages, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(u, id)
	if err != nil {
		return nil, err
	}
	out := &tg.MessagesChannelMessages{Pts: c.pts, Count: len(ids), Chats: []tg.ChatClass{w.view(u, c)}}
	var who []UserID
	for _, id := range ids {
		p := c.told.find(id)
		if p == nil || !w.hears(u, c, p) {
			out.Messages = append(out.Messages, &tg.MessageEmpty{ID: id})
			continue
		}
		out.Messages = append(out.Messages, p.seenBy(u, c))
		who = append(who, p.mentioned()...)
	}
	out.Users = w.users(u, who...)
	return out, nil
}

// Messages returns messages of the account's own sequence by their ids, messageEmpty for those that are not there.
func (w *World) Messages(u UserID, ids []int) *tg.MessagesMessages {
	w.mu.Lock()
	defer w.mu.Unlock()
	var page []line
	var in []peer
	b := w.box(u)
	for _, id := range ids {
		l := b.letter(id)
		if l == nil {
			page = append(page, line{show: func() (tg.MessageClass, []UserID) { return &tg.MessageEmpty{ID: id}, nil }})
			continue
		}
		page = append(page, line{id, l.date, l.shown(u)})
		in = append(in, l.other(u))
	}
	out := &tg.MessagesMessages{}
	out.Messages, out.Users, out.Chats = w.showLines(u, page, in...)
	return out
}

// letter returns the message with the account's id for it, nil if there is none.
func (b *box) letter(id int) *letter {
	if b == nil {
		return nil
	}
	return b.byID[id]
}
