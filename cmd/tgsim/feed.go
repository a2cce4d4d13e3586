package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

// feed prints what happens, one line an event. Those whom it hears of an event from must not wait, so it queues.
type feed struct {
	out io.Writer

	mu    sync.Mutex
	lines []string      // guarded by mu
	more  chan struct{} // capacity 1: there are lines. Never closed
}

func newFeed(out io.Writer) *feed { return &feed{out: out, more: make(chan struct{}, 1)} }

// watch has the feed hear of what happens on the stage.
func (f *feed) watch(s scenario.Stage) {
	s.World.Watch(func(e world.Event) { f.tell(e.At, e.Text) })
	s.Faults.Watch(func(line string) { f.tell(s.Clock.Now(), "fault struck: "+line) })
}

// tell queues a line with its time in the world.
func (f *feed) tell(at time.Time, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, at.UTC().Format("Jan _2 15:04:05 ")+text)
	select {
	case f.more <- struct{}{}:
	default: // it knows
	}
}

// flush prints what is queued.
func (f *feed) flush() error {
	f.mu.Lock()
	lines := f.lines
	f.lines = nil
	f.mu.Unlock()
	for _, line := range lines {
		if _, err := fmt.Fprintln(f.out, line); err != nil {
			return fmt.Errorf("tell what happens: %w", err)
		}
	}
	return nil
}

// run prints until ctx ends, and then what is left.
func (f *feed) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return f.flush()
		case <-f.more:
			if err := f.flush(); err != nil {
				return err
			}
		}
	}
}
