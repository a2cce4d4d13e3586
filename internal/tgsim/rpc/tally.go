package rpc

import (
	"sync"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

// Calls counts what one kind of account did with one method.
type Calls struct {
	Calls      int `json:"calls"`
	FloodWaits int `json:"flood_waits"`
	// Violations are calls made before an announced FLOOD_WAIT had passed.
	Violations int `json:"violations"`
}

// tally counts calls by kind of account ("owner", "bot", and "others" once there are any) and method. Calls
// before a login belong to nobody and are not counted.
type tally struct {
	now   func() time.Time
	owner world.UserID

	mu    sync.Mutex
	calls map[string]map[string]*Calls // guarded by mu
	waits map[waitKey]time.Time        // guarded by mu; when the announced wait ends
}

type waitKey struct {
	account world.UserID
	method  string
}

func newTally(now func() time.Time, owner world.UserID) *tally {
	return &tally{
		now:   now,
		owner: owner,
		calls: map[string]map[string]*Calls{"owner": {}, "bot": {}},
		waits: make(map[waitKey]time.Time),
	}
}

// row returns the counter of c's method; the caller holds mu.
func (l *tally) row(c caller, name string) *Calls {
	kind := "others"
	switch {
	case c.Bot:
		kind = "bot"
	case c.Account == l.owner:
		kind = "owner"
	}
	r := l.calls[kind][name]
	if r == nil {
		r = new(Calls)
		if l.calls[kind] == nil {
			l.calls[kind] = make(map[string]*Calls)
		}
		l.calls[kind][name] = r
	}
	return r
}

func (l *tally) called(c caller, name string) {
	if c.Account == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.row(c, name)
	r.Calls++
	if until, ok := l.waits[waitKey{c.Account, name}]; ok && l.now().Before(until) {
		r.Violations++
	}
}

func (l *tally) failed(c caller, name string, err error) {
	wait, ok := tgerr.AsFloodWait(err)
	if !ok || c.Account == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.row(c, name).FloodWaits++
	l.waits[waitKey{c.Account, name}] = l.now().Add(wait)
}

// Requests returns a copy of the counters: kind of account ("owner", "bot", "others") → method → counts.
func (s *Server) Requests() map[string]map[string]Calls {
	s.tally.mu.Lock()
	defer s.tally.mu.Unlock()
	out := make(map[string]map[string]Calls, len(s.tally.calls))
	for kind, methods := range s.tally.calls {
		out[kind] = make(map[string]Calls, len(methods))
		for name, c := range methods {
			out[kind][name] = *c
		}
	}
	return out
}
