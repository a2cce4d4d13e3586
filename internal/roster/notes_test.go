package roster_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

const testOwner = membership.UserID(77)

// messages are the messages to the owner that are in the outbox.
func messages(t *testing.T, r *roster.Roster) (texts []string) {
	t.Helper()
	pending, err := r.PendingActions(t.Context(), testGroup, start+1e9, 1000)
	require.NoError(t, err)
	for _, a := range pending {
		require.Equal(t, membership.Notice, a.Verb)
		require.Equal(t, testOwner, a.User)
		texts = append(texts, a.Text)
	}
	return texts
}

func notes(t *testing.T, r *roster.Roster) []membership.Note {
	t.Helper()
	all, err := r.Notes(t.Context(), testGroup, 0, 1000)
	require.NoError(t, err)
	return all
}

func advice(m membership.Mode) string { return m.Advice(membership.DefaultPolicy()) }

// Whatever mode follows upon whatever mode: a change is one note and one message, and no change is neither.
func TestAChangeOfModeIsOneNoteAndOneMessage(t *testing.T) {
	modes := []membership.Mode{membership.Fresh, membership.Stale, membership.Blind}
	for _, was := range append([]membership.Mode{0}, modes...) {
		for _, is := range modes {
			t.Run(fmt.Sprintf("%v to %v", was, is), func(t *testing.T) {
				r, c := open(t)
				ingest(t, r, membership.Batch{Owner: testOwner})
				if was != 0 {
					_, err := r.Climb(t.Context(), testGroup, membership.Freshness{Mode: was, Reason: "before"}, advice)
					require.NoError(t, err)
				}
				noted, sent := len(notes(t, r)), len(messages(t, r))
				c.pass(time.Minute)
				for range 3 {
					_, err := r.Climb(t.Context(), testGroup, membership.Freshness{Mode: is, Reason: "now"}, advice)
					require.NoError(t, err)
					c.pass(time.Minute)
				}
				wantNotes, wantMessages := 1, 1
				if was == is {
					wantNotes = 0
				}
				if was == is || was == 0 && is == membership.Fresh {
					wantMessages = 0
				}
				require.Len(t, notes(t, r), noted+wantNotes)
				require.Len(t, messages(t, r), sent+wantMessages)
				rung, err := r.Rung(t.Context(), testGroup)
				require.NoError(t, err)
				require.Equal(t, is, rung.Mode)
				if wantNotes == 1 {
					require.Equal(t, start+60, rung.Since)
					require.Equal(t, membership.Note{
						Seq: uint64(noted + 1), Kind: membership.NoteMode, At: start + 60, Recorded: start + 60, Was: was, Mode: is,
						Text: fmt.Sprintf("The gate is %s: now.", is),
					}, notes(t, r)[noted])
				}
			})
		}
	}
}

// A process that is killed between a gap and the position that it reveals finds it again, with a later end.
func TestAGapFoundAgainIsTheSameGap(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Owner: testOwner})
	gap := membership.Gap{Source: membership.GapFeed, From: 10, To: 20, Reason: "asleep"}
	require.Len(t, ingest(t, r, membership.Batch{Gap: &gap}).Notes, 1)
	require.NoError(t, r.SettleGap(t.Context(), testGroup, 1, "the owner said so"))
	require.Empty(t, ingest(t, r, membership.Batch{Gap: &gap}).Notes)
	gaps, err := r.Gaps(t.Context(), testGroup)
	require.NoError(t, err)
	require.Len(t, gaps, 1)
	require.False(t, gaps[0].Open(), "nothing new was learnt")

	gap.To = 30
	require.Empty(t, ingest(t, r, membership.Batch{Gap: &gap}).Notes)
	gaps, err = r.Gaps(t.Context(), testGroup)
	require.NoError(t, err)
	require.Len(t, gaps, 1)
	require.True(t, gaps[0].Open(), "it is longer than what was settled")
	require.Equal(t, membership.Instant(30), gaps[0].To)
	require.Len(t, messages(t, r), 1, "the owner is told of a gap once")
	require.ErrorIs(t, r.SettleGap(t.Context(), testGroup, 2, "x"), roster.ErrUnknownGap)
}

func TestAGapOfTheLogIsCoveredByAWholeFeed(t *testing.T) {
	for feedFrom, covered := range map[membership.Instant]bool{0: false, 5: true, 10: true, 11: false} {
		r, _ := open(t)
		ingest(t, r, membership.Batch{Owner: testOwner})
		proved := func(at membership.Instant) {
			require.NoError(t, r.UpdateSources(t.Context(), testGroup, func(s *membership.Sources) { s.FeedFrom, s.BotFeed = feedFrom, at }))
		}
		open := func() bool {
			gaps, err := r.Gaps(t.Context(), testGroup)
			require.NoError(t, err)
			require.Len(t, gaps, 1)
			return gaps[0].Open()
		}
		proved(20)
		ingest(t, r, membership.Batch{Gap: &membership.Gap{Source: membership.GapAdminLog, From: 10, To: 20, Reason: "not read"}})
		require.True(t, open(), "a bot that was away as long has yet to be asked")
		proved(0)
		require.True(t, open())
		proved(21)
		require.Equal(t, covered, !open(), "the feed is whole since %d", feedFrom)
		require.Len(t, messages(t, r), 1, "who did what is lost all the same")
	}
}

// A hole in the bot's updates that the admin log tells of whole leaves nobody's place in doubt.
func TestAGapOfTheFeedIsToldByAWholeLog(t *testing.T) {
	const hour = membership.Instant(3600)
	gap := membership.Gap{Source: membership.GapFeed, From: start, To: start + hour, Reason: "forgotten"}
	read := func(at membership.Instant) membership.Batch {
		return membership.Batch{Tail: &membership.Tail{Read: at}}
	}
	partly := membership.TailRead{Top: 9, Below: 4, Begun: start + 2*hour}
	for _, c := range []struct {
		name    string
		batches []membership.Batch
		settled bool
	}{
		{"read after it", []membership.Batch{{Gap: &gap}, read(start + 2*hour)}, true},
		{"read before it ended", []membership.Batch{{Gap: &gap}, read(start + hour)}, false},
		{"not read to the end", []membership.Batch{{Gap: &gap}, {Tail: &membership.Tail{Open: partly}}}, false},
		{"read long after, and never before", []membership.Batch{{Gap: &gap}, read(start + 48*hour)}, false},
		{"read long after, and before", []membership.Batch{read(start - hour), {Gap: &gap}, read(start + 48*hour)}, true},
		{"the log has a hole there too", []membership.Batch{
			{Gap: &membership.Gap{Source: membership.GapAdminLog, From: start + hour/2, To: start + 2*hour}}, {Gap: &gap}, read(start + 2*hour),
		}, false},
		{"the log has a hole elsewhere", []membership.Batch{
			{Gap: &membership.Gap{Source: membership.GapAdminLog, From: start - 2*hour, To: start - hour}}, {Gap: &gap}, read(start + 2*hour),
		}, true},
		{"the read finds both", []membership.Batch{{Gap: &gap}, {
			Tail: &membership.Tail{Read: start + 2*hour}, Gap: &membership.Gap{Source: membership.GapAdminLog, From: start - hour, To: start + hour/2},
		}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := open(t)
			for _, b := range c.batches {
				ingest(t, r, b)
			}
			gaps, err := r.Gaps(t.Context(), testGroup)
			require.NoError(t, err)
			for _, g := range gaps {
				if g.Source == membership.GapFeed {
					require.Equal(t, c.settled, !g.Open())
				}
			}
		})
	}
}

func TestNotesGoOnWhereTheyWereRead(t *testing.T) {
	r, _ := open(t)
	for i := range 5 {
		n, err := r.Note(t.Context(), testGroup, membership.Note{Kind: membership.NoteDrift, Text: strconv.Itoa(i)}, true)
		require.NoError(t, err)
		require.Equal(t, uint64(i+1), n.Seq)
	}
	some, err := r.Notes(t.Context(), testGroup, 2, 2)
	require.NoError(t, err)
	require.Equal(t, []uint64{3, 4}, []uint64{some[0].Seq, some[1].Seq})
	require.Empty(t, messages(t, r), "nobody knows yet who the owner is")
	none, err := r.Notes(t.Context(), testGroup+1, 0, 10)
	require.NoError(t, err)
	require.Empty(t, none)
}
