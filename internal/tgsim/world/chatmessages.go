package world

import (
	"strconv"

	"github.com/gotd/td/tg"
)

// link returns the group's one invite link.
func (g *chat) link() string {
	return "https://t.me/+" + strconv.FormatUint(mix(uint64(g.id)), 36)
}

func (g *chat) exported() *tg.ChatInviteExported {
	return &tg.ChatInviteExported{Link: g.link(), AdminID: int64(g.creator), Date: int(g.created), Permanent: true}
}

// PostChat writes a message of an account into a basic group and returns what its client is answered.
func (w *World) PostChat(from UserID, id ChatID, d Draft) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := w.fresh(from, d)
	if err != nil {
		return nil, err
	}
	g, err := w.mayWriteChat(from, id)
	if err != nil {
		return nil, err
	}
	b.sent[d.RandomID] = struct{}{}
	l := w.writeChat(g, from, d)
	answer := w.container(from, b.news[len(b.news)-1], b.pts())
	answer.Updates = append([]tg.UpdateClass{&tg.UpdateMessageID{ID: l.idOf(from), RandomID: d.RandomID}}, answer.Updates...)
	return answer, nil
}

// SayInChat is PostChat for people whom nobody signs in as.
func (w *World) SayInChat(from UserID, id ChatID, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := checkText(text); err != nil {
		return err
	}
	g, err := w.mayWriteChat(from, id)
	if err != nil {
		return err
	}
	w.writeChat(g, from, Draft{Text: text})
	w.echo(from)
	return nil
}

// mayWriteChat returns the basic group if from may write in it. One that has become a supergroup is no peer any more.
func (w *World) mayWriteChat(from UserID, id ChatID) (*chat, error) {
	g := w.chats[id]
	switch {
	case g == nil, g.upgraded != 0:
		return nil, refuse(400, "PEER_ID_INVALID")
	case !g.has(from), !g.may(from, silences):
		return nil, refuse(403, "CHAT_WRITE_FORBIDDEN")
	case w.account(from).deleted:
		return nil, refuse(400, "INPUT_USER_DEACTIVATED")
	}
	return g, nil
}

func (w *World) writeChat(g *chat, from UserID, d Draft) *letter {
	if w.watch != nil {
		w.happened(w.now(), "%s wrote %s in the basic group %s", w.who(from), quoted(d.Text), quoted(g.title))
	}
	l := &letter{from: from, chat: g.id, ids: make(map[UserID]int), date: w.now(), text: d.Text}
	if w.account(from).bot {
		l.buttons = d.Buttons
	}
	for _, m := range g.members {
		b := w.box(m.user)
		if b == nil || !w.hearsChat(m, l) {
			continue
		}
		l.ids[m.user] = b.keep(l)
		e := entry{date: l.date, message: l, users: []UserID{from}, chats: []ChatID{g.id}}
		pts := w.post(b, e)
		w.touchDialog(m.user, l.other(m.user), l)
		if m.user != from {
			w.push(m.user, w.container(m.user, e, pts))
		}
	}
	return l
}

// hearsChat is hears for basic groups.
func (w *World) hearsChat(m chatMember, l *letter) bool {
	a := w.account(m.user)
	return !a.bot || m.admin || m.user == l.from || w.opts.Messages.NoPrivacy || commandFor(l.text, a.username)
}

func (w *World) typingInChat(from UserID, id ChatID, what tg.SendMessageActionClass) error {
	g, err := w.mayWriteChat(from, id)
	if err != nil {
		return err
	}
	for _, m := range g.members {
		if m.user == from || w.account(m.user).bot {
			continue
		}
		w.push(m.user, &tg.Updates{
			Updates: []tg.UpdateClass{&tg.UpdateChatUserTyping{
				ChatID: int64(id), FromID: &tg.PeerUser{UserID: int64(from)}, Action: what,
			}},
			Users: w.users(m.user, from), Chats: []tg.ChatClass{w.chatView(m.user, g)},
		})
	}
	return nil
}
