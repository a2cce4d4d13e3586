package roster

import (
	"context"
	"fmt"
	"slices"

	"rollcall/internal/membership"
)

// Miss notes that lists which are known whole should have shown these people at that time, and did not; some 5,000 of them a
// transaction. Who is in, and was not confirmed since, thereby is in doubt (membership.DoubtMissed), and among the outcome's. It may be
// repeated.
func (r *Roster) Miss(ctx context.Context, id membership.GroupID, at membership.Instant, users []membership.UserID) (membership.Outcome, error) {
	users = slices.Compact(slices.Sorted(slices.Values(users)))
	var out membership.Outcome
	for chunk := range slices.Chunk(users, r.mergeRows) {
		var doubts []membership.UserID
		err := r.updateGroup(ctx, id, func(g *group) (err error) {
			doubts, err = g.miss(chunk, at)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("note whom lists do not show in group %d: %w", id, err)
		}
		out.Doubts = append(out.Doubts, doubts...)
	}
	return out, nil
}

func (g *group) miss(users []membership.UserID, at membership.Instant) (doubts []membership.UserID, err error) {
	err = g.amend(users, func(user membership.UserID, r *membership.Record) {
		s := r.Standing(g.now)
		if s.Presence != membership.In || s.LastConfirmed >= at {
			return // who came since is in no older list
		}
		r.Miss(at)
		doubts = append(doubts, user)
	})
	return doubts, err
}

// amend changes the records of those of the people, by id, of whom there is one.
func (g *group) amend(users []membership.UserID, change func(membership.UserID, *membership.Record)) error {
	var puts []put
	stored := g.people().follow()
	for _, user := range users {
		key := keyUser(user)
		raw, err := stored.at(key)
		if err != nil {
			return wrap(err, "person %d", user)
		}
		if raw == nil {
			continue
		}
		var p personValue
		if err := decodePerson(raw, &p); err != nil {
			return wrap(err, "person %d", user)
		}
		was := p.Record
		if change(user, &p.Record); p.Record != was {
			puts = append(puts, put{key, appendPerson(nil, &p, classOf(&p.Record))})
		}
	}
	return g.people().apply(puts)
}

// oldest is when the member was confirmed whose confirmation is the oldest; 0 where nobody is in.
func (g *group) oldest() (membership.Instant, error) {
	var oldest membership.Instant
	err := g.people().each(func(key, raw []byte) error {
		c, err := classByte(raw)
		if err != nil || c.presence() != membership.In {
			return wrap(err, "person %d", userOf(key))
		}
		var v personValue
		if err := decodePerson(raw, &v); err != nil {
			return wrap(err, "person %d", userOf(key))
		}
		p := membership.Person{Standing: v.Record.Standing(g.now), Record: v.Record}
		if at := p.Confirmed(); oldest == 0 || at < oldest {
			oldest = at
		}
		return nil
	})
	return oldest, err
}

// counted notes whom an audit's count confirmed. Who was shown by staged rows alone has no record yet, and needs none: a row says more.
func (g *group) counted(users []membership.UserID) error {
	users = slices.Compact(slices.Sorted(slices.Values(users)))
	return g.amend(users, func(_ membership.UserID, r *membership.Record) { r.Count(g.now) })
}
