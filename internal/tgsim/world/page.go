package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// place is one line of a page: a row of the channel, or with row -1 a peer that may have none.
type place struct {
	row int32
	peer
}

// page cuts out the places from offset, as far as the list can be read.
func (f found) page(offset, limit int) []place {
	have := len(f.rows)
	if f.peers != nil {
		have = len(f.peers)
	}
	have = min(have, f.cap)
	if offset >= have {
		return nil
	}
	end := min(offset+limit, have)
	out := make([]place, 0, end-offset)
	for k := offset; k < end; k++ {
		switch {
		case f.peers != nil:
			out = append(out, place{-1, f.peers[k]})
		case f.backward:
			out = append(out, place{row: f.rows[len(f.rows)-1-k]})
		default:
			out = append(out, place{row: f.rows[k]})
		}
	}
	return out
}

// id64 returns the bare id of who is there.
func (c *channel) id64(p place) int64 {
	if p.row >= 0 {
		return int64(c.rows[p.row].user)
	}
	return p.id
}

// pageHash folds the page's ids, sorted, as clients do for their cached page.
func pageHash(c *channel, page []place) int64 {
	ids := make([]uint64, len(page))
	for i, p := range page {
		ids[i] = uint64(c.id64(p))
	}
	slices.Sort(ids)
	var h uint64
	for _, id := range ids {
		h ^= h >> 21
		h ^= h << 35
		h ^= h >> 4
		h += id
	}
	return int64(h)
}

// fill renders the page's rows and everybody they name. Rows and users of plain members are allocated together: a
// page of 200 would else be 400 objects, and making them most of its time.
func (w *World) fill(out *List, c *channel, viewer UserID, page []place, now int32) {
	e := c.eyes(viewer)
	out.Rows = make([]tg.ChannelParticipantClass, 0, len(page))
	f := faces{w: w, viewer: viewer, users: make([]tg.User, 0, len(page)+8)}
	plain := make([]tg.ChannelParticipant, 0, len(page))
	for _, p := range page {
		if p.kind == kindChannel {
			r, b := c.channelBanRow(ChannelID(p.id))
			out.Rows = append(out.Rows, r)
			out.Chats = append(out.Chats, w.view(viewer, w.channels[ChannelID(p.id)]))
			f.later(b.by)
			continue
		}
		var s standing
		if p.row >= 0 {
			s = c.standingAt(p.row, now)
		} else {
			s = c.standing(UserID(p.id), now)
		}
		s.ban = c.shownBan(s.user, now)
		if s.ordinary(e) {
			plain = append(plain, tg.ChannelParticipant{UserID: int64(s.user), Date: int(s.joined)})
			out.Rows = append(out.Rows, &plain[len(plain)-1])
			f.add(s.user)
			continue
		}
		if r := s.row(e); r != nil {
			out.Rows = append(out.Rows, r)
			f.add(s.user)
			f.later(namedBy(r)...)
		}
	}
	out.Users = f.all()
	out.Chats = append(out.Chats, w.view(viewer, c))
}

// namedBy returns whom a row names beside the person whose it is.
func namedBy(r tg.ChannelParticipantClass) []UserID {
	switch r := r.(type) {
	case *tg.ChannelParticipantSelf:
		return []UserID{UserID(r.InviterID)}
	case *tg.ChannelParticipantAdmin:
		return []UserID{UserID(r.InviterID), UserID(r.PromotedBy)}
	case *tg.ChannelParticipantBanned:
		return []UserID{UserID(r.KickedBy)}
	}
	return nil
}

// faces collects the users of a page: the people of its rows, each once by itself, then whom rows name beside.
type faces struct {
	w      *World
	viewer UserID
	users  []tg.User
	beside []UserID
}

func (f *faces) add(u UserID) {
	if a := f.w.account(u); a != nil {
		f.users = append(f.users, tg.User{})
		f.w.portray(f.viewer, a, &f.users[len(f.users)-1])
	}
}

func (f *faces) later(ids ...UserID) {
	for _, u := range ids {
		if u != 0 && !slices.Contains(f.beside, u) {
			f.beside = append(f.beside, u)
		}
	}
}

func (f *faces) all() []tg.UserClass {
	for _, u := range f.beside {
		if !slices.ContainsFunc(f.users, func(t tg.User) bool { return t.ID == int64(u) }) {
			f.add(u)
		}
	}
	out := make([]tg.UserClass, 0, len(f.users))
	for i := range f.users {
		out = append(out, &f.users[i])
	}
	return out
}

// channelBanRow returns the row of a banned channel, and its ban.
func (c *channel) channelBanRow(id ChannelID) (tg.ChannelParticipantClass, ban) {
	i := slices.IndexFunc(c.channelBans, func(b channelBan) bool { return b.channel == id })
	b := c.channelBans[i].ban
	return b.rowOf(id), b
}
