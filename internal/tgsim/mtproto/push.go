package mtproto

import (
	"context"
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
		s.hold(key, b.Buf, v.Delay)
		return true
	case Garbage:
		return s.deliver(key, garbled(b.Buf))
	default: // goes out now, once or twice
	}
	ok := s.deliver(key, b.Buf)
	if v.Fault == Duplicate {
		s.deliver(key, b.Buf)
	}
	for _, held := range s.late.release(key) {
		s.deliver(key, held)
	}
	return ok
}

// deliver sends encoded updates to the key's session that was active last.
func (s *Server) deliver(key KeyID, body []byte) bool {
	s.mu.Lock()
	var last *session
	var turn uint64
	for _, one := range s.sessions[key] {
		if t, ok := one.listening(); ok && (last == nil || t > turn) {
			last, turn = one, t
		}
	}
	s.mu.Unlock()
	return last != nil && last.push(body)
}

// hold keeps updates back until the key gets others, or for d.
func (s *Server) hold(key KeyID, body []byte, d time.Duration) {
	if d <= 0 {
		d = holdTime
	}
	s.late.hold(key, body)
	s.late.add(d, func() {
		for _, held := range s.late.release(key) {
			s.deliver(key, held)
		}
	})
}

// timetable holds what is to be done later. Adding to it never blocks; run does it.
type timetable struct {
	wake chan struct{} // capacity 1; never closed

	mu   sync.Mutex
	due  []appointment      // guarded by mu; not yet waited for
	held map[KeyID][][]byte // guarded by mu; updates that wait for others of their key
}

type appointment struct {
	after time.Duration
	do    func()
}

func newTimetable() *timetable {
	return &timetable{wake: make(chan struct{}, 1), held: make(map[KeyID][][]byte)}
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

func (t *timetable) hold(key KeyID, body []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held[key] = append(t.held[key], body)
}

// release returns what was held for the key.
func (t *timetable) release(key KeyID) [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	held := t.held[key]
	delete(t.held, key)
	return held
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
