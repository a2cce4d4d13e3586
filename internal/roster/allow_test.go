package roster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// allowedAt is the allow list of a moment: whom it held, with the owner's words on them.
func allowedAt(t *testing.T, r *roster.Roster, at membership.Instant) map[membership.UserID]string {
	t.Helper()
	list, _, err := r.AllowListAt(t.Context(), testGroup, at)
	require.NoError(t, err)
	words := map[membership.UserID]string{}
	for _, a := range list {
		require.LessOrEqual(t, a.Since, at)
		require.NotContains(t, words, a.User)
		words[a.User] = a.Note
	}
	return words
}

func TestTheAllowListOfAMomentIsWhatItWas(t *testing.T) {
	r, c := open(t)
	ingest(t, r, membership.Batch{Owner: testOwner})
	allow := func(user membership.UserID, note string) {
		require.NoError(t, r.Allow(t.Context(), testGroup, user, note))
		c.pass(time.Minute)
	}
	disallow := func(user membership.UserID) {
		require.NoError(t, r.Disallow(t.Context(), testGroup, user))
		c.pass(time.Minute)
	}
	allow(1, "caretaker") // at start
	allow(2, "")          // at start + 60
	allow(1, "gardener")  // at start + 120
	allow(1, "gardener")  // says nothing new
	disallow(1)           // at start + 240
	disallow(1)           // is not on it
	allow(1, "back")      // at start + 360
	disallow(2)           // at start + 420
	type list = map[membership.UserID]string
	for at, want := range map[membership.Instant]list{
		start - 1:   {},
		start:       {1: "caretaker"},
		start + 59:  {1: "caretaker"},
		start + 60:  {1: "caretaker", 2: ""},
		start + 120: {1: "gardener", 2: ""},
		start + 239: {1: "gardener", 2: ""},
		start + 240: {2: ""},
		start + 360: {1: "back", 2: ""},
		start + 420: {1: "back"},
		start + 999: {1: "back"},
	} {
		require.Equal(t, want, allowedAt(t, r, at), "%d s after the start", at-start)
	}
	list1, recorded, err := r.AllowListAt(t.Context(), testGroup, start+60)
	require.NoError(t, err)
	require.Less(t, recorded, start-1e9, "from the beginning")
	require.Equal(t, []roster.Allowed{
		{User: 1, Note: "caretaker", Since: start, Removed: start + 240}, {User: 2, Since: start + 60, Removed: start + 420},
	}, list1)

	var kinds []membership.NoteKind
	for _, n := range notes(t, r) {
		kinds = append(kinds, n.Kind)
	}
	const on, off = membership.NoteAllowed, membership.NoteDisallowed
	require.Equal(t, []membership.NoteKind{on, on, on, off, on, off}, kinds, "a note for each change, and none for what changes nothing")
	require.Empty(t, messages(t, r), "the owner did it")
	clean(t, r)
}

// A roster that is older than the record tells of no removal; what it says of a moment before the record says so.
func TestRemovalsFromAnOlderRosterAreOnRecordFromTheFirstChange(t *testing.T) {
	r := openAt(t, older(t, "layout5"), &clock{at: start + 100})
	_, recorded, err := r.AllowListAt(t.Context(), testGroup, start)
	require.NoError(t, err)
	require.Zero(t, recorded)
	require.NoError(t, r.Allow(t.Context(), testGroup, 1, ""))
	_, recorded, err = r.AllowListAt(t.Context(), testGroup, start)
	require.NoError(t, err)
	require.Equal(t, start+100, recorded)
	clean(t, r)
	require.NoError(t, r.Close())
}
