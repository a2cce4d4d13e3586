package session_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/session"
)

func TestQuietHoursAreRead(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "  ": "", "23:00-07:00": "23:00-07:00", "9:30-17:05": "09:30-17:05", "22:00-24:00": "22:00-00:00", "24:00-6:00": "00:00-06:00",
		" 23:00-07:00   Europe/Berlin ": "23:00-07:00 Europe/Berlin", "00:00-23:59 UTC": "00:00-23:59 UTC",
	} {
		q, err := session.ParseQuiet(text)
		require.NoError(t, err, text)
		require.Equal(t, want, q.String(), text)
	}
	for _, text := range []string{
		"23", "23:00", "-", "23:00-", "23:00-07", "23:00-07:0", "23:00-07:60", "23:00-24:01", "25:00-07:00", "7:00-07:00", "00:00-24:00", "23:00–07:00",
		"23:00 - 07:00", "+1:00-07:00", "023:00-07:00", "23:00-07:00 Nowhere", "23:00-07:00 Europe/Berlin x", "23:00-07:00 ../../etc/passwd", "23:00-07:00-08:00",
	} {
		_, err := session.ParseQuiet(text)
		require.Error(t, err, text)
	}
}

func berlin(t testing.TB, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04:05 MST", text, zone)
	require.NoError(t, err)
	return at
}

// In 2026, Berlin goes from 02:00 CET to 03:00 CEST on March 29th, and from 03:00 CEST back to 02:00 CET on October 25th.
func TestQuietHoursGoByTheClockOnTheWall(t *testing.T) {
	for _, tt := range []struct{ name, hours, at, until string }{
		{"before", "23:00-07:00", "2026-03-01 22:59:59 CET", ""},
		{"from the first second", "23:00-07:00", "2026-03-01 23:00:00 CET", "2026-03-02 07:00:00 CET"},
		{"after midnight", "23:00-07:00", "2026-03-02 06:59:59 CET", "2026-03-02 07:00:00 CET"},
		{"over", "23:00-07:00", "2026-03-02 07:00:00 CET", ""},
		{"by day", "09:30-17:00", "2026-03-02 12:00:30 CET", "2026-03-02 17:00:00 CET"},
		{"by day, at night", "09:30-17:00", "2026-03-02 02:00:00 CET", ""},
		{"to midnight", "22:00-24:00", "2026-03-02 23:59:59 CET", "2026-03-03 00:00:00 CET"},
		{"a short night", "23:00-07:00", "2026-03-28 23:30:00 CET", "2026-03-29 07:00:00 CEST"},
		{"an end that the wall skips", "23:00-02:30", "2026-03-29 01:50:00 CET", "2026-03-29 03:00:00 CEST"},
		{"a beginning that it skips", "02:30-05:00", "2026-03-29 03:10:00 CEST", "2026-03-29 05:00:00 CEST"},
		{"wholly skipped", "02:10-02:50", "2026-03-29 03:00:00 CEST", ""},
		{"a long night", "23:00-07:00", "2026-10-24 23:00:00 CEST", "2026-10-25 07:00:00 CET"},
		{"an end that comes twice, first", "23:00-02:30", "2026-10-25 02:10:00 CEST", "2026-10-25 02:30:00 CEST"},
		{"between", "23:00-02:30", "2026-10-25 02:40:00 CEST", ""},
		{"an end that comes twice, second", "23:00-02:30", "2026-10-25 02:10:00 CET", "2026-10-25 02:30:00 CET"},
		{"open for half an hour that the wall skips", "02:30-02:00", "2026-03-28 03:00:00 CET", "2026-03-30 02:00:00 CEST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q, err := session.ParseQuiet(tt.hours + " Europe/Berlin")
			require.NoError(t, err)
			until, quiet := q.At(berlin(t, tt.at).UTC())
			require.Equal(t, tt.until != "", quiet)
			if quiet {
				require.True(t, until.Equal(berlin(t, tt.until)), until.In(berlin(t, tt.at).Location()).String())
			}
		})
	}
}

func TestWorkRestsInQuietHours(t *testing.T) {
	for _, tt := range []struct {
		hours, begins string
		work          time.Duration
		over          string
	}{
		{"", "2026-03-01 22:00:00 CET", 50 * time.Hour, "2026-03-04 00:00:00 CET"},
		{"23:00-07:00 Europe/Berlin", "2026-03-01 22:00:00 CET", time.Hour, "2026-03-01 23:00:00 CET"},
		{"23:00-07:00 Europe/Berlin", "2026-03-01 22:00:10 CET", time.Hour, "2026-03-02 07:00:10 CET"},
		{"23:00-07:00 Europe/Berlin", "2026-03-02 01:23:45 CET", 90 * time.Minute, "2026-03-02 08:30:00 CET"},
		{"23:00-07:00 Europe/Berlin", "2026-03-01 22:00:00 CET", 18 * time.Hour, "2026-03-03 08:00:00 CET"},
		{"23:00-07:00 Europe/Berlin", "2026-03-02 01:00:00 CET", 0, "2026-03-02 01:00:00 CET"},
	} {
		q, err := session.ParseQuiet(tt.hours)
		require.NoError(t, err)
		over := q.Over(berlin(t, tt.begins), tt.work)
		require.True(t, over.Equal(berlin(t, tt.over)), "%+v: %s", tt, over)
	}
}

func TestQuietHoursHoldBackWhatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // at midnight of 2000-01-01, UTC
		quiet, err := session.ParseQuiet("00:30-07:00 UTC")
		require.NoError(t, err)
		p := session.PaceEvery(time.Minute)
		p.Quiet = quiet
		p.Budgets = map[string]int{"help.getNearestDc": 2}
		a := open(t, t.TempDir(), session.Owner, p)
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{}
		api := a.CallsOver(t.Context(), s, notEnded(t))
		scheduled := func() error { return nearest(session.Unattended(t.Context()), api) }
		require.NoError(t, scheduled())

		// The first has the turn and waits out the interval, into the quiet hours.
		pass(29*time.Minute + 30*time.Second)
		require.NoError(t, offline(t.Context(), api))
		for range 3 {
			var held *session.QuietError
			require.ErrorAs(t, scheduled(), &held)
			require.Equal(t, "help.getNearestDc", held.Method)
			requireWait(t, held, time.Date(2000, 1, 1, 7, 0, 0, 0, time.UTC))
		}
		require.Len(t, s.times(), 2)
		require.NoError(t, offline(t.Context(), api), "somebody waits for it")

		pass(time.Until(time.Date(2000, 1, 1, 7, 0, 0, 0, time.UTC)))
		require.NoError(t, scheduled(), "what was held back is not counted")
		require.Len(t, s.times(), 4)
	})
}

// A call that waits for Telegram's leave meets the quiet hours when it may go.
func TestAWaitMayEndInQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quiet, err := session.ParseQuiet("00:05-07:00 UTC")
		require.NoError(t, err)
		p := session.PaceEvery(0)
		p.Quiet = quiet
		a := open(t, t.TempDir(), session.Owner, p)
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{answers: []error{flood("FLOOD_WAIT_300")}}
		var held *session.QuietError
		require.ErrorAs(t, nearest(session.Unattended(t.Context()), a.CallsOver(t.Context(), s, notEnded(t))), &held)
		require.Len(t, s.times(), 1)
	})
}

func TestAllowanceIsWhatTheDayStillHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p := session.PaceEvery(0)
		p.Budgets = map[string]int{"help.getNearestDc": 3}
		a := open(t, dir, session.Owner, p)
		s := &script{answers: []error{nil, nil, nil, flood("FLOOD_WAIT_86400")}}
		left := func(want int) {
			t.Helper()
			got, bounded, err := a.Allowance("help.getNearestDc")
			require.NoError(t, err)
			require.True(t, bounded)
			require.Equal(t, session.Allowance{Limit: 3, Left: want, Until: time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)}, got)
		}
		_, bounded, err := a.Allowance("account.updateStatus")
		require.NoError(t, err)
		require.False(t, bounded)
		left(3)
		api := a.CallsOver(t.Context(), s, notEnded(t))
		for i := range 3 {
			require.NoError(t, nearest(t.Context(), api))
			left(2 - i)
		}
		require.Error(t, nearest(t.Context(), api))
		left(0)
		require.Len(t, s.times(), 3)

		_, held := a.Held("account.updateStatus")
		require.False(t, held)
		end := time.Now().Add(24 * time.Hour)
		requireWait(t, offline(t.Context(), api), end)
		require.NoError(t, a.Close())

		p.Budgets = map[string]int{"help.getNearestDc": 2} // fewer than were made
		a = open(t, dir, session.Owner, p)
		defer func() { require.NoError(t, a.Close()) }()
		until, held := a.Held("account.updateStatus")
		require.True(t, held)
		require.WithinDuration(t, end, until, time.Second)
		got, _, err := a.Allowance("help.getNearestDc")
		require.NoError(t, err)
		require.Equal(t, 0, got.Left)
		pass(24 * time.Hour)
		got, _, err = a.Allowance("help.getNearestDc")
		require.NoError(t, err)
		require.Equal(t, 2, got.Left, "a new day")
	})
}

// FuzzQuiet: what is read is written so that it reads the same; quiet hours end, and go by the wall.
func FuzzQuiet(f *testing.F) {
	for _, seed := range []string{"23:00-07:00", "0:00-24:00", "02:30-02:00 Europe/Berlin", "1:5-2", "22:00-24:00 America/St_Johns", "x", " ", "23:00-07:00 Local"} {
		f.Add(seed, int64(1_790_000_000), uint32(7_000))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64, seconds uint32) {
		q, err := session.ParseQuiet(text)
		if err != nil {
			require.Equal(t, session.Quiet{}, q)
			return
		}
		again, err := session.ParseQuiet(q.String())
		require.NoError(t, err, q.String())
		require.Equal(t, q.String(), again.String())

		at := time.Unix(1_700_000_000+(unix%400_000_000+400_000_000)%400_000_000, 0)
		until, quiet := q.At(at)
		if quiet {
			require.True(t, until.After(at))
			require.LessOrEqual(t, until.Sub(at), 48*time.Hour)
			_, still := q.At(until)
			require.False(t, still)
			_, before := q.At(until.Add(-time.Second))
			require.True(t, before)
		}
		work := time.Duration(seconds%200_000) * time.Second
		require.GreaterOrEqual(t, q.Over(at, work).Sub(at), work)
	})
}
