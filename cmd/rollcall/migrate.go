package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/supergroup"
)

// became is the supergroup that a basic group is now, where an error says so, and which.
func became(err error) (to membership.GroupID, moved bool) {
	m, is := errors.AsType[*membership.MigratedError](err)
	if !is || m.To == 0 {
		return 0, false
	}
	return m.To, true
}

// goOnAs has a group go on under the id of the supergroup that it became. The keeper is the old id's: a walk of its list ends with what it has
// shown. What the new group is called, and what the accounts may do there, is asked later; until then it is as it was.
func (d desk) goOnAs(ctx context.Context, k *gatekeeper.Keeper, g membership.Group, to membership.GroupID) (membership.Group, error) {
	if err := k.EndWalk(ctx); err != nil {
		return g, fmt.Errorf("end the walk of a group that is none any more: %w", err)
	}
	is := g
	is.ID, is.Kind, is.AccessHash = to, membership.Supergroup, 0
	_, err := d.roster.Migrate(ctx, g.ID, is)
	if errors.Is(err, roster.ErrTwoGroups) {
		return g, fail(exitDamaged, fmt.Sprintf("nothing was changed. Set \"group\" to %s: its own history goes on, and the basic group's stays to be read under the old id",
			formatID(is.Marked())), "the basic group became the supergroup %s: %w", formatID(is.Marked()), err)
	}
	return is, err
}

// migrate has the run go on with the supergroup that its group became.
func (l *live) migrate(ctx context.Context, to membership.GroupID) error {
	is, err := l.desk.goOnAs(ctx, l.keeper, l.group, to)
	if err != nil {
		return err
	}
	l.became(l.group, is)
	l.group, l.searched = is, time.Time{} // the account's key to it is to be found at once
	return nil
}

// movedOn ends a watch where somebody else than its own accounts learns that the group became another.
func (l *live) movedOn(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case to := <-l.moved:
			if to != l.group.ID { // else it was followed already
				return &membership.MigratedError{From: l.group.ID, To: to}
			}
		}
	}
}

// followPatience is how long a command waits for the run to have taken its accounts to another group.
const followPatience = 30 * time.Second

// goOnTo has the run go on with the supergroup that its group became, and returns once the owner's account reads that one.
func (l *live) goOnTo(ctx context.Context, to membership.GroupID) error {
	select {
	case l.moved <- to:
	default: // another command has told it
	}
	begun := l.app.now()
	for {
		if owner, _ := l.accounts(); owner != nil && owner.about.ID == to {
			return nil
		}
		if l.app.now().Sub(begun).Abs() > followPatience {
			return fail(exitUnreachable, "the run goes on with it; run the command again in a minute", "the group became the supergroup %s, and the run does not read it yet",
				formatID(membership.Group{ID: to, Kind: membership.Supergroup}.Marked()))
		}
		if err := pause(ctx, loginPoll/10); err != nil {
			return err
		}
	}
}

// became says that a run goes on with another group than it was told of.
func (l *live) became(was, is membership.Group) {
	l.log.Warn("the group became a supergroup; the run goes on with it", zap.Int64("was", was.Marked()), zap.Int64("is", is.Marked()))
}

// sayMigrated tells the person at the terminal that a command went on with another group than it was told of.
func (a *app) sayMigrated(was, is membership.Group) {
	a.stderr.line("The basic group %s became the supergroup %s. All that is known goes on under it; the old id goes on naming it.",
		formatID(was.Marked()), formatID(is.Marked()))
}

// present is the configuration with the group's present id in the place of one that it had before.
func (d desk) present(ctx context.Context, cfg Config) Config {
	d.cfg.Group = cfg.Group
	g, err := d.theGroup(ctx)
	if ref, refErr := cfg.GroupRef(); err == nil && refErr == nil && !ref.names(g) {
		cfg.Group = formatID(g.Marked())
	}
	return cfg
}

// found is the group that the configuration names, through the owner's account: the one that it became, where it was a basic group. The roster knows
// it by both ids from then on, whichever of them was named first, and tell is told.
func (d desk) found(ctx context.Context, api supergroup.API, tell func(was, is membership.Group)) (membership.Group, error) {
	g, err := d.administered(ctx, api, d.cfg)
	to, moved := became(err)
	if err != nil && !moved {
		return g, err
	}
	var known membership.Group
	if moved {
		known, err = d.former(ctx)
	} else {
		to = g.ID
		known, moved, err = d.knownBefore(ctx, api, g)
	}
	if err != nil || !moved {
		return g, err
	}
	k := gatekeeper.New(gatekeeper.Config{Group: known, BotID: botID(d.cfg), OwnerID: ownerID(d.cfg), Roster: d.roster, Policy: d.cfg.Policy(), Now: d.now})
	is, err := d.goOnAs(ctx, k, known, to)
	if err != nil {
		return g, err
	}
	tell(known, is)
	return d.administered(ctx, api, d.cfg)
}

// former is the basic group that the configuration names, which the roster need not have known.
func (d desk) former(ctx context.Context) (membership.Group, error) {
	known, unknown := d.theGroup(ctx)
	if unknown == nil {
		return known, nil
	}
	ref, err := d.cfg.GroupRef()
	if err != nil {
		return known, err
	}
	known = membership.Group{ID: ref.ID, Kind: membership.BasicGroup}
	return known, d.roster.PutGroup(ctx, known)
}

// knownBefore is the basic group that a supergroup was, where the roster knows that one and not yet the supergroup: its history goes on, whoever names
// the supergroup first. It costs a call only where there is a basic group to go on with.
func (d desk) knownBefore(ctx context.Context, api supergroup.API, g membership.Group) (known membership.Group, is bool, err error) {
	groups, err := d.roster.Groups(ctx)
	if err != nil || g.Kind != membership.Supergroup || slices.ContainsFunc(groups, func(k membership.Group) bool { return k.ID == g.ID }) {
		return known, false, err
	}
	groups = slices.DeleteFunc(groups, func(k membership.Group) bool { return k.Kind != membership.BasicGroup })
	if len(groups) == 0 {
		return known, false, nil
	}
	from, err := supergroup.Formerly(ctx, api, g)
	if err != nil {
		return known, false, fmt.Errorf("ask what the group was before: %w", err)
	}
	i := slices.IndexFunc(groups, func(k membership.Group) bool { return k.ID == from })
	if i < 0 {
		return known, false, nil
	}
	return groups[i], true, nil
}
