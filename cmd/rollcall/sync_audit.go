package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// lookUpMissed looks up whom lists do not show any more. Where calls are held back, by a wait or for the day's budget, it ends: who is left is
// looked up by the next sync or run.
func (a *app) lookUpMissed(ctx context.Context, v visit) (at gatekeeper.MissedCount, err error) {
	told := false
	for at, err = range v.keeper.LookUpMissed(ctx, v.owner) {
		if err != nil {
			break
		}
		if !told {
			told = true
			a.stderr.line("Looking up %s whom no list shows any more.", plural(at.Found, "known member"))
		}
	}
	if ctx.Err() != nil {
		return at, fail(exitInterrupted, "the walk is stored; the next sync or run looks up who is left", "%w", errors.Join(errInterrupted, err))
	}
	if err != nil && judge(err).code == exitRateLimited {
		a.stderr.line("Nobody is looked up for now: %s.", forPeople(reasonToWait(err)))
		return at, nil
	}
	return at, err
}

// reasonToWait is why calls are held back, without the call that was.
func reasonToWait(err error) string {
	held, is := errors.AsType[interface {
		error
		WaitUntil() time.Time
	}](err)
	if !is {
		return err.Error()
	}
	return held.Error()
}

func (a *app) printMissed(m gatekeeper.MissedCount) {
	if m.Disbelieved > 0 {
		a.stdout.line("%s in no list that should show them, more than can have left by Telegram's own counts: the lists are not believed.", areMembers(m.Disbelieved))
		a.stdout.line("Only some of them are looked up, others after the next walk; they count as in until a lookup says that they left.")
	}
	if m.Found == 0 {
		return
	}
	a.stdout.line("%s in no list that should show them: %s left, %s still in, %s yet to be looked up.",
		areMembers(m.Found), formatCount(m.Out), formatCount(m.In), formatCount(m.Waiting))
	if m.Waiting > 0 {
		a.stderr.line(`A run looks up who is left, one after the other, and so does the next sync.`)
	}
}

func areMembers(n int) string {
	if n == 1 {
		return "1 known member is"
	}
	return formatCount(n) + " known members are"
}

func (a *app) printKnown(s syncAnswer) {
	a.stdout.line("Telegram counts %s members; %s are known: %s in, %s out, %s unknown.", formatCount(s.Certificate.TotalAfter), formatCount(s.Members.Known),
		formatCount(s.Members.In), formatCount(s.Members.Out), formatCount(s.Members.Unknown))
	a.stdout.line("The ledger holds %s, %s of them new.", plural(s.LedgerEvents, "event"), formatCount(s.NewEvents))
}

func (a *app) printWaits(c membership.Certificate) {
	if c.FloodWaits > 0 {
		a.stdout.line("Telegram asked to wait %s, %s in all.", plural(c.FloodWaits, "time"), span(c.Waited))
	}
}

func (a *app) printAudit(s syncAnswer) {
	c := s.Certificate
	a.stdout.line("%s: audited by %s in %s; %s.", s.Group.Title, plural(c.Calls, "call"), span(max(time.Second, c.Ended.Sub(c.Started))), confirmedText(*c.Audit))
	a.stdout.line("Now %s.", oldestText(*c.Audit, c.Ended.Time()))
	if n := c.Audit.Wordless; n > 0 {
		a.stdout.line("Not confirmed, for no search finds their names: %s. The recent list confirms the newest of them, a lookup whoever turns to the bot.", plural(n, "member"))
	}
	a.printKnown(s)
	if c.Audit.Distrusted {
		a.stdout.line("Telegram's answers contradict what is known too much to suspect anybody; \"rollcall sync\" walks the group anew.")
	}
	a.printMissed(s.Missed)
	a.printWaits(c)
}

func confirmedText(a membership.Audit) string {
	return fmt.Sprintf("%s of %s known members confirmed, %s of them by counts alone", formatCount(a.Confirmed), formatCount(a.Known), formatCount(a.Counted))
}

// oldestText says how old the oldest confirmation is.
func oldestText(a membership.Audit, now time.Time) string {
	if a.Oldest == 0 {
		return "nobody is known to be in"
	}
	return fmt.Sprintf("the oldest confirmation is of %s, %s", localTime(a.Oldest.Time()), relative(now, a.Oldest.Time()))
}

// auditView is the last audit, as status shows it.
type auditView struct {
	membership.Audit

	Walk  uint32             `json:"walk"`
	Ended membership.Instant `json:"ended"`
	Calls int                `json:"calls"`
}

func viewAudit(w membership.Walk) *auditView {
	if w.Certificate == nil || w.Certificate.Audit == nil {
		return nil
	}
	return &auditView{Audit: *w.Certificate.Audit, Walk: w.ID, Ended: w.Ended, Calls: w.Certificate.Calls}
}
