package main

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

func newGapsCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "gaps",
		Short: "The spans of time whose history was lost",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var at membership.Instant
	list := &cobra.Command{
		Use:   "list",
		Short: "List them, with what was lost and what has settled it since",
		Long: "Lists every span of which the bot's updates or the admin log were lost. A span stays on record for ever. It is settled once\n" +
			"everybody has been seen anew since, by a complete walk, or once you accept it. With --as-of it lists what was on record at a\n" +
			"moment that is past, and settled by then.\n" + momentHelp,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.gaps(cmd.Context(), askGaps, gapQuestion{At: at})
		},
	}
	a.momentVar(list.Flags(), &at, "as-of", "the gaps as they were on record at this `time`")
	c.AddCommand(list, &cobra.Command{
		Use:   "accept ID",
		Short: "Settle one by your word, where no walk can",
		Long: "Settles a gap by your word: in a group whose lists Telegram does not show whole, no walk can. Who is in the group then counts as\n" +
			"known again; the lost history stays lost, and the gap on record.",
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return usage(`"rollcall gaps list" shows the ids`, "%q is no gap's id", args[0])
			}
			return a.acceptGap(cmd.Context(), id)
		},
	})
	return c
}

// gapQuestion asks about the gaps of a group, or about one of them.
type gapQuestion struct {
	Group string             `json:"group"`
	ID    uint64             `json:"id"`
	At    membership.Instant `json:"at"` // 0 is now
}

var askGaps = newErrand("gaps", func(ctx context.Context, d desk, q gapQuestion) (stated[[]membership.Gap], error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return stated[[]membership.Gap]{}, err
	}
	if q.At == 0 {
		return d.gaps(ctx, g)
	}
	return d.gapsOnRecord(ctx, g, q.At)
})

var acceptGap = newChange("accept-gap", func(ctx context.Context, d desk, q gapQuestion) (stated[[]membership.Gap], error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return stated[[]membership.Gap]{}, err
	}
	err = d.roster.SettleGap(ctx, g.ID, q.ID, "the owner accepted it")
	if errors.Is(err, roster.ErrUnknownGap) {
		return stated[[]membership.Gap]{}, fail(exitNotFound, `"rollcall gaps list" shows them`, "there is no gap %d", q.ID)
	}
	if err != nil {
		return stated[[]membership.Gap]{}, err
	}
	return d.gaps(ctx, g)
})

func (d desk) gaps(ctx context.Context, g membership.Group) (s stated[[]membership.Gap], err error) {
	if s.Answer, err = d.roster.Gaps(ctx, g.ID); err != nil {
		return s, err
	}
	s.Meta, err = d.meta(ctx, g)
	return s, err
}

// acceptGap settles a gap, and says so where it was settled before.
func (a *app) acceptGap(ctx context.Context, id uint64) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	before, err := askGaps.run(ctx, cfg, gapQuestion{Group: cfg.Group})
	if err != nil {
		return err
	}
	if err := a.gaps(ctx, acceptGap, gapQuestion{ID: id}); err != nil {
		return err
	}
	if i := slices.IndexFunc(before.Answer, func(g membership.Gap) bool { return g.ID == id && !g.Open() }); i >= 0 {
		a.stderr.line("Gap %d was settled before; nothing was changed.", id)
	}
	return nil
}

// gapsOnRecord are the gaps that were noted by the moment, as they were then.
func (d desk) gapsOnRecord(ctx context.Context, g membership.Group, at membership.Instant) (s stated[[]membership.Gap], err error) {
	all, err := d.roster.Gaps(ctx, g.ID)
	if err != nil {
		return s, err
	}
	for _, gap := range all {
		if gap.Noted > at {
			continue
		}
		if gap.Settled > at {
			gap.Settled, gap.How = 0, ""
		}
		s.Answer = append(s.Answer, gap)
	}
	s.Meta, err = d.metaAt(ctx, g, at)
	s.Meta.Caveats = nil // there are no names in it
	return s, err
}

func (a *app) gaps(ctx context.Context, e errand[gapQuestion, stated[[]membership.Gap]], q gapQuestion) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	q.Group = cfg.Group
	s, err := e.run(ctx, cfg, q)
	if err != nil {
		return err
	}
	return a.print(report.GapsOf(s.Answer), s.Meta, func() {
		if len(s.Answer) == 0 {
			known := "is"
			if q.At != 0 {
				known = "was"
			}
			a.stdout.line("No history %s known to be lost.", known)
			return
		}
		var rows [][]cell
		for _, g := range s.Answer {
			rows = append(rows, []cell{
				plainCell(strconv.FormatUint(g.ID, 10)), plainCell(localTime(g.From.Time())), plainCell(localTime(g.To.Time())),
				plainCell(lostText(g)), settledCell(g),
			})
		}
		a.stdout.table([]string{"ID", "FROM", "TO", "LOST", "SETTLED"}, rows)
	})
}

// lostText is what a gap lost.
func lostText(g membership.Gap) string {
	if g.Source == membership.GapAdminLog {
		return "the admin log: " + g.Reason
	}
	return "the bot's updates: " + g.Reason
}

func settledCell(g membership.Gap) cell {
	if g.Open() {
		return cell{"not yet", toneWarn}
	}
	return plainCell(localTime(g.Settled.Time()) + ": " + g.How)
}

// gapText is a gap in one line.
func gapText(g membership.Gap) string {
	text := localTime(g.From.Time()) + " to " + localTime(g.To.Time()) + ", " + lostText(g)
	if g.Open() {
		return text + "; not settled"
	}
	return text + "; settled " + localTime(g.Settled.Time()) + ": " + g.How
}
