package roster

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// A basic group that becomes a supergroup has another id from then on, and is the same group: its history, subscribers and links go on. So a group's
// bucket keeps the id that the group had when it was first met, its home, and nothing is moved; every later id leads there, and what is stored under
// an earlier one is the group's.

var (
	// ErrUnknownGroup says that the roster has no group of that id.
	ErrUnknownGroup = errors.New("the roster does not know the group")
	// ErrTwoGroups says that both ids have a history of their own.
	ErrTwoGroups = errors.New("the roster keeps a history under both ids")
	// ErrWalkOpen says that an open walk has to be ended first, with what it has shown.
	ErrWalkOpen = errors.New("a walk of the group is open")
)

// aliasValue is where an id leads: the group's home, and its present id.
type aliasValue struct{ home, present membership.GroupID }

func (a *aliasValue) fields(w *wire) {
	signed(w, &a.home)
	signed(w, &a.present)
}

// aliasOf leads an id to the group's home and present id; an id that was never another's leads to itself.
func aliasOf(tx *bolt.Tx, id membership.GroupID) aliasValue {
	a := aliasValue{home: id, present: id}
	if _, err := get(tx.Bucket(bucketAliases), keyGroupID(id), &a, "an alias"); err != nil {
		panic(err) // guarded makes it "damaged"
	}
	return a
}

// is says whether an id is one that the group has or had.
func (g *group) is(id membership.GroupID) bool { return id == g.id || aliasOf(g.tx, id).home == g.home }

// home is where the group of an id lies.
func (r *Roster) home(id membership.GroupID) (home membership.GroupID) {
	home = id
	_ = guarded(func() error { // what is damaged is found by whoever opens the group
		return r.db.View(func(tx *bolt.Tx) error {
			home = aliasOf(tx, id).home
			return nil
		})
	})
	return home
}

// Present is the id that a group has now, whichever of its ids is given; one that the roster does not know is itself.
func (r *Roster) Present(ctx context.Context, id membership.GroupID) (present membership.GroupID, err error) {
	err = r.view(ctx, func(tx *bolt.Tx) error {
		present = aliasOf(tx, id).present
		return nil
	})
	return present, wrap(err, "read the ids of group %d", id)
}

// Migrate has a group go on under another id: history, subscribers and all that is due stay; the old id leads to it from now on. The positions of the
// admin log and of the bot's feed begin anew, since the new group has its own. Doing it again changes nothing. Where the roster knows the new id
// already, what it has there must be no history: else it is ErrTwoGroups, and nothing is changed. The allow list, and whether the gate is enforced,
// go on from there.
func (r *Roster) Migrate(ctx context.Context, from membership.GroupID, to membership.Group) (note membership.Note, err error) {
	err = r.update(ctx, func(tx *bolt.Tx) error {
		g := openGroup(tx, from, r.instant())
		switch {
		case g == nil:
			return ErrUnknownGroup
		case to.ID == 0 || to.ID == g.id:
			return nil
		}
		if _, open, err := g.openWalk(); err != nil || open {
			return errors.Join(err, ErrWalkOpen)
		}
		if err := g.replace(to.ID); err != nil {
			return err
		}
		if err := g.lead(to.ID); err != nil {
			return err
		}
		if note, err = g.migrated(to); err != nil {
			return err
		}
		return g.flush()
	})
	return note, wrap(err, "have group %d go on as %d", from, to.ID)
}

// replace drops what is kept under the new id, where that is no history; what the owner decided there goes on.
func (g *group) replace(id membership.GroupID) error {
	there := openGroup(g.tx, id, g.now)
	if there == nil {
		return nil
	}
	_, walking, err := there.openWalk()
	if err != nil {
		return err
	}
	if walking || there.home == g.home || countKeys(there.in(bucketSubscribers)) > 0 || countKeys(there.in(bucketLedger)) > 0 {
		return ErrTwoGroups
	}
	if err := g.adopt(there); err != nil {
		return err
	}
	return g.tx.Bucket(bucketGroups).DeleteBucket(keyGroupID(there.home))
}

// adopt takes over whom the owner put on the allow list under another id, and whether the gate is enforced, where they said so there.
func (g *group) adopt(there *group) error {
	list, err := there.allowList()
	if err != nil {
		return err
	}
	for _, a := range list {
		if g.allowed(a.User) {
			continue
		}
		if err := g.in(bucketAllow).Put(keyUser(a.User), encode(&a)); err != nil {
			return err
		}
		if _, err := g.note(membership.Note{Kind: membership.NoteAllowed, At: a.Since, User: a.User, Text: a.Note}); err != nil {
			return err
		}
	}
	var on flagValue
	if said, err := there.state(keyEnforce, &on); err != nil || !said {
		return err
	}
	return g.setState(keyEnforce, &on)
}

// lead has all ids of the group lead to its home, and say that the given one is the present.
func (g *group) lead(id membership.GroupID) error {
	aliases := g.tx.Bucket(bucketAliases)
	ids := []membership.GroupID{g.home, id}
	err := aliases.ForEach(func(k, _ []byte) error {
		if other := groupOf(k); other != g.home && other != id && aliasOf(g.tx, other).home == g.home {
			ids = append(ids, other)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, one := range ids {
		if err := aliases.Put(keyGroupID(one), encode(&aliasValue{home: g.home, present: id})); err != nil {
			return err
		}
	}
	return nil
}

func (g *group) migrated(to membership.Group) (membership.Note, error) {
	was := groupValue{ID: g.id}
	if _, err := g.state(keyGroup, &was); err != nil {
		return membership.Note{}, err
	}
	g.id = to.ID
	if err := g.setState(keyGroup, (*groupValue)(&to)); err != nil {
		return membership.Note{}, err
	}
	if err := g.setState(keyTail, &tailValue{}); err != nil {
		return membership.Note{}, err
	}
	err := g.updateSources(func(s *membership.Sources) { *s = membership.Sources{Walk: s.Walk} })
	if err != nil {
		return membership.Note{}, err
	}
	text := fmt.Sprintf(
		"The group became a supergroup: its id is %d now, and was %d. History, subscribers and links go on; the old id still works here.",
		to.Marked(), membership.Group(was).Marked(),
	)
	note, err := g.note(membership.Note{Kind: membership.NoteMigrated, Text: text})
	if err != nil {
		return note, err
	}
	return note, g.notice(text + " A bot that was an administrator is one there too; any other hears nothing until it is made one.")
}

// aliases checks that every id leads to a group, and to itself where it is the present one.
func (c *check) aliases(tx *bolt.Tx) error {
	return tx.Bucket(bucketAliases).ForEach(func(k, _ []byte) error {
		a := aliasOf(tx, groupOf(k))
		if tx.Bucket(bucketGroups).Bucket(keyGroupID(a.home)) == nil {
			c.add(a.present, "the id %d leads to a group that is not there", groupOf(k))
		}
		if aliasOf(tx, a.present) != a || aliasOf(tx, a.home) != a {
			c.add(a.present, "the ids of the group do not lead to one another")
		}
		return nil
	})
}
