package mtproto

import (
	"sync"
	"time"

	"github.com/gotd/td/proto"
)

const (
	// idStep is the least that two ids differ by in nanoseconds: the last bits tell a message's kind.
	idStep = 10
	// setBack is by how much the clock must be behind the latest id to have been set back by somebody, as the skew is.
	// Clocks that keep time are behind by what so many ids in a row have hurried ahead, a thousandth of this at the most.
	setBack = time.Second
)

// messageIDs makes the server's message ids. They grow for as long as the clock does. Where it is set back they follow:
// clients hold ids against their own clocks and drop those that are far off, so that td's proto.MessageIDGen, which never
// goes back, would have nobody understand the server again, not in a new session either, until time has caught up.
// A client that also wants ids of a session to grow hears nothing in that session, and all in its next.
type messageIDs struct {
	now func() time.Time

	mu   sync.Mutex
	last int64 // guarded by mu; nanoseconds of the latest id
}

// New returns an id that no message had.
func (g *messageIDs) New(t proto.MessageType) int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now().UnixNano()
	if now <= g.last && g.last-now < int64(setBack) {
		now = g.last + idStep
	}
	g.last = now
	return int64(proto.NewMessageIDNano(now, t))
}
