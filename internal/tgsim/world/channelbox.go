package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// Limits of updates.getChannelDifference: how far behind a user or a bot may be, and how much one answer holds.
const (
	userChannelLimit = 100
	botChannelLimit  = 100_000
	channelSlice     = 100
	lastMessages     = 20 // of what a client gets that is too far behind
)

// ChannelSince is where a client stands in a channel. No ranges are all messages.
type ChannelSince struct {
	Pts, Limit int
	Ranges     [][2]int // of message ids
	NoNew      bool     // leave messages out that are new
}

// ChannelDifference returns what the channel's own message box holds after pts: everything, the next part of it (not
// final), or, to who is further behind than the limit or than the box reaches, the last messages and where to go on.
// What came in between is lost to them.
func (w *World) ChannelDifference(u UserID, id ChannelID, since ChannelSince) (tg.UpdatesChannelDifferenceClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(u, id)
	if err != nil {
		return nil, err
	}
	w.pass()
	most := userChannelLimit
	if w.account(u).bot {
		most = botChannelLimit
	}
	if since.Limit <= 0 || since.Limit > most {
		since.Limit = most
	}
	timeout := int(w.opts.Messages.Timeout.Seconds())
	switch {
	case since.Pts <= 0:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_EMPTY")
	case since.Pts > c.pts:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_INVALID")
	case since.Pts == c.pts:
		return &tg.UpdatesChannelDifferenceEmpty{Final: true, Pts: c.pts, Timeout: timeout}, nil
	case since.Pts+since.Limit < c.pts || since.Pts < c.told.floor:
		return w.channelTooLong(u, c, timeout), nil
	}
	return w.channelDifference(u, c, since, timeout), nil
}

func (w *World) channelTooLong(u UserID, c *channel, timeout int) *tg.UpdatesChannelDifferenceTooLong {
	last := c.told.posts[max(0, len(c.told.posts)-lastMessages):]
	messages, who := w.showPosts(u, c, last)
	return &tg.UpdatesChannelDifferenceTooLong{
		Final: true, Timeout: timeout, Dialog: w.dialogRow(u, w.dialogOf(u, c.peer())), Messages: messages,
		Chats: []tg.ChatClass{w.view(u, c)}, Users: w.users(u, append(who, c.creator)...),
	}
}

// showPosts returns the posts that u hears of, newest first, and whom they name.
func (w *World) showPosts(u UserID, c *channel, posts []*post) ([]tg.MessageClass, []UserID) {
	messages := make([]tg.MessageClass, 0, len(posts))
	var who []UserID
	for _, p := range slices.Backward(posts) {
		if w.hears(u, c, p) {
			messages = append(messages, p.seenBy(u, c))
			who = append(who, p.mentioned()...)
		}
	}
	return messages, who
}

func (w *World) channelDifference(u UserID, c *channel, since ChannelSince, timeout int) *tg.UpdatesChannelDifference {
	from, _ := slices.BinarySearchFunc(c.told.events, since.Pts, func(h happening, pts int) int { return h.pts - pts })
	if from < len(c.told.events) && c.told.events[from].pts == since.Pts {
		from++
	}
	events := c.told.events[from:]
	events = events[:min(len(events), channelSlice)]
	out := &tg.UpdatesChannelDifference{Pts: events[len(events)-1].pts, Chats: []tg.ChatClass{w.view(u, c)}}
	if out.Pts == c.pts {
		out.Final, out.Timeout = true, timeout
	}
	var who []UserID
	for _, h := range events {
		switch p := h.post; {
		case p == nil:
			out.OtherUpdates = append(out.OtherUpdates, w.tell(u, c, h))
			continue
		case c.told.find(p.id) != p, !w.hears(u, c, p), !since.wants(p.id): // deleted, or not for u
			continue
		case h.edited:
			out.OtherUpdates = append(out.OtherUpdates, w.tell(u, c, h))
		case !since.NoNew:
			out.NewMessages = append(out.NewMessages, p.seenBy(u, c))
		}
		who = append(who, h.post.mentioned()...)
	}
	out.Users = w.users(u, who...)
	return out
}

func (s ChannelSince) wants(id int) bool {
	for _, r := range s.Ranges {
		if id >= r[0] && id <= r[1] {
			return true
		}
	}
	return len(s.Ranges) == 0
}
