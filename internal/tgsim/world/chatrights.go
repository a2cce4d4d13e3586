package world

import (
	"unicode/utf8"

	"github.com/gotd/td/tg"
)

// SetChatDefaults says what plain members of a basic group may not do, as its creator and admins can, and returns what
// the caller's client is answered. It is a change of the group: the version grows by one.
func (w *World) SetChatDefaults(by UserID, id ChatID, r tg.ChatBannedRights) (*tg.Updates, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.ledChat(by, id)
	r.Flags = 0
	switch {
	case err != nil:
		return nil, err
	case r.UntilDate != 0 && r.UntilDate != forever:
		return nil, refuse(400, "UNTIL_DATE_INVALID")
	case r.ViewMessages:
		return nil, refuse(406, "BANNED_RIGHTS_INVALID")
	}
	r.UntilDate = 0
	if r == g.defaults {
		return nil, refuse(400, "CHAT_NOT_MODIFIED")
	}
	g.defaults = r
	g.version++
	if w.watch != nil {
		w.happened(w.now(), "%s changed what members of the basic group %s may do", w.who(by), quoted(g.title))
	}
	var answer *tg.Updates
	for _, m := range g.members {
		if w.box(m.user) == nil {
			continue
		}
		updates := &tg.Updates{Date: int(w.now()), Updates: []tg.UpdateClass{&tg.UpdateChatDefaultBannedRights{
			Peer: &tg.PeerChat{ChatID: int64(id)}, DefaultBannedRights: r, Version: g.version,
		}}, Chats: []tg.ChatClass{w.chatView(m.user, g)}}
		if m.user == by {
			w.number(w.box(by), updates)
			answer = updates
			continue
		}
		w.push(m.user, updates)
	}
	return answer, nil
}

// SetChatAbout changes what a basic group says of itself.
func (w *World) SetChatAbout(by UserID, id ChatID, about string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, err := w.ledChat(by, id)
	switch {
	case err != nil:
		return err
	case utf8.RuneCountInString(about) > maxAbout:
		return refuse(400, "CHAT_ABOUT_TOO_LONG")
	case about == g.about:
		return refuse(400, "CHAT_ABOUT_NOT_MODIFIED")
	}
	g.about = about
	return nil
}

// ledChat returns the basic group if who acts leads it.
func (w *World) ledChat(by UserID, id ChatID) (*chat, error) {
	g, err := w.writableChat(by, id)
	if err == nil && !g.leads(by) {
		err = refuse(400, "CHAT_ADMIN_REQUIRED")
	}
	return g, err
}

// may says whether the member may do what the rights are about: everybody who leads the group may.
func (g *chat) may(u UserID, taken func(tg.ChatBannedRights) bool) bool {
	return g.leads(u) || !taken(g.defaults)
}
