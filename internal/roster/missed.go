package roster

import (
	"context"

	"rollcall/internal/membership"
)

// Missed are the people in doubt because lists that should show them do not (membership.DoubtMissed), by id. It reads all records and
// decodes those of the few whom a list ever left out: People takes a hundred times as long.
func (r *Roster) Missed(ctx context.Context, id membership.GroupID) (users []membership.UserID, err error) {
	err = r.viewGroup(ctx, id, func(g *group) error {
		return g.people().each(func(key, raw []byte) error {
			user := userOf(key)
			missed, err := everMissed(raw)
			if err != nil || !missed {
				return wrap(err, "person %d", user)
			}
			p, err := r.read(g, user) // rows of an unfinished walk may show them
			if err == nil && p.Standing.Doubt == membership.DoubtMissed {
				users = append(users, user)
			}
			return err
		})
	})
	return users, wrap(err, "find whom lists do not show in group %d", id)
}

// everMissed reads of a person's record no more than its mask.
func everMissed(raw []byte) (bool, error) {
	if _, err := classByte(raw); err != nil {
		return false, err
	}
	w := wire{b: raw[2:], reading: true}
	var last, mask uint64
	w.uint(&last)
	w.uint(&mask)
	if w.bad {
		return false, damagedf("the record of a person")
	}
	return mask&(1<<bitMissed) != 0, nil
}
