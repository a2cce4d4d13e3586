package supergroup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

// recent is the first page of a walk.
var recent = membership.Query{List: membership.ListRecent}

func TestPageAsksAsTelegramWantsIt(t *testing.T) {
	for _, tt := range []struct {
		q      membership.Query
		filter tg.ChannelParticipantsFilterClass
	}{
		{membership.Query{List: membership.ListRecent, Offset: 400}, &tg.ChannelParticipantsRecent{}},
		{membership.Query{List: membership.ListAdmins}, &tg.ChannelParticipantsAdmins{}},
		{membership.Query{List: membership.ListBots}, &tg.ChannelParticipantsBots{}},
		{membership.Query{List: membership.ListKicked, Offset: 200}, &tg.ChannelParticipantsKicked{}},
		{membership.Query{List: membership.ListBanned}, &tg.ChannelParticipantsBanned{}},
		{membership.Query{List: membership.ListSearch, Text: "ma ли", Offset: 9800}, &tg.ChannelParticipantsSearch{Q: "ma ли"}},
	} {
		t.Run(tt.q.List.String(), func(t *testing.T) {
			f := &fake{participants: func(r *tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
				require.Equal(t, &tg.ChannelsGetParticipantsRequest{
					Channel: &tg.InputChannel{ChannelID: groupID, AccessHash: 77}, Filter: tt.filter, Offset: tt.q.Offset, Limit: 200,
				}, r, "and no hash")
				return &tg.ChannelsChannelParticipants{Count: 7}, nil
			}}
			p, err := reader(f, group, nil).Page(t.Context(), membership.Walk{ID: 3}, tt.q)
			require.NoError(t, err)
			require.Equal(t, membership.Page{Group: groupID, Walk: 3, Query: tt.q, Count: 7, Calls: 1, Rows: []membership.Row{}}, p)
		})
	}
}

func TestPageRows(t *testing.T) {
	muted := &tg.ChannelParticipantBanned{Peer: &tg.PeerUser{UserID: 12}, KickedBy: me, Date: 5, BannedRights: tg.ChatBannedRights{SendMessages: true}}
	f := &fake{participants: func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
		return &tg.ChannelsChannelParticipants{
			Count: 900,
			Participants: []tg.ChannelParticipantClass{
				plain(11), bannedRow(&tg.PeerChannel{ChannelID: 99}), muted, plain(13), &tg.ChannelParticipantCreator{UserID: 14},
			},
			Users: append(users(11, 12), &tg.User{ID: 14, Min: true, AccessHash: 5, FirstName: "Cy"}),
		}, nil
	}}
	h := hashes{}
	w := membership.Walk{ID: 3, Checkpoint: membership.Checkpoint{Pages: 2, Rows: 390}}
	p, err := reader(f, group, h).Page(t.Context(), w, recent)
	require.NoError(t, err)

	require.Equal(t, 5, p.Received, "the banned channel was received too")
	require.Equal(t, 900, p.Count)
	require.Len(t, p.Rows, 4)
	for i, r := range p.Rows {
		require.Equal(t, uint32(3), r.Sighting.Walk)
		require.Equal(t, uint32(390+i), r.Sighting.Row)
		require.Equal(t, membership.At(readAt), r.Sighting.Read)
		require.Equal(t, r.Sighting.User, r.Profile.User)
	}
	require.Equal(t, membership.Restricted, p.Rows[1].Sighting.State.Role)
	require.Equal(t, membership.Profile{User: 11, FirstName: "Ann"}, p.Rows[0].Profile)
	require.Equal(t, membership.Profile{User: 13, Min: true}, p.Rows[2].Profile, "came without a user object")
	require.Equal(t, membership.Profile{User: 14, FirstName: "Cy", Min: true}, p.Rows[3].Profile)
	require.Equal(t, hashes{11: 110, 12: 120}, h, "a min user's hash names nobody")
}

func TestPageAsksAgainAfterNotModified(t *testing.T) {
	silent := 2
	f := &fake{participants: func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
		if silent > 0 {
			silent--
			return &tg.ChannelsChannelParticipantsNotModified{}, nil
		}
		return &tg.ChannelsChannelParticipants{Count: 1, Participants: []tg.ChannelParticipantClass{plain(10)}}, nil
	}}
	p, err := reader(f, group, nil).Page(t.Context(), membership.Walk{}, recent)
	require.NoError(t, err)
	require.Len(t, p.Rows, 1)
	require.Equal(t, 3, p.Calls)

	silent, f.calls = 1000, 0
	_, err = reader(f, group, nil).Page(t.Context(), membership.Walk{}, recent)
	require.ErrorContains(t, err, "nothing changed")
	require.Equal(t, 3, f.calls)
}

func TestPageFails(t *testing.T) {
	f := &fake{}
	for _, tt := range []struct {
		name string
		err  error
		kind membership.TelegramErrorKind
	}{
		{"right missing", tgerr.New(403, "CHAT_ADMIN_REQUIRED"), membership.ErrorRightMissing},
		{"gone", tgerr.New(406, "CHANNEL_PRIVATE"), membership.ErrorGroupGone},
		{"temporary", tgerr.New(500, "RPC_CALL_FAIL"), membership.ErrorTemporary},
	} {
		f.participants = func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
			return nil, tt.err
		}
		_, err := reader(f, group, nil).Page(t.Context(), membership.Walk{}, recent)
		var refused *membership.TelegramError
		require.ErrorAs(t, err, &refused, tt.name)
		require.Equal(t, tt.kind, refused.Kind, tt.name)
	}

	// A text that Telegram does not take is an answer to a search: the walk goes on with others.
	f.participants = func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
		return nil, tgerr.New(400, "SEARCH_QUERY_EMPTY")
	}
	p, err := reader(f, group, nil).Page(t.Context(), membership.Walk{}, membership.Query{List: membership.ListSearch, Text: "x"})
	require.NoError(t, err)
	require.Equal(t, -1, p.Received)
	_, err = reader(f, group, nil).Page(t.Context(), membership.Walk{}, recent)
	require.Error(t, err)

	own := errors.New("the session's own")
	f.participants = func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) { return nil, own }
	_, err = reader(f, group, nil).Page(t.Context(), membership.Walk{}, recent)
	require.ErrorIs(t, err, own)

	for _, none := range []membership.List{0, 99} {
		_, err = reader(f, group, nil).Page(t.Context(), membership.Walk{}, membership.Query{List: none})
		require.ErrorContains(t, err, "unknown list")
	}
}

// Whatever Telegram answers, every row that is about a person arrives, in a place of its own, and what came is counted.
func TestPageLosesNobody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 100, 199, 200, 1000}).Draw(rt, "rows")
		before := rapid.IntRange(0, 1<<20).Draw(rt, "before")
		answer := &tg.ChannelsChannelParticipants{Count: rapid.SampledFrom([]int{-1, 0, 1, 200, 10_000, 1 << 30}).Draw(rt, "count")}
		var given []membership.UserID
		for i := range n {
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				answer.Participants = append(answer.Participants, bannedRow(&tg.PeerChannel{ChannelID: 9}))
			case 1:
				answer.Participants = append(answer.Participants, bannedRow(&tg.PeerUser{UserID: int64(i + 1)}))
				given = append(given, membership.UserID(i+1))
			default:
				answer.Participants = append(answer.Participants, plain(int64(i+1)))
				given = append(given, membership.UserID(i+1))
			}
		}
		f := &fake{participants: func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
			return answer, nil
		}}
		w := membership.Walk{ID: 1, Checkpoint: membership.Checkpoint{Rows: before}}
		g := reader(f, group, nil)
		p, err := g.Page(context.Background(), w, recent)
		require.NoError(rt, err)
		require.Equal(rt, n, p.Received)
		require.Len(rt, p.Rows, len(given))
		for i, r := range p.Rows {
			require.Equal(rt, given[i], r.Sighting.User)
			require.Equal(rt, uint32(before+i), r.Sighting.Row)
		}
		again, err := g.Page(context.Background(), w, recent)
		require.NoError(rt, err)
		require.Equal(rt, p, again, "a page depends on the question and the answer alone")
	})
}
