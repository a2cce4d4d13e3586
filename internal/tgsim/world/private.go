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

// letter is one private message. Each side has its own id for it; who cannot sign in has 0.
type letter struct {
	from, to     UserID
	fromID, toID int
	date, edited int32
	text         string
	buttons      [][]Button
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

// seenBy returns the message as one of its two sides has it. In private there is no from_id.
func (l *letter) seenBy(u UserID) *tg.Message {
	m := &tg.Message{
		ID: l.toID, PeerID: &tg.PeerUser{UserID: int64(l.from)}, Date: int(l.date), Message: l.text, EditDate: int(l.edited),
	}
	if u == l.from {
		m.ID, m.Out, m.PeerID = l.fromID, true, &tg.PeerUser{UserID: int64(l.to)}
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

// Reachable says whether from may write to, or show typing to, to.
func (w *World) Reachable(from, to UserID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reachable(from, to)
}

func (w *World) reachable(from, to UserID) error {
	sender, target := w.account(from), w.account(to)
	switch {
	case sender == nil || target == nil:
		return refuse(400, "PEER_ID_INVALID")
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
		case t == nil || !t.started:
			return refuse(400, "PEER_ID_INVALID")
		case t.blocked:
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
	if err := w.reachable(from, to); err != nil {
		return nil, err
	}
	b.sent[d.RandomID] = struct{}{}
	l := w.write(from, to, d)
	answer := w.container(from, b.news[len(b.news)-1], b.pts())
	answer.Updates = append([]tg.UpdateClass{&tg.UpdateMessageID{ID: l.fromID, RandomID: d.RandomID}}, answer.Updates...)
	return answer, nil
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
		b.post(e)
		w.touchDialog(from, peer{kindUser, int64(to)}, l)
	}
	if b := w.box(to); b != nil && to != from {
		l.toID = b.keep(l)
		w.touchDialog(to, peer{kindUser, int64(from)}, l)
		w.push(to, w.container(to, e, b.post(e)))
	}
	return l
}

// keep gives the message the box's next id.
func (b *box) keep(l *letter) int {
	b.lastID++
	b.byID[b.lastID] = l
	return b.lastID
}

// Edit changes text (unless empty) and buttons of a message that its author sent to peer.
func (w *World) Edit(author, to UserID, id int, d Draft) (*tg.Updates, error) {
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
	case l.to != to:
		return nil, refuse(400, "MESSAGE_ID_INVALID")
	case (d.Text == "" || d.Text == l.text) && sameButtons(d.Buttons, l.buttons):
		return nil, refuse(400, "MESSAGE_NOT_MODIFIED")
	}
	if err := w.reachable(author, to); err != nil {
		return nil, err
	}
	l.edited, l.buttons = w.now(), d.Buttons
	if d.Text != "" {
		l.text = d.Text
	}
	e := entry{date: l.edited, message: l, edited: true, users: []UserID{author, to}}
	if other := w.box(to); other != nil && to != author {
		w.push(to, w.container(to, e, other.post(e)))
	}
	return w.container(author, e, b.post(e)), nil
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
