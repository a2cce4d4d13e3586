package gatekeeper

import (
	"context"

	"rollcall/internal/membership"
)

// Ask is the gate without a question of the bot's.
func (k *Keeper) Ask(ctx context.Context, user membership.UserID) (membership.Verdict, error) {
	v, _, err := k.ask(ctx, user, false)
	return v, err
}

// AskAgain is Ask for somebody who says that the roster is wrong.
func (k *Keeper) AskAgain(ctx context.Context, user membership.UserID) (membership.Verdict, error) {
	v, _, err := k.ask(ctx, user, true)
	return v, err
}
