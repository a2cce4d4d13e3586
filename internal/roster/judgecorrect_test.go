package roster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

var lifted = membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: true}

// A kick is heard as a ban first, and access is gone by then. Whoever asks why is told of the removal, and the cause is still the ban.
func TestTheRevocationOfAKickTellsOfAKick(t *testing.T) {
	for _, tt := range []struct {
		name    string
		enforce bool
		first   membership.State
		lift    time.Duration // after the ban
		later   time.Duration // when the lift is heard, after the ban was
		want    []membership.Reason
		access  membership.Reason
	}{
		{name: "a kick", enforce: true, first: banned, lift: time.Second, later: time.Second, want: []membership.Reason{membership.ReasonKicked}, access: membership.ReasonKicked},
		{name: "a kick heard late", enforce: true, first: banned, lift: time.Second, later: time.Hour, want: []membership.Reason{membership.ReasonKicked}, access: membership.ReasonKicked},
		{name: "a ban lifted later", enforce: true, first: banned, lift: time.Hour, later: time.Hour, want: []membership.Reason{membership.ReasonBanned}, access: membership.ReasonBanned},
		{name: "a kick in shadow mode", first: banned, lift: time.Second, later: time.Second, want: []membership.Reason{membership.ReasonKicked}, access: membership.ReasonMember},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, c := open(t)
			require.NoError(t, r.Enforce(t.Context(), testGroup, tt.enforce))
			subscribe(t, r, 1, 2)
			ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 5000, start, tt.first), leave(2, start)}})
			c.pass(tt.later)
			ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 5001, start.Add(tt.lift), lifted)}})

			require.Equal(t, tt.want, revocations(t, r, 1))
			_, reason := access(t, r, 1)
			require.Equal(t, tt.access, reason)
			require.Equal(t, []membership.Reason{membership.ReasonLeft}, revocations(t, r, 2), "nobody else's")
			actions, err := r.Actions(t.Context(), testGroup, roster.ActionFilter{User: 1, Verb: membership.Revoke})
			require.NoError(t, err)
			require.Equal(t, start, actions[0].At)
			events, err := r.Events(t.Context(), testGroup, actions[0].Cause-1, 1)
			require.NoError(t, err)
			require.Equal(t, banned, events[0].State, "what was known when it was decided")
		})
	}
}

// What happens to somebody who is out already is not why they lost access.
func TestALaterRemovalCorrectsNothing(t *testing.T) {
	r, c := open(t)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	subscribe(t, r, 1, 1)
	ingest(t, r, membership.Batch{Events: []membership.Event{leave(1, start)}})
	c.pass(time.Hour)
	ban := update(1, 1<<60, start+3600, banned)
	ban.Moved = false
	ingest(t, r, membership.Batch{Events: []membership.Event{ban}})
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 1<<60+1, start+3601, lifted)}})
	require.Equal(t, []membership.Reason{membership.ReasonLeft}, revocations(t, r, 1))
}

func revocations(t *testing.T, r *roster.Roster, user membership.UserID) (reasons []membership.Reason) {
	t.Helper()
	actions, err := r.Actions(t.Context(), testGroup, roster.ActionFilter{User: user, Verb: membership.Revoke})
	require.NoError(t, err)
	for _, a := range actions {
		reasons = append(reasons, a.Reason)
	}
	return reasons
}
