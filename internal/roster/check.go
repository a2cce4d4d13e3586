package roster

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// problemLimit ends a check of a file that is wrong everywhere.
const problemLimit = 100

// Check reads all of the file and says what is wrong with it: bbolt's own structure; each person against the ledger folded again;
// every index and count against what it is made of. No problems is a clean roster. An error is a check that could not be made.
// Writers wait meanwhile, some half a second for two hundred thousand people: bbolt's check reads the free list that they change.
func (r *Roster) Check(ctx context.Context) ([]Problem, error) {
	c := check{stopped: ctx.Err, roster: r}
	if !r.db.IsReadOnly() {
		writer, err := r.db.Begin(true)
		if err != nil {
			return nil, wrap(err, "check the roster")
		}
		defer func() { _ = writer.Rollback() }() // it wrote nothing
	}
	err := r.view(ctx, func(tx *bolt.Tx) error {
		if c.structure(tx); len(c.problems) > 0 {
			return nil
		}
		if err := c.file(tx); err != nil {
			return err
		}
		return eachGroup(tx, r.instant(), c.group)
	})
	if err != nil && ctx.Err() == nil {
		c.add(0, "%v", err) // what panics or does not decode is a finding, not a failure to look
		err = nil
	}
	if err != nil {
		return nil, wrap(err, "check the roster")
	}
	return c.problems, nil
}

type check struct {
	stopped  func() error
	roster   *Roster
	problems []Problem
}

func (c *check) add(g membership.GroupID, format string, args ...any) {
	if len(c.problems) < problemLimit {
		c.problems = append(c.problems, Problem{Group: g, What: fmt.Sprintf(format, args...)})
	}
}

// structure reads the skeleton, and then everything, where a fault is caught, before bbolt's own check does the same in a goroutine of
// its own, where it would end the program.
func (c *check) structure(tx *bolt.Tx) {
	err := sound(tx.DB().Path())
	if err == nil {
		err = guarded(func() error { return tx.ForEach(func(_ []byte, b *bolt.Bucket) error { return readAll(b) }) })
	}
	if err != nil {
		c.add(0, "%v", err)
		return
	}
	for err := range tx.Check() {
		c.add(0, "%v", err)
	}
}

func readAll(b *bolt.Bucket) error {
	var last []byte
	return b.ForEach(func(k, v []byte) error {
		if last != nil && bytes.Compare(last, k) >= 0 {
			return damagedf("keys are out of order")
		}
		last = k
		if v == nil {
			return readAll(b.Bucket(k))
		}
		return nil
	})
}

// file checks what is common to all groups.
func (c *check) file(tx *bolt.Tx) error {
	for _, step := range []func(*bolt.Tx) error{c.names, c.profiles, c.asked, c.actions, c.plans, c.aliases} {
		if err := c.stopped(); err != nil {
			return err
		}
		if err := step(tx); err != nil {
			return err
		}
	}
	return nil
}

func (c *check) names(tx *bolt.Tx) error {
	merging := false
	err := eachGroup(tx, 0, func(g *group) error {
		w, open, err := g.openWalk()
		merging = merging || (open && w.Merge.Upto != 0)
		return err
	})
	if err != nil {
		return err
	}
	return namesOf(tx).each(func(name, raw []byte) error {
		owner, err := ownerOf(raw)
		if err != nil || merging {
			return err // between the names and the people of a merge the index is ahead
		}
		p, _, err := profileOf(tx, owner)
		if err == nil && string(keyName(p.Username)) != string(name) {
			c.add(0, "the name %q leads to %d, who is called %q", name, owner, p.Username)
		}
		return err
	})
}

func (c *check) profiles(tx *bolt.Tx) error {
	return profilesOf(tx).each(func(k, raw []byte) error {
		var p profileValue
		if err := decodeProfile(raw, &p); err != nil {
			return wrap(err, "profile of %d", userOf(k))
		}
		owner, err := namesOf(tx).owner(keyName(p.Username))
		if err == nil && p.Username != "" && owner != userOf(k) {
			c.add(0, "the name %q of %d leads to %d", p.Username, userOf(k), owner)
		}
		return err
	})
}

func (c *check) asked(tx *bolt.Tx) error {
	asked, askedAt := tx.Bucket(bucketAsked), tx.Bucket(bucketAskedAt)
	err := asked.ForEach(func(k, at []byte) error {
		if askedAt.Get(append(bytes.Clone(at), k...)) == nil {
			c.add(0, "a question has no time")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n, m := countKeys(asked), countKeys(askedAt); n != m {
		c.add(0, "%d questions have %d times", n, m)
	}
	return tx.Bucket(bucketDue).ForEach(func(k, raw []byte) error {
		var d dueValue
		if err := decode(raw, &d, "a reply that is due"); err != nil {
			return err
		}
		if !bytes.Equal(k, keyReply(d.Reply.Key())) || asked.Get(k) == nil {
			c.add(d.Group, "a reply is due to a question that was not asked")
		}
		return nil
	})
}

func (c *check) actions(tx *bolt.Tx) error {
	pending := 0
	err := tx.Bucket(bucketActions).ForEach(func(k, _ []byte) error {
		a, _, err := actionOf(tx, number(k))
		if err != nil {
			return err
		}
		if a.State == membership.ActionPending {
			pending++
			if tx.Bucket(bucketPending).Get(k) == nil {
				c.add(a.Group, "pending action %d is not in the outbox", a.ID)
			}
		}
		return nil
	})
	if n := countKeys(tx.Bucket(bucketPending)); err == nil && n != pending {
		c.add(0, "the outbox holds %d actions, %d are pending", n, pending)
	}
	return err
}

func (c *check) plans(tx *bolt.Tx) error {
	return tx.Bucket(bucketPlans).ForEachBucket(func(id []byte) error {
		var p planValue
		b, progress, err := openPlan(tx, string(id), &p)
		if err != nil {
			return wrap(err, "plan %q", id)
		}
		if progress.Next > len(p.Rows) {
			c.add(p.Group, "plan %s is applied beyond its end", id)
		}
		for i := range progress.Next {
			raw := b.Get(keyRow(i))
			if raw == nil {
				continue
			}
			if a, ok, err := actionOf(tx, number(raw)); err != nil || !ok || a.Plan != string(id) {
				c.add(p.Group, "row %d of plan %s leads to no action of it", i, id)
			}
		}
		return nil
	})
}
