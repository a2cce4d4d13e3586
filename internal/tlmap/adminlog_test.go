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

func TestAdminLogEvents(t *testing.T) {
	link := &tg.ChatInviteExported{Link: "https://t.me/+x"}
	for _, tt := range []struct {
		name   string
		actor  int64
		action tg.ChannelAdminLogEventActionClass
		want   []membership.Event
	}{
		{"join", ann, &tg.ChannelAdminLogEventActionParticipantJoin{}, []membership.Event{logged(ann, isMember, true, ann)}},
		{"join by link", ann, &tg.ChannelAdminLogEventActionParticipantJoinByInvite{Invite: link}, []membership.Event{logged(ann, isMember, true, ann)}},
		{"join by request", ann, &tg.ChannelAdminLogEventActionParticipantJoinByRequest{Invite: link, ApprovedBy: admin}, []membership.Event{logged(ann, isMember, true, admin)}},
		{"join by request, approver kept back", ann, &tg.ChannelAdminLogEventActionParticipantJoinByRequest{Invite: link}, []membership.Event{logged(ann, isMember, true, ann)}},
		{"joiner kept back", 0, &tg.ChannelAdminLogEventActionParticipantJoin{}, nil},
		{"leave", ann, &tg.ChannelAdminLogEventActionParticipantLeave{}, []membership.Event{logged(ann, hasLeft, true, ann)}},
		{"invite", 8, &tg.ChannelAdminLogEventActionParticipantInvite{Participant: member}, []membership.Event{logged(ann, isMember, true, 8), hinted(8, 8)}},
		{"invite by nobody", 0, &tg.ChannelAdminLogEventActionParticipantInvite{Participant: member}, []membership.Event{logged(ann, isMember, true, 0)}},
		{"invite of oneself", ann, &tg.ChannelAdminLogEventActionParticipantInvite{Participant: member}, []membership.Event{logged(ann, isMember, true, ann)}},
		{"invite of a channel", 8, &tg.ChannelAdminLogEventActionParticipantInvite{Participant: &tg.ChannelParticipantLeft{Peer: &tg.PeerChannel{ChannelID: 1}}}, []membership.Event{hinted(8, 8)}},
		{"ban", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: member, NewParticipant: banned}, []membership.Event{logged(ann, isBanned, true, admin)}},
		{"ban from outside", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: gone, NewParticipant: timed}, []membership.Event{logged(ann, ending(isBanned, 900), false, admin)}},
		{"unban", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: banned, NewParticipant: gone}, []membership.Event{logged(ann, banIsOver, false, admin)}},
		{"unban said to bring them in", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: banned, NewParticipant: member}, []membership.Event{hinted(ann, admin)}},
		{"restrict", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: member, NewParticipant: muted}, []membership.Event{logged(ann, isMuted, false, admin)}},
		{"unrestrict", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: muted, NewParticipant: member}, []membership.Event{logged(ann, isMember, false, admin)}},
		{"ban of two people", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: another, NewParticipant: banned}, nil},
		{"ban of a channel", admin, &tg.ChannelAdminLogEventActionParticipantToggleBan{PrevParticipant: &tg.ChannelParticipantLeft{Peer: &tg.PeerChannel{ChannelID: 1}}, NewParticipant: &tg.ChannelParticipantBanned{Peer: &tg.PeerChannel{ChannelID: 1}, BannedRights: noView}}, nil},
		{"promote", admin, &tg.ChannelAdminLogEventActionParticipantToggleAdmin{PrevParticipant: member, NewParticipant: chief}, []membership.Event{logged(ann, isAdmin, false, admin)}},
		{"promote from outside", admin, &tg.ChannelAdminLogEventActionParticipantToggleAdmin{PrevParticipant: gone, NewParticipant: chief}, []membership.Event{logged(ann, isAdmin, true, admin)}},
		{"demote", admin, &tg.ChannelAdminLogEventActionParticipantToggleAdmin{PrevParticipant: chief, NewParticipant: member}, []membership.Event{logged(ann, isMember, false, admin)}},
		{"demote to outside", admin, &tg.ChannelAdminLogEventActionParticipantToggleAdmin{PrevParticipant: chief, NewParticipant: gone}, []membership.Event{logged(ann, hasLeft, true, admin)}},
		{"paid extension", ann, &tg.ChannelAdminLogEventActionParticipantSubExtend{PrevParticipant: member, NewParticipant: member}, []membership.Event{logged(ann, isMember, false, ann)}},
		{"title", admin, &tg.ChannelAdminLogEventActionParticipantEditRank{UserID: ann, NewRank: "poet"}, []membership.Event{hinted(ann, admin)}},
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
