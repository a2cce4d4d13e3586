package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// methodFullChannel is the call's name in errors.
const methodFullChannel = "channels.getFullChannel"

// Count is how many members Telegram counts in the group, deleted accounts among them. The bot has to be in the group. A basic group is not asked:
// its list, which has everybody, is read often enough.
func (b *Bot) Count(ctx context.Context) (int, error) {
	group := b.cfg.Group
	if group.Kind == membership.BasicGroup {
		return 0, fmt.Errorf("count the members: %w: a basic group is counted by its list: %w", errUnasked, errors.ErrUnsupported)
	}
	api, err := b.connection()
	if err != nil {
		return 0, fmt.Errorf("count the members: %w: %w", errUnasked, err)
	}
	full, err := api.ChannelsGetFullChannel(ctx, &tg.InputChannel{ChannelID: int64(group.ID)})
	if err != nil {
		return 0, fmt.Errorf("count the members: %w", tlmap.Failure(methodFullChannel, err))
	}
	c, ok := full.FullChat.(*tg.ChannelFull)
	if !ok || c.ID != int64(group.ID) || c.ParticipantsCount <= 0 {
		return 0, fmt.Errorf("count the members: %s: Telegram's answer does not hold the count", methodFullChannel)
	}
	return c.ParticipantsCount, nil
}
