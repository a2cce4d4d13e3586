package mtproto

import (
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// Fault is one way in which the network or Telegram fails a client.
type Fault int

// What can go wrong. Of a query the handler's work is the effect; an answer that is not sent as it should be leaves
// the client unsure whether there was one. An update has no effect at the server.
const (
	Pass      Fault = iota // nothing goes wrong
	Drop                   // a query: executed and acknowledged, never answered. An update: lost
	Delay                  // a query: executed after Verdict.Delay. An update: sent after it
	Late                   // a query: executed at once, answered after Verdict.Delay. An update: as Delay
	Duplicate              // the answer or update comes twice
	Hold                   // the answer or update comes after the next one, or after Verdict.Delay if none comes
	CutBefore              // the connection ends before the query is executed. An update: lost with the connection
	CutAfter               // the query is executed, the connection ends before its answer. An update: as CutBefore
	Silence                // a query: neither executed nor acknowledged nor answered. An update: lost
	Garbage                // the answer is of no type that there is. An update: likewise
	Fail                   // a query: not executed, answered by Verdict.Error. An update: lost
)

// Verdict is what happens to one query or update.
type Verdict struct {
	Fault Fault
	// Delay is for Delay, Late and Hold. A Hold without one waits for holdTime.
	Delay time.Duration
	// Error is for Fail; nil is 500 INTERNAL.
	Error *tgerr.Error
	// Next says of updates whether they are the next one that a Hold waits for; nil is any.
	Next func(u tg.UpdatesClass) bool
}

// Faults decides what goes wrong. Its methods are called from several goroutines, once for each query before it is
// executed (not for one that is repeated under the message id that an earlier one was executed with) and once for
// each push to a key that it can reach, and must not block.
type Faults interface {
	Answer(key KeyID, method uint32) Verdict
	Push(key KeyID, u tg.UpdatesClass) Verdict
}

// holdTime is how long a Hold without a Delay waits for something to come after.
const holdTime = time.Second

// faultless is Faults where nothing goes wrong.
type faultless struct{}

func (faultless) Answer(KeyID, uint32) Verdict        { return Verdict{} }
func (faultless) Push(KeyID, tg.UpdatesClass) Verdict { return Verdict{} }
