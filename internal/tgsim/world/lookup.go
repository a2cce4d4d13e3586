package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// Participant returns one person's place as viewer sees it, with everybody the row names.
func (w *World) Participant(viewer UserID, id ChannelID, u UserID) (*List, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(viewer, id)
	if err != nil {
		return nil, err
	}
	w.pass()
	if err := w.mayLookUp(viewer, c, u); err != nil {
		return nil, err
	}
	s := c.shown(u, w.now())
	r := s.row(c.eyes(viewer))
	switch {
	case r == nil && w.opts.Lists.LeftIsAnswer:
		r = &tg.ChannelParticipantLeft{Peer: &tg.PeerUser{UserID: int64(u)}}
	case r == nil:
		return nil, refuse(400, "USER_NOT_PARTICIPANT")
	}
	return &List{
		Count: 1, Rows: []tg.ChannelParticipantClass{r},
		Users: w.users(viewer, append([]UserID{u}, namedBy(r)...)...), Chats: []tg.ChatClass{w.view(viewer, c)},
	}, nil
}

// mayLookUp refuses lookups. Who is no admin learns nothing of channels and of hidden members, and bots
// know only whom they have talked with; everybody may ask about themselves.
func (w *World) mayLookUp(viewer UserID, c *channel, u UserID) error {
	a, target := w.account(viewer), w.account(u)
	switch {
	case target == nil:
		return refuse(400, "PARTICIPANT_ID_INVALID")
	case target.deleted && w.opts.Lists.DeletedUnknown && w.now()/3600%2 == 1:
		return refuse(400, "PARTICIPANT_ID_INVALID")
	case c.isAdmin(viewer), u == viewer && w.opts.Lists.OwnRow:
		return nil
	case c.broadcast:
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	case u == viewer:
		return nil
	case c.hidden && slices.Contains(c.publicFew(), peer{kindUser, int64(u)}):
		return nil
	case c.hidden && w.opts.Lists.HiddenUnknown:
		return refuse(400, "PARTICIPANT_ID_INVALID")
	case c.hidden:
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	case a.bot && w.talks[pair{viewer, u}] == nil:
		return refuse(400, "PARTICIPANT_ID_INVALID")
	}
	return nil
}

// ChannelParticipant is Participant for a channel that somebody wrote as: only banned ones have a place.
func (w *World) ChannelParticipant(viewer UserID, id, of ChannelID) (*List, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(viewer, id)
	switch {
	case err != nil:
		return nil, err
	case !c.isAdmin(viewer):
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	case !slices.ContainsFunc(c.channelBans, func(b channelBan) bool { return b.channel == of }):
		return nil, refuse(400, "USER_NOT_PARTICIPANT")
	}
	r, b := c.channelBanRow(of)
	return &List{
		Count: 1, Rows: []tg.ChannelParticipantClass{r}, Users: w.users(viewer, b.by),
		Chats: []tg.ChatClass{w.view(viewer, w.channels[of]), w.view(viewer, c)},
	}, nil
}
