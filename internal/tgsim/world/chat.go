package world

import "github.com/gotd/td/tg"

// chat is a basic group: at most 200 members, no usernames, no bans.
type chat struct {
	id      ChatID
	title   string
	creator UserID
	created int32
	version int // one more with every change of members, admins, title or defaults
	about   string
	// defaults are what plain members may not do.
	defaults tg.ChatBannedRights
	members  []chatMember
	// removed are people who were here and are not: true if somebody put them out.
	removed  map[UserID]bool
	upgraded ChannelID // what it has become; 0 is none. Then it cannot be written to
	last     *letter   // messageActionChatMigrateTo, when upgraded
}

type chatMember struct {
	user, inviter UserID
	date          int32
	admin         bool
}

// maxChat is config.chat_size_max.
const maxChat = 200

func (g *chat) ids() []int64 {
	out := make([]int64, 0, len(g.members))
	for _, m := range g.members {
		out = append(out, int64(m.user))
	}
	return out
}

// member returns the person's place, nil for who is not in the group. It is good until the next change.
func (g *chat) member(u UserID) *chatMember {
	for i := range g.members {
		if g.members[i].user == u {
			return &g.members[i]
		}
	}
	return nil
}

func (g *chat) has(u UserID) bool { return g.member(u) != nil }

// leads says whether u is the creator or an admin.
func (g *chat) leads(u UserID) bool {
	m := g.member(u)
	return m != nil && (m.admin || u == g.creator)
}

// chatView returns the chat as u sees it. Who was put out sees its name, as does who was never in it; who has left
// by themselves sees that; and when it has become a supergroup, its former members see which.
func (w *World) chatView(u UserID, g *chat) tg.ChatClass {
	m := g.member(u)
	removed, was := g.removed[u]
	if m == nil && (removed || !was) {
		return &tg.ChatForbidden{ID: int64(g.id), Title: g.title}
	}
	c := &tg.Chat{
		ID: int64(g.id), Title: g.title, Creator: u == g.creator, Photo: &tg.ChatPhotoEmpty{}, Left: m == nil,
		ParticipantsCount: len(g.members), Date: int(g.created), Version: g.version,
	}
	c.SetDefaultBannedRights(g.defaults)
	if m != nil && m.admin {
		c.SetAdminRights(ModeratorRights())
	}
	if g.upgraded != 0 {
		c.Deactivated, c.ParticipantsCount = true, 0
		c.SetMigratedTo(&tg.InputChannel{
			ChannelID: int64(g.upgraded), AccessHash: w.accessHash(u, peer{kindChannel, int64(g.upgraded)}),
		})
	}
	return c
}

// FullChat returns a basic group with its complete list, or that the list is forbidden: to who is not in it, and to
// everybody once it has become a supergroup.
func (w *World) FullChat(u UserID, id ChatID) (*tg.MessagesChatFull, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.chats[id]
	if g == nil {
		return nil, refuse(400, "CHAT_ID_INVALID")
	}
	full := &tg.ChatFull{ID: int64(id), ChatPhoto: &tg.PhotoEmpty{}, About: g.about}
	out := &tg.MessagesChatFull{FullChat: full, Chats: []tg.ChatClass{w.chatView(u, g)}}
	full.Participants = g.participants(u)
	if g.upgraded != 0 {
		out.Chats = append(out.Chats, w.view(u, w.channels[g.upgraded]))
		return out, nil
	}
	if g.has(u) {
		out.Users = w.users(u, g.mentioned()...)
	}
	if g.leads(u) {
		full.SetExportedInvite(g.exported())
	}
	var bots []tg.BotInfo
	for _, m := range g.members {
		if w.account(m.user).bot && g.has(u) {
			info := tg.BotInfo{}
			info.SetUserID(int64(m.user))
			bots = append(bots, info)
		}
	}
	if len(bots) > 0 {
		full.SetBotInfo(bots)
	}
	return out, nil
}

// participants returns the list as u may see it.
func (g *chat) participants(u UserID) tg.ChatParticipantsClass {
	if !g.has(u) || g.upgraded != 0 {
		return &tg.ChatParticipantsForbidden{ChatID: int64(g.id)}
	}
	list := &tg.ChatParticipants{ChatID: int64(g.id), Version: g.version}
	for _, m := range g.members {
		list.Participants = append(list.Participants, g.row(m))
	}
	return list
}

// mentioned returns everybody whom the list names.
func (g *chat) mentioned() []UserID {
	var out []UserID
	for _, m := range g.members {
		out = append(out, m.user, m.inviter)
	}
	return out
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
		out = append(out, w.chatView(u, g))
	}
	return out, nil
}
