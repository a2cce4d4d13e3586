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
	data := &output{w: out}
	stdout := newScreen(out, env, now)
	stdout.w = data
	return &app{
		env: env, now: now, out: data, stdout: stdout, stderr: newScreen(errOut, env, now), ask: newAsker(in, errOut),
		source: configSource{env: env, flags: map[string]string{}},
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
		return usage(`"rollcall help" lists the commands`, "%w", err) // cobra's own: a missing argument, say
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
			"only to people on that roll. It never guesses, it says how it knows, and it can take back what it did.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          onlyCommands,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.SetOut(a.out)
	root.SetErr(a.stderr.w)
	root.SetIn(strings.NewReader(""))
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVar(&a.source.file, "config", "", "read this configuration `file`")
	flags.BoolVar(&a.json, "json", false, "print JSON for programs")
	flags.BoolVar(&a.ask.noInput, "no-input", false, "never ask anything")
	flags.BoolVar(&a.ask.yes, "yes", false, "answer yes where a command asks whether to go on")
	flags.StringVar(&a.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the sessions; - is the next line of standard input")
	a.keyFlag(flags, "data-dir", "data_dir", "`folder` of the roster and the sessions")
	a.keyFlag(flags, "group", "group", "the `group`: id, -100…, @name or link")
	a.keyFlag(flags, "log-level", "log.level", "debug, info, warn or error (`level`)")
	root.AddCommand(a.commands()...)
	a.markStart(root)
	return root
}

// commands are all of them, in the order of the help.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		newLoginCommand(a),
		newLogoutCommand(a),
		newGroupsCommand(a),
		newSyncCommand(a),
		newRunCommand(a),
		newStatusCommand(a),
		newMembersCommand(a),
		newWhoCommand(a),
		newWhyCommand(a),
		newReportCommand(a),
		newGateCommand(a),
		newAllowCommand(a),
		newPruneCommand(a),
		newCheckCommand(a),
		newBackupCommand(a),
		newConfigCommand(a),
		newDemoCommand(a),
		newVersionCommand(a),
	}
}

// onlyCommands are the arguments of a command that only has commands below it.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := fmt.Sprintf(`"%s --help" lists the commands`, cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf(`did you mean "%s"?`, strings.Join(near, `" or "`))
	}
	return usage(hint, "unknown command %q for %q", args[0], cmd.CommandPath())
}

// flagError says which flag was meant.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf(`"%s --help" lists the flags`, cmd.CommandPath())
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if name := meant(unknown.GetSpecifiedName(), names); name != "" {
			hint = fmt.Sprintf(`did you mean "--%s"?`, name)
		}
	}
	return usage(hint, "%w", err)
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
