package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func newDiffCommand(a *app) *cobra.Command {
	var from, to membership.Instant
	c := &cobra.Command{
		Use:   "diff --from TIME [--to TIME]",
		Short: "List who came, who went and whose role changed between two moments",
		Long: "Compares the roll of two moments, person by person: exactly where events tell, and with the two moments between which it happened\n" +
			"where only lists and lookups do. Who came and went in between is in neither roll; \"rollcall log\" has them.\n" + momentHelp,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == 0 {
				to = membership.At(a.now())
			}
			switch {
			case from == 0:
				return usage(momentHint, "diff needs --from")
			case from >= to:
				return usage("", "--from %s is not before --to %s", from, to)
			}
			return a.diff(cmd.Context(), from, to)
		},
	}
	a.momentVar(c.Flags(), &from, "from", "compare the roll of this `time`")
	a.momentVar(c.Flags(), &to, "to", "with that of this `time`; now, without it")
	return c
}

// diffAnswer is what changed between two moments.
type diffAnswer struct {
	From    membership.Instant `json:"from"`
	To      membership.Instant `json:"to"`
	Changes []changeView       `json:"changes"`
}

// changeView is one person's change. Was and Is are as at the two moments.
type changeView struct {
	Change changeWord `json:"change"`
	Was    placeView  `json:"was"`
	Is     placeView  `json:"is"`
	// From and To are between what the presence changed; equal where the moment is known, and null where it did not change.
	From     membership.Instant `json:"from"`
	To       membership.Instant `json:"to"`
	Evidence *report.Evidence   `json:"evidence"`
	Person   report.Row         `json:"person"` // as at the later moment
}

type placeView struct {
	Presence  membership.Presence   `json:"presence"`
	Role      *membership.Role      `json:"role"`
	Departure *membership.Departure `json:"departure"`
}

func placeOf(s membership.Standing) placeView {
	return placeView{Presence: s.Presence, Role: orNull(s.Role), Departure: orNull(s.Departure)}
}

// changeWord is what became of somebody between two moments.
type changeWord string

// The changes.
const (
	changeJoined  changeWord = "joined"
	changeFound   changeWord = "found in" // whether they were in before is not known
	changeLeft    changeWord = "left"
	changeKicked  changeWord = "kicked"
	changeBanned  changeWord = "banned"
	changeFreed   changeWord = "unbanned"
	changeRole    changeWord = "role"
	changeUnclear changeWord = "unclear" // at the later moment it is not known whether they were in
)

// changeOf compares two places of a person; empty where they are the same.
func changeOf(was, is membership.Placement) changeWord {
	a, b := was.Standing, is.Standing
	switch {
	case !is.Known || b.Outsider() || (a.Presence == b.Presence && a.Role == b.Role && a.Departure == b.Departure && was.Known):
		return ""
	case !was.Known && b.Presence == membership.Out && b.Departure != membership.Banned:
		return "" // they came and went in between
	case b.Presence == membership.In && a.Presence == membership.In && (a.Role == membership.NoRole || b.Role == membership.NoRole) && !eventBetween(a, b):
		return "" // what they were is not known of both moments, since of lists only the newest is kept
	case b.Presence == membership.In && a.Presence == membership.In:
		return changeRole
	case b.Presence == membership.In && was.Known && a.Presence == membership.Unknown:
		return changeFound
	case b.Presence == membership.In:
		return changeJoined
	case b.Presence == membership.Unknown:
		return changeUnclear
	case b.Departure == membership.Banned:
		return changeBanned
	case a.Departure == membership.Banned:
		return changeFreed
	case b.Departure == membership.Kicked:
		return changeKicked
	}
	return changeLeft
}

// eventBetween says that an event told of them after the first of two moments.
func eventBetween(was, is membership.Standing) bool {
	source := is.Evidence.Source
	return (source == membership.SourceBotUpdate || source == membership.SourceAdminLog) && was.Evidence != is.Evidence
}

// compare is the person's change between two moments; false where there is none.
func compare(p membership.Person, past *membership.Past, from, to membership.Instant) (changeView, bool) {
	was, is := past.At(from), past.At(to)
	word := changeOf(was, is)
	if word == "" {
		return changeView{}, false
	}
	p.Standing, p.Within = is.Standing, is.Within
	v := changeView{
		Change: word, Was: placeOf(was.Standing), Is: placeOf(is.Standing), Evidence: report.EvidenceOf(is.Standing.Evidence), Person: report.RowOf(p),
	}
	if is.Within != nil {
		v.From, v.To = is.Within.From, is.Within.To
	}
	for _, t := range slices.Backward(past.Turns()) {
		if t.To <= to && t.Is == is.Standing.Presence {
			if t.To > from {
				v.From, v.To, v.Evidence = t.From, t.To, report.EvidenceOf(t.Told.Evidence)
			}
			break
		}
	}
	return v, true
}

func (a *app) diff(ctx context.Context, from, to membership.Instant) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return withGroup(ctx, cfg, func(d desk, g membership.Group) error {
		answer := diffAnswer{From: from, To: to}
		err = d.roster.Pasts(ctx, g.ID, func(p membership.Person, past *membership.Past) error {
			if v, changed := compare(p, past, from, to); changed {
				answer.Changes = append(answer.Changes, v)
			}
			return nil
		})
		if err != nil {
			return err
		}
		meta, err := d.metaAt(ctx, g, to)
		if err != nil {
			return err
		}
		sources, err := d.roster.Sources(ctx, g.ID)
		if err != nil {
			return err
		}
		meta.Gaps = gapsWithin(sources.Gaps, from, to)
		return a.print(answer, meta, func() { a.printDiff(answer, meta) })
	})
}

func (a *app) printDiff(d diffAnswer, meta report.Meta) {
	var rows [][]cell
	for _, c := range d.Changes {
		how := ""
		if c.Evidence != nil {
			how = report.Reference(c.Evidence.Fact())
		}
		when := ""
		if c.To != 0 {
			when = a.stdout.within(c.From, c.To)
		}
		rows = append(rows, []cell{
			plainCell(formatID(int64(c.Person.ID))), plainCell(nameOf(c.Person)), changeCell(c), plainCell(when), plainCell(how),
		})
	}
	a.stdout.table([]string{"ID", "NAME", "CHANGE", "WHEN", "TOLD BY"}, rows)
	a.printMeta(meta, fmt.Sprintf("%s between %s and the moment below", plural(len(rows), "change"), localTime(d.From.Time())))
}

// changeCell is the change's word; where that does not say it all, the new role.
func changeCell(c changeView) cell {
	switch {
	case c.Is.Presence == membership.Out:
		return cell{string(c.Change), toneBad}
	case c.Is.Presence == membership.Unknown:
		return cell{string(c.Change), toneWarn}
	case c.Is.Role == nil || *c.Is.Role == membership.Member && c.Change != changeRole:
		return cell{string(c.Change), toneGood}
	}
	return cell{string(c.Change) + ": " + c.Is.Role.String(), toneGood}
}
