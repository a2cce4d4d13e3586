package mtproto

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

const (
	// maxKnown is how many queries of a session are remembered. An older message id is refused as
	// unverifiable, so that nothing is executed twice.
	maxKnown = 4096
	// maxKept bounds the answers that a session keeps for a client that does not acknowledge.
	maxKept = 8 << 20
)

// query is one message id that a session has seen.
type query struct {
	id      int64
	done    chan struct{} // closed when the handler has answered
	answer  []byte        // rpc_result; nil before done, and after the client acknowledged it or it was given up
	failed  bool          // the answer is an rpc_error; valid after done
	lost    bool          // the answer was given up before the client acknowledged it
	dropped bool          // rpc_drop_answer: nobody wants the answer
	sentAs  int64         // the message id of the answer, when sent
	sentSeq int32
}

func (q *query) finished() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}

// session is one (auth key, session id). It outlives its connections.
type session struct {
	srv *Server
	id  int64

	turn     atomic.Uint64 // Server.turns at its last query
	receives atomic.Bool   // a query came outside invokeWithoutUpdates

	mu      sync.Mutex
	owner   KeyID              // guarded by mu; whose session it is: a permanent key, or a temporary one not bound yet
	key     Key                // guarded by mu; the key of the client's latest message
	conn    *conn              // guarded by mu; nil while away
	fresh   bool               // guarded by mu; new_session_created is due
	content int32              // guarded by mu; content messages sent, half the next sequence number
	known   map[int64]*query   // guarded by mu; by the client's message id
	order   []*query           // guarded by mu; known, oldest first
	floor   int64              // guarded by mu; the highest message id forgotten
	kept    []*query           // guarded by mu; with an answer kept, oldest first (some acknowledged since)
	bytes   int                // guarded by mu; of kept answers
	sent    map[int64]*query   // guarded by mu; by the answer's message id
	owed    map[int64]struct{} // guarded by mu; content messages not acknowledged yet
	missed  []*query           // guarded by mu; answered while away
	numbers []numbered         // guarded by mu; the client's latest messages by id
	// answered is closed and forgotten when a query is answered; nil while nobody waits for that.
	answered chan struct{} // guarded by mu
}

func newSession(srv *Server, owner KeyID, id int64) *session {
	return &session{
		srv: srv, owner: owner, id: id, fresh: true,
		known: make(map[int64]*query),
		sent:  make(map[int64]*query),
		owed:  make(map[int64]struct{}),
	}
}

// where returns the session's connection, nil while it is away.
func (s *session) where() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

// belongs returns the key that the session and its logins belong to.
func (s *session) belongs() KeyID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.owner
}

// wireKey returns the key that the client speaks under.
func (s *session) wireKey() Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key
}

// join makes c the session's connection, where a message under k came.
func (s *session) join(c *conn, k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = k
	if s.conn == c {
		return
	}
	if s.conn != nil {
		s.leaveLocked(s.conn)
	}
	s.conn = c
	if len(s.owed) > 0 {
		c.out.owe(s)
	}
	missed := s.missed
	s.missed = nil
	for _, q := range missed {
		s.deliverLocked(q)
	}
}

// announce tells the client that the session is new, if it is. first is the message that began it.
func (s *session) announce(first int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fresh {
		return
	}
	s.fresh = false
	s.sendLocked(proto.MessageFromServer, true, encode(&mt.NewSessionCreated{
		FirstMsgID: first, UniqueID: s.srv.ids.New(proto.MessageFromServer), ServerSalt: s.srv.currentSalt(s.key),
	}))
}

// leave says that c has ended.
func (s *session) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaveLocked(c)
}

// leaveLocked leaves the answers that c may not have carried all the way to the next connection. The caller holds mu.
func (s *session) leaveLocked(c *conn) {
	if s.conn != c {
		return
	}
	s.conn = nil
	s.missed = s.missed[:0]
	for _, q := range s.kept {
		if q.answer != nil {
			s.missed = append(s.missed, q)
		}
	}
}

// listening returns when the session was active last, if updates can reach it.
func (s *session) listening() (turn uint64, ok bool) {
	return s.turn.Load(), s.receives.Load() && s.where() != nil
}

// active notes a query.
func (s *session) active(noUpdates bool) {
	s.turn.Store(s.srv.turns.Add(1))
	if !noUpdates {
		s.receives.Store(true)
	}
}

// encode is for what the engine itself builds: such objects have no field that can be missing.
func encode(e bin.Encoder) []byte {
	var b bin.Buffer
	if err := e.Encode(&b); err != nil {
		panic("mtproto: encode a service message: " + err.Error())
	}
	return b.Buf
}

// sendLocked gives body its identity and queues it. Content messages have odd sequence numbers and
// are to be acknowledged. It reports false when nothing was queued. The caller holds mu.
func (s *session) sendLocked(t proto.MessageType, content bool, body []byte) (m outgoing, ok bool) {
	if s.conn == nil {
		return outgoing{}, false
	}
	m = outgoing{to: s, key: s.key, id: s.srv.ids.New(t), seq: s.content * 2, body: body}
	if content {
		m.seq++
		s.content++
	}
	return m, s.queueLocked(m)
}

// queueLocked gives a message to the connection, of which there is one. The caller holds mu.
func (s *session) queueLocked(m outgoing) bool {
	if s.conn.out.add(m) {
		return true
	}
	s.conn.close()
	return false
}

// notify sends a service message that needs no acknowledgement.
func (s *session) notify(e bin.Encoder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendLocked(proto.MessageServerResponse, false, encode(e))
}

// correct tells the client that its time, its salt or its numbers are wrong.
func (s *session) correct(e bin.Encoder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return
	}
	s.queueLocked(outgoing{
		to: s, key: s.key, id: s.srv.ids.New(proto.MessageServerResponse), seq: s.content * 2, body: encode(e), alone: true,
	})
}

func (s *session) push(body []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.sendLocked(proto.MessageFromServer, true, body)
	return ok
}

// begin notes the query id. again is true when it was seen before; q is nil when it is too old to say.
func (s *session) begin(id int64) (q *query, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q, ok := s.known[id]; ok {
		return q, true
	}
	if id <= s.floor {
		return nil, true
	}
	q = &query{id: id, done: make(chan struct{})}
	s.known[id] = q
	s.order = append(s.order, q)
	for len(s.order) > maxKnown && s.order[0].finished() {
		s.forgetLocked(s.order[0])
		s.order[0] = nil
		s.order = s.order[1:]
	}
	return q, false
}

func (s *session) forgetLocked(q *query) {
	s.releaseLocked(q)
	delete(s.known, q.id)
	s.floor = max(s.floor, q.id)
}

// releaseLocked frees the query's answer.
func (s *session) releaseLocked(q *query) {
	s.bytes -= len(q.answer)
	q.answer = nil
	delete(s.sent, q.sentAs)
}

// find returns a query by its message id.
func (s *session) find(id int64) (*query, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.known[id]
	return q, ok
}

// finish ends a query with its rpc_result and sends it, unless it was dropped.
func (s *session) finish(q *query, answer []byte, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.failed = failed
	defer close(q.done)
	if s.answered != nil {
		defer close(s.answered)
		s.answered = nil
	}
	if q.dropped {
		return
	}
	q.answer = answer
	s.bytes += len(answer)
	s.kept = append(s.kept, q)
	for s.bytes > maxKept && len(s.kept) > 1 || len(s.kept) > maxKnown {
		if old := s.kept[0]; old.answer != nil {
			old.lost = true
			s.releaseLocked(old)
		}
		s.kept[0] = nil
		s.kept = s.kept[1:]
	}
	if s.conn == nil {
		s.missed = append(s.missed, q)
		return
	}
	s.deliverLocked(q)
}

// finishUnanswered ends a query that is never answered: all that a client learns is that it was received.
func (s *session) finishUnanswered(q *query, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.failed, q.dropped = failed, true
	close(q.done)
}

// deliverLocked sends a kept answer under a new message id: a client drops ids far below its latest.
func (s *session) deliverLocked(q *query) {
	if q.answer == nil {
		return
	}
	m, ok := s.sendLocked(proto.MessageServerResponse, true, q.answer)
	if !ok {
		return
	}
	delete(s.owed, q.id) // the answer is an acknowledgement
	delete(s.sent, q.sentAs)
	q.sentAs, q.sentSeq = m.id, m.seq
	s.sent[m.id] = q
}

// owe notes a content message of the client; it is acknowledged within ackDelay unless answered.
func (s *session) owe(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owed[id] = struct{}{}
	if len(s.owed) == 1 && s.conn != nil {
		s.conn.out.owe(s)
	}
}

// unhear has a message never have come: nothing is owed for it, and who asks is told so.
func (s *session) unhear(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.owed, id)
	if i, ok := s.numberedLocked(id); ok {
		s.numbers = slices.Delete(s.numbers, i, i+1)
	}
}

// acknowledge sends what is owed.
func (s *session) acknowledge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.owed) == 0 || s.conn == nil {
		return
	}
	ids := make([]int64, 0, len(s.owed))
	for id := range s.owed {
		ids = append(ids, id)
	}
	s.sendLocked(proto.MessageFromServer, false, encode(&mt.MsgsAck{MsgIDs: ids}))
	clear(s.owed)
}
