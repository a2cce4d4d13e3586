package world

import "github.com/gotd/td/tg"

// ResolveUser checks that viewer may name the user so and returns who it is. Users must present
// their own access hash; bots may send 0. A wrong one is USER_ID_INVALID.
func (w *World) ResolveUser(viewer UserID, in tg.InputUserClass) (UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch in := in.(type) {
	case *tg.InputUserSelf:
		return viewer, nil
	case *tg.InputUser:
		return w.checkUser(viewer, UserID(in.UserID), in.AccessHash, "USER_ID_INVALID")
	case *tg.InputUserFromMessage:
		return w.fromMessage(viewer, in.Peer, in.MsgID, UserID(in.UserID), "USER_ID_INVALID")
	}
	return 0, refuse(400, "USER_ID_INVALID")
}

func (w *World) checkUser(viewer, id UserID, hash int64, refusal string) (UserID, error) {
	if w.account(id) == nil || !w.hashFits(viewer, peer{kindUser, int64(id)}, hash) {
		return 0, refuse(400, refusal)
	}
	return id, nil
}

// hashFits says whether viewer presents the right access hash for p.
func (w *World) hashFits(viewer UserID, p peer, hash int64) bool {
	if hash == 0 {
		a := w.account(viewer)
		return a != nil && a.bot || p == peer{kindUser, int64(viewer)}
	}
	return hash == w.accessHash(viewer, p)
}

// Peer is what an InputPeer names: one of the three ids is set.
type Peer struct {
	User    UserID
	Channel ChannelID
	Chat    ChatID
}

// ResolvePeer is ResolveUser for any peer; what is wrong is PEER_ID_INVALID or CHANNEL_INVALID.
func (w *World) ResolvePeer(viewer UserID, in tg.InputPeerClass) (Peer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.peerOf(viewer, in)
}

func (w *World) peerOf(viewer UserID, in tg.InputPeerClass) (Peer, error) {
	switch in := in.(type) {
	case *tg.InputPeerSelf:
		return Peer{User: viewer}, nil
	case *tg.InputPeerUser:
		u, err := w.checkUser(viewer, UserID(in.UserID), in.AccessHash, "PEER_ID_INVALID")
		return Peer{User: u}, err
	case *tg.InputPeerChannel:
		c, err := w.checkChannel(viewer, ChannelID(in.ChannelID), in.AccessHash)
		return Peer{Channel: c}, err
	case *tg.InputPeerChat:
		if w.chats[ChatID(in.ChatID)] == nil {
			return Peer{}, refuse(400, "PEER_ID_INVALID")
		}
		return Peer{Chat: ChatID(in.ChatID)}, nil
	case *tg.InputPeerUserFromMessage:
		u, err := w.fromMessage(viewer, in.Peer, in.MsgID, UserID(in.UserID), "PEER_ID_INVALID")
		return Peer{User: u}, err
	case *tg.InputPeerChannelFromMessage:
		return Peer{}, w.channelFromMessage(viewer, "PEER_ID_INVALID")
	}
	return Peer{}, refuse(400, "PEER_ID_INVALID")
}

// ResolveParticipant is ResolvePeer where a user is meant, as in channels.getParticipant.
func (w *World) ResolveParticipant(viewer UserID, in tg.InputPeerClass) (UserID, error) {
	switch in := in.(type) {
	case *tg.InputPeerSelf:
		return viewer, nil
	case *tg.InputPeerUser:
		return w.ResolveUser(viewer, &tg.InputUser{UserID: in.UserID, AccessHash: in.AccessHash})
	case *tg.InputPeerUserFromMessage:
		return w.ResolveUser(viewer, &tg.InputUserFromMessage{Peer: in.Peer, MsgID: in.MsgID, UserID: in.UserID})
	}
	return 0, refuse(400, "PARTICIPANT_ID_INVALID")
}

// ResolveChannel checks the channel's access hash; what is wrong is CHANNEL_INVALID. Whether the
// viewer may see it is asked later.
func (w *World) ResolveChannel(viewer UserID, in tg.InputChannelClass) (ChannelID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch in := in.(type) {
	case *tg.InputChannel:
		return w.checkChannel(viewer, ChannelID(in.ChannelID), in.AccessHash)
	case *tg.InputChannelFromMessage:
		return 0, w.channelFromMessage(viewer, "CHANNEL_INVALID")
	}
	return 0, refuse(400, "CHANNEL_INVALID")
}

func (w *World) checkChannel(viewer UserID, id ChannelID, hash int64) (ChannelID, error) {
	c := w.channels[id]
	if c == nil || !w.hashFits(viewer, c.peer(), hash) {
		return 0, refuse(400, "CHANNEL_INVALID")
	}
	return id, nil
}

// reach returns the channel if viewer can see it.
func (w *World) reach(viewer UserID, id ChannelID) (*channel, error) {
	c := w.channels[id]
	if c == nil {
		return nil, refuse(400, "CHANNEL_INVALID")
	}
	if !c.open(viewer, w.now()) {
		return nil, w.shut(c)
	}
	return c, nil
}

// shut is the refusal of who cannot see the channel.
func (w *World) shut(c *channel) error {
	if w.opts.Lists.PublicNA && c.username != "" && !c.broadcast {
		return refuse(403, "CHANNEL_PUBLIC_GROUP_NA")
	}
	return refuse(406, "CHANNEL_PRIVATE")
}

// ResolveUsername finds a user or public channel by its name, with or without "@".
func (w *World) ResolveUsername(viewer UserID, username string) (*tg.ContactsResolvedPeer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !validUsername(username) {
		return nil, refuse(400, "USERNAME_INVALID")
	}
	p, ok := w.named(username)
	switch {
	case !ok:
		return nil, refuse(400, "USERNAME_NOT_OCCUPIED")
	case p.kind == kindUser:
		return &tg.ContactsResolvedPeer{
			Peer: &tg.PeerUser{UserID: p.id}, Users: w.users(viewer, UserID(p.id)),
		}, nil
	}
	return &tg.ContactsResolvedPeer{
		Peer:  &tg.PeerChannel{ChannelID: p.id},
		Chats: []tg.ChatClass{w.view(viewer, w.channels[ChannelID(p.id)])},
	}, nil
}

// validUsername follows Telegram's alphabet. Names of four letters exist, so length starts there.
func validUsername(s string) bool {
	if len(s) > 0 && s[0] == '@' {
		s = s[1:]
	}
	if len(s) < 4 || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		ch := s[i]
		letter := ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z'
		if !letter && (i == 0 || ch != '_' && (ch < '0' || ch > '9')) {
			return false
		}
	}
	return true
}
