package world

import "github.com/gotd/td/tg"

// box is an account's own sequence of updates: private messages count in pts, a bot's membership
// updates in qts. Only accounts that somebody can sign in to have one.
type box struct {
	// news and facts are without gaps: element i has pts or qts i+2. A first qts of 1 would be taken
	// for none.
	news   []entry // pts
	facts  []entry // qts
	lastID int     // the newest message id
	// byID finds messages by this account's ids.
	byID map[int]*letter
	// sent are the random ids of what the account sent.
	sent map[int64]struct{}
}

// entry is one update of a queue; update makes it afresh each time, with its pts or qts.
type entry struct {
	date     int32
	message  *letter // set: news of a message, or with edited of its change
	edited   bool
	update   func(position int) tg.UpdateClass
	users    []UserID
	channels []ChannelID
}

// first is the position before any update.
const first = 1

func (b *box) pts() int { return first + len(b.news) }
func (b *box) qts() int { return first + len(b.facts) }

// box returns the account's box, nil for accounts that nobody can sign in to.
func (w *World) box(u UserID) *box {
	b := w.boxes[u]
	if _, ok := w.logins[u]; !ok || b != nil {
		return b
	}
	b = &box{byID: make(map[int]*letter), sent: make(map[int64]struct{})}
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
	w.push(u, w.container(u, e, b.qts()))
}

// post adds a pts update and returns its pts. The caller pushes it where it must.
func (b *box) post(e entry) int {
	b.news = append(b.news, e)
	return b.pts()
}

// container wraps one entry with everybody it names.
func (w *World) container(u UserID, e entry, position int) *tg.Updates {
	out := &tg.Updates{Updates: []tg.UpdateClass{w.render(u, e, position)}, Date: int(e.date)}
	out.Users, out.Chats = w.faces(u, e)
	return out
}

func (w *World) render(u UserID, e entry, position int) tg.UpdateClass {
	switch {
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
	var chats []tg.ChatClass
	seen := make(map[ChannelID]bool)
	for _, e := range entries {
		users = append(users, e.users...)
		for _, id := range e.channels {
			if !seen[id] {
				seen[id] = true
				chats = append(chats, w.view(viewer, w.channels[id]))
			}
		}
	}
	return w.users(viewer, users...), chats
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
	if w.deliver != nil {
		w.deliver(u, updates)
	}
}

// State returns the account's positions now.
func (w *World) State(u UserID) *tg.UpdatesState {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state(u)
	return &s
}

func (w *World) state(u UserID) tg.UpdatesState {
	s := tg.UpdatesState{Pts: first, Qts: first, Date: int(w.now())}
	if b := w.box(u); b != nil {
		s.Pts, s.Qts = b.pts(), b.qts()
	}
	return s
}

// sliceCap is how many updates of a kind one difference holds; what is longer comes in slices.
const sliceCap = 1000

// Since are a client's positions. A limit of 0 is none.
type Since struct {
	Pts, Qts, Date                    int
	PtsLimit, PtsTotalLimit, QtsLimit int
}

// Difference returns everything after the client's positions, or a slice of it.
func (w *World) Difference(u UserID, since Since) (tg.UpdatesDifferenceClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.state(u)
	switch {
	case since.Pts == 0:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_EMPTY")
	case since.Date == 0:
		return nil, refuse(400, "DATE_EMPTY")
	case since.Pts > now.Pts, since.Pts < 0, since.Qts > now.Qts, since.Qts < 0:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_INVALID")
	case since.PtsTotalLimit > 0 && since.Pts+since.PtsTotalLimit < now.Pts:
		return &tg.UpdatesDifferenceTooLong{Pts: now.Pts}, nil
	}
	since.Qts = max(since.Qts, first)
	if since.Pts == now.Pts && since.Qts == now.Qts {
		return &tg.UpdatesDifferenceEmpty{Date: now.Date}, nil
	}
	return w.difference(u, since, now), nil
}

func (w *World) difference(u UserID, since Since, now tg.UpdatesState) tg.UpdatesDifferenceClass {
	b := w.box(u)
	news := cut(b.news[since.Pts-first:], since.PtsLimit)
	facts := cut(b.facts[since.Qts-first:], since.QtsLimit)
	reached := now
	reached.Pts, reached.Qts = since.Pts+len(news), since.Qts+len(facts)

	var messages []tg.MessageClass
	var other []tg.UpdateClass
	for i, e := range news {
		if e.edited {
			other = append(other, w.render(u, e, since.Pts+i+1))
			continue
		}
		messages = append(messages, e.message.seenBy(u))
	}
	for i, e := range facts {
		other = append(other, w.render(u, e, since.Qts+i+1))
	}
	users, chats := w.faces(u, append(append([]entry(nil), news...), facts...)...)
	if reached.Pts == now.Pts && reached.Qts == now.Qts {
		return &tg.UpdatesDifference{NewMessages: messages, OtherUpdates: other, Users: users, Chats: chats, State: now}
	}
	return &tg.UpdatesDifferenceSlice{
		NewMessages: messages, OtherUpdates: other, Users: users, Chats: chats, IntermediateState: reached,
	}
}

// cut returns the first entries, as many as the client's limit and the server's cap allow.
func cut(in []entry, limit int) []entry {
	if limit <= 0 || limit > sliceCap {
		limit = sliceCap
	}
	return in[:min(len(in), limit)]
}

// channelTimeout is how long a client may leave a channel alone after a final difference.
const channelTimeout = 30

// ChannelDifference returns what the channel's own message box holds after pts. Groups have no
// history here, so a client that is behind is told that it is too far behind.
func (w *World) ChannelDifference(u UserID, id ChannelID, pts int) (tg.UpdatesChannelDifferenceClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(u, id)
	switch {
	case err != nil:
		return nil, err
	case pts <= 0:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_EMPTY")
	case pts > c.pts:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_INVALID")
	case pts == c.pts:
		return &tg.UpdatesChannelDifferenceEmpty{Final: true, Pts: c.pts, Timeout: channelTimeout}, nil
	}
	d := w.dialogOf(u, c.peer())
	return &tg.UpdatesChannelDifferenceTooLong{
		Final: true, Timeout: channelTimeout, Dialog: w.dialogRow(d), Messages: w.topMessages(u, []dialog{d}),
		Chats: []tg.ChatClass{w.view(u, c)}, Users: w.users(u, c.creator),
	}, nil
}
