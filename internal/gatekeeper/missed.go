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
	// missedMost is how many people a walk may miss beyond twice as many as have left by Telegram's own counts. A list that misses more is not
	// believed: looking everybody up for it would be the account's end, not the list's. So many are looked up all the same: if they did
	// leave, the list is not the liar, and if they did not, others are the next time.
	missedMost = 50
)

// turnout is how the people who are known to be in compare with what a walk showed.
type turnout struct {
	in    int // known to be in before the walk
	shown int // of them
}

// left is how many of them have left by Telegram's own counts. The count of members says so where fewer are counted than are known. It
// counts deleted accounts, and those who joined: where the lists show most of those known, they are taken to show whoever they count.
func (t turnout) left(cp membership.Checkpoint, total int) int {
	left := max(0, t.in-total)
	if listed, counted := cp.Counts[membership.ListRecent]; counted && listed > 0 && 2*t.shown >= t.in {
		joined := cp.In - t.shown
		left = max(left, t.in+joined-listed)
	}
	return left
}

// missed are the members whom a list that the walk knows whole should have shown and did not.
func (k *Keeper) missed(ctx context.Context, r *round, total int) ([]membership.UserID, error) {
	var users []membership.UserID
	var t turnout
	now := k.instant()
	err := k.roster.Settled(ctx, k.group.ID, func(p membership.Person) error {
		s := p.Standing
		if s.Presence != membership.In {
			return nil
		}
		t.in++
		if r.walker.Shows(p.Profile.User) {
			t.shown++
			return nil
		}
		rests := p.Record.Unlisted(s) && now.Sub(s.LastConfirmed) < missedAgain
		if !rests && r.walker.Misses(&p.Profile) {
			users = append(users, p.Profile.User)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find whom the lists do not show any more: %w", err)
	}
	disbelieved := 0
	if left := t.left(r.at.Checkpoint, total); len(users) > missedMost+2*left {
		disbelieved = len(users)
		users = users[:missedMost]
		k.log.Warn("the lists leave out more known members than can have left by Telegram's own counts; only some are looked up",
			zap.Int("left_out", disbelieved), zap.Int("known", t.in), zap.Int("counted", total), zap.Int("looked_up", len(users)))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.disbelieved = disbelieved
	return users, nil
}

// believed says that the lists of the last walk left out no more known members than can have left.
func (k *Keeper) believed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.disbelieved == 0
}

// missedAt is from when it counts that a walk missed somebody. Telegram's lists lag, so that it is before the walk began: whatever shows them in since
// then outweighs it.
func missedAt(w membership.Walk) membership.Instant { return w.Started.Add(-membership.ListMargin) }

// miss notes who was missed by a walk, and queues them to be looked up.
func (k *Keeper) miss(ctx context.Context, w membership.Walk, users []membership.UserID) error {
	if len(users) == 0 {
		return nil
	}
	out, err := k.roster.Miss(ctx, k.group.ID, missedAt(w), users)
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
	// Disbelieved is how many the lists of the last walk left out, where they were not believed: more than can have left.
	Disbelieved int `json:"disbelieved"`
}

// Missed counts whom lists that should show them do not show, and who are yet to be looked up.
func (k *Keeper) Missed(ctx context.Context) (MissedCount, error) {
	users, err := k.yetToLookUp(ctx)
	return k.missedCount(users), err
}

func (k *Keeper) missedCount(users []membership.UserID) MissedCount {
	k.mu.Lock()
	defer k.mu.Unlock()
	return MissedCount{Found: len(users), Waiting: len(users), Disbelieved: k.disbelieved}
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
		at := k.missedCount(users)
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
		return membership.Unknown, refusedError{err}
	}
	if err == nil && finding.Firm() {
		return finding.Event.State.Presence, k.settle(ctx, finding)
	}
	return membership.Unknown, nil
}
