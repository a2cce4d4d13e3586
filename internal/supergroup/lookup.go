package supergroup

import (
	"context"
	"fmt"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// LookUp asks Telegram about one person. A supergroup's list must have shown them to this account before, or it cannot name them:
// then nothing is asked and the finding is not firm. For a basic group the whole list is asked for.
func (g *Group) LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	q := tlmap.Question{Group: g.group.ID, Kind: g.group.Kind, User: user, Recorded: membership.At(g.now())}
	ctx, sent := g.stamp(ctx)
	f, err := g.ask(ctx, q, sent)
	if err != nil {
		return membership.Finding{}, fmt.Errorf("look up %d: %w", user, err)
	}
	return f, nil
}

// ask asks the question. It is dated when it went out, which the session may hold back for long: a question that is dated when it
// was thought of would lose to what happened while it queued, and one that is dated by its answer would beat it.
func (g *Group) ask(ctx context.Context, q tlmap.Question, sent func() time.Time) (membership.Finding, error) {
	if g.group.Kind == membership.BasicGroup {
		return g.chatLookUp(ctx, q, sent)
	}
	peer, ok := g.peer(q.User)
	if !ok {
		return membership.Finding{Why: "no list has shown them to the owner's account, which therefore cannot ask"}, nil
	}
	r, err := g.api.ChannelsGetParticipant(ctx, &tg.ChannelsGetParticipantRequest{Channel: g.channel(), Participant: peer})
	if r != nil {
		g.remember(r.Users)
	}
	q.Sent = sent()
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
