package roster

import (
	"context"
	"fmt"
	"math"
	"slices"

	"rollcall/internal/membership"
)

// openWalk is the group's walk that can go on.
func (g *group) openWalk() (walkValue, bool, error) {
	k, raw := g.in(bucketWalks).Cursor().Last()
	if k == nil {
		return walkValue{}, false, nil
	}
	var w walkValue
	if err := decode(raw, &w, "a walk"); err != nil || w.Ended != 0 {
		return walkValue{}, false, err
	}
	return w, true, nil
}

func (g *group) setWalk(w *walkValue) error { return g.in(bucketWalks).Put(keyWalk(w.ID), encode(w)) }

// BeginWalk begins a walk at that checkpoint, or returns the unfinished one to go on with, which first does not change.
func (r *Roster) BeginWalk(ctx context.Context, id membership.GroupID, first membership.Checkpoint) (membership.Walk, error) {
	var w walkValue
	err := r.updateGroup(ctx, id, func(g *group) (err error) {
		w, err = g.beginWalk(first)
		return err
	})
	if err != nil {
		return membership.Walk{}, fmt.Errorf("begin a walk of group %d: %w", id, err)
	}
	return w.Walk, nil
}

func (g *group) beginWalk(first membership.Checkpoint) (walkValue, error) {
	w, open, err := g.openWalk()
	switch {
	case err != nil || open:
		return w, err
	case first.Pages != 0 || first.Rows != 0 || first.Next.List > membership.ListSearch || first.Level > membership.Exhaustive:
		return w, fmt.Errorf("no walk begins after %d pages with %s", first.Pages, asked(first.Next))
	}
	n, err := g.in(bucketWalks).NextSequence()
	if err != nil {
		return w, err
	}
	if n > math.MaxUint32 {
		return w, fmt.Errorf("walk %d is one too many", n)
	}
	begun := walkValue{Walk: membership.Walk{ID: uint32(n), Group: g.id, Started: g.now, Checkpoint: first}}
	if err := g.setWalk(&begun); err != nil {
		return w, err
	}
	w, _, err = g.openWalk() // as it will be read: it shares no list with first
	return w, err
}

// OpenWalk is the unfinished walk, if there is one.
func (r *Roster) OpenWalk(ctx context.Context, id membership.GroupID) (membership.Walk, bool, error) {
	var w walkValue
	var open bool
	err := r.viewGroup(ctx, id, func(g *group) (err error) {
		w, open, err = g.openWalk()
		return err
	})
	if err != nil {
		return membership.Walk{}, false, fmt.Errorf("read the open walk of group %d: %w", id, err)
	}
	return w.Walk, open, nil
}

// LastWalk is the newest finished walk that is no audit, with its certificate.
func (r *Roster) LastWalk(ctx context.Context, id membership.GroupID) (membership.Walk, bool, error) {
	return r.lastWalk(ctx, id, isWalk)
}

func isWalk(w *walkValue) bool { return w.Checkpoint.Audit == nil }

// LastAudit is the newest finished audit.
func (r *Roster) LastAudit(ctx context.Context, id membership.GroupID) (membership.Walk, bool, error) {
	return r.lastWalk(ctx, id, func(w *walkValue) bool { return w.Checkpoint.Audit != nil })
}

func (r *Roster) lastWalk(ctx context.Context, id membership.GroupID, wanted func(*walkValue) bool) (w membership.Walk, found bool, err error) {
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		w, found, err = g.lastWalk(wanted)
		return err
	})
	if err != nil || !found {
		return membership.Walk{}, false, wrap(err, "read the last walk of group %d", id)
	}
	return w, true, nil
}

// lastWalk is the newest finished walk of the wanted kind.
func (g *group) lastWalk(wanted func(*walkValue) bool) (membership.Walk, bool, error) {
	c := g.in(bucketWalks).Cursor()
	for k, raw := c.Last(); k != nil; k, raw = c.Prev() {
		var w walkValue
		if err := decode(raw, &w, "a walk"); err != nil {
			return w.Walk, false, err
		}
		if w.Ended != 0 && wanted(&w) {
			return w.Walk, true, nil
		}
	}
	return membership.Walk{}, false, nil
}

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}

// StagePage stores a page and where the walk stands after it, in one transaction. A page that is stored already is taken again without
// effect. Refused are one that leaves out another (ErrPageLost), and one that does not answer what the walk asks.
func (r *Roster) StagePage(ctx context.Context, p membership.Page) error {
	stored := false
	err := storable(&p)
	if err == nil {
		err = r.updateGroup(ctx, p.Group, func(g *group) (err error) {
			if stored, err = g.stage(&p); err != nil {
				return err
			}
			return r.reserve.behind(g.tx.Size())
		})
	}
	if err != nil {
		return fmt.Errorf("stage page %d of walk %d: %w", p.After.Pages, p.Walk, err)
	}
	if stored && len(p.Rows) > 0 {
		users := make([]membership.UserID, len(p.Rows))
		for i := range p.Rows {
			users[i] = p.Rows[i].Sighting.User
		}
		r.notice(r.home(p.Group), p.Walk, freshPage{page: p.After.Pages, users: users})
	}
	return nil
}

func (g *group) stage(p *membership.Page) (bool, error) {
	w, open, err := g.openWalk()
	switch {
	case err != nil:
		return false, err
	case !open || w.ID != p.Walk:
		return false, ErrNoWalk
	case p.After.Pages <= w.Checkpoint.Pages:
		return false, nil
	case p.After.Pages != w.Checkpoint.Pages+1:
		return false, fmt.Errorf("%w: %d are stored", ErrPageLost, w.Checkpoint.Pages)
	case p.Query != w.Checkpoint.Next:
		return false, fmt.Errorf("it answers %s, and the walk asks %s", asked(p.Query), asked(w.Checkpoint.Next))
	}
	w.Checkpoint = p.After
	if err := g.setWalk(&w); err != nil {
		return false, err
	}
	if err := g.counted(p.Counted); err != nil {
		return false, err
	}
	return true, g.putPage(p)
}

// asked is the query for an error: its text may hold anything.
func asked(q membership.Query) string { return fmt.Sprintf("%s %q at %d", q.List, q.Text, q.Offset) }

// FinishWalk certifies a walk whose lists are read and whose pages are merged, and drops the pages.
func (r *Roster) FinishWalk(ctx context.Context, id membership.GroupID, totalAfter int) (membership.Certificate, error) {
	var c membership.Certificate
	err := r.updateGroup(ctx, id, func(g *group) (err error) {
		c, err = g.finishWalk(totalAfter)
		return err
	})
	if err != nil {
		return membership.Certificate{}, fmt.Errorf("finish the walk of group %d: %w", id, err)
	}
	r.forgetStaged(r.home(id))
	return c, nil
}

func (g *group) finishWalk(totalAfter int) (membership.Certificate, error) {
	w, open, err := g.openWalk()
	switch {
	case err != nil:
		return membership.Certificate{}, err
	case !open:
		return membership.Certificate{}, ErrNoWalk
	case !w.Checkpoint.Done() || w.Merged != w.Checkpoint.Pages:
		return membership.Certificate{}, ErrUnmerged
	}
	proven, grades, err := g.proof(&w)
	if err != nil {
		return membership.Certificate{}, err
	}
	if a := w.Checkpoint.Audit; a != nil {
		if a.Oldest, err = g.oldest(); err != nil {
			return membership.Certificate{}, err
		}
	}
	c := membership.Certify(w.Walk, proven, grades, totalAfter, g.now)
	w.Ended, w.Certificate = g.now, &c
	if err := g.setWalk(&w); err != nil {
		return c, err
	}
	if err := g.root.DeleteBucket(bucketStage); err != nil {
		return c, err
	}
	if _, err := g.root.CreateBucket(bucketStage); err != nil {
		return c, err
	}
	if c.Audit != nil {
		return c, nil
	}
	if c.ShowsAllListed() {
		if err := g.settleBy(&w); err != nil {
			return c, err
		}
	}
	return c, g.updateSources(func(s *membership.Sources) { s.Walk = max(s.Walk, g.now) })
}

// proof is how many people the walk's rows show in, and how many they are evidence of, by grade; each once.
func (g *group) proof(w *walkValue) (proven int, grades map[membership.Grade]int, err error) {
	grades = map[membership.Grade]int{}
	var in, out []membership.UserID
	err = g.eachBlock(w.ID, 0, w.Checkpoint.Pages, func(_ int, raw []byte) error {
		return states(raw, func(user membership.UserID, s membership.State) {
			switch s.Presence {
			case membership.In:
				in = append(in, user)
			case membership.Out:
				out = append(out, user)
			case membership.Unknown:
			}
		})
	})
	for grade, people := range map[membership.Grade][]membership.UserID{membership.GradeA: out, membership.GradeB: in} {
		sortByUint(people, func(user *membership.UserID) uint64 { return uint64(*user) })
		if n := len(slices.Compact(people)); n > 0 {
			grades[grade] = n
		}
	}
	return grades[membership.GradeB], grades, err
}
