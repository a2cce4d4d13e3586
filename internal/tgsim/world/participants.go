package world

import (
	"slices"

	"github.com/gotd/td/tg"
)

// Caps of the lists, in rows that can be reached by any offset.
const (
	listCap      = 10_000 // Recent and Search in a supergroup, unless the options say otherwise
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
	w.pass()
	w.stir(c)
	now := w.now()
	limit := min(q.Limit, pageCap)
	if limit <= 0 {
		limit = defaultPage
	}
	found := w.find(c, viewer, q, now)
	page := found.page(q.Offset, limit)
	if limit == len(page) && w.short(c, q) {
		page = page[:limit-1]
	}
	out := &List{Count: w.count(c, found, q)}
	if q.Hash != 0 && q.Hash == pageHash(c, page) {
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

// found is a whole list: rows of the channel, or peers who may be outside. total may be more
// than can be read.
type found struct {
	rows     []int32 // the channel's own, not to be changed
	backward bool    // rows is in the opposite order
	peers    []peer
	total    int
	cap      int
	everyone bool // the list is of all members
}

// some makes the list of peers.
func some(peers []peer, most int) found { return found{peers: peers, total: len(peers), cap: most} }

// find returns the list that q asks for.
func (w *World) find(c *channel, viewer UserID, q ListRequest, now int32) found {
	top := w.recentCap(c)
	switch q.Filter {
	case Admins:
		return some(c.adminList(c.isAdmin(viewer)), top)
	case Bots:
		return some(c.botList(), top)
	case Kicked:
		return some(w.search(c.banList(true, now), q.Query), kickedCap)
	case Restricted:
		return some(w.search(c.banList(false, now), q.Query), top)
	case Contacts:
		return some(w.search(w.contactList(c, viewer), q.Query), top)
	default:
	}
	if c.hides(viewer) {
		return some(w.search(c.publicFew(), q.Query), top)
	}
	rules := w.opts.Search
	if q.Filter == Mentions {
		rules.Transliterate = false
	}
	m := rules.matcher(q.Query)
	if q.Filter == Recent || m.everybody() {
		return w.recent(c, top)
	}
	if !c.broadcast {
		top = w.opts.SearchCap
	}
	rows, total := w.searchRows(c, m, top)
	return found{rows: rows, total: total, cap: top}
}

// recentCap is how many rows of everybody can be read.
func (w *World) recentCap(c *channel) int {
	switch {
	case c.broadcast:
		return broadcastCap
	case w.opts.Lists.Cap > 0:
		return w.opts.Lists.Cap + w.opts.Lists.Slack
	}
	return listCap + w.opts.Lists.Slack
}

// recent lists everybody, the most recently active first.
func (w *World) recent(c *channel, top int) found {
	f := found{rows: c.order, backward: true, total: len(c.order), cap: top, everyone: true}
	if w.opts.Lists.Ghosts <= 0 {
		return f
	}
	f.backward, f.rows = false, make([]int32, 0, min(len(c.order), top))
	for _, row := range slices.Backward(c.order) {
		if len(f.rows) == top {
			break
		}
		if !w.ghost(c, c.rows[row].user) {
			f.rows = append(f.rows, row)
		}
	}
	return f
}

// count is what the server says the list holds: the truth at offset 0, and at most the cap later, unless the
// rules have it otherwise. In channels it is always cut.
func (w *World) count(c *channel, f found, q ListRequest) int {
	rules := w.opts.Lists
	n := f.total
	if f.everyone && rules.CountDeleted {
		n += c.deletedInside()
	}
	if q.Offset == 0 && rules.CountNoise > 0 {
		// Between -CountNoise and +CountNoise thousandths, the same for an hour.
		chance := mix(w.seed^uint64(w.now()/3600)^uint64(q.Filter)<<32) ^ mix(uint64(len(q.Query))^uint64(n))
		n += n * (int(mix(chance)%uint64(2*rules.CountNoise+1)) - rules.CountNoise) / 1000
	}
	reachable := max(0, f.cap-rules.Slack)
	switch {
	case rules.Counts == CountsAbsent:
		return 0
	case q.Offset > 0, c.broadcast, rules.Counts == CountsCut:
		return min(n, reachable)
	}
	return n
}

// deletedInside counts deleted accounts: inside, but in no list, and not anonymous admins either.
func (c *channel) deletedInside() int {
	n := c.inside - len(c.order)
	for u := range c.admins {
		if c.anonymous(u) {
			n--
		}
	}
	return n
}

// short says whether a full page ends a row early. The row comes first in the next page of who goes on
// where this one ended.
func (w *World) short(c *channel, q ListRequest) bool {
	one := w.opts.Lists.ShortPages
	return one > 0 && mix(w.seed^uint64(c.id)^uint64(q.Offset)<<8^uint64(q.Filter)^uint64(len(q.Query))<<40)%uint64(one) == 0
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

// hides says whether the viewer is shown only who runs the channel.
func (c *channel) hides(viewer UserID) bool { return c.hidden && !c.isAdmin(viewer) }

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

// banList is the banned with full, else the restricted, newest first.
func (c *channel) banList(full bool, now int32) []peer {
	type dated struct {
		date int32
		p    peer
	}
	list := make([]dated, 0, len(c.bans)+len(c.channelBans))
	for u, b := range c.bans {
		if b.rights.ViewMessages == full && b.shownFor(u, now) {
			list = append(list, dated{b.date, peer{kindUser, int64(u)}})
		}
	}
	if full {
		for _, b := range c.channelBans {
			list = append(list, dated{b.ban.date, peer{kindChannel, int64(b.channel)}})
		}
	}
	slices.SortFunc(list, func(a, b dated) int {
		if a.date != b.date {
			return int(b.date) - int(a.date)
		}
		return int(a.p.id - b.p.id)
	})
	out := make([]peer, 0, len(list))
	for _, d := range list {
		out = append(out, d.p)
	}
	return out
}
