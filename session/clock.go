package session

import (
	"sync"
	"time"
)

// serverClock knows how far the server's clock is from ours, as told by the date in help.getConfig, which gotd asks for at each
// connection.
type serverClock struct {
	mu     sync.Mutex
	offset time.Duration // guarded by mu
}

// observe takes the date of an answer that was asked for not before sent and came not after received. A date is in whole seconds, so it
// only bounds the offset: an offset of zero within the bounds stays zero, since a clock that agrees as far as can be seen is better
// than the middle of a second's doubt; else it is the middle.
func (c *serverClock) observe(date int, sent, received time.Time) {
	server := time.Unix(int64(date), 0)
	low, high := server.Sub(received.Round(0)), server.Add(time.Second).Sub(sent.Round(0))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = 0
	if low > 0 || high < 0 {
		c.offset = low + (high-low)/2
	}
}

func (c *serverClock) at(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Add(c.offset)
}
