package world

import (
	"fmt"
	"math"
	"time"

	"github.com/gotd/td/tg"
)

// Speak has a member write in the group, which moves them to the head of Recent: a page that is
// read afterwards overlaps the one before, and whoever spoke may be missed by both.
func (w *World) Speak(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return err
	}
	w.pass()
	now := w.now()
	if err := w.mayWrite(c, a, now); err != nil {
		return err
	}
	c.wrote(a, now)
	w.utter(c, a.id, now)
	return nil
}

// mayWrite says whether the account may write in the channel now.
func (w *World) mayWrite(c *channel, a *account, now int32) error {
	s := c.standing(a.id, now)
	switch {
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case s.banned():
		return w.shut(c)
	case s.restricted() && silences(s.ban.rights):
		return refuse(400, "USER_BANNED_IN_CHANNEL")
	case !s.in, silences(c.set.rights()) && !s.creator && s.admin == nil:
		return refuse(403, "CHAT_WRITE_FORBIDDEN")
	}
	if wait := c.slow.wait(a.id, now); wait > 0 && !c.isAdmin(a.id) {
		return refuse(420, fmt.Sprintf("SLOWMODE_WAIT_%d", wait))
	}
	return nil
}

// silences says whether the rights that are taken keep somebody from writing text, which is all that is written here.
func silences(rights tg.ChatBannedRights) bool { return rights.SendMessages || rights.SendPlain }

// wrote notes that the account has written in the channel.
func (c *channel) wrote(a *account, now int32) {
	c.relist(a, now)
	if c.slow.seconds > 0 {
		c.slow.last[a.id] = now
	}
}

// slowMode is how long members must wait between two messages, and when each wrote last.
type slowMode struct {
	seconds int32
	last    map[UserID]int32
}

// wait returns for how long the member may not write yet.
func (s *slowMode) wait(u UserID, now int32) int32 {
	last, ok := s.last[u]
	if !ok || s.seconds == 0 {
		return 0
	}
	return max(0, last+s.seconds-now)
}

// Pass lets everything happen in the group whose time has come: what its members write, and a raid. Methods
// that read members do so by themselves. A simulator that pushes updates calls it now and then, so that they
// come in time though nobody asks.
func (w *World) Pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lateGuards()
	w.pass()
}

// pass takes raiders and messages in the order of their times, so that it does not matter how often it is called.
func (w *World) pass() {
	now := w.opts.Now().UnixNano()
	c := w.group
	if c.chatterDue == 0 {
		c.chatterDue = now
	}
	messages := 0
	for {
		arrival, message := w.raid.next(), w.nextMessage()
		switch {
		case arrival <= min(now, message):
			w.raid.joined++
			w.arrive(c, seconds(arrival))
		case message > now:
			return
		case messages == maxChatter:
			c.chatterDue = now + 1
		default:
			w.sayAnything(c, message)
			messages++
		}
	}
}

// never is later than every other time, in Unix nanoseconds as all of them.
const never = math.MaxInt64

func seconds(at int64) int32 { return int32(at / int64(time.Second)) }

// maxChatter bounds how many messages are made up for after a long silence of callers.
const maxChatter = 1000

// nextMessage is when somebody writes next.
func (w *World) nextMessage() int64 {
	if w.opts.Chatter <= 0 || len(w.group.order) == 0 {
		return never
	}
	return w.group.chatterDue
}

// sayAnything has anybody write who could, but nobody whose own client would then find a message that it never sent.
func (w *World) sayAnything(c *channel, at int64) {
	c.chatterDue += max(1, int64(float64(w.opts.Chatter)*(0.5+w.unrest.Float64())))
	a := w.talker(c, seconds(at))
	if a == nil {
		return
	}
	c.relist(a, seconds(at))
	w.utter(c, a.id, seconds(at))
}

// talker draws somebody who may write and whom nobody signs in as; nil if there is hardly one.
func (w *World) talker(c *channel, now int32) *account {
	for range 20 {
		u := c.rows[c.order[w.unrest.IntN(len(c.order))]].user
		a := w.account(u)
		if _, signsIn := w.logins[u]; !signsIn && !a.bot && c.banOf(u, now) == nil {
			return a
		}
	}
	return nil
}
