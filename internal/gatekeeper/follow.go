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
			return every(ctx, k.pace.TailEvery, k.tailWanted, func(ctx context.Context) error {
				return rest.unless(ctx, "the admin log was not read", func() error { return k.Tail(ctx, owner) })
			})
		})
	}
	g.Go(func() error {
		// A walk that is due is looked for more often than it is due, so that a sleeping machine or a long outage does not skip a day.
		rest := rested{keeper: k}
		return every(ctx, min(k.pace.WalkEvery, time.Minute), nil, func(ctx context.Context) error {
			return rest.unless(ctx, "the walk stopped; it goes on later", func() error { return k.walkIfDue(ctx, owner) })
		})
	})
	return g.Wait()
}

// rested lets a loop rest while its calls are held back: each try would make those that are not.
type rested struct {
	keeper *Keeper
	until  time.Time
}

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
	return r.keeper.tolerate(ctx, what, err)
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

// tolerate logs Telegram's refusals and lets the loop go on; the end of the session and everything else is returned.
func (k *Keeper) tolerate(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !isRefused(err):
		return err
	}
	var t *membership.TelegramError
	if errors.As(err, &t) && t.Kind == membership.ErrorSession {
		return err
	}
	k.log.Warn(what, zap.Error(err))
	return nil
}

// Tail reads the admin log up to its newest event, oldest page first into the roster, so that the cursor is never ahead. While somebody
// else reads it, Tail waits, and goes on from there.
func (k *Keeper) Tail(ctx context.Context, owner Group) error {
	return k.tailing.take(ctx, func() error { return k.tail(ctx, owner) })
}

func (k *Keeper) tail(ctx context.Context, owner Group) error {
	after, err := k.roster.Tail(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read where the admin log stands: %w", err)
	}
	started := k.instant()
	pages, err := k.tailPages(ctx, owner, after)
	if err != nil {
		return err
	}
	for i := len(pages) - 1; i >= 0; i-- {
		p := pages[i]
		at := membership.Tail{LastID: p.Newest, LastDate: p.NewestDate}
		if _, err := k.ingest(ctx, membership.Batch{Events: p.Events, Entries: p.Entries, Profiles: p.Profiles, Tail: &at}); err != nil {
			return err
		}
	}
	return k.tailRead(ctx, started, k.lost(after, started))
}

func (k *Keeper) tailPages(ctx context.Context, owner Group, after membership.Tail) ([]membership.TailPage, error) {
	var pages []membership.TailPage
	for below := int64(0); ; {
		p, err := owner.Tail(ctx, after, below)
		if err != nil {
			return nil, refusedError{fmt.Errorf("read the admin log: %w", err)}
		}
		if p.Rows == 0 || (below != 0 && p.Oldest >= below) {
			return pages, nil
		}
		pages = append(pages, p)
		if p.Oldest <= 0 {
			return pages, nil // below 0 is the newest page again
		}
		below = p.Oldest
	}
}

// tailRead notes that the log was complete up to a moment, which also confirms an empty one, and what it had forgotten by then: in one
// transaction, or a hole would be noted again, and longer, after every interruption.
func (k *Keeper) tailRead(ctx context.Context, at membership.Instant, lost *membership.Gap) error {
	if lost != nil {
		k.log.Warn("the admin log was not read for longer than Telegram keeps it", zap.Stringer("from", lost.From), zap.Stringer("to", lost.To))
	}
	_, err := k.ingest(ctx, membership.Batch{Tail: &membership.Tail{Read: at}, Gap: lost})
	return err
}

// lost is the span of which the log has forgotten events that nobody read.
func (k *Keeper) lost(after membership.Tail, now membership.Instant) *membership.Gap {
	kept := now.Add(-membership.AdminLogRetention)
	if after.Read == 0 || after.Read >= kept {
		return nil
	}
	return &membership.Gap{
		Source: membership.GapAdminLog, From: after.Read, To: kept, Reason: "the admin log was not read within the 48 hours that Telegram keeps it",
	}
}
