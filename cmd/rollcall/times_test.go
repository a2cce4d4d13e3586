package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

func TestMoments(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, zone)
	for _, c := range []struct{ text, want string }{
		{"now", "2026-11-21T11:00:00Z"},
		{"0s", "2026-11-21T11:00:00Z"},
		{"90m", "2026-11-21T09:30:00Z"},
		{"12h", "2026-11-20T23:00:00Z"},
		{"3d", "2026-11-18T11:00:00Z"},
		{"2w", "2026-11-07T11:00:00Z"},
		{" 3d ", "2026-11-18T11:00:00Z"},
		{"2026-11-20", "2026-11-19T23:00:00Z"},
		{"2026-11-20 15:04", "2026-11-20T14:04:00Z"},
		{"2026-11-20T15:04", "2026-11-20T14:04:00Z"},
		{"2026-11-20 15:04:05", "2026-11-20T14:04:05Z"},
		{"2026-11-20T15:04:05", "2026-11-20T14:04:05Z"},
		{"2026-11-20T15:04:05Z", "2026-11-20T15:04:05Z"},
		{"2026-11-20T15:04:05+03:00", "2026-11-20T12:04:05Z"},
	} {
		t.Run(c.text, func(t *testing.T) {
			at, err := parseMoment(c.text, now)
			require.NoError(t, err)
			assert.Equal(t, c.want, at.String())
		})
	}
	for _, text := range []string{"", "d", "-3d", "3", "3y", "1.5h", "yesterday", "2026-11-22", "2026-13-01", "1969-12-31", "4294967295w", "3 d", "2026-11-21T11:00:01Z"} {
		t.Run("not "+text, func(t *testing.T) {
			_, err := parseMoment(text, now)
			require.Error(t, err)
			assert.Equal(t, exitUsage, judge(err).code)
		})
	}
}

// Whatever is typed is a moment between the first second and now, or an error; and a moment that is printed is read as itself.
func FuzzParseMoment(f *testing.F) {
	for _, text := range []string{"3d", "now", "2026-11-20", "2026-11-20T15:04:05Z", "99999999999w", "0000-01-01"} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseMoment(text, now)
		if err != nil {
			assert.Zero(t, at)
			return
		}
		assert.Positive(t, at)
		assert.LessOrEqual(t, at, membership.At(now))
		again, err := parseMoment(at.String(), now)
		require.NoError(t, err)
		assert.Equal(t, at, again)
	})
}
