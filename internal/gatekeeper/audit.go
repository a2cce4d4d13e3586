package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/internal/walk"
)

// ErrNoAudit says that there is nothing to audit by: a walk comes first.
var ErrNoAudit = errors.New("an audit goes by a finished walk")

// Audit confirms members of a group beyond Telegram's window by so many calls; 0 is the keeper's own number. Each page that it reads is stored like a
// walk's, and whom it confirms with it; interrupted, it is not gone on with: the next audit begins with who is oldest then. A group that one list
// shows whole is walked instead, which confirms everybody. It fails with ErrNoAudit where no walk was finished, or one is to be gone on with.
func (k *Keeper) Audit(ctx context.Context, owner Group, calls int) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		err := k.walking.take(ctx, func() error {
			tell := func(p Progress) bool { return yield(p, nil) }
			last, err := k.auditable(ctx)
			switch {
			case err != nil:
				return err
			case shownWhole(last):
				return k.walk(ctx, owner, 0, tell)
			}
			return k.audit(ctx, owner, last, calls, tell)
		})
		if err != nil {
			yield(Progress{}, err)
		}
	}
}

// auditable is the last finished walk, by which an audit goes.
func (k *Keeper) auditable(ctx context.Context) (membership.Walk, error) {
	open, found, err := k.roster.OpenWalk(ctx, k.group.ID)
	switch {
	case err != nil:
		return open, fmt.Errorf("look for an interrupted walk: %w", err)
	case found && open.Checkpoint.Audit == nil:
		return open, fmt.Errorf("%w, and walk %d is to be gone on with first", ErrNoAudit, open.ID)
	}
	last, found, err := k.roster.LastWalk(ctx, k.group.ID)
	switch {
	case err != nil:
		return last, fmt.Errorf("read the last walk: %w", err)
	case !found || last.Certificate == nil:
		return last, fmt.Errorf("%w, and there was none yet", ErrNoAudit)
	}
	return last, nil
}

// shownWhole says that the recent list showed everybody whom Telegram lists: it was neither cut, nor had the walk to search.
func shownWhole(last membership.Walk) bool {
	c := last.Certificate
	return c != nil && c.Search.Prefixes == 0 && !slices.Contains(c.Truncated, membership.ListRecent)
}

func (k *Keeper) audit(ctx context.Context, owner Group, last membership.Walk, calls int, tell func(Progress) bool) error {
	if calls == 0 {
		calls = k.settings().AuditCalls
	}
	g, err := k.describe(ctx, owner)
	if err != nil {
		return err
	}
	if err := k.endAudit(ctx, g.Total); err != nil {
		return err
	}
	members := known{keeper: k}
	a := walk.NewAudit(walk.AuditOptions{Calls: calls, Server: last.Certificate.Search.Server}, members.all(ctx))
	if members.err != nil {
		return fmt.Errorf("read whom to confirm: %w", members.err)
	}
	at, err := k.roster.BeginWalk(ctx, k.group.ID, membership.Checkpoint{
		Next: next(a), Level: last.Checkpoint.Level, TotalBefore: g.Total, Counts: map[membership.List]int{}, CallsLeft: calls,
		Search: membership.Search{Open: []membership.Partition{}, Server: last.Certificate.Search.Server},
		Audit:  &membership.Audit{Budget: calls, Known: members.known, Unlisted: members.unlisted},
	})
	if err != nil {
		return fmt.Errorf("begin an audit: %w", err)
	}
	for !at.Checkpoint.Done() {
		if err := k.auditPage(ctx, owner, a, &at); err != nil {
			return err
		}
		if !tell(Progress{Walk: at}) {
			return nil
		}
	}
	return k.endedAudit(ctx, owner, a.Result().Suspects, at, tell)
}

// auditPage makes the audit's next call and stores what came of it. After an error the audit is not to be gone on with.
func (k *Keeper) auditPage(ctx context.Context, owner Group, a *walk.Audit, at *membership.Walk) error {
	cp := at.Checkpoint
	page, err := owner.Page(ctx, *at, cp.Next)
	if err != nil {
		return refusedError{fmt.Errorf("make call %d of an audit: %w", cp.Calls+1, err)}
	}
	if err := k.vouch(ctx, owner, cp.Next, page); err != nil {
		return err
	}
	page.Counted = a.Take(cp.Next, page)
	r := a.Result()
	audit := *cp.Audit
	audit.Confirmed, audit.Wordless, audit.Suspects, audit.Distrusted = r.Confirmed, r.Wordless, len(r.Suspects), r.Distrusted
	audit.Counted += len(page.Counted)
	if cp.Next.List == membership.ListRecent {
		cp.Counts = map[membership.List]int{membership.ListRecent: max(cp.Counts[membership.ListRecent], page.Count)}
	}
	cp.Audit, cp.Next = &audit, next(a)
	cp.Pages++
	cp.Rows += len(page.Rows)
	cp.Calls += page.Calls
	cp.FloodWaits += page.FloodWaits
	cp.Waited += page.Waited
	cp.In = audit.Confirmed
	cp.CallsLeft = max(0, audit.Budget-cp.Calls)
	if cp.Next.List == 0 {
		cp.CallsLeft = 0
	}
	page.After = cp
	if err := k.roster.StagePage(ctx, page); err != nil {
		return fmt.Errorf("store call %d of an audit: %w", cp.Calls, err)
	}
	at.Checkpoint = cp
	return nil
}

// next is the audit's next call; none where it is done.
func next(a *walk.Audit) membership.Query {
	q, ok := a.Next()
	if !ok {
		return membership.Query{}
	}
	return q
}

// endedAudit merges what the audit was shown, orders lookups of whom it was not, and ends it.
func (k *Keeper) endedAudit(ctx context.Context, owner Group, suspects []membership.UserID, at membership.Walk, tell func(Progress) bool) error {
	g, err := k.describe(ctx, owner)
	if err != nil {
		return err
	}
	if err := k.merge(ctx); err != nil {
		return err
	}
	if err := k.miss(ctx, at, suspects); err != nil {
		return err
	}
	cert, err := k.roster.FinishWalk(ctx, k.group.ID, g.Total)
	if err != nil {
		return fmt.Errorf("end the audit: %w", err)
	}
	tell(Progress{Walk: at, Certificate: &cert})
	return nil
}

// endAudit ends an audit that was interrupted as it stands: what it confirmed is stored, and whom to confirm next follows from that.
func (k *Keeper) endAudit(ctx context.Context, total int) error {
	open, found, err := k.roster.OpenWalk(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("look for an interrupted audit: %w", err)
	}
	if !found || open.Checkpoint.Audit == nil {
		return nil
	}
	k.log.Info("an interrupted audit ends as it is", zap.Uint32("walk", open.ID), zap.Int("confirmed", open.Checkpoint.Audit.Confirmed))
	if err := k.endAsItIs(ctx, open, total); err != nil {
		return fmt.Errorf("end audit %d, which was interrupted: %w", open.ID, err)
	}
	return nil
}

// known reads whom an audit can confirm.
type known struct {
	keeper          *Keeper
	known, unlisted int
	err             error // of the reading
}

// all gives the members with the age of their confirmations in seconds. Left out are those whom Telegram's lists are known not to show: every count
// would be wrong by them.
func (m *known) all(ctx context.Context) iter.Seq[walk.Member] {
	return func(yield func(walk.Member) bool) {
		now := m.keeper.instant()
		m.err = m.keeper.roster.People(ctx, m.keeper.group.ID, func(p membership.Person) error {
			s := p.Standing
			if s.Presence != membership.In {
				return nil
			}
			if s.Doubt == membership.DoubtMissed || p.Profile.Deleted || p.Record.Unlisted(s) {
				m.unlisted++
				return nil
			}
			m.known++
			if !yield(walk.Member{Profile: p.Profile, Age: float32(now.Sub(p.Confirmed()).Seconds())}) {
				return errStopped
			}
			return nil
		})
	}
}

var errStopped = errors.New("stopped")
