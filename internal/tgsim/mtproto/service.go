package mtproto

import (
	"fmt"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
)

// TL types that td's mt lacks, core.telegram.org/schema/mtproto.
const (
	msgResendAnsReqTypeID    = 0x8610baeb
	destroyAuthKeyTypeID     = 0xd1435160
	destroyAuthKeyOkTypeID   = 0xf660e1d4
	destroyAuthKeyNoneTypeID = 0x0a9f2259
)

// States of a message in msgs_state_info, core.telegram.org/mtproto/service_messages_about_messages.
const (
	stateUnknown  = 1  // nothing is known of it any more: the client is to send it again
	stateMissing  = 2  // it did not come: likewise
	stateNotYet   = 3  // nor did any as new as it
	stateReceived = 4  // it came
	stateQuery    = 32 // and is a query that is being executed, or was
	stateAnswered = 64 // and its answer was generated
)

// isService says that a type is no query: it is handled by the engine.
func isService(typeID uint32) bool {
	switch typeID {
	case mt.MsgsAckTypeID, mt.PingRequestTypeID, mt.PingDelayDisconnectRequestTypeID, mt.GetFutureSaltsRequestTypeID,
		mt.MsgsStateReqTypeID, mt.MsgResendReqTypeID, msgResendAnsReqTypeID, mt.DestroySessionRequestTypeID,
		mt.RPCDropAnswerRequestTypeID, destroyAuthKeyTypeID, mt.HTTPWaitRequestTypeID, mt.MsgsStateInfoTypeID,
		mt.MsgsAllInfoTypeID, mt.MsgDetailedInfoTypeID, mt.MsgNewDetailedInfoTypeID:
		return true
	}
	return false
}

// service handles what isService knows. Telling how a message of the server fares needs no answer.
func (c *conn) service(s *session, m incoming, b *bin.Buffer) error {
	switch m.typeID() {
	case mt.MsgsAckTypeID:
		return s.acknowledged(b)
	case mt.PingRequestTypeID:
		return s.ping(m.id, b)
	case mt.PingDelayDisconnectRequestTypeID:
		return c.pingDelayDisconnect(s, m.id, b)
	case mt.GetFutureSaltsRequestTypeID:
		return s.futureSalts(m.id, b)
	case mt.MsgsStateReqTypeID:
		return s.states(m.id, b)
	case mt.MsgResendReqTypeID:
		return s.resend(m.id, b)
	case msgResendAnsReqTypeID:
		return s.resendAnswers(b)
	case mt.DestroySessionRequestTypeID:
		return s.destroy(b)
	case mt.RPCDropAnswerRequestTypeID:
		return s.drop(m, b)
	case destroyAuthKeyTypeID:
		return s.destroyKey()
	}
	return nil
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

// states tells what became of messages. One whose answer may be lost is reported as unknown, so
// that the client sends it again and gets the answer that was kept.
func (s *session) states(msgID int64, b *bin.Buffer) error {
	var r mt.MsgsStateReq
	if err := r.Decode(b); err != nil {
		return err
	}
	s.tellStates(msgID, r.MsgIDs)
	return nil
}

// tellStates answers a message that asks for states.
func (s *session) tellStates(msgID int64, ids []int64) {
	info := make([]byte, len(ids))
	s.mu.Lock()
	for i, id := range ids {
		info[i] = s.stateLocked(id)
	}
	s.mu.Unlock()
	s.notify(&mt.MsgsStateInfo{ReqMsgID: msgID, Info: info})
}

// stateLocked is the state of one message. The caller holds mu.
func (s *session) stateLocked(id int64) byte {
	q, known := s.known[id]
	_, numbered := s.numberedLocked(id)
	switch {
	case known && (q.answer != nil || q.lost):
		return stateUnknown
	case known && q.finished():
		return stateReceived | stateQuery | stateAnswered
	case known:
		return stateReceived | stateQuery
	case numbered:
		return stateReceived
	case len(s.numbers) == 0 || id > s.numbers[len(s.numbers)-1].id:
		return stateNotYet
	case id > s.floor && id > s.numbers[0].id:
		return stateMissing
	}
	return stateUnknown
}

// resend sends answers again. Other messages of the server are not kept: what became of those is told instead.
func (s *session) resend(msgID int64, b *bin.Buffer) error {
	var r mt.MsgResendReq
	if err := r.Decode(b); err != nil {
		return err
	}
	s.mu.Lock()
	missing := false
	for _, id := range r.MsgIDs {
		if q, ok := s.sent[id]; ok {
			s.deliverLocked(q)
			continue
		}
		missing = true
	}
	s.mu.Unlock()
	if missing {
		s.tellStates(msgID, r.MsgIDs)
	}
	return nil
}

// resendAnswers sends the answers of queries again, as far as they are kept.
func (s *session) resendAnswers(b *bin.Buffer) error {
	if err := b.ConsumeID(msgResendAnsReqTypeID); err != nil {
		return err
	}
	var r mt.MsgResendReq // the same but for its type
	if err := r.DecodeBare(b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range r.MsgIDs {
		if q, ok := s.known[id]; ok {
			s.deliverLocked(q)
		}
	}
	return nil
}

// destroyKey forgets the key that the client speaks under. Sources disagree whether the answer comes within an
// rpc_result; TDLib, which asks, reads it bare.
func (s *session) destroyKey() error {
	id := s.wireKey().Auth.ID
	_, known, err := s.srv.opt.Keys.Key(id)
	if err != nil {
		return fmt.Errorf("look up auth key %x: %w", id, err)
	}
	if err := s.srv.opt.Keys.Delete(id); err != nil {
		return fmt.Errorf("forget auth key %x: %w", id, err)
	}
	answer := bare{destroyAuthKeyNoneTypeID}
	if known {
		answer = bare{destroyAuthKeyOkTypeID}
	}
	s.notify(answer)
	s.srv.forgetKey(id)
	return nil
}

// bare is an object that is nothing but its type.
type bare struct{ typeID uint32 }

func (o bare) Encode(b *bin.Buffer) error {
	b.PutID(o.typeID)
	return nil
}

// destroy forgets another session of the key; the answer is no rpc_result.
func (s *session) destroy(b *bin.Buffer) error {
	var r mt.DestroySessionRequest
	if err := r.Decode(b); err != nil {
		return err
	}
	if r.SessionID != s.id && s.srv.destroy(s.belongs(), r.SessionID) {
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
