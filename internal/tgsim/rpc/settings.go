package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerSettings() {
	register(s, func() *tg.ChannelsEditTitleRequest { return new(tg.ChannelsEditTitleRequest) }, s.editTitle, signedIn)
	register(s, func() *tg.ChannelsEditPhotoRequest { return new(tg.ChannelsEditPhotoRequest) }, s.editPhoto, signedIn)
	register(s, func() *tg.ChannelsUpdateUsernameRequest {
		return new(tg.ChannelsUpdateUsernameRequest)
	}, s.updateUsername, userOnly)
	register(s, func() *tg.MessagesEditChatAboutRequest { return new(tg.MessagesEditChatAboutRequest) }, s.editChatAbout, signedIn)
	register(s, func() *tg.MessagesEditChatDefaultBannedRightsRequest {
		return new(tg.MessagesEditChatDefaultBannedRightsRequest)
	}, s.editChatDefaultBannedRights, signedIn)
	register(s, func() *tg.ChannelsSetDiscussionGroupRequest {
		return new(tg.ChannelsSetDiscussionGroupRequest)
	}, s.setDiscussionGroup, userOnly)
	register(s, func() *tg.ChannelsToggleSlowModeRequest {
		return new(tg.ChannelsToggleSlowModeRequest)
	}, s.toggleSlowMode, userOnly)
	register(s, func() *tg.MessagesEditChatParticipantRankRequest {
		return new(tg.MessagesEditChatParticipantRankRequest)
	}, s.editChatParticipantRank, signedIn)
	s.registerToggles()
}

func (s *Server) registerToggles() {
	register(s, func() *tg.ChannelsToggleSignaturesRequest {
		return new(tg.ChannelsToggleSignaturesRequest)
	}, s.toggleSignatures, userOnly)
	register(s, func() *tg.ChannelsTogglePreHistoryHiddenRequest {
		return new(tg.ChannelsTogglePreHistoryHiddenRequest)
	}, func(_ context.Context, c caller, r *tg.ChannelsTogglePreHistoryHiddenRequest) (bin.Encoder, error) {
		return s.toggle(c, r.Channel, "pre-history-hidden", r.Enabled)
	}, userOnly)
	register(s, func() *tg.ChannelsToggleForumRequest {
		return new(tg.ChannelsToggleForumRequest)
	}, func(_ context.Context, c caller, r *tg.ChannelsToggleForumRequest) (bin.Encoder, error) {
		return s.toggle(c, r.Channel, "forum", r.Enabled)
	}, userOnly)
	register(s, func() *tg.ChannelsToggleAntiSpamRequest {
		return new(tg.ChannelsToggleAntiSpamRequest)
	}, func(_ context.Context, c caller, r *tg.ChannelsToggleAntiSpamRequest) (bin.Encoder, error) {
		return s.toggle(c, r.Channel, "anti-spam", r.Enabled)
	}, userOnly)
	register(s, func() *tg.ChannelsToggleAutotranslationRequest {
		return new(tg.ChannelsToggleAutotranslationRequest)
	}, func(_ context.Context, c caller, r *tg.ChannelsToggleAutotranslationRequest) (bin.Encoder, error) {
		return s.toggle(c, r.Channel, "autotranslation", r.Enabled)
	}, userOnly)
	register(s, func() *tg.ChannelsToggleJoinToSendRequest {
		return new(tg.ChannelsToggleJoinToSendRequest)
	}, func(_ context.Context, c caller, r *tg.ChannelsToggleJoinToSendRequest) (bin.Encoder, error) {
		return s.toggle(c, r.Channel, "join-to-send", r.Enabled)
	}, userOnly)
	register(s, func() *tg.ChannelsToggleJoinRequestRequest {
		return new(tg.ChannelsToggleJoinRequestRequest)
	}, s.toggleJoinRequest, userOnly)
	register(s, func() *tg.MessagesToggleNoForwardsRequest {
		return new(tg.MessagesToggleNoForwardsRequest)
	}, func(_ context.Context, c caller, r *tg.MessagesToggleNoForwardsRequest) (bin.Encoder, error) {
		id, err := s.invitable(c, r.Peer)
		if err != nil {
			return nil, err
		}
		return s.changed(c, id, s.cfg.World.Toggle(c.Account, id, "no-forwards", r.Enabled))
	}, userOnly)
}

func (s *Server) toggle(c caller, in tg.InputChannelClass, name string, on bool) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, in)
	if err != nil {
		return nil, err
	}
	return s.changed(c, id, s.cfg.World.Toggle(c.Account, id, name, on))
}

// changed answers a call that has changed the channel unless it was refused.
func (s *Server) changed(c caller, id world.ChannelID, err error) (bin.Encoder, error) {
	if err != nil {
		return nil, err
	}
	return s.channelChanged(c, id)
}

// toggleSignatures sets two things at once: one of them is enough for a change.
func (s *Server) toggleSignatures(_ context.Context, c caller, r *tg.ChannelsToggleSignaturesRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	first := s.cfg.World.Toggle(c.Account, id, "signatures", r.SignaturesEnabled)
	if first != nil && !tgerr.Is(first, "CHAT_NOT_MODIFIED") {
		return nil, first
	}
	second := s.cfg.World.Toggle(c.Account, id, "signature-profiles", r.ProfilesEnabled)
	if tgerr.Is(second, "CHAT_NOT_MODIFIED") && first == nil {
		second = nil
	}
	return s.changed(c, id, second)
}

func (s *Server) editTitle(_ context.Context, c caller, r *tg.ChannelsEditTitleRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return s.changed(c, id, s.cfg.World.SetTitle(c.Account, id, r.Title))
}

// editPhoto takes any photo for a new one: nothing is ever uploaded here.
func (s *Server) editPhoto(_ context.Context, c caller, r *tg.ChannelsEditPhotoRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	_, none := r.Photo.(*tg.InputChatPhotoEmpty)
	return s.changed(c, id, s.cfg.World.SetPhoto(c.Account, id, !none))
}

func (s *Server) updateUsername(_ context.Context, c caller, r *tg.ChannelsUpdateUsernameRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return isTrue(s.cfg.World.SetUsername(c.Account, id, r.Username))
}

func (s *Server) editChatAbout(_ context.Context, c caller, r *tg.MessagesEditChatAboutRequest) (bin.Encoder, error) {
	p, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
	switch {
	case err != nil:
		return nil, err
	case p.Chat != 0:
		return isTrue(s.cfg.World.SetChatAbout(c.Account, p.Chat, r.About))
	case p.Channel == 0:
		return nil, tgerr.New(400, "PEER_ID_INVALID")
	}
	return isTrue(s.cfg.World.SetAbout(c.Account, p.Channel, r.About))
}

func (s *Server) editChatDefaultBannedRights(
	_ context.Context, c caller, r *tg.MessagesEditChatDefaultBannedRightsRequest,
) (bin.Encoder, error) {
	p, err := s.cfg.World.ResolvePeer(c.Account, r.Peer)
	switch {
	case err != nil:
		return nil, err
	case p.Chat != 0:
		return s.done(c)(s.cfg.World.SetChatDefaults(c.Account, p.Chat, r.BannedRights))
	case p.Channel == 0:
		return nil, tgerr.New(400, "PEER_ID_INVALID")
	}
	return s.changed(c, p.Channel, s.cfg.World.SetDefaultRights(c.Account, p.Channel, r.BannedRights))
}

func (s *Server) setDiscussionGroup(
	_ context.Context, c caller, r *tg.ChannelsSetDiscussionGroupRequest,
) (bin.Encoder, error) {
	broadcast, err := s.cfg.World.ResolveChannel(c.Account, r.Broadcast)
	if err != nil {
		return nil, err
	}
	var group world.ChannelID
	if _, none := r.Group.(*tg.InputChannelEmpty); !none {
		if group, err = s.cfg.World.ResolveChannel(c.Account, r.Group); err != nil {
			return nil, err
		}
	}
	return isTrue(s.cfg.World.LinkChat(c.Account, broadcast, group))
}

func (s *Server) toggleSlowMode(_ context.Context, c caller, r *tg.ChannelsToggleSlowModeRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	return s.changed(c, id, s.cfg.World.ToggleSlowMode(c.Account, id, r.Seconds))
}

// editChatParticipantRank changes titles of admins; other members have none here.
func (s *Server) editChatParticipantRank(
	_ context.Context, c caller, r *tg.MessagesEditChatParticipantRankRequest,
) (bin.Encoder, error) {
	id, err := s.invitable(c, r.Peer)
	if err != nil {
		return nil, err
	}
	u, err := s.cfg.World.ResolveParticipant(c.Account, r.Participant)
	if err != nil {
		return nil, err
	}
	_, err = s.cfg.World.SetRank(c.Account, u, id, r.Rank)
	return s.changed(c, id, err)
}
