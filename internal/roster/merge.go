package roster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

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
	rows    []membership.Row // as they came
	order   []rowOf          // of rows: by person, then as they came
	names   []nameRow        // by name; each name once
	folding folding
}

// rowOf is a row's place in rows. Places are sorted, not rows, which are ten times as large.
type rowOf struct {
	user membership.UserID
	row  int
}

type nameRow struct {
	head uint64 // the name's first bytes, which decide nearly every comparison
	name string // in lower case
	row  int
}

func newNameRow(name string, row int) nameRow {
	n := nameRow{name: strings.ToLower(name), row: row}
	var head [8]byte
	copy(head[:], n.name)
	n.head = binary.BigEndian.Uint64(head[:])
	return n
}

func compareNames(a, b nameRow) int {
	if a.head != b.head {
		return cmp.Compare(a.head, b.head)
	}
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c
	}
	return cmp.Compare(a.row, b.row)
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

// load reads the rows, some two hundred bytes each, and sorts them. Read again for each transaction, in the order of ids, they
// would cost more than all the rest.
func (m *merge) load(ctx context.Context) error {
	err := m.roster.viewGroup(ctx, m.id, func(g *group) error {
		rows := 0
		err := g.eachBlock(m.walk.ID, m.walk.Merged, m.walk.Merge.Upto, func(_ int, raw []byte) error {
			p, err := openBlock(raw)
			rows += p.left
			return err
		})
		if err != nil {
			return err
		}
		m.rows, m.order, m.names = make([]membership.Row, 0, rows), make([]rowOf, 0, rows), make([]nameRow, 0, rows)
		return g.eachBlock(m.walk.ID, m.walk.Merged, m.walk.Merge.Upto, func(_ int, raw []byte) error {
			return rowsOf(raw, func(_ int, row *membership.Row) error {
				m.order = append(m.order, rowOf{user: row.Sighting.User, row: len(m.rows)})
				if row.Profile.User == row.Sighting.User && row.Profile.Username != "" {
					m.names = append(m.names, newNameRow(row.Profile.Username, len(m.rows)))
				}
				m.rows = append(m.rows, *row)
				return nil
			})
		})
	})
	slices.SortFunc(m.order, func(a, b rowOf) int {
		if a.user != b.user {
			return cmp.Compare(a.user, b.user)
		}
		return cmp.Compare(a.row, b.row)
	})
	slices.SortFunc(m.names, compareNames)
	m.settleNames()
	return err
}

// settleNames leaves each name to the person who came with it last.
func (m *merge) settleNames() {
	m.folding.contested = map[membership.UserID]bool{}
	last := m.names[:0]
	for i, n := range m.names {
		switch {
		case i+1 == len(m.names) || m.names[i+1].name != n.name:
			last = append(last, n)
		case m.rows[m.names[i+1].row].Profile.User != m.rows[n.row].Profile.User:
			m.folding.contested[m.rows[n.row].Profile.User] = true
		}
	}
	m.names = last
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
	from, _ := slices.BinarySearchFunc(m.names, at.Name, func(n nameRow, name string) int { return cmp.Compare(n.name, name) })
	if from < len(m.names) && m.names[from].name == at.Name {
		from++
	}
	chunk := m.names[from:min(from+m.roster.mergeRows, len(m.names))]
	claims, err := m.claims(g, chunk)
	if err != nil {
		return err
	}
	names := namesOf(g.tx)
	names.b.FillPercent = 0.9
	if err := names.apply(claims); err != nil {
		return err
	}
	if from+len(chunk) == len(m.names) {
		at.Named = true
		return nil
	}
	at.Name = chunk[len(chunk)-1].name
	return nil
}

// claims are the names of the chunk that are not where they belong, taken from the profiles that had them. A name that nobody has is
// entered unseen: should it not be the person's in the end, mergePeople takes it out again. One that somebody has is taken only where
// the row counts.
func (m *merge) claims(g *group, chunk []nameRow) ([]put, error) {
	old := namesOf(g.tx).follow()
	size := 0
	for _, n := range chunk {
		size += len(n.name)
	}
	found := make([]put, 0, len(chunk))
	arena := make([]byte, 0, size+binary.MaxVarintLen64*len(chunk))
	for _, n := range chunk {
		row := &m.rows[n.row]
		user := row.Profile.User
		start := len(arena)
		arena = append(arena, n.name...)
		name := arena[start:len(arena):len(arena)]
		owner, err := ownerIn(old.at(name))
		if err != nil {
			return nil, err
		}
		if owner == user {
			continue
		}
		if owner != 0 {
			taken, err := takeName(g.tx, row, owner, name)
			if err != nil {
				return nil, err
			}
			if !taken {
				continue
			}
		}
		start = len(arena)
		arena = appendOwner(arena, user)
		found = append(found, put{name, arena[start:len(arena):len(arena)]})
	}
	return found, nil
}

// takeName takes the name from its owner where the row counts: it is not older than what is stored of the person, nor than what gave
// the owner the name.
func takeName(tx *bolt.Tx, row *membership.Row, owner membership.UserID, name []byte) (bool, error) {
	stored, known, err := profileOf(tx, row.Profile.User)
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
