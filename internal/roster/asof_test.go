package roster_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// A ledger's entry keeps what was known of the contrary when it was made, and a rebuild leaves that as it is: with it, the past of somebody of
// whom only lookups and lists told is an interval still when a newer list has taken the older's place.
func TestThePastOutlastsTheListsThatShowedIt(t *testing.T) {
	r, _ := open(t)
	_, err := r.BeginWalk(t.Context(), testGroup, first(1))
	require.NoError(t, err)
	require.NoError(t, r.StagePage(t.Context(), scriptOf([][]membership.Row{{row(50, 0, member), row(51, 1, member)}})[0]))
	_, err = r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	ingest(t, r, membership.Batch{Events: []membership.Event{lookedUp(50, start+100, left), leave(51, start+200), lookedUp(50, start+300, member)}})
	rebuilt(t, r)

	events, err := r.History(t.Context(), testGroup, 50)
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, start-70, events[0].After, "a list's moment, less its margin")
	require.Equal(t, start+98, events[1].After, "the lookup's, likewise")

	pasts := map[membership.UserID]*membership.Past{}
	require.NoError(t, r.Pasts(t.Context(), testGroup, func(p membership.Person, past *membership.Past) error {
		pasts[p.Profile.User] = past
		require.Equal(t, p.Standing, past.At(start+1000).Standing)
		return nil
	}))
	require.Len(t, pasts, 2)
	for _, c := range []struct {
		name string
		user membership.UserID
		at   membership.Instant
		want membership.Presence
	}{
		{"before the join", 50, start - 6000, membership.Unknown},
		{"after the join date that the list gave", 50, start - 4000, membership.In},
		{"between the list and the lookup", 50, start, membership.Unknown},
		{"between the lookups", 50, start + 200, membership.Unknown},
		{"after both", 50, start + 302, membership.In},
		{"before the bot heard of the leaving", 51, start + 199, membership.In},
		{"then", 51, start + 200, membership.Out},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, pasts[c.user].At(c.at).Standing.Presence)
		})
	}
	clean(t, r)
}
