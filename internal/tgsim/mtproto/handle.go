package mtproto

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tgerr"
)

// incoming is one message of a client, decrypted.
type incoming struct {
	id   int64
	seq  int
	body []byte
}

// States of a message in msgs_state_info, core.telegram.org/mtproto/service_messages_about_messages.
const (
	stateUnknown  = 1  // "nothing is known": the client is to send it again
	stateReceived = 4  // received
	stateRunning  = 32 // a query that is being executed
	stateAnswered = 64 // its answer was generated, and the client has it
)

// badMsgTooOld is bad_msg_notification's "too old, it cannot be verified whether it was received".
const badMsgTooOld = 20

// handle handles one message, or each within a container. An error ends the connection; only
// what cannot be read at all is one.
func (c *conn) handle(ctx context.Context, s *session, m incoming) error {
	b := &bin.Buffer{Buf: m.body}
	id, err := b.PeekID()
	if err != nil {
		return fmt.Errorf("read a message's type: %w", err)
	}
	switch id {
	case proto.MessageContainerTypeID:
		return c.handleContainer(ctx, s, b)
	case proto.GZIPTypeID:
		plain, err := gunzip(b)
		if err != nil {
			break // a query that cannot be unpacked is answered by an error
		}
		if inner := (&bin.Buffer{Buf: plain}); isContainer(inner) {
			return c.handleContainer(ctx, s, inner)
		}
		m.body = plain
	}
	if m.seq&1 != 0 {
		s.owe(m.id)
	}
	b = &bin.Buffer{Buf: m.body}
	known, err := c.service(s, m, b)
	if err != nil {
		return fmt.Errorf("read a service message: %w", err)
	}
	if !known {
		c.query(ctx, s, m)
	}
	return nil
}

func isContainer(b *bin.Buffer) bool {
	id, err := b.PeekID()
	return err == nil && id == proto.MessageContainerTypeID
}

func (c *conn) handleContainer(ctx context.Context, s *session, b *bin.Buffer) error {
	var all proto.MessageContainer
	if err := all.Decode(b); err != nil {
		return fmt.Errorf("read a container: %w", err)
	}
	for _, one := range all.Messages {
		if isContainer(&bin.Buffer{Buf: one.Body}) {
			return errors.New("a container within a container")
		}
		if err := c.handle(ctx, s, incoming{id: one.ID, seq: one.SeqNo, body: one.Body}); err != nil {
			return err
		}
	}
	return nil
}

// query runs one query in a goroutine of its own, or answers what it can of a repeated one.
func (c *conn) query(ctx context.Context, s *session, m incoming) {
	q, again := s.begin(m.id)
	if again {
		s.repeat(q, m)
		return
	}
	select {
	case c.running <- struct{}{}:
	case <-ctx.Done():
		return
	}
	r, err := unwrap(m.body)
	s.active(r.noUpdates)
	c.handlers.Go(func() {
		defer func() { <-c.running }()
		var answer bin.Encoder
		if err == nil {
			answer, err = c.execute(ctx, s, m.id, r)
		}
		// A handler that was interrupted by the server's end has no answer.
		if err != nil && ctx.Err() != nil {
			return
		}
		body, failed := c.srv.result(m.id, answer, err)
		s.finish(q, body, failed)
	})
}

// execute calls the handler, after the queries that this one is to follow.
func (c *conn) execute(ctx context.Context, s *session, id int64, r unwrapped) (bin.Encoder, error) {
	for _, before := range r.after {
		if err := s.await(ctx, before); err != nil {
			return nil, err
		}
	}
	method, err := r.body.PeekID()
	if err != nil {
		return nil, errBadQuery
	}
	return c.srv.opt.Handler.Handle(ctx, &Request{
		Key: s.key.Auth.ID, Session: s.id, MsgID: id, Method: method, Body: r.body,
		DC: c.srv.opt.DC, NoUpdates: r.noUpdates,
	})
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

// result encodes an rpc_result and says whether it is an error.
func (s *Server) result(id int64, answer bin.Encoder, err error) (body []byte, failed bool) {
	var b bin.Buffer
	b.PutID(proto.ResultTypeID)
	b.PutLong(id)
	head := b.Len()
	if err == nil {
		if err = answer.Encode(&b); err == nil {
			return b.Buf, false
		}
		b.Buf = b.Buf[:head]
	}
	refusal := &mt.RPCError{ErrorCode: 500, ErrorMessage: "INTERNAL"}
	if known, ok := errors.AsType[*tgerr.Error](err); ok {
		refusal.ErrorCode, refusal.ErrorMessage = known.Code, known.Message
	} else {
		s.opt.Log.Error("handler failed", "error", err)
	}
	b.Put(encode(refusal))
	return b.Buf, true
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

// service handles what is no query. known is false for queries.
func (c *conn) service(s *session, m incoming, b *bin.Buffer) (known bool, err error) {
	id, err := b.PeekID()
	if err != nil {
		return false, err
	}
	switch id {
	case mt.MsgsAckTypeID:
		return true, s.acknowledged(b)
	case mt.PingRequestTypeID:
		return true, s.ping(m.id, b)
	case mt.PingDelayDisconnectRequestTypeID:
		return true, c.pingDelayDisconnect(s, m.id, b)
	case mt.GetFutureSaltsRequestTypeID:
		return true, s.futureSalts(m.id, b)
	case mt.MsgsStateReqTypeID:
		return true, s.states(m.id, b)
	case mt.MsgResendReqTypeID:
		return true, s.resend(b)
	case mt.DestroySessionRequestTypeID:
		return true, s.destroy(b)
	case mt.RPCDropAnswerRequestTypeID:
		return true, s.drop(m, b)
	case mt.HTTPWaitRequestTypeID, mt.MsgsStateInfoTypeID, mt.MsgsAllInfoTypeID,
		mt.MsgDetailedInfoTypeID, mt.MsgNewDetailedInfoTypeID:
		return true, nil
	}
	return false, nil
}

// acknowledged frees the answers that the client has.
func (s *session) acknowledged(b *bin.Buffer) error {
	var r mt.MsgsAck
	if err := r.Decode(b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range r.MsgIDs {
		if q, ok := s.sent[id]; ok {
			s.releaseLocked(q)
		}
	}
	return nil
}

func (s *session) ping(msgID int64, b *bin.Buffer) error {
	var r mt.PingRequest
	if err := r.Decode(b); err != nil {
		return err
	}
	s.notify(&mt.Pong{MsgID: msgID, PingID: r.PingID})
	return nil
}

// pingDelayDisconnect ends the connection after the delay unless another such ping comes. Other traffic
// does not put it off. It runs in the read loop.
func (c *conn) pingDelayDisconnect(s *session, msgID int64, b *bin.Buffer) error {
	var r mt.PingDelayDisconnectRequest
	if err := r.Decode(b); err != nil {
		return err
	}
	// A read deadline is the system's, whatever clock the server shows.
	c.until = time.Now().Add(time.Duration(max(r.DisconnectDelay, 0)) * time.Second)
	s.notify(&mt.Pong{MsgID: msgID, PingID: r.PingID})
	return nil
}

const (
	saltLife = 30 * time.Minute // how long a salt is good, core.telegram.org/mtproto/description#server-salt
	maxSalts = 64
)

// futureSalts lists salts to come. The first is the one in use.
func (s *session) futureSalts(msgID int64, b *bin.Buffer) error {
	var r mt.GetFutureSaltsRequest
	if err := r.Decode(b); err != nil {
		return err
	}
	now := s.srv.opt.Now()
	answer := &mt.FutureSalts{ReqMsgID: msgID, Now: int(now.Unix())}
	for i := range min(max(r.Num, 1), maxSalts) {
		since := now.Add(time.Duration(i) * saltLife)
		answer.Salts = append(answer.Salts, mt.FutureSalt{
			ValidSince: int(since.Unix()), ValidUntil: int(since.Add(2 * saltLife).Unix()),
			Salt: s.key.Salt + int64(i),
		})
	}
	s.notify(answer)
	return nil
}

// states tells what became of messages. One whose answer may be lost is reported as unknown, so
// that the client sends it again and gets the answer that was kept.
func (s *session) states(msgID int64, b *bin.Buffer) error {
	var r mt.MsgsStateReq
	if err := r.Decode(b); err != nil {
		return err
	}
	info := make([]byte, len(r.MsgIDs))
	s.mu.Lock()
	for i, id := range r.MsgIDs {
		switch q, ok := s.known[id]; {
		case !ok || q.answer != nil || q.lost:
			info[i] = stateUnknown
		case q.finished():
			info[i] = stateReceived | stateAnswered
		default:
			info[i] = stateReceived | stateRunning
		}
	}
	s.mu.Unlock()
	s.notify(&mt.MsgsStateInfo{ReqMsgID: msgID, Info: info})
	return nil
}

// resend sends answers again. Other messages of the server are not kept.
func (s *session) resend(b *bin.Buffer) error {
	var r mt.MsgResendReq
	if err := r.Decode(b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range r.MsgIDs {
		if q, ok := s.sent[id]; ok {
			s.deliverLocked(q)
		}
	}
	return nil
}

// destroy forgets another session of the key; the answer is no rpc_result.
func (s *session) destroy(b *bin.Buffer) error {
	var r mt.DestroySessionRequest
	if err := r.Decode(b); err != nil {
		return err
	}
	if r.SessionID != s.id && s.srv.destroy(s.key.Auth.ID, r.SessionID) {
		s.notify(&mt.DestroySessionOk{SessionID: r.SessionID})
		return nil
	}
	s.notify(&mt.DestroySessionNone{SessionID: r.SessionID})
	return nil
}

// drop answers rpc_drop_answer, which is a query itself. The query it names goes on if it runs.
func (s *session) drop(m incoming, b *bin.Buffer) error {
	var r mt.RPCDropAnswerRequest
	if err := r.Decode(b); err != nil {
		return err
	}
	q, again := s.begin(m.id)
	if again {
		s.repeat(q, m)
		return nil
	}
	body, _ := s.srv.result(m.id, s.dropAnswer(r.ReqMsgID), nil)
	s.finish(q, body, false)
	return nil
}

func (s *session) dropAnswer(id int64) mt.RPCDropAnswerClass {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.known[id]
	switch {
	case !ok || q.finished() && q.answer == nil:
		return &mt.RPCAnswerUnknown{}
	case !q.finished():
		q.dropped = true
		return &mt.RPCAnswerDroppedRunning{}
	}
	dropped := &mt.RPCAnswerDropped{MsgID: q.sentAs, SeqNo: int(q.sentSeq), Bytes: len(q.answer)}
	s.releaseLocked(q)
	return dropped
}
