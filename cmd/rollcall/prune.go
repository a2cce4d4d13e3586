package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

func newPruneCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "prune",
		Short: "Revoke the access of those who are out: plan, review, apply, undo",
		Long: "Revokes the access to the bot of people who are out of the group, blocked the bot or deleted their account. Nothing\n" +
			"happens without a plan that can be read first, a breaker stops mass removals, and undo gives back what a plan took.",
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var noBreaker bool
	apply := &cobra.Command{
		Use:   "apply PLAN_ID|FILE",
		Short: "Carry a plan out; people about whom something has changed since are skipped",
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.applyPlan(cmd.Context(), args[0], noBreaker)
		},
	}
	apply.Flags().BoolVar(&noBreaker, "unsafe-no-breaker", false, "revoke as many as the plan says, whatever the breaker allows; it asks first")
	c.AddCommand(&cobra.Command{
		Use:   "plan",
		Short: "Show whose access a prune would revoke, and why; nobody loses it yet",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.makePlan(cmd.Context()) },
	}, apply, &cobra.Command{
		Use:   "undo PLAN_ID",
		Short: "Give back what a plan revoked, but for those about whom something happened since",
		Args:  takes(1, 1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.undoPlan(cmd.Context(), args[0]) },
	})
	return c
}

func (a *app) makePlan(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	p, err := makePlan.run(ctx, cfg, groupQuestion{Group: cfg.Group})
	if err != nil {
		return err
	}
	return a.print(p, report.Meta{AsOf: p.Made}, func() { a.printPlan(*p) })
}

func (a *app) printPlan(p planView) {
	a.stdout.line("Plan %s: %s would lose access, of %s that have it.", p.ID, plural(len(p.Rows), "subscriber"), formatCount(p.Subscribers))
	var rows [][]cell
	for _, r := range p.Rows {
		ground, since := groundOf(r)
		rows = append(rows, []cell{
			plainCell(formatID(int64(r.User))), plainCell(briefName(r.Name, r.Username)),
			plainCell(string(r.Reason)), plainCell(ground), plainCell(a.stdout.ago(since)),
		})
	}
	if len(rows) > 0 {
		a.stdout.table([]string{"ID", "NAME", "WHY", "EVIDENCE", "SINCE"}, rows)
	}
	for _, k := range p.Kept {
		a.stdout.line("kept: %s (id %d): %s", briefName(k.Name, k.Username), k.User, k.Why)
	}
	switch {
	case len(p.Rows) == 0:
		a.stderr.line("There is nothing to apply.")
	case len(p.Rows) > p.Breaker:
		a.stderr.line("The breaker allows %d revocations now: look twice, then \"rollcall prune apply --unsafe-no-breaker %s\".", p.Breaker, p.ID)
	default:
		a.stderr.line("Nothing was changed. \"rollcall prune apply %s\" carries it out; \"rollcall prune undo %s\" takes it back.", p.ID, p.ID)
	}
}

// groundOf is what a plan's row rests on, and since when: the evidence of the departure, or what Telegram told the bot of the dialog.
func groundOf(r planRowView) (string, membership.Instant) {
	if r.Reason == membership.ReasonBlocked || r.Reason == membership.ReasonDeactivated {
		return "Telegram told the bot", r.DialogSince
	}
	if r.Evidence == nil {
		return "-", 0
	}
	return "grade " + r.Evidence.Grade.String() + ", " + report.Reference(r.Evidence.Fact()), r.Evidence.At
}

// applyPlan applies a stored plan, or one in a file as `prune plan --json` prints it.
func (a *app) applyPlan(ctx context.Context, ref string, noBreaker bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	q := applyQuestion{ID: ref, NoBreaker: noBreaker}
	switch plan, err := readPlan(ref); {
	case err == nil:
		q = applyQuestion{Plan: &plan, NoBreaker: noBreaker}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if noBreaker {
		if yes, err := a.confirmed(ctx, cfg, "Apply the plan whatever the breaker says?"); err != nil || !yes {
			return err
		}
	}
	applied, err := applyPlan.run(ctx, cfg, q)
	if err != nil {
		return err
	}
	return a.print(applied, report.Meta{AsOf: membership.At(a.now())}, func() {
		if applied.Before {
			a.stdout.line("Plan %s was applied before; nothing was changed now.", applied.Plan)
			return
		}
		a.stdout.line("Plan %s is applied: %s lost access, %s skipped.", applied.Plan, plural(applied.Revoked, "subscriber"), plural(len(applied.Skipped), "row"))
		a.printSkipped(applied.Skipped)
		a.stderr.line("\"rollcall prune undo %s\" takes it back.", applied.Plan)
	})
}

// confirmed asks whether to go on, once it is sure that there is something to go on with. A no is said here; it is what was wanted, and no
// error.
func (a *app) confirmed(ctx context.Context, cfg Config, question string) (bool, error) {
	if _, err := askEnforced.run(ctx, cfg, groupQuestion{Group: cfg.Group}); err != nil {
		return false, err
	}
	yes, err := a.ask.confirm(ctx, question)
	if err != nil || yes {
		return yes, err
	}
	return false, a.print(nil, report.Meta{AsOf: membership.At(a.now())}, func() { a.stderr.line("Nothing was changed.") })
}

func (a *app) printSkipped(skipped []roster.Skipped) {
	for _, s := range skipped {
		a.stdout.line("skipped: %d: %s", s.User, s.Why)
	}
}

func (a *app) undoPlan(ctx context.Context, id string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	undone, err := undoPlan.run(ctx, cfg, undoQuestion{ID: id})
	if err != nil {
		return err
	}
	return a.print(undone, report.Meta{AsOf: membership.At(a.now())}, func() {
		if undone.Restored == 0 {
			a.stdout.line("Nobody got access back by this: plan %s took nobody's, or was undone before.", id)
		} else {
			a.stdout.line("Plan %s is undone: %s got access back, %s skipped.", id, plural(undone.Restored, "subscriber"), plural(len(undone.Skipped), "row"))
		}
		a.printSkipped(undone.Skipped)
	})
}

func newGateCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "gate",
		Short: "Begin to enforce, or go back to shadow mode",
		Long: "In shadow mode, in which every roster begins, nobody is refused and nobody loses access; \"rollcall status\" and\n" +
			"\"rollcall why\" say what would have happened. Enforcing ends that.",
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:   "enforce",
		Short: "End shadow mode: whoever is not a member is refused, whoever leaves loses access",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.enforce(cmd.Context(), true) },
	}, &cobra.Command{
		Use:   "shadow",
		Short: "Go back to shadow mode: nobody is refused, and what would have happened is listed",
		Args:  takes(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.enforce(cmd.Context(), false) },
	})
	return c
}

func (a *app) enforce(ctx context.Context, on bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if on {
		yes, err := a.confirmed(ctx, cfg, "From now on people who are not members are refused, and who leaves loses access. Go on?")
		if err != nil || !yes {
			return err
		}
	}
	answer, err := enforce.run(ctx, cfg, enforceQuestion{Group: cfg.Group, On: on})
	if err != nil {
		return err
	}
	return a.print(answer, report.Meta{AsOf: membership.At(a.now())}, func() {
		if !on {
			a.stdout.line("The gate is in shadow mode: nobody is refused or loses access.")
			return
		}
		a.stdout.line("The gate enforces: members are served, others are refused, and whoever leaves loses access.")
		if answer.Plan != nil && len(answer.Plan.Rows) > 0 {
			a.stdout.line("Shadow mode left access to people who are out:")
			a.printPlan(*answer.Plan)
		}
	})
}
