package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// shorten makes whom the viewer does not know min in news of channels, if there are min users at all: without what only
// they are told, and with an access hash that is good for their picture alone. Bots need no hashes.
func (w *World) shorten(viewer UserID, updates *tg.Updates) {
	if !w.opts.MinUsers || w.account(viewer).bot || !slices.ContainsFunc(updates.Updates, ofChannel) {
		return
	}
	for _, u := range updates.Users {
		if u, ok := u.(*tg.User); ok && !w.acquainted(viewer, UserID(u.ID)) {
			u.Min = true
			u.AccessHash = int64(mix(uint64(u.AccessHash)))
			u.Phone, u.Status = "", nil
		}
	}
}

// ofChannel says whether the update is news of a channel's messages.
func ofChannel(u tg.UpdateClass) bool {
	switch u.(type) {
	case *tg.UpdateNewChannelMessage, *tg.UpdateEditChannelMessage, *tg.UpdateChannelUserTyping:
		return true
	}
	return false
}

// acquainted says whether the viewer has the person's number or a dialog with them.
func (w *World) acquainted(viewer, u UserID) bool {
	return viewer == u ||
		slices.ContainsFunc(w.contacts[viewer], func(c contact) bool { return c.user == u }) ||
		slices.ContainsFunc(w.dialogs[viewer], func(d dialog) bool { return d.peer == peer{kindUser, int64(u)} })
}

// fromMessage resolves the form that names a person by a message: who was named in one that the viewer can read may be
// named so, whether or not the viewer has an access hash. Bots may not.
func (w *World) fromMessage(viewer UserID, in tg.InputPeerClass, id int, u UserID, refusal string) (UserID, error) {
	if a := w.account(viewer); a != nil && a.bot {
		return 0, refuse(400, "FROM_MESSAGE_BOT_DISABLED")
	}
	of, err := w.peerOf(viewer, in)
	if err != nil {
		return 0, err
	}
	if of.Channel == 0 {
		l := w.box(viewer).letter(id)
		if l == nil || l.other(viewer) != of.peer() {
			return 0, refuse(400, "MSG_ID_INVALID")
		}
		return w.among(u, append([]UserID{l.from, l.to}, l.named...), refusal)
	}
	c, err := w.reach(viewer, of.Channel)
	if err != nil {
		return 0, err
	}
	p := c.told.find(id)
	if p == nil {
		return 0, refuse(400, "MSG_ID_INVALID")
	}
	return w.among(u, p.mentioned(), refusal)
}

func (w *World) among(u UserID, named []UserID, refusal string) (UserID, error) {
	if u == 0 || !slices.Contains(named, u) {
		return 0, refuse(400, refusal)
	}
	return u, nil
}

// channelFromMessage refuses the form that names a channel by a message: no message here is one's of another channel.
func (w *World) channelFromMessage(viewer UserID, refusal string) error {
	if a := w.account(viewer); a != nil && a.bot {
		return refuse(400, "FROM_MESSAGE_BOT_DISABLED")
	}
	return refuse(400, refusal)
}

// CommonChats returns the supergroups that both are in, by id downwards, those below maxID unless it is 0.
func (w *World) CommonChats(viewer, u UserID, maxID int64, limit int) []tg.ChatClass {
	w.mu.Lock()
	defer w.mu.Unlock()
	var both []ChannelID
	for id, c := range w.channels {
		if c.isIn(u) && c.isIn(viewer) && !c.broadcast && (maxID == 0 || int64(id) < maxID) {
			both = append(both, id)
		}
	}
	slices.Sort(both)
	slices.Reverse(both)
	if limit > 0 && len(both) > limit {
		both = both[:limit]
	}
	out := make([]tg.ChatClass, 0, len(both))
	for _, id := range both {
		out = append(out, w.view(viewer, w.channels[id]))
	}
	return out
}
