package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// logLimit is how many entries are listed where nothing else is asked for: a few screens.
const logLimit = 100

// followEvery is how often a log that is followed is read. A read of nothing new costs the process that holds the roster three seeks.
const followEvery = time.Second

func newLogCommand(a *app) *cobra.Command {
	q := logQuestion{Limit: logLimit}
	var follow bool
	c := &cobra.Command{
		Use:   "log",
		Short: "List what happened: who came and went, what admins did, how the roll was kept",
		Long: "Lists the newest entries, oldest first, of three books: the ledger (who came, went, was removed or changed), the group's admin log,\n" +
			"which Telegram forgets after 48 hours and Rollcall keeps, and the notes on the roll's own keeping (the gate's mode, lost history,\n" +
			"rights, sessions, the allow list). What the bot and the admin log both told of is one entry with both; with --follow it is listed\n" +
			"when the first of them tells. Following outlasts the end of a run, and the next one's beginning.\n" + momentHelp,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if err := knownKinds(q.Kinds); err != nil {
				return err
			}
			if q.Limit < 0 {
				return usage("", "--limit %d is less than nothing", q.Limit)
			}
			q.Group, q.Follow = cfg.Group, follow
			return a.log(cmd.Context(), cfg, q, follow)
		},
	}
	flags := c.Flags()
	flags.StringArrayVar(&q.Kinds, "kind", nil, "only entries of this `kind`, such as left, banned or mode; more than one may be given")
	flags.StringVar(&q.User, "user", "", "only what is about this `person`: id, @name or link")
	flags.StringVar(&q.Actor, "actor", "", "only what this `person` did")
	a.momentVar(flags, &q.Since, "since", "only what happened at this `time` or later")
	a.momentVar(flags, &q.Until, "until", "only what happened at this `time` or earlier")
	flags.StringVar(&q.Text, "text", "", "only entries with these `words` in a name or text")
	flags.IntVar(&q.Limit, "limit", q.Limit, "the newest so `many`; 0 lists all")
	flags.BoolVar(&follow, "follow", false, "go on with what happens from now on, until Ctrl-C; with --json a line each")
	return c
}

// allKinds are the words for --kind.
func allKinds() []string {
	all := slices.Clone(eventKinds)
	for k := membership.NoteMode; k <= membership.LastNote; k++ {
		all = append(all, k.String())
	}
	for k := membership.LogOther; k <= membership.LastLogKind; k++ {
		all = append(all, k.String())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func knownKinds(kinds []string) error {
	all := allKinds()
	for _, k := range kinds {
		if slices.Contains(all, k) {
			continue
		}
		if near := meant(k, all); near != "" {
			return usage(fmt.Sprintf("did you mean %q?", near), "%q is no kind of entry", k)
		}
		return usage("the kinds are "+strings.Join(all, ", "), "%q is no kind of entry", k)
	}
	return nil
}

func (a *app) log(ctx context.Context, cfg Config, q logQuestion, follow bool) error {
	s, err := askLog.run(ctx, cfg, q)
	if err != nil {
		return err
	}
	if follow {
		return a.followLog(ctx, cfg, q, s)
	}
	return a.print(s.Answer.Entries, s.Meta, func() {
		a.printLog(s.Answer.Entries)
		a.printMeta(s.Meta, entriesText(len(s.Answer.Entries)))
	})
}

// followLog prints what there is, and then what comes, whoever holds the roster meanwhile.
func (a *app) followLog(ctx context.Context, cfg Config, q logQuestion, s stated[logAnswer]) error {
	f := follower{app: a, running: true}
	q.Limit = 0 // of what comes nothing is left out
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		f.says(s.Answer.Running)
		if err := a.logLines(s.Answer.Entries); err != nil {
			return err
		}
		q.After = s.Answer.Next
		var err error
		if s, err = f.next(ctx, tick.C, func() (stated[logAnswer], error) { return askLog.run(ctx, cfg, q) }); err != nil {
			return err
		}
	}
}

// follower says what becomes of the process that is followed, each thing once.
type follower struct {
	app     *app
	running bool
	waited  string // for the end of this error
}

func (f *follower) says(running bool) {
	if f.running && !running {
		f.app.stderr.line("Nobody runs: what happens comes with the next \"rollcall run\" or \"rollcall sync\".")
	}
	f.running, f.waited = running, ""
}

// next asks at the next tick and, while what keeps from an answer is a thing that passes, again.
func (f *follower) next(ctx context.Context, tick <-chan time.Time, ask func() (stated[logAnswer], error)) (s stated[logAnswer], err error) {
	for {
		select {
		case <-ctx.Done():
			return s, context.Cause(ctx)
		case <-tick:
		}
		s, err = ask()
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return s, context.Cause(ctx)
		case !f.waits(err):
			return s, err
		}
	}
}

// waits says whether an error is one that passes: the process that held the roster ended before it answered, or another has it for a while, or the
// file is being put in its place.
func (f *follower) waits(err error) bool {
	judged := judge(err)
	if judged.code != exitUnexpected && judged.code != exitHeld && judged.code != exitNotFound {
		return false
	}
	if text := judged.Error(); text != f.waited {
		f.waited = text
		f.app.stderr.line("Waiting: %s.", text)
	}
	return true
}

// logLines prints entries as they come: with --json one document a line, as programs that read on want it.
func (a *app) logLines(entries []logView) error {
	if !a.json {
		a.printLog(entries)
		return nil
	}
	out := bufio.NewWriter(a.out)
	for _, e := range entries {
		line, err := json.Marshal(struct {
			Schema int     `json:"schema"`
			Data   logView `json:"data"`
		}{report.Schema, e})
		if err != nil {
			return fmt.Errorf("encode an entry: %w", err)
		}
		_, _ = out.Write(append(report.EscapeJSON(line), '\n')) // Flush returns the error
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}

func (a *app) printLog(entries []logView) {
	for _, e := range entries {
		a.stdout.line("%s  %-12s %s", localTime(e.At.Time()), e.Kind, e.told())
	}
}

// told is an entry in words: who, by whom, what was said, and how it is known.
func (v logView) told() string {
	var parts []string
	if v.User != nil {
		parts = append(parts, called(v.User, v.UserName))
	}
	if v.Actor != nil && orZero(v.User) != *v.Actor {
		parts = append(parts, "by "+called(v.Actor, v.ActorName))
	}
	if v.Was != nil {
		parts = append(parts, fmt.Sprintf("%q before", *v.Was))
	}
	switch {
	case v.Text != nil && v.From == logNotes:
		parts = append(parts, forPeople(*v.Text))
	case v.Text != nil:
		parts = append(parts, fmt.Sprintf("%q", *v.Text))
	}
	switch {
	case v.Also != nil && v.Also.Source == membership.SourceBotUpdate: // whichever told first
		parts = append(parts, report.Reference(v.Also.Fact()), report.Reference(v.Evidence.Fact()))
	case v.Also != nil:
		parts = append(parts, report.Reference(v.Evidence.Fact()), report.Reference(v.Also.Fact()))
	case v.Evidence != nil:
		parts = append(parts, report.Reference(v.Evidence.Fact()))
	case v.From == logAdminLog:
		parts = append(parts, fmt.Sprintf("admin log, event %d", v.ID))
	}
	return strings.Join(parts, "; ")
}

// called is a person in a line.
func called(id *membership.UserID, name *string) string {
	if name == nil {
		return formatID(int64(*id))
	}
	return *name + " (" + formatID(int64(*id)) + ")"
}

func entriesText(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return formatCount(n) + " entries"
}
