package main

import (
	"context"
	"errors"
	"iter"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// gapsAt are the gaps that leave open what is said of a moment: it lies in them, or nobody has been seen anew since.
func gapsAt(gaps []membership.Gap, at membership.Instant) []membership.Gap {
	return gapsWithin(gaps, at, at)
}

// gapsWithin are the gaps that leave open what is said of a span.
func gapsWithin(gaps []membership.Gap, from, to membership.Instant) []membership.Gap {
	touching := []membership.Gap{}
	for _, g := range gaps {
		if g.Touches(from, to) || (g.Open() && g.From <= to) {
			touching = append(touching, g)
		}
	}
	return touching
}

// namesNow is the caveat of every list of a past moment: of names the newest alone are kept.
const namesNow = "names and usernames are those known now"

// metaAt is what a list of a past moment says about itself: the coverage of the newest walk that was finished by then, and the mode that a run had
// last noted by then.
func (d desk) metaAt(ctx context.Context, g membership.Group, at membership.Instant) (report.Meta, error) {
	sources, err := d.roster.Sources(ctx, g.ID)
	if err != nil {
		return report.Meta{}, err
	}
	m := report.Meta{AsOf: at, Gaps: gapsAt(sources.Gaps, at), Caveats: []string{namesNow}}
	if m.Freshness, err = d.freshnessAt(ctx, g, at); err != nil {
		return m, err
	}
	w, ok, err := d.roster.WalkBy(ctx, g.ID, at)
	if ok && w.Certificate != nil {
		m.Coverage = &w.Certificate.Coverage
	}
	return m, err
}

// freshnessAt is how far the roster could be trusted at a past moment, by the newest note on that; nil where there is none. When it was noted says
// how much that is worth: nobody notes that no run was there.
func (d desk) freshnessAt(ctx context.Context, g membership.Group, at membership.Instant) (f *membership.Freshness, err error) {
	var after uint64
	for {
		notes, err := d.roster.Notes(ctx, g.ID, after, logChunk)
		if err != nil || len(notes) == 0 {
			return f, err
		}
		for _, n := range notes {
			after = n.Seq
			if n.Kind == membership.NoteMode && n.At <= at {
				f = &membership.Freshness{Mode: n.Mode, Reason: "as a run noted last", As: n.At}
			}
		}
	}
}

// roll is the roll at a moment with what it says about itself; now, where the moment is 0.
func (d desk) roll(ctx context.Context, g membership.Group, at membership.Instant) (iter.Seq2[membership.Person, error], report.Meta, error) {
	if at == 0 {
		meta, err := d.meta(ctx, g)
		return d.members(ctx, g), meta, err
	}
	meta, err := d.metaAt(ctx, g, at)
	return d.membersAt(ctx, g, at), meta, err
}

// membersAt gives everybody who at the moment was or had been in the group, or may have been, in ascending order of id. Names are today's.
func (d desk) membersAt(ctx context.Context, g membership.Group, at membership.Instant) iter.Seq2[membership.Person, error] {
	return func(yield func(membership.Person, error) bool) {
		err := d.roster.Pasts(ctx, g.ID, func(p membership.Person, past *membership.Past) error {
			was := past.At(at)
			p.Standing, p.Within = was.Standing, was.Within
			if was.Known && !p.Standing.Outsider() && !yield(p, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(membership.Person{}, err)
		}
	}
}
