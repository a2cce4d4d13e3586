package main

import (
	"context"
	"math"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func newAllowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "allow",
		Short: "Keep the list of people whom the bot always serves",
		Long:  "Keeps the list of people whom the bot serves whether they are in the group or not, and who are never pruned.",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var note string
	add := &cobra.Command{
		Use:   "add USER…",
		Short: "Put people on the allow list: they are served and never pruned",
		Args:  takes(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeAllow(cmd.Context(), allowQuestion{Add: args, Note: note})
		},
	}
	add.Flags().StringVar(&note, "note", "", "a `text` for yourself: why")
	var at membership.Instant
	list := &cobra.Command{
		Use:   "list",
		Short: "Show the allow list",
		Long: "Shows who is on the allow list or, with --as-of, who was at a moment that is past, and until when. Who was put on it and taken off\n" +
			"is in \"rollcall log --kind allowed --kind disallowed\" too.\n" + momentHelp,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.allowList(cmd.Context(), at) },
	}
	a.momentVar(list.Flags(), &at, "as-of", "the allow list as it was at this `time`")
	c.AddCommand(add, &cobra.Command{
		Use:   "remove USER…",
		Short: "Take people off the allow list",
		Args:  takes(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeAllow(cmd.Context(), allowQuestion{Remove: args})
		},
	}, list)
	return c
}

func (a *app) changeAllow(ctx context.Context, q allowQuestion) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	q.Group = cfg.Group
	list, err := changeAllow.run(ctx, cfg, q)
	if err != nil {
		return err
	}
	return a.printAllowed(list, report.Meta{AsOf: membership.At(a.now())})
}

func (a *app) allowList(ctx context.Context, at membership.Instant) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	s, err := listAllow.run(ctx, cfg, allowListQuestion{Group: cfg.Group, At: at})
	if err != nil {
		return err
	}
	if at == 0 {
		return a.printAllowed(s.Answer, s.Meta)
	}
	return a.print(s.Answer, s.Meta, func() {
		a.allowTable(s.Answer, true)
		a.printMoment(s.Meta, plural(len(s.Answer), "person")+" on the allow list")
	})
}

func (a *app) printAllowed(list []allowedView, meta report.Meta) error {
	return a.print(list, meta, func() {
		if len(list) == 0 {
			a.stderr.line("The allow list is empty.")
			return
		}
		a.allowTable(list, false)
	})
}

// allowTable lists who is on the allow list; past has the end of their time on it, too.
func (a *app) allowTable(list []allowedView, past bool) {
	header := []string{"ID", "NAME", "SINCE", "NOTE"}
	if past {
		header = []string{"ID", "NAME", "SINCE", "UNTIL", "NOTE"}
	}
	var rows [][]cell
	for _, v := range list {
		row := []cell{plainCell(formatID(int64(v.User))), plainCell(briefName(v.Name, v.Username))}
		switch {
		case !past:
			row = append(row, plainCell(a.stdout.ago(v.Since)))
		case v.Removed == 0:
			row = append(row, plainCell(localTime(v.Since.Time())), plainCell("is still on it"))
		default:
			row = append(row, plainCell(localTime(v.Since.Time())), plainCell(localTime(v.Removed.Time())))
		}
		rows = append(rows, append(row, plainCell(orZero(v.Note))))
	}
	a.stdout.table(header, rows)
}

// briefName is how a person is called of whom only this is at hand.
func briefName(name, username *string) string {
	return personName(membership.Profile{FirstName: orZero(name), Username: orZero(username)})
}
