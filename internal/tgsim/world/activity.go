package world

import (
	"fmt"
	"math"
	"time"
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
	if err := c.mayWrite(a, now); err != nil {
		return err
	}
	c.wrote(a, now)
	w.utter(c, a.id, now)
	return nil
}

// mayWrite says whether the account may write in the channel now.
func (c *channel) mayWrite(a *account, now int32) error {
	s := c.standing(a.id, now)
	switch {
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case s.banned():
		return refuse(406, "CHANNEL_PRIVATE")
	case s.restricted():
		return refuse(400, "USER_BANNED_IN_CHANNEL")
	case !s.in, c.set.rights().SendMessages && !s.creator && s.admin == nil:
		return refuse(403, "CHAT_WRITE_FORBIDDEN")
	}
	if wait := c.slow.wait(a.id, now); wait > 0 && !c.isAdmin(a.id) {
		return refuse(420, fmt.Sprintf("SLOWMODE_WAIT_%d", wait))
	}
	return nil
}

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

// sayAnything has anybody write.
func (w *World) sayAnything(c *channel, at int64) {
	c.chatterDue += max(1, int64(float64(w.opts.Chatter)*(0.5+w.unrest.Float64())))
	i := c.order[w.unrest.IntN(len(c.order))]
	c.relist(w.account(c.rows[i].user), seconds(at))
	w.utter(c, c.rows[i].user, seconds(at))
}
