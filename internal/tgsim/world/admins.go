package world

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gotd/td/tg"
)

// Bounds of admins: how many a channel may have, and how long their titles may be, in characters.
const (
	maxAdmins = 50
	maxRank   = 16
)

// EditAdmin gives, changes or, with no rights, takes away admin rights. It says whether that
// changed anything. A bot that is not inside is added; of people only those are who have the admin among their contacts:
// others could forbid it.
func (w *World) EditAdmin(by, u UserID, id ChannelID, rights tg.ChatAdminRights, rank string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return false, err
	}
	rights.Flags = 0
	if err := w.mayEditAdmin(c, by, a, rights); err != nil {
		return false, err
	}
	if err := checkRank(rank); err != nil {
		return false, err
	}
	return w.promote(c, by, a, rights, rank), nil
}

// promote gives, changes or takes away admin rights, and says whether that changed anything.
func (w *World) promote(c *channel, by UserID, a *account, rights tg.ChatAdminRights, rank string) bool {
	now, u := w.now(), a.id
	prev := c.standing(u, now)
	if noRights(rights) {
		if prev.admin == nil {
			return false
		}
		c.dropAdmin(a, now)
		w.record(c, change{kind: logToggleAdmin, actor: by, prev: prev}, now)
		return true
	}
	rights.Other = true
	ch := change{kind: logToggleAdmin, actor: by, prev: prev}
	if prev.admin != nil && prev.admin.rights == rights {
		if prev.admin.rank == rank {
			return false
		}
		d := rankDetail(u, prev.admin.rank, rank)
		ch.kind, ch.detail = logEditRank, &d
	}
	if !prev.in {
		c.enter(a, by, now)
	}
	delete(c.bans, u)
	hidden := c.anonymous(u)
	next := &admin{by: by, date: now, rights: rights, rank: rank}
	if ch.kind == logEditRank {
		next.by, next.date = prev.admin.by, prev.admin.date
	}
	c.admins[u] = next
	if rights.Anonymous != hidden {
		c.relist(a, now) // listed again, or taken off the list
	}
	w.record(c, ch, now)
	return true
}

func rankDetail(u UserID, was, is string) detail {
	return detail{text: was + " " + is, named: []UserID{u}, say: func(UserID) tg.ChannelAdminLogEventActionClass {
		return &tg.ChannelAdminLogEventActionParticipantEditRank{UserID: int64(u), PrevRank: was, NewRank: is}
	}}
}

// checkRank refuses what no admin's title can be.
func checkRank(rank string) error {
	switch {
	case utf8.RuneCountInString(rank) > maxRank:
		return refuse(400, "ADMIN_RANK_INVALID")
	case strings.ContainsFunc(rank, pictograph):
		return refuse(400, "ADMIN_RANK_EMOJI_NOT_ALLOWED")
	}
	return nil
}

// pictograph says whether the character is one of those that only emoji have.
func pictograph(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r == 0xFE0F
}

// SetRank changes an admin's title and nothing else.
func (w *World) SetRank(by, u UserID, id ChannelID, rank string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, a, err := w.place(u, id)
	if err != nil {
		return false, err
	}
	s := c.standing(u, w.now())
	switch {
	case !c.open(by, w.now()):
		return false, w.shut(c)
	case s.admin == nil:
		return false, refuse(400, "USER_ID_INVALID")
	}
	if by != u {
		err = w.mayEditAdmin(c, by, a, s.admin.rights)
	}
	if err == nil {
		err = checkRank(rank)
	}
	if err != nil {
		return false, err
	}
	return w.promote(c, by, a, s.admin.rights, rank), nil
}

func (w *World) mayEditAdmin(c *channel, by UserID, a *account, rights tg.ChatAdminRights) error {
	now := w.now()
	actor, target := c.standing(by, now), c.standing(a.id, now)
	owner := actor.creator && actor.in
	switch {
	case !c.open(by, now):
		return w.shut(c)
	case !owner && (actor.admin == nil || !actor.admin.rights.AddAdmins):
		return refuse(403, "CHAT_ADMIN_REQUIRED")
	case !owner && int64(now-actor.admin.date) < int64(w.opts.Joins.FreshAdmins/time.Second):
		return refuse(406, "FRESH_CHANGE_ADMINS_FORBIDDEN")
	case target.creator:
		return refuse(400, "USER_CREATOR")
	case target.admin != nil && !owner && target.admin.by != by, !owner && exceeds(rights, actor.admin.rights):
		return refuse(403, "RIGHT_FORBIDDEN")
	case noRights(rights):
		return nil
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case target.banned():
		return refuse(400, "USER_KICKED")
	case !target.in && a.bot && len(c.botList()) >= maxBots:
		return refuse(400, "BOTS_TOO_MUCH")
	case !target.in && !a.bot && w.guarded(a) && w.contactAt(a.id, by) < 0:
		return refuse(403, "USER_PRIVACY_RESTRICTED")
	case !target.in && !a.bot && w.contactAt(a.id, by) < 0:
		return refuse(403, "USER_NOT_MUTUAL_CONTACT")
	case target.admin == nil && len(c.admins) >= maxAdmins:
		return refuse(400, "ADMINS_TOO_MUCH")
	}
	return nil
}

// exceeds says whether somebody with the rights of most would give more than they have.
func exceeds(given, most tg.ChatAdminRights) bool {
	given.Other, most.Other = false, false
	given.SetFlags()
	most.SetFlags()
	return given.Flags&^most.Flags != 0
}
