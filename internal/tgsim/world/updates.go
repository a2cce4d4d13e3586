package world

import (
	"bytes"
	"slices"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// box is an account's own sequence of updates: private messages and those of basic groups count in pts, a bot's
// membership updates in qts, what has no other number in seq. Only accounts that somebody can sign in to have one.
type box struct {
	// news and facts are without gaps: element i has pts or qts i+2, plus how many were dropped before it. A first
	// qts of 1 would be taken for none.
	news, facts               []entry
	droppedNews, droppedFacts int
	lastID                    int // the newest message id
	// byID finds messages by this account's ids.
	byID map[int]*letter
	// sent are the random ids of what the account sent.
	sent map[int64]struct{}

	seq   int
	loose []loose // the newest updates of seq
}

// entry is one update of a queue; update makes it afresh each time, with its pts or qts.
type entry struct {
	date     int32
	message  *letter // set: news of a message, or with edited of its change
	edited   bool
	deleted  int // the id of a deleted message
	update   func(position int) tg.UpdateClass
	users    []UserID
	channels []ChannelID
	chats    []ChatID
}

// loose is an update that only seq numbers, kept as it goes over the wire: whoever missed it gets it with the difference.
type loose struct {
	date     int32
	wire     []byte
	users    []UserID
	channels []ChannelID
	chats    []ChatID
}

// maxLoose is how many updates of seq an account's box keeps.
const maxLoose = 1000

// first is the position before any update.
const first = 1

func (b *box) pts() int { return first + b.droppedNews + len(b.news) }
func (b *box) qts() int { return first + b.droppedFacts + len(b.facts) }

// box returns the account's box, nil for accounts that nobody can sign in to.
func (w *World) box(u UserID) *box {
	b := w.boxes[u]
	if _, ok := w.logins[u]; !ok || b != nil {
		return b
	}
	b = &box{byID: make(map[int]*letter), sent: make(map[int64]struct{}), seq: first}
	w.boxes[u] = b
	return b
}

// queue adds a qts update to the account's box and pushes it.
func (w *World) queue(u UserID, e entry) {
	b := w.box(u)
	if b == nil {
		return
	}
	b.facts = append(b.facts, e)
	b.droppedFacts += retain(&b.facts, w.opts.Messages.Retention)
	w.push(u, w.container(u, e, b.qts()))
}

// post adds a pts update and returns its pts. The caller pushes it where it must.
func (w *World) post(b *box, e entry) int {
	b.news = append(b.news, e)
	b.droppedNews += retain(&b.news, w.opts.Messages.Retention)
	return b.pts()
}

// retain drops the oldest of what is more than limit, and says how many; 0 keeps all.
func retain(in *[]entry, limit int) int {
	if limit <= 0 || len(*in) <= limit {
		return 0
	}
	n := len(*in) - limit
	*in = slices.Clone((*in)[n:])
	return n
}

// Combines says whether updates that seq numbers come as updatesCombined.
func (w *World) Combines() bool { return w.opts.Messages.Combined }

// echo pushes the newest of the account's own news to the account itself: no client of its own did what it tells of.
func (w *World) echo(u UserID) {
	if b := w.box(u); b != nil && len(b.news) > 0 {
		w.push(u, w.container(u, b.news[len(b.news)-1], b.pts()))
	}
}

// container wraps one entry with everybody it names.
func (w *World) container(u UserID, e entry, position int) *tg.Updates {
	out := &tg.Updates{Updates: []tg.UpdateClass{w.render(u, e, position)}, Date: int(e.date)}
	out.Users, out.Chats = w.faces(u, e)
	return out
}

func (w *World) render(u UserID, e entry, position int) tg.UpdateClass {
	switch {
	case e.deleted != 0:
		return &tg.UpdateDeleteMessages{Messages: []int{e.deleted}, Pts: position, PtsCount: 1}
	case e.message == nil:
		return e.update(position)
	case e.edited:
		return &tg.UpdateEditMessage{Message: e.message.seenBy(u), Pts: position, PtsCount: 1}
	}
	return &tg.UpdateNewMessage{Message: e.message.seenBy(u), Pts: position, PtsCount: 1}
}

// faces returns the users and chats that entries name, each once.
func (w *World) faces(viewer UserID, entries ...entry) ([]tg.UserClass, []tg.ChatClass) {
	var users []UserID
	var peers []peer
	for _, e := range entries {
		users = append(users, e.users...)
		peers = append(peers, peersOf(e.channels, e.chats)...)
	}
	return w.users(viewer, users...), w.chatFaces(viewer, peers...)
}

func peersOf(channels []ChannelID, chats []ChatID) []peer {
	out := make([]peer, 0, len(channels)+len(chats))
	for _, id := range chats {
		out = append(out, peer{kindChat, int64(id)})
	}
	for _, id := range channels {
		out = append(out, peer{kindChannel, int64(id)})
	}
	return out
}

// chatFaces returns the groups and channels, each once.
func (w *World) chatFaces(viewer UserID, peers ...peer) []tg.ChatClass {
	var out []tg.ChatClass
	seen := make(map[peer]bool)
	for _, p := range peers {
		if seen[p] {
			continue
		}
		seen[p] = true
		switch p.kind {
		case kindChannel:
			out = append(out, w.view(viewer, w.channels[ChannelID(p.id)]))
		case kindChat:
			out = append(out, w.chatView(viewer, w.chats[ChatID(p.id)]))
		case kindUser: // has its face among the users
		}
	}
	return out
}

// push hands u to whoever carries updates to clients. Without a carrier it goes nowhere: the queue
// is what lasts.
func (w *World) push(u UserID, updates *tg.Updates) {
	if _, ok := w.logins[u]; !ok {
		return
	}
	if updates.Date == 0 {
		updates.Date = int(w.now())
	}
	w.number(w.box(u), updates)
	w.carry(u, updates)
}

// carry is push for what has its number already: the answer to a call that nobody's client made, or whose client is
// answered with something else.
func (w *World) carry(u UserID, updates *tg.Updates) {
	if updates == nil {
		return
	}
	w.shorten(u, updates)
	if w.deliver != nil {
		w.deliver(u, updates)
	}
}

// number gives a container its seq if something in it has no other number, and keeps that for the difference.
func (w *World) number(b *box, updates *tg.Updates) {
	for _, up := range updates.Updates {
		if !inSeq(up) {
			continue
		}
		if updates.Seq == 0 {
			b.seq++
			updates.Seq = b.seq
		}
		var wire bin.Buffer
		if err := up.Encode(&wire); err != nil {
			panic("world: encode an update of seq: " + err.Error()) // the world makes no incomplete objects
		}
		l := loose{date: int32(updates.Date), wire: wire.Buf}
		for _, x := range updates.Users {
			l.users = append(l.users, UserID(x.GetID()))
		}
		for _, x := range updates.Chats {
			if w.chats[ChatID(x.GetID())] != nil {
				l.chats = append(l.chats, ChatID(x.GetID()))
			} else {
				l.channels = append(l.channels, ChannelID(x.GetID()))
			}
		}
		// That a channel has changed is true once, however often it has.
		b.loose = slices.DeleteFunc(b.loose, func(old loose) bool { return bytes.Equal(old.wire, l.wire) })
		b.loose = append(b.loose, l)
	}
	if n := len(b.loose) - maxLoose; n > 0 {
		b.loose = slices.Clone(b.loose[n:])
	}
}

// inSeq says whether the update has no number of its own and is still true later. What only is so for a moment,
// typing or a pressed button, is in no sequence.
func inSeq(up tg.UpdateClass) bool {
	if _, _, ok := tg.IsPtsUpdate(up); ok {
		return false
	}
	if _, ok := tg.IsQtsUpdate(up); ok {
		return false
	}
	if _, _, _, ok, err := tg.IsChannelPtsUpdate(up); ok || err != nil {
		return false
	}
	switch up.(type) {
	case *tg.UpdateMessageID, *tg.UpdateBotCallbackQuery, *tg.UpdateUserTyping, *tg.UpdateChatUserTyping,
		*tg.UpdateChannelUserTyping, *tg.UpdateUserStatus, *tg.UpdateChannelTooLong, *tg.UpdateLoginToken,
		*tg.UpdateServiceNotification:
		return false
	}
	return true
}
