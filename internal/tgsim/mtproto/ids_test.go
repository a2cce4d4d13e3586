package mtproto_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/proto"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"

	"rollcall/internal/tgsim/mtproto"
)

// Ids grow while the clock stands, and a little of its going back; where it is set back they follow it.
func TestIdsFollowTheClock(t *testing.T) {
	var skew atomic.Int64
	epoch := time.Now().Truncate(time.Second)
	s := serveWith(t, mtproto.Options{Handler: newBackend(), Now: func() time.Time {
		return epoch.Add(time.Duration(skew.Load()))
	}})
	// Whatever the server says has an id: an answer, or that the salt is another now.
	ask := func() proto.MessageID {
		r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
		r.sendNumbered(int64(proto.NewMessageID(epoch.Add(time.Duration(skew.Load())), proto.MessageFromClient)), 1, near)
		return proto.MessageID(r.read()[0].id)
	}
	before := ask()
	skew.Store(int64(-time.Second / 2))
	little := ask()
	assert.Greater(t, little, before)
	skew.Store(int64(5 * time.Hour))
	ahead := ask()
	assert.WithinDuration(t, epoch.Add(5*time.Hour), ahead.Time(), time.Second)
	skew.Store(0)
	assert.WithinDuration(t, epoch, ask().Time(), time.Second)
	skew.Store(int64(-5 * time.Hour))
	assert.WithinDuration(t, epoch.Add(-5*time.Hour), ask().Time(), time.Second)
}
