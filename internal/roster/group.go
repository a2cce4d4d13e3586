package roster

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// group is one group's buckets within one transaction.
type group struct {
	id   membership.GroupID // that it has now
	home membership.GroupID // that it had at first (aliases.go)
	now  membership.Instant
	tx   *bolt.Tx
	root *bolt.Bucket

	tally      *tallyValue // loaded by counts
	tallyDirty bool
}

// openGroup is nil where the roster does not know the group.
func openGroup(tx *bolt.Tx, id membership.GroupID, now membership.Instant) *group {
	a := aliasOf(tx, id)
	root := tx.Bucket(bucketGroups).Bucket(keyGroupID(a.home))
	if root == nil {
		return nil
	}
	return &group{id: a.present, home: a.home, now: now, tx: tx, root: root}
}

func ensureGroup(tx *bolt.Tx, id membership.GroupID, now membership.Instant) (*group, error) {
	if id == 0 {
		return nil, errors.New("a group without an id")
	}
	if g := openGroup(tx, id, now); g != nil {
		return g, nil
	}
	root, err := tx.Bucket(bucketGroups).CreateBucket(keyGroupID(id))
	if err != nil {
		return nil, fmt.Errorf("make group %d: %w", id, err)
	}
	for _, name := range groupBuckets {
		if _, err := root.CreateBucket(name); err != nil {
			return nil, fmt.Errorf("make group %d: %w", id, err)
		}
	}
	g := &group{id: id, home: id, now: now, tx: tx, root: root}
	return g, g.recordRemovals(sinceEver)
}

// in is a bucket of the group.
func (g *group) in(name []byte) *bolt.Bucket {
	b := g.root.Bucket(name)
	if b == nil {
		panic(fmt.Sprintf("the %s of group %d are missing", name, g.id)) // guarded makes it "damaged"
	}
	return b
}

// state reads a single record into v; false where it was never stored.
func (g *group) state(key []byte, v value) (bool, error) {
	return get(g.in(bucketState), key, v, string(key))
}

func (g *group) setState(key []byte, v value) error { return g.in(bucketState).Put(key, encode(v)) }

func get(b *bolt.Bucket, key []byte, v value, what string) (bool, error) {
	raw := b.Get(key)
	if raw == nil {
		return false, nil
	}
	return true, decode(raw, v, what)
}

// flush stores what the transaction counted.
func (g *group) flush() error {
	if !g.tallyDirty {
		return nil
	}
	return g.setState(keyTally, g.tally)
}

// PutGroup stores what is known of the group itself.
func (r *Roster) PutGroup(ctx context.Context, v membership.Group) error {
	err := r.updateGroup(ctx, v.ID, func(g *group) error { return g.put(v) })
	if err != nil {
		return fmt.Errorf("store group %d: %w", v.ID, err)
	}
	return nil
}

// put stores the group. Where the owner's account lost its place in it, or has it again, the sources know it by the same transaction.
func (g *group) put(v membership.Group) error {
	var was groupValue
	if _, err := g.state(keyGroup, &was); err != nil {
		return err
	}
	if err := g.setState(keyGroup, (*groupValue)(&v)); err != nil || was.Admin == v.Admin {
		return err
	}
	return g.updateSources(func(s *membership.Sources) { s.OwnerOut = !v.Admin })
}

// Group is what was stored of the group; false where nothing was.
func (r *Roster) Group(ctx context.Context, id membership.GroupID) (v membership.Group, ok bool, err error) {
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		ok, err = g.state(keyGroup, (*groupValue)(&v))
		return err
	})
	if err != nil {
		return membership.Group{}, false, fmt.Errorf("read group %d: %w", id, err)
	}
	return v, ok, nil
}

// Groups are all groups that the roster knows, by id.
func (r *Roster) Groups(ctx context.Context) ([]membership.Group, error) {
	found := []membership.Group{}
	err := r.view(ctx, func(tx *bolt.Tx) error {
		return eachGroup(tx, r.instant(), func(g *group) error {
			v := membership.Group{ID: g.id}
			if _, err := g.state(keyGroup, (*groupValue)(&v)); err != nil {
				return err
			}
			found = append(found, v)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list the groups: %w", err)
	}
	return found, nil
}

func eachGroup(tx *bolt.Tx, now membership.Instant, fn func(*group) error) error {
	return tx.Bucket(bucketGroups).ForEachBucket(func(k []byte) error { return fn(openGroup(tx, groupOf(k), now)) })
}

// Enforce ends shadow mode of the group, or begins it again. It sweeps nobody: whoever should have lost access loses it with the
// next event about them, or by a plan.
func (r *Roster) Enforce(ctx context.Context, id membership.GroupID, on bool) error {
	err := r.updateGroup(ctx, id, func(g *group) error { return g.setState(keyEnforce, (*flagValue)(&on)) })
	if err != nil {
		return fmt.Errorf("set enforcement of group %d: %w", id, err)
	}
	return nil
}

// Enforced says whether the group's shadow mode has ended. A group is in shadow mode until Enforce.
func (r *Roster) Enforced(ctx context.Context, id membership.GroupID) (on bool, err error) {
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		on, err = g.enforced()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read enforcement of group %d: %w", id, err)
	}
	return on, nil
}

func (g *group) enforced() (bool, error) {
	var on flagValue
	_, err := g.state(keyEnforce, &on)
	return bool(on), err
}
