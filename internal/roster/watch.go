package roster

import (
	"context"
	"slices"

	"rollcall/internal/membership"
)

type watchValue membership.Watch

func (v *watchValue) fields(w *wire) {
	for _, d := range []*membership.Duty{&v.Bot, &v.Owner} {
		w.flag(&d.Known)
		w.flag(&d.Post.In)
		w.flag(&d.Post.Admin)
		signed(w, &d.Lost)
		w.flag(&d.Told)
		w.uint(&d.Seq)
		signed(w, &d.Back)
	}
	signed(w, &v.Alarm)
	signed(w, &v.Began)
	if w.reading && len(w.b) == 0 {
		return // of before messages were folded
	}
	for _, d := range []*membership.Duty{&v.Bot, &v.Owner} {
		signed(w, &d.Telling.Since)
		signed(w, &d.Telling.Sent)
		signed(w, &d.Telling.Held)
	}
}

// Watch is what was last known of the two accounts in the group; zero where nothing was.
func (r *Roster) Watch(ctx context.Context, id membership.GroupID) (v membership.Watch, err error) {
	err = r.viewGroup(ctx, id, func(g *group) error {
		_, err := g.state(keyWatch, (*watchValue)(&v))
		return err
	})
	if err != nil {
		return membership.Watch{}, wrap(err, "read the watch of group %d", id)
	}
	return v, nil
}

// UpdateWatch changes it, in one transaction, where change changes anything: it is asked every few seconds. seq is where the ledger stands.
// change may be called twice, of which the second call counts.
func (r *Roster) UpdateWatch(ctx context.Context, id membership.GroupID, change func(w *membership.Watch, seq uint64)) error {
	same := false
	look := func(g *group) (v watchValue, err error) {
		if _, err = g.state(keyWatch, &v); err != nil {
			return v, err
		}
		was := v
		change((*membership.Watch)(&v), g.in(bucketLedger).Sequence())
		same = v == was
		return v, nil
	}
	known := false
	err := r.viewGroup(ctx, id, func(g *group) (err error) {
		known = true
		_, err = look(g)
		return err
	})
	if err == nil && (!known || !same) {
		err = r.updateGroup(ctx, id, func(g *group) error {
			v, err := look(g)
			if err != nil || same {
				return err
			}
			return g.setState(keyWatch, &v)
		})
	}
	return wrap(err, "store the watch of group %d", id)
}

// Tell changes the watch, and writes with it the note and the message to the owner that the change is worth: killed at any instant, it is said once.
func (r *Roster) Tell(
	ctx context.Context, id membership.GroupID, change func(w *membership.Watch) membership.Saying,
) (said membership.Saying, err error) {
	err = r.updateGroup(ctx, id, func(g *group) error {
		var v watchValue
		if _, err := g.state(keyWatch, &v); err != nil {
			return err
		}
		said = change((*membership.Watch)(&v))
		if err := g.setState(keyWatch, &v); err != nil {
			return err
		}
		if said.Note.Kind != 0 {
			if said.Note, err = g.note(said.Note); err != nil {
				return err
			}
		}
		if said.Message == "" {
			return nil
		}
		return g.notice(said.Message)
	})
	return said, wrap(err, "say what is watched of group %d", id)
}

// Happened is who came and went in an absence, by the ledger's entries since: each person by the last that they did.
func (r *Roster) Happened(ctx context.Context, id membership.GroupID, a membership.Absence) (h membership.Happened, err error) {
	people := map[membership.UserID]membership.Whereabouts{}
	err = r.viewGroup(ctx, id, func(g *group) error {
		c := g.in(bucketLedger).Cursor()
		for k, raw := c.Seek(keyUint(a.Seq + 1)); k != nil; k, raw = c.Next() {
			var e ledgerEntry
			if err := decodeEntry(raw, &e); err != nil {
				return err
			}
			if at := e.Event.Evidence.At; at < a.From || at > a.To || slices.Contains(a.Ours, e.Event.User) {
				continue
			}
			w := people[e.Event.User]
			w.Take(e.Event)
			people[e.Event.User] = w
		}
		return nil
	})
	for _, w := range people {
		h.Count(w)
	}
	return h, wrap(err, "read what happened in group %d since %s", id, a.From)
}
