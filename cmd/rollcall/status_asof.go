package main

import (
	"context"
	"fmt"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// statusThen is what of the status is known of a moment that is past. Who the subscribers were, what was in the outbox and which rights the
// accounts had is kept as it is now, and not asked of the past.
type statusThen struct {
	Group     groupView             `json:"group"`
	Members   memberCounts          `json:"members"` // those in an interval between two lists or lookups are unknown
	Coverage  *membership.Coverage  `json:"coverage"`
	Freshness *membership.Freshness `json:"freshness"` // as a run had noted it last
	Allowed   int                   `json:"allowed"`
}

func (a *app) statusAt(ctx context.Context, at membership.Instant) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return withGroup(ctx, cfg, func(d desk, g membership.Group) error {
		s, meta, err := d.statusAt(ctx, g, at)
		if err != nil {
			return err
		}
		return a.print(s, meta, func() { a.printStatusThen(s, meta) })
	})
}

func (d desk) statusAt(ctx context.Context, g membership.Group, at membership.Instant) (s statusThen, meta report.Meta, err error) {
	if meta, err = d.metaAt(ctx, g, at); err != nil {
		return s, meta, err
	}
	allowed, recorded, err := d.roster.AllowListAt(ctx, g.ID, at)
	if err != nil {
		return s, meta, err
	}
	meta.Caveats = append([]string{"subscribers, outbox and rights are known of now only"}, removalsUnknown(at, recorded)...)
	s = statusThen{Group: viewGroup(g), Coverage: meta.Coverage, Freshness: meta.Freshness, Allowed: len(allowed)}
	s.Members = memberCounts{Roles: map[membership.Role]int{}, Departures: map[membership.Departure]int{}}
	if c := meta.Coverage; c != nil && c.Total > 0 {
		s.Members.Total = &c.Total
	}
	for p, err := range d.membersAt(ctx, g, at) {
		if err != nil {
			return s, meta, err
		}
		s.Members.count(p.Standing)
	}
	return s, meta, nil
}

// count takes one more person.
func (m *memberCounts) count(s membership.Standing) {
	m.Known++
	switch s.Presence {
	case membership.In:
		m.In++
		m.Roles[s.Role]++
	case membership.Out:
		m.Out++
		m.Departures[s.Departure]++
	case membership.Unknown:
		m.Unknown++
	}
}

func (a *app) printStatusThen(s statusThen, meta report.Meta) {
	a.stdout.title(s.Group.Title)
	m := s.Members
	between := ""
	if m.Unknown > 0 {
		between = fmt.Sprintf(": between %s and %s were in", formatCount(m.In), formatCount(m.In+m.Unknown))
	}
	a.fact("members", "%s in, %s out, %s unknown%s", formatCount(m.In), formatCount(m.Out), formatCount(m.Unknown), between)
	a.fact("coverage", "%s", coverageText(s.Coverage))
	a.fact("freshness", "%s", a.stdout.freshness(s.Freshness))
	a.fact("allow list", "%s", people(s.Allowed))
	for _, gap := range meta.Gaps {
		a.fact("gap", "%s", gapText(gap))
	}
	a.printMoment(meta, "")
}
