package world

import "github.com/gotd/td/tg"

// chat is a basic group: at most 200 members, no usernames, no bans.
type chat struct {
	id      ChatID
	title   string
	creator UserID
	created int32
	version int
	members []chatMember
}

type chatMember struct {
	user, inviter UserID
	date          int32
	admin         bool
}

func (g *chat) ids() []int64 {
	out := make([]int64, 0, len(g.members))
	for _, m := range g.members {
		out = append(out, int64(m.user))
	}
	return out
}

func (g *chat) has(u UserID) bool {
	for _, m := range g.members {
		if m.user == u {
			return true
		}
	}
	return false
}

// view returns the chat as u sees it: who is not in it sees its name.
func (g *chat) view(u UserID) tg.ChatClass {
	if !g.has(u) {
		return &tg.ChatForbidden{ID: int64(g.id), Title: g.title}
	}
	c := &tg.Chat{
		ID: int64(g.id), Title: g.title, Creator: u == g.creator, Photo: &tg.ChatPhotoEmpty{},
		ParticipantsCount: len(g.members), Date: int(g.created), Version: g.version,
	}
	c.SetDefaultBannedRights(tg.ChatBannedRights{})
	return c
}

// FullChat returns a basic group with its complete list, or that the list is forbidden to who is
// not in it.
func (w *World) FullChat(u UserID, id ChatID) (*tg.MessagesChatFull, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.chats[id]
	if g == nil {
		return nil, refuse(400, "CHAT_ID_INVALID")
	}
	full := &tg.ChatFull{ID: int64(id), ChatPhoto: &tg.PhotoEmpty{}}
	out := &tg.MessagesChatFull{FullChat: full, Chats: []tg.ChatClass{g.view(u)}}
	if !g.has(u) {
		full.Participants = &tg.ChatParticipantsForbidden{ChatID: int64(id)}
		return out, nil
	}
	list := &tg.ChatParticipants{ChatID: int64(id), Version: g.version}
	var mentioned []UserID
	for _, m := range g.members {
		list.Participants = append(list.Participants, g.row(m))
		mentioned = append(mentioned, m.user, m.inviter)
	}
	full.Participants = list
	out.Users = w.users(u, mentioned...)
	return out, nil
}

func (g *chat) row(m chatMember) tg.ChatParticipantClass {
	switch {
	case m.user == g.creator:
		return &tg.ChatParticipantCreator{UserID: int64(m.user)}
	case m.admin:
		return &tg.ChatParticipantAdmin{UserID: int64(m.user), InviterID: int64(m.inviter), Date: int(m.date)}
	}
	return &tg.ChatParticipant{UserID: int64(m.user), InviterID: int64(m.inviter), Date: int(m.date)}
}

// Chats returns the basic groups by their ids.
func (w *World) Chats(u UserID, ids []ChatID) ([]tg.ChatClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]tg.ChatClass, 0, len(ids))
	for _, id := range ids {
		g := w.chats[id]
		if g == nil {
			return nil, refuse(400, "CHAT_ID_INVALID")
		}
		out = append(out, g.view(u))
	}
	return out, nil
}
