package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/clock"
	"github.com/gotd/td/proto"
)

// shown is the system's clock, of which now is what it shows.
type shown struct {
	clock.Clock
	now func() time.Time
}

func (s shown) Now() time.Time { return s.now() }

// messageIDs makes the ids of our messages, which tell when they were made: the server takes none that is more than 30 seconds ahead of it. They
// grow, but where the clock was set back they follow it. gotd's own never go back: a clock that was an hour ahead for a moment would have the server
// refuse everything for an hour after it was put right, over each new connection.
type messageIDs struct {
	now func() time.Time

	mu   sync.Mutex
	last int64 // guarded by mu: nanoseconds
}

const (
	// clockSetBack is how far the clock must be behind the latest id to have been set back: a smaller step is waited out, since ids that
	// are lower than one before are out of order in the connection that there is.
	clockSetBack = 10 * time.Second
	// idStep is the least by which two ids differ, in nanoseconds: their last bits tell a message's kind.
	idStep = 10
)

// New is an id that no message had.
func (g *messageIDs) New(t proto.MessageType) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now().UnixNano()
	if now <= g.last && g.last-now < int64(clockSetBack) {
		now = g.last + idStep
	}
	g.last = now
	return int64(proto.NewMessageIDNano(now, t))
}

// serverClock is the server's clock, as told by the date in help.getConfig, which gotd asks for at each connection. Between
// connections it runs by our monotonic clock, so that a step of the wall clock cannot misdate what Telegram says. A suspended machine's
// stands still; its connection seldom survives that.
type serverClock struct {
	mu     sync.Mutex
	server time.Time // guarded by mu: the server's time
	ours   time.Time // guarded by mu: our time at that moment, with its monotonic reading
}

// observe takes the date of an answer that was asked for not before sent and came not after received. A date is in whole seconds, so it
// only bounds the offset: an offset of zero within the bounds stays zero, since a clock that agrees as far as can be seen is better
// than the middle of a second's doubt; else it is the middle.
func (c *serverClock) observe(date int, sent, received time.Time) {
	low := time.Unix(int64(date), 0).Sub(received)
	high := low + time.Second + received.Sub(sent)
	offset := time.Duration(0)
	if low > 0 || high < 0 {
		offset = low + (high-low)/2
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server, c.ours = received.Round(0).Add(offset), received
}

func (c *serverClock) at(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ours.IsZero() {
		return now
	}
	return c.server.Add(now.Sub(c.ours))
}

// stampKey is where a context has the stamp of its call.
type stampKey struct{}

// Stamp returns a context for one call, and the server's time when that call last went out to the server: the answer is about
// no earlier time, and the call may have queued and waited long before. Of a call that never went out it is the time of Stamp.
func (a *Account) Stamp(ctx context.Context) (context.Context, func() time.Time) {
	stamp := &atomic.Pointer[time.Time]{}
	at := a.ServerTime()
	stamp.Store(&at)
	return context.WithValue(ctx, stampKey{}, stamp), func() time.Time { return *stamp.Load() }
}

// stamp notes that the call of ctx goes out now.
func (a *Account) stamp(ctx context.Context) {
	if stamp, ok := ctx.Value(stampKey{}).(*atomic.Pointer[time.Time]); ok {
		at := a.ServerTime()
		stamp.Store(&at)
	}
}
