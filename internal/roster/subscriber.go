package roster

import (
	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// tallyValue counts what would otherwise be counted by reading all of it. Check compares it with the truth.
type tallyValue struct {
	Subscribers [membership.DialogDeactivated + 1][membership.Revoked + 1]int
	Actions     [membership.ActionUndone + 1]int
}

func (t *tallyValue) fields(w *wire) {
	for i := range t.Subscribers {
		for j := range t.Subscribers[i] {
			signed(w, &t.Subscribers[i][j])
		}
	}
	for i := range t.Actions {
		signed(w, &t.Actions[i])
	}
}

// granted is how many subscribers have access.
func (t *tallyValue) granted() int {
	n := 0
	for _, byAccess := range t.Subscribers {
		n += byAccess[membership.Granted]
	}
	return n
}

// counts is the group's tally; whoever changes it calls recount first.
func (g *group) counts() (*tallyValue, error) {
	if g.tally == nil {
		var t tallyValue
		if _, err := g.state(keyTally, &t); err != nil {
			return nil, err
		}
		g.tally = &t
	}
	return g.tally, nil
}

func (g *group) recount() (*tallyValue, error) {
	g.tallyDirty = true
	return g.counts()
}

// subscriber is zero for somebody who never started the bot.
func (g *group) subscriber(user membership.UserID) (membership.Subscriber, error) {
	var s subscriberValue
	ok, err := get(g.in(bucketSubscribers), keyUser(user), &s, "a subscriber")
	if !ok || err != nil {
		return membership.Subscriber{}, err
	}
	s.User = user
	return membership.Subscriber(s), nil
}

// setSubscriber stores what became of before.
func (g *group) setSubscriber(before, after membership.Subscriber) error {
	if before == after {
		return nil
	}
	t, err := g.recount()
	if err != nil {
		return err
	}
	if !before.IsZero() {
		t.Subscribers[before.Dialog][before.Access]--
	}
	t.Subscribers[after.Dialog][after.Access]++
	return g.in(bucketSubscribers).Put(keyUser(after.User), encode((*subscriberValue)(&after)))
}

// saveAction stores an action, with a number of its own where it has none, and keeps the outbox.
func (g *group) saveAction(a *membership.Action) error {
	actions, pending := g.tx.Bucket(bucketActions), g.tx.Bucket(bucketPending)
	t, err := g.recount()
	if err != nil {
		return err
	}
	if a.ID == 0 {
		if a.ID, err = actions.NextSequence(); err != nil {
			return err
		}
	} else {
		var old actionValue
		if _, err := get(actions, keyUint(a.ID), &old, "an action"); err != nil {
			return err
		}
		t.Actions[old.State]--
	}
	t.Actions[a.State]++
	if a.State == membership.ActionPending {
		err = pending.Put(keyUint(a.ID), []byte{version})
	} else {
		err = pending.Delete(keyUint(a.ID))
	}
	if err != nil {
		return err
	}
	return actions.Put(keyUint(a.ID), encode((*actionValue)(a)))
}

func actionOf(tx *bolt.Tx, id uint64) (membership.Action, bool, error) {
	var a actionValue
	ok, err := get(tx.Bucket(bucketActions), keyUint(id), &a, "an action")
	a.ID = id
	return membership.Action(a), ok, err
}
