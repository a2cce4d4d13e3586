package roster

import (
	"context"

	"rollcall/internal/membership"
)

// Pasts gives everybody of whom anything was stated, with their past, to fn, by id, the rows of an unfinished walk included. fn is called
// outside any transaction; what changes meanwhile may or may not be in. An error of fn ends the reading and is returned.
func (r *Roster) Pasts(ctx context.Context, id membership.GroupID, fn func(membership.Person, *membership.Past) error) error {
	read := func(g *group, user membership.UserID) (p portrait, err error) {
		if p, err = r.portray(g, user); err == nil {
			p.events, err = g.history(user)
		}
		return p, err
	}
	return r.eachPerson(ctx, id, r.stagedUsers(r.home(id)), read, func(p portrait) error {
		return fn(p.Person, membership.NewPast(p.events, p.Record))
	})
}

// WalkBy is the newest walk, no audit, that was finished by the moment, with its certificate.
func (r *Roster) WalkBy(ctx context.Context, id membership.GroupID, at membership.Instant) (membership.Walk, bool, error) {
	return r.lastWalk(ctx, id, func(w *walkValue) bool { return w.Checkpoint.Audit == nil && w.Ended <= at })
}
