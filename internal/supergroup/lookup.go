package supergroup

import (
	"context"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// LookUp asks Telegram about one person. A supergroup's list must have shown them to this account before, or it cannot name them:
// then nothing is asked and the finding is not firm. For a basic group the whole list is asked for.
func (g *Group) LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	q := tlmap.Question{Group: g.group.ID, Kind: g.group.Kind, User: user, Sent: g.serverNow(), Recorded: membership.At(g.now())}
	f, err := g.ask(ctx, q)
	if err != nil {
		return membership.Finding{}, fmt.Errorf("look up %d: %w", user, err)
	}
	return f, nil
}

func (g *Group) ask(ctx context.Context, q tlmap.Question) (membership.Finding, error) {
	if g.group.Kind == membership.BasicGroup {
		return g.chatLookUp(ctx, q)
	}
	peer, ok := g.peer(q.User)
	if !ok {
		return membership.Finding{Why: "no list has shown them to the owner's account, which therefore cannot ask"}, nil
	}
	r, err := g.api.ChannelsGetParticipant(ctx, &tg.ChannelsGetParticipantRequest{Channel: g.channel(), Participant: peer})
	if r != nil {
		g.remember(r.Users)
	}
	return tlmap.Lookup(r, err, q)
}

// peer names a person to Telegram. Unlike a bot's, a user account's access hash 0 is refused.
func (g *Group) peer(user membership.UserID) (tg.InputPeerClass, bool) {
	if user == g.me {
		return &tg.InputPeerSelf{}, true
	}
	if g.hashes == nil {
		return nil, false
	}
	hash, ok := g.hashes.UserHash(int64(user))
	return &tg.InputPeerUser{UserID: int64(user), AccessHash: hash}, ok
}
