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

// Why a basic group's list proves nothing.
var (
	// errHidden means that Telegram keeps the list back, as it does from who was removed.
	errHidden = errors.New("the group's list is not shown to this account")
	// errWithoutUs means that the list lacks the account that was just let read it, and so perhaps others.
	errWithoutUs = errors.New("the list that Telegram gave of the group lacks this account itself")
)

// fullChat asks for a basic group. Of a group, PEER_ID_INVALID means that it is gone, not that somebody never started a bot.
func (g *Group) fullChat(ctx context.Context) (*tg.MessagesChatFull, error) {
	full, err := g.api.MessagesGetFullChat(ctx, int64(g.group.ID))
	if err != nil {
		err = tlmap.Failure(methodFullChat, err)
		var refused *membership.TelegramError
		if errors.As(err, &refused) && refused.Kind == membership.ErrorNeverStarted {
			gone := *refused
			gone.Kind = membership.ErrorGroupGone
			return nil, &gone
		}
		return nil, err
	}
	g.remember(full.Users)
	return full, nil
}

// members is a basic group's complete list, which comes in one call. A complete one has this account in it.
func (g *Group) members(ctx context.Context) (*tg.ChatParticipants, []tg.UserClass, error) {
	full, err := g.fullChat(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := g.among(full.Chats, methodFullChat); err != nil {
		return nil, nil, err
	}
	chat, ok := full.FullChat.(*tg.ChatFull)
	if !ok {
		return nil, nil, fmt.Errorf("%s: Telegram answered with a %T", methodFullChat, full.FullChat)
	}
	list, ok := chat.Participants.(*tg.ChatParticipants)
	if !ok {
		return nil, nil, errHidden
	}
	if _, ok := stateIn(list, g.me); !ok {
		return nil, nil, errWithoutUs
	}
	return list, full.Users, nil
}

// stateIn is what the list says about a person; not ok where it does not name them.
func stateIn(list *tg.ChatParticipants, who membership.UserID) (membership.State, bool) {
	for _, p := range list.Participants {
		if user, state, ok := tlmap.ChatState(p); ok && user == who {
			return state, true
		}
	}
	return membership.State{}, false
}

// chatPage is a whole walk: a basic group has one list and one page.
func (g *Group) chatPage(ctx context.Context, w membership.Walk, q membership.Query) (membership.Page, error) {
	list, users, err := g.members(ctx)
	if err != nil {
		return membership.Page{}, fmt.Errorf("read the group's list: %w", err)
	}
	g.newer(list.Version)
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

// newer says whether a list is not older than the newest seen, and remembers it.
func (g *Group) newer(version int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if version < g.version {
		return false
	}
	g.version = version
	return true
}

// chatLookUp finds the person in the complete list: there, and only there, absence is an answer.
func (g *Group) chatLookUp(ctx context.Context, q tlmap.Question, sent func() time.Time) (membership.Finding, error) {
	list, users, err := g.members(ctx)
	switch {
	case errors.Is(err, errHidden), errors.Is(err, errWithoutUs):
		return membership.Finding{Why: err.Error()}, nil
	case err != nil:
		return membership.Finding{}, err
	case !g.newer(list.Version):
		return membership.Finding{Why: "Telegram answered with an older list than before"}, nil
	}
	q.Sent = sent()
	f := membership.Finding{Event: q.Absent()}
	if state, ok := stateIn(list, q.User); ok {
		f.Event = q.Says(state, 0)
	}
	if p, ok := profiles(users)[q.User]; ok {
		f.Profile = &p
	}
	return f, nil
}
