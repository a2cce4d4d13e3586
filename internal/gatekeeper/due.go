package gatekeeper

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"runtime/debug"
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
	walked := false
	defer func() {
		if walked {
			// A large group's walk needs three times what is kept. Go would hold on to that until it is needed again, in hours.
			debug.FreeOSMemory()
		}
	}()
	return k.walking.take(ctx, func() error {
		d, err := k.due(ctx)
		if err == nil && !d.walk && !d.audit {
			d, err = k.listDue(ctx, owner)
		}
		walked = d.walk || d.audit
		switch {
		case err != nil:
			return err
		case d.audit:
			k.log.Info("audit begins", zap.String("because", d.because))
			err = k.audit(ctx, owner, d.last, d.calls, k.logged)
		case d.walk:
			k.log.Info("walk begins", zap.String("because", d.because))
			err = k.walk(ctx, owner, 0, k.logged)
		default:
			return nil
		}
		wake(k.countWanted) // what a walk leaves unexplained is what later counts are compared with
		return err
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
// Telegram's window is walked once, and audited from then on; it is walked again where an audit cannot do the work. Either is due where the bot's
// feed began after the last one: whom a list shows a minute into the feed need not be looked up any more, and one that is read sooner may show
// who left before it. A large group is not walked for that: its thousands of calls are the owner's, and whoever asks is looked up by the bot.
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
	logged := k.group.Kind == membership.BasicGroup || sources.AdminLog >= sources.FeedFrom || now >= whole.Add(logFirst)
	anew := func(newest membership.Walk) bool {
		return sources.FeedFrom != 0 && newest.Started < whole && now >= whole && logged
	}
	const began = "the bot's updates began after the last one"
	drift, err := k.roster.Drift(ctx, k.group.ID)
	switch {
	case err != nil:
		return due{}, err
	case shownWhole(last) && anew(last):
		return due{walk: true, because: began}, nil
	case shownWhole(last):
		return k.since(last, now, drift, due{walk: true}), nil
	}
	audit, audited, err := k.roster.LastAudit(ctx, k.group.ID)
	if err != nil {
		return due{}, err
	}
	if audited && audit.Ended > last.Ended {
		if why, needed := k.wantsWalk(last, audit); needed {
			return k.since(audit, now, drift, due{walk: true, because: why}), nil
		}
		if anew(audit) {
			return due{audit: true, because: began, last: last}, nil
		}
		return k.since(audit, now, drift, due{audit: true, last: last}), nil
	}
	if anew(last) {
		return due{audit: true, because: began, last: last}, nil
	}
	return k.since(last, now, drift, due{audit: true, last: last}), nil
}

// since is what is due once the newest one is so old, or a difference is to be explained that is newer than it; nothing before.
//
// A run that was missed, since the machine slept or the program did not run, is made up for once, as soon as it can be. One that ended later than
// now is from before the clock was set back, and how long ago that is nobody knows: it is due.
func (k *Keeper) since(newest membership.Walk, now membership.Instant, drift membership.Drift, d due) due {
	age := now.Sub(newest.Ended)
	switch {
	case drift.Stage == membership.DriftWalk && newest.Started < drift.Entered:
		d.because = fmt.Sprintf("Telegram counts %s than are known", apart(drift.Unexplained()))
		return d
	case age < -clocksDiffer:
		d.because = "the last one ended ahead of the clock"
		return d
	case age < k.interval(newest.ID):
		return due{}
	}
	if d.because == "" {
		d.because = fmt.Sprintf("the last one ended %s ago", age.Round(time.Minute))
	}
	return d
}

// logFirst is how long a walk waits for the admin log to be read where the bot's feed began anew: the log says who moved, when and by whom, and a list
// only who is in.
const logFirst = 5 * time.Minute

// clocksDiffer is how far ahead of now a walk may have ended without the clock's having been set back.
const clocksDiffer = time.Minute

// jitter is the share of an interval by which a walk or a reading of the admin log may come early, so that not all programs that were started
// together, or by the same clock, go to Telegram together for ever.
const jitter = 0.1

// interval is how long after the walk of that number the next one is due: Settings.WalkEvery or, in a basic group, confirmEvery.
func (k *Keeper) interval(walk uint32) time.Duration {
	every := k.settings().WalkEvery
	if k.group.Kind == membership.BasicGroup {
		every = k.confirmEvery()
	}
	return k.early(every, walk)
}

// early is the interval less a share that differs with the group and with which turn it is. It is never longer: an interval is a promise.
func (k *Keeper) early(interval time.Duration, turn uint32) time.Duration {
	h := sha256.Sum256(fmt.Appendf(nil, "%d/%d", k.group.ID, turn))
	share := jitter * float64(binary.BigEndian.Uint32(h[:])) / math.MaxUint32
	return interval - time.Duration(share*float64(interval))
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
