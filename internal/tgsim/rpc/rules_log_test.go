package rpc_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// log reads one page of the group's admin log.
func (s *stage) log(q tg.ChannelsGetAdminLogRequest) *tg.ChannelsAdminLogResults {
	s.t.Helper()
	q.Channel = s.group(s.owner)
	if q.Limit == 0 {
		q.Limit = 100
	}
	got, err := s.owner.ChannelsGetAdminLog(s.t.Context(), &q)
	require.NoError(s.t, err)
	return got
}

// newest is the id of the log's newest event.
func (s *stage) newest() int64 {
	s.t.Helper()
	got := s.log(tg.ChannelsGetAdminLogRequest{Limit: 1})
	require.NotEmpty(s.t, got.Events)
	return got.Events[0].ID
}

func TestRule17LogActions(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 300})
	id, owner := s.world.Group().ID, s.world.Owner()
	since := s.newest()
	u, _ := s.world.Stranger()
	v, _ := s.world.Stranger()
	s.act(s.world.Join(u, id))
	s.act(s.world.JoinByLink(v, id))
	s.act(s.world.Leave(v, id))
	s.act(s.world.Kick(owner, u, id))
	s.act(s.world.JoinByLink(u, id))
	for _, r := range []tg.ChatBannedRights{world.Muted(), {}, world.Banned(), {}} {
		_, err := s.world.EditBanned(owner, u, id, r)
		require.NoError(t, err)
	}
	s.act(s.world.Join(u, id))
	for _, r := range []tg.ChatAdminRights{world.ModeratorRights(), {}} {
		_, err := s.world.EditAdmin(owner, u, id, r, "")
		require.NoError(t, err)
	}

	got := s.log(tg.ChannelsGetAdminLogRequest{MinID: since})
	type line struct {
		actor      world.UserID
		prev, next string // constructors, of bans with what they are
		kind       tg.ChannelAdminLogEventActionClass
	}
	want := []line{
		{u, "", "", &tg.ChannelAdminLogEventActionParticipantJoin{}},
		{v, "", "", &tg.ChannelAdminLogEventActionParticipantJoinByInvite{}},
		{v, "", "", &tg.ChannelAdminLogEventActionParticipantLeave{}},
		{owner, "member", "banned", &tg.ChannelAdminLogEventActionParticipantToggleBan{}},
		{owner, "banned", "left", &tg.ChannelAdminLogEventActionParticipantToggleBan{}},
		{u, "", "", &tg.ChannelAdminLogEventActionParticipantJoinByInvite{}},
		{owner, "member", "restricted", &tg.ChannelAdminLogEventActionParticipantToggleBan{}},
		{owner, "restricted", "member", &tg.ChannelAdminLogEventActionParticipantToggleBan{}},
		{owner, "member", "banned", &tg.ChannelAdminLogEventActionParticipantToggleBan{}},
		{owner, "banned", "left", &tg.ChannelAdminLogEventActionParticipantToggleBan{}},
		{u, "", "", &tg.ChannelAdminLogEventActionParticipantJoin{}},
		{owner, "member", "admin", &tg.ChannelAdminLogEventActionParticipantToggleAdmin{}},
		{owner, "admin", "member", &tg.ChannelAdminLogEventActionParticipantToggleAdmin{}},
	}
	require.Len(t, got.Events, len(want))
	users := make(map[int64]bool)
	for _, x := range got.Users {
		users[x.GetID()] = true
	}
	for i, w := range want {
		ev := got.Events[len(want)-1-i]
		assert.Equal(t, int64(w.actor), ev.UserID, "event %d", i)
		assert.True(t, users[ev.UserID], "event %d", i)
		require.IsType(t, w.kind, ev.Action, "event %d", i)
		prev, next := sides(ev.Action)
		assert.Equal(t, [2]string{w.prev, w.next}, [2]string{word(prev), word(next)}, "event %d", i)
		if prev != nil {
			assert.Equal(t, int64(u), idOf(prev), "event %d", i)
			assert.Equal(t, int64(u), idOf(next), "event %d", i)
		}
		if i > 0 {
			assert.Greater(t, ev.ID, got.Events[len(want)-i].ID, "ids grow with time")
		}
	}
}

func sides(a tg.ChannelAdminLogEventActionClass) (prev, next tg.ChannelParticipantClass) {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionParticipantToggleBan:
		return a.PrevParticipant, a.NewParticipant
	case *tg.ChannelAdminLogEventActionParticipantToggleAdmin:
		return a.PrevParticipant, a.NewParticipant
	}
	return nil, nil
}

// word says what a row is.
func word(p tg.ChannelParticipantClass) string {
	switch p := p.(type) {
	case *tg.ChannelParticipant, *tg.ChannelParticipantSelf:
		return "member"
	case *tg.ChannelParticipantAdmin:
		return "admin"
	case *tg.ChannelParticipantCreator:
		return "creator"
	case *tg.ChannelParticipantLeft:
		return "left"
	case *tg.ChannelParticipantBanned:
		switch {
		case p.BannedRights.ViewMessages:
			return "banned"
		case p.Left:
			return "restricted, out"
		}
		return "restricted"
	}
	return ""
}

func TestRule17LogFilters(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 300})
	id, owner := s.world.Group().ID, s.world.Owner()
	since := s.newest()
	u, _ := s.world.Stranger()
	s.act(s.world.Join(u, id))
	s.act(s.world.Kick(owner, u, id))
	s.act(s.world.Join(u, id))
	_, err := s.world.EditBanned(owner, u, id, world.Muted())
	require.NoError(t, err)
	s.act(s.world.Leave(u, id))
	for _, c := range []struct {
		name   string
		filter tg.ChannelAdminLogEventsFilter
		want   int
	}{
		{"join", tg.ChannelAdminLogEventsFilter{Join: true}, 2},
		{"leave", tg.ChannelAdminLogEventsFilter{Leave: true}, 1},
		{"kick is a ban", tg.ChannelAdminLogEventsFilter{Kick: true}, 1},
		{"unkick is an unban", tg.ChannelAdminLogEventsFilter{Unkick: true}, 1},
		{"ban is a restriction", tg.ChannelAdminLogEventsFilter{Ban: true}, 1},
		{"unban", tg.ChannelAdminLogEventsFilter{Unban: true}, 0},
		{"a union", tg.ChannelAdminLogEventsFilter{Join: true, Leave: true, Kick: true}, 4},
		{"other kinds", tg.ChannelAdminLogEventsFilter{Info: true, Pinned: true}, 0},
	} {
		q := tg.ChannelsGetAdminLogRequest{MinID: since}
		q.SetEventsFilter(c.filter)
		assert.Len(t, s.log(q).Events, c.want, c.name)
	}
	self := &tg.InputUserSelf{}
	byOwner := tg.ChannelsGetAdminLogRequest{MinID: since}
	byOwner.SetAdmins([]tg.InputUserClass{self})
	assert.Len(t, s.log(byOwner).Events, 3, "by actor")
}

func TestRule17LogBounds(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 100})
	id := s.world.Group().ID
	for range 120 {
		u, _ := s.world.Stranger()
		s.act(s.world.Join(u, id))
	}
	page := s.log(tg.ChannelsGetAdminLogRequest{Limit: 1000})
	require.Len(t, page.Events, 100)
	mid := page.Events[50].ID
	below := s.log(tg.ChannelsGetAdminLogRequest{MaxID: mid, Limit: 10})
	assert.Equal(t, page.Events[51].ID, below.Events[0].ID, "max_id is exclusive")
	above := s.log(tg.ChannelsGetAdminLogRequest{MinID: mid})
	assert.Equal(t, page.Events[49].ID, above.Events[len(above.Events)-1].ID, "min_id is exclusive")
	assert.Empty(t, s.log(tg.ChannelsGetAdminLogRequest{MinID: page.Events[0].ID}).Events)

	s.clock.advance(47 * time.Hour)
	u, _ := s.world.Stranger()
	s.act(s.world.Join(u, id))
	assert.Len(t, s.log(tg.ChannelsGetAdminLogRequest{}).Events, 100)
	s.clock.advance(2 * time.Hour)
	assert.Len(t, s.log(tg.ChannelsGetAdminLogRequest{}).Events, 1, "after 48 hours events are gone")
}

func TestRule17LogIsForUserAdmins(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 100})
	_, err := s.bot.ChannelsGetAdminLog(t.Context(), &tg.ChannelsGetAdminLogRequest{Channel: s.group(s.bot)})
	isErr(t, err, 400, "BOT_METHOD_INVALID")
	_, err = s.owner.ChannelsGetAdminLog(t.Context(), &tg.ChannelsGetAdminLogRequest{Channel: s.channel(s.owner, "old_town_cyclists")})
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
}
