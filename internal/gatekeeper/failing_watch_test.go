package gatekeeper_test

import (
	"context"

	"rollcall/internal/membership"
)

func (b *brokenRoster) Group(ctx context.Context, g membership.GroupID) (membership.Group, bool, error) {
	if err := b.fail("Group"); err != nil {
		return membership.Group{}, false, err
	}
	return b.Roster.Group(ctx, g)
}

func (b *brokenRoster) Watch(ctx context.Context, g membership.GroupID) (membership.Watch, error) {
	if err := b.fail("Watch"); err != nil {
		return membership.Watch{}, err
	}
	return b.Roster.Watch(ctx, g)
}

func (b *brokenRoster) UpdateWatch(ctx context.Context, g membership.GroupID, change func(*membership.Watch, uint64)) error {
	if err := b.fail("UpdateWatch"); err != nil {
		return err
	}
	return b.Roster.UpdateWatch(ctx, g, change)
}

func (b *brokenRoster) Drift(ctx context.Context, g membership.GroupID) (membership.Drift, error) {
	if err := b.fail("Drift"); err != nil {
		return membership.Drift{}, err
	}
	return b.Roster.Drift(ctx, g)
}

func (b *brokenRoster) SetDrift(ctx context.Context, g membership.GroupID, d membership.Drift) error {
	if err := b.fail("SetDrift"); err != nil {
		return err
	}
	return b.Roster.SetDrift(ctx, g, d)
}

func (b *brokenRoster) KnownIn(ctx context.Context, g membership.GroupID) (int, error) {
	if err := b.fail("KnownIn"); err != nil {
		return 0, err
	}
	return b.Roster.KnownIn(ctx, g)
}

func (b *brokenRoster) Subscribers(ctx context.Context, g membership.GroupID, fn func(membership.Candidate) error) error {
	if err := b.fail("Subscribers"); err != nil {
		return err
	}
	return b.Roster.Subscribers(ctx, g, fn)
}

func (b *brokenRoster) Note(ctx context.Context, g membership.GroupID, n membership.Note, notice bool) (membership.Note, error) {
	if err := b.fail("Note"); err != nil {
		return membership.Note{}, err
	}
	return b.Roster.Note(ctx, g, n, notice)
}
