package main

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func newMembersCommand(a *app) *cobra.Command {
	var presence string
	var at membership.Instant
	c := &cobra.Command{
		Use:   "members",
		Short: "List everybody known, with how it is known",
		Long: "Lists everybody who is or was in the group as far as is known, and how that is known. Grade A is Telegram's direct\n" +
			"word about the person, B a place in a list of members. Whom Telegram has not shown is not listed; that does not mean\n" +
			"that they are gone. With --as-of the list is of a moment that is past: exact where events tell, and unknown between two lists\n" +
			"or lookups of which the one shows somebody in and the other out.\n" + momentHelp,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			keep, err := presenceFilter(presence)
			if err != nil {
				return err
			}
			return a.members(cmd.Context(), keep, at)
		},
	}
	c.Flags().StringVar(&presence, "presence", "", "only people whose `presence` is this: in, out or unknown")
	a.momentVar(c.Flags(), &at, "as-of", "the members as they were at this `time`")
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

func (a *app) members(ctx context.Context, keep func(membership.Person) bool, at membership.Instant) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return withGroup(ctx, cfg, func(d desk, g membership.Group) error {
		people, meta, err := d.roll(ctx, g, at)
		if err != nil {
			return err
		}
		people = only(people, keep)
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

// wideMembers is the width from which on the table of members has room for all that it says. Below, it leaves out when somebody was last
// confirmed and which row or event it was that said so; "rollcall who" has both.
const wideMembers = 100

func (a *app) printMembers(people iter.Seq2[membership.Person, error], meta report.Meta) error {
	header := []string{"ID", "NAME", "PRESENCE", "GRADE", "HOW WE KNOW", "SINCE", "CONFIRMED"}
	narrow := a.stdout.width > 0 && a.stdout.width < wideMembers
	if narrow {
		header = header[:len(header)-1]
	}
	var rows [][]cell
	for p, err := range people {
		if err != nil {
			return err
		}
		s := p.Standing
		how := report.Reference(s.Evidence)
		if p.Within != nil {
			how = withinText(p.Within)
		}
		if narrow {
			how, _, _ = strings.Cut(how, ",")
		}
		row := []cell{
			plainCell(formatID(int64(p.Profile.User))), plainCell(personName(p.Profile)), presenceCell(s), plainCell(s.Evidence.Grade.String()),
			plainCell(how), plainCell(a.stdout.ago(s.Since)), plainCell(a.stdout.ago(s.LastConfirmed)),
		}
		rows = append(rows, row[:len(header)])
	}
	a.stdout.table(header, rows)
	a.printMeta(meta, plural(len(rows), "person"))
	return nil
}

// withinText is why a presence of the past is not known.
func withinText(t *membership.Turn) string {
	if t.From == 0 {
		return fmt.Sprintf("%s by %s, nothing before", t.Is, localTime(t.To.Time()))
	}
	return fmt.Sprintf("%s until %s, %s by %s", t.Was, localTime(t.From.Time()), t.Is, localTime(t.To.Time()))
}

// printMeta says how complete and how fresh what was printed is.
func (a *app) printMeta(meta report.Meta, what string) {
	a.printMoment(meta, what)
	a.stderr.line("coverage:  %s", coverageText(meta.Coverage))
	a.stderr.line("freshness: %s", a.stderr.freshness(meta.Freshness))
	for _, g := range meta.Gaps {
		a.stderr.line("gap:       %s", gapText(g))
	}
}

// printMoment says of when what was printed is, and what it does not tell.
func (a *app) printMoment(meta report.Meta, what string) {
	if what != "" {
		what = strings.Replace(what, "persons", "people", 1) + "; "
	}
	a.stderr.line("")
	a.stderr.line("%sas of %s", what, localTime(meta.AsOf.Time()))
	for _, c := range meta.Caveats {
		a.stderr.line("mind:      %s", forPeople(c))
	}
}
