package tlmap_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

func logged(user membership.UserID, s membership.State, moved bool, actor membership.UserID) membership.Event {
	return membership.Event{Group: 500, User: user, State: s, Moved: moved, Evidence: membership.Evidence{
		Source: membership.SourceAdminLog, Grade: membership.GradeA, Ref: 77, At: 100, Recorded: readAt, Actor: actor,
	}}
}

func hinted(user, actor membership.UserID) membership.Event {
	e := logged(user, membership.State{Presence: membership.In}, false, actor)
	e.Evidence.Grade = membership.GradeC
	return e
}

type (
	events = []membership.Event
	row    = tg.ChannelParticipantClass
	action = tg.ChannelAdminLogEventActionClass
)

var (
	channelLeft   = &tg.ChannelParticipantLeft{Peer: &tg.PeerChannel{ChannelID: 1}}
	channelBanned = &tg.ChannelParticipantBanned{Peer: &tg.PeerChannel{ChannelID: 1}, BannedRights: noView}
)

func toggleBan(prev, next row) action {
	return &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: prev, NewParticipant: next}
}

func toggleAdmin(prev, next row) action {
	return &tg.ChannelAdminLogEventActionParticipantToggleAdmin{PrevParticipant: prev, NewParticipant: next}
}

func invite(p row) action { return &tg.ChannelAdminLogEventActionParticipantInvite{Participant: p} }

func TestAdminLogEvents(t *testing.T) {
	link := &tg.ChatInviteExported{Link: "https://t.me/+x"}
	for _, tt := range []struct {
		name   string
		actor  int64
		action action
		want   events
	}{
		{"join", ann, &tg.ChannelAdminLogEventActionParticipantJoin{}, events{logged(ann, isMember, true, ann)}},
		{"join by link", ann, &tg.ChannelAdminLogEventActionParticipantJoinByInvite{Invite: link}, events{logged(ann, isMember, true, ann)}},
		{
			"join by request", ann, &tg.ChannelAdminLogEventActionParticipantJoinByRequest{Invite: link, ApprovedBy: admin},
			events{logged(ann, isMember, true, admin)},
		},
		{
			"join by request, approver kept back", ann, &tg.ChannelAdminLogEventActionParticipantJoinByRequest{Invite: link},
			events{logged(ann, isMember, true, ann)},
		},
		{"joiner kept back", 0, &tg.ChannelAdminLogEventActionParticipantJoin{}, nil},
		{"leave", ann, &tg.ChannelAdminLogEventActionParticipantLeave{}, events{logged(ann, hasLeft, true, ann)}},
		{"invite", 8, invite(member), events{logged(ann, isMember, true, 8), hinted(8, 8)}},
		{"invite by nobody", 0, invite(member), events{logged(ann, isMember, true, 0)}},
		{"invite of oneself", ann, invite(member), events{logged(ann, isMember, true, ann)}},
		{"invite of a channel", 8, invite(channelLeft), events{hinted(8, 8)}},
		{"ban", admin, toggleBan(member, banned), events{logged(ann, isBanned, true, admin)}},
		{"ban from outside", admin, toggleBan(gone, timed), events{logged(ann, ending(isBanned, 900), false, admin)}},
		{"unban", admin, toggleBan(banned, gone), events{logged(ann, banIsOver, false, admin)}},
		{"unban said to bring them in", admin, toggleBan(banned, member), events{hinted(ann, admin)}},
		{"restrict", admin, toggleBan(member, muted), events{logged(ann, isMuted, false, admin)}},
		{"unrestrict", admin, toggleBan(muted, member), events{logged(ann, isMember, false, admin)}},
		{"ban of two people", admin, toggleBan(another, banned), nil},
		{"ban of a channel", admin, toggleBan(channelLeft, channelBanned), nil},
		{"promote", admin, toggleAdmin(member, chief), events{logged(ann, isAdmin, false, admin)}},
		{"promote from outside", admin, toggleAdmin(gone, chief), events{logged(ann, isAdmin, true, admin)}},
		{"demote", admin, toggleAdmin(chief, member), events{logged(ann, isMember, false, admin)}},
		{"demote to outside", admin, toggleAdmin(chief, gone), events{logged(ann, hasLeft, true, admin)}},
		{
			"paid extension", ann, &tg.ChannelAdminLogEventActionParticipantSubExtend{PrevParticipant: member, NewParticipant: member},
			events{logged(ann, isMember, false, ann)},
		},
		{"title", admin, &tg.ChannelAdminLogEventActionParticipantEditRank{UserID: ann, NewRank: "poet"}, events{hinted(ann, admin)}},
		{"title of nobody", admin, &tg.ChannelAdminLogEventActionParticipantEditRank{NewRank: "poet"}, nil},
		{"about something else", admin, &tg.ChannelAdminLogEventActionChangeTitle{NewValue: "New"}, nil},
		{"no action", admin, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := tg.ChannelAdminLogEvent{ID: 77, Date: 100, UserID: tt.actor, Action: tt.action}
			require.Equal(t, tt.want, tlmap.AdminLogEvents(e, supergroup, readAt))
		})
	}
}

// actions generates the membership actions with any rows in them.
func actions() *rapid.Generator[tg.ChannelAdminLogEventActionClass] {
	return rapid.Custom(func(t *rapid.T) tg.ChannelAdminLogEventActionClass {
		prev, next := participants().Draw(t, "prev"), participants().Draw(t, "new")
		id := rapid.SampledFrom([]int64{ann, admin, 0, -1}).Draw(t, "id")
		return rapid.SampledFrom([]tg.ChannelAdminLogEventActionClass{
			&tg.ChannelAdminLogEventActionParticipantJoin{},
			&tg.ChannelAdminLogEventActionParticipantJoinByInvite{},
			&tg.ChannelAdminLogEventActionParticipantJoinByRequest{ApprovedBy: id},
			&tg.ChannelAdminLogEventActionParticipantLeave{},
			&tg.ChannelAdminLogEventActionParticipantInvite{Participant: next},
			&tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: prev, NewParticipant: next},
			&tg.ChannelAdminLogEventActionParticipantToggleAdmin{PrevParticipant: prev, NewParticipant: next},
			&tg.ChannelAdminLogEventActionParticipantSubExtend{PrevParticipant: prev, NewParticipant: next},
			&tg.ChannelAdminLogEventActionParticipantEditRank{UserID: id},
		}).Draw(t, "action")
	})
}

func TestAdminLogEventsAreSoundAndApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := tg.ChannelAdminLogEvent{
			ID: rapid.Int64().Draw(t, "id"), Date: rapid.Int().Draw(t, "date"), Action: actions().Draw(t, "action"),
			UserID: rapid.SampledFrom([]int64{ann, admin, 0, -1}).Draw(t, "actor"),
		}
		seen := map[membership.Identity]bool{}
		for _, got := range tlmap.AdminLogEvents(e, membership.Group{ID: 500, Kind: kinds.Draw(t, "kind")}, readAt) {
			require.Positive(t, got.User)
			require.False(t, seen[got.Identity()], "two assertions share an identity")
			seen[got.Identity()] = true
			if got.Evidence.Grade == membership.GradeC {
				require.False(t, got.Moved)
				continue
			}
			requireSound(t, got.State)
		}
	})
}
