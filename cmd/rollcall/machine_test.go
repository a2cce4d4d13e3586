package main

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// machine is this computer's clock, as time.Now has it: what it shows can be moved, and beneath it runs another that never jumps, by which the time
// between two of its times is told. A bubble's own time.Now, which is everybody else's, has no such second reading.
type machine struct {
	began time.Time

	mu  sync.Mutex
	off time.Duration // guarded by mu
}

func newMachine() *machine { return &machine{began: time.Now().Add(-time.Hour)} }

// set has the clock show so much more than it is.
func (m *machine) set(off time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.off = off
}

func (m *machine) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := time.Now()
	return withRunning(t.Add(m.off), t.Sub(m.began))
}

// withRunning is a time with a running reading. There is no other way to make one than time.Now.
func withRunning(t time.Time, reading time.Duration) time.Time {
	since1885 := uint64(t.Unix() - time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	parts := (*struct {
		wall uint64
		ext  int64
	})(unsafe.Pointer(&t)) // TestMachine holds it against the package's own arithmetic
	parts.wall, parts.ext = 1<<63|since1885<<30|uint64(t.Nanosecond()), int64(reading)
	return t
}

func TestMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		first := m.now()
		require.True(t, first.Equal(time.Now()))
		<-time.After(time.Minute)
		m.set(3 * time.Hour)
		second := m.now()
		require.Equal(t, time.Minute, second.Sub(first), "by the one that runs")
		require.Equal(t, 3*time.Hour+time.Minute, second.Round(0).Sub(first.Round(0)), "by what was shown")
		require.Equal(t, time.Now().Add(3*time.Hour).UnixNano(), second.UnixNano())
	})
}
