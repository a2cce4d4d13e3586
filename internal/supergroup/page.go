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

// Page reads one page of a walk's list: all its rows, and what the server counts. Rows of banned channels are received and left out; who
// comes without a user object has a Profile of id and Min alone. A search whose text Telegram does not take is a page of -1 rows. What the page
// means for the walk, its After, is the walk's own to say.
func (g *Group) Page(ctx context.Context, w membership.Walk, q membership.Query) (membership.Page, error) {
	if g.group.Kind == membership.BasicGroup {
		return g.chatPage(ctx, w, q)
	}
	answer, calls, err := g.participants(ctx, q)
	var refused *membership.TelegramError
	if q.List == membership.ListSearch && errors.As(err, &refused) && refused.Kind == membership.ErrorTextRefused {
		return membership.Page{Group: g.group.ID, Walk: w.ID, Query: q, Received: -1, Calls: 1, Rows: []membership.Row{}}, nil
	}
	if err != nil {
		return membership.Page{}, fmt.Errorf("read the %s list from row %d: %w", q.List, q.Offset, err)
	}
	g.remember(answer.Users)
	return membership.Page{
		Group: g.group.ID, Walk: w.ID, Query: q, Received: len(answer.Participants), Count: answer.Count, Calls: calls, Rows: g.rows(answer, w),
	}, nil
}

// participants asks for the page, again where Telegram says only that nothing changed.
func (g *Group) participants(ctx context.Context, q membership.Query) (*tg.ChannelsChannelParticipants, int, error) {
	filter, err := filterOf(q)
	if err != nil {
		return nil, 0, err
	}
	for calls := 1; calls <= asks; calls++ {
		r, err := g.api.ChannelsGetParticipants(ctx, &tg.ChannelsGetParticipantsRequest{
			Channel: g.channel(), Filter: filter, Offset: q.Offset, Limit: membership.PageLimit,
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

func filterOf(q membership.Query) (tg.ChannelParticipantsFilterClass, error) {
	switch q.List {
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
	case membership.ListSearch:
		return &tg.ChannelParticipantsSearch{Q: q.Text}, nil
	}
	return nil, fmt.Errorf("the walk asks for an unknown list (%d)", q.List)
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
	return tlmap.Place{
		Kind: g.group.Kind, Read: membership.At(g.now()), Walk: w.ID, Row: uint32(w.Checkpoint.Rows), Carried: membership.Instant(g.carried.Load()),
	}
}

func row(s membership.Sighting, known map[membership.UserID]membership.Profile) membership.Row {
	p, ok := known[s.User]
	if !ok {
		p = membership.Profile{User: s.User, Min: true}
	}
	return membership.Row{Sighting: s, Profile: p}
}
