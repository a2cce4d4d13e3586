package world

import "time"

// raid is a crowd that joins the group within some time.
type raid struct {
	from         time.Time
	over         time.Duration
	size, joined int
}

// next is when the next of the crowd joins.
func (r *raid) next() int64 {
	if r.joined >= r.size {
		return never
	}
	return r.from.UnixNano() + int64(float64(r.over)*float64(r.joined+1)/float64(r.size))
}

// Raid has n new people join the group from now on, evenly over the time. They come as the clock advances, each
// with their log event and updates, dated by their turn. Of a raid that still goes on the rest joins at once.
func (w *World) Raid(n int, over time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pass()
	for ; w.raid.joined < w.raid.size; w.raid.joined++ {
		w.arrive(w.group, w.now())
	}
	w.happened(w.now(), "a raid of %d begins, over %s", n, over)
	w.raid = raid{from: w.opts.Now(), over: max(0, over), size: n}
	w.pass()
}

// arrive has somebody new join, by the group's name or, every third, by its link.
func (w *World) arrive(c *channel, at int32) {
	a := w.addAccount(w.people.Next(1), false)
	ch := change{kind: logJoin, actor: a.id, prev: c.standing(a.id, at)}
	if w.unrest.IntN(3) == 0 {
		ch.kind, ch.path = logJoinByInvite, byLink
	}
	c.enter(a, 0, at)
	c.imported(&ch, at)
	w.record(c, ch, at)
}

// SetChurn changes Options.Churn.
func (w *World) SetChurn(everyPage int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opts.Churn = everyPage
	w.happened(w.now(), "the churn of the pages of members is %d", everyPage)
}

// stir counts the pages that are read of the group's members and moves somebody in between: a third of the time
// somebody new joins, a member leaves, or writes.
func (w *World) stir(c *channel) {
	if w.opts.Churn <= 0 || c != w.group {
		return
	}
	c.lists.pages++
	if c.lists.pages%w.opts.Churn != 0 {
		return
	}
	now := w.now()
	what := w.unrest.IntN(3)
	if what == 0 {
		w.arrive(c, now)
		return
	}
	a := w.anybody(c)
	switch {
	case a == nil:
	case what == 1:
		c.relist(a, now)
	default:
		prev := c.standing(a.id, now)
		c.exit(a.id, now)
		w.record(c, change{kind: logLeave, actor: a.id, prev: prev}, now)
	}
}

// anybody draws a plain member; nil if there is hardly one.
func (w *World) anybody(c *channel) *account {
	for range 20 {
		if len(c.order) == 0 {
			return nil
		}
		u := c.rows[c.order[w.unrest.IntN(len(c.order))]].user
		a := w.account(u)
		if _, signsIn := w.logins[u]; !signsIn && !a.bot && c.admins[u] == nil && u != c.creator {
			return a
		}
	}
	return nil
}
