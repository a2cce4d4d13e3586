package mtproto

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tgerr"
)

// resultHead is what an rpc_result has before the answer: its type and the query's id.
const resultHead = bin.Word + 8

// scratch holds buffers to encode answers in: one that is large enough already spares the copies of growing it. What
// is kept of an answer is of its size.
var scratch = sync.Pool{New: func() any { return new(bin.Buffer) }}

func scratchBuffer() *bin.Buffer {
	b, ok := scratch.Get().(*bin.Buffer)
	if !ok {
		b = new(bin.Buffer)
	}
	return b
}

// result encodes an rpc_result and says whether it is an error.
func (s *Server) result(id int64, answer bin.Encoder, err error) (body []byte, failed bool) {
	b := scratchBuffer()
	defer scratch.Put(b)
	b.Reset()
	b.PutID(proto.ResultTypeID)
	b.PutLong(id)
	if err == nil {
		if err = answer.Encode(b); err == nil {
			return s.packed(b.Buf), false
		}
		b.Buf = b.Buf[:resultHead]
	}
	refusal := &mt.RPCError{ErrorCode: 500, ErrorMessage: "INTERNAL"}
	if known, ok := errors.AsType[*tgerr.Error](err); ok {
		refusal.ErrorCode, refusal.ErrorMessage = known.Code, known.Message
	} else {
		s.opt.Log.Error("handler failed", "error", err)
	}
	b.Put(encode(refusal))
	return b.Copy(), true
}

// packed copies an rpc_result, as gzip_packed if it is long and if that makes it shorter.
func (s *Server) packed(result []byte) []byte {
	if s.opt.PackOver == 0 || len(result)-resultHead <= s.opt.PackOver {
		return append([]byte(nil), result...)
	}
	b := scratchBuffer()
	defer scratch.Put(b)
	b.Reset()
	b.Put(result[:resultHead])
	err := proto.GZIP{Data: result[resultHead:]}.Encode(b)
	if err != nil || b.Len() >= len(result) {
		return append([]byte(nil), result...)
	}
	return b.Copy()
}

// garbled is an rpc_result or an update that no client can read: of a type that there is not, and of no whole number of
// fields. It is the same for the same message.
func garbled(body []byte) []byte {
	var out []byte
	if id, _ := (&bin.Buffer{Buf: body}).PeekID(); id == proto.ResultTypeID {
		out = append(out, body[:resultHead]...)
	}
	for i := range uint32(8) {
		out = binary.LittleEndian.AppendUint32(out, 0xdeadbeef+i)
	}
	return out
}

// await waits for another query of the session, which must succeed. An unknown one is no obstacle.
func (s *session) await(ctx context.Context, id int64) error {
	q, ok := s.find(id)
	if !ok {
		return nil
	}
	select {
	case <-q.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.failed {
		return tgerr.New(400, "MSG_WAIT_FAILED")
	}
	return nil
}

// repeat answers a message id that was seen before. q is nil when it is too old to know.
func (s *session) repeat(q *query, m incoming) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case q == nil || q.lost:
		s.sendLocked(proto.MessageServerResponse, false, encode(&mt.BadMsgNotification{
			BadMsgID: m.id, BadMsgSeqno: m.seq, ErrorCode: badMsgTooOld,
		}))
	case q.answer != nil:
		s.deliverLocked(q)
	default: // running, or answered and acknowledged: that it was received is all there is to say
		s.sendLocked(proto.MessageFromServer, false, encode(&mt.MsgsAck{MsgIDs: []int64{m.id}}))
		delete(s.owed, m.id)
	}
}

// again sends the query's answer once more.
func (s *session) again(q *query) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliverLocked(q)
}

// holdBack returns when the session has answered another query, or after d.
func (s *session) holdBack(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		d = holdTime
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	if s.answered == nil {
		s.answered = make(chan struct{})
	}
	next := s.answered
	s.mu.Unlock()
	stop := make(chan error, 1)
	var waiter sync.WaitGroup
	waiter.Go(func() { stop <- s.srv.opt.Sleep(ctx, d) })
	defer waiter.Wait()
	defer cancel()
	select {
	case <-next:
		return nil
	case err := <-stop:
		return err
	}
}
