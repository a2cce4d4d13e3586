package mtproto_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// trouble is Faults by script: each verdict once, then nothing.
type trouble struct {
	mu      sync.Mutex
	answers []mtproto.Verdict
	pushes  []mtproto.Verdict
}

func next(of *[]mtproto.Verdict) (v mtproto.Verdict) {
	if len(*of) > 0 {
		v, *of = (*of)[0], (*of)[1:]
	}
	return v
}

func (f *trouble) Answer(mtproto.KeyID, uint32) mtproto.Verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	return next(&f.answers)
}

func (f *trouble) Push(mtproto.KeyID, tg.UpdatesClass) mtproto.Verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	return next(&f.pushes)
}

// sleeper lets a test decide when delays are over, and remembers how long they were to be.
type sleeper struct {
	mu   sync.Mutex
	over chan struct{}
	long []time.Duration
}

func newSleeper() *sleeper { return &sleeper{over: make(chan struct{})} }

func (s *sleeper) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	s.long = append(s.long, d)
	s.mu.Unlock()
	select {
	case <-s.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sleeper) delays() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Duration(nil), s.long...)
}

// troubled serves with faults and returns a client with its key.
func troubled(t *testing.T, f *trouble) (*served, *backend, *sleeper, *raw) {
	t.Helper()
	h, naps := newBackend(), newSleeper()
	s := serveWith(t, mtproto.Options{Handler: h, Faults: f, Sleep: naps.sleep})
	return s, h, naps, s.raw(t, s.newKey(t), 9, transport.Intermediate)
}

// ended waits until the server has closed the connection, and returns the results that came before.
func (r *raw) ended() (results []int64) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		var b bin.Buffer
		if r.conn.Recv(ctx, &b) != nil {
			require.NoError(r.t, ctx.Err(), "the connection goes on")
			return results
		}
		data, err := r.cipher.DecryptFromBuffer(r.key, &b)
		require.NoError(r.t, err)
		var res proto.Result
		if res.Decode(&bin.Buffer{Buf: data.Data()}) == nil {
			results = append(results, res.RequestMessageID)
		}
	}
}

// again is a connection of the same client.
func (s *served) again(r *raw) *raw {
	r.t.Helper()
	r2 := s.raw(r.t, r.key, r.session, transport.Intermediate)
	r2.seq = r.seq
	return r2
}

func count(h *backend) int { return h.count(tg.HelpGetNearestDCRequestTypeID) }

func TestFaultCutBefore(t *testing.T) {
	s, h, _, r := troubled(t, &trouble{answers: []mtproto.Verdict{{Fault: mtproto.CutBefore}}})
	id := r.send(near)
	assert.Empty(t, r.ended())
	assert.Zero(t, count(h))
	r = s.again(r)
	// Clients that ask first must hear that it never came.
	r.send(&mt.MsgsStateReq{MsgIDs: []int64{id}})
	info := decode(t, new(mt.MsgsStateInfo), r.await(mt.MsgsStateInfoTypeID, nil).body)
	require.Len(t, info.Info, 1)
	assert.Less(t, info.Info[0], byte(4))
	r.sendNumbered(id, 1, near)
	r.result(id)
	assert.Equal(t, 1, count(h))
}

// The effect is there and the answer is lost: a client that comes back under its session id finds it, another never.
func TestFaultCutAfter(t *testing.T) {
	s, h, _, r := troubled(t, &trouble{answers: []mtproto.Verdict{{Fault: mtproto.CutAfter}}})
	id := r.send(near)
	assert.Empty(t, r.ended())
	assert.Equal(t, 1, count(h))
	r = s.again(r)
	r.send(&mt.PingRequest{PingID: 1})
	r.result(id)
	assert.Equal(t, 1, count(h))
}

func TestFaultDropAndSilence(t *testing.T) {
	_, h, _, r := troubled(t, &trouble{answers: []mtproto.Verdict{{Fault: mtproto.Drop}, {Fault: mtproto.Silence}}})
	dropped := r.send(near)
	ack := r.await(mt.MsgsAckTypeID, nil)
	assert.Equal(t, []int64{dropped}, decode(t, new(mt.MsgsAck), ack.body).MsgIDs)
	assert.Equal(t, 1, count(h))
	r.sendNumbered(dropped, 1, near)
	r.await(mt.MsgsAckTypeID, nil)

	silent := r.send(near)
	after := r.send(twin)
	for {
		for _, m := range r.read() {
			b := &bin.Buffer{Buf: append([]byte(nil), m.body...)}
			var acks mt.MsgsAck
			if acks.Decode(b) == nil {
				assert.NotContains(t, acks.MsgIDs, silent)
			}
			var res proto.Result
			if res.Decode(&bin.Buffer{Buf: m.body}) != nil {
				continue
			}
			require.Equal(t, after, res.RequestMessageID)
			assert.Equal(t, 1, count(h))
			r.send(&mt.MsgsStateReq{MsgIDs: []int64{silent}})
			info := decode(t, new(mt.MsgsStateInfo), r.await(mt.MsgsStateInfoTypeID, nil).body)
			assert.Equal(t, []byte{2}, info.Info, "it never came")
			r.sendNumbered(silent, 3, near)
			r.result(silent)
			assert.Equal(t, 2, count(h), "sent again, it is executed")
			return
		}
	}
}

func TestFaultDelays(t *testing.T) {
	for fault, executed := range map[mtproto.Fault]int{mtproto.Delay: 0, mtproto.Late: 1} {
		_, h, naps, r := troubled(t, &trouble{answers: []mtproto.Verdict{{Fault: fault, Delay: time.Hour}}})
		id := r.send(near)
		r.await(mt.MsgsAckTypeID, nil)
		require.Eventually(t, func() bool { return len(naps.delays()) == 1 }, 5*time.Second, time.Millisecond)
		assert.Equal(t, time.Hour, naps.delays()[0])
		assert.Equal(t, executed, count(h))
		r.result(r.send(twin)) // overtakes it
		close(naps.over)
		r.result(id)
		assert.Equal(t, 1, count(h))
	}
}

func TestFaultHoldReorders(t *testing.T) {
	_, _, naps, r := troubled(t, &trouble{answers: []mtproto.Verdict{{Fault: mtproto.Hold}}})
	held := r.send(near)
	require.Eventually(t, func() bool { return len(naps.delays()) == 1 }, 5*time.Second, time.Millisecond)
	other := r.send(twin)
	first, _ := r.result(other)
	second, _ := r.result(held)
	assert.Greater(t, second.id, first.id)
}

func TestRule25FaultDuplicateGarbageFail(t *testing.T) {
	_, h, _, r := troubled(t, &trouble{answers: []mtproto.Verdict{
		{Fault: mtproto.Duplicate},
		{Fault: mtproto.Garbage},
		{Fault: mtproto.Fail},
		{Fault: mtproto.Fail, Error: tgerr.New(500, "RPC_CALL_FAIL")},
	}})
	id := r.send(near)
	one, first := r.result(id)
	two, second := r.result(id)
	assert.Equal(t, first, second)
	assert.Greater(t, two.id, one.id)
	assert.Equal(t, 1, count(h))

	_, body := r.result(r.send(near))
	assert.Error(t, new(tg.NearestDC).Decode(&bin.Buffer{Buf: body}))
	assert.Equal(t, 2, count(h))
	for _, want := range []string{"INTERNAL", "RPC_CALL_FAIL"} {
		_, body = r.result(r.send(near))
		assert.Equal(t, mt.RPCError{ErrorCode: 500, ErrorMessage: want}, *decode(t, new(mt.RPCError), body))
	}
	assert.Equal(t, 2, count(h), "a failed call has no effect")
}

// dates reads n updates and returns what they are dated.
func (r *raw) dates(n int) (dates []int) {
	r.t.Helper()
	for range n {
		m := r.await(tg.UpdateShortTypeID, nil)
		dates = append(dates, decode(r.t, new(tg.UpdateShort), m.body).Date)
	}
	return dates
}

func TestFaultsOfUpdates(t *testing.T) {
	push := func(s *served, r *raw, date int) bool {
		return s.Push(r.key.ID, &tg.UpdateShort{Update: &tg.UpdateConfig{}, Date: date})
	}
	faults := &trouble{pushes: []mtproto.Verdict{
		{Fault: mtproto.Drop}, {Fault: mtproto.Duplicate}, {Fault: mtproto.Hold}, {}, {Fault: mtproto.Delay, Delay: time.Minute}, {},
	}}
	s, _, naps, r := troubled(t, faults)
	r.result(r.send(near))
	assert.False(t, push(s, r, 1), "dropped")
	for i := 2; i <= 6; i++ {
		assert.True(t, push(s, r, i))
	}
	assert.Equal(t, []int{2, 2, 4, 3, 6}, r.dates(5))
	require.Eventually(t, func() bool { return len(naps.delays()) == 2 }, 5*time.Second, time.Millisecond)
	assert.ElementsMatch(t, []time.Duration{time.Second, time.Minute}, naps.delays())
	close(naps.over)
	assert.Equal(t, []int{5}, r.dates(1))

	faults.mu.Lock()
	faults.pushes = []mtproto.Verdict{{Fault: mtproto.Hold, Delay: time.Minute}, {Fault: mtproto.Garbage}, {Fault: mtproto.CutBefore}}
	faults.mu.Unlock()
	push(s, r, 7)
	assert.Equal(t, []int{7}, r.dates(1), "nothing comes after it, so it comes at last")
	push(s, r, 8)
	for _, m := range r.read() {
		b := &bin.Buffer{Buf: m.body}
		id, err := b.PeekID()
		require.NoError(t, err)
		assert.NotContains(t, tg.TypesMap(), id)
	}
	assert.False(t, push(s, r, 9))
	r.ended()
}

// What is held waits for its next, while others pass; of two in a row that are to be held the second goes first.
func TestUpdatesWaitForTheirNext(t *testing.T) {
	even := func(u tg.UpdatesClass) bool { return u.(*tg.UpdateShort).Date%2 == 0 }
	hold := mtproto.Verdict{Fault: mtproto.Hold, Next: even}
	s, _, _, r := troubled(t, &trouble{pushes: []mtproto.Verdict{hold, {}, {}, {}, hold, {}, hold, {}, hold}})
	r.result(r.send(near))
	for _, date := range []int{2, 3, 5, 4, 6, 7, 8, 9, 10} {
		require.True(t, s.Push(r.key.ID, &tg.UpdateShort{Update: &tg.UpdateConfig{}, Date: date}))
	}
	assert.Equal(t, []int{3, 5, 4, 2, 7, 8, 6, 9}, r.dates(8))
}

// The server ends whatever is still held back.
func TestFaultsEndWithTheServer(t *testing.T) {
	s, _, naps, r := troubled(t, &trouble{
		answers: []mtproto.Verdict{{}, {Fault: mtproto.Delay, Delay: time.Hour}, {Fault: mtproto.Late, Delay: time.Hour}, {Fault: mtproto.Hold}},
		pushes:  []mtproto.Verdict{{Fault: mtproto.Delay, Delay: time.Hour}, {Fault: mtproto.Hold}},
	})
	r.result(r.send(twin))
	for range 3 {
		r.send(near)
	}
	s.Push(r.key.ID, &tg.UpdatesTooLong{})
	s.Push(r.key.ID, &tg.UpdatesTooLong{})
	require.Eventually(t, func() bool { return len(naps.delays()) == 5 }, 5*time.Second, time.Millisecond)
	s.stop()
}
