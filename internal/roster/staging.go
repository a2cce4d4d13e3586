package roster

import (
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// staging says, in memory, where the staged rows of an open walk are, by person: a reader must count them, and the pages are in
// the order in which Telegram gave them. Some thirty bytes a row.
type staging struct {
	walk  uint32
	fresh []freshPage                 // not indexed yet
	rows  []stagedRow                 // indexed
	head  map[membership.UserID]int32 // the person's newest row in rows, plus one
}

// freshPage is who is in some rows of a page that follow each other; the first is at place from.
type freshPage struct {
	page, from int
	users      []membership.UserID
}

type stagedRow struct {
	user  membership.UserID
	page  uint32
	place uint16
	prev  int32 // the same person's row before, plus one
}

// index finds the rows that came since somebody last asked by their person: a walk without readers pays next to nothing for them.
func (s *staging) index() {
	for _, p := range s.fresh {
		for i, user := range p.users {
			s.rows = append(s.rows, stagedRow{user: user, page: uint32(p.page), place: uint16(p.from + i), prev: s.head[user]})
			s.head[user] = int32(len(s.rows))
		}
	}
	s.fresh = nil
}

// loadStaged reads where the rows are that an earlier process staged.
func (r *Roster) loadStaged() error {
	return guarded(func() error {
		return r.db.View(func(tx *bolt.Tx) error {
			return eachGroup(tx, r.instant(), r.loadGroup)
		})
	})
}

func (r *Roster) loadGroup(g *group) error {
	w, open, err := g.openWalk()
	if err != nil || !open {
		return err
	}
	last, from := 0, 0
	return g.eachBlock(w.ID, 0, w.Checkpoint.Pages, func(page int, raw []byte) error {
		if page != last {
			last, from = page, 0
		}
		var users []membership.UserID
		err := rowsOf(raw, func(_ int, row *membership.Row) error {
			users = append(users, row.Sighting.User)
			return nil
		})
		r.notice(g.home, w.ID, freshPage{page: page, from: from, users: users})
		from += len(users)
		return err
	})
}

// notice makes stored rows visible to readers.
func (r *Roster) notice(g membership.GroupID, walk uint32, p freshPage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.staged[g]
	if s == nil || s.walk != walk {
		s = &staging{walk: walk, head: map[membership.UserID]int32{}}
		r.staged[g] = s
	}
	s.fresh = append(s.fresh, p)
}

func (r *Roster) forgetStaged(g membership.GroupID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.staged, g)
}

// indexStaged makes the rows staged so far findable.
func (r *Roster) indexStaged(g membership.GroupID) {
	r.mu.RLock()
	s := r.staged[g]
	done := s == nil || len(s.fresh) == 0
	r.mu.RUnlock()
	if done {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.staged[g]; s != nil {
		s.index()
	}
}

// places are where the person's staged rows are, oldest first.
func (r *Roster) places(g membership.GroupID, user membership.UserID) (walk uint32, found []stagedRow) {
	r.indexStaged(g)
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := r.staged[g]
	if s == nil {
		return 0, nil
	}
	for i := s.head[user]; i != 0; i = s.rows[i-1].prev {
		found = append(found, s.rows[i-1])
	}
	slices.Reverse(found)
	return s.walk, found
}

// stagedUsers are the people in staged rows, by id, each once.
func (r *Roster) stagedUsers(g membership.GroupID) []membership.UserID {
	r.indexStaged(g)
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := r.staged[g]
	if s == nil {
		return nil
	}
	users := make([]membership.UserID, 0, len(s.head))
	for user := range s.head {
		users = append(users, user)
	}
	slices.Sort(users)
	return users
}

// sighted folds the person's staged rows into the record, and returns the profile of the newest. Rows that are merged by now change
// nothing: a register that has seen a row does not move by it again.
func (r *Roster) sighted(g *group, user membership.UserID, rec *membership.Record) (profileValue, bool, error) {
	var p profileValue
	var known bool
	walk, places := r.places(g.home, user)
	for _, at := range places {
		block := g.in(bucketStage).Get(keyBlock(walk, int(at.page), firstRows+int(at.place)/blockRows))
		if block == nil {
			continue // the walk ended after the index was asked
		}
		var row membership.Row
		if err := rowAt(block, int(at.place)%blockRows, &row); err != nil {
			return p, false, fmt.Errorf("page %d of walk %d: %w", at.page, walk, err)
		}
		rec.See(row.Sighting)
		if row.Profile.User == user {
			p, known = profileValue{Profile: row.Profile, Learnt: row.Sighting.Read}, true
		}
	}
	return p, known, nil
}
