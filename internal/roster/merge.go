package roster

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// mergeRows is how many rows one transaction merges: below, the commits cost more than the rows; above, the tree's unsplit leaves do
// (stack.md §5).
const mergeRows = 5000

// MergeWalk folds the staged pages into the standings, in the order of ids and some 5,000 rows a transaction, and acts on what
// follows, as Ingest does. A ledger entry is written only for a row that changed somebody's presence. Interrupted, it goes on
// where it was; without staged pages it does nothing.
//
// A repeat of what was merged would be harmless, since registers do not move by what they have seen. The stored position saves
// work, not correctness.
func (r *Roster) MergeWalk(ctx context.Context, id membership.GroupID, policy membership.Policy) (membership.Outcome, error) {
	var out membership.Outcome
	m := merge{roster: r, id: id, policy: policy, out: &out}
	if err := m.run(ctx); err != nil {
		return out, fmt.Errorf("merge the walk of group %d: %w", id, err)
	}
	return out, nil
}

// merge is one run over the staged pages that are not merged yet.
type merge struct {
	roster *Roster
	id     membership.GroupID
	policy membership.Policy
	out    *membership.Outcome

	walk    walkValue
	loaded  loaded
	folding folding
	claimed []put  // of mergeNames
	owners  []byte // of mergeNames
}

func (m *merge) run(ctx context.Context) error {
	if err := m.begin(ctx); err != nil || m.walk.Merge.Upto == 0 {
		return err
	}
	if err := m.load(ctx); err != nil {
		return err
	}
	for m.walk.Merge.Upto != 0 {
		if err := m.commit(ctx, m.step); err != nil {
			return err
		}
	}
	return nil
}

// step is the names' first, then the people's; a rebuild between two steps begins with the names again.
func (m *merge) step(g *group, at *mergeProgress, out *membership.Outcome) error {
	if !at.Named {
		return m.mergeNames(g, at)
	}
	return m.mergePeople(g, at, out)
}

// begin fixes which pages the merge covers, so that a resumed one sorts the same rows, and from when on a rename makes it look again.
func (m *merge) begin(ctx context.Context) error {
	return m.roster.updateGroup(ctx, m.id, func(g *group) error {
		w, open, err := g.openWalk()
		if err != nil {
			return err
		}
		if !open {
			return ErrNoWalk
		}
		m.walk = w
		if w.Merge.Upto != 0 || w.Merged == w.Checkpoint.Pages {
			return nil
		}
		m.walk.Merge = mergeProgress{Upto: w.Checkpoint.Pages, Epoch: namesOf(g.tx).epoch()}
		return g.setWalk(&m.walk)
	})
}

// commit runs one step and stores the merge's position with what it did. Pages may be staged meanwhile: all of the walk but the
// merge's own position is as stored.
func (m *merge) commit(ctx context.Context, step func(*group, *mergeProgress, *membership.Outcome) error) error {
	var out membership.Outcome
	var w walkValue
	err := m.roster.updateGroup(ctx, m.id, func(g *group) error {
		out = membership.Outcome{}
		stored, open, err := g.openWalk()
		if err != nil {
			return err
		}
		if !open || stored.ID != m.walk.ID {
			return ErrNoWalk
		}
		w = stored
		if err := step(g, &w.Merge, &out); err != nil {
			return err
		}
		if w.Merge.Upto == 0 {
			w.Merged = stored.Merge.Upto
		}
		return g.setWalk(&w)
	})
	if err != nil {
		return err
	}
	m.walk = w
	m.out.Appended += out.Appended
	m.out.Known += out.Known
	m.out.Held += out.Held
	m.out.Changed = append(m.out.Changed, out.Changed...)
	m.out.Doubts = append(m.out.Doubts, out.Doubts...)
	m.out.Actions = append(m.out.Actions, out.Actions...)
	return nil
}

func (m *merge) load(ctx context.Context) error {
	err := m.roster.viewGroup(ctx, m.id, func(g *group) error {
		return m.loaded.load(g, m.walk.ID, m.walk.Merged, m.walk.Merge.Upto)
	})
	if err != nil {
		return err
	}
	m.loaded.sort()
	m.folding.rows, m.folding.contested = &m.loaded, m.loaded.settleNames()
	return nil
}

// follower reads a bucket along a rising sequence of keys, by steps where the keys are near and by a search where they are not.
type follower struct {
	c       *bolt.Cursor
	k, v    []byte
	started bool
}

const stepsBeforeSearch = 6

// at is the value at key, nil for none. Keys must rise, and the bucket must not be written meanwhile.
func (f *follower) at(key []byte) []byte {
	if k, v := f.from(key); bytes.Equal(k, key) {
		return v
	}
	return nil
}

// from is the first key that is not before the one asked for, and its value; nil for none.
func (f *follower) from(key []byte) (k, v []byte) {
	if !f.started {
		f.started = true
		f.k, f.v = f.c.Seek(key)
	}
	for i := 0; f.k != nil && bytes.Compare(f.k, key) < 0; i++ {
		if i < stepsBeforeSearch {
			f.k, f.v = f.c.Next()
		} else {
			f.k, f.v = f.c.Seek(key)
		}
	}
	return f.k, f.v
}

// mergeNames enters some 5,000 usernames, in the order of names: entered with the people, in the order of ids, they would rewrite
// all of the index with each transaction.
func (m *merge) mergeNames(g *group, at *mergeProgress) error {
	chunk, last := m.loaded.namesAfter([]byte(at.Name), m.roster.mergeRows)
	claims, err := m.claims(g, chunk)
	if err != nil {
		return err
	}
	names := namesOf(g.tx)
	names.b.FillPercent = 0.9
	if err := names.apply(claims); err != nil {
		return err
	}
	if last {
		at.Named = true
		return nil
	}
	at.Name = string(m.loaded.name(chunk[len(chunk)-1]))
	return nil
}

// claims are the names of the chunk that are not where they belong, taken from the profiles that had them. A name that nobody has is
// entered unseen: should it not be the person's in the end, mergePeople takes it out again. One that somebody has is taken only where
// the row counts.
func (m *merge) claims(g *group, chunk []nameRow) ([]put, error) {
	old := namesOf(g.tx).follow()
	// bbolt let go of what the transaction before entered.
	m.claimed, m.owners = m.claimed[:0], slices.Grow(m.owners[:0], binary.MaxVarintLen64*len(chunk))
	for _, n := range chunk {
		name := m.loaded.name(n)
		owner, err := ownerIn(old.at(name))
		if err != nil {
			return nil, err
		}
		if owner == n.user {
			continue
		}
		if owner != 0 {
			taken, err := m.takeName(g.tx, n, owner)
			if err != nil {
				return nil, err
			}
			if !taken {
				continue
			}
		}
		from := len(m.owners)
		m.owners = appendOwner(m.owners, n.user)
		m.claimed = append(m.claimed, put{name, m.owners[from:len(m.owners):len(m.owners)]})
	}
	return m.claimed, nil
}

// takeName takes the name from its owner where the row counts: it is not older than what is stored of the person, nor than what gave
// the owner the name.
func (m *merge) takeName(tx *bolt.Tx, n nameRow, owner membership.UserID) (bool, error) {
	var row membership.Row
	if err := m.loaded.row(n.place, &row); err != nil {
		return false, err
	}
	name := m.loaded.name(n)
	stored, known, err := profileOf(tx, n.user)
	if err != nil {
		return false, err
	}
	fresh := profileValue{Profile: row.Profile, Learnt: row.Sighting.Read}
	if known && fresh.Profile != stored.Profile && !replaces(fresh, stored) {
		return false, nil
	}
	had, _, err := profileOf(tx, owner)
	if err != nil {
		return false, err
	}
	if had.Learnt > fresh.Learnt && string(keyName(had.Username)) == string(name) {
		return false, namesOf(tx).nextEpoch() // so that mergePeople sees that the name is not this person's
	}
	return true, loseName(tx, owner, name)
}
