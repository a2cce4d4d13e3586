package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerFolders() {
	register(s, func() *tg.ChatlistsExportChatlistInviteRequest {
		return new(tg.ChatlistsExportChatlistInviteRequest)
	}, s.exportChatlistInvite, userOnly)
	register(s, func() *tg.ChatlistsCheckChatlistInviteRequest {
		return new(tg.ChatlistsCheckChatlistInviteRequest)
	}, s.checkChatlistInvite, userOnly)
	register(s, func() *tg.ChatlistsJoinChatlistInviteRequest {
		return new(tg.ChatlistsJoinChatlistInviteRequest)
	}, s.joinChatlistInvite, userOnly)
}

// shared resolves the chats of a folder, of which only channels can be shared.
func (s *Server) shared(c caller, in []tg.InputPeerClass) ([]world.ChannelID, error) {
	out := make([]world.ChannelID, 0, len(in))
	for _, peer := range in {
		p, err := s.cfg.World.ResolvePeer(c.Account, peer)
		switch {
		case err != nil:
			return nil, err
		case p.Channel == 0:
			return nil, tgerr.New(400, "PEER_ID_INVALID")
		}
		out = append(out, p.Channel)
	}
	return out, nil
}

func (s *Server) exportChatlistInvite(
	_ context.Context, c caller, r *tg.ChatlistsExportChatlistInviteRequest,
) (bin.Encoder, error) {
	ids, err := s.shared(c, r.Peers)
	if err != nil {
		return nil, err
	}
	in, err := s.cfg.World.ShareFolder(c.Account, r.Title, ids)
	if err != nil {
		return nil, err
	}
	return &tg.ChatlistsExportedChatlistInvite{
		Filter: &tg.DialogFilterChatlist{
			HasMyInvites: true, ID: r.Chatlist.FilterID, Title: tg.TextWithEntities{Text: r.Title}, IncludePeers: r.Peers,
		},
		Invite: *in,
	}, nil
}

func (s *Server) checkChatlistInvite(
	_ context.Context, c caller, r *tg.ChatlistsCheckChatlistInviteRequest,
) (bin.Encoder, error) {
	return answer(s.cfg.World.CheckFolder(c.Account, r.Slug))
}

func (s *Server) joinChatlistInvite(
	_ context.Context, c caller, r *tg.ChatlistsJoinChatlistInviteRequest,
) (bin.Encoder, error) {
	ids, err := s.shared(c, r.Peers)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.World.JoinFolder(c.Account, r.Slug, ids); err != nil {
		return nil, err
	}
	chats, err := s.cfg.World.Channels(c.Account, ids)
	if err != nil {
		return nil, err
	}
	out := &tg.Updates{Chats: chats, Date: int(s.cfg.Now().Unix())}
	for _, id := range ids {
		out.Updates = append(out.Updates, &tg.UpdateChannel{ChannelID: int64(id)})
	}
	return out, nil
}
