package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

func newRebuildCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild",
		Short: "Make everything that is derived anew, from the ledger and the lists",
		Long: "Folds the ledger again and writes every standing, index and counter that is not as it should be. The ledger itself, what lists\n" +
			"showed, subscribers and positions stay as they are. Before anything is changed, the roster as it is is copied to backups/ in the\n" +
			"data folder. A roster that is whole is left alone. A run has to be stopped first.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if _, err := os.Stat(cfg.RosterPath()); errors.Is(err, os.ErrNotExist) {
				return noRoster(cfg)
			}
			return a.rebuild(cmd.Context(), cfg)
		},
	}
}

// rebuildAnswer is what `rebuild --json` prints.
type rebuildAnswer struct {
	Entries    int     `json:"entries"`    // of the ledger, folded anew
	People     int     `json:"people"`     // whose record differed
	Chains     int     `json:"chains"`     // entries that named a wrong one before them
	Identities int     `json:"identities"` // that were missing, wrong or too much
	Names      bool    `json:"names"`      // the index of names differed
	Counts     bool    `json:"counts"`     // the counters differed
	Backup     *string `json:"backup"`     // the roster as it was; null where nothing had to be changed
}

func (a *app) rebuild(ctx context.Context, cfg Config) error {
	var answer rebuildAnswer
	// Nobody else may write while all of it is made anew, and a gate would wait for it: it is held, and never asked of a run.
	err := a.holding(ctx, cfg, stint{command: "rebuild", work: func(ctx context.Context, d desk) (err error) {
		answer, err = a.rebuildHeld(ctx, d)
		return err
	}})
	if err != nil {
		return err
	}
	return a.print(answer, report.Meta{AsOf: membership.At(a.now())}, func() { a.printRebuilt(answer) })
}

func (a *app) rebuildHeld(ctx context.Context, d desk) (answer rebuildAnswer, err error) {
	problems, err := d.roster.Check(ctx)
	if err != nil {
		return answer, err
	}
	if len(problems) > 0 {
		backup, err := a.backupPath(d.cfg, nil)
		if err != nil {
			return answer, err
		}
		if err := d.roster.Snapshot(ctx, backup); err != nil {
			return answer, fmt.Errorf("copy the roster before anything is changed: %w", err)
		}
		answer.Backup = &backup
	}
	done, err := d.roster.Rebuild(ctx)
	if err != nil {
		return answer, err
	}
	answer.Entries, answer.People, answer.Chains, answer.Identities = done.Entries, done.People, done.Chains, done.Identities
	answer.Names, answer.Counts = done.Names, done.Counts
	return answer, wholeNow(ctx, d.roster)
}

// wholeNow is an error where what cannot be derived is damaged.
func wholeNow(ctx context.Context, r *roster.Roster) error {
	problems, err := r.Check(ctx)
	if err == nil && len(problems) > 0 {
		err = fail(exitDamaged, `what is not derived is damaged; "rollcall check" lists it: keep the file, and put a backup in its place`,
			"the roster still has %s", plural(len(problems), "problem"))
	}
	return err
}

func (a *app) printRebuilt(r rebuildAnswer) {
	a.stdout.line("%s of the ledger folded anew; %s differed.", plural(r.Entries, "event"), recordsText(r.People))
	for _, differed := range []struct {
		what string
		is   bool
	}{
		{plural(r.Chains, "event") + " named the wrong one before it", r.Chains > 0},
		{"The index of events was made anew", r.Identities > 0},
		{"The index of names was made anew", r.Names},
		{"The counters were made anew", r.Counts},
	} {
		if differed.is {
			a.stdout.line("%s.", differed.what)
		}
	}
	if r.Backup != nil {
		a.stderr.line("The roster as it was is kept in %s.", *r.Backup)
	}
}

func recordsText(n int) string {
	if n == 0 {
		return "no record"
	}
	return plural(n, "record")
}
