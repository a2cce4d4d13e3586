package roster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// Whatever becomes of gaps, all of them stay on record, and those that are open are told apart.
func TestTheOpenGapsAreThoseThatAreNotSettled(t *testing.T) {
	r, _ := open(t)
	agree := func(open ...uint64) {
		t.Helper()
		all, err := r.Sources(t.Context(), testGroup)
		require.NoError(t, err)
		gaps, err := r.Gaps(t.Context(), testGroup)
		require.NoError(t, err)
		require.Equal(t, gaps, all.Gaps)
		now, err := r.SourcesNow(t.Context(), testGroup)
		require.NoError(t, err)
		ids := []uint64{}
		for _, g := range now.Gaps {
			require.True(t, g.Open())
			ids = append(ids, g.ID)
		}
		require.Equal(t, append([]uint64{}, open...), ids)
		is, broken := now.Broken()
		was, brokenToo := all.Broken()
		require.Equal(t, was, is)
		require.Equal(t, brokenToo, broken)
		now.Gaps = gaps
		require.Equal(t, all, now)
		clean(t, r)
	}
	agree()
	require.NoError(t, r.UpdateSources(t.Context(), testGroup, func(s *membership.Sources) { s.BotAdmin, s.FeedFrom, s.BotFeed = true, start, start }))
	agree()
	longer := membership.Gap{Source: membership.GapFeed, From: 10, To: 20, Reason: "asleep"}
	for _, from := range []membership.Instant{10, 30, 50} {
		ingest(t, r, membership.Batch{Gap: &membership.Gap{Source: membership.GapFeed, From: from, To: from + 10, Reason: "asleep"}})
	}
	agree(1, 2, 3)
	for _, id := range []uint64{2, 1, 2} { // settling twice is settling once
		require.NoError(t, r.SettleGap(t.Context(), testGroup, id, fmt.Sprintf("by %d", id)))
	}
	agree(3)
	longer.To = 25
	ingest(t, r, membership.Batch{Gap: &longer})
	agree(1, 3)
	require.ErrorIs(t, r.SettleGap(t.Context(), testGroup, 4, "x"), roster.ErrUnknownGap)
}

// BenchmarkSourcesNow is what each of the gate's decisions reads of the sources, with one open gap and more and more settled ones. Sources, which
// tells of the past too, pays for all.
func BenchmarkSourcesNow(b *testing.B) {
	for _, settled := range []int{0, 10, 1000} {
		r := openAt(b, b.TempDir()+"/roster.db", &clock{at: start})
		r.NoSync()
		for i := range settled + 1 {
			from := membership.Instant(i) * 7200
			gap := membership.Gap{Source: membership.GapFeed, From: from, To: from.Add(time.Hour), Reason: "the bot was away for longer than Telegram keeps"}
			ingest(b, r, membership.Batch{Gap: &gap})
			if i < settled {
				require.NoError(b, r.SettleGap(b.Context(), testGroup, uint64(i+1), "a walk showed everybody who is listed"))
			}
		}
		for name, read := range map[string]func() (membership.Sources, error){
			"now": func() (membership.Sources, error) { return r.SourcesNow(b.Context(), testGroup) },
			"all": func() (membership.Sources, error) { return r.Sources(b.Context(), testGroup) },
		} {
			b.Run(fmt.Sprintf("%s/settled=%d", name, settled), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s, err := read()
					if err != nil || len(s.Gaps) == 0 {
						b.Fatal(s.Gaps, err)
					}
				}
			})
		}
		require.NoError(b, r.Close())
	}
}
