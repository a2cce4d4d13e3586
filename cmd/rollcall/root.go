package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rollcall/internal/report"
)

// app is one run of the program: what it was given, and what its commands share.
type app struct {
	env    environment
	now    func() time.Time
	clock  *clock  // that now reads
	out    *output // standard output, for data that is not for the eye
	stdout screen
	stderr screen
	ask    *asker

	json           bool
	passphraseFile string
	source         configSource

	loaded  *Config
	started bool // a command's own code runs: errors are no longer about its arguments
}

func newApp(in, out, errOut *os.File, env environment, now func() time.Time) *app {
	data, clock := &output{w: out}, newClock(now)
	now = clock.now
	stdout := newScreen(out, env, now)
	stdout.w = data
	return &app{
		env: env, now: now, clock: clock, out: data, stdout: stdout, stderr: newScreen(errOut, env, now), ask: newAsker(in, errOut),
		source: configSource{env: env, flags: map[string]string{}, names: map[string]string{}},
	}
}

// output is standard output. It keeps the first error, which run returns: a report on a full disk is no report.
type output struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// run runs one command line.
func (a *app) run(ctx context.Context, args []string) error {
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var hinted *hintError
	switch {
	case err != nil && !a.started && !errors.As(err, &hinted):
		return usage(`"rollcall help" lists the commands`, "%w", err) // cobra's own
	case err == nil && a.out.err != nil:
		return fmt.Errorf("write to standard output: %w", a.out.err)
	}
	return err
}

// config is the configuration, read once.
func (a *app) config() (Config, error) {
	if a.loaded != nil {
		return *a.loaded, nil
	}
	c, err := a.source.load()
	if err != nil {
		return Config{}, err
	}
	a.loaded = &c
	return c, nil
}

// print writes data: as JSON in its envelope if --json was given, else by text.
func (a *app) print(data any, meta report.Meta, text func()) error {
	if a.json {
		return writeJSON(a.out, data, meta)
	}
	text()
	return nil
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "rollcall",
		Short: "Keeps a roll of a Telegram group's members that its owner can trust",
		Long: "Rollcall keeps a roll of a Telegram group's members that its owner can trust, and runs a companion bot that answers\n" +
			"only to people on that roll. It never guesses, it says how it knows, and it can take back what it did.\n\n" +
			"\"rollcall demo\" shows all of it without an account. For your own group: config example, login, sync, then run.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          onlyCommands,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.SetOut(a.out)
	root.SetErr(a.stderr.w)
	root.SetIn(strings.NewReader(""))
	root.SetUsageTemplate(usageTemplate(root))
	flags := root.PersistentFlags()
	flags.StringVar(&a.source.file, "config", "", "read this configuration `file`")
	flags.BoolVar(&a.json, "json", false, "print JSON for programs")
	flags.BoolVar(&a.ask.noInput, "no-input", false, "never ask anything")
	flags.BoolVar(&a.ask.yes, "yes", false, "answer yes where a command asks whether to go on")
	flags.StringVar(&a.passphraseFile, "passphrase-file", "", "the `file` with the passphrase that seals the sessions; - is the next line of standard input")
	a.keyFlag(flags, "data-dir", "data_dir", "the `folder` of the roster and the sessions")
	a.keyFlag(flags, "group", "group", "the `group` whose members count: id, -100…, @name or link")
	a.keyFlag(flags, "log-level", "log.level", "the least `level` that run logs: debug, info, warn or error")
	cobra.EnableCommandSorting = false // they stand in the order in which they are needed
	for _, c := range a.chapters() {
		root.AddGroup(&cobra.Group{ID: c.title, Title: c.title + ":"})
		for _, command := range c.commands {
			command.GroupID = c.title
			root.AddCommand(command)
		}
	}
	root.SetHelpCommandGroupID(lastChapter)
	root.SetCompletionCommandGroupID(lastChapter)
	wrapHelp(root)
	a.markStart(root)
	return root
}

// chapter is a part of the help.
type chapter struct {
	title    string
	commands []*cobra.Command
}

const lastChapter = "This program"

// chapters are all commands, in the order of the help.
func (a *app) chapters() []chapter {
	return []chapter{
		{"Begin", []*cobra.Command{newDemoCommand(a), newConfigCommand(a), newLoginCommand(a), newGroupsCommand(a), newSyncCommand(a)}},
		{"Every day", []*cobra.Command{newRunCommand(a), newStatusCommand(a), newMembersCommand(a), newWhoCommand(a), newWhyCommand(a), newReportCommand(a)}},
		{"Look back", []*cobra.Command{newLogCommand(a), newHistoryCommand(a), newDiffCommand(a), newGapsCommand(a)}},
		{"Who may use the bot", []*cobra.Command{newGateCommand(a), newAllowCommand(a), newPruneCommand(a)}},
		{"Keep it safe", []*cobra.Command{newCheckCommand(a), newRebuildCommand(a), newBackupCommand(a), newLogoutCommand(a)}},
		{lastChapter, []*cobra.Command{newVersionCommand(a)}},
	}
}

// markStart makes every command say when its arguments have been accepted.
func (a *app) markStart(c *cobra.Command) {
	if run := c.RunE; run != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return run(cmd, args)
		}
	}
	for _, child := range c.Commands() {
		a.markStart(child)
	}
}

// keyFlag is a flag that sets a key of the configuration, before file and environment.
func (a *app) keyFlag(flags *pflag.FlagSet, name, key, help string) {
	flags.Var(keyFlag{a.source.flags, key}, name, help)
	a.source.names[key] = "--" + name
}

type keyFlag struct {
	flags map[string]string
	key   string
}

func (k keyFlag) String() string { return k.flags[k.key] }
func (k keyFlag) Type() string   { return "text" }

func (k keyFlag) Set(text string) error {
	k.flags[k.key] = text
	return nil
}
