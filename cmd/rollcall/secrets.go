package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/session"
)

// apiHash is the application's hash: from its file, else asked for.
func (a *app) apiHash(ctx context.Context, c Config) (session.Secret, error) {
	return a.ask.secret(ctx, question{
		text: "The application's api_hash (https://my.telegram.org/apps)", name: "the application's api_hash", file: c.Telegram.APIHashFile,
		flag: "telegram.api_hash_file", from: c.setBy("telegram.api_hash_file"), code: exitConfig,
	})
}

// botToken is the bot's: from the flag's file, else the configured one, else asked for.
func (a *app) botToken(ctx context.Context, c Config, flag string) (session.Secret, error) {
	q := question{text: "The bot's token from @BotFather", name: "the bot's token", file: flag, flag: "--bot-token-file", code: exitNotSignedIn}
	if flag == "" {
		q.file, q.from = c.Bot.TokenFile, c.setBy("bot.token_file")
	}
	return a.ask.secret(ctx, q)
}

// sealer is what the sessions are sealed with: the passphrase if a file for it is given or configured, else the identity.
func (a *app) sealer(ctx context.Context, c Config) (session.Sealer, error) {
	q := question{
		text: "Passphrase of the sessions", name: "the passphrase of the sessions", file: a.passphraseFile, flag: "--passphrase-file", code: exitNotSignedIn,
	}
	if q.file == "" {
		q.file, q.from = c.Session.PassphraseFile, c.setBy("session.passphrase_file")
	}
	if q.file == "" {
		return a.identity(c)
	}
	passphrase, err := a.ask.secret(ctx, q)
	if err != nil {
		return nil, err
	}
	if passphrase.Empty() {
		return nil, fail(exitUsage, "", "the passphrase is empty")
	}
	return session.Passphrase(passphrase), nil
}

// setBy is the key with where its value comes from; empty where it has none.
func (c Config) setBy(key string) string {
	if c.origin[key] == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s)", key, c.origin[key])
}

// identity is what the identity file seals with, once it is sure to be one: a sealed session that it does not open is no damage.
func (a *app) identity(c Config) (session.Sealer, error) {
	path := c.Session.IdentityFile
	if sealedByPassphrase(c.SessionDir()) {
		return nil, fail(exitNotSignedIn, "give it with --passphrase-file, or set session.passphrase_file; nothing was removed",
			"the sessions in %s are sealed with a passphrase, and none is given", c.SessionDir())
	}
	seal := session.Identity(path)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return seal, nil // the first login makes it
	}
	if err != nil {
		return nil, fail(exitNotSignedIn, "", "look at the identity that seals the sessions: %w", err)
	}
	if _, err := seal.Seal(nil); errors.Is(err, session.ErrDamaged) {
		return nil, fail(exitNotSignedIn, "put your copy of it in its place: nothing was removed, and the sessions are as they were. Without a copy, "+
			`"rollcall logout --force", remove the file, and "rollcall login"`, "%s is no age identity", path)
	}
	if others := info.Mode().Perm() & 0o077; others != 0 && a.env.get("CREDENTIALS_DIRECTORY") == "" {
		a.stderr.line("Others may read %s (mode %04o), which opens both sessions: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	return seal, nil
}

// sealedByPassphrase reads the headers of the sealed sessions, which name what each was sealed with.
func sealedByPassphrase(dir string) bool {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		head, err := readLimited(filepath.Join(dir, string(kind)+".session.age"), 256)
		if err == nil && bytes.Contains(head, []byte("\n-> scrypt ")) {
			return true
		}
	}
	return false
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
	return o.ask.line(ctx, question{
		text: "Phone number, with + and the country's code", name: "the phone number", file: o.phone, flag: "--phone", code: exitNotSignedIn,
	})
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
		wait := "The code was sent; waiting up to %s for it in the file.\n"
		if sent.Attempt > 1 {
			wait = "The code in the file was wrong; waiting up to %s for another one there. Ctrl-C ends it.\n"
		}
		_, _ = fmt.Fprintf(o.ask.out, wait, span(o.ask.codeWait))
	}
	return o.ask.code(ctx, question{text: text, name: "the code", file: o.codeFile, flag: "--code-file", code: exitNotSignedIn})
}

// Password implements session.Prompter. The asker makes the hint safe.
func (o ownerAnswers) Password(ctx context.Context, hint string) (session.Secret, error) {
	text := "Password of your two-step verification"
	if *o.passwords++; *o.passwords > 1 {
		if o.passwordFile == stdinLine && !o.ask.canPrompt() { // the next line is another secret
			return session.Secret{}, fail(exitNotSignedIn, "run the command again with the right one",
				"the password of two-step verification on standard input was wrong (PASSWORD_HASH_INVALID)")
		}
		text = "That password was wrong. " + text
	}
	if hint != "" {
		text += fmt.Sprintf(" (your hint: %s)", hint)
	}
	return o.ask.secret(ctx, question{
		text: text, name: "the password of two-step verification", file: o.passwordFile, flag: "--password-file", code: exitNotSignedIn,
	})
}
