package mtproto

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

// Codes of bad_msg_notification, core.telegram.org/mtproto/service_messages_about_messages.
const (
	badIDTooLow         = 16
	badIDTooHigh        = 17
	badIDBits           = 18 // a client's ids are divisible by 4
	badContainerRepeat  = 19
	badMsgTooOld        = 20 // it cannot be verified whether it was received
	badSeqTooLow        = 32
	badSeqTooHigh       = 33
	badSeqEvenExpected  = 34
	badSeqOddExpected   = 35
	badSalt             = 48
	badInvalidContainer = 64
)

const (
	// A message's id tells when it was made; older or newer ones are refused to keep replays out,
	// core.telegram.org/mtproto/description#message-identifier-msg-id.
	maxPast   = 300 * time.Second
	maxFuture = 30 * time.Second
	// maxContained is how many messages a container may have, core.telegram.org/mtproto/service_messages#containers.
	maxContained = 1020
	// maxNumbered is how many messages of a client are remembered to hold later sequence numbers against.
	maxNumbered = 1024
)

// checkTime holds the id of a message that came by itself, or a container's, against the clock. Within a container
// there may be old messages, sent again.
func checkTime(id int64, now time.Time) (code int) {
	switch made := proto.MessageID(id).Time(); {
	case id&3 != 0:
		return badIDBits
	case made.Before(now.Add(-maxPast)):
		return badIDTooLow
	case made.After(now.Add(maxFuture)):
		return badIDTooHigh
	}
	return 0
}

// parity says what a message's sequence number must be by its type: even for containers, odd for queries. Clients
// differ about the rest: mtcute numbers even its acknowledgements as content, and Telegram lets it.
func parity(m incoming, isQuery bool) (code int) {
	odd := m.seq&1 != 0
	switch {
	case odd && m.typeID() == proto.MessageContainerTypeID:
		return badSeqEvenExpected
	case !odd && isQuery:
		return badSeqOddExpected
	}
	return 0
}

// numbered is a client's message as its successors are checked against it.
type numbered struct {
	id  int64
	seq int
}

// number notes a message and holds its sequence number against its neighbors' in the order of ids: numbers
// grow with ids, and no two content messages share one. again is true for an id that was noted before.
func (s *session) number(m incoming) (code int, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlearnLocked()
	i, again := s.numberedLocked(m.id)
	if again {
		return 0, true
	}
	odd := m.seq&1 != 0
	if i > 0 {
		if p := s.numbers[i-1]; p.seq > m.seq || p.seq == m.seq && odd {
			return badSeqTooLow, false
		}
	}
	if i < len(s.numbers) {
		if n := s.numbers[i]; n.seq < m.seq || n.seq == m.seq && odd {
			return badSeqTooHigh, false
		}
	}
	s.numbers = slices.Insert(s.numbers, i, numbered{m.id, m.seq})
	if len(s.numbers) > maxNumbered {
		s.numbers = s.numbers[len(s.numbers)-maxNumbered/2:]
	}
	return 0, false
}

// unlearnLocked forgets the numbers of messages that would be refused as from the future: the clock was set back, and what
// clients make by it now has lower ids and higher numbers. The caller holds mu.
func (s *session) unlearnLocked() {
	n := len(s.numbers)
	latest := s.srv.opt.Now().Add(maxFuture)
	for n > 0 && proto.MessageID(s.numbers[n-1].id).Time().After(latest) {
		n--
	}
	s.numbers = s.numbers[:n]
}

// numberedLocked finds a message that was noted, or where it would be. The caller holds mu.
func (s *session) numberedLocked(id int64) (int, bool) {
	return slices.BinarySearchFunc(s.numbers, id, func(n numbered, id int64) int { return cmp.Compare(n.id, id) })
}

// reject answers a message that is not handled because of its id or number.
func (s *session) reject(m incoming, code int) {
	s.correct(&mt.BadMsgNotification{BadMsgID: m.id, BadMsgSeqno: m.seq, ErrorCode: code})
}
