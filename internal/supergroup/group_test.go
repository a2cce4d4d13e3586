package supergroup_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
)

func TestDescribe(t *testing.T) {
	f := &fake{fullChannel: func(c tg.InputChannelClass) (*tg.MessagesChatFull, error) {
		require.Equal(t, &tg.InputChannel{ChannelID: groupID, AccessHash: 77}, c)
		return &tg.MessagesChatFull{
			FullChat: &tg.ChannelFull{ID: groupID, ParticipantsCount: 1234},
			Chats: []tg.ChatClass{
				&tg.Channel{ID: 501, Megagroup: true, Title: "Linked"},
				&tg.Channel{ID: groupID, Megagroup: true, Title: "Poets", Username: "poets", Creator: true},
			},
		}, nil
	}}
	got, err := reader(f, group, nil).Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, membership.Group{
		ID: groupID, Kind: membership.Supergroup, Title: "Poets", Username: "poets", Total: 1234, AccessHash: 77,
		Creator: true, Admin: true, Rights: membership.Rights{Admin: true, BanUsers: true, InviteUsers: true},
	}, got)
}

func TestDescribeWhatIsGone(t *testing.T) {
	for name, chat := range map[string]tg.ChatClass{
		"forbidden": &tg.ChannelForbidden{ID: groupID, Megagroup: true},
		"left":      &tg.Channel{ID: groupID, Megagroup: true, Left: true},
	} {
		f := &fake{fullChannel: func(tg.InputChannelClass) (*tg.MessagesChatFull, error) {
			return &tg.MessagesChatFull{FullChat: &tg.ChannelFull{}, Chats: []tg.ChatClass{chat}}, nil
		}}
		_, err := reader(f, group, nil).Describe(t.Context())
		requireKind(t, err, membership.ErrorGroupGone, name)
	}
	f := &fake{fullChannel: func(tg.InputChannelClass) (*tg.MessagesChatFull, error) {
		return nil, tgerr.New(406, "CHANNEL_PRIVATE")
	}}
	_, err := reader(f, group, nil).Describe(t.Context())
	requireKind(t, err, membership.ErrorGroupGone, "refused")

	f.fullChannel = func(tg.InputChannelClass) (*tg.MessagesChatFull, error) {
		return &tg.MessagesChatFull{FullChat: &tg.ChannelFull{}}, nil
	}
	_, err = reader(f, group, nil).Describe(t.Context())
	require.ErrorContains(t, err, "does not hold the group")
}

func requireKind(t *testing.T, err error, want membership.TelegramErrorKind, name string) {
	t.Helper()
	var refused *membership.TelegramError
	require.ErrorAs(t, err, &refused, name)
	require.Equal(t, want, refused.Kind, name)
}

func TestTail(t *testing.T) {
	f := &fake{adminLog: func(r *tg.ChannelsGetAdminLogRequest) (*tg.ChannelsAdminLogResults, error) {
		require.Equal(t, &tg.ChannelsGetAdminLogRequest{
			Channel: &tg.InputChannel{ChannelID: groupID, AccessHash: 77}, MinID: 59, MaxID: 99, Limit: 100,
		}, r, "all actions, ids exclusive on both sides, and the last known one once more")
		return &tg.ChannelsAdminLogResults{
			Events: []tg.ChannelAdminLogEvent{
				{ID: 90, Date: 300, UserID: 5, Action: &tg.ChannelAdminLogEventActionChangeTitle{NewValue: "x"}},
				{ID: 80, Date: 200, UserID: 6, Action: &tg.ChannelAdminLogEventActionParticipantLeave{}},
				{ID: 70, Date: 150, UserID: me, Action: &tg.ChannelAdminLogEventActionParticipantToggleBan{
					PrevParticipant: plain(7), NewParticipant: bannedRow(&tg.PeerUser{UserID: 7}),
				}},
				{ID: 60, Date: 100, UserID: 5, Action: &tg.ChannelAdminLogEventActionChangeAbout{}},
			},
			Users: users(5, 6, 7, me, 6),
		}, nil
	}}
	h := hashes{}
	p, err := reader(f, group, h).Tail(t.Context(), membership.Tail{LastID: 60}, 99)
	require.NoError(t, err)
	require.Equal(t, int64(90), p.Newest)
	require.Equal(t, int64(60), p.Oldest)
	require.Equal(t, membership.Instant(300), p.NewestDate)
	require.Equal(t, membership.Instant(100), p.OldestDate)
	require.Equal(t, membership.At(serverAt), p.Asked)
	require.Equal(t, 4, p.Rows)
	require.Len(t, p.Entries, 3, "all of it is for the archive but what is there")
	require.Equal(t, membership.LogEntry{ID: 90, At: 300, Kind: membership.LogTitle, Actor: 5, Text: "x"}, p.Entries[0])
	require.Len(t, p.Events, 2)
	require.Equal(t, membership.UserID(6), p.Events[0].User)
	require.Equal(t, membership.GroupID(groupID), p.Events[0].Group)
	require.Equal(t, membership.At(readAt), p.Events[0].Evidence.Recorded)
	require.Equal(t, membership.Banned, p.Events[1].State.Departure)
	var named []membership.UserID
	for _, one := range p.Profiles {
		named = append(named, one.User)
	}
	require.Equal(t, []membership.UserID{6, 7, me}, named, "who came, went or did it, and nobody else")
	require.Len(t, h, 4)
}

func TestTailEnds(t *testing.T) {
	f := &fake{adminLog: func(*tg.ChannelsGetAdminLogRequest) (*tg.ChannelsAdminLogResults, error) {
		return &tg.ChannelsAdminLogResults{}, nil
	}}
	p, err := reader(f, group, nil).Tail(t.Context(), membership.Tail{}, 0)
	require.NoError(t, err)
	require.Equal(t, membership.TailPage{Asked: membership.At(serverAt)}, p)

	_, err = reader(f, basic, nil).Tail(t.Context(), membership.Tail{}, 0)
	require.ErrorIs(t, err, supergroup.ErrNoAdminLog)

	f.adminLog = func(*tg.ChannelsGetAdminLogRequest) (*tg.ChannelsAdminLogResults, error) {
		return nil, tgerr.New(400, "CHAT_ADMIN_REQUIRED")
	}
	_, err = reader(f, group, nil).Tail(t.Context(), membership.Tail{}, 0)
	requireKind(t, err, membership.ErrorRightMissing, "not an admin")
}

func TestLookUp(t *testing.T) {
	h := hashes{12: 120}
	f := &fake{participant: func(r *tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error) {
		require.Equal(t, &tg.InputPeerUser{UserID: 12, AccessHash: 120}, r.Participant)
		return &tg.ChannelsChannelParticipant{Participant: plain(12), Users: users(12, 13)}, nil
	}}
	got, err := reader(f, group, h).LookUp(t.Context(), 12)
	require.NoError(t, err)
	require.Equal(t, membership.Finding{
		Profile: &membership.Profile{User: 12, FirstName: "Ann"},
		Event: membership.Event{
			Group: groupID, User: 12, State: membership.State{Presence: membership.In, Role: membership.Member},
			Evidence: membership.Evidence{
				Source: membership.SourceLookup, Grade: membership.GradeA, Ref: uint64(serverAt.UnixNano()),
				At: membership.At(serverAt), Recorded: membership.At(readAt),
			},
		},
	}, got)
	require.Equal(t, int64(130), h[13])

	f.participant = func(*tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error) {
		return nil, tgerr.New(400, "USER_NOT_PARTICIPANT")
	}
	got, err = reader(f, group, h).LookUp(t.Context(), 12)
	require.NoError(t, err)
	require.Equal(t, membership.State{Presence: membership.Out, Departure: membership.Left}, got.Event.State)

	own := errors.New("the day's budget is spent")
	f.participant = func(*tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error) { return nil, own }
	_, err = reader(f, group, h).LookUp(t.Context(), 12)
	require.ErrorIs(t, err, own)
}

// What queues before it goes out is dated when it goes out.
func TestLookUpIsDatedWhenItGoesOut(t *testing.T) {
	type of struct{}
	out := serverAt.Add(25 * time.Second)
	for _, c := range []membership.Group{group, basic} {
		at := serverAt
		f := chat(three(4))
		f.participant = func(*tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error) {
			at = out
			return nil, tgerr.New(400, "USER_NOT_PARTICIPANT")
		}
		whole := f.fullChat
		f.fullChat = func(id int64) (*tg.MessagesChatFull, error) {
			at = out
			return whole(id)
		}
		f.before = func(ctx context.Context) { require.Equal(t, "stamped", ctx.Value(of{})) }
		g := supergroup.New(f, supergroup.Config{
			Group: c, Me: me, Hashes: hashes{99: 990},
			Stamp: func(ctx context.Context) (context.Context, func() time.Time) {
				return context.WithValue(ctx, of{}, "stamped"), func() time.Time { return at }
			},
		})
		got, err := g.LookUp(t.Context(), 99)
		require.NoError(t, err)
		require.Equal(t, membership.At(out), got.Event.Evidence.At)
		require.Equal(t, uint64(out.UnixNano()), got.Event.Evidence.Ref)
		require.Equal(t, 1, f.calls)
	}
}

func TestLookUpOfSomebodyNeverShown(t *testing.T) {
	f := &fake{}
	for _, h := range []supergroup.Hashes{nil, hashes{}} {
		got, err := reader(f, group, h).LookUp(t.Context(), 12)
		require.NoError(t, err)
		require.False(t, got.Firm())
		require.NotEmpty(t, got.Why)
	}
	require.Zero(t, f.calls, "a call that must fail is not made")
}

func TestLookUpOfOneself(t *testing.T) {
	f := &fake{participant: func(r *tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error) {
		require.Equal(t, &tg.InputPeerSelf{}, r.Participant)
		return &tg.ChannelsChannelParticipant{Participant: &tg.ChannelParticipantCreator{UserID: me}}, nil
	}}
	got, err := reader(f, group, nil).LookUp(t.Context(), me)
	require.NoError(t, err)
	require.Equal(t, membership.Creator, got.Event.State.Role)
}
