package world

import "github.com/gotd/td/tg"

// standing is a person's place in a channel at one moment, detached from it: what rows, and the
// prev and new of updates and log events, are made from.
type standing struct {
	user    UserID
	in      bool
	creator bool
	joined  int32
	gone    int32
	inviter UserID
	admin   *admin // never changed in place
	ban     *ban   // never changed in place
}

// standing returns where the person really is.
func (c *channel) standing(u UserID, now int32) standing {
	if i, ok := c.index[u]; ok {
		return c.standingAt(i, now)
	}
	return standing{user: u, creator: u == c.creator, ban: c.banOf(u, now)}
}

// standingAt is standing of who has the row.
func (c *channel) standingAt(i int32, now int32) standing {
	r := c.rows[i]
	s := standing{
		user: r.user, creator: r.user == c.creator, ban: c.banOf(r.user, now),
		in: r.in, joined: r.joined, gone: r.gone, inviter: r.inviter,
	}
	if s.in {
		s.admin = c.admins[r.user]
	}
	return s
}

// shown returns where the person is according to lists and lookups, which may hold on to an
// expired ban.
func (c *channel) shown(u UserID, now int32) standing {
	s := c.standing(u, now)
	s.ban = c.shownBan(u, now)
	return s
}

func (s standing) banned() bool     { return s.ban != nil && s.ban.rights.ViewMessages }
func (s standing) restricted() bool { return s.ban != nil && !s.ban.rights.ViewMessages }

// eyes are whose view a row is made for.
type eyes struct {
	viewer  UserID
	admin   bool
	creator bool
}

func (c *channel) eyes(viewer UserID) eyes {
	return eyes{viewer: viewer, admin: c.isAdmin(viewer), creator: viewer == c.creator}
}

// row returns a fresh participant, or nil for who is not in the channel and has no ban, which is
// how updates say "absent". To plain members restrictions are secret, and who is an anonymous admin.
func (s standing) row(e eyes) tg.ChannelParticipantClass {
	switch {
	case s.creator && s.in:
		return &tg.ChannelParticipantCreator{UserID: int64(s.user), AdminRights: allRights()}
	case s.banned() && e.admin:
		return s.banRow(true, s.ban.date)
	case s.banned():
		return nil
	case s.admin != nil && (e.admin || e.viewer == s.user || !s.admin.rights.Anonymous):
		return s.adminRow(e)
	case s.restricted() && e.admin && e.viewer != s.user:
		return s.restrictedRow()
	case !s.in:
		return nil
	case e.viewer == s.user:
		inviter := s.inviter
		if inviter == 0 {
			inviter = s.user
		}
		return &tg.ChannelParticipantSelf{UserID: int64(s.user), InviterID: int64(inviter), Date: int(s.joined)}
	}
	return &tg.ChannelParticipant{UserID: int64(s.user), Date: int(s.joined)}
}

// ordinary says whether row is that of a plain member, with nothing but the day of joining.
func (s standing) ordinary(e eyes) bool {
	return s.in && !s.creator && s.admin == nil && s.user != e.viewer && (s.ban == nil || s.restricted() && !e.admin)
}

func (s standing) adminRow(e eyes) *tg.ChannelParticipantAdmin {
	a := &tg.ChannelParticipantAdmin{
		UserID: int64(s.user), PromotedBy: int64(s.admin.by), Date: int(s.admin.date),
		AdminRights: s.admin.rights, Rank: s.admin.rank,
		CanEdit: e.creator || e.admin && s.admin.by == e.viewer, Self: e.viewer == s.user,
	}
	if a.Self {
		a.InviterID = int64(s.inviter)
		if s.inviter == 0 {
			a.InviterID = int64(s.user)
		}
	}
	return a
}

// restrictedRow is dated by the joining while inside; who is out is dated by the later of the
// restriction and the leaving.
func (s standing) restrictedRow() *tg.ChannelParticipantBanned {
	if s.in {
		return s.banRow(false, s.joined)
	}
	return s.banRow(true, max(s.ban.date, s.gone))
}

func (s standing) banRow(left bool, date int32) *tg.ChannelParticipantBanned {
	return &tg.ChannelParticipantBanned{
		Left: left, Peer: &tg.PeerUser{UserID: int64(s.user)}, KickedBy: int64(s.ban.by),
		Date: int(date), BannedRights: s.ban.bannedRights(),
	}
}

// loggedRow is row for the admin log, where both sides of a change must be there.
func (s standing) loggedRow(e eyes) tg.ChannelParticipantClass {
	if r := s.row(e); r != nil {
		return r
	}
	return &tg.ChannelParticipantLeft{Peer: &tg.PeerUser{UserID: int64(s.user)}}
}

// mentioned returns everybody a row of s names.
func (s standing) mentioned() []UserID {
	ids := []UserID{s.user, s.inviter}
	if s.admin != nil {
		ids = append(ids, s.admin.by)
	}
	if s.ban != nil {
		ids = append(ids, s.ban.by)
	}
	return ids
}

// status is the Bot API's word.
func (s standing) status() string {
	switch {
	case s.creator && s.in:
		return "creator"
	case s.banned():
		return "kicked"
	case s.admin != nil:
		return "administrator"
	case s.restricted():
		return "restricted"
	case s.in:
		return "member"
	}
	return "left"
}
