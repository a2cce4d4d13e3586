package world

import "time"

// Speak has a member write in the group, which moves them to the head of Recent: a page that is
// read afterwards overlaps the one before, and whoever spoke may be missed by both.
func (w *World) Speak(u UserID, id ChannelID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return err
	}
	now := w.now()
	s := c.standing(u, now)
	switch {
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case s.banned():
		return refuse(406, "CHANNEL_PRIVATE")
	case s.restricted():
		return refuse(400, "USER_BANNED_IN_CHANNEL")
	case !s.in:
		return refuse(403, "CHAT_WRITE_FORBIDDEN")
	}
	c.relist(a, now)
	return nil
}

// maxChatter bounds how many messages are made up for after a long silence of callers.
const maxChatter = 1000

// chatter lets the group talk as long as the clock has moved on since it was last looked at.
func (w *World) chatter(c *channel) {
	if w.opts.Chatter <= 0 || c != w.group || len(c.order) == 0 {
		return
	}
	at := w.opts.Now()
	if c.chatterDue == 0 {
		c.chatterDue = at.UnixNano()
	}
	for range maxChatter {
		if c.chatterDue > at.UnixNano() {
			return
		}
		c.chatterDue += int64(float64(w.opts.Chatter) * (0.5 + w.rng.Float64()))
		i := c.order[w.rng.IntN(len(c.order))]
		c.relist(w.account(c.rows[i].user), int32(time.Unix(0, c.chatterDue).Unix()))
	}
	c.chatterDue = at.UnixNano()
}
