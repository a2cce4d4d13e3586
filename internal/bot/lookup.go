package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// LookUp asks Telegram where a person is. The bot needs to be in the group, and an administrator to see everybody.
func (b *Bot) LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	group := b.cfg.Group
	q := tlmap.Question{
		Group: group.ID, Kind: group.Kind, User: user, Sent: b.cfg.ServerNow(), Recorded: membership.At(b.cfg.Now()),
	}
	if group.Kind == membership.BasicGroup {
		return b.chatLookUp(ctx, q)
	}
	r, err := b.participant(ctx, &tg.InputPeerUser{UserID: int64(user)})
	if errors.Is(err, errUnasked) {
		return membership.Finding{}, fmt.Errorf("look up user %d: %w", user, err)
	}
	f, err := tlmap.Lookup(r, err, q)
	if err != nil {
		return f, fmt.Errorf("look up user %d: %w", user, err)
	}
	return f, nil
}

// Rights is what the bot may do in the group: nothing where it is not a participant, which it says.
func (b *Bot) Rights(ctx context.Context) (membership.Rights, error) {
	if b.cfg.Group.Kind == membership.BasicGroup {
		return b.chatRights(ctx)
	}
	r, err := b.participant(ctx, &tg.InputPeerSelf{})
	if err == nil {
		rights := tlmap.Rights(r.Participant)
		_, is, _ := tlmap.State(r.Participant, b.cfg.Group.Kind)
		rights.Out = is.Presence == membership.Out
		return rights, nil
	}
	err = tlmap.Failure("channels.getParticipant", err)
	if refusal, ok := errors.AsType[*membership.TelegramError](err); ok && refusal.Name == "USER_NOT_PARTICIPANT" {
		return membership.Rights{Out: true}, nil
	}
	return membership.Rights{}, fmt.Errorf("ask for the bot's rights: %w", err)
}

// errUnasked marks a question that could not be put to Telegram at all.
var errUnasked = errors.New("not asked")

// participant asks for one row of a supergroup or channel. A bot may name group and people by their ids alone (telegram.md §6.3).
func (b *Bot) participant(ctx context.Context, who tg.InputPeerClass) (*tg.ChannelsChannelParticipant, error) {
	api, err := b.connection()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnasked, err)
	}
	return api.ChannelsGetParticipant(ctx, &tg.ChannelsGetParticipantRequest{
		Channel: &tg.InputChannel{ChannelID: int64(b.cfg.Group.ID)}, Participant: who,
	})
}

// Alive proves that the bot's updates arrive and that none is missing, by one call: the server's count of them is ours. Where it
// is ahead, the missing ones are asked for, and Alive returns when they were taken in or ctx ends. The time is Telegram's at which that
// was so: a hole that was found on the way is before it.
func (b *Bot) Alive(ctx context.Context) (membership.Instant, error) {
	f := b.listening()
	if f == nil {
		return 0, ErrNotListening
	}
	// Read before asking: an update that comes meanwhile must not look as if we were ahead.
	ours := f.at.now()
	s, err := f.UpdatesGetState(ctx)
	switch {
	case err != nil:
		return 0, fmt.Errorf("ask whether updates are missing: %w", err)
	case s.Qts < ours.Qts:
		f.rewind.Store(true)
		b.Wake()
		return 0, fmt.Errorf("%w: update %d, the server's %d", ErrAhead, ours.Qts, s.Qts)
	case s.Qts == ours.Qts && s.Pts <= ours.Pts:
		return membership.At(b.cfg.ServerNow()), f.at.failure()
	}
	b.Wake()
	err = f.at.reach(ctx, s.Qts)
	return membership.At(b.cfg.ServerNow()), err
}
