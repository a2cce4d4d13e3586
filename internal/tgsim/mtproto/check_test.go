package mtproto_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// bad waits for the notification about a message and returns its code.
func (r *raw) bad(id int64) int {
	r.t.Helper()
	n := decode(r.t, new(mt.BadMsgNotification), r.await(mt.BadMsgNotificationTypeID, nil).body)
	require.Equal(r.t, id, n.BadMsgID)
	return n.ErrorCode
}

// Each mistake in a message's identity has its code, nothing is executed, and the connection lives on.
func TestBadMessagesAreToldSo(t *testing.T) {
	h := newBackend()
	c := newClock()
	s := serveWith(t, mtproto.Options{Handler: h, Now: c.now})
	at := func(d time.Duration) int64 {
		return int64(proto.NewMessageID(c.now().Add(d), proto.MessageFromClient))
	}
	for name, m := range map[string]struct {
		before func(r *raw)
		id     int64
		seq    int32
		what   bin.Encoder
		code   int
	}{
		"too old":          {nil, at(-301 * time.Second), 1, near, 16},
		"from the future":  {nil, at(31 * time.Second), 1, near, 17},
		"a server's id":    {nil, at(0) + 1, 1, near, 18},
		"even query":       {nil, at(0), 2, near, 35},
		"odd container":    {nil, at(0), 1, &proto.MessageContainer{}, 34},
		"number too low":   {func(r *raw) { r.sendNumbered(at(-2*time.Second), 5, near) }, at(-time.Second), 3, near, 32},
		"number of before": {func(r *raw) { r.sendNumbered(at(-2*time.Second), 5, near) }, at(-time.Second), 5, near, 32},
		"number too high":  {func(r *raw) { r.sendNumbered(at(2*time.Second), 5, near) }, at(time.Second), 7, near, 33},
		"number of after":  {func(r *raw) { r.sendNumbered(at(2*time.Second), 5, near) }, at(time.Second), 5, near, 33},
		"container again": {
			func(r *raw) { r.sendNumbered(at(0), 2, &proto.MessageContainer{}) },
			at(0), 2, &proto.MessageContainer{}, 19,
		},
		"container within": {nil, at(0), 2, &proto.MessageContainer{Messages: []proto.Message{
			{ID: at(-time.Second), SeqNo: 0, Bytes: 8, Body: []byte("\xdc\xf8\xf1\x73\x00\x00\x00\x00")},
		}}, 64},
		"too many": {nil, at(0), 2, &proto.MessageContainer{Messages: make([]proto.Message, 1021)}, 64},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
			if m.before != nil {
				m.before(r)
			}
			executed := h.count(tg.HelpGetSupportNameRequestTypeID)
			r.sendNumbered(m.id, m.seq, m.what)
			assert.Equal(t, m.code, r.bad(m.id))
			fine := at(20 * time.Second)
			r.sendNumbered(fine, 9, twin)
			r.result(fine)
			assert.Equal(t, executed+1, h.count(tg.HelpGetSupportNameRequestTypeID))
		})
	}
}

// mtcute numbers its acknowledgements as content.
func TestOddAcknowledgementIsTaken(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	id := int64(proto.NewMessageID(time.Now(), proto.MessageFromClient))
	r.sendNumbered(id, 1, &mt.MsgsAck{MsgIDs: []int64{1}})
	r.sendNumbered(id+4, 3, near)
	r.result(id + 4) // and no bad_msg_notification before it
}

// What waited too long to be sent by itself may be sent within a container, and a query that was forgotten is not run.
func TestOldMessages(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	old := int64(proto.NewMessageID(time.Now().Add(-time.Hour), proto.MessageFromClient))
	var b bin.Buffer
	require.NoError(t, near.Encode(&b))
	r.seq++
	r.send(&proto.MessageContainer{Messages: []proto.Message{{ID: old, SeqNo: 1, Bytes: b.Len(), Body: b.Buf}}})
	r.result(old)

	const remembered = 4096
	for range remembered + 1 {
		r.send(twin)
	}
	r.result(r.send(twin))
	r.seq++
	r.send(&proto.MessageContainer{Messages: []proto.Message{{ID: old, SeqNo: 1, Bytes: b.Len(), Body: b.Buf}}})
	assert.Equal(t, 20, r.bad(old))
	assert.Equal(t, 1, h.count(tg.HelpGetNearestDCRequestTypeID))
}

// After the clock was set back, what clients send by it is taken though its ids are lower than those before.
func TestNumbersOfTheFutureAreForgotten(t *testing.T) {
	h := newBackend()
	var skew atomic.Int64
	epoch := time.Now()
	now := func() time.Time { return epoch.Add(time.Duration(skew.Load())) }
	s := serveWith(t, mtproto.Options{Handler: h, Now: now, SaltLife: 100 * time.Hour})
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	for i, d := range []time.Duration{5 * time.Hour, 0} {
		skew.Store(int64(d))
		id := int64(proto.NewMessageID(now(), proto.MessageFromClient))
		r.sendNumbered(id, int32(2*i+1), near)
		r.result(id)
	}
	low := int64(proto.NewMessageID(now().Add(-time.Second), proto.MessageFromClient))
	r.sendNumbered(low, 5, near)
	assert.Equal(t, 33, r.bad(low), "what is not of the future still counts")
}

// A client whose time is wrong reads what corrects it only where that is not in a container.
func TestCorrectionsTravelAlone(t *testing.T) {
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	old := int64(proto.NewMessageID(time.Now().Add(-time.Hour), proto.MessageFromClient))
	for range 200 {
		r.send(&mt.PingRequest{PingID: 1})
		r.sendNumbered(old, 1, near)
		old += 4
	}
	corrections := 0
	for corrections < 200 {
		packet := r.read()
		for _, m := range packet {
			if id, err := (&bin.Buffer{Buf: m.body}).PeekID(); err == nil && id == mt.BadMsgNotificationTypeID {
				corrections++
				require.Len(t, packet, 1)
			}
		}
	}
}
