package roster_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

func TestDriftAndWatchOutliveTheProgram(t *testing.T) {
	c := &clock{at: start}
	path := filepath.Join(t.TempDir(), "roster.db")
	r := openAt(t, path, c)
	d, err := r.Drift(t.Context(), testGroup)
	require.NoError(t, err)
	require.Zero(t, d)
	w, err := r.Watch(t.Context(), testGroup)
	require.NoError(t, err)
	require.Zero(t, w)

	drift := membership.Drift{
		At: start, Counted: 5, Known: 9, Baseline: -3, Based: 7, Slack: 2, Open: 4, Unlisted: 1, Stage: membership.DriftRest, Since: start - 9, Entered: start - 1, First: -12, Looked: 8, Rests: 2,
	}
	require.NoError(t, r.SetDrift(t.Context(), testGroup, drift))
	e := update(7, 1, start, member)
	e.Moved = true
	_, err = r.Ingest(t.Context(), membership.Batch{Group: testGroup, Bot: testBot, Events: []membership.Event{e}})
	require.NoError(t, err)
	watch := membership.Watch{
		Bot: membership.Duty{
			Known: true, Post: membership.Post{In: true}, Lost: start, Told: true, Seq: 1, Back: start + 1,
			Telling: membership.Telling{Since: start, Sent: 3, Held: 7},
		},
		Owner: membership.Duty{Known: true, Post: membership.Post{In: true, Admin: true}}, Alarm: start, Began: start - 5,
	}
	require.NoError(t, r.UpdateWatch(t.Context(), testGroup, func(w *membership.Watch, seq uint64) {
		require.Equal(t, uint64(1), seq)
		*w = watch
	}))
	require.NoError(t, r.Close())

	r = openAt(t, path, c)
	d, err = r.Drift(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, drift, d)
	w, err = r.Watch(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, watch, w)
	clean(t, r)
	require.NoError(t, r.Close())
}

// A watch that was stored before messages were folded lacks what is at its end now.
func TestAWatchOfBeforeTellingsIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "roster.db")
	r := openAt(t, path, &clock{at: start})
	watch := membership.Watch{Bot: membership.Duty{Known: true, Lost: start, Told: true, Seq: 1}, Alarm: start, Began: start - 5}
	require.NoError(t, r.UpdateWatch(t.Context(), testGroup, func(w *membership.Watch, _ uint64) { *w = watch }))
	require.NoError(t, r.Close())
	db, err := bolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		state := tx.Bucket([]byte("groups")).Bucket(binary.BigEndian.AppendUint64(nil, uint64(testGroup))).Bucket([]byte("state"))
		const seal, tellings = 4, 6 // a checksum; two tellings that are zero
		raw := state.Get([]byte("watch"))
		old := slices.Clone(raw[:len(raw)-seal-tellings])
		return state.Put([]byte("watch"), binary.LittleEndian.AppendUint32(old, crc32.Checksum(old, crc32.MakeTable(crc32.Castagnoli))))
	}))
	require.NoError(t, db.Close())
	r = openAt(t, path, &clock{at: start})
	w, err := r.Watch(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, watch, w)
	clean(t, r)
	require.NoError(t, r.Close())
}

// What is said is one transaction with what it says it of.
func TestWhatIsToldIsNotedOnRecordAndSentAtOnce(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Owner: testOwner})
	s, err := r.Tell(t.Context(), testGroup, func(w *membership.Watch) membership.Saying {
		w.Bot.Told = true
		return membership.Saying{Note: membership.Note{Kind: membership.NoteRights, Text: "lost", User: 9}, Message: "you lost"}
	})
	require.NoError(t, err)
	require.Equal(t, membership.Note{Seq: 1, Kind: membership.NoteRights, Text: "lost", User: 9, At: start, Recorded: start}, s.Note)
	require.Equal(t, []membership.Note{s.Note}, notes(t, r))
	require.Equal(t, []string{"you lost"}, messages(t, r))
	_, err = r.Tell(t.Context(), testGroup, func(w *membership.Watch) membership.Saying {
		require.True(t, w.Bot.Told)
		w.Bot.Seq = 5
		return membership.Saying{}
	})
	require.NoError(t, err)
	require.Len(t, notes(t, r), 1)
	require.Len(t, messages(t, r), 1)
	w, err := r.Watch(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, uint64(5), w.Bot.Seq)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Tell(ended, testGroup, func(w *membership.Watch) membership.Saying {
		return membership.Saying{Note: membership.Note{Kind: membership.NoteRights}, Message: "too late"}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, messages(t, r), 1)
	clean(t, r)
}

func TestWhoIsKnownToBeInIsCountedByTheMoment(t *testing.T) {
	r, c := open(t)
	until := member
	until.Role, until.Until = membership.Restricted, start+60
	barred := membership.State{Presence: membership.Out, Departure: membership.Banned, Until: start + 60}
	_, err := r.Ingest(t.Context(), membership.Batch{Group: testGroup, Bot: testBot, Events: []membership.Event{
		update(1, 1, start, member), update(2, 2, start, left), update(3, 3, start, until), update(4, 4, start, barred),
	}})
	require.NoError(t, err)
	for range 2 {
		n, err := r.KnownIn(t.Context(), testGroup)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		c.pass(time.Hour)
	}
}

func TestWhatHappenedIsCountedInPeople(t *testing.T) {
	r, _ := open(t)
	moved := func(user membership.UserID, ref uint64, at membership.Instant, s membership.State) membership.Event {
		e := update(user, ref, at, s)
		e.Moved = true
		return e
	}
	unban := func(user membership.UserID, ref uint64, at membership.Instant) membership.Event {
		e := update(user, ref, at, membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: true})
		e.Moved = false
		return e
	}
	seen := update(9, 99, start+50, member) // observed, and moved nobody
	seen.Moved = false
	_, err := r.Ingest(t.Context(), membership.Batch{Group: testGroup, Bot: testBot, Events: []membership.Event{moved(8, 1, start+50, member)}})
	require.NoError(t, err)
	_, err = r.Ingest(t.Context(), membership.Batch{Group: testGroup, Bot: testBot, Events: []membership.Event{
		moved(1, 10, start+9, member), // before
		moved(2, 11, start+10, member),
		moved(3, 12, start+20, member), moved(3, 13, start+30, left), // came and went
		unban(4, 15, start+20), moved(4, 14, start+20, banned), // kicked, told newest first
		unban(10, 19, start+30),                                        // of a ban of long ago
		moved(11, 20, start+30, left), moved(11, 21, start+40, member), // ours
		moved(5, 16, start+40, banned),
		moved(6, 17, start+60, left),
		moved(7, 18, start+61, left), // after
		seen,
	}})
	require.NoError(t, err)
	h, err := r.Happened(t.Context(), testGroup, membership.Absence{Seq: 1, From: start + 10, To: start + 60, Ours: []membership.UserID{0, 11}})
	require.NoError(t, err)
	require.Equal(t, membership.Happened{Joined: 1, Left: 2, Kicked: 1, Banned: 1}, h)
	require.Equal(t, 5, h.Moves())
}
