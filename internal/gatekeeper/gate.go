package gatekeeper

import (
	"context"
	"fmt"

	"rollcall/internal/membership"
)

// ask is the gate: may this person use the bot, and why. A verdict from the roster takes microseconds; a lookup is waited for at most
// Pace.LookupTimeout. again is for somebody who says that the roster is wrong: whoever would be refused is looked up too, with one lookup and
// one wait all the same. told is whether Telegram told of the person.
func (k *Keeper) ask(ctx context.Context, user membership.UserID, again bool) (v membership.Verdict, told bool, err error) {
	c, err := k.Case(ctx, user)
	if err != nil {
		return v, false, err
	}
	v = membership.Decide(c)
	if v.Answer == membership.LookUp && c.Freshness.CatchingUp {
		k.awaitProof(ctx)
		if v, err = k.decide(ctx, user, false); err != nil {
			return v, false, err
		}
	}
	served := v.Answer == membership.Serve && !v.Shadow
	if v.Answer != membership.LookUp && (served || !again) {
		return v, false, nil
	}
	told = k.lookUp(ctx, user)
	v, err = k.decide(ctx, user, true)
	return v, told, err
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
	sources, err := k.sources(ctx)
	if err != nil {
		return membership.Case{}, err
	}
	enforce := c.Policy.Enforce
	c.Policy = k.settings().Policy
	c.Policy.Enforce = enforce
	c.Now = k.instant()
	c.Freshness = membership.FreshnessOf(sources, c.Now)
	return c, nil
}
