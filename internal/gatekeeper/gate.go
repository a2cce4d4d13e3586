package gatekeeper

import (
	"context"
	"fmt"

	"rollcall/internal/membership"
)

// Ask is the gate: may this person use the bot, and why. A verdict from the roster takes microseconds; a lookup is waited for at most
// Pace.LookupTimeout.
func (k *Keeper) Ask(ctx context.Context, user membership.UserID) (membership.Verdict, error) {
	v, err := k.decide(ctx, user, false)
	if err != nil || v.Answer != membership.LookUp {
		return v, err
	}
	k.lookUp(ctx, user)
	return k.decide(ctx, user, true)
}

// AskAgain is Ask for somebody who says that the roster is wrong: whoever would be refused is looked up too. There is one lookup
// and one wait, as with Ask.
func (k *Keeper) AskAgain(ctx context.Context, user membership.UserID) (membership.Verdict, error) {
	v, err := k.decide(ctx, user, false)
	if err != nil || (v.Answer == membership.Serve && !v.Shadow) {
		return v, err
	}
	k.lookUp(ctx, user)
	return k.decide(ctx, user, true)
}

func (k *Keeper) decide(ctx context.Context, user membership.UserID, lookedUp bool) (membership.Verdict, error) {
	c, err := k.Case(ctx, user)
	if err != nil {
		return membership.Verdict{}, err
	}
	c.LookedUp = lookedUp
	return membership.Decide(c), nil
}

// Case is everything that a verdict about the person depends on, as the roster has it now.
func (k *Keeper) Case(ctx context.Context, user membership.UserID) (membership.Case, error) {
	c, err := k.roster.Case(ctx, k.group.ID, user)
	if err != nil {
		return membership.Case{}, fmt.Errorf("read what is known about %d: %w", user, err)
	}
	sources, err := k.roster.Sources(ctx, k.group.ID)
	if err != nil {
		return membership.Case{}, fmt.Errorf("read how fresh the roster is: %w", err)
	}
	enforce := c.Policy.Enforce
	c.Policy = k.policy
	c.Policy.Enforce = enforce
	c.Now = k.instant()
	c.Freshness = membership.FreshnessOf(sources, c.Now)
	return c, nil
}
