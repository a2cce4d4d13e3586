package world

import (
	"slices"
	"sort"
	"strings"

	"github.com/gotd/td/tg"
)

// logEvent is one line of the admin log, kept small: a raid writes thousands. What is no change of a person's place
// has its own detail.
type logEvent struct {
	id       int64
	date     int32
	kind     logKind
	path     path
	nameless bool // does not say who acted
	actor    UserID
	approver UserID
	invite   *invite
	detail   *detail
	prev     standing
	next     standing
}

// detail is what an event about the channel itself says, made afresh for each reader.
type detail struct {
	say   func(viewer UserID) tg.ChannelAdminLogEventActionClass
	text  string // that q finds
	named []UserID
	chats []ChannelID
}

// Admin log limits: what is older than 48 hours is gone, and a page has at most 100 events.
const (
	logLife = 48 * 3600
	logPage = 100
	// logSweep is how many events come between two looks at what is too old, though nobody reads the log.
	logSweep = 1024
)

// append writes the change of somebody's place into the log.
func (c *channel) append(w *World, ch change, now int32) {
	most := w.opts.Joins.Nameless
	came := ch.kind == logJoin || ch.kind == logJoinByInvite || ch.kind == logJoinByRequest
	c.enlog(w, logEvent{
		date: now, kind: ch.kind, path: ch.path, invite: ch.invite, approver: ch.approver, detail: ch.detail,
		actor: ch.actor, prev: ch.prev, next: ch.next, nameless: came && most > 0 && c.inside > most,
	})
}

// enlog gives the event its id. Ids grow, with gaps, as Telegram's do.
func (c *channel) enlog(w *World, ev logEvent) {
	c.lastLog += 1 + w.rng.Int64N(1000)
	ev.id = c.lastLog
	c.log = append(c.log, ev)
	if len(c.log)%logSweep == 0 {
		c.forget(ev.date)
	}
}

// tellLog writes what an admin did to the channel itself into its log.
func (w *World) tellLog(c *channel, by UserID, kind logKind, d detail) {
	w.tellWatcherOfLog(c, by, kind, d)
	c.enlog(w, logEvent{date: w.now(), kind: kind, actor: by, detail: &d})
}

// LogRequest asks for a page of the admin log: events with an id below MaxID (0: from the newest)
// and above MinID. Filter nil is everything, else the union of its flags.
type LogRequest struct {
	Query        string
	Filter       *tg.ChannelAdminLogEventsFilter
	Admins       []UserID
	MaxID, MinID int64
	Limit        int
}

// AdminLog returns a page, newest first.
func (w *World) AdminLog(viewer UserID, id ChannelID, q LogRequest) (*tg.ChannelsAdminLogResults, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.reach(viewer, id)
	if err != nil {
		return nil, err
	}
	if !c.isAdmin(viewer) {
		return nil, refuse(403, "CHAT_ADMIN_REQUIRED")
	}
	limit := min(q.Limit, logPage)
	if limit <= 0 {
		limit = defaultPage
	}
	c.forget(w.now())
	out := new(tg.ChannelsAdminLogResults)
	var mentioned []UserID
	chats := []peer{c.peer()}
	for i := c.logBelow(q.MaxID) - 1; i >= 0 && len(out.Events) < limit; i-- {
		ev := c.log[i]
		if ev.id <= q.MinID {
			break
		}
		if !w.logMatches(ev, q) {
			continue
		}
		out.Events = append(out.Events, tg.ChannelAdminLogEvent{
			ID: ev.id, Date: int(ev.date), UserID: int64(ev.shownActor()), Action: c.action(ev, viewer),
		})
		mentioned = append(mentioned, ev.mentioned()...)
		chats = append(chats, w.chatsOf(ev)...)
	}
	out.Users, out.Chats = w.users(viewer, mentioned...), w.chatFaces(viewer, chats...)
	return out, nil
}

// forget drops what the log no longer keeps.
func (c *channel) forget(now int32) {
	k := sort.Search(len(c.log), func(k int) bool { return c.log[k].date >= now-logLife })
	if k > 0 {
		c.log = slices.Clone(c.log[k:])
	}
}

// logBelow returns how many events have an id below maxID.
func (c *channel) logBelow(maxID int64) int {
	if maxID <= 0 {
		return len(c.log)
	}
	return sort.Search(len(c.log), func(k int) bool { return c.log[k].id >= maxID })
}

func (w *World) logMatches(ev logEvent, q LogRequest) bool {
	if q.Filter != nil && !w.flagged(ev, q.Filter) {
		return false
	}
	if len(q.Admins) > 0 && !slices.Contains(q.Admins, ev.shownActor()) {
		return false
	}
	words := queryWords(q.Query)
	if len(words) == 0 {
		return strings.TrimSpace(q.Query) == ""
	}
	for _, u := range ev.mentioned() {
		if a := w.account(u); a != nil && a.matches(words) {
			return true
		}
	}
	return ev.detail != nil && (&account{first: ev.detail.text}).matches(words)
}

func (ev logEvent) shownActor() UserID {
	if ev.nameless {
		return 0
	}
	return ev.actor
}

// mentioned returns everybody whom the event names.
func (ev logEvent) mentioned() []UserID {
	out := []UserID{ev.approver}
	if ev.invite != nil {
		out = append(out, ev.invite.by)
	}
	if ev.detail != nil {
		out = append(out, ev.detail.named...)
	}
	if ev.nameless {
		return out
	}
	return append(append(append(out, ev.actor), ev.prev.mentioned()...), ev.next.mentioned()...)
}

// chatsOf returns the chats whom the event names and who exist.
func (w *World) chatsOf(ev logEvent) []peer {
	if ev.detail == nil {
		return nil
	}
	var out []peer
	for _, id := range ev.detail.chats {
		if c := w.channels[id]; c != nil {
			out = append(out, c.peer())
		}
	}
	return out
}

func (c *channel) action(ev logEvent, viewer UserID) tg.ChannelAdminLogEventActionClass {
	if ev.detail != nil {
		return ev.detail.say(viewer)
	}
	e := c.eyes(viewer)
	switch ev.kind {
	case logJoin:
		return &tg.ChannelAdminLogEventActionParticipantJoin{}
	case logJoinByInvite:
		return &tg.ChannelAdminLogEventActionParticipantJoinByInvite{
			ViaChatlist: ev.path == byFolder, Invite: c.inviteOf(ev.path, ev.invite),
		}
	case logJoinByRequest:
		return &tg.ChannelAdminLogEventActionParticipantJoinByRequest{
			Invite: c.inviteOf(ev.path, ev.invite), ApprovedBy: int64(ev.approver),
		}
	case logInvite:
		return &tg.ChannelAdminLogEventActionParticipantInvite{Participant: ev.next.loggedRow(e)}
	case logLeave:
		return &tg.ChannelAdminLogEventActionParticipantLeave{}
	case logToggleAdmin:
		return &tg.ChannelAdminLogEventActionParticipantToggleAdmin{
			PrevParticipant: ev.prev.loggedRow(e), NewParticipant: ev.next.loggedRow(e),
		}
	default: // only bans have no detail of their own
		return &tg.ChannelAdminLogEventActionParticipantToggleBan{
			PrevParticipant: ev.prev.loggedRow(e), NewParticipant: ev.next.loggedRow(e),
		}
	}
}
