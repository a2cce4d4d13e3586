package roster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

func rebuilt(t failer, r *roster.Roster) roster.Rebuilt {
	t.Helper()
	done, err := r.Rebuild(context.Background())
	require.NoError(t, err)
	return done
}

func TestRebuildSaysWhatDiffered(t *testing.T) {
	r, _ := open(t)
	subscribe(t, r, 1, 9)
	ingest(t, r, membership.Batch{
		Events:   []membership.Event{leave(1, start), leave(2, start)},
		Profiles: []membership.Profile{{User: 1, Username: "Ann"}, {User: 2, Username: "Bob"}},
	})
	done := rebuilt(t, r)
	require.True(t, done.IsZero(), "a whole roster is left as it is: %+v", done)
	require.Positive(t, done.Entries)
	require.NoError(t, r.Wreck(testGroup))
	done = rebuilt(t, r)
	require.False(t, done.IsZero())
	require.Positive(t, done.People)
	require.Positive(t, done.Identities)
	require.True(t, done.Counts)
	require.True(t, rebuilt(t, r).IsZero())
	clean(t, r)
}
