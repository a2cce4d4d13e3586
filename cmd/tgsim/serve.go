package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/spf13/cobra"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/rpc"
)

// maxMembers is what a supergroup can hold.
const maxMembers = 200_000

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func isUsage(err error) bool {
	var u usageError
	return errors.As(err, &u)
}

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
	root.AddCommand(newServe())
	return root
}

// serveFlags are what serve was told.
type serveFlags struct {
	tgsim.Options
	verbose   bool
	unlimited bool
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve a group of made-up people over MTProto until interrupted",
		Long: `Serve a simulated Telegram over MTProto, with a group, its owner and a bot, until interrupted.

The ready file, written once clients can connect, says how to reach it and how to log in; without
--ready it goes to standard output. Its "control" is the address of an HTTP face that makes people act:

  curl -d '{"action":"join","user":ID}' CONTROL/v1/act     also join_by_link, leave, kick, ban, unban,
                                                           restrict, unrestrict, promote, demote, block,
                                                           unblock, delete_account, start, message, callback
  curl -d '{}' CONTROL/v1/accounts                         a new stranger
  curl 'CONTROL/v1/members?group=USERNAME'                 who is, or ever was, in the group
  curl 'CONTROL/v1/messages?user=ID'                       what the bot told somebody
  curl CONTROL/v1/requests                                 what the accounts called`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unexpected argument %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Listen, "listen", "127.0.0.1:0", "address for MTProto; port 0 takes a free one")
	flags.IntVar(&f.Members, "members", 1200, "size of the group")
	flags.Uint64Var(&f.Seed, "seed", 1, "the same seed makes the same people, ids and secrets")
	flags.StringVar(&f.Ready, "ready", "", "file to write, once serving, with how to connect and log in")
	flags.BoolVar(&f.NoPassword, "no-password", false, "leave out the owner's two-step verification")
	flags.DurationVar(&f.Chatter, "chatter", 0, "mean time between two messages in the group; 0 is silence")
	flags.BoolVar(&f.unlimited, "no-flood-waits", false, "never answer FLOOD_WAIT, for measuring")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "say why connections ended")
	return cmd
}

func (f serveFlags) check() error {
	host, _, err := net.SplitHostPort(f.Listen)
	if err != nil {
		return usageError{fmt.Errorf("--listen %q is not host:port", f.Listen)}
	}
	// Clients are told the address and go there, so it must be one.
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return usageError{fmt.Errorf("--listen %q names no address that clients can be sent to", f.Listen)}
	}
	if f.Members < 2 || f.Members > maxMembers {
		return usageError{fmt.Errorf("--members %d is not between 2 and %d", f.Members, maxMembers)}
	}
	if f.Chatter < 0 {
		return usageError{fmt.Errorf("--chatter %s is negative", f.Chatter)}
	}
	return nil
}

func serve(cmd *cobra.Command, f serveFlags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	if f.verbose {
		f.Log = cmd.ErrOrStderr()
	}
	if f.unlimited {
		f.Budgets = rpc.Unlimited()
	}
	s, err := tgsim.Start(cmd.Context(), f.Options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := announce(cmd, f, s.Ready()); err != nil {
		return err
	}
	return s.Wait()
}

// announce says that it serves: for people on standard error, for programs in the ready file or, without one, on standard output.
func announce(cmd *cobra.Command, f serveFlags, r tgsim.Ready) error {
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
