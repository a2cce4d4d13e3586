package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// Caps of the lists, in rows that can be reached by any offset.
const (
	listCap      = 10_000 // Recent and Search in a supergroup
	broadcastCap = 200    // the same in a channel
	kickedCap    = 1_000
	pageCap      = 200 // rows a call; a larger limit is cut, not refused
	defaultPage  = 20  // for limit 0
)

// Filter says which of channels.getParticipants' lists is wanted.
type Filter int

// The lists. TL's "banned" is restricted and TL's "kicked" is banned; here they have TL's names.
const (
	Recent Filter = iota
	Admins
	Kicked
	Restricted
	Bots
	Search
	Contacts
	Mentions
)

// ListRequest asks for one page of a list.
type ListRequest struct {
	Filter        Filter
	Query         string
	Offset, Limit int
	Hash          int64
}

// List is one page. Count is what the server says the list holds, which is not participants_count.
type List struct {
	NotModified bool
	Count       int
	Rows        []tg.ChannelParticipantClass
	Users       []tg.UserClass
	Chats       []tg.ChatClass
}

// Participants returns one page as viewer sees it. Past the end or past the cap it is empty.
func (w *World) Participants(viewer UserID, id ChannelID, q ListRequest) (*List, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(viewer, id)
	if err != nil {
		return nil, err
	}
	if err := c.mayList(viewer, q.Filter); err != nil {
		return nil, err
	}
	if q.Offset < 0 {
		return nil, refuse(400, "OFFSET_INVALID")
	}
	w.chatter(c)
	now := w.now()
	found := w.find(c, viewer, q, now)
	limit := min(q.Limit, pageCap)
	if limit <= 0 {
		limit = defaultPage
	}
	page := found.slice(q.Offset, limit)
	out := &List{Count: found.count(q.Offset)}
	if q.Hash != 0 && q.Hash == pageHash(page) {
		out.NotModified = true
		return out, nil
	}
	w.fill(out, c, viewer, page, now)
	return out, nil
}

// mayList refuses what plain members may not ask.
func (c *channel) mayList(viewer UserID, f Filter) error {
	if c.isAdmin(viewer) {
		return nil
	}
	if c.broadcast || f == Kicked || f == Restricted {
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	return nil
}

// fill renders the page's rows and everybody they name.
func (w *World) fill(out *List, c *channel, viewer UserID, page []peer, now int32) {
	e := c.eyes(viewer)
	out.Rows = make([]tg.ChannelParticipantClass, 0, len(page))
	mentioned := make([]UserID, 0, len(page)+8)
	for _, p := range page {
		if p.kind == kindChannel {
			out.Rows = append(out.Rows, c.channelBanRow(ChannelID(p.id)))
			out.Chats = append(out.Chats, w.view(viewer, w.channels[ChannelID(p.id)]))
			continue
		}
		s := c.shown(UserID(p.id), now)
		if r := s.row(e); r != nil {
			out.Rows = append(out.Rows, r)
			mentioned = append(mentioned, s.mentioned()...)
		}
	}
	out.Users = w.users(viewer, mentioned...)
	out.Chats = append(out.Chats, w.view(viewer, c))
}

func (c *channel) channelBanRow(id ChannelID) tg.ChannelParticipantClass {
	i := slices.IndexFunc(c.channelBans, func(b channelBan) bool { return b.channel == id })
	b := c.channelBans[i].ban
	return &tg.ChannelParticipantBanned{
		Left: true, Peer: &tg.PeerChannel{ChannelID: int64(id)}, KickedBy: int64(b.by),
		Date: int(b.date), BannedRights: b.bannedRights(),
	}
}

// found is a whole list, or for Recent the order itself, read backwards.
type found struct {
	peers []peer
	c     *channel // set: the list is c.order, newest first
	cap   int
}

func (f found) len() int {
	if f.c != nil {
		return len(f.c.order)
	}
	return len(f.peers)
}

// count is the true length at offset 0, and at most the cap later: the server's counts lie so.
func (f found) count(offset int) int {
	if offset == 0 {
		return f.len()
	}
	return min(f.len(), f.cap)
}

func (f found) slice(offset, limit int) []peer {
	n := min(f.len(), f.cap)
	if offset >= n {
		return nil
	}
	end := min(offset+limit, n)
	if f.c == nil {
		return f.peers[offset:end]
	}
	page := make([]peer, 0, end-offset)
	for k := offset; k < end; k++ {
		i := f.c.order[len(f.c.order)-1-k]
		page = append(page, peer{kindUser, int64(f.c.rows[i].user)})
	}
	return page
}

func (w *World) find(c *channel, viewer UserID, q ListRequest, now int32) found {
	top := listCap
	if c.broadcast {
		top = broadcastCap
	}
	switch q.Filter {
	case Admins:
		return found{peers: c.adminList(c.isAdmin(viewer)), cap: top}
	case Bots:
		return found{peers: c.botList(), cap: top}
	case Kicked:
		return found{peers: w.search(c.banList(true, now), q.Query), cap: kickedCap}
	case Restricted:
		return found{peers: w.search(c.banList(false, now), q.Query), cap: top}
	case Contacts: // nobody here keeps an address book
		return found{cap: top}
	default:
	}
	if c.hidden && !c.isAdmin(viewer) {
		return found{peers: w.search(c.publicFew(), q.Query), cap: top}
	}
	words := queryWords(q.Query)
	if q.Filter == Recent || len(words) == 0 {
		return found{c: c, cap: top}
	}
	if !c.broadcast {
		top = w.opts.SearchCap
	}
	return found{peers: w.searchOrder(c, words), cap: top}
}

// adminList is the creator, then admins by promotion.
func (c *channel) adminList(all bool) []peer {
	ids := make([]UserID, 0, len(c.admins))
	for u := range c.admins {
		if all || !c.anonymous(u) {
			ids = append(ids, u)
		}
	}
	slices.SortFunc(ids, func(a, b UserID) int {
		return cmp2(c.admins[a].date, c.admins[b].date, a, b)
	})
	out := make([]peer, 0, len(ids)+1)
	if c.isIn(c.creator) {
		out = append(out, peer{kindUser, int64(c.creator)})
	}
	for _, u := range ids {
		out = append(out, peer{kindUser, int64(u)})
	}
	return out
}

func (c *channel) botList() []peer {
	var out []peer
	for _, i := range c.bots {
		if c.rows[i].in {
			out = append(out, peer{kindUser, int64(c.rows[i].user)})
		}
	}
	return out
}

// publicFew are whom plain members see where members are hidden.
func (c *channel) publicFew() []peer {
	out := c.adminList(false)
	for _, p := range c.botList() {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// banList is the banned with full, else the restricted, newest first; banned channels come last.
func (c *channel) banList(full bool, now int32) []peer {
	var ids []UserID
	for u := range c.bans {
		if b := c.shownBan(u, now); b != nil && b.rights.ViewMessages == full {
			ids = append(ids, u)
		}
	}
	slices.SortFunc(ids, func(a, b UserID) int { return cmp2(c.bans[b].date, c.bans[a].date, a, b) })
	out := make([]peer, 0, len(ids)+len(c.channelBans))
	for _, u := range ids {
		out = append(out, peer{kindUser, int64(u)})
	}
	for _, b := range c.channelBans {
		if full {
			out = append(out, peer{kindChannel, int64(b.channel)})
		}
	}
	return out
}

// pageHash folds the page's ids, sorted, as clients do for their cached page.
func pageHash(page []peer) int64 {
	ids := make([]uint64, len(page))
	for i, p := range page {
		ids[i] = uint64(p.id)
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

// Participant returns one person's place as viewer sees it, with everybody the row names.
func (w *World) Participant(viewer UserID, id ChannelID, u UserID) (*List, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(viewer, id)
	if err != nil {
		return nil, err
	}
	if c.broadcast && !c.isAdmin(viewer) {
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	if u != viewer && !c.isAdmin(viewer) {
		if err := w.mayLookUp(viewer, c, u); err != nil {
			return nil, err
		}
	}
	s := c.shown(u, w.now())
	r := s.row(c.eyes(viewer))
	if r == nil {
		return nil, refuse(400, "USER_NOT_PARTICIPANT")
	}
	return &List{
		Count: 1, Rows: []tg.ChannelParticipantClass{r},
		Users: w.users(viewer, s.mentioned()...), Chats: []tg.ChatClass{w.view(viewer, c)},
	}, nil
}

// mayLookUp refuses lookups by who is no admin: bots know only whom they have talked with, and
// hidden members are nobody's business.
func (w *World) mayLookUp(viewer UserID, c *channel, u UserID) error {
	if c.hidden {
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	if a := w.account(viewer); a.bot && w.talks[pair{viewer, u}] == nil {
		return refuse(400, "PARTICIPANT_ID_INVALID")
	}
	return nil
}
