package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

func newStatusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show how complete and how fresh the roster is, and how the gate, the bot and the accounts are",
		Long:  "Shows how the roster, the gate and the accounts are. Exits with 12 when a run is there and cannot keep its promise.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			s, err := askStatus.run(cmd.Context(), cfg, groupQuestion{Group: cfg.Group})
			if err != nil {
				return err
			}
			meta := report.Meta{AsOf: membership.At(a.now()), Coverage: s.Coverage, Freshness: s.Freshness}
			if err := a.print(s, meta, func() { a.printStatus(s, meta) }); err != nil {
				return err
			}
			if s.Degraded {
				return fail(exitDegraded, "", "the gate is %s: %s", s.Gate.Mode, s.Gate.Reason)
			}
			return nil
		},
	}
}

func (a *app) printStatus(s statusAnswer, meta report.Meta) {
	a.stdout.heading(s.Group.Title)
	total := "an unknown number"
	if s.Members.Total != nil {
		total = formatCount(*s.Members.Total)
	}
	a.fact("members", "%s in, %s out, %s unknown; Telegram counts %s", formatCount(s.Members.In), formatCount(s.Members.Out), formatCount(s.Members.Unknown), total)
	a.fact("coverage", "%s", meta.CoverageText())
	a.fact("freshness", "%s", meta.FreshnessText())
	a.fact("ledger", "%s", plural(s.LedgerEvents, "event"))
	if s.Walk != nil && s.Walk.Ended == 0 {
		a.fact("walk", "walk %d was interrupted after %s; it goes on with the next sync or run", s.Walk.ID, plural(s.Walk.Checkpoint.Calls, "call"))
	}
	a.printGate(s)
	a.fact("subscribers", "%s: %d granted, %d revoked; %d blocked the bot, %d deleted their account, %d on the allow list", formatCount(s.Subscribers.Total),
		s.Subscribers.Granted, s.Subscribers.Revoked, s.Subscribers.Blocked, s.Subscribers.Deactivated, s.Subscribers.Allowed)
	a.fact("outbox", "%s due, %s pending, %d failed", plural(s.Outbox.RepliesDue, "answer"), plural(s.Outbox.Pending, "message"), s.Outbox.Failed)
	a.fact("owner", "%s", rightsText(s.Rights.Owner.Admin))
	a.fact("bot", "%s", rightsText(s.Rights.Bot.Admin))
	if !s.Rights.Bot.Admin && s.Sources.BotFeed != 0 {
		a.stderr.line("The bot hears of no join and no leave. To change that, %s.", pathToAdmin)
	}
	for _, gap := range s.Sources.Gaps {
		a.fact("gap", "%s to %s: %s", localTime(gap.From.Time()), localTime(gap.To.Time()), gap.Reason)
	}
}

func (a *app) printGate(s statusAnswer) {
	gate := "enforcing"
	if !s.Gate.Enforce {
		gate = fmt.Sprintf("shadow mode: nobody is refused; %d would have lost access", s.Gate.Shadow)
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

func rightsText(admin bool) string {
	if admin {
		return "administrator of the group"
	}
	return "not known to be an administrator of the group"
}

func newCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Prove that the roster is whole: every standing follows from the ledger and the lists",
		Args:  cobra.NoArgs,
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
	answer := checkAnswer{Problems: problems, Meta: report.Meta{AsOf: membership.At(a.now())}}
	if answer.Problems == nil {
		answer.Problems = []roster.Problem{}
	}
	err = a.print(answer, answer.Meta, func() {
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

func newBackupCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "backup",
		Short: "Copy the roster",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:   "create [FILE]",
		Short: "Write a checked copy of the roster, also while it is in use; it holds no keys",
		Args:  cobra.MaximumNArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.backup(cmd.Context(), args) },
	})
	return c
}

// backupAnswer is what `backup create --json` prints.
type backupAnswer struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

func (a *app) backup(ctx context.Context, args []string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	path := filepath.Join(cfg.DataDir, "backups", "roster-"+a.now().UTC().Format("20060102T150405Z")+".db")
	if len(args) == 1 {
		path = args[0]
	} else if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the backups: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("find the backup's folder: %w", err)
	}
	if _, err := os.Stat(path); err == nil {
		return usage("give another name, or remove it", "%s is there already", path)
	}
	if _, err := takeSnapshot.run(ctx, cfg, snapshotQuestion{Path: path}); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := verifyCopy(ctx, path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at the backup: %w", err)
	}
	answer := backupAnswer{File: path, Bytes: info.Size()}
	return a.print(answer, report.Meta{AsOf: membership.At(a.now())}, func() {
		a.stdout.line("%s (%s bytes, checked)", answer.File, formatCount(int(answer.Bytes)))
		a.stderr.line("It holds the roster and no keys: nobody signs in with it. Keep the sessions' key elsewhere.")
	})
}

// verifyCopy reads a copy whole.
func verifyCopy(ctx context.Context, path string) error {
	r, err := roster.Open(path, roster.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return judgeRoster(err)
	}
	problems, err := r.Check(ctx)
	if err == nil && len(problems) > 0 {
		err = fail(exitDamaged, `"rollcall check" lists the problems`, "the copy has %s, and so has the roster", plural(len(problems), "problem"))
	}
	return errors.Join(err, r.Close())
}
