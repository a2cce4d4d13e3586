package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/scenario"
)

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// helpWidth is how long the lines about flags are.
const helpWidth = 110

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "tgsim",
		Short:         "A simulated Telegram, on this machine",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "Flags.FlagUsages", fmt.Sprintf("Flags.FlagUsagesWrapped %d", helpWidth)))
	root.AddCommand(newServe(), newPlay())
	return root
}

func newServe() *cobra.Command {
	var f worldFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a group of made-up people over MTProto until interrupted",
		Long: `Serve a simulated Telegram over MTProto, with a group, its owner and a bot, until interrupted.

The ready file, written once clients can connect, says how to reach it and how to log in; without
--ready it goes to standard output. Standard error tells what happens in the world. The ready file's
"control" is the address of an HTTP face that makes people act and things go wrong:

  curl -d '{"action":"join","user":ID}' CONTROL/v1/act     also ` + actionsHelp() + `
                                                           with "group", "by", "text", "until"
  curl -d '{}' CONTROL/v1/accounts                         a new stranger; with "login":true one to log in as
  curl -d '{"rule":"late 3s calls"}' CONTROL/v1/faults     GET tells what struck, DELETE ends them
  curl -d '{"budgets":"default"}' CONTROL/v1/budgets       how often accounts may call what; GET tells
  curl -d '{"advance":"49h"}' CONTROL/v1/clock             moves the world's time; "skew" the server's
  curl -d '{"user":ID,"cut":true}' CONTROL/v1/sessions     or "end":"SESSION_REVOKED", "move":4; {"salts":true}
  curl -d '{"raid":100,"over":"1m"}' CONTROL/v1/unrest     or "churn":N
  curl 'CONTROL/v1/members?group=USERNAME'                 who is, or ever was, in the group
  curl 'CONTROL/v1/messages?user=ID'                       what the bot told somebody
  curl CONTROL/v1/requests                                 what the accounts called`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unexpected argument %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, f, nil) },
	}
	f.add(cmd.Flags())
	return cmd
}

// actionsHelp lists the actions in lines that stand beside each other.
func actionsHelp() string {
	const indent, width = "\n                                                           ", 40
	var b strings.Builder
	line := 0
	names := slices.DeleteFunc(scenario.Actions(), func(name string) bool { return name == "join" })
	for i, name := range names {
		if line > 0 && line+len(name) > width {
			b.WriteString(indent)
			line = 0
		} else if line > 0 {
			b.WriteString(" ")
		}
		b.WriteString(name)
		if i < len(names)-1 {
			b.WriteString(",")
		}
		line += len(name) + 2
	}
	return b.String()
}

// serve serves until it is interrupted, or until then returns. Then is called once clients can connect; nil waits.
func serve(cmd *cobra.Command, f worldFlags, then func(context.Context, *tgsim.Server, *feed) error) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	if f.verbose {
		f.Log = cmd.ErrOrStderr()
	}
	s, err := tgsim.Start(cmd.Context(), f.Options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := announce(cmd, f, s.Ready()); err != nil {
		return err
	}
	happenings := newFeed(cmd.ErrOrStderr())
	if !f.quiet {
		happenings.watch(s.Stage())
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error { return happenings.run(ctx) })
	tasks.Go(func() error {
		<-ctx.Done()
		_ = s.Close() // whose error is told below
		return nil
	})
	tasks.Go(func() error {
		defer cancel()
		if then != nil {
			return then(ctx, s, happenings)
		}
		return s.Wait()
	})
	return tasks.Wait()
}

// announce says that it serves: for people on standard error, for programs in the ready file or, without one, on standard output.
func announce(cmd *cobra.Command, f worldFlags, r tgsim.Ready) error {
	fmt.Fprintf(cmd.ErrOrStderr(), "tgsim: serving %d members of %q (@%s) on %s, control on %s; Ctrl-C ends it\n",
		f.Members, r.Group.Title, r.Group.Username, r.Address, r.Control)
	if f.Ready != "" {
		return nil
	}
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("print how to connect: %w", err)
	}
	return nil
}
