package gatekeeper_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/supergroup"
	"rollcall/internal/tgsim/world"
)

// served is a simulated world's lists as the owner's account asks for them.
type served struct {
	supergroup.API // whatever else is called fails the test

	world *world.World

	mu    sync.Mutex // guards what follows
	asked []membership.Query
	fail  func(call int) error // of a call for participants, counted from 1; nil is none
}

// calls is what was asked for so far.
func (s *served) calls() []membership.Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// failing has calls for participants fail.
func (s *served) failing(fail func(call int) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

var filters = map[membership.List]world.Filter{
	membership.ListRecent: world.Recent, membership.ListAdmins: world.Admins, membership.ListBots: world.Bots,
	membership.ListKicked: world.Kicked, membership.ListBanned: world.Restricted, membership.ListSearch: world.Search,
}

func (s *served) ChannelsGetParticipants(
	_ context.Context, r *tg.ChannelsGetParticipantsRequest,
) (tg.ChannelsChannelParticipantsClass, error) {
	q := membership.Query{List: listOf(r.Filter), Offset: r.Offset}
	if search, ok := r.Filter.(*tg.ChannelParticipantsSearch); ok {
		q.Text = search.Q
	}
	s.mu.Lock()
	s.asked = append(s.asked, q)
	call, fail := len(s.asked), s.fail
	s.mu.Unlock()
	if fail != nil {
		if err := fail(call); err != nil {
			return nil, err
		}
	}
	id := r.Channel.(*tg.InputChannel).ChannelID
	list, err := s.world.Participants(s.world.Owner(), world.ChannelID(id), world.ListRequest{
		Filter: filters[q.List], Query: q.Text, Offset: q.Offset, Limit: r.Limit,
	})
	if err != nil {
		return nil, err
	}
	return &tg.ChannelsChannelParticipants{Count: list.Count, Participants: list.Rows, Users: list.Users, Chats: list.Chats}, nil
}

func (s *served) ChannelsGetFullChannel(_ context.Context, c tg.InputChannelClass) (*tg.MessagesChatFull, error) {
	return s.world.FullChannel(s.world.Owner(), world.ChannelID(c.(*tg.InputChannel).ChannelID))
}

func (s *served) MessagesGetFullChat(_ context.Context, id int64) (*tg.MessagesChatFull, error) {
	return s.world.FullChat(s.world.Owner(), world.ChatID(id))
}

func listOf(f tg.ChannelParticipantsFilterClass) membership.List {
	switch f.(type) {
	case *tg.ChannelParticipantsAdmins:
		return membership.ListAdmins
	case *tg.ChannelParticipantsBots:
		return membership.ListBots
	case *tg.ChannelParticipantsKicked:
		return membership.ListKicked
	case *tg.ChannelParticipantsBanned:
		return membership.ListBanned
	case *tg.ChannelParticipantsSearch:
		return membership.ListSearch
	}
	return membership.ListRecent
}

// outing is one walk of a group of the world, by as many keepers as it takes.
type outing struct {
	t      *testing.T
	group  membership.Group
	served *served
	roster *brokenRoster
}

func newOuting(t *testing.T, w *world.World, g membership.Group) *outing {
	t.Helper()
	r, err := roster.Open(filepath.Join(t.TempDir(), "roster.db"), roster.Options{})
	require.NoError(t, err)
	t.Cleanup(func() {
		problems, err := r.Check(context.WithoutCancel(t.Context()))
		require.NoError(t, err)
		require.Empty(t, problems)
		require.NoError(t, r.Close())
	})
	broken := &brokenRoster{Roster: r, method: "StagePage"}
	broken.good.Store(1 << 30)
	return &outing{t: t, group: g, served: &served{world: w}, roster: broken}
}

// goOn is what a new process does: it walks until it fails or has so many pages; 0 is to the end.
func (o *outing) goOn(pages int) (*membership.Certificate, error) {
	o.t.Helper()
	keeper := gatekeeper.New(gatekeeper.Config{Group: o.group, Roster: o.roster, Policy: membership.DefaultPolicy()})
	owner := supergroup.New(o.served, supergroup.Config{Group: o.group, Me: membership.UserID(o.served.world.Owner())})
	n := 0
	for p, err := range keeper.Walk(o.t.Context(), owner, membership.Normal) {
		if err != nil || p.Certificate != nil {
			return p.Certificate, err
		}
		if n++; n == pages {
			return nil, nil
		}
	}
	return nil, nil
}

func (o *outing) people() map[membership.UserID]membership.Presence {
	o.t.Helper()
	out := map[membership.UserID]membership.Presence{}
	require.NoError(o.t, o.roster.People(o.t.Context(), o.group.ID, func(p membership.Person) error {
		out[p.Profile.User] = p.Standing.Presence
		return nil
	}))
	return out
}

// still is the clock of a world in which nothing happens.
func still() time.Time { return time.Unix(1_800_000_000, 0) }

// large is a group of 25,000, made once.
var large = sync.OnceValue(func() *world.World { return world.New(world.Options{Seed: 4, Members: 25_000, Now: still}) })

func theGroupOf(w *world.World) membership.Group {
	return membership.Group{ID: membership.GroupID(w.Group().ID), Kind: membership.Supergroup, AccessHash: 1}
}

// A walk beyond the window may stop after any page, and be killed between an answer and its storing: what it asks and whom it finds stay the same,
// but for the call that was lost.
func TestALargeWalkGoesOnAfterAnyPage(t *testing.T) {
	whole := newOuting(t, large(), theGroupOf(large()))
	want, err := whole.goOn(0)
	require.NoError(t, err)
	require.Greater(t, want.Coverage.Ratio, 0.95)
	require.Less(t, want.Calls, 3*25_000/membership.PageLimit)
	people := whole.people()

	o := newOuting(t, large(), theGroupOf(large()))
	lost := 0
	for step := 1; ; step++ {
		pages := step * 7
		o.roster.good.Store(1 << 30)
		if step%2 == 0 {
			o.roster.good.Store(int64(pages)) // so many can be stored
			pages = 0
		}
		got, err := o.goOn(pages)
		if got != nil {
			require.Equal(t, want.Proven, got.Proven)
			require.Equal(t, want.Search, got.Search)
			require.Equal(t, want.Calls, got.Calls)
			break
		}
		if err != nil {
			require.ErrorIs(t, err, errDisk)
			lost++
		}
	}
	require.Positive(t, lost)
	require.Len(t, o.served.calls(), len(whole.served.calls())+lost, "a call is repeated where its answer was not stored")
	require.Equal(t, whole.served.calls(), withoutRepeats(o.served.calls()))
	require.Equal(t, people, o.people())
}

// withoutRepeats leaves out what was asked twice in a row.
func withoutRepeats(asked []membership.Query) (out []membership.Query) {
	for i, q := range asked {
		if i == 0 || q != asked[i-1] {
			out = append(out, q)
		}
	}
	return out
}

// A right that is lost in the midst of a walk stops it where it is; once it is there again, the walk goes on.
func TestALargeWalkOutlivesTheLossOfTheAccountsRight(t *testing.T) {
	for name, refusal := range map[string]error{
		"right lost":   tgerr.New(403, "CHAT_ADMIN_REQUIRED"),
		"removed":      tgerr.New(406, "CHANNEL_PRIVATE"),
		"server's own": tgerr.New(500, "RPC_CALL_FAIL"),
	} {
		t.Run(name, func(t *testing.T) {
			o := newOuting(t, large(), theGroupOf(large()))
			o.served.failing(func(call int) error {
				if call == 40 {
					return refusal
				}
				return nil
			})
			_, err := o.goOn(0)
			var refused *membership.TelegramError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, "read page 40 of the participants")
			open, found, err := o.roster.OpenWalk(t.Context(), o.group.ID)
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, 39, open.Checkpoint.Pages)
			c, err := o.goOn(0)
			require.NoError(t, err)
			require.Equal(t, open.ID, c.Walk)
			require.Len(t, o.served.calls(), c.Calls+1)
		})
	}
}

// Groups of other kinds, and members who are hidden from everybody else.
func TestWalksOfOtherKinds(t *testing.T) {
	w := world.New(world.Options{Seed: 6, Members: 700, Now: still, Groups: []world.GroupOptions{
		{Title: "Kin", Members: 150, Basic: true}, {Title: "News", Members: 650, Broadcast: true}, {Title: "Hidden", Members: 620, Hidden: true},
	}})
	for _, tt := range []struct {
		title    string
		calls    int
		proven   int
		complete bool
	}{
		{"Kin", 1, 150, true},
		{"News", 4, 200, false},
		{"Hidden", 4 + otherLists, 620, true},
	} {
		t.Run(tt.title, func(t *testing.T) {
			o := newOuting(t, w, titled(t, w, tt.title))
			c, err := o.goOn(0)
			require.NoError(t, err)
			require.Equal(t, tt.calls, c.Calls)
			require.Equal(t, tt.proven, c.Proven)
			require.Equal(t, tt.complete, c.Coverage.Complete, c.Coverage.Reasons)
			require.Zero(t, c.Search.Prefixes, "nothing is searched for")
			require.Len(t, o.served.calls(), tt.calls-map[bool]int{true: 1}[o.group.Kind == membership.BasicGroup])
		})
	}
}

// titled is the owner's group of that title.
func titled(t *testing.T, w *world.World, title string) membership.Group {
	t.Helper()
	all, err := supergroup.List(t.Context(), chatList{world: w})
	require.NoError(t, err)
	for _, g := range all {
		if g.Title == title {
			return g
		}
	}
	require.FailNow(t, "there is no such group", title)
	return membership.Group{}
}

// chatList is the owner's list of chats.
type chatList struct {
	supergroup.API

	world *world.World
}

func (c chatList) MessagesGetDialogs(_ context.Context, r *tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
	return c.world.Dialogs(c.world.Owner(), world.DialogsRequest{Limit: r.Limit}), nil
}
