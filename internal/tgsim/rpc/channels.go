package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerChannels() {
	register(s, func() *tg.ChannelsGetChannelsRequest {
		return new(tg.ChannelsGetChannelsRequest)
	}, s.getChannels, signedIn)
	register(s, func() *tg.ChannelsGetFullChannelRequest {
		return new(tg.ChannelsGetFullChannelRequest)
	}, s.getFullChannel, signedIn)
	register(s, func() *tg.ChannelsGetAdminLogRequest {
		return new(tg.ChannelsGetAdminLogRequest)
	}, s.getAdminLog, userOnly)
	register(s, func() *tg.MessagesGetFullChatRequest {
		return new(tg.MessagesGetFullChatRequest)
	}, s.getFullChat, signedIn)
	register(s, func() *tg.MessagesGetChatsRequest { return new(tg.MessagesGetChatsRequest) }, s.getChats, signedIn)
	register(s, func() *tg.MessagesGetDialogsRequest {
		return new(tg.MessagesGetDialogsRequest)
	}, s.getDialogs, userOnly)
}

func (s *Server) getChannels(_ context.Context, c caller, r *tg.ChannelsGetChannelsRequest) (bin.Encoder, error) {
	ids := make([]world.ChannelID, 0, len(r.ID))
	for _, in := range r.ID {
		id, err := s.cfg.World.ResolveChannel(c.Account, in)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	chats, err := s.cfg.World.Channels(c.Account, ids)
	if err != nil {
		return nil, err
	}
	return &tg.MessagesChats{Chats: chats}, nil
}

func (s *Server) getFullChannel(
	_ context.Context, c caller, r *tg.ChannelsGetFullChannelRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.FullChannel(c.Account, id))
}

func (s *Server) getAdminLog(_ context.Context, c caller, r *tg.ChannelsGetAdminLogRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	q := world.LogRequest{Query: r.Q, MaxID: r.MaxID, MinID: r.MinID, Limit: r.Limit}
	if filter, ok := r.GetEventsFilter(); ok {
		q.Filter = &filter
	}
	for _, in := range r.Admins {
		admin, err := s.cfg.World.ResolveUser(c.Account, in)
		if err != nil {
			return nil, err
		}
		q.Admins = append(q.Admins, admin)
	}
	return answer(s.cfg.World.AdminLog(c.Account, id, q))
}

func (s *Server) getFullChat(_ context.Context, c caller, r *tg.MessagesGetFullChatRequest) (bin.Encoder, error) {
	return answer(s.cfg.World.FullChat(c.Account, world.ChatID(r.ChatID)))
}

func (s *Server) getChats(_ context.Context, c caller, r *tg.MessagesGetChatsRequest) (bin.Encoder, error) {
	ids := make([]world.ChatID, 0, len(r.ID))
	for _, id := range r.ID {
		ids = append(ids, world.ChatID(id))
	}
	chats, err := s.cfg.World.Chats(c.Account, ids)
	if err != nil {
		return nil, err
	}
	return &tg.MessagesChats{Chats: chats}, nil
}

// archive is the folder of archived dialogs. Nobody here has archived any.
const archive = 1

func (s *Server) getDialogs(_ context.Context, c caller, r *tg.MessagesGetDialogsRequest) (bin.Encoder, error) {
	if folder, ok := r.GetFolderID(); ok && folder == archive {
		return &tg.MessagesDialogs{}, nil
	}
	q := world.DialogsRequest{OffsetDate: r.OffsetDate, OffsetID: r.OffsetID, Limit: r.Limit}
	if _, none := r.OffsetPeer.(*tg.InputPeerEmpty); !none {
		offset, err := s.cfg.World.ResolvePeer(c.Account, r.OffsetPeer)
		if err != nil {
			return nil, err
		}
		q.OffsetPeer = offset
	}
	return s.cfg.World.Dialogs(c.Account, q), nil
}
