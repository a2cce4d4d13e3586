package mtproto

import (
	"fmt"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"
)

const (
	// ackDelay is how long an acknowledgement waits for an answer that makes it needless.
	ackDelay = 20 * time.Millisecond
	// A client that does not read is cut when this much waits for it.
	maxWaiting      = 10_000
	maxWaitingBytes = 64 << 20
	// Messages up to maxPacked bytes travel together, at most packCount of them and packBytes in all;
	// the protocol allows 1020.
	maxPacked = 4 << 10
	packBytes = 32 << 10
	packCount = 100
)

// outgoing is a message with its identity on the wire, not yet encrypted.
type outgoing struct {
	to   *session
	key  Key // of the session when the message was made
	id   int64
	seq  int32
	body []byte
	// alone keeps it out of containers: clients whose time is wrong read notifications about that, and about salts, but
	// look no further than the time of a container.
	alone bool
}

// outbox holds what waits to be written to one connection. Adding to it never blocks.
type outbox struct {
	wake chan struct{} // capacity 1; never closed

	mu     sync.Mutex
	queue  []outgoing // guarded by mu
	bytes  int        // guarded by mu
	unsure []*session // guarded by mu; sessions with acknowledgements that wait for ackDelay
	closed bool       // guarded by mu
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

func (o *outbox) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// add queues m and reports false when too much waits already.
func (o *outbox) add(m outgoing) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.queue) >= maxWaiting || o.bytes >= maxWaitingBytes {
		return false
	}
	o.queue = append(o.queue, m)
	o.bytes += len(m.body)
	o.nudge()
	return true
}

// owe has the session asked for its acknowledgements after ackDelay.
func (o *outbox) owe(one *session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unsure = append(o.unsure, one)
	o.nudge()
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.nudge()
}

// take returns all that waits.
func (o *outbox) take() (queue []outgoing, owing, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue, o.queue, o.bytes = o.queue, nil, 0
	return queue, len(o.unsure) > 0, o.closed
}

func (o *outbox) debtors() []*session {
	o.mu.Lock()
	defer o.mu.Unlock()
	d := o.unsure
	o.unsure = nil
	return d
}

// write encrypts and sends what is in the outbox until it is closed or the connection fails.
func (c *conn) write() error {
	timer := time.NewTimer(ackDelay)
	timer.Stop()
	defer timer.Stop()
	armed := false
	var scratch bin.Buffer // of the packets, one after another
	for {
		select {
		case <-c.out.wake:
		case <-timer.C:
			armed = false
			for _, one := range c.out.debtors() {
				one.acknowledge()
			}
		}
		queue, owing, closed := c.out.take()
		if closed {
			return nil
		}
		if owing && !armed {
			timer.Reset(ackDelay)
			armed = true
		}
		for len(queue) > 0 {
			n := packable(queue)
			if err := c.send(queue[:n], &scratch); err != nil {
				return err
			}
			queue = queue[n:]
		}
	}
}

// packable returns how many messages at the queue's head can travel in one packet.
func packable(queue []outgoing) int {
	n, size := 0, 0
	for n < len(queue) && n < packCount && queue[n].packs(queue[0]) {
		if size += len(queue[n].body); size > packBytes {
			break
		}
		n++
	}
	return max(n, 1)
}

// packs says whether the message can be in a container for the same client as first.
func (m outgoing) packs(first outgoing) bool {
	return m.to == first.to && m.key.Auth.ID == first.key.Auth.ID && len(m.body) <= maxPacked && !m.alone
}

// send writes messages of one session as one packet, in a container if there are several.
func (c *conn) send(messages []outgoing, scratch *bin.Buffer) error {
	m := messages[0]
	if len(messages) > 1 {
		m = container(messages, c.srv.ids.New(proto.MessageFromServer))
	}
	err := c.srv.cipher.Encrypt(m.key.Auth, crypto.EncryptedMessageData{
		Salt:                   c.srv.currentSalt(m.key),
		SessionID:              m.to.id,
		MessageID:              m.id,
		SeqNo:                  m.seq,
		MessageDataLen:         int32(len(m.body)),
		MessageDataWithPadding: m.body,
	}, scratch)
	if err != nil {
		return fmt.Errorf("encrypt a message: %w", err)
	}
	return c.wire.send(scratch.Buf)
}

// container packs messages. It is no content message, so its number is the next even one.
func container(messages []outgoing, id int64) outgoing {
	var b bin.Buffer
	b.PutID(proto.MessageContainerTypeID)
	b.PutInt(len(messages))
	for _, m := range messages {
		b.PutLong(m.id)
		b.PutInt32(m.seq)
		b.PutInt(len(m.body))
		b.Put(m.body)
	}
	last := messages[len(messages)-1]
	return outgoing{to: last.to, key: last.key, id: id, seq: (last.seq + 1) &^ 1, body: b.Buf}
}
