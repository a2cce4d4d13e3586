package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerHistory() {
	register(s, func() *tg.MessagesGetHistoryRequest { return new(tg.MessagesGetHistoryRequest) }, s.getHistory, userOnly)
	register(s, func() *tg.MessagesGetMessagesRequest { return new(tg.MessagesGetMessagesRequest) }, s.getMessages, signedIn)
	register(s, func() *tg.MessagesReadHistoryRequest { return new(tg.MessagesReadHistoryRequest) }, s.readHistory, userOnly)
	register(s, func() *tg.ChannelsGetMessagesRequest {
		return new(tg.ChannelsGetMessagesRequest)
	}, s.getChannelMessages, signedIn)
	register(s, func() *tg.ChannelsDeleteMessagesRequest {
		return new(tg.ChannelsDeleteMessagesRequest)
	}, s.deleteChannelMessages, signedIn)
	register(s, func() *tg.ChannelsReadHistoryRequest {
		return new(tg.ChannelsReadHistoryRequest)
	}, s.readChannelHistory, userOnly)
}

func (s *Server) getHistory(_ context.Context, c caller, r *tg.MessagesGetHistoryRequest) (bin.Encoder, error) {
	of, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.History(c.Account, of, world.HistoryRequest{
		OffsetID: r.OffsetID, OffsetDate: r.OffsetDate, AddOffset: r.AddOffset, Limit: r.Limit, MaxID: r.MaxID, MinID: r.MinID,
	}))
}

// maxAsked is how many messages can be asked for by their ids at once.
const maxAsked = 100

// messageIDs reads ids; other forms name no message here and come as 0.
func messageIDs(in []tg.InputMessageClass) []int {
	ids := make([]int, 0, len(in))
	for _, m := range in[:min(len(in), maxAsked)] {
		id := 0
		if m, ok := m.(*tg.InputMessageID); ok {
			id = m.ID
		}
		ids = append(ids, id)
	}
	return ids
}

func (s *Server) getMessages(_ context.Context, c caller, r *tg.MessagesGetMessagesRequest) (bin.Encoder, error) {
	return s.cfg.World.Messages(c.Account, messageIDs(r.ID)), nil
}

func (s *Server) getChannelMessages(_ context.Context, c caller, r *tg.ChannelsGetMessagesRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.ChannelMessages(c.Account, id, messageIDs(r.ID)))
}

func (s *Server) deleteChannelMessages(
	_ context.Context, c caller, r *tg.ChannelsDeleteMessagesRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.DeletePosts(c.Account, id, r.ID))
}

// readHistory keeps no marks: nothing is ever unread here.
func (s *Server) readHistory(_ context.Context, c caller, r *tg.MessagesReadHistoryRequest) (bin.Encoder, error) {
	if _, err := s.cfg.World.ResolvePeer(c.Account, r.Peer); err != nil {
		return nil, err
	}
	return &tg.MessagesAffectedMessages{Pts: s.cfg.World.State(c.Account).Pts}, nil
}

func (s *Server) readChannelHistory(
	_ context.Context, c caller, r *tg.ChannelsReadHistoryRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return isTrue(s.cfg.World.MayRead(c.Account, id))
}
