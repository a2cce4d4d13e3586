package world

import (
	"slices"
	"sort"
	"strings"

	"github.com/gotd/td/tg"
)

// logKind is the action of an admin log event.
type logKind uint8

const (
	logJoin logKind = iota + 1
	logJoinByInvite
	logLeave
	logToggleBan
	logToggleAdmin
)

// logEvent is one line of the admin log.
type logEvent struct {
	id         int64
	date       int32
	kind       logKind
	actor      UserID
	prev, next standing
}

// Admin log limits: what is older than 48 hours is gone, and a page has at most 100 events.
const (
	logLife = 48 * 3600
	logPage = 100
)

// append writes the change into the log. Ids grow, with gaps, as Telegram's do.
func (c *channel) append(w *World, ch change, now int32) {
	c.lastLog += 1 + w.rng.Int64N(1000)
	c.log = append(c.log, logEvent{
		id: c.lastLog, date: now, kind: ch.kind, actor: ch.actor, prev: ch.prev, next: ch.next,
	})
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
	out := &tg.ChannelsAdminLogResults{Chats: []tg.ChatClass{w.view(viewer, c)}}
	var mentioned []UserID
	e := c.eyes(viewer)
	for i := c.logBelow(q.MaxID) - 1; i >= 0 && len(out.Events) < limit; i-- {
		ev := c.log[i]
		if ev.id <= q.MinID {
			break
		}
		if !w.logMatches(ev, q) {
			continue
		}
		out.Events = append(out.Events, tg.ChannelAdminLogEvent{
			ID: ev.id, Date: int(ev.date), UserID: int64(ev.actor), Action: c.action(ev, e),
		})
		mentioned = append(append(append(mentioned, ev.actor), ev.prev.mentioned()...), ev.next.mentioned()...)
	}
	out.Users = w.users(viewer, mentioned...)
	return out, nil
}

// forget drops what the log no longer keeps.
func (c *channel) forget(now int32) {
	k := sort.Search(len(c.log), func(k int) bool { return c.log[k].date >= now-logLife })
	c.log = c.log[k:]
}

// logBelow returns how many events have an id below maxID.
func (c *channel) logBelow(maxID int64) int {
	if maxID <= 0 {
		return len(c.log)
	}
	return sort.Search(len(c.log), func(k int) bool { return c.log[k].id >= maxID })
}

func (w *World) logMatches(ev logEvent, q LogRequest) bool {
	if q.Filter != nil && !ev.flagged(q.Filter) {
		return false
	}
	if len(q.Admins) > 0 && !slices.Contains(q.Admins, ev.actor) {
		return false
	}
	words := queryWords(q.Query)
	if len(words) == 0 {
		return strings.TrimSpace(q.Query) == ""
	}
	return w.account(ev.actor).matches(words) || w.account(ev.prev.user).matches(words)
}

// flagged says whether a flag of the filter wants the event. TL's ban is restricting, TL's kick banning.
func (ev logEvent) flagged(f *tg.ChannelAdminLogEventsFilter) bool {
	switch ev.kind {
	case logJoin, logJoinByInvite:
		return f.Join
	case logLeave:
		return f.Leave
	case logToggleAdmin:
		if ev.next.admin == nil {
			return f.Demote
		}
		return f.Promote
	case logToggleBan:
		return f.Kick && ev.next.banned() && !ev.prev.banned() ||
			f.Unkick && ev.prev.banned() && !ev.next.banned() ||
			f.Ban && ev.next.restricted() ||
			f.Unban && ev.prev.restricted() && ev.next.ban == nil
	}
	return false
}

func (c *channel) action(ev logEvent, e eyes) tg.ChannelAdminLogEventActionClass {
	switch ev.kind {
	case logJoin:
		return &tg.ChannelAdminLogEventActionParticipantJoin{}
	case logJoinByInvite:
		return &tg.ChannelAdminLogEventActionParticipantJoinByInvite{Invite: c.exported()}
	case logLeave:
		return &tg.ChannelAdminLogEventActionParticipantLeave{}
	case logToggleAdmin:
		return &tg.ChannelAdminLogEventActionParticipantToggleAdmin{
			PrevParticipant: ev.prev.loggedRow(e), NewParticipant: ev.next.loggedRow(e),
		}
	default:
		return &tg.ChannelAdminLogEventActionParticipantToggleBan{
			PrevParticipant: ev.prev.loggedRow(e), NewParticipant: ev.next.loggedRow(e),
		}
	}
}
