package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerInvites() {
	register(s, func() *tg.MessagesExportChatInviteRequest {
		return new(tg.MessagesExportChatInviteRequest)
	}, s.exportChatInvite, signedIn)
	register(s, func() *tg.MessagesEditExportedChatInviteRequest {
		return new(tg.MessagesEditExportedChatInviteRequest)
	}, s.editExportedChatInvite, signedIn)
	register(s, func() *tg.MessagesGetExportedChatInvitesRequest {
		return new(tg.MessagesGetExportedChatInvitesRequest)
	}, s.getExportedChatInvites, userOnly)
	register(s, func() *tg.MessagesGetExportedChatInviteRequest {
		return new(tg.MessagesGetExportedChatInviteRequest)
	}, s.getExportedChatInvite, userOnly)
	register(s, func() *tg.MessagesDeleteExportedChatInviteRequest {
		return new(tg.MessagesDeleteExportedChatInviteRequest)
	}, s.deleteExportedChatInvite, userOnly)
	register(s, func() *tg.MessagesDeleteRevokedExportedChatInvitesRequest {
		return new(tg.MessagesDeleteRevokedExportedChatInvitesRequest)
	}, s.deleteRevokedExportedChatInvites, userOnly)
	register(s, func() *tg.MessagesGetAdminsWithInvitesRequest {
		return new(tg.MessagesGetAdminsWithInvitesRequest)
	}, s.getAdminsWithInvites, userOnly)
	register(s, func() *tg.MessagesGetChatInviteImportersRequest {
		return new(tg.MessagesGetChatInviteImportersRequest)
	}, s.getChatInviteImporters, userOnly)
	register(s, func() *tg.MessagesCheckChatInviteRequest {
		return new(tg.MessagesCheckChatInviteRequest)
	}, s.checkChatInvite, userOnly)
}

// invitable resolves the channel whose links a method is about. Basic groups have one link that cannot be changed.
func (s *Server) invitable(c caller, in tg.InputPeerClass) (world.ChannelID, error) {
	p, err := s.cfg.World.ResolvePeer(c.Account, in)
	switch {
	case err != nil:
		return 0, err
	case p.Channel == 0:
		return 0, tgerr.New(400, "PEER_ID_INVALID")
	}
	return p.Channel, nil
}

func (s *Server) exportChatInvite(_ context.Context, c caller, r *tg.MessagesExportChatInviteRequest) (bin.Encoder, error) {
	p, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
	switch {
	case err != nil:
		return nil, err
	case p.Chat != 0:
		return answer(s.cfg.World.ExportChatLink(c.Account, p.Chat))
	case p.Channel == 0:
		return nil, tgerr.New(400, "PEER_ID_INVALID")
	}
	return answer(s.cfg.World.ExportInvite(c.Account, p.Channel, world.LinkDraft{
		Title: r.Title, Expires: r.ExpireDate, Limit: r.UsageLimit, Requests: r.RequestNeeded, Replace: r.LegacyRevokePermanent,
	}))
}

func (s *Server) editExportedChatInvite(
	_ context.Context, c caller, r *tg.MessagesEditExportedChatInviteRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	e := world.LinkEdit{Revoke: r.Revoked}
	if v, ok := r.GetExpireDate(); ok {
		e.Expires = &v
	}
	if v, ok := r.GetUsageLimit(); ok {
		e.Limit = &v
	}
	if v, ok := r.GetRequestNeeded(); ok {
		e.Requests = &v
	}
	if v, ok := r.GetTitle(); ok {
		e.Title = &v
	}
	out, err := s.cfg.World.EditInvite(c.Account, id, r.Link, e)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Server) getExportedChatInvites(
	_ context.Context, c caller, r *tg.MessagesGetExportedChatInvitesRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	admin, err := s.cfg.World.ResolveUser(c.Account, r.AdminID)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.Invites(c.Account, id, world.LinksRequest{
		Admin: admin, Revoked: r.Revoked, OffsetLink: r.OffsetLink, Limit: r.Limit,
	}))
}

func (s *Server) getExportedChatInvite(
	_ context.Context, c caller, r *tg.MessagesGetExportedChatInviteRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.Invite(c.Account, id, r.Link))
}

func (s *Server) deleteExportedChatInvite(
	_ context.Context, c caller, r *tg.MessagesDeleteExportedChatInviteRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	return isTrue(s.cfg.World.DeleteInvite(c.Account, id, r.Link))
}

func (s *Server) deleteRevokedExportedChatInvites(
	_ context.Context, c caller, r *tg.MessagesDeleteRevokedExportedChatInvitesRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	admin, err := s.cfg.World.ResolveUser(c.Account, r.AdminID)
	if err != nil {
		return nil, err
	}
	return isTrue(s.cfg.World.DeleteRevokedInvites(c.Account, id, admin))
}

// isTrue answers a call that can only be done or refused.
func isTrue(err error) (bin.Encoder, error) {
	if err != nil {
		return nil, err
	}
	return &tg.BoolTrue{}, nil
}

func (s *Server) getAdminsWithInvites(
	_ context.Context, c caller, r *tg.MessagesGetAdminsWithInvitesRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	return answer(s.cfg.World.AdminsWithInvites(c.Account, id))
}

func (s *Server) getChatInviteImporters(
	_ context.Context, c caller, r *tg.MessagesGetChatInviteImportersRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	q := world.ImportersRequest{Link: r.Link, Query: r.Q, Requested: r.Requested, OffsetDate: r.OffsetDate, Limit: r.Limit}
	if _, none := r.OffsetUser.(*tg.InputUserEmpty); !none {
		if q.OffsetUser, err = s.cfg.World.ResolveUser(c.Account, r.OffsetUser); err != nil {
			return nil, err
		}
	}
	return answer(s.cfg.World.Importers(c.Account, id, q))
}

func (s *Server) checkChatInvite(_ context.Context, c caller, r *tg.MessagesCheckChatInviteRequest) (bin.Encoder, error) {
	out, err := s.cfg.World.CheckInvite(c.Account, r.Hash)
	if err != nil {
		return nil, err
	}
	return out, nil
}
