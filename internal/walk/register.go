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

// enter is the person's entry, a new one where there is none. It is good until the next enter.
func (r *register) enter(user membership.UserID) *entry {
	if 8*(r.used+1) > 7*len(r.entries) {
		r.grow()
	}
	e := r.slot(user)
	if !e.taken {
		*e = entry{user: user, number: -1, taken: true}
		r.used++
	}
	return e
}

func (r *register) grow() {
	old := r.entries
	r.entries = make([]entry, max(64, 2*len(old)))
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
