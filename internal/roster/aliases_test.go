package roster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

const newGroup = testGroup + 5

func TestAGroupGoesOnUnderItsNewID(t *testing.T) {
	r, c := open(t)
	policy := membership.DefaultPolicy()
	policy.Enforce = true
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	require.NoError(t, r.PutGroup(t.Context(), membership.Group{ID: testGroup, Kind: membership.BasicGroup, Title: "Alpines"}))
	reply := membership.Reply{Bot: testBot, User: 1, Kind: membership.ReplyMessage, Message: 9, Asked: start}
	ingest(t, r, membership.Batch{
		Owner: testOwner, Qts: 5, Policy: policy, Tail: &membership.Tail{LastID: 7, LastDate: 70, Read: 700},
		Events:   []membership.Event{update(1, 1, start, member), update(2, 2, start, member)},
		Contacts: []membership.Contact{wrote(1, start, "gold"), wrote(2, start, "")}, Replies: []membership.Reply{reply},
	})
	ingest(t, r, membership.Batch{Policy: policy, Events: []membership.Event{update(2, 3, start+5, left)}})
	before := everything(t, r)
	revoked, err := r.Actions(t.Context(), testGroup, roster.ActionFilter{Verb: membership.Revoke})
	require.NoError(t, err)
	require.Len(t, revoked, 1)

	to := membership.Group{ID: newGroup, Kind: membership.Supergroup, Title: "Alpines", AccessHash: 8}
	for i := range 2 {
		note, err := r.Migrate(t.Context(), testGroup, to)
		require.NoError(t, err)
		require.Equal(t, i == 0, note.Kind == membership.NoteMigrated, "the second time there is nothing to do")
		c.pass(time.Minute)
	}
	clean(t, r)
	require.Equal(t, before, everything(t, r), "the old id leads to the same people")
	for _, id := range []membership.GroupID{testGroup, newGroup} {
		present, err := r.Present(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, newGroup, present)
		g, ok, err := r.Group(t.Context(), id)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, to, g)
		p, ok, err := r.Person(t.Context(), id, 2)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, membership.Left, p.Standing.Departure)
		due, err := r.DueReplies(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, []membership.Reply{reply}, due)
		actions, err := r.Actions(t.Context(), id, roster.ActionFilter{Verb: membership.Revoke})
		require.NoError(t, err)
		require.Equal(t, revoked, actions)
		pending, err := r.PendingActions(t.Context(), id, c.at, 10)
		require.NoError(t, err)
		require.Len(t, pending, 2, "what was promised, and the owner is told")
		require.Contains(t, pending[1].Text, "-1001700000006")
		tail, err := r.Tail(t.Context(), id)
		require.NoError(t, err)
		require.Zero(t, tail, "the new group has a log of its own")
		enforced, err := r.Enforced(t.Context(), id)
		require.NoError(t, err)
		require.True(t, enforced)
	}
	groups, err := r.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, []membership.Group{to}, groups)

	// What comes under the new id goes on with the same people, and what was done under the old one can be undone.
	back := update(2, 4, c.at, member)
	back.Group = newGroup
	out, err := r.Ingest(t.Context(), membership.Batch{Group: newGroup, Bot: testBot, Policy: policy, Events: []membership.Event{back}})
	require.NoError(t, err)
	require.Equal(t, []membership.UserID{2}, out.Changed)
	require.Equal(t, membership.In, everything(t, r)[2].Standing.Presence)
	require.NoError(t, r.ReplyDone(t.Context(), reply.Key(), true))
	c2, err := r.Case(t.Context(), newGroup, 2)
	require.NoError(t, err)
	require.Equal(t, membership.Granted, c2.Subscriber.Access)
}

func TestAnOpenWalkIsEndedBeforeTheGroupGoesOn(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 1, start, member)}})
	_, err := r.BeginWalk(t.Context(), testGroup, membership.Checkpoint{Next: membership.Query{List: membership.ListRecent}})
	require.NoError(t, err)
	_, err = r.Migrate(t.Context(), testGroup, membership.Group{ID: newGroup})
	require.ErrorIs(t, err, roster.ErrWalkOpen)
	present, err := r.Present(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, testGroup, present)
}

// An owner who named the new id before the roster followed has decided for the same group.
func TestWhatTheOwnerDecidedUnderTheNewIDGoesOn(t *testing.T) {
	for _, on := range []bool{true, false} {
		r, c := open(t)
		ingest(t, r, membership.Batch{Owner: testOwner, Events: []membership.Event{update(1, 1, start, member), update(2, 2, start, member)}})
		require.NoError(t, r.Allow(t.Context(), testGroup, 1, "here"))
		require.NoError(t, r.Enforce(t.Context(), testGroup, !on))
		c.pass(time.Minute)
		require.NoError(t, r.Allow(t.Context(), newGroup, 1, "there"))
		require.NoError(t, r.Allow(t.Context(), newGroup, 2, "there"))
		require.NoError(t, r.Enforce(t.Context(), newGroup, on))
		_, err := r.Migrate(t.Context(), testGroup, membership.Group{ID: newGroup})
		require.NoError(t, err)
		list, err := r.AllowList(t.Context(), testGroup)
		require.NoError(t, err)
		require.Equal(t, []roster.Allowed{{User: 1, Note: "here", Since: start}, {User: 2, Note: "there", Since: start + 60}}, list)
		enforced, err := r.Enforced(t.Context(), newGroup)
		require.NoError(t, err)
		require.Equal(t, on, enforced)
		require.NoError(t, r.Disallow(t.Context(), newGroup, 2))
		list, _, err = r.AllowListAt(t.Context(), newGroup, c.at-1)
		require.NoError(t, err)
		require.Len(t, list, 1)
	}
}

func TestTwoHistoriesAreNotMixed(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 1, start, member)}})
	_, err := r.Migrate(t.Context(), testGroup+1, membership.Group{ID: newGroup})
	require.ErrorIs(t, err, roster.ErrUnknownGroup)

	// Lists that were read under the new id are read again; a ledger of its own stays.
	require.NoError(t, r.PutGroup(t.Context(), membership.Group{ID: newGroup, Kind: membership.Supergroup}))
	_, err = r.Migrate(t.Context(), testGroup, membership.Group{ID: newGroup})
	require.NoError(t, err)

	other := update(3, 9, start, member)
	other.Group = newGroup + 1
	_, err = r.Ingest(t.Context(), membership.Batch{Group: newGroup + 1, Events: []membership.Event{other}})
	require.NoError(t, err)
	_, err = r.Migrate(t.Context(), testGroup, membership.Group{ID: newGroup + 1})
	require.ErrorIs(t, err, roster.ErrTwoGroups)

	_, err = r.Migrate(t.Context(), testGroup, membership.Group{ID: newGroup + 2})
	require.NoError(t, err)
	for _, id := range []membership.GroupID{testGroup, newGroup, newGroup + 2} {
		present, err := r.Present(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, newGroup+2, present)
	}
}
