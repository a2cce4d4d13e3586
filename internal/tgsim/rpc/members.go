package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

func (s *Server) registerMembers() {
	register(s, func() *tg.ChannelsGetParticipantsRequest {
		return new(tg.ChannelsGetParticipantsRequest)
	}, s.getParticipants, signedIn)
	register(s, func() *tg.ChannelsGetParticipantRequest {
		return new(tg.ChannelsGetParticipantRequest)
	}, s.getParticipant, signedIn)
	register(s, func() *tg.ChannelsEditBannedRequest { return new(tg.ChannelsEditBannedRequest) }, s.editBanned, signedIn)
	register(s, func() *tg.ChannelsEditAdminRequest { return new(tg.ChannelsEditAdminRequest) }, s.editAdmin, signedIn)
	register(s, func() *tg.ChannelsLeaveChannelRequest {
		return new(tg.ChannelsLeaveChannelRequest)
	}, s.leaveChannel, signedIn)
	register(s, func() *tg.ChannelsToggleParticipantsHiddenRequest {
		return new(tg.ChannelsToggleParticipantsHiddenRequest)
	}, s.toggleParticipantsHidden, userOnly)
	register(s, func() *tg.ContactsAddContactRequest { return new(tg.ContactsAddContactRequest) }, s.addContact, userOnly)
}

// listRequest translates the filter. TL's Banned is restricted, TL's Kicked is banned.
func listRequest(r *tg.ChannelsGetParticipantsRequest) (world.ListRequest, error) {
	q := world.ListRequest{Offset: r.Offset, Limit: r.Limit, Hash: r.Hash}
	switch f := r.Filter.(type) {
	case *tg.ChannelParticipantsRecent:
		q.Filter = world.Recent
	case *tg.ChannelParticipantsAdmins:
		q.Filter = world.Admins
	case *tg.ChannelParticipantsBots:
		q.Filter = world.Bots
	case *tg.ChannelParticipantsKicked:
		q.Filter, q.Query = world.Kicked, f.Q
	case *tg.ChannelParticipantsBanned:
		q.Filter, q.Query = world.Restricted, f.Q
	case *tg.ChannelParticipantsSearch:
		q.Filter, q.Query = world.Search, f.Q
	case *tg.ChannelParticipantsContacts:
		q.Filter, q.Query = world.Contacts, f.Q
	case *tg.ChannelParticipantsMentions:
		q.Filter, q.Query = world.Mentions, f.Q
	default:
		return q, tgerr.New(400, "INPUT_CONSTRUCTOR_INVALID")
	}
	return q, nil
}

func (s *Server) getParticipants(
	_ context.Context, c caller, r *tg.ChannelsGetParticipantsRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	q, err := listRequest(r)
	if err != nil {
		return nil, err
	}
	list, err := s.cfg.World.Participants(c.Account, id, q)
	switch {
	case err != nil:
		return nil, err
	case list.NotModified:
		return &tg.ChannelsChannelParticipantsNotModified{}, nil
	}
	return &tg.ChannelsChannelParticipants{
		Count: list.Count, Participants: list.Rows, Users: list.Users, Chats: list.Chats,
	}, nil
}

func (s *Server) getParticipant(
	_ context.Context, c caller, r *tg.ChannelsGetParticipantRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	list, err := s.lookUp(c, id, r.Participant)
	if err != nil {
		return nil, err
	}
	return &tg.ChannelsChannelParticipant{Participant: list.Rows[0], Users: list.Users, Chats: list.Chats}, nil
}

// lookUp finds a person's place, or that of a channel which somebody wrote as.
func (s *Server) lookUp(c caller, id world.ChannelID, who tg.InputPeerClass) (*world.List, error) {
	if ch, ok := who.(*tg.InputPeerChannel); ok {
		of, err := s.cfg.World.ResolveChannel(c.Account, &tg.InputChannel{ChannelID: ch.ChannelID, AccessHash: ch.AccessHash})
		if err != nil {
			return nil, tgerr.New(400, "PARTICIPANT_ID_INVALID")
		}
		return s.cfg.World.ChannelParticipant(c.Account, id, of)
	}
	u, err := s.cfg.World.ResolveParticipant(c.Account, who)
	if err != nil {
		return nil, err
	}
	return s.cfg.World.Participant(c.Account, id, u)
}

func (s *Server) editBanned(_ context.Context, c caller, r *tg.ChannelsEditBannedRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	if ch, ok := r.Participant.(*tg.InputPeerChannel); ok {
		of, err := s.cfg.World.ResolveChannel(c.Account, &tg.InputChannel{ChannelID: ch.ChannelID, AccessHash: ch.AccessHash})
		if err != nil {
			return nil, tgerr.New(400, "PARTICIPANT_ID_INVALID")
		}
		return s.changed(c, id, s.cfg.World.EditBannedChannel(c.Account, of, id, r.BannedRights))
	}
	u, err := s.cfg.World.ResolveParticipant(c.Account, r.Participant)
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.World.EditBanned(c.Account, u, id, r.BannedRights); err != nil {
		return nil, err
	}
	return s.channelChanged(c, id)
}

func (s *Server) editAdmin(_ context.Context, c caller, r *tg.ChannelsEditAdminRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	u, err := s.cfg.World.ResolveUser(c.Account, r.UserID)
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.World.EditAdmin(c.Account, u, id, r.AdminRights, r.Rank); err != nil {
		return nil, err
	}
	return s.channelChanged(c, id)
}

func (s *Server) leaveChannel(_ context.Context, c caller, r *tg.ChannelsLeaveChannelRequest) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.World.Leave(c.Account, id); err != nil {
		return nil, err
	}
	return s.channelChanged(c, id)
}

func (s *Server) toggleParticipantsHidden(
	_ context.Context, c caller, r *tg.ChannelsToggleParticipantsHiddenRequest,
) (bin.Encoder, error) {
	id, err := s.cfg.World.ResolveChannel(c.Account, r.Channel)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.World.HideMembers(c.Account, id, r.Enabled); err != nil {
		return nil, err
	}
	return s.channelChanged(c, id)
}

// addContact puts somebody into the caller's address book, for the list of contacts among the members.
func (s *Server) addContact(_ context.Context, c caller, r *tg.ContactsAddContactRequest) (bin.Encoder, error) {
	u, err := s.cfg.World.ResolveUser(c.Account, r.ID)
	if err != nil {
		return nil, err
	}
	if r.FirstName == "" {
		return nil, tgerr.New(400, "CONTACT_NAME_EMPTY")
	}
	if err := s.cfg.World.AddContact(c.Account, u, r.FirstName, r.LastName); err != nil {
		return nil, err
	}
	return &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdatePeerSettings{Peer: &tg.PeerUser{UserID: int64(u)}}},
		Users:   s.cfg.World.Users(c.Account, []world.UserID{u}), Date: int(s.cfg.Now().Unix()),
	}, nil
}

// channelChanged is the answer of calls that change a channel: the channel as it now is.
func (s *Server) channelChanged(c caller, id world.ChannelID) (bin.Encoder, error) {
	u, err := s.channelUpdates(c, id)
	if err != nil {
		return nil, err
	}
	return u, nil
}

func (s *Server) channelUpdates(c caller, id world.ChannelID) (*tg.Updates, error) {
	chats, err := s.cfg.World.Channels(c.Account, []world.ChannelID{id})
	if err != nil {
		return nil, err
	}
	return &tg.Updates{
		Updates: []tg.UpdateClass{&tg.UpdateChannel{ChannelID: int64(id)}},
		Chats:   chats, Date: int(s.cfg.Now().Unix()),
	}, nil
}
