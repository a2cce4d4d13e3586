package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(Main()) }

// Main runs the command line and returns the exit code. Tests call it as the program.
func Main() int {
	ctx, stop := interruptible(context.Background(), os.Stderr)
	defer stop()
	a := newApp(os.Stdin, os.Stdout, os.Stderr, newEnvironment(os.Environ()), time.Now)
	err := a.run(ctx, os.Args[1:])
	return int(conclude(ctx, os.Stderr, err))
}

// interruptible is a context that the first SIGINT or SIGTERM ends, with errInterrupted as its cause. After it, signals do again what
// they do to any program: the second one ends it at once.
func interruptible(parent context.Context, w io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1) // capacity 1: the first is enough
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{}) // closed by the goroutine
	go func() {
		defer close(done)
		select {
		case <-signals:
			signal.Stop(signals)
			_, _ = fmt.Fprintln(w, "\nrollcall: stopping safely; once more stops at once")
			cancel(errInterrupted)
		case <-ctx.Done():
			signal.Stop(signals)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
	}
}
