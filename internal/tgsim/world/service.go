package world

import (
	"time"

	"github.com/gotd/td/tg"
)

// service writes the service message of a change that has just been made, unless it is one of those that
// Telegram never writes, and keeps the chat lists of people who can sign in. The actor is whom the message is from.
func (w *World) service(c *channel, ch change, now int32) {
	u := ch.prev.user
	came, went := !ch.prev.in && ch.next.in, ch.prev.in && !ch.next.in
	if _, ok := w.logins[u]; ok {
		switch {
		case came:
			w.openDialog(u, c.peer())
		case went:
			w.closeDialog(u, c.peer())
		}
	}
	if (came || went) && w.speaksOf(c, came, now) {
		w.publish(c, c.note(ch, came, now))
	}
}

// speaksOf says whether somebody's coming or going leaves a service message. It does not in channels, with hidden
// members, above some size, which is far less for leaving, and in every second group that has just been made.
func (w *World) speaksOf(c *channel, came bool, now int32) bool {
	rules := w.opts.Messages
	fresh := time.Duration(now-c.created)*time.Second < rules.FreshSilence && mix(uint64(c.id))%2 == 0
	if c.broadcast || c.hidden || fresh {
		return false
	}
	if came {
		return c.inside <= rules.JoinNotes
	}
	return c.inside < rules.LeaveNotes // who has gone is not counted any more
}

// note makes the service message of somebody's coming or going.
func (c *channel) note(ch change, came bool, now int32) *post {
	u := ch.prev.user
	p := &post{from: ch.actor, masked: ch.actor != u && c.anonymous(ch.actor), date: now, named: []UserID{u}}
	switch {
	case !came:
		p.action = func() tg.MessageActionClass { return &tg.MessageActionChatDeleteUser{UserID: int64(u)} }
	default:
		var who []UserID
		p.action, who = ch.say(c)
		p.named = append(p.named, who...)
	}
	return p
}

// announce writes a service message about the channel itself. Size and freshness keep none of these back.
func (w *World) announce(c *channel, by UserID, what action, now int32) {
	w.publish(c, &post{from: by, masked: c.broadcast || c.anonymous(by), date: now, action: what})
}

// openDialog puts the peer into the account's chat list.
func (w *World) openDialog(u UserID, p peer) {
	for _, d := range w.dialogs[u] {
		if d.peer == p {
			return
		}
	}
	w.dialogs[u] = append(w.dialogs[u], dialog{peer: p})
}

// closeDialog takes the peer out of the account's chat list.
func (w *World) closeDialog(u UserID, p peer) {
	list := w.dialogs[u]
	for i := range list {
		if list[i].peer == p {
			w.dialogs[u] = append(list[:i:i], list[i+1:]...)
			return
		}
	}
}
