package clock

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Clock shows a time that can be moved. It may be used from any goroutine. The zero value is not ready; use
// New, At or Still.
type Clock struct {
	mu     sync.Mutex
	still  bool          // does not run; fixed
	at     time.Time     // guarded by mu; what a still clock shows
	offset time.Duration // guarded by mu; between a running clock and the real time
}

// New returns a clock that shows the real time.
func New() *Clock { return &Clock{} }

// At returns a clock that shows t now and runs.
func At(t time.Time) *Clock { return &Clock{offset: time.Until(t)} }

// Still returns a clock that shows t until it is moved.
func Still(t time.Time) *Clock { return &Clock{still: true, at: t} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nowLocked()
}

// nowLocked is Now for who holds mu.
func (c *Clock) nowLocked() time.Time {
	if c.still {
		return c.at
	}
	return time.Now().Add(c.offset)
}

// Advance moves the clock; a negative time moves it back. Forward is for whoever may not.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.offset = c.at.Add(d), c.offset+d
}

// lastYear is the last whole year that Telegram's dates, seconds in 32 bits, can tell.
const lastYear = 2037

// Forward moves the clock on by d, as people do who may not have its time run backwards, nor leave the years that
// Telegram's dates can tell.
func (c *Clock) Forward(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d < 0 {
		return errors.New("time does not go backwards")
	}
	if c.nowLocked().Add(d).UTC().Year() > lastYear {
		return fmt.Errorf("that is after %d, which Telegram's dates cannot tell", lastYear)
	}
	c.at, c.offset = c.at.Add(d), c.offset+d
	return nil
}

// Skew makes a running clock differ from the real time by d, whatever it did before. A still one moves by d.
func (c *Clock) Skew(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.offset = c.at.Add(d), d
}
