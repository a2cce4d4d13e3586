package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

func newBackupCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "backup",
		Short: "Copy the roster",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:   "create [FILE]",
		Short: "Write a checked copy of the roster, also while it is in use; it holds no keys",
		Args:  takes(0, 1),
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
	path, err := a.backupPath(cfg, args)
	if err != nil {
		return err
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

// backupPath is where the backup goes: to the file that was named, which may not be there yet, else to one of its own in the data folder.
func (a *app) backupPath(cfg Config, args []string) (string, error) {
	if len(args) == 1 {
		if args[0] == stdinLine {
			return "", usage("name a file", "a backup is not written to standard output")
		}
		if _, err := os.Stat(args[0]); err == nil {
			return "", usage("give another name, or remove it", "%s is there already", args[0])
		}
		return place(args[0])
	}
	if _, err := os.Stat(cfg.RosterPath()); err != nil {
		return "", noRoster(cfg) // before a folder is made for nothing
	}
	dir := filepath.Join(cfg.DataDir, "backups")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of the backups: %w", err)
	}
	stem := filepath.Join(dir, "roster-"+a.now().UTC().Format("20060102T150405Z"))
	path := stem + ".db"
	for n := 2; ; n++ {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		} else if err != nil {
			return "", fmt.Errorf("look for the backup %s: %w", path, err)
		}
		path = fmt.Sprintf("%s-%d.db", stem, n) // another one of this second
	}
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
