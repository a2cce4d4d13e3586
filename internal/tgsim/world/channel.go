package world

import (
	"sort"

	"github.com/gotd/td/tg"
)

// channel is a supergroup or a broadcast channel.
type channel struct {
	id                     ChannelID
	title, username, about string
	created                int32
	creator                UserID
	broadcast              bool
	hidden                 bool      // participants_hidden: plain members see admins and bots only
	invite                 string    // the creator's own link
	links                  []*invite // all that were made; see primary
	asking                 []request // to be let in, oldest first
	set                    settings
	door                   door

	rows   []row            // everybody who ever was here, in no order
	index  map[UserID]int32 // into rows
	admins map[UserID]*admin
	bans   map[UserID]*ban
	// channelBans are banned channels: people may write as a channel, and are then banned as one.
	channelBans []channelBan
	bots        []int32 // rows of bots
	inside      int     // participants_count
	// order holds the rows that Recent lists, least recently active first.
	order []int32
	stamp int64 // the newest row.active

	lists listing // what makes order and names quick to search
	slow  slowMode

	pts, top   int       // of the channel's own message box
	topDate    int32     // of message top
	told       archive   // what the box still holds
	linked     ChannelID // the channel's discussion group, or the group's channel; 0 is none
	upgraded   *chat     // the basic group that this was, nil for most
	log        []logEvent
	lastLog    int64
	chatterDue int64 // Unix nanoseconds of the next message; 0 is silence
}

// row is a person's place in a channel, kept small: there may be 200,000.
type row struct {
	user    UserID
	inviter UserID // 0: came alone
	// active orders Recent: microseconds, made unique. 0 is not listed.
	active int64
	joined int32
	gone   int32 // when they last left; 0 is never
	in     bool
}

type admin struct {
	by     UserID
	date   int32
	rights tg.ChatAdminRights
	rank   string
}

// ban is a restriction or, with ViewMessages, a ban. until 0 is forever.
type ban struct {
	by          UserID
	date, until int32
	inside      bool // when it was done
	rights      tg.ChatBannedRights
}

type channelBan struct {
	channel ChannelID
	ban     ban
}

func newChannel(id ChannelID, title, username string, creator UserID, created int32) *channel {
	return &channel{
		id: id, title: title, username: username, creator: creator, created: created,
		index:  make(map[UserID]int32),
		admins: make(map[UserID]*admin),
		bans:   make(map[UserID]*ban),
		pts:    1, top: 1, topDate: created,
	}
}

func (c *channel) peer() peer { return peer{kindChannel, int64(c.id)} }

// put returns the person's row, made if need be.
func (c *channel) put(a *account) int32 {
	i, ok := c.index[a.id]
	if !ok {
		i = int32(len(c.rows))
		c.rows = append(c.rows, row{user: a.id})
		c.index[a.id] = i
		if a.bot {
			c.bots = append(c.bots, i)
		}
	}
	return i
}

func (c *channel) isIn(u UserID) bool {
	i, ok := c.index[u]
	return ok && c.rows[i].in
}

// isAdmin says whether u may see what is kept from plain members. A creator who left may not.
func (c *channel) isAdmin(u UserID) bool {
	return c.isIn(u) && (u == c.creator || c.admins[u] != nil)
}

// anonymous admins are in no list of members, only among the admins, and there for admins only.
func (c *channel) anonymous(u UserID) bool {
	a := c.admins[u]
	return a != nil && a.rights.Anonymous
}

// enter puts the person inside.
func (c *channel) enter(a *account, inviter UserID, now int32) {
	i := c.put(a)
	r := &c.rows[i]
	if r.in {
		return
	}
	r.in, r.inviter, r.joined = true, inviter, now
	if c.banOf(a.id, now) == nil {
		delete(c.bans, a.id) // one that has ended may be shown for a while, but not of who is back
	}
	c.inside++
	c.relist(a, now)
}

// exit takes the person out, and their admin rights with them.
func (c *channel) exit(u UserID, now int32) {
	i, ok := c.index[u]
	if !ok || !c.rows[i].in {
		return
	}
	c.rows[i].in, c.rows[i].gone = false, now
	c.inside--
	delete(c.admins, u)
	c.unlist(i)
}

// relist makes a person inside the most recently active one, or takes them off the list if they
// must not be on it.
func (c *channel) relist(a *account, now int32) {
	i, ok := c.index[a.id]
	if !ok {
		return
	}
	c.unlist(i)
	if !c.rows[i].in || a.deleted || c.anonymous(a.id) {
		return
	}
	c.stamp = max(c.stamp+1, int64(now)*1_000_000)
	c.rows[i].active = c.stamp
	c.order = append(c.order, i)
	c.lists.joinedList(c, i)
}

func (c *channel) unlist(i int32) {
	active := c.rows[i].active
	if active == 0 {
		return
	}
	k := sort.Search(len(c.order), func(k int) bool { return c.rows[c.order[k]].active >= active })
	c.order = append(c.order[:k], c.order[k+1:]...)
	c.rows[i].active = 0
	c.lists.leftList(i)
}

// banOf returns who is banned or restricted now. A timed ban ends by itself and nobody is told.
func (c *channel) banOf(u UserID, now int32) *ban {
	b := c.bans[u]
	if b == nil || b.until != 0 && b.until <= now {
		return nil
	}
	return b
}

// staleFor is how long some expired bans are still returned with their until_date in the past.
const staleFor = 7 * 24 * 3600

// shownBan is banOf, but for every fourth person an expired ban goes on being shown for some days:
// Telegram does that, and clients must lapse it themselves.
func (c *channel) shownBan(u UserID, now int32) *ban {
	if b := c.bans[u]; b != nil && b.shownFor(u, now) {
		return b
	}
	return nil
}

// shownFor says whether the ban of u is shown now.
func (b *ban) shownFor(u UserID, now int32) bool {
	return b.until == 0 || b.until > now || mix(uint64(u))%4 == 0 && now-b.until < staleFor
}

// view returns the channel as viewer sees it: channelForbidden to who is banned, or was never let
// into a private one.
func (w *World) view(viewer UserID, c *channel) tg.ChatClass {
	now := w.now()
	hash := w.accessHash(viewer, c.peer())
	if !c.open(viewer, now) {
		f := &tg.ChannelForbidden{
			ID: int64(c.id), AccessHash: hash, Title: c.title, Broadcast: c.broadcast, Megagroup: !c.broadcast,
		}
		if b := c.banOf(viewer, now); b != nil {
			f.UntilDate = int(b.until)
		}
		return f
	}
	ch := &tg.Channel{
		ID: int64(c.id), AccessHash: hash, Title: c.title, Username: c.username,
		Broadcast: c.broadcast, Megagroup: !c.broadcast,
		Photo: &tg.ChatPhotoEmpty{}, Date: int(c.created),
		Creator: viewer == c.creator, Left: !c.isIn(viewer),
		ParticipantsCount: c.inside,
	}
	if !c.broadcast {
		ch.SetDefaultBannedRights(tg.ChatBannedRights{ChangeInfo: true, PinMessages: true})
	}
	if i, ok := c.index[viewer]; ok && c.rows[i].in {
		ch.Date = int(c.rows[i].joined)
	}
	switch a := c.admins[viewer]; {
	case viewer == c.creator:
		ch.SetAdminRights(allRights())
	case a != nil:
		ch.SetAdminRights(a.rights)
	}
	if b := c.banOf(viewer, now); b != nil {
		ch.SetBannedRights(b.bannedRights())
	}
	ch.HasLink = c.linked != 0
	c.adorn(ch)
	return ch
}

// open says whether the viewer can see the channel at all.
func (c *channel) open(viewer UserID, now int32) bool {
	if b := c.banOf(viewer, now); b != nil && b.rights.ViewMessages {
		return false
	}
	return c.username != "" || c.isIn(viewer)
}
