package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/tgsim"
)

// demoOptions are the demo's flags.
type demoOptions struct {
	dir     string
	members int
	seed    uint64
}

func newDemoCommand(a *app) *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show all of it against a simulated Telegram: no account, no network",
		Long: "Serves a simulated Telegram on a port of this machine, and runs this program's own commands against it as an owner would. At the " +
			"end the roster is compared with the simulator's truth, person by person; a difference is exit code 13. With --json, standard output " +
			"has the comparison alone.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), o) },
	}
	c.Flags().StringVar(&o.dir, "dir", "", "leave the files in this `folder`, which must not exist yet; by default a new temporary one")
	c.Flags().IntVar(&o.members, "members", 1200, fmt.Sprintf("the group's `size`, from %d to %d", leastDemo, mostDemo))
	c.Flags().Uint64Var(&o.seed, "seed", 1, "the `number` that decides everything that is left to chance")
	return c
}

// The sizes of the demo's group: the story needs so many people, and a larger group than this takes minutes and gigabytes.
const (
	leastDemo = 50
	mostDemo  = 100_000
)

func (a *app) demo(ctx context.Context, o demoOptions) (err error) {
	if o.members < leastDemo || o.members > mostDemo {
		return usage("", "--members: %d is not a number from %d to %d", o.members, leastDemo, mostDemo)
	}
	dir, err := demoFolder(o.dir)
	if err != nil {
		return err
	}
	defer func() {
		// What an interruption cut off failed for many reasons, as whose it is not told.
		if errors.Is(context.Cause(ctx), errInterrupted) && err != nil {
			err = fail(exitInterrupted, fmt.Sprintf("%s holds what there is so far; nothing else was touched, and it can be deleted", dir), "%w", errInterrupted)
		}
	}()
	// The simulator outlives an interruption, so that the command that is interrupted with us can end well.
	sim, err := tgsim.Start(context.WithoutCancel(ctx), tgsim.Options{Members: o.members, Seed: o.seed, Ready: filepath.Join(dir, "simulator.json")})
	if err != nil {
		return fmt.Errorf("start the simulated Telegram: %w", err)
	}
	defer func() { err = errors.Join(err, sim.Close()) }()
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	told := a.stdout
	if a.json {
		told = a.stderr
	}
	s := &show{
		screen: told, self: self, dir: dir, ready: sim.Ready(), stage: stage{base: sim.Ready().Control}, began: a.now(), now: a.now,
		played: map[int64]bool{}, gone: map[string]int64{},
	}
	if err := s.writeFiles(); err != nil {
		return err
	}
	if err := s.play(ctx); err != nil {
		return err
	}
	s.conclude()
	if err := a.print(s.outcome(), report.Meta{AsOf: membership.At(a.now())}, func() {}); err != nil {
		return err
	}
	return s.difference.verdict()
}

func demoFolder(dir string) (string, error) {
	if dir == "" {
		made, err := os.MkdirTemp("", "rollcall-demo-")
		if err != nil {
			return "", fmt.Errorf("make the demo's folder: %w", err)
		}
		return made, nil
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the demo's folder: %w", err)
	}
	if err := os.Mkdir(abs, 0o700); err != nil {
		return "", usage("give a folder that does not exist yet", "make the demo's folder: %w", err)
	}
	return abs, nil
}

// writeFiles writes the configuration and the files that answer the login's questions, as an owner's files would be.
func (s *show) writeFiles() error {
	r := s.ready
	files := map[string]string{
		"api_hash": r.APIHash, "code": r.Owner.Code, "password": r.Owner.Password, "bot_token": r.Bot.Token,
		"config.yaml": strings.Join([]string{
			"# The demo's configuration. The server is the simulator; without telegram.server it would be Telegram.",
			"telegram:",
			fmt.Sprintf("  api_id: %d", r.APIID),
			"  api_hash_file: " + quoteYAML(filepath.Join(s.dir, "api_hash")),
			"  server:",
			"    address: " + quoteYAML(r.Address),
			fmt.Sprintf("    dc: %d", r.DC),
			"    public_key_file: " + quoteYAML(r.PublicKeyFile),
			"  pace:",
			"    interval: 0s # the simulator's owner has nothing to lose; the default is 1.2 s",
			"group: " + quoteYAML("@"+r.Group.Username),
			"data_dir: " + quoteYAML(filepath.Join(s.dir, "data")),
			"session:",
			"  identity_file: " + quoteYAML(filepath.Join(s.dir, "identity.txt")),
			"bot:",
			"  welcome: " + quoteYAML("Welcome! This week we read chapter seven."),
			"  links:",
			"    course: " + quoteYAML("https://example.com/course"),
			"",
		}, "\n"),
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("write the demo's files: %w", err)
		}
	}
	return nil
}

// show tells the story.
type show struct {
	screen screen
	self   string // this program
	dir    string
	ready  tgsim.Ready
	stage  stage
	now    func() time.Time
	began  time.Time

	run        *background
	played     map[int64]bool   // who had a part already
	gone       map[string]int64 // who did what in chapter 6
	difference comparison
}

// chapter begins a part of the story.
func (s *show) chapter(title string) { s.screen.heading(title) }

// say prints a paragraph of the narrator's.
func (s *show) say(format string, args ...any) {
	for _, l := range wrapText(fmt.Sprintf(format, args...), 96) {
		s.screen.line("%s", l)
	}
}

// heard prints what somebody did, or what the bot told them.
func (s *show) heard(who, what string) {
	_, _ = fmt.Fprintf(s.screen.w, "  %s %s\n", s.screen.paint(toneBold, fmt.Sprintf("%-11s", who)), report.Safe(what))
}

func (s *show) indent(w io.Writer, text string) {
	for l := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		_, _ = fmt.Fprintf(w, "  | %s\n", report.Safe(l))
	}
}
