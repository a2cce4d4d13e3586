package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "devel"

// Exit codes.
const (
	exitOK         = 0
	exitUnexpected = 1
	exitUsage      = 2
	// Those of cmd/rollcall for the like.
	exitFailed      = 13
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process the hard way.
	context.AfterFunc(ctx, stop)
	// Who reads the feed may go away, as head does. Then writing fails, and the ready file is removed as at any other end.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, syscall.EPIPE): // nobody reads any more
		return exitUnexpected
	}
	fmt.Fprintln(stderr, "tgsim: error:", err)
	return judgeExit(err, stderr)
}

// judgeExit returns the exit code of an error, with a hint where there is one.
func judgeExit(err error, stderr io.Writer) int {
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(stderr, "tgsim: hint:", usageHint(err))
		return exitUsage
	}
	if failed, ok := errors.AsType[failedError](err); ok {
		if hint := failed.hint(); hint != "" {
			fmt.Fprintln(stderr, "tgsim: hint:", hint)
		}
		return exitFailed
	}
	if errors.Is(err, errInterrupted) {
		return exitInterrupted
	}
	return exitUnexpected
}

// usageHint says where to read on.
func usageHint(err error) string {
	if _, ok := errors.AsType[mistakeError](err); ok {
		return `"tgsim play --help" tells what a line can be`
	}
	return `run "tgsim serve --help" or "tgsim play --help"`
}
