package roster_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

const (
	testGroup = membership.GroupID(1_700_000_001)
	testBot   = membership.UserID(7_000_000_001)
	// start is the test clock's first moment.
	start = membership.Instant(1_780_000_000)
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	require.TestingT
	Helper()
}

// clock is a time that stands still until it is moved.
type clock struct{ at membership.Instant }

func (c *clock) now() time.Time       { return c.at.Time() }
func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

// open opens a new roster in a directory of the test's. The test ends in a full check.
func open(t *testing.T) (*roster.Roster, *clock) {
	t.Helper()
	c := &clock{at: start}
	r := openAt(t, filepath.Join(t.TempDir(), "roster.db"), c)
	t.Cleanup(func() {
		clean(t, r)
		require.NoError(t, r.Close())
	})
	return r, c
}

func openAt(t failer, path string, c *clock) *roster.Roster {
	t.Helper()
	r, err := roster.Open(path, roster.Options{Now: c.now})
	require.NoError(t, err)
	return r
}

// clean is the full check: refold the ledger and compare everything.
func clean(t failer, r *roster.Roster) {
	t.Helper()
	problems, err := r.Check(context.Background())
	require.NoError(t, err)
	require.Empty(t, problems)
}

// everything is all that the roster says of the group's people, for comparing two rosters.
func everything(t failer, r *roster.Roster) map[membership.UserID]membership.Person {
	t.Helper()
	all := map[membership.UserID]membership.Person{}
	var last membership.UserID
	require.NoError(t, r.People(context.Background(), testGroup, func(p membership.Person) error {
		require.Greater(t, p.Profile.User, last, "people come by id, each once")
		last = p.Profile.User
		all[last] = p
		return nil
	}))
	return all
}

func ingest(t failer, r *roster.Roster, b membership.Batch) membership.Outcome {
	t.Helper()
	b.Group, b.Bot = testGroup, testBot
	if b.Policy == (membership.Policy{}) {
		b.Policy = membership.DefaultPolicy()
	}
	out, err := r.Ingest(context.Background(), b)
	require.NoError(t, err)
	return out
}

// update is a bot update about somebody.
func update(user membership.UserID, qts uint64, at membership.Instant, s membership.State) membership.Event {
	return membership.Event{Group: testGroup, User: user, State: s, Moved: true, Evidence: membership.Evidence{
		Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: testBot, Ref: qts, At: at, Recorded: at, Actor: user,
	}}
}

var (
	member = membership.State{Presence: membership.In, Role: membership.Member}
	left   = membership.State{Presence: membership.Out, Departure: membership.Left}
	banned = membership.State{Presence: membership.Out, Departure: membership.Banned}
)

func wrote(user membership.UserID, at membership.Instant, payload string) membership.Contact {
	return membership.Contact{User: user, Kind: membership.Wrote, At: at, Ref: uint64(at), Payload: payload}
}

func TestOpenCreatesPrivateFileAndKeepsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.db")
	c := &clock{at: start}
	r := openAt(t, path, c)
	require.NoError(t, r.PutGroup(t.Context(), membership.Group{ID: testGroup, Kind: membership.Supergroup, Title: "T", AccessHash: -5, Total: 3}))
	require.NoError(t, r.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing temporary is left")

	r = openAt(t, path, c)
	g, ok, err := r.Group(t.Context(), testGroup)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, int64(-5), g.AccessHash)
	groups, err := r.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, []membership.Group{g}, groups)
	clean(t, r)
	require.NoError(t, r.Close())
}

func TestCancelledContextWritesNothing(t *testing.T) {
	r, _ := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Ingest(ctx, membership.Batch{Group: testGroup, Events: []membership.Event{update(1, 1, start, member)}})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, r.PutGroup(ctx, membership.Group{ID: testGroup}), context.Canceled)
	_, ok, err := r.Group(t.Context(), testGroup)
	require.NoError(t, err)
	require.False(t, ok)
}

// An account that lost its place in the group reads nothing there, and the sources say so from that moment on.
func TestTheSourcesKnowWhetherTheOwnersAccountReads(t *testing.T) {
	r, _ := open(t)
	put := func(admin bool) bool {
		require.NoError(t, r.PutGroup(t.Context(), membership.Group{ID: testGroup, Kind: membership.Supergroup, Admin: admin}))
		s, err := r.Sources(t.Context(), testGroup)
		require.NoError(t, err)
		return s.OwnerOut
	}
	require.False(t, put(false), "it never was one, as far as is known")
	require.False(t, put(true))
	require.True(t, put(false))
	require.NoError(t, r.UpdateSources(t.Context(), testGroup, func(s *membership.Sources) {
		s.List, s.Link, s.LinkAt = 5, membership.SignedOut, 6
	}))
	s, err := r.Sources(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, membership.Sources{List: 5, Link: membership.SignedOut, LinkAt: 6, OwnerOut: true, Gaps: s.Gaps}, s)
	require.True(t, put(false))
	require.False(t, put(true))
	clean(t, r)
}
