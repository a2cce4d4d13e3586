package gatekeeper

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

// due is what a schedule has to read of the group.
type due struct {
	walk, audit bool // one of them, or neither
	because     string
	last        membership.Walk // the last finished walk, where there is one
	calls       int             // of an audit; 0 is the keeper's number
}

// walkIfDue walks or audits the group when it is time to. That is asked when it is our turn: what another walk, waited for, has done is not
// done again.
func (k *Keeper) walkIfDue(ctx context.Context, owner Group) error {
	return k.walking.take(ctx, func() error {
		d, err := k.due(ctx)
		switch {
		case err != nil:
			return err
		case d.audit:
			k.log.Info("audit begins", zap.String("because", d.because))
			return k.audit(ctx, owner, d.last, d.calls, k.logged)
		case d.walk:
			k.log.Info("walk begins", zap.String("because", d.because))
			return k.walk(ctx, owner, 0, k.logged)
		}
		return nil
	})
}

// logged tells the log of the end.
func (k *Keeper) logged(p Progress) bool {
	c := p.Certificate
	switch {
	case c == nil:
	case c.Audit != nil:
		k.log.Info("audit finished", zap.Int("calls", c.Calls), zap.Int("known", c.Audit.Known), zap.Int("confirmed", c.Audit.Confirmed),
			zap.Int("suspects", c.Audit.Suspects), zap.Stringer("oldest", c.Audit.Oldest))
	default:
		k.log.Info("walk finished", zap.Int("proven", c.Proven), zap.Int("listed", c.Listed), zap.Int("calls", c.Calls), zap.Bool("complete", c.Coverage.Complete))
	}
	return true
}

// due says what is to be read, and why. A group whose list is shown whole is walked each time: one pass is exact, and its cheapest audit. One beyond
// Telegram's window is walked once, and audited from then on; it is walked again where an audit cannot do the work, and where the bot's feed began
// after the last walk: whom a list shows a minute into the feed need not be looked up any more, and one that is read sooner may show who
// left before it.
func (k *Keeper) due(ctx context.Context) (due, error) {
	open, found, err := k.roster.OpenWalk(ctx, k.group.ID)
	if err != nil || found && open.Checkpoint.Audit == nil {
		return due{walk: true, because: "the last one was interrupted"}, err
	}
	last, ok, err := k.roster.LastWalk(ctx, k.group.ID)
	if err != nil || !ok {
		return due{walk: true, because: "there was none yet"}, err
	}
	if found { // an audit, which is not gone on with; another spends what it had left, so that a day's calls stay a day's
		cp := open.Checkpoint
		return due{audit: true, because: "the last one was interrupted", last: last, calls: max(1, cp.Audit.Budget-cp.Calls)}, nil
	}
	sources, err := k.roster.Sources(ctx, k.group.ID)
	if err != nil {
		return due{}, err
	}
	now, whole := k.instant(), sources.FeedFrom.Add(membership.ListMargin)
	if sources.FeedFrom != 0 && last.Started < whole && now >= whole {
		return due{walk: true, because: "the bot's updates began after the last one"}, nil
	}
	if shownWhole(last) {
		return since(last.Ended, now, k.pace.WalkEvery, due{walk: true}), nil
	}
	audit, audited, err := k.roster.LastAudit(ctx, k.group.ID)
	if err != nil {
		return due{}, err
	}
	if audited && audit.Ended > last.Ended {
		if why, needed := k.wantsWalk(last, audit); needed {
			return since(audit.Ended, now, k.pace.WalkEvery, due{walk: true, because: why}), nil
		}
		return since(audit.Ended, now, k.pace.WalkEvery, due{audit: true, last: last}), nil
	}
	return since(last.Ended, now, k.pace.WalkEvery, due{audit: true, last: last}), nil
}

// since is what is due once the last one is so old, nothing before.
func since(ended, now membership.Instant, every time.Duration, d due) due {
	age := now.Sub(ended)
	if age < every {
		return due{}
	}
	if d.because == "" {
		d.because = fmt.Sprintf("the last one ended %s ago", age.Round(time.Minute))
	}
	return d
}

// unnamed is the share of those listed that may be unknown beyond what the last walk left unknown, before a walk looks for them.
const unnamed = 0.02

// wantsWalk says why an audit does not suffice any more: it confirms whom it knows, and finds nobody.
func (k *Keeper) wantsWalk(last, audit membership.Walk) (string, bool) {
	a, c := audit.Checkpoint.Audit, last.Certificate
	listed := audit.Checkpoint.Counts[membership.ListRecent]
	unknown, was := listed-a.Known, c.Listed-c.Proven
	switch {
	case a.Distrusted:
		return "the last audit's answers contradict what is known", true
	case float64(unknown-was) > unnamed*float64(listed):
		return fmt.Sprintf("Telegram lists %d people who are not known, %d more than after the last one", unknown, unknown-was), true
	}
	return "", false
}
