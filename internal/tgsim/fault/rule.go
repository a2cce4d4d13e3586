package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
)

// Rule is one thing that goes wrong. Make it with Parse.
type Rule struct {
	what    what
	delay   time.Duration
	code    int
	name    string
	percent float64 // of 100; 0 is not drawn
	every   int     // each so-manieth; 0 is all
	of      string  // calls, updates, a method or a type of update
	state   string  // joined or left, of updateChannelParticipant
	who     string  // owner, bot or an id; empty is everybody
	times   int     // how often at most; 0 is for ever
}

// what goes wrong, by its word.
type what struct {
	word     string
	fault    mtproto.Fault
	timed    bool // a time follows
	mayTimed bool // a time may follow
	onlyCall bool // makes no sense of updates
}

var whats = []what{
	{word: "drop", fault: mtproto.Drop},
	{word: "delay", fault: mtproto.Delay, timed: true},
	{word: "late", fault: mtproto.Late, timed: true, onlyCall: true},
	{word: "duplicate", fault: mtproto.Duplicate},
	{word: "reorder", fault: mtproto.Hold, mayTimed: true},
	{word: cutBefore, fault: mtproto.CutBefore},
	{word: cutAfter, fault: mtproto.CutAfter, onlyCall: true},
	{word: "silence", fault: mtproto.Silence, onlyCall: true},
	{word: "garbage", fault: mtproto.Garbage},
	{word: failing, fault: mtproto.Fail, onlyCall: true},
	{word: flood, fault: mtproto.Fail, timed: true, onlyCall: true},
}

const (
	cutBefore = "cut before"
	cutAfter  = "cut after"
	failing   = "fail"
	flood     = "flood"

	calls   = "calls"
	updates = "updates"

	joined      = "joined"
	left        = "left"
	participant = "updateChannelParticipant"
)

// The accounts that rules call by name.
const (
	Owner = "owner"
	Bot   = "bot"
)

// ofCalls says whether the rule is about calls, not updates.
func (r Rule) ofCalls() bool { return r.of == calls || strings.Contains(r.of, ".") }

// verdict is what the engine is to do.
func (r Rule) verdict() mtproto.Verdict {
	v := mtproto.Verdict{Fault: r.what.fault, Delay: r.delay}
	if r.what.fault == mtproto.Fail {
		v.Error = r.refusal()
	}
	return v
}

func (r Rule) refusal() *tgerr.Error {
	if r.what.word == flood {
		return tgerr.New(420, fmt.Sprintf("FLOOD_WAIT_%d", int(r.delay.Seconds())))
	}
	return tgerr.New(r.code, r.name)
}

// String is the line that Parse reads.
func (r Rule) String() string {
	words := []string{r.what.word}
	if r.delay > 0 {
		words = append(words, r.delay.String())
	}
	if r.what.word == failing {
		words = append(words, strconv.Itoa(r.code), r.name)
	}
	switch {
	case r.percent > 0:
		words = append(words, strconv.FormatFloat(r.percent, 'g', -1, 64)+"%", "of")
	case r.every > 0:
		words = append(words, "1", "of", strconv.Itoa(r.every))
	}
	words = append(words, r.of)
	if r.state != "" {
		words = append(words, r.state)
	}
	if r.who != "" {
		words = append(words, r.preposition(), r.who)
	}
	switch {
	case r.times == 1:
		words = append(words, "once")
	case r.times > 1:
		words = append(words, strconv.Itoa(r.times), "times")
	}
	return strings.Join(words, " ")
}

func (r Rule) preposition() string {
	if r.ofCalls() {
		return "from"
	}
	return "to"
}
