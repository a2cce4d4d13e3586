package roster

import (
	"cmp"
	"context"
	"slices"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

func eachDue(tx *bolt.Tx, id membership.GroupID, fn func(membership.Reply)) error {
	home := aliasOf(tx, id).home
	return tx.Bucket(bucketDue).ForEach(func(_, raw []byte) error {
		var d dueValue
		if err := decode(raw, &d, "a reply that is due"); err != nil {
			return err
		}
		if aliasOf(tx, d.Group).home == home {
			fn(d.Reply)
		}
		return nil
	})
}

// DueReplies are the replies that are due, oldest question first. Some may be too old to be sent; the caller decides, and says
// ReplyDone for each.
func (r *Roster) DueReplies(ctx context.Context, id membership.GroupID) ([]membership.Reply, error) {
	due := []membership.Reply{}
	err := r.view(ctx, func(tx *bolt.Tx) error {
		return eachDue(tx, id, func(reply membership.Reply) { due = append(due, reply) })
	})
	slices.SortStableFunc(due, func(a, b membership.Reply) int {
		return cmp.Or(cmp.Compare(a.Asked, b.Asked), cmp.Compare(a.Message, b.Message))
	})
	return due, wrap(err, "read the replies that are due")
}

// ReplyDone clears a reply. served says that the person got what they came for: the deep link's payload is then honored, unless
// they came with another one since. A reply that is not due any more changes nothing.
func (r *Roster) ReplyDone(ctx context.Context, key membership.ReplyKey, served bool) error {
	err := r.update(ctx, func(tx *bolt.Tx) error {
		var d dueValue
		k := keyReply(key)
		ok, err := get(tx.Bucket(bucketDue), k, &d, "a reply that is due")
		if !ok || err != nil {
			return err
		}
		if err := tx.Bucket(bucketDue).Delete(k); err != nil || !served {
			return err
		}
		g, err := ensureGroup(tx, d.Group, r.instant())
		if err != nil {
			return err
		}
		if err := g.honor(d.Reply.User, d.Reply.Payload); err != nil {
			return err
		}
		return g.flush()
	})
	return wrap(err, "clear a reply")
}

// honor clears the payload that was honored; an empty one stands for whatever is stored.
func (g *group) honor(user membership.UserID, payload string) error {
	s, err := g.subscriber(user)
	if err != nil || s.Payload == "" || (payload != "" && payload != s.Payload) {
		return err
	}
	after := s
	after.Payload = ""
	return g.setSubscriber(s, after)
}

// PendingActions are the outbox's actions that may be tried at now, oldest first, at most limit.
func (r *Roster) PendingActions(
	ctx context.Context, id membership.GroupID, now membership.Instant, limit int,
) ([]membership.Action, error) {
	found := []membership.Action{}
	err := r.view(ctx, func(tx *bolt.Tx) error {
		home := aliasOf(tx, id).home
		c := tx.Bucket(bucketPending).Cursor()
		for k, _ := c.First(); k != nil && len(found) < limit; k, _ = c.Next() {
			a, ok, err := actionOf(tx, number(k))
			if err != nil {
				return err
			}
			if ok && a.NotBefore <= now && aliasOf(tx, a.Group).home == home {
				found = append(found, a)
			}
		}
		return nil
	})
	return found, wrap(err, "read the outbox")
}

// ActionDone stores how a try at a pending action ended: ActionDone, ActionFailed, or ActionPending for another try not before
// notBefore. errText is what went wrong, without secrets. An action that is not pending any more stays as it is.
func (r *Roster) ActionDone(
	ctx context.Context, id uint64, state membership.ActionState, errText string, notBefore membership.Instant,
) error {
	err := r.update(ctx, func(tx *bolt.Tx) error {
		a, ok, err := actionOf(tx, id)
		switch {
		case err != nil:
			return err
		case !ok:
			return ErrUnknownAction
		case a.State != membership.ActionPending:
			return nil
		}
		g, err := ensureGroup(tx, a.Group, r.instant())
		if err != nil {
			return err
		}
		a.State, a.Error, a.NotBefore = state, errText, notBefore
		a.Tries++
		if err := g.saveAction(&a); err != nil {
			return err
		}
		if state == membership.ActionDone && a.Verb == membership.Tell && a.Text != "" {
			if err := g.honor(a.User, a.Text); err != nil {
				return err
			}
		}
		return g.flush()
	})
	return wrap(err, "store the end of action %d", id)
}

// ActionHeldBack puts off a pending action that was not tried, since Telegram had asked to wait before.
func (r *Roster) ActionHeldBack(ctx context.Context, id uint64, errText string, notBefore membership.Instant) error {
	err := r.update(ctx, func(tx *bolt.Tx) error {
		a, ok, err := actionOf(tx, id)
		switch {
		case err != nil:
			return err
		case !ok:
			return ErrUnknownAction
		case a.State != membership.ActionPending:
			return nil
		}
		a.Error, a.NotBefore = errText, notBefore
		return tx.Bucket(bucketActions).Put(keyUint(a.ID), encode((*actionValue)(&a)))
	})
	return wrap(err, "put off action %d", id)
}

// ActionFilter chooses actions; zero fields choose all.
type ActionFilter struct {
	User  membership.UserID
	Verb  membership.Verb
	State membership.ActionState
	Plan  string
	Since membership.Instant // decided at this time or later
	Limit int                // the newest so many; 0 is all
}

func (f ActionFilter) takes(a membership.Action) bool {
	return (f.User == 0 || a.User == f.User) && (f.Verb == 0 || a.Verb == f.Verb) && (f.State == 0 || a.State == f.State) &&
		(f.Plan == "" || a.Plan == f.Plan) && a.At >= f.Since
}

// Actions are the actions that were decided, newest first.
func (r *Roster) Actions(ctx context.Context, id membership.GroupID, f ActionFilter) ([]membership.Action, error) {
	found := []membership.Action{}
	err := r.view(ctx, func(tx *bolt.Tx) error {
		home := aliasOf(tx, id).home
		c := tx.Bucket(bucketActions).Cursor()
		for k, raw := c.Last(); k != nil && (f.Limit == 0 || len(found) < f.Limit); k, raw = c.Prev() {
			var a actionValue
			if err := decode(raw, &a, "an action"); err != nil {
				return err
			}
			a.ID = number(k)
			if f.takes(membership.Action(a)) && aliasOf(tx, a.Group).home == home {
				found = append(found, membership.Action(a))
			}
		}
		return nil
	})
	return found, wrap(err, "read the actions")
}
