package walk_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/walk"
)

// shelf serves plain lists as Telegram does: 200 rows a call at most, from the list as it stands at that moment. What is searched for,
// nobody has.
type shelf struct {
	rows  map[membership.List][]membership.UserID
	count map[membership.List]int // where it differs from the length
	cap   map[membership.List]int // beyond it pages are empty; 0 is none
	then  func(membership.List)   // after every page
	asked []membership.Query
}

func (s *shelf) serve(q membership.Query, rows int) membership.Page {
	s.asked = append(s.asked, q)
	list := s.rows[q.List]
	p := membership.Page{Query: q, Count: len(list), Calls: 1}
	if n, ok := s.count[q.List]; ok {
		p.Count = n
	}
	if n := s.cap[q.List]; n > 0 {
		list = list[:min(n, len(list))]
	}
	from := min(q.Offset, len(list))
	for i, user := range list[from:min(from+membership.PageLimit, len(list))] {
		p.Rows = append(p.Rows, membership.Row{
			Sighting: membership.Sighting{User: user, State: inside, Row: uint32(rows + i)}, Profile: membership.Profile{User: user, FirstName: "🌵"},
		})
	}
	p.Received = len(p.Rows)
	if s.then != nil {
		s.then(q.List)
	}
	return p
}

var inside = membership.State{Presence: membership.In, Role: membership.Member}

func (s *shelf) callsFor(l membership.List) (n int) {
	for _, q := range s.asked {
		if q.List == l {
			n++
		}
	}
	return n
}

// walk walks to the end.
func (s *shelf) walk(t *testing.T, kind membership.GroupKind, total int) (membership.Checkpoint, map[membership.UserID]bool) {
	t.Helper()
	w, seen := walk.New(walk.Options{Kind: kind, Level: membership.Normal, Total: total}), map[membership.UserID]bool{}
	for !w.Checkpoint().Done() {
		require.Less(t, len(s.asked), 1000, "the walk does not end")
		cp := w.Checkpoint()
		for _, r := range w.Take(s.serve(cp.Next, cp.Rows)).Rows {
			seen[r.Sighting.User] = true
		}
	}
	return w.Checkpoint(), seen
}

func shelved(l membership.List, n int) map[membership.List][]membership.UserID {
	return map[membership.List][]membership.UserID{l: numbered(1000, n)}
}

func numbered(first, n int) []membership.UserID {
	out := make([]membership.UserID, n)
	for i := range out {
		out[i] = membership.UserID(first + i)
	}
	return out
}

func TestAWalkCostsNoMoreCallsThanPages(t *testing.T) {
	for _, tt := range []struct {
		name    string
		members int
		count   int // what the server says, -1 the truth
		calls   int // for the recent list
	}{
		{"nobody", 0, -1, 1},
		{"one", 1, -1, 1},
		{"a full page", 200, -1, 1},
		{"a page and one", 201, -1, 2},
		{"a thousand", 1000, -1, 5},
		{"count too high", 990, 1000, 6}, // the last page is short, but only an empty one is the end
		{"count too low, full page", 400, 150, 3},
		{"count too low, short page", 150, 100, 1},
		{"count too low in the middle", 1000, 500, 6},
		{"no count", 600, 0, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{rows: shelved(membership.ListRecent, tt.members)}
			if tt.count >= 0 {
				s.count = map[membership.List]int{membership.ListRecent: tt.count}
			}
			cp, seen := s.walk(t, membership.Supergroup, tt.members)
			require.Equal(t, tt.calls, s.callsFor(membership.ListRecent))
			lists := membership.Lists()
			if tt.members > 0 && tt.count < 0 { // as long as its count: it had the bots too
				lists = slices.DeleteFunc(lists, func(l membership.List) bool { return l == membership.ListBots })
				require.Zero(t, s.callsFor(membership.ListBots))
				require.NotContains(t, cp.Counts, membership.ListBots)
			}
			require.Equal(t, tt.calls+len(lists)-1, cp.Calls)
			require.Len(t, seen, tt.members)
			require.Equal(t, tt.members, cp.In)
			require.Equal(t, lists, cp.Full)
			require.Empty(t, cp.Truncated)
			require.Zero(t, cp.CallsLeft)
			if tt.count >= 0 {
				require.Equal(t, tt.count, cp.Counts[membership.ListRecent])
			}
		})
	}
}

func TestAWalkMeetsTelegramsWindows(t *testing.T) {
	const super, channel = membership.Supergroup, membership.Channel
	for _, tt := range []struct {
		name      string
		kind      membership.GroupKind
		list      membership.List
		rows      int
		cap       int
		count     int // -1 the truth
		total     int
		calls     int
		truncated bool
	}{
		{"recent fills the window and the group", super, membership.ListRecent, 10_000, 10_000, -1, 10_000, 50, false},
		{"channel's recent", channel, membership.ListRecent, 900, 200, 200, 900, 1, true},
		{"channel's recent, all of it", channel, membership.ListRecent, 150, 200, -1, 150, 1, false},
		{"kicked beyond the window", super, membership.ListKicked, 1500, 1000, -1, 10, 6, true},
		{"kicked counted too high", super, membership.ListKicked, 500, 1000, 510, 10, 4, false},
		{"kicked without a window", super, membership.ListKicked, 1500, 0, -1, 10, 8, false},
		{"restricted and no end", super, membership.ListBanned, 30_000, 0, -1, 10, 50, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &shelf{rows: shelved(tt.list, tt.rows), cap: map[membership.List]int{tt.list: tt.cap}}
			if tt.count >= 0 {
				s.count = map[membership.List]int{tt.list: tt.count}
			}
			cp, _ := s.walk(t, tt.kind, tt.total)
			require.Equal(t, tt.calls, s.callsFor(tt.list))
			if tt.truncated {
				require.Equal(t, []membership.List{tt.list}, cp.Truncated)
				require.NotContains(t, cp.Full, tt.list)
			} else {
				require.Empty(t, cp.Truncated)
				require.Contains(t, cp.Full, tt.list)
			}
			if tt.kind == channel {
				require.Zero(t, s.callsFor(membership.ListBanned), "a channel restricts nobody")
				require.Zero(t, s.callsFor(membership.ListSearch), "and shows 200 of a search too")
			}
		})
	}
}

// Beyond the window a walk searches, and says that the list was cut whatever the server counts.
func TestAWalkBeyondTheWindowIsNeverFull(t *testing.T) {
	for name, c := range map[string]struct{ rows, cap, count, total int }{
		"counted":               {12_000, 10_000, 12_000, 12_000},
		"counted up to it":      {12_000, 10_000, 10_000, 12_000},
		"size unknown":          {10_000, 10_000, 10_000, 0},
		"no end, not counted":   {30_000, 0, 0, 30_000},
		"no end, counted":       {30_000, 0, 30_000, 30_000},
		"counted far too small": {12_000, 10_000, 300, 12_000},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{
				rows: shelved(membership.ListRecent, c.rows), cap: map[membership.List]int{membership.ListRecent: c.cap},
				count: map[membership.List]int{membership.ListRecent: c.count},
			}
			cp, _ := s.walk(t, membership.Supergroup, c.total)
			require.NotContains(t, cp.Full, membership.ListRecent)
			for _, q := range s.asked {
				require.Less(t, q.Offset, membership.ParticipantWindow)
			}
		})
	}
}

// A recent list that is much shorter than the group may hide all but the administrators: then the bots are asked for.
func TestHiddenMembersDoNotSpareTheListOfBots(t *testing.T) {
	s := &shelf{rows: shelved(membership.ListRecent, 20)}
	cp, _ := s.walk(t, membership.Supergroup, 9_000)
	require.Equal(t, 1, s.callsFor(membership.ListBots))
	require.Contains(t, cp.Full, membership.ListBots)
}

// Who joins meanwhile is put first and pushes the last rows behind the first page's count.
func TestAWalkFollowsAGrowingList(t *testing.T) {
	s := &shelf{rows: shelved(membership.ListRecent, 400)}
	joined := 10
	s.then = func(l membership.List) {
		if l == membership.ListRecent && joined < 15 {
			s.rows[l] = append(numbered(joined, 1), s.rows[l]...)
			joined++
		}
	}
	_, seen := s.walk(t, membership.Supergroup, 400)
	for _, user := range numbered(1000, 400) {
		require.True(t, seen[user], "%d was there all the time", user)
	}
}

func TestABasicGroupIsOneCall(t *testing.T) {
	s := &shelf{rows: shelved(membership.ListRecent, 150)}
	cp, seen := s.walk(t, membership.BasicGroup, 150)
	require.Len(t, seen, 150)
	require.Len(t, s.asked, 1)
	require.Equal(t, []membership.List{membership.ListRecent}, cp.Full)
}
