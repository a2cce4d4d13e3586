package roster

import (
	"context"

	"rollcall/internal/membership"
)

type noteValue membership.Note

func (n *noteValue) fields(w *wire) {
	word(w, &n.Kind, membership.LastNote)
	signed(w, &n.At)
	signed(w, &n.Recorded)
	w.text(&n.Text)
	signed(w, &n.Actor)
	signed(w, &n.User)
	signed(w, &n.From)
	signed(w, &n.To)
	word(w, &n.Was, membership.Blind)
	word(w, &n.Mode, membership.Blind)
	w.uint(&n.Gap)
}

type rungValue membership.Rung

func (r *rungValue) fields(w *wire) {
	word(w, &r.Mode, membership.Blind)
	w.text(&r.Reason)
	signed(w, &r.Since)
}

// Note writes a note and, where the owner shall know, the message to them, in one transaction.
func (r *Roster) Note(ctx context.Context, id membership.GroupID, n membership.Note, notice bool) (membership.Note, error) {
	err := r.updateGroup(ctx, id, func(g *group) (err error) {
		if n, err = g.note(n); err != nil || !notice {
			return err
		}
		return g.notice(n.Text)
	})
	return n, wrap(err, "note what happened to group %d", id)
}

// note appends a note.
func (g *group) note(n membership.Note) (membership.Note, error) {
	b := g.in(bucketNotes)
	seq, err := b.NextSequence()
	if err != nil {
		return n, err
	}
	n.Seq, n.Recorded = seq, g.now
	if n.At == 0 {
		n.At = g.now
	}
	return n, b.Put(keyUint(seq), encode((*noteValue)(&n)))
}

// notice puts a message to the owner in the outbox, where it is known who that is.
func (g *group) notice(text string) error {
	owner, err := g.owner()
	if err != nil || owner == 0 {
		return err
	}
	a := membership.Action{Verb: membership.Notice, User: owner, At: g.now, State: membership.ActionPending, Text: text}
	a.Group = g.id
	return g.saveAction(&a)
}

// Notes are the notes after a sequence number, oldest first, at most limit.
func (r *Roster) Notes(ctx context.Context, id membership.GroupID, after uint64, limit int) ([]membership.Note, error) {
	notes := []membership.Note{}
	err := r.viewGroup(ctx, id, func(g *group) error {
		c := g.in(bucketNotes).Cursor()
		for k, raw := c.Seek(keyUint(after + 1)); k != nil && len(notes) < limit; k, raw = c.Next() {
			n, err := decodeNote(k, raw)
			if err != nil {
				return err
			}
			notes = append(notes, n)
		}
		return nil
	})
	return notes, wrap(err, "read the notes of group %d", id)
}

func decodeNote(key, raw []byte) (membership.Note, error) {
	var n noteValue
	err := decode(raw, &n, "a note")
	n.Seq = number(key)
	return membership.Note(n), err
}

// Rung is where the group stands on the ladder of freshness, as it was last noted; the zero Rung where it never was.
func (r *Roster) Rung(ctx context.Context, id membership.GroupID) (rung membership.Rung, err error) {
	err = r.viewGroup(ctx, id, func(g *group) error {
		_, err := g.state(keyRung, (*rungValue)(&rung))
		return err
	})
	return rung, wrap(err, "read where group %d stands", id)
}

// Climb notes how fresh the group is now. Where the mode has changed, the new rung, the note and the message to the owner, which ends with what
// advice has to say of the mode, are written in one transaction, and the note is returned; otherwise nothing is, and the note is of no kind. The
// owner is not told that a group that was never noted is fresh.
func (r *Roster) Climb(
	ctx context.Context, id membership.GroupID, f membership.Freshness, advice func(membership.Mode) string,
) (note membership.Note, err error) {
	was, err := r.Rung(ctx, id)
	if err != nil || was.Mode == f.Mode {
		return note, err
	}
	err = r.updateGroup(ctx, id, func(g *group) error {
		var was membership.Rung
		if _, err := g.state(keyRung, (*rungValue)(&was)); err != nil {
			return err
		}
		is, changed := was.Climb(f, g.now)
		if !changed {
			return nil
		}
		if err := g.setState(keyRung, (*rungValue)(&is)); err != nil {
			return err
		}
		if note, err = g.note(is.Note(was)); err != nil || was.Mode == 0 && is.Mode == membership.Fresh {
			return err
		}
		return g.notice(note.Text + " " + advice(is.Mode))
	})
	return note, wrap(err, "note how fresh group %d is", id)
}
