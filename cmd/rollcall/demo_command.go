package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// command makes one of this program's own commands, as the owner would type it.
func (s *show) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.self, args...) //nolint:gosec // our own program, with arguments of the demo's own
	cmd.Args[0] = "rollcall"                         // by which name a test binary knows that it is the program
	cmd.Dir = s.dir
	cmd.Env = append(neutral(os.Environ()), "ROLLCALL_CONFIG="+filepath.Join(s.dir, "config.yaml"), "NO_COLOR=1", "COLUMNS=100")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// typed is what the reader has to type for this program: its name where that is the one in the PATH, else its path.
func (s *show) typed() string {
	const name = "rollcall"
	found, err := exec.LookPath(name)
	if err != nil {
		return s.self
	}
	theirs, err := os.Stat(found)
	if err != nil {
		return s.self
	}
	if ours, err := os.Stat(s.self); err != nil || !os.SameFile(ours, theirs) {
		return s.self
	}
	return name
}

// neutral is an environment without the owner's own settings: a variable would win over the demo's file, and its commands would work on
// the owner's real data.
func neutral(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		return strings.HasPrefix(v, "ROLLCALL_") || strings.HasPrefix(v, "CREDENTIALS_DIRECTORY=")
	})
}

// owner runs a command and shows it with what it printed, at most lines of it (0 for all).
func (s *show) owner(ctx context.Context, lines int, args ...string) error {
	s.prompt(args)
	var out bytes.Buffer
	cmd := s.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	s.indent(s.screen.w, clip(out.String(), lines))
	if err != nil {
		return fmt.Errorf("rollcall %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

func (s *show) prompt(args []string) {
	_, _ = fmt.Fprintf(s.screen.w, "\n  %s\n", s.screen.paint(toneFaint, "$ rollcall "+strings.Join(args, " ")))
}

// clip keeps the first lines of an output, and says how many more there were.
func clip(text string, lines int) string {
	all := strings.Split(strings.Trim(text, "\n"), "\n")
	if lines == 0 || len(all) <= lines {
		return strings.Join(all, "\n")
	}
	return strings.Join(all[:lines], "\n") + fmt.Sprintf("\n… and %d more lines", len(all)-lines)
}

// query runs a command with --json and reads its data, without showing it.
func (s *show) query(ctx context.Context, data any, args ...string) error {
	cmd := s.command(ctx, append(args, "--json")...)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("rollcall %s: %w", strings.Join(args, " "), err)
	}
	wrapped := struct {
		Data any `json:"data"`
	}{data}
	if err := json.Unmarshal(out, &wrapped); err != nil {
		return fmt.Errorf("read what rollcall %s printed: %w", strings.Join(args, " "), err)
	}
	return nil
}

// background is `rollcall run`, beside which the story goes on.
type background struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan error // capacity 1; gets what Wait returned
}

func (s *show) startRun(ctx context.Context) error {
	s.prompt([]string{"run", "&"})
	log, err := os.OpenFile(filepath.Join(s.dir, "run.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make the log of run: %w", err)
	}
	cmd := s.command(ctx, "run")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start run: %w", err), log.Close())
	}
	s.run = &background{cmd: cmd, log: log, done: make(chan error, 1)}
	go func() { s.run.done <- cmd.Wait() }()
	return s.until(ctx, "run to become fresh", func(ctx context.Context) (bool, error) {
		var status statusAnswer
		err := s.query(ctx, &status, "status")
		return err == nil && status.Running && status.Gate.Mode.String() == "fresh", nil
	})
}

// stopRun stops it as an owner would, by Ctrl-C.
func (s *show) stopRun() error {
	if s.run == nil {
		return nil
	}
	signaled := s.run.cmd.Process.Signal(syscall.SIGINT)
	err := <-s.run.done
	s.run, err = nil, errors.Join(s.run.log.Close(), exitOf(err))
	if err != nil {
		return errors.Join(signaled, fmt.Errorf("run: %w; its log is %s", err, filepath.Join(s.dir, "run.log")))
	}
	return nil
}

// exitOf is nil for a run that was interrupted, as it was.
func exitOf(err error) error {
	if failed, ok := errors.AsType[*exec.ExitError](err); ok && exitCode(failed.ExitCode()) == exitInterrupted {
		return nil
	}
	return err
}

// until waits for a condition, for ten seconds at most.
func (s *show) until(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := holds(ctx)
		if ok || err != nil {
			return err
		}
		var ended error
		if s.run != nil {
			select {
			case ended = <-s.run.done:
				s.run.done <- ended
				return fmt.Errorf("run ended by itself: %w; its log is %s", ended, filepath.Join(s.dir, "run.log"))
			default:
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; the log is %s", what, context.Cause(ctx), filepath.Join(s.dir, "run.log"))
		case <-tick.C:
		}
	}
}
