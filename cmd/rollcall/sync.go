package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/gotd/td/tg"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/session"
)

func newSyncCommand(a *app) *cobra.Command {
	var estimate, audit bool
	c := &cobra.Command{
		Use:   "sync",
		Short: "Read the group's members and its admin log, once, and say what that proved",
		Long: "Walks the group's lists of members and reads its admin log (of the last 48 hours), once, through the owner's account. A walk\n" +
			"that was interrupted goes on where it stopped. Exits with 7 when less than --min-coverage of those listed was proved.\n\n" +
			"Telegram shows 10,000 rows of a list. In a larger group a walk goes on by searching for names, for as long as a call can be\n" +
			"expected to show so many people who are not known yet: 14 at the level fast, 4 at normal, 2 at thorough, any at exhaustive.\n\n" +
			"With --audit, it confirms by so many calls those whose membership was confirmed longest ago, instead of walking such a group anew.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case estimate && audit:
				return fail(exitUsage, "an audit takes no more calls than --calls says", "--estimate is for walks")
			case audit && cmd.Flags().Changed("level"), audit && cmd.Flags().Changed("min-coverage"):
				return fail(exitUsage, "an audit confirms those who are known, and looks for nobody else", "--level and --min-coverage are for walks")
			case !audit && cmd.Flags().Changed("calls"):
				return fail(exitUsage, "add --audit; a walk takes as many calls as --estimate says", "--calls is for audits")
			case estimate:
				return a.estimate(cmd.Context())
			}
			return a.sync(cmd.Context(), audit)
		},
	}
	a.keyFlag(c.Flags(), "min-coverage", "sync.min_coverage", "the least `share` of those listed that has to be proved, 0 to 1 or 0% to 100%")
	a.keyFlag(c.Flags(), "level", "sync.level", "the `level`: fast, normal, thorough or exhaustive. A walk that goes on keeps its own")
	a.keyFlag(c.Flags(), "calls", "sync.audit_calls", "how many `calls` an audit makes")
	c.Flags().BoolVar(&audit, "audit", false, "confirm known members, the longest unconfirmed first, instead of walking; a group of up to 10,000 is walked in any case")
	c.Flags().BoolVar(&estimate, "estimate", false, "say how many calls and how long a walk takes, and make none but the one that asks for the group")
	return c
}

// syncAnswer is what `sync --json` prints.
type syncAnswer struct {
	Group        groupView              `json:"group"`
	Certificate  membership.Certificate `json:"certificate"`
	LedgerEvents int                    `json:"ledger_events"`
	NewEvents    int                    `json:"new_events"`
	Members      memberCounts           `json:"members"`
	// Missed are the known members whom lists that should show them do not show any more.
	Missed gatekeeper.MissedCount `json:"missed"`
}

func (a *app) sync(ctx context.Context, audit bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	q := walkQuestion{Group: cfg.Group, Level: cfg.Sync.Level}
	if audit {
		q.Audit = cfg.Sync.AuditCalls
	}
	answer, err := ownersWork[syncAnswer]{
		there: func(ctx context.Context, path string, answer *stated[syncAnswer]) error {
			goesOn := "the pages read are stored; the run goes on with the walk by itself"
			if until, quiet := cfg.Telegram.Pace.Quiet.At(a.now()); quiet {
				goesOn += " when the quiet hours are over"
				a.stderr.line("Quiet hours last until %s; a sync that you type goes on in them.", localMinute(until))
			}
			err := a.watching(ctx, cfg, func(ctx context.Context) error {
				return askHolder(ctx, path, askSync.name, q, answer)
			})
			if err != nil && !errors.Is(err, errNobodyListens) && errors.Is(context.Cause(ctx), errInterrupted) {
				return fail(exitInterrupted, goesOn, "%w", err)
			}
			return err
		},
		here: func(ctx context.Context, d desk, cred credentials) (stated[syncAnswer], error) {
			return a.syncOnce(ctx, d, cred, q)
		},
	}.do(ctx, a, cfg)
	if err != nil {
		return err
	}
	if err := a.print(answer.Answer, answer.Meta, func() { a.printSync(answer.Answer) }); err != nil {
		return err
	}
	c := answer.Answer.Certificate.Coverage
	if answer.Answer.Certificate.Audit == nil && c.Ratio < cfg.Sync.MinCoverage {
		of := "lists"
		if answer.Answer.Certificate.CountedAsShown() {
			of = "counts"
		}
		return fail(exitPartial, "what was proved is stored", "proved %s of what Telegram %s; %s was asked for",
			formatShare(c.Ratio), of, formatShare(cfg.Sync.MinCoverage))
	}
	return nil
}

// ownersWork needs the roster and the owner's account. The process that holds them does it, where there is one, and else this one.
type ownersWork[A any] struct {
	there func(ctx context.Context, path string, answer *stated[A]) error
	here  func(context.Context, desk, credentials) (stated[A], error)
}

func (w ownersWork[A]) do(ctx context.Context, a *app, cfg Config) (answer stated[A], err error) {
	if _, err := cfg.GroupRef(); err != nil {
		return answer, err
	}
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return answer, err
	}
	if err = w.there(ctx, path, &answer); !errors.Is(err, errNobodyListens) {
		return answer, err
	}
	cred, err := a.credentials(ctx, cfg)
	if err != nil {
		return answer, err
	}
	err = a.holding(ctx, cfg, stint{command: "sync", work: func(ctx context.Context, d desk) error {
		answer, err = w.here(ctx, d, cred)
		return err
	}})
	return answer, err
}

// walkQuestion is how a walk is wanted.
type walkQuestion struct {
	Group string           `json:"group"`
	Level membership.Level `json:"level"`
	// Audit is how many calls of an audit are wanted instead.
	Audit int `json:"audit"`
}

// of has the keeper do what is wanted.
func (q walkQuestion) of(ctx context.Context, k *gatekeeper.Keeper, owner gatekeeper.Group) iter.Seq2[gatekeeper.Progress, error] {
	if q.Audit > 0 {
		return k.Audit(ctx, owner, q.Audit)
	}
	return k.Walk(ctx, owner, q.Level)
}

// askSync has the run that holds the accounts walk and read the log now. Where that shows that the group became another, the run goes on with that one,
// and it is read.
var askSync = newChange("sync", func(ctx context.Context, d desk, q walkQuestion) (stated[syncAnswer], error) {
	answer, err := d.syncByRun(ctx, q)
	if to, moved := became(err); moved && d.live != nil {
		if err := d.live.goOnTo(ctx, to); err != nil {
			return answer, err
		}
		return d.syncByRun(ctx, q)
	}
	return answer, err
})

func (d desk) syncByRun(ctx context.Context, q walkQuestion) (stated[syncAnswer], error) {
	owner, err := d.ownerOf(ctx, q.Group)
	if err != nil {
		return stated[syncAnswer]{}, err
	}
	return d.syncBy(ctx, owner.about, func() (cert membership.Certificate, missed gatekeeper.MissedCount, err error) {
		if err := readLog(ctx, owner.keeper, owner.about, owner.group); err != nil {
			return cert, missed, err
		}
		for p, err := range q.of(ctx, owner.keeper, owner.group) {
			if err != nil {
				return cert, missed, err
			}
			if p.Certificate != nil {
				cert = *p.Certificate
			}
		}
		missed, err = owner.keeper.Missed(ctx)
		return cert, missed, err
	})
}

// ownerOf is the run's owner account, where the run keeps the group that is named.
func (d desk) ownerOf(ctx context.Context, group string) (*ownerLink, error) {
	owner, _, err := d.connected(ctx)
	if err != nil || group == "" || group == d.live.config().Group {
		return owner, err
	}
	g, err := d.at(group).theGroup(ctx)
	if err == nil && g.ID != owner.about.ID {
		err = fail(exitHeld, "nothing was read; stop the run first, or give each group a data folder of its own", "the run keeps %q, and not %q", owner.about.Title, g.Title)
	}
	return owner, err
}

// readLog reads the admin log, which basic groups do not keep. It comes before the walk: who left by the log is not missed by the lists, and a
// sync that is stopped in it has not walked in vain.
func readLog(ctx context.Context, k *gatekeeper.Keeper, g membership.Group, owner gatekeeper.Group) error {
	if g.Kind == membership.BasicGroup {
		return nil
	}
	return k.Tail(ctx, owner)
}

// syncBy has work read the group, and tells what that brought.
func (d desk) syncBy(
	ctx context.Context, g membership.Group, work func() (membership.Certificate, gatekeeper.MissedCount, error),
) (s stated[syncAnswer], err error) {
	var answer syncAnswer
	before, err := d.roster.Counts(ctx, g.ID)
	if err != nil {
		return s, err
	}
	if answer.Certificate, answer.Missed, err = work(); err != nil {
		return s, err
	}
	after, err := d.roster.Counts(ctx, g.ID)
	if err != nil {
		return s, err
	}
	answer.LedgerEvents, answer.NewEvents = after.LedgerEvents, after.LedgerEvents-before.LedgerEvents
	g.Total = answer.Certificate.TotalAfter
	answer.Group, answer.Members = viewGroup(g), countMembers(after, g)
	s.Answer = answer
	s.Meta, err = d.meta(ctx, g)
	return s, err
}

func (a *app) syncOnce(ctx context.Context, d desk, cred credentials, q walkQuestion) (answer stated[syncAnswer], err error) {
	err = a.asOwner(ctx, d, cred, func(ctx context.Context, v visit) error {
		answer, err = d.syncBy(ctx, v.group, func() (cert membership.Certificate, missed gatekeeper.MissedCount, err error) {
			if err := readLog(ctx, v.keeper, v.group, v.owner); err != nil {
				return cert, missed, err
			}
			cert, err = a.walkWithProgress(ctx, v.keeper, v.owner, q)
			if err != nil {
				return cert, missed, err
			}
			if cert.Audit == nil {
				err = d.noteBot(ctx, v.group, v.owner)
			}
			if err == nil {
				missed, err = a.lookUpMissed(ctx, v)
			}
			return cert, missed, err
		})
		return err
	})
	if errors.Is(context.Cause(ctx), errInterrupted) {
		err = errors.Join(err, fail(exitInterrupted, "the pages read are stored; \"rollcall sync\" goes on from there", "%w", errInterrupted))
	}
	return answer, err
}

// visit is the group as the owner's account reads it in this process.
type visit struct {
	group   membership.Group
	owner   tallied
	keeper  *gatekeeper.Keeper
	account *session.Account
}

// asOwner does the work with the owner's account connected to the configured group.
func (a *app) asOwner(ctx context.Context, d desk, cred credentials, work func(context.Context, visit) error) error {
	waits := &waitTally{tell: func(method string, until time.Time) {
		a.stderr.line("Telegram asks to wait %s before the next %s; waiting.", span(time.Until(until)), method)
	}}
	acc, err := openAccount(d.cfg, cred, session.Owner, accountOptions{log: zap.NewNop(), onWait: waits.begin})
	if err != nil {
		return err
	}
	err = acc.Run(ctx, func(ctx context.Context, api *tg.Client) error {
		a.clock.follow(acc)
		if off := a.clock.wrong(); off != 0 {
			a.stderr.line("Note: %s.", clockText(off))
		}
		g, err := d.found(ctx, api, a.sayMigrated)
		if err != nil {
			return err
		}
		return work(ctx, visit{
			group: g, account: acc,
			owner: tallied{Group: ownerGroup(ctx, api, acc, g, a.now, zap.NewNop()), waits: waits, bot: &botWatch{id: botID(d.cfg), basic: g.Kind == membership.BasicGroup}},
			keeper: gatekeeper.New(gatekeeper.Config{
				Group: g, BotID: botID(d.cfg), OwnerID: ownerID(d.cfg), Roster: d.roster, Policy: d.cfg.Policy(), Level: d.cfg.Sync.Level, Now: a.now,
			}),
		})
	})
	return errors.Join(err, acc.Close())
}

func (a *app) printSync(s syncAnswer) {
	c := s.Certificate
	if c.Audit != nil {
		a.printAudit(s)
		return
	}
	of := fmt.Sprintf("%s listed (%s)", formatCount(c.Listed), formatShare(c.Coverage.Ratio))
	if c.CountedAsShown() {
		of = fmt.Sprintf("%s listed, %s counted (%s)", formatCount(c.Listed), formatCount(c.TotalAfter), formatShare(c.Coverage.Ratio))
	}
	a.stdout.line("%s: %s proven in, %s; %s in %s.", s.Group.Title, formatCount(c.Proven), of, plural(c.Calls, "call"), span(max(time.Second, c.Ended.Sub(c.Started))))
	a.stdout.line("Evidence of this walk: grade A of %s, who were removed or left, and B of %s, who were listed.", people(c.Grades[membership.GradeA]), people(c.Grades[membership.GradeB]))
	a.printKnown(s)
	if n := c.Search.Prefixes; n > 0 {
		a.stdout.line("Searched beyond Telegram's window, at the level %s: %s of names, of which %s were read to their end and %s hold nobody else.",
			c.Level, plural(n, "beginning"), formatCount(c.Search.Complete), formatCount(c.Search.Explained))
	}
	if c.Coverage.Complete {
		a.stdout.line("Complete: everybody whom Telegram counts was seen.")
	}
	for _, reason := range c.Coverage.Reasons {
		a.stdout.line("Not complete: %s.", reason)
	}
	if len(c.Search.Open) > 0 && c.Level < membership.Exhaustive {
		a.stderr.line("\"rollcall sync --level %s\" walks anew and searches for more of them.", c.Level+1)
	}
	a.printMissed(s.Missed)
	a.printWaits(c)
}

func formatShare(r float64) string {
	// Rounded down: 99.96 % is not 100 %.
	return fmt.Sprintf("%.1f %%", math.Floor(r*1000)/10)
}
