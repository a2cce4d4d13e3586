package main

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// theGroup is the group that the configuration names, as the roster knows it; without a name it is the only one.
func (d desk) theGroup(ctx context.Context) (membership.Group, error) {
	groups, err := d.roster.Groups(ctx)
	if err != nil {
		return membership.Group{}, err
	}
	if d.cfg.Group == "" {
		if len(groups) == 1 {
			return groups[0], nil
		}
		return membership.Group{}, fail(exitConfig, `set "group" in the configuration or give --group`, "the roster holds %d groups and none is chosen", len(groups))
	}
	ref, err := d.cfg.GroupRef()
	if err != nil {
		return membership.Group{}, err
	}
	for _, g := range groups {
		if ref.names(g) {
			return g, nil
		}
	}
	if g, ok, err := d.formerly(ctx, ref, groups); ok || err != nil {
		return g, err
	}
	return membership.Group{}, fail(exitNotFound, `run "rollcall sync" first`, "nothing is known about the group %s yet", d.cfg.Group)
}

// formerly is the group that had the id of a basic group before it became a supergroup.
func (d desk) formerly(ctx context.Context, ref groupRef, groups []membership.Group) (g membership.Group, ok bool, err error) {
	if ref.ID == 0 || ref.Marked < -minMarked {
		return g, false, nil
	}
	present, err := d.roster.Present(ctx, ref.ID)
	i := slices.IndexFunc(groups, func(g membership.Group) bool { return g.ID == present })
	if err != nil || i < 0 {
		return g, false, err
	}
	return groups[i], true, nil
}

// names says whether the reference means the group. An invite link names none: it is the way in, not the group.
func (r groupRef) names(g membership.Group) bool {
	switch {
	case r.Marked != 0:
		return r.Marked == g.Marked()
	case r.ID != 0:
		return r.ID == g.ID
	}
	return r.Username != "" && strings.EqualFold(r.Username, g.Username)
}

// meta is what every list, report and verdict says about itself.
func (d desk) meta(ctx context.Context, g membership.Group) (report.Meta, error) {
	now := membership.At(d.now())
	sources, err := d.roster.Sources(ctx, g.ID)
	if err != nil {
		return report.Meta{}, err
	}
	freshness := freshnessOf(sources, now)
	m := report.Meta{AsOf: now, Freshness: &freshness, Gaps: gapsAt(sources.Gaps, now)}
	last, ok, err := d.roster.LastWalk(ctx, g.ID)
	if err != nil {
		return report.Meta{}, err
	}
	if ok && last.Certificate != nil {
		m.Coverage = &last.Certificate.Coverage
	}
	return m, nil
}

// findUser is the id of the person that a reference means.
func (d desk) findUser(ctx context.Context, g membership.Group, text string) (membership.UserID, error) {
	ref, err := parseUser(text)
	if err != nil {
		return 0, err
	}
	if ref.ID != 0 {
		return ref.ID, nil
	}
	id, ok, err := d.roster.ByUsername(ctx, g.ID, ref.Username)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, fail(exitNotFound, "names change hands; try the person's id", "nobody known has the name @%s", ref.Username)
	}
	return id, nil
}

// person is a known person. Nothing known is an error.
func (d desk) person(ctx context.Context, g membership.Group, text string) (membership.Person, error) {
	id, err := d.findUser(ctx, g, text)
	if err != nil {
		return membership.Person{}, err
	}
	p, ok, err := d.roster.Person(ctx, g.ID, id)
	if err != nil {
		return membership.Person{}, err
	}
	if !ok {
		return membership.Person{}, fail(exitNotFound, `no list and no event has shown them; "rollcall sync" reads both`, "nothing is known about %s", text)
	}
	p.Profile.User = id
	return p, nil
}

// errEnough ends a reading whose consumer has seen enough.
var errEnough = errors.New("enough")

// members gives everybody who is or was in the group, or may be, in ascending order of id: all known people but outsiders, of whom only a
// lookup is known, which said no.
func (d desk) members(ctx context.Context, g membership.Group) iter.Seq2[membership.Person, error] {
	return func(yield func(membership.Person, error) bool) {
		err := d.roster.People(ctx, g.ID, func(p membership.Person) error {
			if !p.Standing.Outsider() && !yield(p, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(membership.Person{}, err)
		}
	}
}
