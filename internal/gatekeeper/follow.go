package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/membership"
)

// Follow keeps the roster in step through the owner's account until the context ends, the roster fails or the account is signed out:
// scheduled walks and the admin log. Lookups use the account only while the bot cannot answer.
func (k *Keeper) Follow(ctx context.Context, owner Group) error {
	k.setOwner(owner)
	defer k.dismissOwner()
	k.hire(1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return k.fly(ctx, k.handed) })
	if k.group.Kind != membership.BasicGroup { // which keeps no admin log
		g.Go(func() error {
			rest := rested{keeper: k}
			readings := uint32(0)
			tailEvery := func() time.Duration {
				readings++
				return k.early(k.settings().TailEvery, readings)
			}
			return soOften(ctx, tailEvery, k.tailWanted, func(ctx context.Context) error {
				return rest.unless(ctx, "the admin log was not read", func() error { return k.vouched(ctx, owner, k.Tail(ctx, owner)) })
			})
		})
	}
	g.Go(func() error {
		// A walk that is due is looked for more often than it is due, so that a sleeping machine or a long outage does not skip a day.
		rest := rested{keeper: k}
		lookEvery := func() time.Duration { return min(k.settings().WalkEvery, time.Minute) }
		return soOften(ctx, lookEvery, nil, func(ctx context.Context) error {
			return rest.unless(ctx, "the walk stopped; it goes on later", func() error { return k.walkIfDue(ctx, owner) })
		})
	})
	return g.Wait()
}

// rested lets a loop rest while its calls are held back: each try would make those that are not.
type rested struct {
	keeper *Keeper
	until  time.Time
	said   string // the refusal that was logged last; empty after a success
	saidAt time.Time
}

// sayAgain is when a refusal that goes on is logged once more: a loop that turns every minute would fill the log with one sentence.
const sayAgain = time.Hour

func (r *rested) unless(ctx context.Context, what string, work func() error) error {
	if r.keeper.now().Before(r.until) {
		return nil
	}
	err := work()
	if until, held := heldBack(err); held && ctx.Err() == nil {
		r.until = until
		r.keeper.log.Info(what+", since calls are held back", zap.Time("until", until), zap.Error(err))
		return nil
	}
	refusal, err := tolerable(ctx, err)
	switch {
	case err != nil:
		return err
	case refusal == nil:
		r.said = ""
	case refusal.Error() != r.said || r.keeper.now().Sub(r.saidAt).Abs() >= sayAgain:
		r.said, r.saidAt = refusal.Error(), r.keeper.now()
		r.keeper.log.Warn(what, zap.Error(refusal))
	}
	return nil
}

func (k *Keeper) setOwner(g Group) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.owner = g
}

func (k *Keeper) dismissOwner() {
	k.setOwner(nil)
	k.cancel(k.handed)
}

// refusedError marks an error as Telegram's, so that a loop can tell it from the roster's, which ends the run.
type refusedError struct{ error }

func (e refusedError) Unwrap() error { return e.error }

func isRefused(err error) bool {
	var r refusedError
	return errors.As(err, &r)
}

// tolerable is a refusal of Telegram's with which a loop goes on. The end of the session, that of the group, and everything else is an error.
func tolerable(ctx context.Context, err error) (refusal, fatal error) {
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !isRefused(err):
		return nil, err
	}
	if _, migrated := errors.AsType[*membership.MigratedError](err); migrated {
		return nil, err // the group goes on under another id, and so does whoever follows it
	}
	if t, ok := errors.AsType[*membership.TelegramError](err); ok && t.Kind == membership.ErrorSession {
		return nil, err
	}
	return err, nil
}

// OwnerReconnected says that the owner's connection was made anew: the admin log is read at once, since it may have been long. It never blocks.
func (k *Keeper) OwnerReconnected() { wake(k.tailWanted) }

// Tail reads the admin log from its newest event down to the last known one. Each page is taken in with how far the read came: interrupted,
// the next one goes on there, and then reads what came meanwhile. While somebody else reads it, Tail waits.
//
// Newest first is also the gentler order for the people in it: who left and returned is never taken for gone.
func (k *Keeper) Tail(ctx context.Context, owner Group) error {
	return k.tailing.take(ctx, func() error { return k.tail(ctx, owner) })
}

func (k *Keeper) tail(ctx context.Context, owner Group) error {
	at, err := k.roster.Tail(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read where the admin log stands: %w", err)
	}
	if at.Open.Top != 0 {
		if at, err = k.readLog(ctx, owner, at, 0); err != nil {
			return err
		}
	}
	_, err = k.readLog(ctx, owner, at, k.instant())
	return err
}

// readLog goes on from at until the read is complete, which confirms the log up to began, our time; 0 confirms nothing.
func (k *Keeper) readLog(ctx context.Context, owner Group, at membership.Tail, began membership.Instant) (membership.Tail, error) {
	for done := false; !done; {
		p, err := owner.Tail(ctx, at, at.Open.Below)
		if err != nil {
			return at, refusedError{fmt.Errorf("read the admin log: %w", err)}
		}
		b := membership.Batch{Events: p.Events, Entries: p.Entries, Profiles: p.Profiles}
		next, gap, complete := at.Take(p)
		b.Tail, b.Gap, at, done = &next, gap, next, complete
		if done {
			b.LogRead = began
		}
		if _, err := k.ingest(ctx, b); err != nil {
			return at, err
		}
	}
	return at, nil
}
