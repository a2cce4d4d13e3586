package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gotd/td/tgerr"
	"github.com/spf13/cobra"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/scenario"
)

// failedError is a scenario that did not go as it says.
type failedError struct{ error }

func (e failedError) Unwrap() error { return e.error }

// hint says how to expect what Telegram refused; empty if it did not.
func (e failedError) hint() string {
	said, ok := tgerr.As(e.error)
	if !ok {
		return ""
	}
	return fmt.Sprintf("if this is what should happen, begin what the line does with \"refused %s\"", said.Message)
}

// mistakeError is a scenario that cannot be read.
type mistakeError struct{ error }

func (e mistakeError) Unwrap() error { return e.error }

// errInterrupted is a scenario whose end nobody waited for.
var errInterrupted = errors.New("interrupted before the scenario's end")

// playFlags are what play was told.
type playFlags struct {
	worldFlags
	fast, exit bool
	name       string // of the scenario
}

func newPlay() *cobra.Command {
	var f playFlags
	cmd := &cobra.Command{
		Use:   "play FILE",
		Short: "Serve, and have happen what a scenario says",
		Long: `Serve like "tgsim serve" and have happen what the scenario in FILE says, a line each:

  # The bot loses its place while a tenth of the leaves never reach it.
  fault drop 10% of updateChannelParticipant left to bot
  at 0:10 join stranger#1
  +5s     leave member#3
  at 2:00 kick bot
          clock 49h
          expect stranger#1 member

"at H:MM[:SS]" is after the beginning, "+TIME" after the line before; no time is at once. Lines are
  ACTION WHO [by WHO] [in GROUP] [until TIME]; [in GROUP] say, title, about, username, set, log WHO TEXT
  start, message, callback, password WHO TEXT; block, unblock, delete_account, pardon WHO; migrate [TITLE]
  fault RULE, fault none, budgets TEXT, clock TIME, skew TIME, raid N over TIME, churn N
  end WHO [ERROR], cut WHO, move WHO DC, salts, token
  [in GROUP] expect WHO STATUS [in|out]; refused NAME ACTION ...
WHO is owner, bot, an id, @username, member#N, admin#N or stranger#N; member#1 is somebody else with
another seed or size of the group. GROUP is a username or a "title in quotes". TEXT is what is left of
the line, or in quotes, "two\nlines #1", whatever it is. STATUS is creator, administrator, member,
restricted, left or kicked. TIME is like 90s, 15m or 49h. Actions are those of "tgsim serve --help".

After the last line it goes on serving, unless told to --exit. With --fast nothing is served, and the
clock jumps from line to line. FILE may be -, which is standard input.

Exit codes: 0 as the scenario says, 13 otherwise, 2 a mistake in it, 130 interrupted before its end.`,
		Example: `  printf 'join stranger#1\nexpect stranger#1 member\n' | tgsim play --fast -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("play takes one file, not %d", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return play(cmd, f, args[0]) },
	}
	f.add(cmd.Flags())
	cmd.Flags().BoolVar(&f.fast, "fast", false, "do not serve, and let no time pass between lines")
	cmd.Flags().BoolVar(&f.exit, "exit", false, "end with the scenario")
	return cmd
}

// readScenario reads the file, or standard input for "-".
func readScenario(name string, stdin io.Reader) (_ *scenario.Scenario, err error) {
	if name != "-" {
		file, err := os.Open(filepath.Clean(name))
		if err != nil {
			return nil, fmt.Errorf("read the scenario: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		stdin = file
	}
	s, err := scenario.Parse(stdin)
	if err != nil {
		return nil, mistakeError{fmt.Errorf("%s: %w", name, err)}
	}
	return s, nil
}

func play(cmd *cobra.Command, f playFlags, name string) error {
	s, err := readScenario(name, cmd.InOrStdin())
	if err != nil {
		return usageError{err}
	}
	if f.name = name; f.fast {
		return playFast(cmd, f, s)
	}
	return serve(cmd, f.worldFlags, func(ctx context.Context, server *tgsim.Server, told *feed) error {
		p := scenario.Player{Stage: server.Stage(), Seed: f.Seed, Told: f.show(told)}
		p.Wait = func(ctx context.Context, until time.Time) error { return wait(ctx, p.Clock, until) }
		if err := p.Play(ctx, s); err != nil {
			return f.judge(ctx, err)
		}
		if f.exit {
			return nil
		}
		told.tell(p.Clock.Now(), "the scenario is over; Ctrl-C ends the simulator")
		return server.Wait()
	})
}

// begin is when scenarios that are played fast begin, so that they tell the same whenever it is.
var begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// playFast plays on a clock of its own.
func playFast(cmd *cobra.Command, f playFlags, s *scenario.Scenario) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.Ready != "" || f.State != "" {
		return usageError{errors.New("--fast serves nothing, so that there is nothing for --ready and --state")}
	}
	at := begin
	if f.Clock != nil {
		at = f.Clock.Now()
	}
	f.Clock = clock.Still(at)
	stage, err := tgsim.NewStage(f.Options)
	if err != nil {
		return err
	}
	told := newFeed(cmd.OutOrStdout())
	if !f.quiet {
		told.watch(stage)
	}
	err = scenario.Player{Stage: stage, Seed: f.Seed, Told: f.show(told)}.Play(cmd.Context(), s)
	if err != nil {
		err = f.judge(cmd.Context(), err)
	}
	return errors.Join(err, told.flush())
}

// judge says whether a scenario failed or was interrupted.
func (f playFlags) judge(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	return failedError{fmt.Errorf("%s: %w", f.name, err)}
}

// show has the feed tell of each line before it is done.
func (f playFlags) show(told *feed) func(time.Time, scenario.Line) {
	if f.quiet {
		return nil
	}
	return func(at time.Time, l scenario.Line) { told.tell(at, "> "+l.String()) }
}

// glance is how often a waiting player looks at the clock, which may be moved.
const glance = 50 * time.Millisecond

// wait returns when the clock shows until.
func wait(ctx context.Context, c *clock.Clock, until time.Time) error {
	for {
		left := until.Sub(c.Now())
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(min(left, glance))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}
