package roster_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

func lookedUp(user membership.UserID, at membership.Instant, s membership.State) membership.Event {
	return membership.Event{Group: testGroup, User: user, State: s, Evidence: membership.Evidence{
		Source: membership.SourceLookup, Grade: membership.GradeA, Ref: uint64(at) * uint64(time.Second), At: at, Recorded: at,
	}}
}

// Anybody can make the bot look them up, as often as they like.
func TestALookupThatRepeatsWhatIsKnownMakesNoEntry(t *testing.T) {
	r, c := open(t)
	for i := range membership.Instant(5) {
		c.pass(10 * time.Second)
		out := ingest(t, r, membership.Batch{
			Events:   []membership.Event{lookedUp(1, c.at, left), lookedUp(2, c.at, member)},
			Profiles: []membership.Profile{{User: 1, FirstName: string(rune('A' + i))}},
		})
		if i > 0 {
			require.Zero(t, out.Appended)
		}
		p, _, err := r.Person(t.Context(), testGroup, 1)
		require.NoError(t, err)
		require.Equal(t, string(rune('A'+i)), p.Profile.FirstName, "the answer had something to say")
	}
	people := everything(t, r)
	for user := range people {
		history, err := r.History(t.Context(), testGroup, user)
		require.NoError(t, err)
		require.Len(t, history, 1)
		require.Equal(t, history[0].Evidence, people[user].Standing.Evidence, "the standing rests on what the ledger holds")
		require.Equal(t, c.at.Add(-membership.LookupMargin), people[user].Standing.LastConfirmed, "and is confirmed since")
	}

	ingest(t, r, membership.Batch{Events: []membership.Event{lookedUp(1, c.at+10, member)}})
	history, err := r.History(t.Context(), testGroup, 1)
	require.NoError(t, err)
	require.Len(t, history, 2, "a change is an entry")
	people = everything(t, r)
	require.Equal(t, membership.In, people[1].Standing.Presence)

	rebuilt(t, r)
	require.Equal(t, people, everything(t, r), "a rebuild keeps it")
	copied := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, r.Snapshot(t.Context(), copied))
	b, err := roster.Open(copied, roster.Options{ReadOnly: true, Now: c.now})
	require.NoError(t, err)
	require.Equal(t, people, everything(t, b), "and so does a backup")
	require.NoError(t, b.Close())
}

func TestTheOwnersAccountIsNeverRevoked(t *testing.T) {
	r, c := open(t)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	subscribe(t, r, 1, 2)
	ingest(t, r, membership.Batch{Owner: 1, Events: []membership.Event{leave(1, start+10), leave(2, start+10)}})
	got, _ := access(t, r, 1)
	require.Equal(t, membership.Granted, got)
	got, _ = access(t, r, 2)
	require.Equal(t, membership.Revoked, got)
	c.pass(time.Minute)
	// A plan, and a batch of somebody who does not know the owner, know it too.
	ingest(t, r, membership.Batch{Events: []membership.Event{update(1, 9, start+30, banned)}})
	require.NoError(t, r.Subscribers(t.Context(), testGroup, func(s membership.Candidate) error {
		require.Equal(t, s.Subscriber.User == 1, s.Protected)
		return nil
	}))
	got, _ = access(t, r, 1)
	require.Equal(t, membership.Granted, got)
}
