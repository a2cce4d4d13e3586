package main

import (
	"context"
	"errors"
	"slices"

	"github.com/gotd/td/tg"
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
			"line of standard input. At the end it says whether the bot is an administrator of the group, as it has to be.",
		Args: takes(0, 0),
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

// accounts are those that were asked for: both, without a word on it.
func (f loginFlags) accounts() []session.Kind {
	switch {
	case f.owner == f.bot:
		return []session.Kind{session.Owner, session.Bot}
	case f.owner:
		return []session.Kind{session.Owner}
	}
	return []session.Kind{session.Bot}
}

// loginRow is what `login --json` prints of an account.
type loginRow struct {
	Account  session.Kind `json:"account"`
	ID       int64        `json:"id"`
	Name     *string      `json:"name"`
	Username *string      `json:"username"`
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
	var atWork error // the last of the accounts that another process holds
	for _, kind := range f.accounts() {
		row, err := a.loginOne(cfg, cred, kind, func(acc *session.Account) (session.Self, error) {
			if kind == session.Bot {
				return a.loginBot(ctx, cfg, acc, f.tokenFile)
			}
			return acc.LoginOwner(ctx, ownerAnswers{ask: a.ask, passwords: new(int), phone: f.phone, codeFile: f.codeFile, passwordFile: f.passwordFile})
		})
		if self, ok := session.Known(cfg.SessionDir(), kind); typed[*session.HeldError](err) && ok && !f.owner && !f.bot {
			atWork, err = err, nil // it is signed in where it is held, and the other one may not be
			row = loginRow{Account: kind, ID: self.ID, Name: orNull(self.Name), Username: orNull(self.Username)}
		}
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if atWork != nil && !slices.ContainsFunc(rows, func(r loginRow) bool { return r.New }) {
		return atWork
	}
	if err := a.print(rows, report.Meta{}, func() { a.printLogin(cfg, rows) }); err != nil || a.json {
		return err
	}
	p := a.botPlaces(ctx, cfg, cred)
	if ctx.Err() != nil {
		return fail(exitInterrupted, `the accounts stay signed in; "rollcall groups" says where the bot is an administrator`, "%w", errInterrupted)
	}
	a.printPlaces(cfg, p)
	return nil
}

// loginBot asks for the token only where it is needed: a session that works stays as it is.
func (a *app) loginBot(ctx context.Context, cfg Config, acc *session.Account, tokenFile string) (session.Self, error) {
	if self, ok := acc.Self(); ok && acc.SignedIn() {
		err := acc.Run(ctx, func(context.Context, *tg.Client) error { return nil })
		if err == nil {
			return self, session.ErrAlreadySignedIn
		}
		if !errors.Is(err, session.ErrNotSignedIn) && !errors.Is(err, session.ErrSessionEnded) {
			return self, err
		}
	}
	token, err := a.botToken(ctx, cfg, tokenFile)
	if err != nil {
		return session.Self{}, err
	}
	return acc.LoginBot(ctx, token)
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
	row := loginRow{Account: kind, ID: self.ID, Name: orNull(self.Name), Username: orNull(self.Username), New: fresh}
	return row, errors.Join(err, acc.Close())
}

func (a *app) printLogin(cfg Config, rows []loginRow) {
	fresh := false
	for _, r := range rows {
		fresh = fresh || r.New
		how := "signed in"
		if !r.New {
			how = "was signed in already"
		}
		name := orZero(r.Name)
		if r.Username != nil {
			name += " @" + *r.Username
		}
		a.stdout.line("%-6s %s (id %d) %s", r.Account, name, r.ID, how)
	}
	if !fresh {
		return
	}
	a.stderr.line("The sessions are sealed in %s.", cfg.SessionDir())
	if cfg.Session.PassphraseFile == "" && a.passphraseFile == "" {
		a.stderr.line("Their key is %s: keep a copy of it apart from the data.", cfg.Session.IdentityFile)
	}
}
