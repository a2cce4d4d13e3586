package mtproto_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// clock is a clock that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// refusedSalt sends a query and returns the salt that it is told to use.
func (r *raw) refusedSalt() int64 {
	r.t.Helper()
	id := r.send(near)
	r.seq-- // it does not count
	bad := decode(r.t, new(mt.BadServerSalt), r.await(mt.BadServerSaltTypeID, nil).body)
	require.Equal(r.t, id, bad.BadMsgID)
	require.Equal(r.t, 48, bad.ErrorCode)
	return bad.NewServerSalt
}

// A salt is good for its time and the next one's; then the client is told the new one, and served when it uses it.
func TestSaltsRotate(t *testing.T) {
	c := newClock()
	h := newBackend()
	s := serveWith(t, mtproto.Options{Handler: h, Now: c.now, SaltLife: time.Hour})
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	r.ids = proto.NewMessageIDGen(c.now)
	r.send(&mt.GetFutureSaltsRequest{Num: 4})
	future := decode(t, new(mt.FutureSalts), r.await(mt.FutureSaltsTypeID, nil).body)
	require.Len(t, future.Salts, 4)
	assert.EqualValues(t, 77, future.Salts[0].Salt)

	c.advance(90 * time.Minute)
	r.result(r.send(near)) // the old one is good for another half hour
	c.advance(time.Hour)
	told := r.refusedSalt()
	assert.Equal(t, future.Salts[2].Salt, told)
	assert.Equal(t, 1, h.count(tg.HelpGetNearestDCRequestTypeID), "executed under a bad salt")
	r.salt = told
	r.result(r.send(near))
	at := int(c.now().Unix())
	assert.True(t, future.Salts[2].ValidSince <= at && at < future.Salts[2].ValidUntil)

	s.ExpireSalts()
	r.salt = r.refusedSalt()
	r.result(r.send(near))
}

// The first message of a session may have a bad salt: the session begins with the one that is executed.
func TestBadSaltBeginsNoSession(t *testing.T) {
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Abridged)
	r.salt = 1
	for _, m := range func() []received { r.send(near); return r.read() }() {
		b := bin.Buffer{Buf: m.body}
		id, err := b.PeekID()
		require.NoError(t, err)
		require.EqualValues(t, mt.BadServerSaltTypeID, id)
	}
	r.salt = 77
	id := r.send(near)
	created := decode(t, new(mt.NewSessionCreated), r.await(mt.NewSessionCreatedTypeID, nil).body)
	assert.Equal(t, id, created.FirstMsgID)
	assert.EqualValues(t, 77, created.ServerSalt)
}

// Two days with a stock client that says something every so often: nothing fails although every salt it had is void by then.
func TestStockClientOutlivesItsSalts(t *testing.T) {
	serverKey()
	synctest.Test(t, func(t *testing.T) {
		h := newBackend()
		s := servePipe(t, h)
		c := s.client(seeded(t, s.newKey(t)), dcs.PlainOptions{}, nil)
		require.NoError(t, c.Run(t.Context(), func(ctx context.Context) error {
			for range 8 {
				<-time.After(6 * time.Hour)
				if _, err := tg.NewClient(c).HelpGetNearestDC(ctx); err != nil {
					return err
				}
				s.ExpireSalts()
				if _, err := tg.NewClient(c).HelpGetNearestDC(ctx); err != nil {
					return err
				}
			}
			return nil
		}))
		assert.Equal(t, 16, h.count(tg.HelpGetNearestDCRequestTypeID))
		s.stop()
	})
}
