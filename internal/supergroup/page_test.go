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
	"rollcall/internal/supergroup"
)

type counts = map[membership.List]int

func TestWalkCostsNoMoreCallsThanPages(t *testing.T) {
	for _, tt := range []struct {
		name    string
		members int
		count   int // what the server says, -1 the truth
		calls   int // for the recent list
		proven  int
	}{
		{"nobody", 0, -1, 1, 0},
		{"one", 1, -1, 1, 1},
		{"a full page", 200, -1, 1, 200},
		{"a page and one", 201, -1, 2, 201},
		{"a thousand", 1000, -1, 5, 1000},
		{"count too high", 990, 1000, 6, 990}, // the last page is short, but only an empty one is the end
		{"count too low, full page", 400, 150, 3, 400},
		{"count too low, short page", 150, 100, 1, 150},
		{"count too low in the middle", 1000, 500, 6, 1000},
		{"no count", 600, 0, 4, 600},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &lists{rows: map[membership.List][]tg.ChannelParticipantClass{membership.ListRecent: people(10, tt.members)}}
			if tt.count >= 0 {
				l.count = counts{membership.ListRecent: tt.count}
			}
			w, pages := walk(t, &fake{participants: l.serve}, group, tt.members)
			require.Equal(t, tt.calls, l.callsFor(membership.ListRecent))
			require.Equal(t, tt.calls+4, w.Checkpoint.Calls)
			require.Len(t, proven(pages), tt.proven)
			require.Equal(t, membership.Lists(), w.Checkpoint.Full)
			require.Empty(t, w.Checkpoint.Truncated)
			if tt.count >= 0 {
				require.Equal(t, tt.count, w.Checkpoint.Counts[membership.ListRecent])
			}
		})
	}
}

func TestWalkAsksAsTelegramWantsIt(t *testing.T) {
	l := &lists{rows: map[membership.List][]tg.ChannelParticipantClass{membership.ListRecent: people(10, 450)}}
	walk(t, &fake{participants: l.serve}, group, 450)
	var offsets []int
	for _, r := range l.asked {
		require.Equal(t, &tg.InputChannel{ChannelID: groupID, AccessHash: 77}, r.Channel)
		require.Equal(t, 200, r.Limit)
		require.Zero(t, r.Hash)
		offsets = append(offsets, r.Offset)
	}
	require.Equal(t, []int{0, 200, 400, 0, 0, 0, 0}, offsets)
}

func TestWalkMeetsTelegramsWindows(t *testing.T) {
	channel := membership.Group{ID: groupID, Kind: membership.Channel, AccessHash: 77}
	for _, tt := range []struct {
		name      string
		group     membership.Group
		list      membership.List
		rows      int
		cap       int
		count     int // -1 the truth
		total     int
		calls     int
		truncated bool
	}{
		{"recent beyond the window", group, membership.ListRecent, 12_000, 10_000, -1, 12_000, 50, true},
		{"recent beyond the window, counted up to it", group, membership.ListRecent, 12_000, 10_000, 10_000, 12_000, 50, true},
		{"recent fills the window, size unknown", group, membership.ListRecent, 10_000, 10_000, -1, 0, 50, true},
		{"recent fills the window and the group", group, membership.ListRecent, 10_000, 10_000, -1, 10_000, 50, false},
		{"recent and no end", group, membership.ListRecent, 30_000, 0, 0, 30_000, 50, true},
		{"channel's recent", channel, membership.ListRecent, 900, 200, 200, 900, 1, true},
		{"channel's recent, all of it", channel, membership.ListRecent, 150, 200, -1, 150, 1, false},
		{"kicked beyond the window", group, membership.ListKicked, 1500, 1000, -1, 10, 6, true},
		{"kicked counted too high", group, membership.ListKicked, 500, 1000, 510, 10, 4, false},
		{"kicked without a window", group, membership.ListKicked, 1500, 0, -1, 10, 8, false},
		{"restricted and no end", group, membership.ListBanned, 30_000, 0, -1, 10, 50, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &lists{
				rows: map[membership.List][]tg.ChannelParticipantClass{tt.list: people(10, tt.rows)},
				cap:  counts{tt.list: tt.cap},
			}
			if tt.count >= 0 {
				l.count = counts{tt.list: tt.count}
			}
			w, _ := walk(t, &fake{participants: l.serve}, tt.group, tt.total)
			require.Equal(t, tt.calls, l.callsFor(tt.list))
			if tt.truncated {
				require.Equal(t, []membership.List{tt.list}, w.Checkpoint.Truncated)
				require.NotContains(t, w.Checkpoint.Full, tt.list)
			} else {
				require.Empty(t, w.Checkpoint.Truncated)
				require.Contains(t, w.Checkpoint.Full, tt.list)
			}
			if tt.group.Kind == membership.Channel {
				require.Zero(t, l.callsFor(membership.ListBanned), "a channel restricts nobody")
			}
		})
	}
}

// Who joins meanwhile is put first and pushes the last rows behind the first page's count.
func TestWalkFollowsAGrowingList(t *testing.T) {
	l := &lists{rows: map[membership.List][]tg.ChannelParticipantClass{membership.ListRecent: people(1000, 400)}}
	joined := int64(10)
	l.then = func(list membership.List) {
		if list == membership.ListRecent && joined < 15 {
			l.rows[list] = append(people(joined, 1), l.rows[list]...)
			joined++
		}
	}
	_, pages := walk(t, &fake{participants: l.serve}, group, 400)
	seen := proven(pages)
	for id := membership.UserID(1000); id < 1400; id++ {
		require.True(t, seen[id], "%d was there all the time", id)
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
	w := membership.Walk{ID: 3, Checkpoint: membership.Checkpoint{
		List: membership.ListRecent, Offset: 400, Pages: 2, Rows: 390, Calls: 2, Counts: counts{membership.ListRecent: 880}, TotalBefore: 890,
	}}
	p, err := reader(f, group, h).Page(t.Context(), w)
	require.NoError(t, err)

	require.Equal(t, membership.Checkpoint{
		List: membership.ListRecent, Offset: 405, Pages: 3, Rows: 394, Calls: 3, Counts: counts{membership.ListRecent: 880}, TotalBefore: 890,
	}, p.After, "offsets count the banned channel too")
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
		return &tg.ChannelsChannelParticipants{Count: 1, Participants: people(10, 1)}, nil
	}}
	p, err := reader(f, group, nil).Page(t.Context(), membership.Walk{})
	require.NoError(t, err)
	require.Len(t, p.Rows, 1)
	require.Equal(t, 3, p.After.Calls)

	silent, f.calls = 1000, 0
	_, err = reader(f, group, nil).Page(t.Context(), membership.Walk{})
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
		_, err := reader(f, group, nil).Page(t.Context(), membership.Walk{})
		var refused *membership.TelegramError
		require.ErrorAs(t, err, &refused, tt.name)
		require.Equal(t, tt.kind, refused.Kind, tt.name)
	}

	own := errors.New("the session's own")
	f.participants = func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) { return nil, own }
	_, err := reader(f, group, nil).Page(t.Context(), membership.Walk{})
	require.ErrorIs(t, err, own)

	_, err = reader(f, group, nil).Page(t.Context(), membership.Walk{Checkpoint: membership.Checkpoint{Pages: 4}})
	require.ErrorIs(t, err, supergroup.ErrWalkDone)
	_, err = reader(f, group, nil).Page(t.Context(), membership.Walk{Checkpoint: membership.Checkpoint{List: 99, Pages: 4}})
	require.ErrorContains(t, err, "unknown list")
}

// A page depends on the checkpoint and the answer alone, and leaves the checkpoint it was given as it was.
func TestPageIsPure(t *testing.T) {
	l := &lists{rows: map[membership.List][]tg.ChannelParticipantClass{membership.ListRecent: people(10, 3)}}
	f := &fake{participants: l.serve}
	given := func() membership.Walk {
		full := make([]membership.List, 0, 9)
		return membership.Walk{ID: 1, Checkpoint: membership.Checkpoint{
			List: membership.ListRecent, Counts: counts{membership.ListBots: 4}, Full: full, Truncated: full,
		}}
	}
	w := given()
	g := reader(f, group, nil)
	first, err := g.Page(t.Context(), w)
	require.NoError(t, err)
	second, err := g.Page(t.Context(), w)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Equal(t, given(), w)
	require.Zero(t, w.Checkpoint.Full[:1][0], "no room of the given slice is written to")
}

// Whatever Telegram answers, a walk ends, and every row that is about a person arrives once per showing.
func TestEveryWalkEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]membership.GroupKind{membership.Supergroup, membership.Channel}).Draw(rt, "kind")
		given, calls := 0, 0
		f := &fake{participants: func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
			calls++
			a := &tg.ChannelsChannelParticipants{Count: rapid.SampledFrom([]int{-1, 0, 1, 200, 400, 10_000, 1 << 30}).Draw(rt, "count")}
			n := rapid.SampledFrom([]int{0, 1, 100, 199, 200, 200, 200}).Draw(rt, "rows")
			if calls > 300 {
				n = 0
			}
			for i := range n {
				if i%7 == 3 {
					a.Participants = append(a.Participants, bannedRow(&tg.PeerChannel{ChannelID: 9}))
					continue
				}
				given++
				a.Participants = append(a.Participants, plain(int64(given)))
			}
			return a, nil
		}}
		g := group
		g.Kind = kind
		total := rapid.SampledFrom([]int{0, 1, 200, 10_000, 1 << 30}).Draw(rt, "total")
		w, pages := membership.Walk{ID: 1, Checkpoint: membership.Checkpoint{TotalBefore: total}}, []membership.Page{}
		refs := make(map[uint32]bool)
		for !w.Checkpoint.Done() {
			p, err := reader(f, g, nil).Page(context.Background(), w)
			require.NoError(rt, err)
			for _, r := range p.Rows {
				require.False(rt, refs[r.Sighting.Row], "two rows in one place")
				refs[r.Sighting.Row] = true
			}
			pages = append(pages, p)
			w.Checkpoint = p.After
			require.LessOrEqual(rt, len(pages), 306)
			require.Less(rt, w.Checkpoint.Offset, membership.ParticipantWindow)
		}
		require.Len(rt, refs, given)
		require.Equal(rt, given, w.Checkpoint.Rows)
		lists := len(membership.Lists())
		if kind == membership.Channel {
			lists--
		}
		require.Len(rt, append(w.Checkpoint.Full, w.Checkpoint.Truncated...), lists, "every list has one end")
	})
}
