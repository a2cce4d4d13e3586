package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/natefinch/atomic"
	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func newMembersCommand(a *app) *cobra.Command {
	var presence string
	c := &cobra.Command{
		Use:   "members",
		Short: "List everybody known, with how it is known",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keep, err := presenceFilter(presence)
			if err != nil {
				return err
			}
			return a.members(cmd.Context(), keep)
		},
	}
	c.Flags().StringVar(&presence, "presence", "", "only those who are in, out or unknown (`presence`)")
	return c
}

// presenceFilter is what --presence lets through; the empty one everybody.
func presenceFilter(text string) (func(membership.Person) bool, error) {
	if text == "" {
		return func(membership.Person) bool { return true }, nil
	}
	var want membership.Presence
	if err := want.UnmarshalText([]byte(text)); err != nil {
		return nil, usage("give in, out or unknown", "%q is no presence", text)
	}
	return func(p membership.Person) bool { return p.Standing.Presence == want }, nil
}

func (a *app) members(ctx context.Context, keep func(membership.Person) bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return withRoster(ctx, cfg, func(d desk) error {
		g, err := d.theGroup(ctx)
		if err != nil {
			return err
		}
		meta, err := d.meta(ctx, g)
		if err != nil {
			return err
		}
		people := only(d.members(ctx, g), keep)
		if a.json {
			_, err := report.Participants{Format: report.JSON, Meta: meta}.Write(a.out, people)
			return err
		}
		return a.printMembers(people, meta)
	})
}

func only(people iter.Seq2[membership.Person, error], keep func(membership.Person) bool) iter.Seq2[membership.Person, error] {
	return func(yield func(membership.Person, error) bool) {
		for p, err := range people {
			if (err != nil || keep(p)) && !yield(p, err) {
				return
			}
		}
	}
}

func (a *app) printMembers(people iter.Seq2[membership.Person, error], meta report.Meta) error {
	var rows [][]cell
	for p, err := range people {
		if err != nil {
			return err
		}
		s := p.Standing
		rows = append(rows, []cell{
			plainCell(formatID(int64(p.Profile.User))), plainCell(personName(p.Profile)), presenceCell(s), plainCell(s.Evidence.Grade.String()),
			plainCell(report.Reference(s.Evidence)), plainCell(a.stdout.ago(s.Since)), plainCell(a.stdout.ago(s.LastConfirmed)),
		})
	}
	a.stdout.table([]string{"ID", "NAME", "PRESENCE", "GRADE", "HOW WE KNOW", "SINCE", "CONFIRMED"}, rows)
	a.printMeta(meta, plural(len(rows), "person"))
	return nil
}

// printMeta says how complete and how fresh what was printed is.
func (a *app) printMeta(meta report.Meta, what string) {
	if what != "" {
		what = strings.Replace(what, "persons", "people", 1) + "; "
	}
	a.stderr.line("")
	a.stderr.line("%sas of %s", what, localTime(meta.AsOf.Time()))
	a.stderr.line("coverage:  %s", meta.CoverageText())
	a.stderr.line("freshness: %s", meta.FreshnessText())
}

func newReportCommand(a *app) *cobra.Command {
	var format, out string
	var bom bool
	c := &cobra.Command{
		Use:   "report",
		Short: "Export the participants",
		Long: "Exports everybody known, one row a person, with how complete and how fresh the roster is. Without --out it goes to standard\n" +
			"output; a file appears whole or not at all.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := report.ParseFormat(format)
			if err != nil {
				return usage("", "%w", err)
			}
			return a.report(cmd.Context(), report.Participants{Format: f, ByteOrderMark: bom}, out)
		},
	}
	c.Flags().StringVar(&format, "format", string(report.CSV), "csv, json or ndjson")
	c.Flags().StringVar(&out, "out", "", "write to this `file` (0600)")
	c.Flags().BoolVar(&bom, "excel", false, "begin a CSV with the mark by which Excel knows UTF-8")
	return c
}

func (a *app) report(ctx context.Context, r report.Participants, out string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return withRoster(ctx, cfg, func(d desk) error {
		g, err := d.theGroup(ctx)
		if err != nil {
			return err
		}
		if r.Meta, err = d.meta(ctx, g); err != nil {
			return err
		}
		if out == "" {
			_, err := r.Write(a.out, d.members(ctx, g))
			return err
		}
		n, err := writeWhole(out, func(w io.Writer) (int, error) { return r.Write(w, d.members(ctx, g)) })
		if err != nil {
			return fmt.Errorf("write the report %s: %w", out, err)
		}
		a.printMeta(r.Meta, plural(n, "person")+" written to "+out)
		return nil
	})
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
