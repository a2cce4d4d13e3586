package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func newWhoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "who USER",
		Short: "Tell everything known about a person, and by what evidence",
		Long:  "Tells everything known about a person. USER is an id, @name or t.me/name; ids are safer, since names change hands.",
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			w, err := askWho.run(cmd.Context(), cfg, personQuestion{Group: cfg.Group, User: args[0]})
			if err != nil {
				return err
			}
			return a.print(w.Answer, w.Meta, func() {
				a.stdout.title(personTitle(w.Answer))
				a.printPerson(w.Answer)
				a.printHistory(w.Answer.History)
				a.printMeta(w.Meta, "")
			})
		},
	}
}

func newWhyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "why USER",
		Short: "Tell whether the bot serves a person, and why",
		Long: "Tells whether the bot serves a person: by which rule, on what evidence, and what would change it. USER is an id, @name or\n" +
			"t.me/name; ids are safer, since names change hands.",
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			w, err := askWhy.run(cmd.Context(), cfg, personQuestion{Group: cfg.Group, User: args[0]})
			if err != nil {
				return err
			}
			return a.print(w.Answer, w.Meta, func() {
				a.printVerdict(w.Answer)
				a.stdout.heading(personTitle(w.Answer.whoAnswer))
				a.printPerson(w.Answer.whoAnswer)
				a.printActions(w.Answer.Actions)
				a.printMeta(w.Meta, "")
			})
		},
	}
}

// fact prints a name and a value in two columns.
func (a *app) fact(name, format string, args ...any) {
	a.stdout.line("  %-11s "+format, append([]any{name}, args...)...)
}

// nameOf is how a row is called.
func nameOf(r report.Row) string {
	p := membership.Profile{Deleted: r.Deleted}
	for _, f := range []struct {
		to   *string
		from *string
	}{{&p.FirstName, r.FirstName}, {&p.LastName, r.LastName}, {&p.Username, r.Username}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	return personName(p)
}

func personTitle(w whoAnswer) string {
	return nameOf(w.Person) + " (id " + formatID(int64(w.Person.ID)) + ")"
}

func (a *app) printPerson(w whoAnswer) {
	r := w.Person
	a.fact("group", "%s", w.Group.Title)
	a.fact("presence", "%s", presenceOf(r))
	if r.Until != 0 {
		a.fact("until", "%s", a.stdout.moment(r.Until))
	}
	a.fact("since", "%s", a.stdout.moment(r.Since))
	a.fact("confirmed", "%s", a.stdout.moment(r.LastConfirmed))
	if r.Evidence != nil {
		a.fact("evidence", "%s", evidenceText(*r.Evidence))
	}
	if w.Doubt != nil {
		a.fact("doubt", "%s", *w.Doubt)
	}
	if s := w.Subscriber; s != nil {
		a.fact("bot", "access %s: %s, %s", s.Access, s.Reason, a.stdout.ago(s.AccessSince))
		a.fact("dialog", "%s, last heard of %s", s.Dialog, a.stdout.ago(s.Heard))
		if s.Payload != nil {
			a.fact("asked for", "%s, still to be honored", *s.Payload)
		}
		if s.Allowed {
			a.fact("allow list", "yes")
		}
	} else {
		a.fact("bot", "never wrote to it")
	}
}

func presenceOf(r report.Row) string {
	words := []string{r.Presence.String()}
	if r.Role != nil {
		words = append(words, r.Role.String())
	}
	if r.Departure != nil {
		words = append(words, r.Departure.String())
	}
	return strings.Join(words, ", ")
}

func evidenceText(e report.Evidence) string {
	text := "grade " + e.Grade.String() + ", " + report.Reference(e.Fact())
	if e.Actor != nil {
		text += ", by " + formatID(int64(*e.Actor))
	}
	return text
}

func (a *app) printHistory(history []eventView) {
	if len(history) == 0 {
		a.fact("ledger", "no event: the lists alone speak of them")
		return
	}
	a.stdout.line("")
	var rows [][]cell
	for _, e := range history {
		row := report.Row{Presence: e.Presence, Role: e.Role, Departure: e.Departure}
		evidence := ""
		at := membership.Instant(0)
		if e.Evidence != nil {
			evidence, at = evidenceText(*e.Evidence), e.Evidence.At
		}
		rows = append(rows, []cell{plainCell(formatID(int64(e.Seq))), plainCell(a.stdout.moment(at)), plainCell(presenceOf(row)), plainCell(evidence)})
	}
	a.stdout.table([]string{"EVENT", "AT", "STATES", "EVIDENCE"}, rows)
}

func (a *app) printVerdict(w whyAnswer) {
	word, tone := "refused", toneBad
	switch {
	case w.Verdict.Shadow:
		word, tone = "served in shadow mode, refused once you enforce", toneWarn
	case w.Verdict.Answer == membership.Serve:
		word, tone = "served", toneGood
	case w.Verdict.Answer == membership.LookUp:
		word, tone = "looked up first, and decided by Telegram's answer", toneWarn
	case w.Verdict.Answer == membership.Refuse:
	}
	_, _ = fmt.Fprintf(a.stdout.w, "%s %s\n", a.stdout.paint(toneBold, "Verdict:"), a.stdout.paint(tone, word))
	a.fact("rule", "%s", w.Verdict.Rule)
	a.fact("because", "%s", forPeople(w.Verdict.Because))
	a.fact("changed by", "%s", w.Verdict.Change)
	if w.Age != nil {
		a.fact("age", "newest confirmation: %s; the gate is %s", a.stdout.ago(w.Person.LastConfirmed), w.Verdict.Mode)
	}
}

func (a *app) printActions(actions []actionView) {
	if len(actions) == 0 {
		return
	}
	a.stdout.heading("What was done, newest first")
	var rows [][]cell
	for _, x := range actions {
		rows = append(rows, []cell{plainCell(a.stdout.moment(x.At)), plainCell(x.Verb.String()), plainCell(x.State.String()), plainCell(string(x.Reason))})
	}
	a.stdout.table([]string{"WHEN", "ACTION", "STATE", "REASON"}, rows)
}
