package main

import (
	"context"
	"errors"
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
	c.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List them, with what was lost and what has settled it since",
		Long: "Lists every span of which the bot's updates or the admin log were lost. A span stays on record for ever. It is settled once\n" +
			"everybody has been seen anew since, by a complete walk, or once you accept it.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.gaps(cmd.Context(), askGaps, gapQuestion{})
		},
	})
	c.AddCommand(&cobra.Command{
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
			return a.gaps(cmd.Context(), acceptGap, gapQuestion{ID: id})
		},
	})
	return c
}

// gapQuestion asks about the gaps of a group, or about one of them.
type gapQuestion struct {
	Group string `json:"group"`
	ID    uint64 `json:"id"`
}

var askGaps = newErrand("gaps", func(ctx context.Context, d desk, q gapQuestion) (stated[[]membership.Gap], error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return stated[[]membership.Gap]{}, err
	}
	return d.gaps(ctx, g)
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
			a.stdout.line("No history is known to be lost.")
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
