package membership_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

const now = membership.Instant(1_780_000_000)

// ages are the moments of a source that matter: none, this moment, the last of its window, and just beyond.
func ages(window time.Duration) []membership.Instant {
	return []membership.Instant{0, now, now.Add(-window), now.Add(-window) - 1}
}

// everySources are the sources in all their combinations.
func everySources(do func(membership.Sources)) {
	for bits := range 1 << 5 {
		gaps := []membership.Gap{{ID: 1, Source: membership.GapFeed, From: 1, To: 2, Settled: 3}}
		if bits&8 != 0 {
			gaps = append(gaps, membership.Gap{ID: 2, Source: membership.GapFeed, From: 1, To: 2})
		}
		if bits&16 != 0 {
			gaps = append(gaps, membership.Gap{ID: 3, Source: membership.GapAdminLog, From: 1, To: 2})
		}
		for _, feed := range ages(membership.FeedWindow) {
			for _, tail := range ages(membership.TailWindow) {
				for _, list := range ages(membership.ListWindow) {
					s := membership.Sources{BotAdmin: bits&1 != 0, BotOut: bits&2 != 0, BotFeed: feed, AdminLog: tail, List: list, Gaps: gaps}
					if bits&4 != 0 {
						s.FeedFrom = 7
					}
					for _, link := range []membership.Link{membership.NoLink, membership.Linked, membership.Unlinked, membership.SignedOut} {
						for _, since := range ages(membership.FeedWindow)[1:] {
							s.Link, s.LinkAt = link, since
							do(s)
						}
					}
				}
			}
		}
	}
}

// The ladder, said once more: fresh is a bot that is an administrator, whose updates were confirmed within five minutes, with no open gap of its feed.
// Stale is any one source. Blind is none.
func TestTheLadder(t *testing.T) {
	seen := map[membership.Mode]int{}
	everySources(func(s membership.Sources) {
		within := func(at membership.Instant, window time.Duration) bool { return at != 0 && at >= now.Add(-window) }
		hears := s.BotAdmin && within(s.BotFeed, 5*time.Minute)
		broken := len(s.Gaps) > 1 && s.Gaps[1].Source == membership.GapFeed
		turned := s.Link == membership.Linked || s.Link == membership.Unlinked && s.FeedFrom != 0
		connectedAnew := s.BotAdmin && s.BotFeed == 0 && turned && within(s.LinkAt, 5*time.Minute)
		want := membership.Blind
		switch {
		case hears && s.FeedFrom != 0 && !broken:
			want = membership.Fresh
		case hears, connectedAnew, within(s.AdminLog, 15*time.Minute), within(s.List, 30*time.Minute), within(s.BotFeed, 5*time.Minute) && !s.BotOut && s.Link != membership.SignedOut:
			want = membership.Stale
		}
		f := membership.FreshnessOf(s, now)
		require.Equal(t, want, f.Mode, "%+v", s)
		require.Equal(t, connectedAnew, f.CatchingUp, "%+v", s)
		require.NotEmpty(t, f.Reason)
		require.NotEmpty(t, f.Mode.Advice(membership.DefaultPolicy()))
		require.Equal(t, s.Gaps, f.Gaps, "settled gaps are told of too")
		seen[f.Mode]++
	})
	require.Len(t, seen, 3)
}

// The reason says what is so: a bot that is signed out is not being connected, and one that is being connected hears.
func TestTheReasonForAMode(t *testing.T) {
	const log = "the admin log"
	const long = now - 3600
	admin := func(link membership.Link, since membership.Instant, change func(*membership.Sources)) membership.Sources {
		s := membership.Sources{BotAdmin: true, FeedFrom: 7, Link: link, LinkAt: since}
		change(&s)
		return s
	}
	nothing := func(*membership.Sources) {}
	tailed := func(s *membership.Sources) { s.AdminLog = now }
	listed := func(s *membership.Sources) { s.List = now }
	holed := func(s *membership.Sources) { s.AdminLog, s.FeedFrom = now, 0 }
	for _, c := range []struct {
		sources membership.Sources
		mode    membership.Mode
		reason  string
	}{
		{admin(membership.SignedOut, now, tailed), membership.Stale, "the bot is signed out; only " + log + " is read"},
		{admin(membership.SignedOut, now, nothing), membership.Blind, "the bot is signed out, and no other source has answered lately"},
		{admin(membership.Unlinked, long, listed), membership.Stale, "the bot is not connected; only the group's list of members is read"},
		{admin(membership.Unlinked, long, nothing), membership.Blind, "the bot is not connected, and no other source has answered lately"},
		{admin(membership.Unlinked, now, nothing), membership.Stale, "the bot's connection was lost a moment ago, and is being made anew"},
		{admin(membership.Linked, now, tailed), membership.Stale, "the bot is connected anew, and what it missed is not read yet"},
		{admin(membership.Linked, now, holed), membership.Stale, "the bot is connected anew, and what it missed is not read yet"},
		{admin(membership.Linked, long, holed), membership.Stale, "the bot's updates do not arrive; only " + log + " is read"},
		{admin(membership.Linked, long, nothing), membership.Blind, "no source has answered lately"},
		{membership.Sources{BotAdmin: true, AdminLog: now}, membership.Stale, "the bot's updates do not arrive; only " + log + " is read"},
		{membership.Sources{BotOut: true, AdminLog: now}, membership.Stale, "the bot is not in the group; only " + log + " is read"},
		{membership.Sources{List: now}, membership.Stale, "the bot is not an administrator of the group; only the group's list of members is read"},
		{membership.Sources{}, membership.Blind, "no source has answered lately"},
		{membership.Sources{BotOut: true, AdminLog: now, List: now, OwnerOut: true}, membership.Blind, "no source has answered lately"},
	} {
		f := membership.FreshnessOf(c.sources, now)
		require.Equal(t, c.mode, f.Mode, c.reason)
		require.Equal(t, c.reason, f.Reason)
	}
}

// From every rung to every other: a step is a change of mode, and nothing else is.
func TestClimbing(t *testing.T) {
	var all []membership.Freshness
	known := map[string]bool{}
	everySources(func(s membership.Sources) {
		f := membership.FreshnessOf(s, now)
		if !known[f.Reason] {
			known[f.Reason] = true
			all = append(all, f)
		}
	})
	steps := map[string]bool{}
	for _, from := range all {
		was, _ := membership.Rung{}.Climb(from, now)
		for _, to := range all {
			is, changed := was.Climb(to, now+60)
			require.Equal(t, to.Mode, is.Mode)
			require.Equal(t, to.Reason, is.Reason)
			require.Equal(t, from.Mode != to.Mode, changed)
			if !changed {
				require.Equal(t, was.Since, is.Since)
				continue
			}
			require.Equal(t, now+60, is.Since)
			n := is.Note(was)
			require.Equal(t, membership.NoteMode, n.Kind)
			require.Equal(t, [2]membership.Mode{from.Mode, to.Mode}, [2]membership.Mode{n.Was, n.Mode})
			steps[fmt.Sprint(from.Mode, to.Mode)] = true
		}
	}
	require.Len(t, steps, 6, "every mode is reached from every other")
}

func TestWhatSettlesAGap(t *testing.T) {
	gap := membership.Gap{From: 100, To: 200}
	require.False(t, gap.SettledBy(200), "the lists may lag")
	require.True(t, gap.SettledBy(membership.Instant(200).Add(membership.ListMargin)))
	gap.Settled = 300
	require.False(t, gap.SettledBy(1000))
	for span, touches := range map[[2]membership.Instant]bool{
		{0, 0}: true, {0, 99}: false, {0, 100}: true, {150, 160}: true, {200, 0}: true, {201, 0}: false, {50, 300}: true,
	} {
		require.Equal(t, touches, gap.Touches(span[0], span[1]), "%v", span)
	}
}

func TestAdviceTellsTheGraceBriefly(t *testing.T) {
	for grace, text := range map[time.Duration]string{
		6 * time.Hour: " 6h ", 90 * time.Minute: " 1h30m ", 10 * time.Minute: " 10m ", 30 * time.Second: " 30s ", 20 * time.Hour: " 20h ",
		time.Hour + time.Second: " 1h0m1s ",
	} {
		require.Contains(t, membership.Stale.Advice(membership.Policy{Grace: grace}), text)
	}
}
