package mtproto

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// Push sends u to the session of the key that made a query (not within invokeWithoutUpdates) last,
// among those with a live connection. It reports false when there is none: the updates are dropped and
// the client needs the difference. Push encodes u before it returns and never waits for the client. Updates to which
// something happens on the way are reported as sent if they are sent some time.
func (s *Server) Push(key KeyID, u tg.UpdatesClass) bool {
	if s.listener(key) == nil {
		return false // and nothing goes wrong with what is not sent
	}
	var b bin.Buffer
	if err := u.Encode(&b); err != nil {
		s.opt.Log.Error("encode updates", "error", err)
		return false
	}
	v := s.opt.Faults.Push(key, u)
	switch v.Fault {
	case Drop, Silence, Fail:
		return false
	case CutBefore, CutAfter:
		s.Cut(key)
		return false
	case Delay, Late:
		s.late.add(v.Delay, func() { s.deliver(key, b.Buf) })
		return true
	case Hold:
		if !s.late.awaits(key, u) { // what an earlier one waits for goes out before it
			s.hold(key, b.Buf, v)
			return true
		}
	case Garbage:
		return s.deliver(key, garbled(b.Buf))
	default: // goes out now, once or twice
	}
	ok := s.deliver(key, b.Buf)
	if v.Fault == Duplicate {
		s.deliver(key, b.Buf)
	}
	s.release(key, func(one *heldBack) bool { return one.awaits(u) })
	return ok
}

// release sends what was held for the key and is due.
func (s *Server) release(key KeyID, due func(*heldBack) bool) {
	for _, body := range s.late.release(key, due) {
		s.deliver(key, body)
	}
}

// deliver sends encoded updates to the key's session that was active last.
func (s *Server) deliver(key KeyID, body []byte) bool {
	last := s.listener(key)
	return last != nil && last.push(body)
}

// listener returns the key's session that was active last, among those that updates can reach.
func (s *Server) listener(key KeyID) (last *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var turn uint64
	for _, one := range s.sessions[key] {
		if t, ok := one.listening(); ok && (last == nil || t > turn) {
			last, turn = one, t
		}
	}
	return last
}

// hold keeps updates back until the key gets those that they wait for, or for the verdict's time.
func (s *Server) hold(key KeyID, body []byte, v Verdict) {
	d := v.Delay
	if d <= 0 {
		d = holdTime
	}
	held := &heldBack{body, v.Next}
	s.late.hold(key, held)
	s.late.add(d, func() { s.release(key, func(one *heldBack) bool { return one == held }) })
}

// timetable holds what is to be done later. Adding to it never blocks; run does it.
type timetable struct {
	wake chan struct{} // capacity 1; never closed

	mu   sync.Mutex
	due  []appointment         // guarded by mu; not yet waited for
	held map[KeyID][]*heldBack // guarded by mu; updates that wait for others of their key
}

// heldBack is updates that wait for others.
type heldBack struct {
	body []byte
	next func(tg.UpdatesClass) bool // which; nil is any
}

func (h *heldBack) awaits(u tg.UpdatesClass) bool { return h.next == nil || h.next(u) }

type appointment struct {
	after time.Duration
	do    func()
}

func newTimetable() *timetable {
	return &timetable{wake: make(chan struct{}, 1), held: make(map[KeyID][]*heldBack)}
}

func (t *timetable) add(after time.Duration, do func()) {
	t.mu.Lock()
	t.due = append(t.due, appointment{after, do})
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *timetable) hold(key KeyID, one *heldBack) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held[key] = append(t.held[key], one)
}

// awaits says whether something is held for the key that waits for such updates.
func (t *timetable) awaits(key KeyID, u tg.UpdatesClass) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.held[key], func(one *heldBack) bool { return one.awaits(u) })
}

// release returns what was held for the key and is due.
func (t *timetable) release(key KeyID, due func(*heldBack) bool) (bodies [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held[key] = slices.DeleteFunc(t.held[key], func(one *heldBack) bool {
		gone := due(one)
		if gone {
			bodies = append(bodies, one.body)
		}
		return gone
	})
	if len(t.held[key]) == 0 {
		delete(t.held, key)
	}
	return bodies
}

func (t *timetable) take() []appointment {
	t.mu.Lock()
	defer t.mu.Unlock()
	due := t.due
	t.due = nil
	return due
}

// run keeps appointments until ctx ends, and returns when it waits for none.
func (t *timetable) run(ctx context.Context, sleep func(context.Context, time.Duration) error) {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	for {
		select {
		case <-t.wake:
		case <-ctx.Done():
			return
		}
		for _, one := range t.take() {
			waiting.Go(func() {
				if sleep(ctx, one.after) == nil {
					one.do()
				}
			})
		}
	}
}

// sleep waits by the system's clock.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
