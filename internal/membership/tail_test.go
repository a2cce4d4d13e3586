package membership_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

const (
	day0 = membership.Instant(1_780_000_000)
	hour = membership.Instant(3600)
)

func TestTakingAPageOfTheAdminLog(t *testing.T) {
	page := func(asked membership.Instant, newest, oldest int64, newestDate, oldestDate membership.Instant) membership.TailPage {
		return membership.TailPage{
			Asked: asked, Newest: newest, NewestDate: newestDate, Oldest: oldest, OldestDate: oldestDate, Rows: int(newest-oldest) + 1,
		}
	}
	empty := func(asked membership.Instant) membership.TailPage { return membership.TailPage{Asked: asked} }
	read := membership.Tail{LastID: 50, LastDate: day0 - hour, Read: day0}
	gap := func(from, to membership.Instant) *membership.Gap {
		return &membership.Gap{Source: membership.GapAdminLog, From: from, To: to}
	}
	for _, c := range []struct {
		name string
		at   membership.Tail
		page membership.TailPage
		want membership.Tail
		gap  *membership.Gap
		more bool
	}{
		{name: "an empty log, read first", page: empty(day0), want: membership.Tail{Read: day0}},
		{
			name: "the first page ever", page: page(day0, 9, 5, day0-1, day0-9), more: true,
			want: membership.Tail{Open: membership.TailRead{Top: 9, TopDate: day0 - 1, Below: 5, BelowDate: day0 - 9, Begun: day0}},
		},
		{
			name: "and its end", at: membership.Tail{Open: membership.TailRead{Top: 9, TopDate: day0 - 1, Below: 5, BelowDate: day0 - 9, Begun: day0}},
			page: empty(day0 + 3), want: membership.Tail{LastID: 9, LastDate: day0 - 1, Read: day0},
		},
		{
			name: "nothing new", at: read, page: page(day0+60, 50, 50, day0-hour, day0-hour),
			want: membership.Tail{LastID: 50, LastDate: day0 - hour, Read: day0 + 60},
		},
		{
			name: "new ones, down to the known", at: read, page: page(day0+60, 53, 50, day0+9, day0-hour),
			want: membership.Tail{LastID: 53, LastDate: day0 + 9, Read: day0 + 60},
		},
		{
			name: "the known one is forgotten for its age, and the last read is young", at: membership.Tail{LastID: 50, LastDate: day0 - 60*hour, Read: day0},
			page: empty(day0 + hour), want: membership.Tail{LastID: 50, LastDate: day0 - 60*hour, Read: day0 + hour},
		},
		{
			name: "read too late", at: read, page: empty(day0 + 60*hour), gap: gap(day0, day0+60*hour-48*hour+hour/2),
			want: membership.Tail{LastID: 50, LastDate: day0 - hour, Read: day0 + 60*hour},
		},
		{
			name: "half an hour too early counts as too late", at: read, page: empty(day0 + 47*hour + hour/2 + 1), gap: gap(day0, day0+1),
			want: membership.Tail{LastID: 50, LastDate: day0 - hour, Read: day0 + 47*hour + hour/2 + 1},
		},
		{
			name: "a log that was emptied", at: read, page: empty(day0 + hour), gap: gap(day0, day0+hour),
			want: membership.Tail{LastID: 50, LastDate: day0 - hour, Read: day0 + hour},
		},
		{
			name: "a log that begins after what is known, too young for that", page: empty(day0 + 2*hour), gap: gap(day0, day0+hour),
			at: membership.Tail{LastID: 50, LastDate: day0 - hour, Read: day0, Open: membership.TailRead{
				Top: 90, TopDate: day0 + 2*hour, Below: 80, BelowDate: day0 + hour, Begun: day0 + 2*hour,
			}},
			want: membership.Tail{LastID: 90, LastDate: day0 + 2*hour, Read: day0 + 2*hour},
		},
		{
			name: "the known one is gone, but the log goes back to before the last read", page: empty(day0 + 2),
			at: membership.Tail{LastID: 50, LastDate: day0 - 60*hour, Read: day0, Open: membership.TailRead{
				Top: 90, TopDate: day0 + 2, Below: 80, BelowDate: day0 - 1, Begun: day0 + 2,
			}},
			want: membership.Tail{LastID: 90, LastDate: day0 + 2, Read: day0 + 2},
		},
		{
			name: "an empty log when it was read last, long ago", at: membership.Tail{Read: day0}, page: empty(day0 + 50*hour),
			gap: gap(day0, day0+2*hour+hour/2), want: membership.Tail{Read: day0 + 50*hour},
		},
		{
			name: "a page that goes no further down ends the log", page: page(day0+9, 20, 5, day0, day0-9),
			at:   membership.Tail{Open: membership.TailRead{Top: 9, TopDate: day0 - 1, Below: 5, BelowDate: day0 - 9, Begun: day0}},
			want: membership.Tail{LastID: 9, LastDate: day0 - 1, Read: day0},
		},
		{name: "an entry without a number is none", page: membership.TailPage{Asked: day0, Rows: 1}, want: membership.Tail{Read: day0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			next, lost, done := c.at.Take(c.page)
			require.Equal(t, c.want, next)
			require.Equal(t, !c.more, done)
			if lost != nil {
				require.NotEmpty(t, lost.Reason)
				lost.Reason = ""
			}
			require.Equal(t, c.gap, lost)
		})
	}
}

// adminLog is Telegram's: entries with dates, the old ones forgotten.
type adminLog struct {
	dates []membership.Instant // of entry i+1
	now   membership.Instant
	kept  time.Duration
}

func (l *adminLog) page(t membership.Tail, size int) (p membership.TailPage, ids []int64) {
	p.Asked = l.now
	for id := int64(len(l.dates)); id > 0 && p.Rows < size; id-- {
		date := l.dates[id-1]
		if id < t.LastID || (t.Open.Below != 0 && id >= t.Open.Below) || l.now.Sub(date) > l.kept {
			continue
		}
		if p.Rows++; p.Newest == 0 {
			p.Newest, p.NewestDate = id, date
		}
		p.Oldest, p.OldestDate = id, date
		ids = append(ids, id)
	}
	return p, ids
}

// Whenever reads begin, stop and go on, and however long nobody reads: up to Read each entry was ingested or lies in a gap, and there is no
// gap while the log is read in time.
func TestNothingOfTheAdminLogIsMissedInSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &adminLog{now: day0, kept: membership.AdminLogRetention - time.Duration(rapid.IntRange(0, 29).Draw(t, "early"))*time.Minute}
		size := rapid.IntRange(1, 5).Draw(t, "page")
		inTime := rapid.Bool().Draw(t, "in time")
		longest := 60 * int(hour)
		if inTime {
			longest = int(hour)
		}
		var at membership.Tail
		var gaps []membership.Gap
		var began, first membership.Instant // of the open read, and of the first one: what was before that is no history of ours
		got := map[int64]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"entries": func(t *rapid.T) {
				for range rapid.IntRange(1, 12).Draw(t, "n") {
					l.dates = append(l.dates, l.now)
					l.now += membership.Instant(rapid.IntRange(0, 5).Draw(t, "apart"))
				}
			},
			"nobody reads": func(t *rapid.T) { l.now += membership.Instant(rapid.IntRange(1, longest).Draw(t, "seconds")) },
			"read": func(t *rapid.T) {
				for pages := rapid.IntRange(1, 9).Draw(t, "pages, and then a stop"); pages > 0; pages-- {
					if first == 0 {
						first = l.now
					}
					p, ids := l.page(at, size)
					next, lost, done := at.Take(p)
					for _, id := range ids {
						if id > at.LastID && got[id] {
							t.Fatalf("entry %d is asked for twice", id)
						}
						got[id] = true
					}
					if began == 0 {
						began = next.Open.Begun
					}
					at = next
					if lost != nil {
						require.LessOrEqual(t, lost.From, lost.To, "within one second it may be")
						gaps = append(gaps, *lost)
					}
					if done {
						began = 0
						break
					}
				}
			},
			"": func(t *rapid.T) {
				if inTime && (began == 0 || l.now.Sub(began) < time.Hour) {
					require.Empty(t, gaps)
				}
				for i, date := range l.dates {
					id := int64(i + 1)
					open := at.Open.Below != 0 && id >= at.Open.Below && id <= at.Open.Top
					if id > at.LastID && !open || got[id] || at.Read == 0 || date <= first {
						continue
					}
					found := false
					for _, g := range gaps {
						found = found || (g.From <= date && date <= g.To)
					}
					if !found {
						t.Fatalf("entry %d of %s was neither read nor is it in %v", id, date, gaps)
					}
				}
			},
		})
	})
}
