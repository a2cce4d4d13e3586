package roster_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

func logged(ids ...int64) []membership.LogEntry {
	entries := []membership.LogEntry{}
	for _, id := range ids {
		entries = append(entries, membership.LogEntry{
			ID: id, At: start + membership.Instant(id), Kind: membership.LogKind(id % int64(membership.LastLogKind+1)), Actor: 7,
			User: membership.UserID(id), Message: int(id), Was: "\u202eone", Text: "two\x00",
		})
	}
	return entries
}

func TestTheAdminLogIsKeptAsItWasRead(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Entries: logged(9, 8, 7), Tail: &membership.Tail{LastID: 9}})
	ingest(t, r, membership.Batch{Entries: logged(12, 9), Tail: &membership.Tail{LastID: 12}})
	ingest(t, r, membership.Batch{Entries: []membership.LogEntry{{ID: 8, Text: "another"}}})

	up, err := r.AdminLog(t.Context(), testGroup, 0, 10)
	require.NoError(t, err)
	require.Equal(t, logged(7, 8, 9, 12), up, "an entry that is there stands")
	down, err := r.AdminLogBefore(t.Context(), testGroup, 0, 10)
	require.NoError(t, err)
	require.Equal(t, logged(12, 9, 8, 7), down)
	for _, c := range []struct{ before, first int64 }{{13, 12}, {12, 9}, {11, 9}, {8, 7}} {
		down, err = r.AdminLogBefore(t.Context(), testGroup, c.before, 1)
		require.NoError(t, err)
		require.Equal(t, logged(c.first), down, "before %d", c.before)
	}
	for _, none := range []func() ([]membership.LogEntry, error){
		func() ([]membership.LogEntry, error) { return r.AdminLog(t.Context(), testGroup, 12, 10) },
		func() ([]membership.LogEntry, error) { return r.AdminLogBefore(t.Context(), testGroup, 7, 10) },
		func() ([]membership.LogEntry, error) { return r.AdminLog(t.Context(), testGroup+1, 0, 10) },
	} {
		got, err := none()
		require.NoError(t, err)
		require.Equal(t, []membership.LogEntry{}, got)
	}
}

// Page by page, from either end, the archive is the same sequence.
func TestTheArchiveIsReadInPiecesOfAnySize(t *testing.T) {
	r, _ := open(t)
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfNDistinct(rapid.Int64Range(1, 1<<40), 0, 30, rapid.ID).Draw(t, "ids")
		ingest(t, r, membership.Batch{Entries: logged(ids...), Tail: &membership.Tail{LastID: 1 << 40}})
		limit := rapid.IntRange(1, 9).Draw(t, "limit")
		var up, down []membership.LogEntry
		for after := int64(0); ; after = up[len(up)-1].ID {
			piece, err := r.AdminLog(t.Context(), testGroup, after, limit)
			require.NoError(t, err)
			if up = append(up, piece...); len(piece) == 0 {
				break
			}
		}
		for before := int64(0); ; before = down[0].ID {
			piece, err := r.AdminLogBefore(t.Context(), testGroup, before, limit)
			require.NoError(t, err)
			for _, e := range piece {
				down = append([]membership.LogEntry{e}, down...)
			}
			if len(piece) == 0 {
				break
			}
		}
		require.Equal(t, up, down)
		for i := 1; i < len(up); i++ {
			require.Less(t, up[i-1].ID, up[i].ID)
		}
	})
}

func TestAnEntryThatIsNoneIsRefused(t *testing.T) {
	r, _ := open(t)
	for _, e := range []membership.LogEntry{{}, {ID: -1}, {ID: 1, Kind: membership.LastLogKind + 1}} {
		_, err := r.Ingest(t.Context(), membership.Batch{Group: testGroup, Entries: []membership.LogEntry{e}})
		require.Error(t, err)
		require.NotErrorIs(t, err, roster.ErrForeign, "the file is whole")
	}
}

func TestAnEntryBeyondTheCursorIsFound(t *testing.T) {
	r, _ := open(t)
	ingest(t, r, membership.Batch{Entries: logged(9), Tail: &membership.Tail{LastID: 8}})
	problems, err := r.Check(t.Context())
	require.NoError(t, err)
	require.Len(t, problems, 1)
	ingest(t, r, membership.Batch{Tail: &membership.Tail{LastID: 9}})
}
