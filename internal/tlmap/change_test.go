package tlmap_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

const (
	bot   = membership.UserID(4_000)
	admin = 9
)

var (
	member  = &tg.ChannelParticipant{UserID: ann, Date: 50}
	chief   = &tg.ChannelParticipantAdmin{UserID: ann, PromotedBy: admin, Date: 60, AdminRights: anyRight}
	muted   = &tg.ChannelParticipantBanned{Peer: peerAnn, KickedBy: admin, Date: 70, BannedRights: noSend}
	mutedL  = &tg.ChannelParticipantBanned{Peer: peerAnn, Left: true, KickedBy: admin, Date: 70, BannedRights: noSend}
	banned  = &tg.ChannelParticipantBanned{Peer: peerAnn, Left: true, KickedBy: admin, Date: 80, BannedRights: noView}
	timed   = &tg.ChannelParticipantBanned{Peer: peerAnn, Left: true, KickedBy: admin, Date: 80, BannedRights: until(noView, 900)}
	gone    = &tg.ChannelParticipantLeft{Peer: peerAnn}
	absent  tg.ChannelParticipantClass
	another = &tg.ChannelParticipant{UserID: ann + 1, Date: 50}
)

func TestBotMemberUpdate(t *testing.T) {
	for _, tt := range []struct {
		name       string
		prev, next tg.ChannelParticipantClass
		actor      int64
		want       membership.State
		moved      bool
	}{
		{"joins", absent, member, ann, isMember, true},
		{"joins again after leaving", gone, member, ann, isMember, true},
		{"is added", absent, member, admin, isMember, true},
		{"leaves", member, absent, ann, hasLeft, true},
		{"leaves, spelled out", member, gone, ann, hasLeft, true},
		{"is removed without a ban", member, absent, admin, wasKicked, true},
		{"goes and nobody says by whom", member, absent, 0, hasLeft, true},
		{"is banned", member, banned, admin, isBanned, true},
		{"is banned for a time", member, timed, admin, ending(isBanned, 900), true},
		{"is banned while outside", absent, banned, admin, isBanned, false},
		{"ban is lifted", banned, absent, admin, banIsOver, false},
		{"ban is lifted, spelled out", banned, gone, admin, banIsOver, false},
		{"ban becomes a restriction outside", banned, mutedL, admin, banIsOver, false},
		{"ban changes", banned, timed, admin, ending(isBanned, 900), false},
		{"banned, is added by an admin", banned, member, admin, isMember, true},
		{"is promoted", member, chief, admin, isAdmin, false},
		{"is demoted", chief, member, admin, isMember, false},
		{"is restricted", member, muted, admin, isMuted, false},
		{"restricted, leaves", muted, mutedL, ann, hasLeft, true},
		{"restricted, is removed", muted, mutedL, admin, wasKicked, true},
		{"restricted, returns", mutedL, muted, ann, isMuted, true},
		{"both absent", absent, absent, ann, hasLeft, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := &tg.UpdateChannelParticipant{
				ChannelID: 500, Date: 100, ActorID: tt.actor, UserID: ann, PrevParticipant: tt.prev, NewParticipant: tt.next, Qts: 12,
			}
			got, ok := tlmap.BotMemberUpdate(u, membership.Supergroup, bot, readAt)
			require.True(t, ok)
			require.Equal(t, membership.Event{
				Group: 500, User: ann, State: tt.want, Moved: tt.moved,
				Evidence: membership.Evidence{
					Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: bot, Ref: 12,
					At: 100, Recorded: readAt, Actor: membership.UserID(tt.actor),
				},
			}, got)
		})
	}
}

func TestBotMemberUpdateAboutNobody(t *testing.T) {
	for name, u := range map[string]*tg.UpdateChannelParticipant{
		"no user":         {ChannelID: 500, NewParticipant: member},
		"somebody else":   {ChannelID: 500, UserID: ann, NewParticipant: another},
		"two people":      {ChannelID: 500, UserID: ann, PrevParticipant: member, NewParticipant: another},
		"a channel's ban": {ChannelID: 500, UserID: ann, NewParticipant: &tg.ChannelParticipantBanned{Peer: &tg.PeerChannel{ChannelID: 1}}},
	} {
		got, ok := tlmap.BotMemberUpdate(u, membership.Supergroup, bot, readAt)
		require.False(t, ok, name)
		require.Zero(t, got, name)
	}
}

// A kick is a ban that is lifted again at once: the two updates together must fold to "kicked", whichever comes first.
func TestKickFoldsFromTwoUpdates(t *testing.T) {
	ban, _ := tlmap.BotMemberUpdate(&tg.UpdateChannelParticipant{
		ChannelID: 500, Date: 100, ActorID: admin, UserID: ann, PrevParticipant: member, NewParticipant: timed, Qts: 12,
	}, membership.Supergroup, bot, readAt)
	lift, _ := tlmap.BotMemberUpdate(&tg.UpdateChannelParticipant{
		ChannelID: 500, Date: 101, ActorID: admin, UserID: ann, PrevParticipant: timed, Qts: 13,
	}, membership.Supergroup, bot, readAt)
	for name, order := range map[string][]membership.Event{"in order": {ban, lift}, "reversed": {lift, ban}} {
		var r membership.Record
		for _, e := range order {
			r.Apply(e)
		}
		s := r.Standing(200)
		require.Equal(t, membership.Out, s.Presence, name)
		require.Equal(t, membership.Kicked, s.Departure, name)
	}
}

func TestBotMemberUpdateIsSoundForEveryPair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := &tg.UpdateChannelParticipant{
			ChannelID: 500, UserID: ann, Date: rapid.Int().Draw(t, "date"), Qts: rapid.Int().Draw(t, "qts"),
			ActorID:         rapid.SampledFrom([]int64{ann, admin, 0, -1}).Draw(t, "actor"),
			PrevParticipant: participants().Draw(t, "prev"), NewParticipant: participants().Draw(t, "new"),
		}
		e, ok := tlmap.BotMemberUpdate(u, kinds.Draw(t, "kind"), bot, readAt)
		if !ok {
			return
		}
		requireSound(t, e.State)
		require.Equal(t, membership.UserID(ann), e.User)
		if e.State.Lifted {
			require.False(t, e.Moved, "who was banned was outside already")
		}
	})
}
