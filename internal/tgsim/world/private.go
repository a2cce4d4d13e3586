package world

import (
	"strings"
	"unicode/utf8"

	"github.com/gotd/td/tg"
)

// pair is a bot and somebody who may talk with it.
type pair struct{ bot, user UserID }

// talk is a private dialog with a bot.
type talk struct {
	started bool // the person has written first; a bot cannot
	blocked bool // the person blocked the bot
	told    []*letter
}

// letter is one message of an account's own sequence: a private one, or one of a basic group. Each account has its
// own id for it; who cannot sign in has 0.
type letter struct {
	from, to     UserID
	chat         ChatID // set: of this basic group, and to is 0
	fromID, toID int
	ids          map[UserID]int // in basic groups, instead of fromID and toID
	date, edited int32
	text         string
	buttons      [][]Button
	action       action   // a service message
	named        []UserID // by action
}

// idOf returns the account's id for the message.
func (l *letter) idOf(u UserID) int {
	switch {
	case l.chat != 0:
		return l.ids[u]
	case u == l.from:
		return l.fromID
	}
	return l.toID
}

// other returns the peer in whose dialog u has the message.
func (l *letter) other(u UserID) peer {
	switch {
	case l.chat != 0:
		return peer{kindChat, int64(l.chat)}
	case u == l.from:
		return peer{kindUser, int64(l.to)}
	}
	return peer{kindUser, int64(l.from)}
}

// Button is one inline button: with Data it asks the bot, with URL it opens a page.
type Button struct {
	Text string
	Data string
	URL  string
}

// maxText is the longest message, in characters.
const maxText = 4096

func (w *World) talk(bot, user UserID) *talk {
	t := w.talks[pair{bot, user}]
	if t == nil {
		t = new(talk)
		w.talks[pair{bot, user}] = t
	}
	return t
}

// seenBy returns the message as the account has it. In private there is no from_id.
func (l *letter) seenBy(u UserID) tg.MessageClass {
	var from tg.PeerClass
	if l.chat != 0 {
		from = &tg.PeerUser{UserID: int64(l.from)}
	}
	if l.action != nil {
		return &tg.MessageService{
			ID: l.idOf(u), FromID: from, PeerID: l.other(u).tgPeer(), Date: int(l.date), Out: u == l.from, Action: l.action(),
		}
	}
	m := &tg.Message{
		ID: l.idOf(u), FromID: from, PeerID: l.other(u).tgPeer(), Date: int(l.date), Out: u == l.from,
		Message: l.text, EditDate: int(l.edited),
	}
	if len(l.buttons) > 0 {
		m.ReplyMarkup = markup(l.buttons)
	}
	return m
}

func markup(buttons [][]Button) *tg.ReplyInlineMarkup {
	out := &tg.ReplyInlineMarkup{}
	for _, line := range buttons {
		var row tg.KeyboardInlineButtonRow
		for _, b := range line {
			key := tg.KeyboardInlineButton{Text: b.Text, Type: &tg.InlineButtonTypeCallback{Data: []byte(b.Data)}}
			if b.URL != "" {
				key.Type = &tg.InlineButtonTypeURL{URL: b.URL}
			}
			row.Buttons = append(row.Buttons, key)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// reachable says whether from may write to, or show typing to, to.
func (w *World) reachable(from, to UserID) error {
	sender, target := w.account(from), w.account(to)
	switch {
	case sender == nil || target == nil:
		return refuse(400, "PEER_ID_INVALID")
	case target.deleted && w.opts.Messages.UserDeleted:
		return refuse(403, "USER_DELETED")
	case target.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case sender.bot && target.bot:
		return refuse(400, "USER_IS_BOT")
	case target.bot:
		if t := w.talks[pair{to, from}]; t != nil && t.blocked {
			return refuse(400, "YOU_BLOCKED_USER")
		}
	case sender.bot:
		t := w.talks[pair{from, to}]
		switch {
		case (t == nil || !t.started) && !w.awaits(to, from):
			return refuse(400, "PEER_ID_INVALID")
		case t != nil && t.blocked:
			return refuse(403, "USER_IS_BLOCKED")
		}
	}
	return nil
}

// Draft is a message to be sent.
type Draft struct {
	Text     string
	Buttons  [][]Button
	RandomID int64
}

// Send delivers a private message and returns what the sender's client is answered. A random id
// that the sender has used before sends nothing and is RANDOM_ID_DUPLICATE.
func (w *World) Send(from, to UserID, d Draft) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.send(from, to, d)
}

func (w *World) send(from, to UserID, d Draft) (*tg.Updates, error) {
	b, err := w.fresh(from, d)
	if err != nil {
		return nil, err
	}
	if err := w.reachable(from, to); err != nil {
		return nil, err
	}
	b.sent[d.RandomID] = struct{}{}
	l := w.write(from, to, d)
	answer := w.container(from, b.news[len(b.news)-1], b.pts())
	answer.Updates = append([]tg.UpdateClass{&tg.UpdateMessageID{ID: l.fromID, RandomID: d.RandomID}}, answer.Updates...)
	return answer, nil
}

// fresh checks a message that an account is about to send, wherever it goes, and returns the sender's box.
func (w *World) fresh(from UserID, d Draft) (*box, error) {
	if err := checkText(d.Text); err != nil {
		return nil, err
	}
	b := w.box(from)
	if b == nil {
		return nil, refuse(400, "PEER_ID_INVALID")
	}
	if d.RandomID == 0 {
		return nil, refuse(400, "RANDOM_ID_EMPTY")
	}
	if _, again := b.sent[d.RandomID]; again {
		return nil, refuse(500, "RANDOM_ID_DUPLICATE")
	}
	return b, nil
}

func checkText(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return refuse(400, "MESSAGE_EMPTY")
	case utf8.RuneCountInString(text) > maxText:
		return refuse(400, "MESSAGE_TOO_LONG")
	}
	return nil
}

// write puts the message into both boxes and pushes it to the other side.
func (w *World) write(from, to UserID, d Draft) *letter {
	now := w.now()
	if w.watch != nil {
		w.happened(now, "%s wrote %s to %s", w.who(from), quoted(d.Text), w.who(to))
	}
	w.spoke(from, to)
	l := &letter{from: from, to: to, date: now, text: d.Text}
	e := entry{date: now, message: l, users: []UserID{from, to}}
	if w.account(from).bot {
		l.buttons = d.Buttons
		t := w.talk(from, to)
		t.told = append(t.told, l)
	}
	if w.account(to).bot {
		w.talk(to, from).started = true
	}
	if b := w.box(from); b != nil {
		l.fromID = b.keep(l)
		w.post(b, e)
		w.touchDialog(from, peer{kindUser, int64(to)}, l)
	}
	if b := w.box(to); b != nil && to != from {
		l.toID = b.keep(l)
		w.touchDialog(to, peer{kindUser, int64(from)}, l)
		w.push(to, w.container(to, e, w.post(b, e)))
	}
	return l
}

// keep gives the message the box's next id.
func (b *box) keep(l *letter) int {
	b.lastID++
	b.byID[b.lastID] = l
	return b.lastID
}

// Edit changes text (unless empty) and buttons of a message that its author sent to a person or a basic group.
func (w *World) Edit(author UserID, to Peer, id int, d Draft) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d.Text != "" {
		if err := checkText(d.Text); err != nil {
			return nil, err
		}
	}
	b := w.box(author)
	if b == nil || b.byID[id] == nil {
		return nil, refuse(400, "MESSAGE_ID_INVALID")
	}
	l := b.byID[id]
	switch {
	case l.from != author:
		return nil, refuse(403, "MESSAGE_AUTHOR_REQUIRED")
	case l.other(author) != to.peer(), l.action != nil:
		return nil, refuse(400, "MESSAGE_ID_INVALID")
	case (d.Text == "" || d.Text == l.text) && sameButtons(d.Buttons, l.buttons):
		return nil, refuse(400, "MESSAGE_NOT_MODIFIED")
	}
	if err := w.mayReach(author, to); err != nil {
		return nil, err
	}
	l.edited, l.buttons = w.now(), d.Buttons
	if d.Text != "" {
		l.text = d.Text
	}
	e := entry{date: l.edited, message: l, edited: true, users: []UserID{l.from, l.to}}
	if l.chat != 0 {
		e.chats = []ChatID{l.chat}
	}
	for _, u := range l.holders() {
		if other := w.box(u); u != author && other.letter(l.idOf(u)) == l {
			w.push(u, w.container(u, e, w.post(other, e)))
		}
	}
	return w.container(author, e, w.post(b, e)), nil
}

// mayReach is reachable for basic groups too.
func (w *World) mayReach(from UserID, to Peer) error {
	if to.Chat == 0 {
		return w.reachable(from, to.User)
	}
	_, err := w.mayWriteChat(from, to.Chat)
	return err
}

func sameButtons(a, b [][]Button) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for k := range a[i] {
			if a[i][k] != b[i][k] {
				return false
			}
		}
	}
	return true
}
