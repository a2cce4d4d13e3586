package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

func newHistoryCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "history USER",
		Short: "Tell when a person came and went, by what evidence, and what was done about them",
		Long: "Tells a person's stays in the group: exactly where an event or a list's join date says when they came or went, and between which two\n" +
			"moments where only lists and lookups do. Then every event of the ledger about them, and what the bot did about them. USER is an id,\n" +
			"@name or t.me/name.",
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			h, err := askHistory.run(cmd.Context(), cfg, personQuestion{Group: cfg.Group, User: args[0]})
			if err != nil {
				return err
			}
			return a.print(h.Answer, h.Meta, func() {
				a.stdout.title(nameOf(h.Answer.Person) + " (id " + formatID(int64(h.Answer.Person.ID)) + ")")
				a.printTurns(h.Answer.Turns)
				a.printHistory(h.Answer.Events)
				a.printActions(h.Answer.Actions)
				a.printMeta(h.Meta, "")
			})
		},
	}
}

// historyAnswer is a person's way through the group.
type historyAnswer struct {
	Person  report.Row   `json:"person"`
	Turns   []turnView   `json:"turns"`
	Events  []eventView  `json:"events"`
	Actions []actionView `json:"actions"`
	Group   groupView    `json:"group"`
}

// turnView is a change of presence: after From, and not after To, which are equal where the moment is known.
type turnView struct {
	Presence  membership.Presence   `json:"presence"`
	Role      *membership.Role      `json:"role"`
	Departure *membership.Departure `json:"departure"`
	From      membership.Instant    `json:"from"` // null where nothing was known of the person before
	To        membership.Instant    `json:"to"`
	Exact     bool                  `json:"exact"`
	Evidence  *report.Evidence      `json:"evidence"` // null for a departure of which only the return told
}

// viewTurn shows a turn with the role or departure that it led to.
func viewTurn(past *membership.Past, t membership.Turn) turnView {
	v := turnView{Presence: t.Is, From: t.From, To: t.To, Exact: t.Exact(), Evidence: report.EvidenceOf(t.Told.Evidence)}
	if s := past.At(t.To).Standing; s.Presence == t.Is {
		v.Role, v.Departure = orNull(s.Role), orNull(s.Departure)
	}
	return v
}

var askHistory = newErrand("history", func(ctx context.Context, d desk, q personQuestion) (s stated[historyAnswer], err error) {
	d, g, p, err := d.subject(ctx, q)
	if err != nil {
		return s, err
	}
	if s.Meta, err = d.meta(ctx, g); err != nil {
		return s, err
	}
	s.Answer, s.Meta.Gaps, err = d.history(ctx, g, p)
	return s, err
})

func (d desk) history(ctx context.Context, g membership.Group, p membership.Person) (historyAnswer, []membership.Gap, error) {
	h := historyAnswer{Person: report.RowOf(p), Group: viewGroup(g)}
	events, err := d.roster.History(ctx, g.ID, p.Profile.User)
	if err != nil {
		return h, nil, err
	}
	for _, e := range events {
		h.Events = append(h.Events, viewEvent(e))
	}
	past := membership.NewPast(events, p.Record)
	for _, t := range past.Turns() {
		h.Turns = append(h.Turns, viewTurn(past, t))
	}
	actions, err := d.roster.Actions(ctx, g.ID, roster.ActionFilter{User: p.Profile.User})
	if err != nil {
		return h, nil, err
	}
	h.Actions = viewActions(actions)
	sources, err := d.roster.Sources(ctx, g.ID)
	var since membership.Instant
	if turns := past.Turns(); len(turns) > 0 {
		since = turns[0].To
	}
	return h, gapsWithin(sources.Gaps, since, membership.At(d.now())), err
}

func (a *app) printTurns(turns []turnView) {
	var rows [][]cell
	for _, t := range turns {
		how := "their return"
		if t.Evidence != nil {
			how = evidenceText(*t.Evidence)
		}
		row := report.Row{Presence: t.Presence, Role: t.Role, Departure: t.Departure}
		rows = append(rows, []cell{plainCell(presenceOf(row)), plainCell(a.stdout.within(t.From, t.To)), plainCell(how)})
	}
	if len(rows) == 0 {
		a.fact("presence", "nothing told of their coming or going")
		return
	}
	a.stdout.table([]string{"PRESENCE", "FROM", "TOLD BY"}, rows)
}

// within is when a change fell, for people: at one moment, or between two.
func (s screen) within(from, to membership.Instant) string {
	switch from {
	case to:
		return s.moment(to)
	case 0:
		return fmt.Sprintf("at the latest %s", s.moment(to))
	}
	return fmt.Sprintf("between %s and %s", localTime(from.Time()), localTime(to.Time()))
}
