package roster

import (
	"context"

	"rollcall/internal/membership"
)

type driftValue membership.Drift

func (d *driftValue) fields(w *wire) {
	signed(w, &d.At)
	signed(w, &d.Counted)
	signed(w, &d.Known)
	signed(w, &d.Baseline)
	unsigned(w, &d.Based)
	signed(w, &d.Slack)
	signed(w, &d.Open)
	signed(w, &d.Unlisted)
	word(w, &d.Stage, membership.DriftRest)
	signed(w, &d.Since)
	signed(w, &d.Entered)
	signed(w, &d.First)
	signed(w, &d.Looked)
	signed(w, &d.Rests)
}

// Drift is how Telegram's count differs from who is known, and how far the search for why is; zero where the two were never compared.
func (r *Roster) Drift(ctx context.Context, id membership.GroupID) (d membership.Drift, err error) {
	err = r.viewGroup(ctx, id, func(g *group) error {
		_, err := g.state(keyDrift, (*driftValue)(&d))
		return err
	})
	if err != nil {
		return membership.Drift{}, wrap(err, "read the drift of group %d", id)
	}
	return d, nil
}

// SetDrift stores it.
func (r *Roster) SetDrift(ctx context.Context, id membership.GroupID, d membership.Drift) error {
	err := r.updateGroup(ctx, id, func(g *group) error { return g.setState(keyDrift, (*driftValue)(&d)) })
	return wrap(err, "store the drift of group %d", id)
}

// KnownIn is how many people are known to be in now, without the rows of an unfinished walk. It reads one byte of each person.
func (r *Roster) KnownIn(ctx context.Context, id membership.GroupID) (n int, err error) {
	c := Counts{Presence: map[membership.Presence]int{}, Role: map[membership.Role]int{}, Departure: map[membership.Departure]int{}}
	err = r.viewGroup(ctx, id, c.people)
	return c.Presence[membership.In], wrap(err, "count who is in group %d", id)
}
