package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/session"
)

// waitTally counts the waits that Telegram asked for, and tells of each.
type waitTally struct {
	tell func(method string, until time.Time)

	mu     sync.Mutex // guards what follows
	waits  int
	waited time.Duration
}

func (w *waitTally) begin(method string, until time.Time) {
	wait := time.Until(until)
	w.mu.Lock()
	w.waits++
	w.waited += wait
	w.mu.Unlock()
	w.tell(method, until)
}

func (w *waitTally) take() (int, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, d := w.waits, w.waited
	w.waits, w.waited = 0, 0
	return n, d
}

// tallied is a group as walks read it: its pages carry the waits that they cost into the walk's certificate, and are watched for the bot.
type tallied struct {
	*supergroup.Group

	waits *waitTally
	bot   *botWatch
	// unattended pages are nobody's who waits: quiet hours hold them back.
	unattended bool
}

// scheduled is the group as a run reads it by itself. A basic group's list is one call, which is no walk that disturbs anybody.
func (t tallied) scheduled(g membership.Group) tallied {
	t.unattended = g.Kind != membership.BasicGroup
	return t
}

// Page reads a page.
func (t tallied) Page(ctx context.Context, w membership.Walk, q membership.Query) (membership.Page, error) {
	if t.unattended {
		ctx = session.Unattended(ctx)
	}
	p, err := t.Group.Page(ctx, w, q)
	if err != nil {
		return p, err
	}
	p.FloodWaits, p.Waited = t.waits.take()
	t.bot.see(p)
	return p, nil
}

// botWatch looks for the bot among the administrators that a walk is shown, which costs no call. One goroutine uses it.
type botWatch struct {
	id    membership.UserID // 0 where no bot is signed in
	basic bool              // the group is basic: its one list shows the administrators
	begun bool              // the list of administrators was read from its first row on
	whole bool              // and to its last
	admin bool              // and the bot was on it
}

func (b *botWatch) see(p membership.Page) {
	if !b.basic && p.Query.List != membership.ListAdmins {
		return
	}
	b.begun = b.begun || p.Query.Offset == 0
	b.admin = b.admin || slices.ContainsFunc(p.Rows, func(r membership.Row) bool {
		return r.Sighting.User == b.id && administrates(r.Sighting.State)
	})
}

// reached notes where the walk stands.
func (b *botWatch) reached(cp membership.Checkpoint) {
	b.whole = b.begun && (b.basic || slices.Contains(cp.Full, membership.ListAdmins))
}

func administrates(s membership.State) bool {
	return s.Presence == membership.In && (s.Role == membership.Administrator || s.Role == membership.Creator)
}

// noteBot stores whether the bot is an administrator of the group, as a run does at each beat. A walk that was resumed behind the list of
// administrators has not seen it: then the owner's account asks for the bot alone, by one call. What nobody knows stays as it was.
func (d desk) noteBot(ctx context.Context, g membership.Group, owner tallied) error {
	b := owner.bot
	if b.id == 0 {
		return nil
	}
	if !b.whole {
		f, err := owner.LookUp(ctx, b.id)
		if err != nil {
			return fmt.Errorf("ask whether the bot is an administrator: %w", err)
		}
		if !f.Firm() {
			return nil
		}
		b.admin = administrates(f.Event.State)
	}
	return d.roster.UpdateSources(ctx, g.ID, func(s *membership.Sources) {
		s.BotAdmin = b.admin
		if !b.admin {
			s.FeedFrom = 0 // what its updates promised ended when it lost the right
		}
	})
}
