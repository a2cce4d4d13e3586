package session

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// waits holds back each method that Telegram asked to hold back, in this process and the next.
type waits struct {
	store  *store
	now    func() time.Time
	onWait func(method string, until time.Time)

	mu        sync.Mutex
	notBefore map[string]time.Time // guarded by mu
}

func loadWaits(s *store, now func() time.Time, onWait func(string, time.Time)) (*waits, error) {
	ahead, err := s.waits(now())
	if err != nil {
		return nil, err
	}
	return &waits{store: s, now: now, onWait: onWait, notBefore: ahead}, nil
}

// left returns how long method has yet to wait, and until when.
func (w *waits) left(method string) (time.Duration, time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, ok := w.notBefore[method]
	if !ok {
		return 0, time.Time{}
	}
	left := until.Sub(w.now())
	if left <= 0 {
		delete(w.notBefore, method)
	}
	return left, until
}

// heed keeps the wait that err asks for, if it does: in memory first, since a full disk must not shorten it. The context is not
// asked, since an interrupted call's wait is a wait all the same.
func (w *waits) heed(method string, err error) error {
	d, ok := wait(err)
	if !ok {
		return nil
	}
	w.mu.Lock()
	until := w.now().Add(d)
	if until.After(w.notBefore[method]) {
		w.notBefore[method] = until
	}
	w.mu.Unlock()
	if err := w.store.putWait(method, until); err != nil {
		return fmt.Errorf("keep a wait of %s: %w", method, err)
	}
	return nil
}

// hold returns when method may be called. What it sleeps it takes from patience; a wait beyond that is a *WaitError at once.
func (w *waits) hold(ctx context.Context, method string, patience *time.Duration) error {
	for {
		left, until := w.left(method)
		if left <= 0 {
			return nil
		}
		if left > *patience {
			return &WaitError{Method: method, Until: until}
		}
		*patience -= left
		w.onWait(method, until)
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// sleep waits for d, or returns the reason why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
