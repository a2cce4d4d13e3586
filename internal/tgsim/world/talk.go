package world

import (
	"strings"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// Post writes a message of an account into a channel and returns what its client is answered.
func (w *World) Post(from UserID, id ChannelID, d Draft) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.writer(from, id)
	if err != nil {
		return nil, err
	}
	b, err := w.fresh(from, d)
	if err != nil {
		return nil, err
	}
	w.pass()
	if err := w.mayPost(c, a); err != nil {
		return nil, err
	}
	b.sent[d.RandomID] = struct{}{}
	h := w.publishAnswering(c, w.compose(c, a, d), from)
	answer := w.wrap(from, c, h)
	answer.Updates = append([]tg.UpdateClass{&tg.UpdateMessageID{ID: h.post.id, RandomID: d.RandomID}}, answer.Updates...)
	return answer, nil
}

// Say is Post for people whom nobody signs in as. It returns the message's id.
func (w *World) Say(from UserID, id ChannelID, text string) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.writer(from, id)
	if err != nil {
		return 0, err
	}
	if err := checkText(text); err != nil {
		return 0, err
	}
	w.pass()
	if err := w.mayPost(c, a); err != nil {
		return 0, err
	}
	return w.publish(c, w.compose(c, a, Draft{Text: text})).post.id, nil
}

// writer returns where the account would write. Who cannot see the channel hears that it is private.
func (w *World) writer(from UserID, id ChannelID) (*channel, *account, error) {
	c, a, err := w.place(from, id)
	if err == nil && !c.open(from, w.now()) {
		err = w.shut(c)
	}
	return c, a, err
}

// mayPost says whether the account may write messages in the channel now. In broadcast channels only admins do.
func (w *World) mayPost(c *channel, a *account) error {
	if !c.broadcast {
		return w.mayWrite(c, a, w.now())
	}
	s := c.standing(a.id, w.now())
	if s.in && (s.creator || s.admin != nil && s.admin.rights.PostMessages) {
		return nil
	}
	return refuse(403, "CHAT_ADMIN_REQUIRED")
}

// compose makes a message that may be written in the channel.
func (w *World) compose(c *channel, a *account, d Draft) *post {
	now := w.now()
	c.wrote(a, now)
	p := &post{from: a.id, masked: c.broadcast || c.anonymous(a.id), date: now, text: d.Text}
	if a.bot {
		p.buttons = d.Buttons
	}
	return p
}

// utter has a member say something of no consequence.
func (w *World) utter(c *channel, u UserID, at int32) {
	w.publish(c, &post{from: u, masked: c.broadcast || c.anonymous(u), date: at, text: w.smallTalk(c, c.top+1)})
}

// smallTalk returns what message id says. It takes nothing from the world's chance.
func (w *World) smallTalk(c *channel, id int) string {
	lines := [...]string{
		"good morning", "who has the next chapter?", "I liked that one", "see you on Thursday", "thanks!", "yes",
		"not yet", "the library is closed on Monday", "page 114, second paragraph", "haha", "same here", "+1",
		"is anybody near the square?", "what did you think of the ending?", "will be ten minutes late", "👍",
	}
	return lines[mix(w.seed^uint64(c.id)^uint64(id)<<32)%uint64(len(lines))]
}

// hears says whether an account inside gets a message of the channel. Service messages come to everybody. In groups
// a bot in privacy mode, which bots are in unless they are admins, gets nothing else but commands that may be for it.
func (w *World) hears(u UserID, c *channel, p *post) bool {
	a := w.account(u)
	if p != nil && c.hidesHistory(u, p.date) {
		return false
	}
	if p == nil || p.action != nil || !a.bot || c.broadcast || p.from == u {
		return true
	}
	return c.isAdmin(u) || w.opts.Messages.NoPrivacy || commandFor(p.text, a.username)
}

// hidesHistory says whether the person may not see what was written at a time before they came. Only groups without a
// username can hide that.
func (c *channel) hidesHistory(u UserID, at int32) bool {
	if !c.set.preHistoryHidden || c.username != "" || c.isAdmin(u) {
		return false
	}
	i, ok := c.index[u]
	return !ok || at < c.rows[i].joined
}

// commandFor says whether the text is a bot command that is not for another bot than the named one.
func commandFor(text, username string) bool {
	if !strings.HasPrefix(text, "/") {
		return false
	}
	word, _, _ := strings.Cut(text, " ")
	_, whom, named := strings.Cut(word, "@")
	return !named || strings.EqualFold(whom, username)
}

// Typing shows that from is about to write, and refuses what a message would be refused. Nothing is kept of it.
func (w *World) Typing(from UserID, to Peer, what tg.SendMessageActionClass) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case to.Channel != 0:
		return w.typingInChannel(from, to.Channel, what)
	case to.Chat != 0:
		return w.typingInChat(from, to.Chat, what)
	}
	if err := w.reachable(from, to.User); err != nil {
		return err
	}
	w.push(to.User, &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdateUserTyping{UserID: int64(from), Action: what}}, Users: w.users(to.User, from),
	})
	return nil
}

func (w *World) typingInChannel(from UserID, id ChannelID, what tg.SendMessageActionClass) error {
	c, a, err := w.writer(from, id)
	if err != nil {
		return err
	}
	if err := w.mayPost(c, a); err != nil && !isSlow(err) {
		return err
	}
	for _, u := range w.clients() {
		if u == from || !c.isIn(u) || w.account(u).bot {
			continue
		}
		w.push(u, &tg.Updates{
			Updates: []tg.UpdateClass{&tg.UpdateChannelUserTyping{
				ChannelID: int64(c.id), FromID: &tg.PeerUser{UserID: int64(from)}, Action: what,
			}},
			Users: w.users(u, from), Chats: []tg.ChatClass{w.view(u, c)},
		})
	}
	return nil
}

// isSlow says whether err is slow mode's: it does not keep anybody from typing.
func isSlow(err error) bool {
	refusal, ok := tgerr.As(err)
	return ok && refusal.IsType("SLOWMODE_WAIT")
}
