package roster

import (
	"encoding/binary"
	"slices"

	"rollcall/internal/membership"
)

// mergePeople folds the rows of the next people.
func (m *merge) mergePeople(g *group, at *mergeProgress, out *membership.Outcome) error {
	chunk, last := m.loaded.peopleAfter(at.User, m.roster.mergeRows)
	f := &m.folding
	f.begin(g, at.Epoch, out)
	if err := f.fold(chunk); err != nil {
		return err
	}
	if err := f.write(); err != nil {
		return err
	}
	if err := f.judge(m.policy); err != nil {
		return err
	}
	if last {
		*at = mergeProgress{}
		return nil
	}
	at.User = chunk[len(chunk)-1].user
	return nil
}

// folding is one transaction's people. It reads along the buckets first and writes them afterwards: they must not change under a
// cursor. Values lie one behind the other in the arena.
type folding struct {
	g     *group
	out   *membership.Outcome
	epoch uint64 // of the name index when the merge began

	rows *loaded
	// contested are people with a name in one row that a later row gives to somebody else.
	contested map[membership.UserID]bool

	people, profiles clusterFollower
	subscribers      follower

	arena  []byte
	folded []put
	named  []named
	judged []judged

	scratch personValue
	theirs  []membership.Row // the rows of the person whose turn it is
}

// named is somebody whose profile, or whose names, are to be settled.
type named struct {
	key     []byte // of the profile
	profile profileValue
	fresh   bool     // the profile is to be written
	stale   []string // names that are not the person's in the end
}

// judged is somebody with whom something may follow.
type judged struct {
	user          membership.UserID
	before, after membership.Standing
	subscriber    bool
}

// begin begins a transaction; the memory of the one before is used again, since bbolt let go of it with the commit.
func (f *folding) begin(g *group, epoch uint64, out *membership.Outcome) {
	f.g, f.out, f.epoch = g, out, epoch
	f.people = g.people().follow()
	f.profiles = profilesOf(g.tx).follow()
	f.subscribers = follower{c: g.in(bucketSubscribers).Cursor()}
	f.arena, f.folded, f.named, f.judged = f.arena[:0], f.folded[:0], f.named[:0], f.judged[:0]
}

func (f *folding) fold(order []rowOf) error {
	for len(order) > 0 {
		n := 1
		for n < len(order) && order[n].user == order[0].user {
			n++
		}
		if err := f.meet(order[0].user, order[:n]); err != nil {
			return err
		}
		order = order[n:]
	}
	return nil
}

// meet folds one person's rows.
func (f *folding) meet(user membership.UserID, order []rowOf) error {
	f.theirs = slices.Grow(f.theirs[:0], len(order))[:len(order)]
	for i, o := range order {
		if err := f.rows.row(o.place, &f.theirs[i]); err != nil {
			return wrap(err, "person %d", user)
		}
	}
	from := len(f.arena)
	f.arena = binary.BigEndian.AppendUint64(f.arena, uint64(user))
	key := f.arena[from:len(f.arena):len(f.arena)]
	if err := f.person(user, key); err != nil {
		return wrap(err, "person %d", user)
	}
	if err := f.profile(user, key); err != nil {
		return wrap(err, "profile of %d", user)
	}
	return nil
}

func (f *folding) person(user membership.UserID, key []byte) error {
	p := &f.scratch
	*p = personValue{}
	j := judged{user: user, subscriber: f.subscribers.at(key) != nil}
	var c class
	raw, err := f.people.at(key)
	if err != nil {
		return err
	}
	if raw != nil {
		if err := decodePerson(raw, p); err != nil {
			return err
		}
		j.before, c = standing(&p.Record, f.g.now)
	}
	was := p.Record
	j.after = j.before
	for i := range f.theirs {
		var err error
		if c, err = f.see(p, &j.after, &f.theirs[i].Sighting); err != nil {
			return err
		}
	}
	if p.Record != was {
		from := len(f.arena)
		f.arena = appendPerson(f.arena, p, c)
		f.folded = append(f.folded, put{key, f.arena[from:len(f.arena):len(f.arena)]})
	}
	if j.subscriber || j.before.Presence != j.after.Presence || j.after.Doubt != membership.NoDoubt {
		f.judged = append(f.judged, j)
	}
	return nil
}

// see folds a row. A row that changed somebody's presence, other than from unknown to in, becomes a ledger entry.
func (f *folding) see(p *personValue, at *membership.Standing, s *membership.Sighting) (class, error) {
	was := *at
	p.Record.See(*s)
	is, c := standing(&p.Record, f.g.now)
	*at = is
	if was.Presence == is.Presence || (was.Presence == membership.Unknown && is.Presence == membership.In) {
		return c, nil
	}
	e := s.Event(f.g.id, f.g.now)
	e.After = was.Contrary(e)
	fresh, err := f.g.append(p, e)
	if fresh {
		f.out.Appended++
	}
	return classOf(&p.Record), err
}

// profile settles which of the stored profile and the rows' is the person's, and which names therefore are not.
func (f *folding) profile(user membership.UserID, key []byte) error {
	var stored profileValue
	known := false
	raw, err := f.profiles.at(key)
	if err != nil {
		return err
	}
	if raw != nil {
		if err := decodeProfile(raw, &stored); err != nil {
			return err
		}
		known = true
	}
	stored.User = user
	n := named{key: key, profile: stored}
	for i := range f.theirs {
		row := &f.theirs[i]
		if row.Profile.User != stored.User {
			continue
		}
		fresh := profileValue{Profile: row.Profile, Learnt: row.Sighting.Read}
		switch {
		case !known || replaces(fresh, n.profile):
			n.stale = appendName(n.stale, n.profile.Username, fresh.Username)
			n.profile, n.fresh, known = fresh, true, true
		default:
			n.stale = appendName(n.stale, fresh.Username, n.profile.Username)
		}
	}
	if n.fresh || len(n.stale) > 0 {
		f.named = append(f.named, n)
	}
	return nil
}

func appendName(stale []string, name, is string) []string {
	if name == "" || name == is {
		return stale
	}
	return append(stale, name)
}

// write puts people and profiles, by id, so that the trees grow at their ends.
func (f *folding) write() error {
	people := f.g.people()
	people.b.FillPercent = 0.9
	if err := people.apply(f.folded); err != nil {
		return err
	}
	f.folded = f.folded[:0]
	for i := range f.named {
		n := &f.named[i]
		if err := f.settle(n); err != nil {
			return err
		}
		if !n.fresh {
			continue
		}
		from := len(f.arena)
		f.arena = appendProfile(f.arena, &n.profile)
		f.folded = append(f.folded, put{n.key, f.arena[from:len(f.arena):len(f.arena)]})
	}
	profiles := profilesOf(f.g.tx)
	profiles.b.FillPercent = 0.9
	return profiles.apply(f.folded)
}

// settle leaves the name index as the profile says: mergeNames entered the names of all rows, and an event may have renamed
// somebody since.
func (f *folding) settle(n *named) error {
	is := n.profile.Username
	for _, name := range n.stale {
		if was := keyName(name); string(was) != string(keyName(is)) {
			if err := dropName(f.g.tx, n.profile.User, was); err != nil {
				return err
			}
		}
	}
	names := namesOf(f.g.tx)
	if !n.fresh || is == "" {
		return nil
	}
	// Without a rename since, mergeNames has entered it; that spares a search for each of a first walk's people.
	if len(n.stale) == 0 && names.epoch() == f.epoch && !f.contested[n.profile.User] {
		return nil
	}
	owner, err := names.owner(keyName(is))
	switch {
	case err != nil || owner == n.profile.User:
		return err
	case owner != 0: // it is somebody else's by now
		n.profile.Username = ""
		return nil
	}
	return names.give(keyName(is), n.profile.User)
}

// judge decides what follows for the people of the transaction.
func (f *folding) judge(policy membership.Policy) error {
	j, err := newJudge(f.g, policy, 0, f.out)
	if err != nil {
		return err
	}
	for _, p := range f.judged {
		c := change{user: p.user, before: p.before, after: p.after}
		if p.subscriber {
			s, err := f.g.subscriber(p.user)
			if err != nil {
				return err
			}
			c.stored, c.heard = s, s
		}
		if err := j.judge(c); err != nil {
			return err
		}
	}
	return nil
}
