package supergroup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// fullChat asks for a basic group.
func (g *Group) fullChat(ctx context.Context) (*tg.MessagesChatFull, error) {
	full, err := g.api.MessagesGetFullChat(ctx, int64(g.group.ID))
	if err != nil {
		return nil, tlmap.ChatFailure(err)
	}
	g.remember(full.Users)
	return full, nil
}

// members is a basic group's complete list, which comes in one call. An older one than was seen before proves nothing.
func (g *Group) members(ctx context.Context) (*tg.ChatParticipants, []tg.UserClass, error) {
	full, err := g.fullChat(ctx)
	if err != nil {
		return nil, nil, err
	}
	list, err := tlmap.ChatList(full, g.group, g.me)
	if err != nil {
		return nil, nil, err
	}
	if !g.seen.Take(list.Version) {
		return nil, nil, tlmap.ErrOlder
	}
	return list, full.Users, nil
}

// chatPage is a whole walk: a basic group has one list and one page.
func (g *Group) chatPage(ctx context.Context, w membership.Walk, q membership.Query) (membership.Page, error) {
	list, users, err := g.members(ctx)
	if err != nil {
		return membership.Page{}, fmt.Errorf("read the group's list: %w", err)
	}
	at, known := g.place(w), profiles(users)
	rows := make([]membership.Row, 0, len(list.Participants))
	for _, p := range list.Participants {
		if s, ok := tlmap.ChatSighting(p, at); ok {
			rows = append(rows, row(s, known))
			at.Row++
		}
	}
	return membership.Page{
		Group: g.group.ID, Walk: w.ID, Query: q, Received: len(rows), Count: len(rows), Calls: 1, Rows: rows,
	}, nil
}

// chatLookUp finds the person in the complete list.
func (g *Group) chatLookUp(ctx context.Context, q tlmap.Question, sent func() time.Time) (membership.Finding, error) {
	list, users, err := g.members(ctx)
	switch {
	case errors.Is(err, tlmap.ErrHidden), errors.Is(err, tlmap.ErrWithoutUs), errors.Is(err, tlmap.ErrOlder):
		return membership.Finding{Why: err.Error()}, nil
	case err != nil:
		return membership.Finding{}, err
	}
	q.Sent = sent()
	return q.InList(list, users), nil
}
