package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/clock"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestAStillClockMovesWhenItIsMoved(t *testing.T) {
	c := clock.Still(epoch)
	assert.Equal(t, epoch, c.Now())
	c.Advance(49 * time.Hour)
	c.Advance(-time.Hour)
	assert.Equal(t, epoch.Add(48*time.Hour), c.Now())
}

func TestARunningClockKeepsItsOffset(t *testing.T) {
	c := clock.New()
	assert.WithinDuration(t, time.Now(), c.Now(), time.Minute)
	c.Advance(49 * time.Hour)
	first := c.Now()
	assert.WithinDuration(t, time.Now().Add(49*time.Hour), first, time.Minute)
	assert.False(t, c.Now().Before(first))
	c.Skew(-time.Hour)
	assert.WithinDuration(t, time.Now().Add(-time.Hour), c.Now(), time.Minute)
	assert.WithinDuration(t, epoch, clock.At(epoch).Now(), time.Minute)
}

func TestForwardIsForwardAndToldByDates(t *testing.T) {
	for name, c := range map[string]*clock.Clock{"still": clock.Still(epoch), "running": clock.At(epoch)} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.Forward(49*time.Hour))
			require.NoError(t, c.Forward(0))
			moved := epoch.Add(49 * time.Hour)
			assert.WithinDuration(t, moved, c.Now(), time.Minute)
			require.ErrorContains(t, c.Forward(-time.Nanosecond), "backwards")
			require.ErrorContains(t, c.Forward(12*365*24*time.Hour), "2037")
			require.ErrorContains(t, c.Forward(1<<63-1), "2037")
			assert.WithinDuration(t, moved, c.Now(), time.Minute)
		})
	}
}
