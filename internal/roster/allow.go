package roster

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"rollcall/internal/membership"
)

// Allowed is an entry of the allow list: somebody who is served and never removed, whatever the facts.
type Allowed struct {
	User  membership.UserID  `json:"id"`
	Note  string             `json:"note"`
	Since membership.Instant `json:"since"`
	// Removed is when they were taken off again; 0 while they are on it. It is kept in a note, since the list itself is what is served by.
	Removed membership.Instant `json:"removed"`
}

func (a *Allowed) fields(w *wire) {
	w.text(&a.Note)
	signed(w, &a.Since)
}

// at says whether the entry was on the list at the moment.
func (a Allowed) at(at membership.Instant) bool {
	return a.Since <= at && (a.Removed == 0 || at < a.Removed)
}

func (g *group) allowed(user membership.UserID) bool {
	return g.in(bucketAllow).Get(keyUser(user)) != nil
}

// sinceEver is since when the removals of a group are on record that this version met first: before it there was no list.
const sinceEver membership.Instant = 1

// recordRemovals notes since when removals from the allow list are on record, unless that is known. A roster that is older than the record has
// them from the first change on.
func (g *group) recordRemovals(since membership.Instant) error {
	n := numberValue(since)
	if known, err := g.state(keyRemoved, new(numberValue)); known || err != nil {
		return err
	}
	return g.setState(keyRemoved, &n)
}

// Allow puts somebody on the allow list, and that on record. A subscriber whose access was revoked gets it back at once. Repeating it changes the
// note.
func (r *Roster) Allow(ctx context.Context, id membership.GroupID, user membership.UserID, note string) error {
	err := r.updateGroup(ctx, id, func(g *group) error {
		if err := g.recordRemovals(g.now); err != nil {
			return err
		}
		entry := Allowed{Since: g.now}
		known, err := get(g.in(bucketAllow), keyUser(user), &entry, "the allow list")
		if err != nil {
			return err
		}
		if !known || entry.Note != note {
			entry.Note = note
			if err := g.in(bucketAllow).Put(keyUser(user), encode(&entry)); err != nil {
				return err
			}
			if _, err := g.note(membership.Note{Kind: membership.NoteAllowed, User: user, Text: note}); err != nil {
				return err
			}
		}
		s, err := g.subscriber(user)
		if err != nil || s.IsZero() || s.Access == membership.Granted {
			return err
		}
		return g.grant(s, membership.Action{Reason: membership.ReasonAllowed})
	})
	return wrap(err, "put %d on the allow list", user)
}

// Disallow takes somebody off the allow list, and puts that on record; it revokes nothing by itself.
func (r *Roster) Disallow(ctx context.Context, id membership.GroupID, user membership.UserID) error {
	err := r.updateGroup(ctx, id, func(g *group) error {
		if err := g.recordRemovals(g.now); err != nil {
			return err
		}
		var entry Allowed
		known, err := get(g.in(bucketAllow), keyUser(user), &entry, "the allow list")
		if err != nil || !known {
			return err
		}
		if err := g.in(bucketAllow).Delete(keyUser(user)); err != nil {
			return err
		}
		_, err = g.note(membership.Note{Kind: membership.NoteDisallowed, User: user, Text: entry.Note, From: entry.Since, To: g.now})
		return err
	})
	return wrap(err, "take %d off the allow list", user)
}

// AllowList is the allow list, by id.
func (r *Roster) AllowList(ctx context.Context, id membership.GroupID) (list []Allowed, err error) {
	list = []Allowed{}
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		list, err = g.allowList()
		return err
	})
	return list, wrap(err, "read the allow list")
}

func (g *group) allowList() ([]Allowed, error) {
	list := []Allowed{}
	err := g.in(bucketAllow).ForEach(func(k, raw []byte) error {
		list = append(list, Allowed{User: userOf(k)})
		return decode(raw, &list[len(list)-1], "the allow list")
	})
	return list, err
}

// AllowListAt is the allow list as it was at a moment, by id, with when whoever is not on it any more was taken off. Removals are on record since
// recorded, which is 0 where none is; of those before nothing is known.
func (r *Roster) AllowListAt(
	ctx context.Context, id membership.GroupID, at membership.Instant,
) (list []Allowed, recorded membership.Instant, err error) {
	list = []Allowed{}
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		var since numberValue
		if _, err = g.state(keyRemoved, &since); err != nil {
			return err
		}
		recorded = membership.Instant(since)
		list, err = g.allowListAt(at)
		return err
	})
	return list, recorded, wrap(err, "read the allow list of %s", at)
}

func (g *group) allowListAt(at membership.Instant) ([]Allowed, error) {
	on := map[membership.UserID]Allowed{}
	words := map[membership.UserID][]membership.Note{} // the owner's, at the time
	err := g.in(bucketNotes).ForEach(func(k, raw []byte) error {
		n, err := decodeNote(k, raw)
		switch stay := (Allowed{User: n.User, Note: n.Text, Since: n.From, Removed: n.To}); {
		case err != nil || n.At > at && n.Kind != membership.NoteDisallowed:
			return err
		case n.Kind == membership.NoteAllowed:
			words[n.User] = append(words[n.User], n)
		case n.Kind == membership.NoteDisallowed && stay.at(at):
			on[n.User] = stay
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	today, err := g.allowList()
	if err != nil {
		return nil, err
	}
	for _, a := range today {
		if a.at(at) {
			on[a.User] = a
		}
	}
	list := slices.SortedFunc(maps.Values(on), func(a, b Allowed) int { return cmp.Compare(a.User, b.User) })
	for i := range list {
		for _, n := range words[list[i].User] {
			if n.At >= list[i].Since {
				list[i].Note = n.Text
			}
		}
	}
	return list, nil
}
