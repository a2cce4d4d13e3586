package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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
