package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gotd/td/tg"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/supergroup"
	"rollcall/session"
)

func newSyncCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "sync",
		Short: "Walk the group and read its admin log, once, and say what was proved",
		Long: "Walks the participants of the group and reads its admin log, once. A walk that was interrupted goes on where it stopped.\n" +
			"Ends with exit code 7 when less than --min-coverage of what the server lists was proved.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.sync(cmd.Context()) },
	}
	a.keyFlag(c.Flags(), "min-coverage", "sync.min_coverage", "the least `share` of what the server lists that has to be proved, 0 to 1")
	return c
}

// syncAnswer is what `sync --json` prints.
type syncAnswer struct {
	Group        membership.Group       `json:"group"`
	Certificate  membership.Certificate `json:"certificate"`
	LedgerEvents int                    `json:"ledger_events"`
	NewEvents    int                    `json:"new_events"`
	Members      memberCounts           `json:"members"`
	Meta         report.Meta            `json:"meta"`
}

func (a *app) sync(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if _, err := cfg.GroupRef(); err != nil {
		return err
	}
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return err
	}
	var answer syncAnswer
	err = askHolder(ctx, path, askSync.name, struct{}{}, &answer)
	if errors.Is(err, errNobodyListens) {
		var cred credentials
		if cred, err = a.credentials(ctx, cfg); err != nil {
			return err
		}
		err = a.holding(ctx, cfg, holder{Command: "sync"}, func(ctx context.Context, d desk) error {
			answer, err = a.syncOnce(ctx, d, cred)
			return err
		})
	}
	if err != nil {
		return err
	}
	if err := a.print(answer, answer.Meta, func() { a.printSync(answer) }); err != nil {
		return err
	}
	if c := answer.Certificate.Coverage; c.Ratio < cfg.Sync.MinCoverage {
		return fail(exitPartial, "what was proved is stored", "proved %s of what the server lists; %s was asked for",
			formatShare(c.Ratio), formatShare(cfg.Sync.MinCoverage))
	}
	return nil
}

// askSync has the run that holds the accounts walk and read the log now.
var askSync = newChange("sync", func(ctx context.Context, d desk, _ struct{}) (syncAnswer, error) {
	owner, _, err := d.connected()
	if err != nil {
		return syncAnswer{}, err
	}
	return d.syncBy(ctx, d.live.group, func() (membership.Certificate, error) {
		var cert membership.Certificate
		for p, err := range d.live.keeper.Walk(ctx, owner.group) {
			if err != nil {
				return cert, err
			}
			if p.Certificate != nil {
				cert = *p.Certificate
			}
		}
		return cert, readLog(ctx, d.live.keeper, d.live.group, owner.group)
	})
})

// readLog reads the admin log, which basic groups do not keep.
func readLog(ctx context.Context, k *gatekeeper.Keeper, g membership.Group, owner gatekeeper.Group) error {
	if g.Kind == membership.BasicGroup {
		return nil
	}
	return k.Tail(ctx, owner)
}

// syncBy has work read the group, and tells what that brought.
func (d desk) syncBy(ctx context.Context, g membership.Group, work func() (membership.Certificate, error)) (syncAnswer, error) {
	answer := syncAnswer{Group: g}
	before, err := d.roster.Counts(ctx, g.ID)
	if err != nil {
		return answer, err
	}
	if answer.Certificate, err = work(); err != nil {
		return answer, err
	}
	after, err := d.roster.Counts(ctx, g.ID)
	if err != nil {
		return answer, err
	}
	answer.LedgerEvents, answer.NewEvents = after.LedgerEvents, after.LedgerEvents-before.LedgerEvents
	answer.Group.Total = answer.Certificate.TotalAfter
	answer.Members = countMembers(after, answer.Group)
	answer.Meta, err = d.meta(ctx, g)
	return answer, err
}

func (a *app) syncOnce(ctx context.Context, d desk, cred credentials) (syncAnswer, error) {
	var answer syncAnswer
	waits := &waitTally{screen: a.stderr}
	acc, err := openAccount(d.cfg, cred, session.Owner, accountOptions{log: zap.NewNop(), onWait: waits.begin})
	if err != nil {
		return answer, err
	}
	err = acc.Run(ctx, func(ctx context.Context, api *tg.Client) error {
		g, err := administered(ctx, api, d.cfg)
		if err != nil {
			return err
		}
		owner := tallied{Group: ownerGroup(ctx, api, acc, g, zap.NewNop()), waits: waits}
		keeper := gatekeeper.New(gatekeeper.Config{
			Group: g, BotID: botID(d.cfg), Roster: d.roster, Policy: d.cfg.Policy(), Now: a.now,
		})
		answer, err = d.syncBy(ctx, g, func() (membership.Certificate, error) {
			cert, err := a.walkWithProgress(ctx, keeper, owner)
			if err != nil {
				return cert, err
			}
			return cert, readLog(ctx, keeper, g, owner)
		})
		return err
	})
	if ctx.Err() != nil {
		err = errors.Join(fail(exitInterrupted, "the pages read are stored; \"rollcall sync\" goes on from there", "%w", errInterrupted), err)
	}
	return answer, errors.Join(err, acc.Close())
}

func (a *app) walkWithProgress(ctx context.Context, k *gatekeeper.Keeper, owner gatekeeper.Group) (membership.Certificate, error) {
	began := a.now()
	calls := -1
	for p, err := range k.Walk(ctx, owner) {
		if err != nil {
			a.endProgress()
			return membership.Certificate{}, err
		}
		if calls < 0 {
			calls = p.Calls - 1
			if p.Resumed {
				a.stderr.line("Going on with walk %d, which was interrupted after %d calls.", p.Walk.ID, calls)
			}
		}
		if p.Certificate != nil {
			a.endProgress()
			return *p.Certificate, nil
		}
		a.showProgress(p, a.now().Sub(began), p.Calls-calls)
	}
	return membership.Certificate{}, context.Cause(ctx)
}

// showProgress tells how far the walk is: on a terminal in one line that is overwritten, elsewhere in a line every so often.
func (a *app) showProgress(p gatekeeper.Progress, took time.Duration, made int) {
	rows := min(p.Rows, p.Listed)
	left := ""
	if pages := (p.Listed-rows+membership.PageLimit-1)/membership.PageLimit + len(membership.Lists()) - len(p.Walk.Checkpoint.Full); made > 0 && pages > 0 {
		left = ", about " + span(took/time.Duration(made)*time.Duration(pages)) + " left"
	}
	text := fmt.Sprintf("walk %d: %s of %s listed read, %s%s", p.Walk.ID, formatCount(rows), formatCount(p.Listed), plural(p.Calls, "call"), left)
	switch {
	case a.stderr.tty:
		_, _ = fmt.Fprintf(a.stderr.w, "\r\x1b[K%s", text)
	case p.Calls%25 == 1:
		a.stderr.line("%s", text)
	}
}

func (a *app) endProgress() {
	if a.stderr.tty {
		_, _ = fmt.Fprint(a.stderr.w, "\r\x1b[K")
	}
}

func (a *app) printSync(s syncAnswer) {
	c := s.Certificate
	a.stdout.line("%s: %s of %s listed are proven in (%s), by %s in %s.", s.Group.Title, formatCount(c.Proven), formatCount(c.Listed),
		formatShare(c.Coverage.Ratio), plural(c.Calls, "call"), span(max(time.Second, c.Ended.Sub(c.Started))))
	a.stdout.line("Telegram counts %s members; %s are known: %s in, %s out, %s unknown.", formatCount(c.TotalAfter), formatCount(s.Members.Known),
		formatCount(s.Members.In), formatCount(s.Members.Out), formatCount(s.Members.Unknown))
	a.stdout.line("The ledger holds %s, %d of them new.", plural(s.LedgerEvents, "event"), s.NewEvents)
	if c.Coverage.Complete {
		a.stdout.line("Complete: everybody whom Telegram counts was seen.")
	}
	for _, reason := range c.Coverage.Reasons {
		a.stdout.line("Not complete: %s.", reason)
	}
	if c.FloodWaits > 0 {
		a.stdout.line("Telegram asked to wait %s, %s in all.", plural(c.FloodWaits, "time"), span(c.Waited))
	}
}

// waitTally counts the waits that Telegram asked for.
type waitTally struct {
	screen screen
	mu     sync.Mutex // guards what follows
	waits  int
	waited time.Duration
}

func (w *waitTally) begin(method string, until time.Time) {
	wait := time.Until(until)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits++
	w.waited += wait
	w.screen.line("Telegram asks to wait %s before the next %s; waiting.", span(wait), method)
}

func (w *waitTally) take() (int, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, d := w.waits, w.waited
	w.waits, w.waited = 0, 0
	return n, d
}

// tallied is a group whose pages carry the waits that they cost into the walk's certificate.
type tallied struct {
	*supergroup.Group

	waits *waitTally
}

// Page reads a page.
func (t tallied) Page(ctx context.Context, w membership.Walk) (membership.Page, error) {
	p, err := t.Group.Page(ctx, w)
	n, d := t.waits.take()
	p.After.FloodWaits += n
	p.After.Waited += d
	return p, err
}

func formatShare(r float64) string {
	// Rounded down: 99.96 % is not 100 %.
	return fmt.Sprintf("%.1f %%", math.Floor(r*1000)/10)
}
