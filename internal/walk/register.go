package walk

import "rollcall/internal/membership"

// register is everybody whom a walk has heard of. It is an open table, as edges are: each row of a walk is looked up in it, and is most
// likely not in the processor's cache, so that it must be found by one look. Nobody is ever removed.
type register struct {
	entries []entry
	used    int
}

// entry is somebody heard of.
type entry struct {
	user   membership.UserID
	said   uint64 // fingerprint of their last row; 0 none
	number int32  // among the known; -1 none
	taken  bool
}

func (r *register) slot(user membership.UserID) *entry {
	mask := len(r.entries) - 1
	i := int(uint64(user)*spread>>32) & mask
	for r.entries[i].taken && r.entries[i].user != user {
		i = (i + 1) & mask
	}
	return &r.entries[i]
}

// of is the person's entry, nil for none. It is good until the next enter.
func (r *register) of(user membership.UserID) *entry {
	if r.used == 0 {
		return nil
	}
	if e := r.slot(user); e.taken {
		return e
	}
	return nil
}

// places lists the people's entries by their places, -1 for those who have none. One loop that does nothing else waits for the memory of several
// entries at once. The places are good until the next reserve.
func (r *register) places(of []membership.Row, out []int32) []int32 {
	mask := len(r.entries) - 1
	for i := range of {
		user := of[i].Sighting.User
		at := int(uint64(user)*spread>>32) & mask
		for r.entries[at].taken && r.entries[at].user != user {
			at = (at + 1) & mask
		}
		if !r.entries[at].taken {
			at = -1
		}
		out = append(out, int32(at))
	}
	return out
}

// enter is the person's entry, a new one where there is none. It is good until the next enter.
func (r *register) enter(user membership.UserID) *entry {
	r.reserve(r.used + 1)
	e := r.slot(user)
	if !e.taken {
		*e = entry{user: user, number: -1, taken: true}
		r.used++
	}
	return e
}

// at is enter for somebody whose place is known, if they have one.
func (r *register) at(place int32, user membership.UserID) *entry {
	if place < 0 {
		return r.enter(user)
	}
	return &r.entries[place]
}

// reserve makes room for so many people.
func (r *register) reserve(people int) {
	if 8*people <= 7*len(r.entries) {
		return
	}
	size := max(64, len(r.entries))
	for 8*people > 7*size {
		size *= 2
	}
	old := r.entries
	r.entries = make([]entry, size)
	for i := range old {
		if old[i].taken {
			*r.slot(old[i].user) = old[i]
		}
	}
}

// number is the person's number among the known.
func (k *known) number(user membership.UserID) (int32, bool) {
	if e := k.heard.of(user); e != nil && e.number >= 0 {
		return e.number, true
	}
	return -1, false
}
