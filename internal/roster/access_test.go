package roster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// subscribe makes members who started the bot and have access.
func subscribe(t *testing.T, r *roster.Roster, from, to membership.UserID) {
	t.Helper()
	var b membership.Batch
	for user := from; user <= to; user++ {
		b.Events = append(b.Events, update(user, uint64(user), start-1000, member))
		b.Contacts = append(b.Contacts, wrote(user, start-900, ""))
	}
	ingest(t, r, membership.Batch{Events: b.Events}) // were members before
	out := ingest(t, r, membership.Batch{Contacts: b.Contacts})
	require.Len(t, out.Actions, len(b.Events))
	for _, a := range out.Actions {
		require.Equal(t, membership.Restore, a.Verb)
		require.Equal(t, membership.ActionDone, a.State)
		require.Equal(t, membership.ReasonMember, a.Reason)
	}
}

func leave(user membership.UserID, at membership.Instant) membership.Event {
	return update(user, uint64(at)<<20|uint64(user), at, left)
}

func join(user membership.UserID, at membership.Instant) membership.Event {
	return update(user, uint64(at)<<20|uint64(user), at, member)
}

func access(t *testing.T, r *roster.Roster, user membership.UserID) (membership.Access, membership.Reason) {
	t.Helper()
	s, err := r.Subscriber(t.Context(), testGroup, user)
	require.NoError(t, err)
	return s.Access, s.Reason
}

func states(t *testing.T, r *roster.Roster, f roster.ActionFilter) map[membership.ActionState]int {
	t.Helper()
	actions, err := r.Actions(t.Context(), testGroup, f)
	require.NoError(t, err)
	n := map[membership.ActionState]int{}
	for _, a := range actions {
		n[a.State]++
	}
	return n
}

func TestShadowModeListsOnceAndRevokesNothing(t *testing.T) {
	r, c := open(t)
	subscribe(t, r, 1, 1)
	out := ingest(t, r, membership.Batch{Events: []membership.Event{leave(1, start)}})
	require.Len(t, out.Actions, 1)
	require.Equal(t, membership.ActionShadow, out.Actions[0].State)
	require.NotZero(t, out.Actions[0].Cause)
	for i := range membership.Instant(3) {
		c.pass(time.Minute)
		require.Empty(t, ingest(t, r, membership.Batch{Events: []membership.Event{leave(1, start+i+1)}}).Actions)
	}
	a, _ := access(t, r, 1)
	require.Equal(t, membership.Granted, a)

	ingest(t, r, membership.Batch{Events: []membership.Event{join(1, start+10)}})
	out = ingest(t, r, membership.Batch{Events: []membership.Event{leave(1, start+20)}})
	require.Len(t, out.Actions, 1, "they came back and left again: that is listed again")
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	on, err := r.Enforced(t.Context(), testGroup)
	require.NoError(t, err)
	require.True(t, on)
	a, _ = access(t, r, 1)
	require.Equal(t, membership.Granted, a, "enforcing does not sweep")
	ingest(t, r, membership.Batch{Contacts: []membership.Contact{wrote(1, start+30, "")}})
	a, reason := access(t, r, 1)
	require.Equal(t, membership.Revoked, a)
	require.Equal(t, membership.ReasonLeft, reason)
	require.Equal(t, map[membership.ActionState]int{membership.ActionShadow: 2, membership.ActionDone: 1},
		states(t, r, roster.ActionFilter{Verb: membership.Revoke}))
}

func TestAccessFollowsTheGroupAndThePayloadIsKept(t *testing.T) {
	r, c := open(t)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	// A stranger comes with a deep link, is not a member, and then joins.
	out := ingest(t, r, membership.Batch{Contacts: []membership.Contact{wrote(1, start, "gift")}, Replies: []membership.Reply{reply(1, 1)}})
	require.Empty(t, out.Actions)
	require.NoError(t, r.ReplyDone(t.Context(), reply(1, 1).Key(), false))
	out = ingest(t, r, membership.Batch{Events: []membership.Event{join(1, start+5)}})
	require.Len(t, out.Actions, 2)
	require.Equal(t, []membership.Verb{membership.Restore, membership.Tell}, []membership.Verb{out.Actions[0].Verb, out.Actions[1].Verb})
	pending, err := r.PendingActions(t.Context(), testGroup, c.at, 10)
	require.NoError(t, err)
	require.Equal(t, out.Actions[1:], pending)
	require.Equal(t, "gift", pending[0].Text)

	require.NoError(t, r.ActionDone(t.Context(), pending[0].ID, membership.ActionPending, "busy", c.at+60))
	pending, err = r.PendingActions(t.Context(), testGroup, c.at+59, 10)
	require.NoError(t, err)
	require.Empty(t, pending)
	pending, err = r.PendingActions(t.Context(), testGroup, c.at+60, 10)
	require.NoError(t, err)
	require.Equal(t, 1, pending[0].Tries)
	require.NoError(t, r.ActionHeldBack(t.Context(), pending[0].ID, "Telegram asks to wait", c.at+90))
	pending, err = r.PendingActions(t.Context(), testGroup, c.at+89, 10)
	require.NoError(t, err)
	require.Empty(t, pending)
	pending, err = r.PendingActions(t.Context(), testGroup, c.at+90, 10)
	require.NoError(t, err)
	require.Equal(t, 1, pending[0].Tries, "what was held back was no try")
	require.Equal(t, "Telegram asks to wait", pending[0].Error)
	require.ErrorIs(t, r.ActionHeldBack(t.Context(), 999, "", 0), roster.ErrUnknownAction)
	s, err := r.Subscriber(t.Context(), testGroup, 1)
	require.NoError(t, err)
	require.Equal(t, "gift", s.Payload, "kept until it is honored")
	require.NoError(t, r.ActionDone(t.Context(), pending[0].ID, membership.ActionDone, "", 0))
	require.NoError(t, r.ActionDone(t.Context(), pending[0].ID, membership.ActionFailed, "late", 0), "an action ends once")
	require.ErrorIs(t, r.ActionDone(t.Context(), 999, membership.ActionDone, "", 0), roster.ErrUnknownAction)
	s, err = r.Subscriber(t.Context(), testGroup, 1)
	require.NoError(t, err)
	require.Empty(t, s.Payload)

	for i, step := range []struct {
		event   *membership.Event
		contact *membership.Contact
		access  membership.Access
		reason  membership.Reason
	}{
		{event: ptr(leave(1, start+100)), access: membership.Revoked, reason: membership.ReasonLeft},
		{event: ptr(join(1, start+110)), access: membership.Granted, reason: membership.ReasonReturned},
		{event: ptr(update(1, 7, start+120, banned)), access: membership.Revoked, reason: membership.ReasonBanned},
		{
			event:  ptr(update(1, 8, start+121, membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: true})),
			access: membership.Revoked, reason: membership.ReasonKicked,
		},
		{event: ptr(join(1, start+130)), access: membership.Granted, reason: membership.ReasonReturned},
		{contact: &membership.Contact{User: 1, Kind: membership.Stopped, At: start + 140, Ref: 9}, access: membership.Revoked, reason: membership.ReasonBlocked},
		{contact: &membership.Contact{User: 1, Kind: membership.Restarted, At: start + 150, Ref: 10}, access: membership.Granted, reason: membership.ReasonUnblocked},
	} {
		c.pass(time.Second)
		var b membership.Batch
		if step.event != nil {
			b.Events = []membership.Event{*step.event}
		} else {
			b.Contacts = []membership.Contact{*step.contact}
		}
		ingest(t, r, b)
		a, reason := access(t, r, 1)
		require.Equal(t, step.access, a, "step %d", i)
		require.Equal(t, step.reason, reason, "step %d", i)
	}
	history, err := r.History(t.Context(), testGroup, 1)
	require.NoError(t, err)
	require.Len(t, history, 6)
	revoked, err := r.Actions(t.Context(), testGroup, roster.ActionFilter{Verb: membership.Revoke, User: 1})
	require.NoError(t, err)
	require.Equal(t, membership.ReasonBlocked, revoked[0].Reason, "newest first")
	require.Zero(t, revoked[0].Cause)
	events, err := r.Events(t.Context(), testGroup, revoked[1].Cause-1, 1)
	require.NoError(t, err)
	require.Equal(t, banned, events[0].State, "the cause is the ledger's entry")
}

func ptr[T any](v T) *T { return &v }

func TestBreakerHoldsAMassRemoval(t *testing.T) {
	r, c := open(t)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	subscribe(t, r, 1, 60)
	var b membership.Batch
	for user := membership.UserID(1); user <= 30; user++ {
		b.Events = append(b.Events, leave(user, start))
	}
	out := ingest(t, r, b)
	require.Equal(t, 10, out.Held)
	require.Equal(t, map[membership.ActionState]int{membership.ActionDone: 20, membership.ActionHeld: 10},
		states(t, r, roster.ActionFilter{Verb: membership.Revoke}))
	require.Zero(t, ingest(t, r, b).Held, "a replay holds nobody again")
	a, _ := access(t, r, 30)
	require.Equal(t, membership.Granted, a)

	// Somebody held comes back: nothing is left to decide about them.
	ingest(t, r, membership.Batch{Events: []membership.Event{join(30, start+1)}})
	require.Equal(t, 9, states(t, r, roster.ActionFilter{})[membership.ActionHeld])

	c.pass(membership.BreakerWindow)
	ingest(t, r, membership.Batch{Events: []membership.Event{leave(29, start+3600)}})
	a, _ = access(t, r, 29)
	require.Equal(t, membership.Revoked, a, "an hour later the breaker allows again")
	require.Equal(t, map[membership.ActionState]int{membership.ActionDone: 21, membership.ActionHeld: 8, membership.ActionUndone: 1},
		states(t, r, roster.ActionFilter{Verb: membership.Revoke}))
	counts, err := r.Counts(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, map[membership.Access]int{membership.Granted: 39, membership.Revoked: 21}, counts.Access)
	require.Equal(t, map[membership.Dialog]int{membership.DialogActive: 60}, counts.Dialog)
	require.Equal(t, 8, counts.Actions[membership.ActionHeld])
}

// Law 4: whatever the input, these keep their access.
func TestProtectedPeopleKeepTheirAccess(t *testing.T) {
	r, _ := open(t)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	subscribe(t, r, 1, 3)
	require.NoError(t, r.Allow(t.Context(), testGroup, 1, "friend"))
	require.NoError(t, r.Allow(t.Context(), testGroup, 1, "good friend"))
	list, err := r.AllowList(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, []roster.Allowed{{User: 1, Note: "good friend", Since: start}}, list)
	ingest(t, r, membership.Batch{
		Profiles: []membership.Profile{{User: 2, Bot: true}},
		Events: []membership.Event{
			leave(1, start), leave(2, start), update(3, 900, start, membership.State{Presence: membership.In, Role: membership.Creator}),
		},
		Contacts: []membership.Contact{{User: 3, Kind: membership.Stopped, At: start, Ref: 1}},
	})
	for user := membership.UserID(1); user <= 3; user++ {
		a, _ := access(t, r, user)
		require.Equal(t, membership.Granted, a, "person %d", user)
	}
	require.NoError(t, r.Disallow(t.Context(), testGroup, 1))
	ingest(t, r, membership.Batch{Contacts: []membership.Contact{wrote(1, start+9, "")}})
	a, _ := access(t, r, 1)
	require.Equal(t, membership.Revoked, a)
	require.NoError(t, r.Allow(t.Context(), testGroup, 1, ""))
	a, reason := access(t, r, 1)
	require.Equal(t, membership.Granted, a)
	require.Equal(t, membership.ReasonAllowed, reason)
	k, err := r.Case(t.Context(), testGroup, 1)
	require.NoError(t, err)
	require.True(t, k.Allowed)
	require.True(t, k.Policy.Enforce)
}

func TestWalkRevokesAndRestores(t *testing.T) {
	r, _ := open(t)
	ctx := t.Context()
	require.NoError(t, r.Enforce(ctx, testGroup, true))
	subscribe(t, r, 1, 2)
	ingest(t, r, membership.Batch{Contacts: []membership.Contact{wrote(3, start-100, "x")}})
	_, err := r.BeginWalk(ctx, testGroup, first(3))
	require.NoError(t, err)
	out1 := row(1, 0, banned)
	out1.Sighting.Date = start - 500
	rows := []membership.Row{out1, row(2, 1, member), row(3, 2, member)}
	require.NoError(t, r.StagePage(ctx, scriptOf([][]membership.Row{rows})[0]))
	out, err := r.MergeWalk(ctx, testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	require.Len(t, out.Actions, 3)
	a, reason := access(t, r, 1)
	require.Equal(t, membership.Revoked, a)
	require.Equal(t, membership.ReasonBanned, reason)
	a, reason = access(t, r, 3)
	require.Equal(t, membership.Granted, a)
	require.Equal(t, membership.ReasonJoined, reason)
}

func TestUndoneActionsStayUndoneUntilThereIsANewReason(t *testing.T) {
	r, c := open(t)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	subscribe(t, r, 1, 2)
	out := ingest(t, r, membership.Batch{Events: []membership.Event{leave(1, start), leave(2, start)}})
	c.pass(time.Minute)
	ingest(t, r, membership.Batch{Events: []membership.Event{join(2, start+30)}})
	ids := []uint64{out.Actions[0].ID, out.Actions[1].ID}
	undone, err := r.UndoActions(t.Context(), ids)
	require.NoError(t, err)
	require.Equal(t, 1, undone.Restored)
	require.Len(t, undone.Skipped, 1)
	require.Equal(t, membership.UserID(2), undone.Skipped[0].User)
	undone, err = r.UndoActions(t.Context(), ids)
	require.NoError(t, err)
	require.Zero(t, undone.Restored, "undone once")
	_, err = r.UndoActions(t.Context(), []uint64{77})
	require.ErrorIs(t, err, roster.ErrUnknownAction)

	ingest(t, r, membership.Batch{Contacts: []membership.Contact{wrote(1, start+50, "")}})
	a, reason := access(t, r, 1)
	require.Equal(t, membership.Granted, a, "the same absence does not revoke again")
	require.Equal(t, membership.ReasonUndone, reason)
	c.pass(time.Minute)
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 5000, start+110, banned)}})
	a, _ = access(t, r, 1)
	require.Equal(t, membership.Revoked, a, "a ban is a new reason")
}
