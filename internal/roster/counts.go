package roster

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// Counts is how much of everything there is.
type Counts struct {
	LedgerEvents int                            `json:"ledger_events"`
	People       int                            `json:"people"`
	Presence     map[membership.Presence]int    `json:"presence"`
	Role         map[membership.Role]int        `json:"role"`      // of those who are in
	Departure    map[membership.Departure]int   `json:"departure"` // of those who are out
	Subscribers  int                            `json:"subscribers"`
	Dialog       map[membership.Dialog]int      `json:"dialog"`
	Access       map[membership.Access]int      `json:"access"`
	Actions      map[membership.ActionState]int `json:"actions"` // the outbox by state
	Allowed      int                            `json:"allowed"`
	RepliesDue   int                            `json:"replies_due"`
	// Staged is the rows of an unfinished walk that are not merged: the numbers above do not hold them yet.
	Staged int `json:"staged"`
}

// Counts counts the group. It reads one byte of each person, and no more of those whose standing does not depend on the moment.
func (r *Roster) Counts(ctx context.Context, id membership.GroupID) (Counts, error) {
	c := Counts{
		Presence: map[membership.Presence]int{}, Role: map[membership.Role]int{}, Departure: map[membership.Departure]int{},
		Dialog: map[membership.Dialog]int{}, Access: map[membership.Access]int{}, Actions: map[membership.ActionState]int{},
	}
	err := r.viewGroup(ctx, id, func(g *group) error {
		for _, step := range []func(*group) error{c.people, c.tallied, c.rest} {
			if err := step(g); err != nil {
				return err
			}
		}
		return nil
	})
	return c, wrap(err, "count group %d", id)
}

func (c *Counts) people(g *group) error {
	var by [1 << 8]int
	err := g.people().each(func(k, raw []byte) error {
		of, err := classByte(raw)
		if err != nil {
			return wrap(err, "person %d", userOf(k))
		}
		if of&classTimed == 0 {
			by[of]++
			return nil
		}
		var p personValue
		if err := decodePerson(raw, &p); err != nil {
			return wrap(err, "person %d", userOf(k))
		}
		s := p.Record.Standing(g.now)
		by[class(s.Presence)|class(s.Role)<<2|class(s.Departure)<<5]++
		return nil
	})
	for i, n := range by {
		of := class(i)
		if n == 0 {
			continue
		}
		c.People += n
		c.Presence[of.presence()] += n
		switch of.presence() {
		case membership.In:
			c.Role[of.role()] += n
		case membership.Out:
			c.Departure[of.departure()] += n
		case membership.Unknown:
		}
	}
	return err
}

func (c *Counts) tallied(g *group) error {
	t, err := g.counts()
	if err != nil {
		return err
	}
	for dialog, byAccess := range t.Subscribers {
		for access, n := range byAccess {
			if n != 0 {
				c.Subscribers += n
				c.Dialog[membership.Dialog(dialog)] += n
				c.Access[membership.Access(access)] += n
			}
		}
	}
	for state, n := range t.Actions {
		if n != 0 {
			c.Actions[membership.ActionState(state)] += n
		}
	}
	return nil
}

func (c *Counts) rest(g *group) error {
	c.LedgerEvents = int(g.in(bucketLedger).Sequence())
	c.Allowed = countKeys(g.in(bucketAllow))
	w, open, err := g.openWalk()
	if err != nil {
		return err
	}
	if open {
		err = g.eachBlock(w.ID, w.Merged, w.Checkpoint.Pages, func(_ int, raw []byte) error {
			p, err := openBlock(raw)
			c.Staged += p.left
			return err
		})
	}
	if err != nil {
		return err
	}
	return eachDue(g.tx, g.id, func(membership.Reply) { c.RepliesDue++ })
}

func countKeys(b *bolt.Bucket) int {
	n := 0
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		n++
	}
	return n
}
