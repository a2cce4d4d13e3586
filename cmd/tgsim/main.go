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
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "tgsim: error:", err)
	return judgeExit(err, stderr)
}

// judgeExit returns the exit code of an error, with a hint where there is one.
func judgeExit(err error, stderr io.Writer) int {
	if _, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintln(stderr, `tgsim: hint: run "tgsim serve --help" or "tgsim play --help"`)
		return exitUsage
	}
	if _, ok := errors.AsType[failedError](err); ok {
		return exitFailed
	}
	if errors.Is(err, errInterrupted) {
		return exitInterrupted
	}
	return exitUnexpected
}
