package supergroup

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

var (
	// ErrNotFound means that the account is in no group of that id, or that nobody has that name.
	ErrNotFound = errors.New("no such group")
	// ErrNotGroup means that a name is a person's or a bot's.
	ErrNotGroup = errors.New("not a group but a person or bot")
)

// Find is the group that ref names: its id (bare, -100…, or negative for a basic group), @name, or a t.me link. A group that is
// found by name may be one that the account is not in; whether it administers the group is in Group.Admin.
func Find(ctx context.Context, api API, ref string) (membership.Group, error) {
	r, err := parse(ref)
	if err != nil {
		return membership.Group{}, fmt.Errorf("find the group %q: %w", ref, err)
	}
	find := byID
	if r.name != "" {
		find = resolve
	}
	g, err := find(ctx, api, r)
	if err != nil {
		return membership.Group{}, fmt.Errorf("find the group %q: %w", ref, err)
	}
	return g, nil
}

// byID looks through the account's chats: an id alone opens nothing, it takes the access hash that comes with the chat.
func byID(ctx context.Context, api API, r reference) (membership.Group, error) {
	for g, err := range groups(ctx, api) {
		if err != nil {
			return membership.Group{}, err
		}
		if int64(g.ID) == r.id && (r.kind == kindNone || (r.kind == kindChat) == (g.Kind == membership.BasicGroup)) {
			return g, nil
		}
	}
	if r.kind != kindChannel {
		if err := formerly(ctx, api, r.id); err != nil {
			return membership.Group{}, err
		}
	}
	return membership.Group{}, fmt.Errorf("%w among the account's chats", ErrNotFound)
}

// formerly is what became of a basic group that is in no list of chats; nil where that is not known.
func formerly(ctx context.Context, api API, id int64) error {
	g := New(api, Config{Group: membership.Group{ID: membership.GroupID(id), Kind: membership.BasicGroup}})
	_, err := g.Describe(ctx)
	var refused *membership.TelegramError
	if errors.As(err, &refused) && refused.Kind != membership.ErrorTemporary && refused.Kind != membership.ErrorSession {
		return nil
	}
	return err
}

func resolve(ctx context.Context, api API, r reference) (membership.Group, error) {
	answer, err := api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: r.name})
	if err != nil {
		err = tlmap.Failure(methodResolve, err)
		var refused *membership.TelegramError
		if errors.As(err, &refused) && refused.Kind == membership.ErrorNotFound {
			return membership.Group{}, fmt.Errorf("%w: %w", ErrNotFound, err)
		}
		return membership.Group{}, err
	}
	k := keyOf(answer.Peer)
	if k.kind == kindUser {
		return membership.Group{}, ErrNotGroup
	}
	for _, c := range answer.Chats {
		if keyOfChat(c) != k {
			continue
		}
		if g, ok := tlmap.Group(c); ok {
			return g, nil
		}
		return membership.Group{}, &membership.TelegramError{Kind: membership.ErrorGroupGone, Name: c.TypeName(), Method: methodResolve}
	}
	return membership.Group{}, fmt.Errorf("%s: Telegram's answer does not hold the group", methodResolve)
}
