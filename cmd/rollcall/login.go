package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"rollcall/internal/report"
	"rollcall/session"
)

// loginFlags answer a login's questions without a terminal.
type loginFlags struct {
	owner, bot   bool
	phone        string
	codeFile     string
	passwordFile string
	tokenFile    string
}

func newLoginCommand(a *app) *cobra.Command {
	var f loginFlags
	c := &cobra.Command{
		Use:   "login",
		Short: "Sign in the owner's account and the bot",
		Long: "Signs in the owner's account (phone number, code, password) and the bot (token from @BotFather). With --owner or --bot only\n" +
			"that one. An account that is signed in already is left as it is. Whatever is asked can be given by a file; - is the next\n" +
			"line of standard input.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.login(cmd.Context(), f) },
	}
	c.Flags().BoolVar(&f.owner, "owner", false, "only the owner's account")
	c.Flags().BoolVar(&f.bot, "bot", false, "only the bot")
	c.Flags().StringVar(&f.phone, "phone", "", "the owner's phone `number`, or - for the next line of standard input")
	c.Flags().StringVar(&f.codeFile, "code-file", "", "`file` with the code; it is read after the code was sent, for up to five minutes")
	c.Flags().StringVar(&f.passwordFile, "password-file", "", "`file` with the password of two-step verification")
	c.Flags().StringVar(&f.tokenFile, "bot-token-file", "", "`file` with the bot's token")
	return c
}

// loginRow is what `login --json` prints of an account.
type loginRow struct {
	Account  session.Kind `json:"account"`
	ID       int64        `json:"id"`
	Name     string       `json:"name"`
	Username string       `json:"username"`
	New      bool         `json:"new"` // signed in just now
}

func (a *app) login(ctx context.Context, f loginFlags) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	cred, err := a.credentials(ctx, cfg)
	if err != nil {
		return err
	}
	var rows []loginRow
	if f.owner || !f.bot {
		row, err := a.loginOne(cfg, cred, session.Owner, func(acc *session.Account) (session.Self, error) {
			return acc.LoginOwner(ctx, ownerAnswers{ask: a.ask, passwords: new(int), phone: f.phone, codeFile: f.codeFile, passwordFile: f.passwordFile})
		})
		if err != nil {
			return fmt.Errorf("sign in the owner's account: %w", err)
		}
		rows = append(rows, row)
	}
	if f.bot || !f.owner {
		row, err := a.loginOne(cfg, cred, session.Bot, func(acc *session.Account) (session.Self, error) {
			token, err := a.botToken(ctx, cfg, f.tokenFile)
			if err != nil {
				return session.Self{}, err
			}
			return acc.LoginBot(ctx, token)
		})
		if err != nil {
			return fmt.Errorf("sign in the bot: %w", err)
		}
		rows = append(rows, row)
	}
	return a.print(rows, report.Meta{}, func() { a.printLogin(cfg, rows) })
}

func (a *app) loginOne(cfg Config, cred credentials, kind session.Kind, login func(*session.Account) (session.Self, error)) (loginRow, error) {
	acc, err := openAccount(cfg, cred, kind, accountOptions{log: zap.NewNop()})
	if err != nil {
		return loginRow{}, err
	}
	self, err := login(acc)
	fresh := err == nil
	if errors.Is(err, session.ErrAlreadySignedIn) {
		err = nil
	}
	row := loginRow{Account: kind, ID: self.ID, Name: self.Name, Username: self.Username, New: fresh}
	return row, errors.Join(err, acc.Close())
}

func (a *app) printLogin(cfg Config, rows []loginRow) {
	for _, r := range rows {
		how := "signed in"
		if !r.New {
			how = "was signed in already"
		}
		name := r.Name
		if r.Username != "" {
			name += " @" + r.Username
		}
		a.stdout.line("%-6s %s (id %d) %s", r.Account, name, r.ID, how)
	}
	a.stderr.line("The sessions are sealed in %s.", cfg.SessionDir())
	if cfg.Session.PassphraseFile == "" && a.passphraseFile == "" {
		a.stderr.line("Their key is %s: keep a copy of it apart from the data.", cfg.Session.IdentityFile)
	}
	a.stderr.line("Next: \"rollcall groups\" lists the groups, and says where the bot still has to be made an administrator.")
}

func newLogoutCommand(a *app) *cobra.Command {
	var owner, bot, force bool
	c := &cobra.Command{
		Use:   "logout",
		Short: "End the sessions, at Telegram and here; the roster is kept",
		Args:  cobra.NoArgs,
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
	for _, kind := range kinds {
		if err := a.logoutOne(ctx, cfg, cred, kind, force); err != nil {
			return fmt.Errorf("sign out the %s: %w", kind, err)
		}
	}
	return nil
}

func (a *app) logoutOne(ctx context.Context, cfg Config, cred credentials, kind session.Kind, force bool) error {
	acc, err := openAccount(cfg, cred, kind, accountOptions{log: zap.NewNop()})
	if err != nil {
		return err
	}
	switch {
	case !acc.SignedIn():
		a.stderr.line("%s was not signed in.", kind)
		return acc.Close()
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
	return errors.Join(err, acc.Close())
}
