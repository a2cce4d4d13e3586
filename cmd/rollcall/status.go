package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/session"
)

func newStatusCommand(a *app) *cobra.Command {
	var at membership.Instant
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how complete and fresh the roster is, and how gate, bot and accounts are",
		Long: "Shows how the roster, the gate and the accounts are. Exits with 12 when a run is there and cannot keep its promise. With --as-of it\n" +
			"counts the members as they were at a moment that is past, and says how complete and how fresh the roll was by then.\n" + momentHelp,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if at != 0 {
				return a.statusAt(cmd.Context(), at)
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			s, err := askStatus.run(cmd.Context(), cfg, groupQuestion{Group: cfg.Group})
			if err != nil {
				return err
			}
			meta := report.Meta{AsOf: membership.At(a.now()), Coverage: s.Coverage, Freshness: s.Freshness, Gaps: gapsAt(s.Freshness.Gaps, membership.At(a.now()))}
			if err := a.print(showStatus(s), meta, func() { a.printStatus(s, meta) }); err != nil {
				return err
			}
			if s.Degraded {
				return fail(exitDegraded, degradedHint(s), "%s", strings.Join(s.Because, "; "))
			}
			return nil
		},
	}
	a.momentVar(c.Flags(), &at, "as-of", "the members as they were at this `time`, counted")
	return c
}

// statusShown is the status for programs: gaps with null for what has not settled them.
type statusShown struct {
	statusAnswer

	Freshness *freshnessView `json:"freshness"`
}

type freshnessView struct {
	membership.Freshness

	Gaps []report.Gap `json:"gaps"`
}

func showStatus(s statusAnswer) statusShown {
	shown := statusShown{statusAnswer: s}
	if f := s.Freshness; f != nil {
		shown.Freshness = &freshnessView{Freshness: *f, Gaps: report.GapsOf(f.Gaps)}
	}
	return shown
}

// degradedHint is what makes the promise hold again.
func degradedHint(s statusAnswer) string {
	if len(s.SignedOut) > 0 {
		return fmt.Sprintf("run \"rollcall login --%s\"; the run takes the account up by itself", s.SignedOut[0])
	}
	if !orZero(s.Rights.Bot.Admin) {
		return pathToAdmin("your bot") + "; a run notices at once"
	}
	if s.Gate.Mode == membership.Fresh {
		return `a complete walk settles a gap; "rollcall gaps accept ID" settles what no walk can`
	}
	return "a run mends this by itself as far as Telegram lets it; its log says what is in the way"
}

func (a *app) printStatus(s statusAnswer, meta report.Meta) {
	a.stdout.title(s.Group.Title)
	total := "an unknown number"
	if s.Members.Total != nil {
		total = formatCount(*s.Members.Total)
	}
	a.fact("members", "%s in, %s out, %s unknown; Telegram counts %s", formatCount(s.Members.In), formatCount(s.Members.Out), formatCount(s.Members.Unknown), total)
	a.fact("coverage", "%s", coverageText(meta.Coverage))
	a.fact("freshness", "%s", a.stdout.freshness(meta.Freshness))
	if s.Gate.Since != 0 {
		a.fact("mode", "%s since %s", s.Gate.Mode, a.stdout.moment(s.Gate.Since))
	}
	a.fact("ledger", "%s", plural(s.LedgerEvents, "event"))
	if s.Walk != nil && s.Walk.Ended == 0 {
		a.fact("walk", "%s", openWalkText(s))
	}
	for _, w := range s.Waits {
		a.fact("waiting", "Telegram asks for no %s before %s", w.Method, localTime(w.Until.Time()))
	}
	if s.Audit != nil {
		a.fact("audit", "%s: %s", localTime(s.Audit.Ended.Time()), confirmedText(s.Audit.Audit))
		a.fact("confirmed", "%s", oldestText(s.Audit.Audit, a.now()))
	}
	a.printGate(s)
	a.fact("subscribers", "%s: %s granted, %s revoked, %s never had access; %s on the allow list", formatCount(s.Subscribers.Total),
		formatCount(s.Subscribers.Granted), formatCount(s.Subscribers.Revoked),
		formatCount(s.Subscribers.Total-s.Subscribers.Granted-s.Subscribers.Revoked), formatCount(s.Subscribers.Allowed))
	a.fact("dialogs", "%s active, %s blocked the bot, %s deleted their account", formatCount(s.Subscribers.Active), formatCount(s.Subscribers.Blocked),
		formatCount(s.Subscribers.Deactivated))
	a.fact("outbox", "%s due, %s pending, %s failed", plural(s.Outbox.RepliesDue, "answer"), plural(s.Outbox.Pending, "message"), formatCount(s.Outbox.Failed))
	for _, kind := range s.SignedOut {
		until := ""
		if kept := s.Sources.AdminLog; kind == session.Owner && kept != 0 {
			until = "; nothing is lost until " + localTime(kept.Add(membership.AdminLogRetention).Time())
		}
		a.fact("signed out", "%s; %s%s", accountNames[kind], goesOn[kind], until)
	}
	if s.ClockAhead != 0 {
		a.fact("clock", "%s", clockText(time.Duration(s.ClockAhead)*time.Second))
	}
	a.printRights(s.Rights)
	for _, gap := range meta.Freshness.Gaps {
		a.fact("gap", "%s", gapText(gap))
	}
}

// openWalkText is how far a walk is that has not ended: a run is at it, or goes on with it in its time.
func openWalkText(s statusAnswer) string {
	if s.Running {
		return fmt.Sprintf("walk %d has made %s; the run goes on with it", s.Walk.ID, plural(s.Walk.Checkpoint.Calls, "call"))
	}
	return fmt.Sprintf("walk %d was interrupted after %s; it goes on with the next sync or run", s.Walk.ID, plural(s.Walk.Checkpoint.Calls, "call"))
}

func (a *app) printGate(s statusAnswer) {
	gate := "enforcing"
	if !s.Gate.Enforce {
		gate = fmt.Sprintf("shadow mode: nobody is refused; %s would have lost access", formatCount(s.Gate.Shadow))
	}
	running := "not running"
	if s.Running {
		running = "running"
	}
	a.fact("gate", "%s, %s, %s", s.Gate.Mode, gate, running)
	if s.Gate.Held > 0 {
		a.fact("held", "%s that the breaker stopped; \"rollcall prune plan\" shows them", plural(s.Gate.Held, "revocation"))
	}
}

func (a *app) printRights(r rightsStatus) {
	a.fact("owner", "%s", rightsText(r.Owner.Admin, r.OwnerIn))
	admin := orZero(r.Bot.Admin)
	signedIn := r.Bot.SignedIn || admin
	if signedIn {
		a.fact("bot", "%s", rightsText(admin, r.Bot.In))
	} else {
		a.fact("bot", "not signed in; \"rollcall login --bot\" does it")
	}
	if r.OwnerIn != nil && !r.Owner.Admin {
		a.stderr.line("Your account does not read the admin log and the group's lists without being an administrator. The group's creator can change that, %s.",
			pathToAdmin("your account"))
	}
	if signedIn && !admin {
		a.stderr.line("A bot that is not an administrator hears of no join and no leave. To change that, %s.", pathToAdmin("your bot"))
	}
}

// rightsText is an account's place in the group; inside is nil where no run has seen it.
func rightsText(admin bool, inside *bool) string {
	switch {
	case admin:
		return "administrator of the group"
	case inside == nil:
		return "not known to be an administrator of the group"
	case *inside:
		return "not an administrator of the group"
	}
	return "not in the group"
}

func newCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Prove that the roster is whole: every standing follows from the ledger and the lists",
		Args:  takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return withRoster(cmd.Context(), cfg, func(d desk) error { return a.check(cmd.Context(), d) })
		},
	}
}

func (a *app) check(ctx context.Context, d desk) error {
	problems, err := d.roster.Check(ctx)
	if err != nil {
		return err
	}
	answer := checkAnswer{Problems: []problemView{}}
	for _, p := range problems {
		answer.Problems = append(answer.Problems, problemView{Group: orNull(p.Group), What: p.What})
	}
	err = a.print(answer, report.Meta{AsOf: membership.At(a.now())}, func() {
		for _, p := range problems {
			a.stdout.line("%s", p)
		}
		if len(problems) == 0 {
			a.stdout.line("The roster is whole: file, ledger, standings, indexes and counters agree.")
		}
	})
	if err == nil && len(problems) > 0 {
		err = fail(exitDamaged, "keep the file; put a backup in its place, and \"rollcall sync\" brings it up to date", "the roster has %s", plural(len(problems), "problem"))
	}
	return err
}
