package gatekeeper

import (
	"context"
	"fmt"
	"iter"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

const (
	// missedAgain is when somebody is looked up again whom lists go on not showing although a lookup found them in: as with an account that was
	// deleted since it was seen. Every walk misses them, and a lookup for each would grow with the group's age.
	missedAgain = 7 * 24 * time.Hour
	// missedMost is how many people a walk may miss beyond twice as many as Telegram's own count has lost. A list that misses more is not
	// believed: looking everybody up for it would be the account's end, not the list's.
	missedMost = 50
)

// missed are the members whom a list that the walk knows whole should have shown and did not.
func (k *Keeper) missed(ctx context.Context, r *round, total int) ([]membership.UserID, error) {
	var users []membership.UserID
	in, now := 0, k.instant()
	err := k.roster.Settled(ctx, k.group.ID, func(p membership.Person) error {
		s := p.Standing
		if s.Presence != membership.In {
			return nil
		}
		in++
		rests := p.Record.Unlisted(s) && now.Sub(s.LastConfirmed) < missedAgain
		if !rests && r.walker.Misses(&p.Profile) {
			users = append(users, p.Profile.User)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find whom the lists do not show any more: %w", err)
	}
	if most := missedMost + 2*max(0, in-total); len(users) > most {
		k.log.Warn("the lists leave out more known members than can have left by Telegram's own count; nobody is looked up for that",
			zap.Int("left_out", len(users)), zap.Int("known", in), zap.Int("counted", total))
		return nil, nil
	}
	return users, nil
}

// miss notes who was missed by a walk, and queues them to be looked up. Telegram's lists lag, so that it counts from before the walk began:
// whatever shows them in since then outweighs it.
func (k *Keeper) miss(ctx context.Context, w membership.Walk, users []membership.UserID) error {
	if len(users) == 0 {
		return nil
	}
	out, err := k.roster.Miss(ctx, k.group.ID, w.Started.Add(-membership.ListMargin), users)
	if err != nil {
		return err
	}
	if len(out.Doubts) > 0 {
		k.log.Info("lists do not show members any more whom they should; they are looked up", zap.Int("members", len(out.Doubts)))
	}
	k.enqueuePatient(out.Doubts...)
	return nil
}

// enqueuePatient orders lookups that come after all others.
func (k *Keeper) enqueuePatient(users ...membership.UserID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, user := range users {
		k.enqueueAt(queuedLookup{user: user, notBefore: k.now(), patient: true})
	}
}

// MissedCount is how far the lookups are of the members whom lists do not show any more.
type MissedCount struct {
	Found   int `json:"found"`   // who were to be looked up
	Out     int `json:"out"`     // of them those who left, or were removed
	In      int `json:"in"`      // those who are still in
	Waiting int `json:"waiting"` // those who were not looked up yet, or whom Telegram could not tell
}

// Missed counts whom lists that should show them do not show, and who are yet to be looked up.
func (k *Keeper) Missed(ctx context.Context) (MissedCount, error) {
	users, err := k.yetToLookUp(ctx)
	return MissedCount{Found: len(users), Waiting: len(users)}, err
}

func (k *Keeper) yetToLookUp(ctx context.Context) ([]membership.UserID, error) {
	users, err := k.roster.Missed(ctx, k.group.ID)
	if err != nil {
		return nil, fmt.Errorf("find whom to look up: %w", err)
	}
	return users, nil
}

// LookUpMissed looks up, through the owner's account and one after the other, whom lists that should show them do not show any more. It yields after
// each lookup. A call that is held back, by a wait or for the day's budget, ends it with that error: who is left is looked up the next time.
func (k *Keeper) LookUpMissed(ctx context.Context, owner Group) iter.Seq2[MissedCount, error] {
	return func(yield func(MissedCount, error) bool) {
		users, err := k.yetToLookUp(ctx)
		at := MissedCount{Found: len(users), Waiting: len(users)}
		if err != nil {
			yield(at, err)
			return
		}
		for _, user := range users {
			presence, err := k.lookUpOne(ctx, owner, user)
			switch presence {
			case membership.In:
				at.In++
				at.Waiting--
			case membership.Out:
				at.Out++
				at.Waiting--
			case membership.Unknown:
			}
			if !yield(at, err) || err != nil {
				return
			}
		}
	}
}

// lookUpOne is what a lookup through the owner's account says of somebody; unknown where Telegram cannot tell.
func (k *Keeper) lookUpOne(ctx context.Context, owner Group, user membership.UserID) (membership.Presence, error) {
	finding, err := ask(ctx, owner, user)
	if err != nil && passing(err) {
		return membership.Unknown, refusedError{fmt.Errorf("look up %d: %w", user, err)}
	}
	if err == nil && finding.Firm() {
		return finding.Event.State.Presence, k.settle(ctx, finding)
	}
	return membership.Unknown, nil
}
