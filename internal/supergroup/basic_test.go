package supergroup_test

import (
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// chat serves a basic group whose list is the given one.
func chat(list tg.ChatParticipantsClass) *fake {
	return &fake{fullChat: func(int64) (*tg.MessagesChatFull, error) {
		return &tg.MessagesChatFull{
			FullChat: &tg.ChatFull{ID: groupID, Participants: list},
			Chats:    []tg.ChatClass{&tg.Chat{ID: groupID, Title: "Kin", ParticipantsCount: 3, Creator: true}},
			Users:    users(11, 12),
		}, nil
	}}
}

func three(version int) *tg.ChatParticipants {
	return &tg.ChatParticipants{ChatID: groupID, Version: version, Participants: []tg.ChatParticipantClass{
		&tg.ChatParticipantCreator{UserID: me}, &tg.ChatParticipantAdmin{UserID: 12, Date: 60}, &tg.ChatParticipant{UserID: 13, Date: 50},
	}}
}

func TestBasicGroupIsOnePage(t *testing.T) {
	f := chat(three(4))
	p, err := reader(f, basic, nil).Page(t.Context(), membership.Walk{ID: 3, Group: groupID}, recent)
	require.NoError(t, err)
	require.Equal(t, 1, f.calls)
	require.Equal(t, recent, p.Query)
	require.Equal(t, []int{3, 3, 1}, []int{p.Received, p.Count, p.Calls})
	require.Equal(t, membership.Row{
		Sighting: membership.Sighting{
			User: 12, State: membership.State{Presence: membership.In, Role: membership.Administrator},
			Date: 60, Dated: true, Read: membership.At(readAt), Walk: 3, Row: 1,
		},
		Profile: membership.Profile{User: 12, FirstName: "Ann"},
	}, p.Rows[1])
	require.Equal(t, membership.Profile{User: 13, Min: true}, p.Rows[2].Profile)
}

func TestBasicGroupLookUpReadsTheWholeList(t *testing.T) {
	g := reader(chat(three(4)), basic, hashes{})
	got, err := g.LookUp(t.Context(), 12)
	require.NoError(t, err)
	require.Equal(t, membership.Administrator, got.Event.State.Role)
	require.Equal(t, &membership.Profile{User: 12, FirstName: "Ann"}, got.Profile)

	got, err = g.LookUp(t.Context(), 99)
	require.NoError(t, err)
	require.Equal(t, membership.State{Presence: membership.Out, Departure: membership.Left}, got.Event.State)
	require.Equal(t, membership.GradeA, got.Event.Evidence.Grade)
	require.Equal(t, membership.At(serverAt), got.Event.Evidence.At)
}

func TestBasicGroupThatSaysNothing(t *testing.T) {
	f := chat(&tg.ChatParticipantsForbidden{ChatID: groupID})
	g := reader(f, basic, nil)
	_, err := g.Page(t.Context(), membership.Walk{}, recent)
	require.ErrorContains(t, err, "not shown")
	got, err := g.LookUp(t.Context(), 99)
	require.NoError(t, err)
	require.False(t, got.Firm(), "a hidden list proves no absence")

	version := 9
	f.fullChat = func(int64) (*tg.MessagesChatFull, error) { return chat(three(version)).fullChat(groupID) }
	_, err = g.Page(t.Context(), membership.Walk{}, recent)
	require.NoError(t, err)
	version = 8
	got, err = g.LookUp(t.Context(), 99)
	require.NoError(t, err)
	require.False(t, got.Firm(), "neither does an older list")
	require.NotEmpty(t, got.Why)
}

func TestBasicGroupListWithoutOurselvesProvesNothing(t *testing.T) {
	for name, rows := range map[string][]tg.ChatParticipantClass{
		"empty":   {},
		"partial": {&tg.ChatParticipantCreator{UserID: 11}, &tg.ChatParticipant{UserID: 12}},
	} {
		g := reader(chat(&tg.ChatParticipants{ChatID: groupID, Version: 4, Participants: rows}), basic, nil)
		for _, who := range []membership.UserID{me, 12, 99} {
			got, err := g.LookUp(t.Context(), who)
			require.NoError(t, err, name)
			require.False(t, got.Firm(), "%s: %d", name, who)
			require.Contains(t, got.Why, "lacks this account", name)
		}
		_, err := g.Page(t.Context(), membership.Walk{}, recent)
		require.ErrorContains(t, err, "lacks this account", name)
	}

	list := &tg.ChatParticipants{ChatID: groupID, Version: 9}
	f := &fake{fullChat: func(int64) (*tg.MessagesChatFull, error) { return chat(list).fullChat(groupID) }}
	g := reader(f, basic, nil)
	_, err := g.LookUp(t.Context(), 99)
	require.NoError(t, err)
	list = three(8)
	got, err := g.LookUp(t.Context(), 99)
	require.NoError(t, err)
	require.True(t, got.Firm(), "such a list makes no later one old")
}

func TestBasicGroupThatIsGone(t *testing.T) {
	answer := func(chats ...tg.ChatClass) func(int64) (*tg.MessagesChatFull, error) {
		return func(int64) (*tg.MessagesChatFull, error) {
			return &tg.MessagesChatFull{FullChat: &tg.ChatFull{Participants: three(1)}, Chats: chats}, nil
		}
	}
	f := &fake{fullChat: answer(&tg.Chat{ID: groupID, Deactivated: true, MigratedTo: &tg.InputChannel{ChannelID: 888}})}
	g := reader(f, basic, nil)
	_, err := g.Describe(t.Context())
	require.ErrorAs(t, err, new(*membership.MigratedError))
	require.ErrorContains(t, err, "888")
	_, err = g.Page(t.Context(), membership.Walk{}, recent)
	require.ErrorAs(t, err, new(*membership.MigratedError))
	_, err = g.LookUp(t.Context(), 11)
	require.ErrorAs(t, err, new(*membership.MigratedError))

	f.fullChat = answer(&tg.ChatForbidden{ID: groupID})
	_, err = g.LookUp(t.Context(), 11)
	requireKind(t, err, membership.ErrorGroupGone, "forbidden")

	f.fullChat = func(int64) (*tg.MessagesChatFull, error) { return nil, tgerr.New(400, "PEER_ID_INVALID") }
	_, err = g.LookUp(t.Context(), 11)
	requireKind(t, err, membership.ErrorGroupGone, "PEER_ID_INVALID of a group is no person's")
}

func TestBasicGroupDescribe(t *testing.T) {
	got, err := reader(chat(three(1)), basic, nil).Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, membership.Group{
		ID: groupID, Kind: membership.BasicGroup, Title: "Kin", Total: 3, Creator: true, Admin: true,
		Rights: membership.Rights{Admin: true, BanUsers: true, InviteUsers: true},
	}, got)
}
