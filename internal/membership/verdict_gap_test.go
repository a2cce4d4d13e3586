package membership_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// What was known before a span that is lost decides nothing by itself: they may have left in it, or returned. After a lookup, or once the gap is
// settled, it does again.
func TestWhoWasLastHeardOfBeforeALostSpanIsLookedUp(t *testing.T) {
	const now = membership.Instant(1_780_000_000)
	gap := membership.Gap{Source: membership.GapFeed, From: now - 7200, To: now - 3600}
	settled, log := gap, gap
	settled.Settled, log.Source = now, membership.GapAdminLog
	in := membership.Standing{Presence: membership.In, Role: membership.Member}
	out := membership.Standing{Presence: membership.Out, Departure: membership.Left}
	for _, c := range []struct {
		name  string
		s     membership.Standing
		heard membership.Instant
		gap   membership.Gap
		asked bool
		want  membership.Answer
	}{
		{"in, before it", in, now - 7300, gap, false, membership.LookUp},
		{"in, within it", in, now - 3700, gap, false, membership.LookUp},
		{"in, after it", in, now - 3500, gap, false, membership.Serve},
		{"in, before it, and looked up in vain", in, now - 7300, gap, true, membership.Serve},
		{"in, before a settled one", in, now - 7300, settled, false, membership.Serve},
		{"in, before one of the log", in, now - 7300, log, false, membership.Serve},
		{"out, before it", out, now - 7300, gap, false, membership.LookUp},
		{"out, after it", out, now - 3500, gap, false, membership.Refuse},
		{"out, before it, and looked up in vain", out, now - 7300, gap, true, membership.Refuse},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.s.LastConfirmed = c.heard
			v := membership.Decide(membership.Case{
				Standing: c.s, Now: now, LookedUp: c.asked, Policy: membership.Policy{Enforce: true, Grace: 6 * time.Hour},
				Subscriber: membership.Subscriber{Dialog: membership.DialogActive, Access: membership.Granted},
				// One that was noted later and lies before it takes nothing away.
				Freshness: membership.Freshness{Mode: membership.Stale, Gaps: []membership.Gap{c.gap, {Source: membership.GapFeed, From: 1, To: 2}}},
			})
			require.Equal(t, c.want, v.Answer, "%+v", v)
		})
	}
}
