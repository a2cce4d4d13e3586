package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/session"
)

func newLogoutCommand(a *app) *cobra.Command {
	var owner, bot, force bool
	c := &cobra.Command{
		Use:   "logout",
		Short: "End the sessions, at Telegram and here; the roster is kept",
		Args:  takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var kinds []session.Kind
			if owner || !bot {
				kinds = append(kinds, session.Owner)
			}
			if bot || !owner {
				kinds = append(kinds, session.Bot)
			}
			return a.logout(cmd.Context(), kinds, force)
		},
	}
	c.Flags().BoolVar(&owner, "owner", false, "only the owner's account")
	c.Flags().BoolVar(&bot, "bot", false, "only the bot")
	c.Flags().BoolVar(&force, "force", false, "remove the session here even if Telegram cannot be told; end it in Telegram > Settings > Devices")
	return c
}

func (a *app) logout(ctx context.Context, kinds []session.Kind, force bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var cred credentials
	if !force {
		if cred, err = a.credentials(ctx, cfg); err != nil {
			return err
		}
	} else {
		cred = credentials{hash: session.NewSecret("unused"), seal: session.Identity(cfg.Session.IdentityFile)}
	}
	var rows []logoutRow
	for _, kind := range kinds {
		was, err := a.logoutOne(ctx, cfg, cred, kind, force)
		if err != nil {
			return fmt.Errorf("sign out the %s: %w", kind, err)
		}
		rows = append(rows, logoutRow{Account: kind, SignedOut: was})
	}
	return a.print(rows, report.Meta{AsOf: membership.At(a.now())}, func() {})
}

// logoutRow is what `logout --json` prints of an account.
type logoutRow struct {
	Account   session.Kind `json:"account"`
	SignedOut bool         `json:"signed_out"` // false where it was not signed in
}

func (a *app) logoutOne(ctx context.Context, cfg Config, cred credentials, kind session.Kind, force bool) (was bool, err error) {
	acc, err := openAccount(cfg, cred, kind, accountOptions{log: zap.NewNop()})
	if err != nil {
		return false, err
	}
	switch {
	case !acc.SignedIn():
		a.stderr.line("%s was not signed in.", kind)
		return false, acc.Close()
	case force:
		err = acc.Forget()
	default:
		err = acc.Logout(ctx)
		if errors.Is(err, session.ErrWrongKey) || errors.Is(err, session.ErrUnreachable) {
			err = fail(judge(err).code, `nothing was removed; "rollcall logout --force" removes it here alone`, "%w", err)
		}
	}
	if err == nil {
		a.stderr.line("%s is signed out; the roster is kept.", kind)
	}
	return err == nil, errors.Join(err, acc.Close())
}
