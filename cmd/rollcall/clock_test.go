package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheClockGoesByTelegrams(t *testing.T) {
	began := time.Now()
	for _, tt := range []struct {
		name         string
		server, want time.Duration // ahead of the machine's clock
		wrong        time.Duration
	}{
		{"agrees", 0, 0, 0},
		{"within a second's doubt", time.Second, 0, 0},
		{"off, and not worth a word", 30 * time.Second, 30 * time.Second, 0},
		{"the machine is behind", 50 * time.Hour, 50 * time.Hour, -50 * time.Hour},
		{"the machine is ahead", -50 * time.Hour, -50 * time.Hour, 50 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			passed := time.Duration(0)
			c := newClock(func() time.Time { return began.Add(passed) })
			require.Equal(t, began, c.now(), "nobody was connected")
			require.Zero(t, c.wrong())
			c.set(began.Add(tt.server))
			require.WithinDuration(t, began.Add(tt.want), c.now(), 0)
			require.Equal(t, tt.wrong, c.wrong())
			off, is := c.news()
			require.Equal(t, tt.wrong, off)
			require.Equal(t, tt.wrong != 0, is)
			_, is = c.news()
			require.False(t, is, "it was told")
			passed = time.Hour
			require.WithinDuration(t, began.Add(tt.want).Add(time.Hour), c.now(), 0)
			c.set(began.Add(tt.want).Add(time.Hour + time.Second))
			require.WithinDuration(t, began.Add(tt.want).Add(time.Hour), c.now(), 0, "two accounts need not agree to the second")
			c.set(began.Add(2 * time.Hour))
			require.WithinDuration(t, began.Add(2*time.Hour), c.now(), 0)
		})
	}
}
