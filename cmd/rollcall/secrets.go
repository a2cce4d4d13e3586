package main

import (
	"context"
	"fmt"
	"time"

	"rollcall/session"
)

// apiHash is the application's hash: from its file, else asked for.
func (a *app) apiHash(ctx context.Context, c Config) (session.Secret, error) {
	return a.ask.secret(ctx, question{
		text: "The application's api_hash (https://my.telegram.org/apps)", file: c.Telegram.APIHashFile, flag: "telegram.api_hash_file",
		code: exitConfig,
	})
}

// botToken is the bot's: from the flag's file, else the configured one, else asked for.
func (a *app) botToken(ctx context.Context, c Config, flag string) (session.Secret, error) {
	if flag == "" {
		flag = c.Bot.TokenFile
	}
	return a.ask.secret(ctx, question{text: "The bot's token from @BotFather", file: flag, flag: "--bot-token-file", code: exitNotSignedIn})
}

// sealer is what the sessions are sealed with: the passphrase if a file for it is given or configured, else the identity.
func (a *app) sealer(ctx context.Context, c Config) (session.Sealer, error) {
	file := a.passphraseFile
	if file == "" {
		file = c.Session.PassphraseFile
	}
	if file == "" {
		return session.Identity(c.Session.IdentityFile), nil
	}
	passphrase, err := a.ask.secret(ctx, question{text: "Passphrase of the sessions", file: file, flag: "--passphrase-file", code: exitNotSignedIn})
	if err != nil {
		return nil, err
	}
	if passphrase.Empty() {
		return nil, fail(exitUsage, "", "the passphrase is empty")
	}
	return session.Passphrase(passphrase), nil
}

// ownerAnswers answers session's questions at the owner's login, from flags or a terminal.
type ownerAnswers struct {
	ask          *asker
	passwords    *int   // how often the password was asked for
	phone        string // --phone
	codeFile     string
	passwordFile string
}

var _ session.Prompter = ownerAnswers{}

// Phone implements session.Prompter. A phone number may stand in a flag.
func (o ownerAnswers) Phone(ctx context.Context) (string, error) {
	if o.phone != "" && o.phone != stdinLine {
		return o.phone, nil
	}
	return o.ask.line(ctx, question{text: "Phone number, with + and the country's code", file: o.phone, flag: "--phone", code: exitNotSignedIn})
}

// Code implements session.Prompter.
func (o ownerAnswers) Code(ctx context.Context, sent session.CodeSent) (string, error) {
	text := "Code that Telegram sent by " + sent.Via
	if sent.Via == "app" {
		text = "Code that Telegram sent to your other devices"
	}
	if sent.Length > 0 {
		text += fmt.Sprintf(" (%d digits)", sent.Length)
	}
	if sent.Attempt > 1 {
		text = "That code was wrong. " + text
	}
	if o.codeFile != "" && o.codeFile != stdinLine {
		_, _ = fmt.Fprintf(o.ask.out, "The code was sent; waiting up to %s for it in the file.\n", formatDuration(o.ask.codeWait.Round(time.Second)))
	}
	return o.ask.code(ctx, question{text: text, file: o.codeFile, flag: "--code-file", code: exitNotSignedIn})
}

// Password implements session.Prompter. The asker makes the hint safe.
func (o ownerAnswers) Password(ctx context.Context, hint string) (session.Secret, error) {
	text := "Password of your two-step verification"
	if *o.passwords++; *o.passwords > 1 {
		text = "That password was wrong. " + text
	}
	if hint != "" {
		text += fmt.Sprintf(" (your hint: %s)", hint)
	}
	return o.ask.secret(ctx, question{text: text, file: o.passwordFile, flag: "--password-file", code: exitNotSignedIn})
}
