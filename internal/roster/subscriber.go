package roster

import (
	"context"
	"fmt"

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

// Allowed is an entry of the allow list: somebody who is served and never removed, whatever the facts.
type Allowed struct {
	User  membership.UserID  `json:"id"`
	Note  string             `json:"note"`
	Since membership.Instant `json:"since"`
}

func (g *group) allowed(user membership.UserID) bool {
	return g.in(bucketAllow).Get(keyUser(user)) != nil
}

// Allow puts somebody on the allow list. A subscriber whose access was revoked gets it back at once. Repeating it changes the note.
func (r *Roster) Allow(ctx context.Context, id membership.GroupID, user membership.UserID, note string) error {
	err := r.updateGroup(ctx, id, func(g *group) error {
		entry := Allowed{Since: g.now}
		if _, err := get(g.in(bucketAllow), keyUser(user), &entry, "the allow list"); err != nil {
			return err
		}
		entry.Note = note
		if err := g.in(bucketAllow).Put(keyUser(user), encode(&entry)); err != nil {
			return err
		}
		s, err := g.subscriber(user)
		if err != nil || s.IsZero() || s.Access == membership.Granted {
			return err
		}
		err = g.grant(s, membership.Action{Reason: membership.ReasonAllowed})
		return err
	})
	if err != nil {
		return fmt.Errorf("put %d on the allow list: %w", user, err)
	}
	return nil
}

// Disallow takes somebody off the allow list; it revokes nothing by itself.
func (r *Roster) Disallow(ctx context.Context, id membership.GroupID, user membership.UserID) error {
	err := r.updateGroup(ctx, id, func(g *group) error { return g.in(bucketAllow).Delete(keyUser(user)) })
	if err != nil {
		return fmt.Errorf("take %d off the allow list: %w", user, err)
	}
	return nil
}

// AllowList is the allow list, by id.
func (r *Roster) AllowList(ctx context.Context, id membership.GroupID) ([]Allowed, error) {
	found := []Allowed{}
	err := r.viewGroup(ctx, id, func(g *group) error {
		return g.in(bucketAllow).ForEach(func(k, v []byte) error {
			entry := Allowed{User: userOf(k)}
			found = append(found, entry)
			return decode(v, &found[len(found)-1], "the allow list")
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the allow list: %w", err)
	}
	return found, nil
}
