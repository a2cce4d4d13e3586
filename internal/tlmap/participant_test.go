package tlmap_test

import (
	"math"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

const ann = 7_000_000_001

var (
	anyRight   = tg.ChatAdminRights{DeleteMessages: true}
	noView     = tg.ChatBannedRights{ViewMessages: true, SendMessages: true}
	noSend     = tg.ChatBannedRights{SendMessages: true}
	peerAnn    = &tg.PeerUser{UserID: ann}
	isMember   = membership.State{Presence: membership.In, Role: membership.Member}
	isAdmin    = membership.State{Presence: membership.In, Role: membership.Administrator}
	isCreator  = membership.State{Presence: membership.In, Role: membership.Creator}
	isMuted    = membership.State{Presence: membership.In, Role: membership.Restricted}
	hasLeft    = membership.State{Presence: membership.Out, Departure: membership.Left}
	wasKicked  = membership.State{Presence: membership.Out, Departure: membership.Kicked}
	isBanned   = membership.State{Presence: membership.Out, Departure: membership.Banned}
	banIsOver  = membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: true}
	readAt     = membership.Instant(1_800_000_000)
	supergroup = membership.Group{ID: 500, Kind: membership.Supergroup}
)

func until(r tg.ChatBannedRights, date int) tg.ChatBannedRights {
	r.UntilDate = date
	return r
}

func ending(s membership.State, at membership.Instant) membership.State {
	s.Until = at
	return s
}

func TestState(t *testing.T) {
	for _, tt := range []struct {
		name    string
		row     tg.ChannelParticipantClass
		group   membership.State
		channel membership.State
	}{
		{"plain", &tg.ChannelParticipant{UserID: ann, Date: 5}, isMember, isMember},
		{"paid", &tg.ChannelParticipant{UserID: ann, SubscriptionUntilDate: 9}, isMember, isMember},
		{"self", &tg.ChannelParticipantSelf{UserID: ann, InviterID: 3}, isMember, isMember},
		{"creator", &tg.ChannelParticipantCreator{UserID: ann}, isCreator, isCreator},
		{"admin", &tg.ChannelParticipantAdmin{UserID: ann, AdminRights: anyRight}, isAdmin, isAdmin},
		{"admin without rights", &tg.ChannelParticipantAdmin{UserID: ann}, isMember, isMember},
		{"banned", &tg.ChannelParticipantBanned{Peer: peerAnn, Left: true, BannedRights: noView}, isBanned, isBanned},
		{"banned, left unset", &tg.ChannelParticipantBanned{Peer: peerAnn, BannedRights: noView}, isBanned, isBanned},
		{"banned until", &tg.ChannelParticipantBanned{Peer: peerAnn, BannedRights: until(noView, 77)}, ending(isBanned, 77), ending(isBanned, 77)},
		{"banned until INT_MAX", &tg.ChannelParticipantBanned{Peer: peerAnn, BannedRights: until(noView, math.MaxInt32)}, isBanned, isBanned},
		{"banned until before 1970", &tg.ChannelParticipantBanned{Peer: peerAnn, BannedRights: until(noView, -1)}, isBanned, isBanned},
		{"restricted inside", &tg.ChannelParticipantBanned{Peer: peerAnn, BannedRights: until(noSend, 77)}, ending(isMuted, 77), isMember},
		{"restricted outside", &tg.ChannelParticipantBanned{Peer: peerAnn, Left: true, BannedRights: until(noSend, 77)}, hasLeft, hasLeft},
		{"left", &tg.ChannelParticipantLeft{Peer: peerAnn}, hasLeft, hasLeft},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for kind, want := range map[membership.GroupKind]membership.State{membership.Supergroup: tt.group, membership.Channel: tt.channel} {
				user, got, ok := tlmap.State(tt.row, kind)
				require.True(t, ok)
				require.Equal(t, membership.UserID(ann), user)
				require.Equal(t, want, got, "in a %s", kind)
			}
		})
	}
}

func TestStateOfNobody(t *testing.T) {
	user, got, ok := tlmap.State(nil, membership.Supergroup)
	require.True(t, ok, "an absent participant says that the person is not in the group")
	require.Zero(t, user)
	require.Equal(t, hasLeft, got)

	for name, row := range map[string]tg.ChannelParticipantClass{
		"banned channel":  &tg.ChannelParticipantBanned{Peer: &tg.PeerChannel{ChannelID: ann}, BannedRights: noView},
		"banned chat":     &tg.ChannelParticipantBanned{Peer: &tg.PeerChat{ChatID: ann}, BannedRights: noView},
		"banned, no peer": &tg.ChannelParticipantBanned{BannedRights: noView},
		"left channel":    &tg.ChannelParticipantLeft{Peer: &tg.PeerChannel{ChannelID: ann}},
		"user 0":          &tg.ChannelParticipant{},
		"negative user":   &tg.ChannelParticipantCreator{UserID: -4},
	} {
		_, got, ok := tlmap.State(row, membership.Supergroup)
		require.False(t, ok, name)
		require.Zero(t, got, name)
		_, ok = tlmap.Sighting(row, tlmap.Place{})
		require.False(t, ok, name)
	}
}

func TestSighting(t *testing.T) {
	at := tlmap.Place{Kind: membership.Supergroup, Read: readAt, Walk: 3, Row: 41}
	for _, tt := range []struct {
		name  string
		row   tg.ChannelParticipantClass
		date  membership.Instant
		dated bool
		by    membership.UserID
	}{
		{"plain", &tg.ChannelParticipant{UserID: ann, Date: 50}, 50, true, 0},
		{"plain without date", &tg.ChannelParticipant{UserID: ann}, 0, false, 0},
		{"self", &tg.ChannelParticipantSelf{UserID: ann, InviterID: 3, Date: 50}, 50, true, 0},
		{"creator", &tg.ChannelParticipantCreator{UserID: ann}, 0, false, 0},
		{"admin: the promotion's date", &tg.ChannelParticipantAdmin{UserID: ann, AdminRights: anyRight, Date: 50, PromotedBy: 9}, 50, false, 9},
		{"restricted inside", &tg.ChannelParticipantBanned{Peer: peerAnn, Date: 50, KickedBy: 9, BannedRights: noSend}, 50, true, 9},
		{"restricted outside", &tg.ChannelParticipantBanned{Peer: peerAnn, Left: true, Date: 50, KickedBy: 9, BannedRights: noSend}, 50, false, 9},
		{"banned", &tg.ChannelParticipantBanned{Peer: peerAnn, Left: true, Date: 50, KickedBy: 9, BannedRights: noView}, 50, false, 9},
		{"left", &tg.ChannelParticipantLeft{Peer: peerAnn}, 0, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, state, _ := tlmap.State(tt.row, at.Kind)
			got, ok := tlmap.Sighting(tt.row, at)
			require.True(t, ok)
			require.Equal(t, membership.Sighting{
				User: ann, State: state, Date: tt.date, Dated: tt.dated, Read: readAt, Walk: 3, Row: 41, By: tt.by,
			}, got)
		})
	}
	_, ok := tlmap.Sighting(nil, at)
	require.False(t, ok)
}

// Whom a migration carries over Telegram dates with it, as if they had joined then: that is no coming. Dates beside it are joins.
func TestTheMigrationsDateIsNoJoin(t *testing.T) {
	at := tlmap.Place{Kind: membership.Supergroup, Read: readAt, Carried: 5000}
	for date, dated := range map[int]bool{1: true, 4939: true, 4940: false, 5000: false, 5060: false, 5061: true} {
		s, ok := tlmap.Sighting(&tg.ChannelParticipant{UserID: ann, Date: date}, at)
		require.True(t, ok)
		require.Equal(t, dated, s.Dated, date)
		require.EqualValues(t, date, s.Date)
	}
}

func TestCarried(t *testing.T) {
	full := &tg.ChannelFull{ID: 7}
	about := &tg.MessagesChatFull{FullChat: full, Chats: []tg.ChatClass{&tg.Chat{ID: 7, Date: 1}, &tg.Channel{ID: 8, Date: 2}, &tg.Channel{ID: 7, Date: 5000}}}
	require.Zero(t, tlmap.Carried(about), "it was made a supergroup at once")
	full.SetMigratedFromChatID(6)
	require.EqualValues(t, 5000, tlmap.Carried(about))
	about.Chats = about.Chats[:2]
	require.Zero(t, tlmap.Carried(about))
	require.Zero(t, tlmap.Carried(&tg.MessagesChatFull{FullChat: &tg.ChatFull{ID: 7}}))
}

func TestChatSighting(t *testing.T) {
	at := tlmap.Place{Kind: membership.BasicGroup, Read: readAt, Walk: 1}
	for _, tt := range []struct {
		name  string
		row   tg.ChatParticipantClass
		state membership.State
		date  membership.Instant
	}{
		{"member", &tg.ChatParticipant{UserID: ann, InviterID: 4, Date: 9}, isMember, 9},
		{"admin", &tg.ChatParticipantAdmin{UserID: ann, InviterID: 4, Date: 9}, isAdmin, 9},
		{"creator", &tg.ChatParticipantCreator{UserID: ann}, isCreator, 0},
	} {
		got, ok := tlmap.ChatSighting(tt.row, at)
		require.True(t, ok, tt.name)
		want := membership.Sighting{User: ann, State: tt.state, Date: tt.date, Dated: tt.date != 0, Read: readAt, Walk: 1}
		require.Equal(t, want, got, tt.name)
	}
	_, ok := tlmap.ChatSighting(nil, at)
	require.False(t, ok)
	_, ok = tlmap.ChatSighting(&tg.ChatParticipant{}, at)
	require.False(t, ok)
}

// participants generates any row that the wire can carry, absent ones included.
func participants() *rapid.Generator[tg.ChannelParticipantClass] {
	return rapid.Custom(func(t *rapid.T) tg.ChannelParticipantClass {
		id := rapid.SampledFrom([]int64{ann, ann + 1, 0, -1, math.MaxInt64, math.MinInt64}).Draw(t, "id")
		by := rapid.SampledFrom([]int64{ann, 9, 0, -9}).Draw(t, "by")
		when := rapid.SampledFrom([]int{1_700_000_000, 1, 0, -1, math.MaxInt32, math.MinInt32}).Draw(t, "date")
		peer := rapid.SampledFrom([]tg.PeerClass{
			&tg.PeerUser{UserID: id}, &tg.PeerChannel{ChannelID: id}, &tg.PeerChat{ChatID: id}, nil,
		}).Draw(t, "peer")
		banned := tg.ChatBannedRights{
			ViewMessages: rapid.Bool().Draw(t, "view"), SendMessages: rapid.Bool().Draw(t, "send"), UntilDate: when,
		}
		return rapid.SampledFrom([]tg.ChannelParticipantClass{
			nil,
			&tg.ChannelParticipant{UserID: id, Date: when},
			&tg.ChannelParticipantSelf{UserID: id, InviterID: by, Date: when},
			&tg.ChannelParticipantCreator{UserID: id},
			&tg.ChannelParticipantAdmin{UserID: id, PromotedBy: by, Date: when, AdminRights: tg.ChatAdminRights{BanUsers: rapid.Bool().Draw(t, "right")}},
			&tg.ChannelParticipantBanned{Left: rapid.Bool().Draw(t, "left"), Peer: peer, KickedBy: by, Date: when, BannedRights: banned},
			&tg.ChannelParticipantLeft{Peer: peer},
		}).Draw(t, "row")
	})
}

var kinds = rapid.SampledFrom([]membership.GroupKind{membership.Supergroup, membership.Channel, membership.BasicGroup})

// requireSound is the law of every state made here: who is in has a role and no departure, who is out the reverse, and nothing
// ends before 1970.
func requireSound(t require.TestingT, s membership.State) {
	switch s.Presence {
	case membership.In:
		require.NotEqual(t, membership.NoRole, s.Role)
		require.Equal(t, membership.NoDeparture, s.Departure)
		require.False(t, s.Lifted)
	case membership.Out:
		require.Equal(t, membership.NoRole, s.Role)
		require.NotEqual(t, membership.NoDeparture, s.Departure)
		require.False(t, s.Lifted && s.Departure == membership.Banned)
	default:
		require.Fail(t, "a state without presence")
	}
	require.GreaterOrEqual(t, s.Until, membership.Instant(0))
	if s.Until != 0 {
		require.True(t, s.Role == membership.Restricted || s.Departure == membership.Banned)
	}
}

func TestStateIsSoundForEveryRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row, kind := participants().Draw(t, "row"), kinds.Draw(t, "kind")
		user, state, ok := tlmap.State(row, kind)
		if !ok {
			return
		}
		requireSound(t, state)
		require.GreaterOrEqual(t, user, membership.UserID(0))
		if kind == membership.Channel {
			require.NotEqual(t, membership.Restricted, state.Role, "nobody is restricted in a channel")
		}
		if s, ok := tlmap.Sighting(row, tlmap.Place{Kind: kind, Read: readAt}); ok {
			require.Equal(t, state, s.State)
			require.GreaterOrEqual(t, s.Date, membership.Instant(0))
			require.False(t, s.Dated && s.Date == 0)
			require.False(t, s.Dated && state.Presence == membership.Out, "only who is inside has a join date")
		}
	})
}
