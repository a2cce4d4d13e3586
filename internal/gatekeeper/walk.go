package gatekeeper

import (
	"context"
	"fmt"
	"iter"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

// Progress is where a walk is.
type Progress struct {
	Walk    membership.Walk
	Listed  int // the server's count of the recent list; 0 while unknown
	Rows    int // rows stored so far, over all lists
	Calls   int // calls made for this walk, those before an interruption included
	Resumed bool
	// Certificate is set on the last one.
	Certificate *membership.Certificate
}

// Walk walks the group once, or goes on with a walk that was interrupted. It yields after every stored page and, last, with the
// certificate. Breaking off between two pages loses nothing. While another walk of this keeper runs, it waits for its end.
func (k *Keeper) Walk(ctx context.Context, owner Group) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		err := k.walking.take(ctx, func() error {
			return k.walk(ctx, owner, func(p Progress) bool { return yield(p, nil) })
		})
		if err != nil {
			yield(Progress{}, err)
		}
	}
}

func (k *Keeper) walk(ctx context.Context, owner Group, tell func(Progress) bool) error {
	_, resumed, err := k.roster.OpenWalk(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("look for an interrupted walk: %w", err)
	}
	total, err := k.describe(ctx, owner)
	if err != nil {
		return err
	}
	w, err := k.roster.BeginWalk(ctx, k.group.ID, total)
	if err != nil {
		return fmt.Errorf("begin a walk: %w", err)
	}
	if resumed {
		if err := k.merge(ctx); err != nil {
			return err
		}
	}
	for !w.Checkpoint.Done() {
		page, err := owner.Page(ctx, w)
		if err != nil {
			return refusedError{fmt.Errorf("read page %d of the participants: %w", w.Checkpoint.Pages+1, err)}
		}
		if err := k.roster.StagePage(ctx, page); err != nil {
			return fmt.Errorf("store page %d of the participants: %w", page.After.Pages, err)
		}
		w.Checkpoint = page.After
		if !tell(progress(w, resumed)) {
			return nil
		}
	}
	return k.certify(ctx, owner, w, resumed, tell)
}

func progress(w membership.Walk, resumed bool) Progress {
	cp := w.Checkpoint
	return Progress{Walk: w, Listed: cp.Counts[membership.ListRecent], Rows: cp.Rows, Calls: cp.Calls, Resumed: resumed}
}

// certify merges what was staged into the standings, says what it proves, and ends the walk.
func (k *Keeper) certify(ctx context.Context, owner Group, w membership.Walk, resumed bool, tell func(Progress) bool) error {
	if err := k.merge(ctx); err != nil {
		return err
	}
	total, err := k.describe(ctx, owner)
	if err != nil {
		return err
	}
	cert, err := k.roster.FinishWalk(ctx, k.group.ID, total)
	if err != nil {
		return fmt.Errorf("end the walk: %w", err)
	}
	if err := k.roster.UpdateSources(ctx, k.group.ID, func(s *membership.Sources) { s.Walk = max(s.Walk, cert.Ended) }); err != nil {
		return err
	}
	p := progress(w, resumed)
	p.Certificate = &cert
	tell(p)
	return nil
}

func (k *Keeper) merge(ctx context.Context) error {
	out, err := k.roster.MergeWalk(ctx, k.group.ID, k.policy)
	if err != nil {
		return fmt.Errorf("merge the pages read into the roster: %w", err)
	}
	k.follow(out)
	return nil
}

// describe refreshes the group's title, rights and member count, and returns the count.
func (k *Keeper) describe(ctx context.Context, owner Group) (int, error) {
	g, err := owner.Describe(ctx)
	if err != nil {
		return 0, refusedError{fmt.Errorf("ask for the group: %w", err)}
	}
	if err := k.roster.PutGroup(ctx, g); err != nil {
		return 0, fmt.Errorf("store the group: %w", err)
	}
	return g.Total, nil
}

// walkIfDue walks when the last walk is older than Pace.WalkEvery, was interrupted, or began before the bot's feed did: whom a list shows a
// minute into the feed need not be looked up any more, and one that is read sooner may show who left before it. That is asked when
// it is our turn: what another walk, waited for, has done is not done again.
func (k *Keeper) walkIfDue(ctx context.Context, owner Group) error {
	return k.walking.take(ctx, func() error {
		due, why, err := k.walkDue(ctx)
		if err != nil || !due {
			return err
		}
		k.log.Info("walk begins", zap.String("because", why))
		return k.walk(ctx, owner, func(p Progress) bool {
			if c := p.Certificate; c != nil {
				k.log.Info("walk finished", zap.Int("proven", c.Proven), zap.Int("listed", c.Listed), zap.Int("calls", c.Calls), zap.Bool("complete", c.Coverage.Complete))
			}
			return true
		})
	})
}

func (k *Keeper) walkDue(ctx context.Context) (bool, string, error) {
	if _, open, err := k.roster.OpenWalk(ctx, k.group.ID); err != nil || open {
		return open, "the last one was interrupted", err
	}
	last, ok, err := k.roster.LastWalk(ctx, k.group.ID)
	if err != nil || !ok {
		return !ok, "there was none yet", err
	}
	sources, err := k.roster.Sources(ctx, k.group.ID)
	if err != nil {
		return false, "", err
	}
	now, whole := k.instant(), sources.FeedFrom.Add(membership.ListMargin)
	switch age := now.Sub(last.Ended); {
	case age >= k.pace.WalkEvery:
		return true, fmt.Sprintf("the last one ended %s ago", age.Round(time.Minute)), nil
	case sources.FeedFrom != 0 && last.Started < whole && now >= whole:
		return true, "the bot's updates began after the last one", nil
	}
	return false, "", nil
}
