package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/natefinch/atomic"
	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func newReportCommand(a *app) *cobra.Command {
	var format, out string
	var bom bool
	var at membership.Instant
	c := &cobra.Command{
		Use:   "report",
		Short: "Export the participants",
		Long: "Exports everybody known, one row a person, with how complete and how fresh the roster is. Without --out it goes to standard " +
			"output; a file appears whole or not at all. With --json and --out, standard output says what was written; with --json alone the " +
			"report itself is JSON.\n" + momentHelp,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == stdinLine {
				out = "" // as a file's name, - is standard output
			}
			f, err := a.reportFormat(format, out)
			if err != nil {
				return err
			}
			return a.report(cmd.Context(), report.Participants{Format: f, ByteOrderMark: bom}, out, at)
		},
	}
	c.Flags().StringVar(&format, "format", "", "the `format`: csv, json or ndjson; without it what the name of --out ends in, else csv")
	c.Flags().StringVar(&out, "out", "", "write to this `file`, which only you may read (0600); - is standard output")
	c.Flags().BoolVar(&bom, "excel", false, "begin a CSV with the mark by which Excel knows UTF-8")
	a.momentVar(c.Flags(), &at, "as-of", "the participants as they were at this `time`")
	return c
}

// reportFormat is the format that was asked for: by name, by the file's ending, or by --json, whose one document a CSV is not.
func (a *app) reportFormat(format, out string) (report.Format, error) {
	if format == "" {
		if f, err := report.ParseFormat(strings.TrimPrefix(strings.ToLower(filepath.Ext(out)), ".")); err == nil {
			return f, nil
		}
		if a.json && out == "" {
			return report.JSON, nil
		}
		return report.CSV, nil
	}
	f, err := report.ParseFormat(format)
	if err != nil {
		return "", usage("", "%w", err)
	}
	if a.json && out == "" && f != report.JSON {
		return "", usage("leave out --json, or give --format json or --out", "--json prints one JSON document, and %s is none", f)
	}
	return f, nil
}

// reportAnswer is what `report --out FILE --json` prints.
type reportAnswer struct {
	File   string        `json:"file"`
	Format report.Format `json:"format"`
	People int           `json:"people"`
}

func (a *app) report(ctx context.Context, r report.Participants, out string, at membership.Instant) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	file := "" // out, in full
	if out != "" {
		if file, err = place(out); err != nil {
			return err
		}
	}
	return withGroup(ctx, cfg, func(d desk, g membership.Group) error {
		people, meta, err := d.roll(ctx, g, at)
		if err != nil {
			return err
		}
		r.Meta = meta
		if out == "" {
			_, err := r.Write(a.out, people)
			return err
		}
		n, err := writeWhole(file, func(w io.Writer) (int, error) { return r.Write(w, people) })
		if err != nil {
			return fmt.Errorf("write the report %s: %w", out, err)
		}
		return a.print(reportAnswer{File: file, Format: r.Format, People: n}, r.Meta, func() {
			a.printMeta(r.Meta, plural(n, "person")+" written to "+out)
		})
	})
}

// place is where a new file is to be, in full, once it is sure that one can be made there: a folder that is not there or is another's is a
// mistake on the command line, and better told before the work than after it.
func place(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the folder of %s: %w", path, err)
	}
	if info, err := os.Stat(abs); err == nil && info.IsDir() {
		return "", usage("give the name of a file in it", "%s is a folder", path)
	}
	dir := filepath.Dir(abs)
	f, err := os.CreateTemp(dir, ".rollcall-*")
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "", usage("make the folder first: mkdir -p "+dir, "there is no folder %s", dir)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "", usage("give a file in a folder of yours", "nothing can be written to %s: %w", dir, err)
	case err != nil:
		return "", fmt.Errorf("try to write to %s: %w", dir, err)
	}
	return abs, errors.Join(f.Close(), os.Remove(f.Name()))
}

// writeWhole writes a file beside its final name and renames it, so that a failure leaves the old one.
func writeWhole(path string, write func(io.Writer) (int, error)) (n int, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if n, err = write(f); err != nil {
		return n, errors.Join(err, f.Close())
	}
	if err = errors.Join(f.Sync(), f.Close()); err != nil {
		return n, err
	}
	return n, atomic.ReplaceFile(f.Name(), path)
}
