package supergroup

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// asks is how often a page is asked for while Telegram answers NotModified, which with hash 0 it never should.
const asks = 3

// ErrWalkDone means that the walk's checkpoint leaves nothing to read.
var ErrWalkDone = errors.New("the walk has read all lists")

// Page reads the page that the walk's checkpoint asks for and says where to go on. Rows of banned channels are left out; who comes
// without a user object has a Profile of id and Min alone.
func (g *Group) Page(ctx context.Context, w membership.Walk) (membership.Page, error) {
	if w.Checkpoint.Done() {
		return membership.Page{}, ErrWalkDone
	}
	if g.group.Kind == membership.BasicGroup {
		return g.chatPage(ctx, w)
	}
	cp := begin(w.Checkpoint)
	answer, calls, err := g.participants(ctx, cp)
	if err != nil {
		return membership.Page{}, fmt.Errorf("read the %s list from row %d: %w", cp.List, cp.Offset, err)
	}
	g.remember(answer.Users)
	rows := g.rows(answer, w)
	return membership.Page{
		Group: g.group.ID, Walk: w.ID, Rows: rows,
		After: advance(g.group.Kind, cp, turn{
			received: len(answer.Participants), stored: len(rows), count: answer.Count, calls: calls,
		}),
	}, nil
}

// participants asks for the page, again where Telegram says only that nothing changed.
func (g *Group) participants(ctx context.Context, cp membership.Checkpoint) (*tg.ChannelsChannelParticipants, int, error) {
	filter, err := filterOf(cp.List)
	if err != nil {
		return nil, 0, err
	}
	for calls := 1; calls <= asks; calls++ {
		r, err := g.api.ChannelsGetParticipants(ctx, &tg.ChannelsGetParticipantsRequest{
			Channel: g.channel(), Filter: filter, Offset: cp.Offset, Limit: membership.PageLimit,
		})
		if err != nil {
			return nil, 0, tlmap.Failure(methodParticipants, err)
		}
		if answer, ok := r.(*tg.ChannelsChannelParticipants); ok {
			return answer, calls, nil
		}
	}
	return nil, 0, fmt.Errorf("%s: Telegram answered %d times that nothing changed, and never what there is", methodParticipants, asks)
}

func filterOf(l membership.List) (tg.ChannelParticipantsFilterClass, error) {
	switch l {
	case membership.ListRecent:
		return &tg.ChannelParticipantsRecent{}, nil
	case membership.ListAdmins:
		return &tg.ChannelParticipantsAdmins{}, nil
	case membership.ListBots:
		return &tg.ChannelParticipantsBots{}, nil
	case membership.ListKicked:
		return &tg.ChannelParticipantsKicked{}, nil
	case membership.ListBanned:
		return &tg.ChannelParticipantsBanned{}, nil
	}
	return nil, fmt.Errorf("the walk asks for an unknown list (%d)", l)
}

func (g *Group) rows(answer *tg.ChannelsChannelParticipants, w membership.Walk) []membership.Row {
	at := g.place(w)
	known := profiles(answer.Users)
	rows := make([]membership.Row, 0, len(answer.Participants))
	for _, p := range answer.Participants {
		if s, ok := tlmap.Sighting(p, at); ok {
			rows = append(rows, row(s, known))
			at.Row++
		}
	}
	return rows
}

// place is where the next row stands: rows are counted through all lists of the walk.
func (g *Group) place(w membership.Walk) tlmap.Place {
	return tlmap.Place{Kind: g.group.Kind, Read: membership.At(g.now()), Walk: w.ID, Row: uint32(w.Checkpoint.Rows)}
}

func row(s membership.Sighting, known map[membership.UserID]membership.Profile) membership.Row {
	p, ok := known[s.User]
	if !ok {
		p = membership.Profile{User: s.User, Min: true}
	}
	return membership.Row{Sighting: s, Profile: p}
}
