package roster

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// UndoPlan gives access back to those from whom this plan took it, and to whom nothing happened since. Repeating it is harmless.
// A plan that was undone is not applied again; make a new one.
func (r *Roster) UndoPlan(ctx context.Context, id string) (Undone, error) {
	var actions []uint64
	err := r.update(ctx, func(tx *bolt.Tx) error {
		var p planValue
		b, progress, err := openPlan(tx, id, &p)
		if err != nil {
			return err
		}
		actions = nil
		for i := range progress.Next {
			if raw := b.Get(keyRow(i)); raw != nil {
				actions = append(actions, number(raw))
			}
		}
		if !progress.Begun || progress.Undone {
			return nil
		}
		progress.Undone = true // first of all: an undo that is interrupted must not meet an apply that goes on
		return b.Put(keyProgress, encode(&progress))
	})
	if err != nil {
		return Undone{Skipped: []Skipped{}}, wrap(err, "undo plan %q", id)
	}
	return r.UndoActions(ctx, actions)
}

// UndoActions gives access back to those from whom these actions took it, and to whom nothing happened since; what the breaker
// holds is dropped. It says whom it skipped and why. Undone people are left alone until there is a new reason, or a new plan.
func (r *Roster) UndoActions(ctx context.Context, ids []uint64) (Undone, error) {
	all := Undone{Skipped: []Skipped{}}
	for len(ids) > 0 {
		n := min(planRows, len(ids))
		var some Undone
		err := r.update(ctx, func(tx *bolt.Tx) error {
			some = Undone{}
			return r.undo(tx, ids[:n], &some)
		})
		if err != nil {
			return all, wrap(err, "undo %d actions", len(ids))
		}
		all.Restored += some.Restored
		all.Skipped = append(all.Skipped, some.Skipped...)
		ids = ids[n:]
	}
	return all, nil
}

func (r *Roster) undo(tx *bolt.Tx, ids []uint64, out *Undone) error {
	groups := map[membership.GroupID]*group{}
	for _, id := range ids {
		a, ok, err := actionOf(tx, id)
		if err != nil {
			return err
		}
		if !ok {
			return ErrUnknownAction
		}
		home := aliasOf(tx, a.Group).home
		g := groups[home]
		if g == nil {
			if g, err = ensureGroup(tx, a.Group, r.instant()); err != nil {
				return err
			}
			groups[home] = g
		}
		if err := g.undo(a, out); err != nil {
			return err
		}
	}
	for _, g := range groups {
		if err := g.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (g *group) undo(a membership.Action, out *Undone) error {
	s, err := g.subscriber(a.User)
	if err != nil {
		return err
	}
	why := ""
	switch {
	case a.State == membership.ActionUndone:
		why = whyUndone
	case a.State == membership.ActionHeld:
		return g.settleWithheld(a.User, 0)
	case a.Verb != membership.Revoke || a.State != membership.ActionDone:
		why = whyNotDone
	case s.Access != membership.Revoked || s.AccessSince != a.At || s.Cause != a.Cause:
		why = whyOtherwise
	}
	if why != "" {
		out.Skipped = append(out.Skipped, Skipped{a.User, why})
		return nil
	}
	out.Restored++
	if err := g.grant(s, membership.Action{Reason: membership.ReasonUndone, Cause: a.Cause, Plan: a.Plan}); err != nil {
		return err
	}
	a.State = membership.ActionUndone
	if err := g.saveAction(&a); err != nil {
		return err
	}
	return g.in(bucketRevocations).Delete(keyRevocation(a.At, a.ID))
}
