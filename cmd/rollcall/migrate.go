package main

import (
	"context"
	"errors"
	"fmt"
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
	l.log.Warn("the group became a supergroup; the run goes on with it", zap.Int64("was", l.group.Marked()), zap.Int64("is", is.Marked()))
	l.group, l.searched = is, time.Time{} // the account's key to it is to be found at once
	return nil
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
// it by both ids from then on.
func (d desk) found(ctx context.Context, api supergroup.API) (membership.Group, error) {
	g, err := d.administered(ctx, api, d.cfg)
	to, moved := became(err)
	if !moved {
		return g, err
	}
	known, unknown := d.theGroup(ctx)
	if unknown != nil {
		ref, refErr := d.cfg.GroupRef()
		if refErr != nil {
			return g, refErr
		}
		known = membership.Group{ID: ref.ID, Kind: membership.BasicGroup}
		if err := d.roster.PutGroup(ctx, known); err != nil {
			return g, err
		}
	}
	k := gatekeeper.New(gatekeeper.Config{Group: known, BotID: botID(d.cfg), OwnerID: ownerID(d.cfg), Roster: d.roster, Policy: d.cfg.Policy(), Now: d.now})
	if _, err := d.goOnAs(ctx, k, known, to); err != nil {
		return g, err
	}
	return d.administered(ctx, api, d.cfg)
}
