package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerJoins() {
	register(s, func() *tg.ChannelsJoinChannelRequest { return new(tg.ChannelsJoinChannelRequest) }, s.joinChannel, userOnly)
	register(s, func() *tg.ChannelsInviteToChannelRequest {
		return new(tg.ChannelsInviteToChannelRequest)
	}, s.inviteToChannel, userOnly)
	register(s, func() *tg.MessagesImportChatInviteRequest {
		return new(tg.MessagesImportChatInviteRequest)
	}, s.importChatInvite, userOnly)
	register(s, func() *tg.MessagesHideChatJoinRequestRequest {
		return new(tg.MessagesHideChatJoinRequestRequest)
	}, s.hideChatJoinRequest, signedIn)
	register(s, func() *tg.MessagesHideAllChatJoinRequestsRequest {
		return new(tg.MessagesHideAllChatJoinRequestsRequest)
	}, s.hideAllChatJoinRequests, userOnly)
	s.registerGuard()
}

func (s *Server) joinChannel(ctx context.Context, c caller, r *tg.ChannelsJoinChannelRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return s.entered(ctx, c, id, s.cfg.World.Join(c.Account, id))
}

// joined is the answer to who has come in.
func (s *Server) joined(c caller, id world.ChannelID) (bin.Encoder, error) {
	u, err := s.channelUpdates(c, id)
	if err != nil {
		return nil, err
	}
	return &tg.MessagesChatInviteJoinResultOk{Updates: u}, nil
}

func (s *Server) importChatInvite(ctx context.Context, c caller, r *tg.MessagesImportChatInviteRequest) (bin.Encoder, error) {
	id, chat, err := s.cfg.World.ImportInvite(c.Account, r.Hash)
	if chat == nil {
		return s.entered(ctx, c, id, err)
	}
	if _, err := s.done(c)(chat, nil); err != nil {
		return nil, err
	}
	return &tg.MessagesChatInviteJoinResultOk{Updates: chat}, nil
}

func (s *Server) inviteToChannel(_ context.Context, c caller, r *tg.ChannelsInviteToChannelRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	users := make([]world.UserID, 0, len(r.Users))
	for _, in := range r.Users {
		u, err := s.cfg.World.ResolveUser(c.Account, in)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	missing, err := s.cfg.World.AddAll(c.Account, users, id)
	if err != nil {
		return nil, err
	}
	updates, err := s.channelUpdates(c, id)
	if err != nil {
		return nil, err
	}
	out := &tg.MessagesInvitedUsers{Updates: updates}
	for _, u := range missing {
		out.MissingInvitees = append(out.MissingInvitees, tg.MissingInvitee{UserID: int64(u)})
	}
	return out, nil
}

// requested resolves the channel that somebody asks to be let into. Basic groups let everybody in who has the link.
func (s *Server) requested(c caller, in tg.InputPeerClass) (world.ChannelID, error) {
	p, err := s.cfg.World.ResolvePeer(c.Account, in)
	switch {
	case err != nil:
		return 0, err
	case p.Chat != 0:
		return 0, tgerr.New(400, "HIDE_REQUESTER_MISSING")
	case p.Channel == 0:
		return 0, tgerr.New(400, "PEER_ID_INVALID")
	}
	return p.Channel, nil
}

func (s *Server) hideChatJoinRequest(
	_ context.Context, c caller, r *tg.MessagesHideChatJoinRequestRequest,
) (bin.Encoder, error) {
	id, err := s.requested(c, r.Peer)
	if err != nil {
		return nil, err
	}
	u, err := s.cfg.World.ResolveUser(c.Account, r.UserID)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.World.Decide(c.Account, u, id, r.Approved); err != nil {
		return nil, err
	}
	return s.channelChanged(c, id)
}

func (s *Server) hideAllChatJoinRequests(
	_ context.Context, c caller, r *tg.MessagesHideAllChatJoinRequestsRequest,
) (bin.Encoder, error) {
	id, err := s.requested(c, r.Peer)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.World.DecideAll(c.Account, id, r.Link, r.Approved); err != nil {
		return nil, err
	}
	return s.channelChanged(c, id)
}
