package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// chatMember is member for a basic group.
func (h *hearing) chatMember(u *tg.UpdateChatParticipant) {
	group := h.bot.cfg.Group
	if group.Kind != membership.BasicGroup || membership.GroupID(u.ChatID) != group.ID {
		return
	}
	if membership.UserID(u.UserID) == h.bot.cfg.Self {
		r := tlmap.ChatRights(u.NewParticipant)
		h.batch.Rights = &r
	}
	if e, ok := tlmap.BotChatUpdate(u, h.bot.cfg.Self, h.recorded); ok {
		h.event(e)
	}
}

// members is a basic group's complete list, which comes in one call: single participants cannot be asked for there.
func (b *Bot) members(ctx context.Context) (*tg.ChatParticipants, []tg.UserClass, error) {
	api, err := b.connection()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errUnasked, err)
	}
	full, err := api.MessagesGetFullChat(ctx, int64(b.cfg.Group.ID))
	if err != nil {
		return nil, nil, tlmap.ChatFailure(err)
	}
	list, err := tlmap.ChatList(full, b.cfg.Group, b.cfg.Self)
	return list, full.Users, err
}

// chatLookUp finds the person in the complete list.
func (b *Bot) chatLookUp(ctx context.Context, q tlmap.Question) (membership.Finding, error) {
	list, users, err := b.members(ctx)
	switch {
	case errors.Is(err, tlmap.ErrHidden), errors.Is(err, tlmap.ErrWithoutUs):
		return membership.Finding{Why: err.Error()}, nil
	case err != nil:
		return membership.Finding{}, fmt.Errorf("look up user %d: %w", q.User, err)
	case !b.seen.Take(list.Version):
		return membership.Finding{Why: tlmap.ErrOlder.Error()}, nil
	}
	return q.InList(list, users), nil
}

// chatRights are what the bot's own row in the list says.
func (b *Bot) chatRights(ctx context.Context) (membership.Rights, error) {
	list, _, err := b.members(ctx)
	if err != nil {
		return membership.Rights{}, fmt.Errorf("ask for the bot's rights: %w", err)
	}
	if !b.seen.Take(list.Version) {
		return membership.Rights{}, fmt.Errorf("ask for the bot's rights: %w", tlmap.ErrOlder)
	}
	row, _ := tlmap.ChatRow(list, b.cfg.Self)
	return tlmap.ChatRights(row), nil
}
