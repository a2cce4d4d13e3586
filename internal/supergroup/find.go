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

// byID looks through the account's chats: an id alone opens nothing, it takes the access hash that comes with the chat. A basic group that became a
// supergroup is a *membership.MigratedError.
func byID(ctx context.Context, api API, r reference) (membership.Group, error) {
	var heirs []membership.Group
	for g, err := range groups(ctx, api) {
		if err != nil {
			return membership.Group{}, err
		}
		if int64(g.ID) == r.id && (r.kind == kindNone || (r.kind == kindChat) == (g.Kind == membership.BasicGroup)) {
			return g, nil
		}
		if g.Kind == membership.Supergroup && g.Admin {
			heirs = append(heirs, g)
		}
	}
	if r.kind != kindChannel {
		if err := formerly(ctx, api, membership.GroupID(r.id), heirs); err != nil {
			return membership.Group{}, err
		}
	}
	return membership.Group{}, fmt.Errorf("%w among the account's chats", ErrNotFound)
}

// formerly is what became of a basic group that is in no list of chats; nil where that is not known. Where Telegram does not say which supergroup
// it became, that one is looked for among those that the account administers.
func formerly(ctx context.Context, api API, id membership.GroupID, heirs []membership.Group) error {
	g := New(api, Config{Group: membership.Group{ID: id, Kind: membership.BasicGroup}})
	_, err := g.Describe(ctx)
	moved, isMoved := errors.AsType[*membership.MigratedError](err)
	if !isMoved && !refused(err) || isMoved && moved.To != 0 {
		return err
	}
	to, searchErr := heirOf(ctx, api, id, heirs)
	switch {
	case searchErr != nil:
		return searchErr
	case to != 0:
		return &membership.MigratedError{From: id, To: to}
	case isMoved:
		return err
	}
	return nil
}

// heirOf is the supergroup that says of itself that it was the basic group; 0 where none does. Neither title nor members prove it.
func heirOf(ctx context.Context, api API, id membership.GroupID, heirs []membership.Group) (membership.GroupID, error) {
	for _, h := range heirs {
		from, err := Formerly(ctx, api, h)
		if refused(err) {
			continue // one that it was put out of since, for one
		}
		if err != nil {
			return 0, fmt.Errorf("ask the supergroup %d what it was: %w", h.ID, err)
		}
		if from == id {
			return h.ID, nil
		}
	}
	return 0, nil
}

// Formerly is the basic group that a supergroup says it was; 0 where it was none.
func Formerly(ctx context.Context, api API, g membership.Group) (membership.GroupID, error) {
	full, _, err := New(api, Config{Group: g}).full(ctx)
	if err != nil {
		return 0, err
	}
	c, ok := full.FullChat.(*tg.ChannelFull)
	if !ok || c.ID != int64(g.ID) {
		return 0, nil
	}
	return membership.GroupID(c.MigratedFromChatID), nil
}

// refused says that Telegram gave an answer that will be the same the next time.
func refused(err error) bool {
	r, is := errors.AsType[*membership.TelegramError](err)
	return is && r.Kind != membership.ErrorTemporary && r.Kind != membership.ErrorSession
}

func resolve(ctx context.Context, api API, r reference) (membership.Group, error) {
	answer, err := api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: r.name})
	if err != nil {
		err = tlmap.Failure(methodResolve, err)
		if r, is := errors.AsType[*membership.TelegramError](err); is && r.Kind == membership.ErrorNotFound {
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
