package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"rollcall/internal/membership"
)

// A basic group keeps no admin log, and its whole list comes in one call. So that list is read in the log's stead, and often: it says nothing of when
// and by whom, but shows within minutes that somebody came or went unheard, and that the group is none any more.

// listEvery is how often a basic group's list is read: 144 calls a day, of the 500 lookups that the owner's account has by default.
const listEvery = 10 * time.Minute

// listDue reads the list where it is time to, and says whether a walk is needed: where it shows other people than are known to be in. A walk takes in
// who came, and has those looked up whom it misses; the list itself moves nobody.
func (k *Keeper) listDue(ctx context.Context, owner Group) (due, error) {
	if k.group.Kind != membership.BasicGroup || k.now().Sub(k.listed).Abs() < listEvery {
		return due{}, nil
	}
	k.listed = k.now() // a list that is refused is not asked for each time that a walk is looked for
	asked := k.instant()
	page, err := owner.Page(ctx, membership.Walk{Group: k.group.ID}, membership.Query{List: membership.ListRecent})
	if err != nil {
		return due{}, k.refused(ctx, fmt.Errorf("read the list of members: %w", err))
	}
	shown := rolesIn(page)
	if shown[k.self] != 0 && shown[k.self] < membership.Administrator {
		if _, err := k.describe(ctx, owner); err != nil { // only groups that the account administers are read
			return due{}, err
		}
	}
	moved, ranked, err := k.differing(ctx, shown)
	if err != nil {
		return due{}, err
	}
	told := slices.Equal(ranked, k.ranked) // a walk has taken in what it could
	k.ranked = ranked
	switch {
	case len(moved) > 0:
		return due{walk: true, because: "the list shows other people than are known to be in"}, nil
	case !told && len(ranked) > 0:
		return due{walk: true, because: "the list shows other administrators than are known"}, nil
	}
	return due{}, k.noteList(ctx, asked)
}

// refused is a call's refusal, noted where it says that the account is not in the group any more.
func (k *Keeper) refused(ctx context.Context, err error) error {
	if refusal, is := errors.AsType[*membership.TelegramError](err); is && refusal.Kind == membership.ErrorGroupGone {
		return errors.Join(refusedError{err}, k.shutOut(ctx))
	}
	return refusedError{err}
}

func rolesIn(page membership.Page) map[membership.UserID]membership.Role {
	roles := make(map[membership.UserID]membership.Role, len(page.Rows))
	for _, r := range page.Rows {
		roles[r.Sighting.User] = r.Sighting.State.Role
	}
	return roles
}

// differing are those whom the list shows otherwise than they are known: who came or went, and who has another role, in order. Left out is who is
// looked up in any case, or was and is in although no list shows them, as a deleted account may be.
func (k *Keeper) differing(ctx context.Context, shown map[membership.UserID]membership.Role) (moved, ranked []membership.UserID, err error) {
	strange := maps.Clone(shown)
	now := k.instant()
	err = k.roster.Settled(ctx, k.group.ID, func(p membership.Person) error {
		user, s := p.Profile.User, p.Standing
		role, listed := shown[user]
		in := s.Presence == membership.In
		rests := in && !listed && p.Record.Unlisted(s) && now.Sub(s.LastConfirmed) < missedAgain
		switch {
		case rests || s.Doubt != membership.NoDoubt || !in && !listed:
		case in != listed:
			moved = append(moved, user)
		case role != s.Role:
			ranked = append(ranked, user)
		}
		delete(strange, user)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("compare the list with who is known to be in: %w", err)
	}
	moved = slices.AppendSeq(moved, maps.Keys(strange))
	slices.Sort(ranked)
	return moved, ranked, nil
}

// noteList notes when the list of a basic group was last as the roster is, but for those who are looked up since.
func (k *Keeper) noteList(ctx context.Context, at membership.Instant) error {
	if k.group.Kind != membership.BasicGroup {
		return nil
	}
	err := k.roster.UpdateSources(ctx, k.group.ID, func(s *membership.Sources) { s.List = max(s.List, at) })
	if err != nil {
		return fmt.Errorf("note that the list of members was read: %w", err)
	}
	return nil
}

// confirmEvery is how often a walk has to confirm everybody of a basic group, so that nobody's confirmation outlives the grace between two: it takes
// three calls.
func (k *Keeper) confirmEvery() time.Duration {
	s := k.settings()
	return min(s.WalkEvery, max(s.Policy.Grace/2, listEvery))
}
