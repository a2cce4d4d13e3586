package world_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// withLists makes a group whose lists follow the rules.
func withLists(t *testing.T, members int, rules string) *world.World {
	t.Helper()
	r, err := world.ParseListRules(rules)
	require.NoError(t, err)
	return world.New(world.Options{Seed: 3, Members: members, Now: still, Lists: r})
}

func page(t *testing.T, w *world.World, q world.ListRequest) *world.List {
	t.Helper()
	got, err := w.Participants(w.Owner(), w.Group().ID, q)
	require.NoError(t, err)
	return got
}

// count returns the count of Recent at an offset.
func count(t *testing.T, w *world.World, offset int) int {
	t.Helper()
	return page(t, w, world.ListRequest{Offset: offset, Limit: 1}).Count
}

func TestRule02CapsByOption(t *testing.T) {
	w := withLists(t, 500, "cap=200")
	assert.Len(t, everyone(t, w, world.Recent, ""), 200)
	assert.Greater(t, count(t, w, 0), 200)
	assert.Equal(t, 200, count(t, w, 50))
	assert.Equal(t, 200, count(t, w, 300), "the count stays, the rows do not")

	w = withLists(t, 500, "cap=200,slack=1")
	assert.Len(t, everyone(t, w, world.Recent, ""), 201, "one more than the count says")
	assert.Equal(t, 200, count(t, w, 50))

	w = world.New(world.Options{Seed: 3, Members: 3_000, Now: still, SearchCap: 200})
	first := page(t, w, world.ListRequest{Filter: world.Search, Query: "a", Limit: 200})
	assert.Greater(t, first.Count, 200)
	assert.Len(t, everyone(t, w, world.Search, "a"), 200)
	assert.Greater(t, len(everyone(t, w, world.Search, "")), 2_000, "everybody is no search")
}

func TestRule03CountsByOption(t *testing.T) {
	listed := count(t, withLists(t, 400, ""), 0)
	assert.Equal(t, 0, count(t, withLists(t, 400, "counts=absent"), 0))
	assert.Equal(t, 100, count(t, withLists(t, 400, "cap=100,counts=cut"), 0))
	assert.Equal(t, listed, count(t, withLists(t, 400, "counts=cut"), 0))

	w := withLists(t, 400, "count-deleted")
	deleted := 0
	for _, f := range facts(t, w) {
		if f.In && f.Deleted {
			deleted++
		}
	}
	assert.Positive(t, deleted)
	assert.Equal(t, listed+deleted, count(t, w, 0))
	assert.Len(t, everyone(t, w, world.Recent, ""), listed, "counted, but not listed")

	noisy := count(t, withLists(t, 400, "count-noise=100"), 0)
	assert.NotEqual(t, listed, noisy)
	assert.InDelta(t, listed, noisy, float64(listed)/10)
	assert.Equal(t, noisy, count(t, withLists(t, 400, "count-noise=100"), 0), "chance comes from the seed")
}

func TestRule03Ghosts(t *testing.T) {
	w := withLists(t, 2_000, "ghosts=50")
	recent := everyone(t, w, world.Recent, "")
	missing := count(t, w, 0) - len(recent)
	assert.InDelta(t, 100, missing, 40, "5 %% of 2,000")
	a := page(t, w, world.ListRequest{Filter: world.Search, Query: "a", Limit: 200})
	found := everyone(t, w, world.Search, "a")
	assert.Greater(t, a.Count, len(found))
	for _, id := range found {
		assert.Contains(t, recent, id, "a ghost is in no list")
	}
	for _, f := range facts(t, w) {
		if f.Status == "creator" || f.Bot && f.In {
			assert.Contains(t, recent, int64(f.ID))
		}
	}
}

func TestRule01ShortPages(t *testing.T) {
	w := withLists(t, 1_500, "short-pages=2")
	var ids []int64
	short := 0
	for {
		rows := page(t, w, world.ListRequest{Offset: len(ids), Limit: 100}).Rows
		if len(rows) == 0 {
			break
		}
		if len(rows) == 99 {
			short++
		}
		for _, r := range rows {
			ids = append(ids, rowID(r))
		}
	}
	assert.Greater(t, short, 2)
	assert.Len(t, ids, count(t, w, 0), "who goes on where a page ended misses nobody")
	slices.Sort(ids)
	assert.Len(t, slices.Compact(ids), len(ids), "and reads nobody twice")
}

func TestRule14Lookups(t *testing.T) {
	gone := func(w *world.World) world.UserID {
		for _, f := range facts(t, w) {
			if f.Status == "left" {
				return f.ID
			}
		}
		t.Fatal("nobody left")
		return 0
	}
	w := withLists(t, 100, "")
	_, err := w.Participant(w.Owner(), w.Group().ID, gone(w))
	assert.True(t, tgerr.Is(err, "USER_NOT_PARTICIPANT"), "%v", err)
	w = withLists(t, 100, "left-is-answer")
	got, err := w.Participant(w.Owner(), w.Group().ID, gone(w))
	require.NoError(t, err)
	assert.Equal(t, &tg.ChannelParticipantLeft{Peer: &tg.PeerUser{UserID: int64(gone(w))}}, got.Rows[0])
	require.Len(t, got.Users, 1)

	_, err = w.Participant(w.Owner(), w.Group().ID, 5)
	assert.True(t, tgerr.Is(err, "PARTICIPANT_ID_INVALID"), "%v", err)
}

func TestRule14DeletedAccountsAreUnknownEveryOtherHour(t *testing.T) {
	now := epoch
	w := world.New(world.Options{
		Seed: 3, Members: 100, Lists: world.ListRules{DeletedUnknown: true}, Now: func() time.Time { return now },
	})
	all := facts(t, w)
	u := all[slices.IndexFunc(all, func(f world.Fact) bool { return f.In && f.Deleted })].ID
	answers := 0
	for range 4 {
		_, err := w.Participant(w.Owner(), w.Group().ID, u)
		if err == nil {
			answers++
		} else {
			assert.True(t, tgerr.Is(err, "PARTICIPANT_ID_INVALID"), "%v", err)
		}
		now = now.Add(time.Hour)
	}
	assert.Equal(t, 2, answers)
}

func TestRule08BannedChannelsAreInPlace(t *testing.T) {
	w := world.New(world.Options{Seed: 8, Members: 100, Now: still})
	kicked := page(t, w, world.ListRequest{Filter: world.Kicked, Limit: 200})
	var dates []int
	var of world.ChannelID
	for _, r := range kicked.Rows {
		b := r.(*tg.ChannelParticipantBanned)
		dates = append(dates, b.Date)
		if p, ok := b.Peer.(*tg.PeerChannel); ok {
			of = world.ChannelID(p.ChannelID)
		}
	}
	assert.True(t, slices.IsSortedFunc(dates, func(a, b int) int { return b - a }), "newest first: %v", dates)
	require.NotZero(t, of)
	assert.Len(t, page(t, w, world.ListRequest{Filter: world.Kicked, Query: "lantern news", Limit: 200}).Rows, 1)

	got, err := w.ChannelParticipant(w.Owner(), w.Group().ID, of)
	require.NoError(t, err)
	assert.Contains(t, kicked.Rows, got.Rows[0])
	_, err = w.ChannelParticipant(w.Owner(), w.Group().ID, w.Group().ID)
	assert.True(t, tgerr.Is(err, "USER_NOT_PARTICIPANT"), "%v", err)
}

func TestContacts(t *testing.T) {
	w := world.New(world.Options{Seed: 4, Members: 100, Now: still})
	assert.Empty(t, everyone(t, w, world.Contacts, ""))
	inside := somebody(t, w, "Contact", "Inside")
	outside, _ := w.Stranger()
	for _, u := range []world.UserID{world.UserID(inside), outside, outside} {
		require.NoError(t, w.AddContact(w.Owner(), u, "", ""))
	}
	assert.ElementsMatch(t, []int64{inside, int64(w.Owner())}, everyone(t, w, world.Contacts, ""), "the owner is there too")
	assert.Equal(t, []int64{inside}, everyone(t, w, world.Contacts, "con"))

	require.NoError(t, w.AddContact(w.Owner(), world.UserID(inside), "Grocer", ""))
	assert.Empty(t, everyone(t, w, world.Contacts, "grocer"), "the owner's own name is not searched")
	shown := page(t, w, world.ListRequest{Filter: world.Search, Query: "contact inside", Limit: 1}).Users[0].(*tg.User)
	assert.Equal(t, "Grocer", shown.FirstName, "but it is what the owner sees")
	assert.Empty(t, shown.LastName)
	assert.True(t, shown.Contact)
	assert.Equal(t, "Contact", w.User(w.Bot(), world.UserID(inside)).FirstName)

	assert.True(t, tgerr.Is(w.AddContact(w.Bot(), outside, "", ""), "BOT_METHOD_INVALID"))
	assert.True(t, tgerr.Is(w.AddContact(w.Owner(), w.Owner(), "", ""), "CONTACT_ID_INVALID"))
	assert.True(t, tgerr.Is(w.AddContact(w.Owner(), 5, "", ""), "USER_ID_INVALID"))
}

// TestRule13UsersOfAPage checks that a page brings everybody whom its rows name, each once, with hashes that hold.
func TestRule13UsersOfAPage(t *testing.T) {
	w := world.New(world.Options{Seed: 6, Members: 700, Now: still})
	for _, f := range []world.Filter{world.Recent, world.Admins, world.Kicked, world.Restricted, world.Bots, world.Mentions} {
		for offset := 0; ; offset += 200 {
			got := page(t, w, world.ListRequest{Filter: f, Offset: offset, Limit: 200})
			if len(got.Rows) == 0 {
				break
			}
			seen := make(map[int64]bool)
			for _, u := range got.Users {
				u := u.(*tg.User)
				require.False(t, seen[u.ID], "twice")
				seen[u.ID] = true
				_, err := w.ResolveUser(w.Owner(), &tg.InputUser{UserID: u.ID, AccessHash: u.AccessHash})
				require.NoError(t, err)
			}
			for _, r := range got.Rows {
				for _, id := range namedIn(r) {
					require.True(t, seen[id], "%v names %d", r, id)
				}
			}
		}
	}
}

// namedIn are the users that a row names.
func namedIn(r tg.ChannelParticipantClass) []int64 {
	switch r := r.(type) {
	case *tg.ChannelParticipant:
		return []int64{r.UserID}
	case *tg.ChannelParticipantCreator:
		return []int64{r.UserID}
	case *tg.ChannelParticipantSelf:
		return []int64{r.UserID, r.InviterID}
	case *tg.ChannelParticipantAdmin:
		return []int64{r.UserID, r.PromotedBy}
	case *tg.ChannelParticipantBanned:
		if p, ok := r.Peer.(*tg.PeerUser); ok {
			return []int64{p.UserID, r.KickedBy}
		}
		return []int64{r.KickedBy}
	}
	panic("a row of another kind")
}

func TestRule02ChannelsListTwoHundred(t *testing.T) {
	w := world.New(world.Options{Seed: 2, Members: 400, Now: still, Groups: []world.GroupOptions{
		{Title: "Wide News", Username: "wide_news", Members: 350, Broadcast: true},
	}})
	id, err := w.Channel("wide_news")
	require.NoError(t, err)
	read := func(viewer world.UserID, q world.ListRequest) (*world.List, error) {
		return w.Participants(viewer, id, q)
	}
	first, err := read(w.Owner(), world.ListRequest{Limit: 200})
	require.NoError(t, err)
	assert.Len(t, first.Rows, 200)
	assert.Equal(t, 200, first.Count, "channels count no further than they list")
	second, err := read(w.Owner(), world.ListRequest{Offset: 200, Limit: 200})
	require.NoError(t, err)
	assert.Empty(t, second.Rows)
	assert.Equal(t, 200, second.Count)
	for _, q := range []world.ListRequest{{Limit: 1}, {Filter: world.Admins}, {Filter: world.Search, Query: "a"}} {
		_, err := read(w.Bot(), q)
		assert.True(t, tgerr.Is(err, "CHAT_ADMIN_REQUIRED"), "%v", err)
	}
}
