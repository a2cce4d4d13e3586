package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/session"
)

// exitCode is what the program returns to its caller; scripts and the systemd unit branch on it, so the numbers never change.
type exitCode int

const (
	exitOK          exitCode = 0
	exitUnexpected  exitCode = 1
	exitUsage       exitCode = 2
	exitConfig      exitCode = 3
	exitNotSignedIn exitCode = 4 // or the session ended, or its key is wrong
	exitPermission  exitCode = 5 // a right is missing in Telegram
	exitRateLimited exitCode = 6
	exitPartial     exitCode = 7 // below the asked coverage
	exitBreaker     exitCode = 8
	exitHeld        exitCode = 9 // by another process
	exitPlanStale   exitCode = 10
	exitNotFound    exitCode = 11
	exitDegraded    exitCode = 12
	exitDamaged     exitCode = 13 // verification failed: a damaged or foreign file, check, demo
	exitUnreachable exitCode = 14 // the server cannot be reached or answers nonsense
	exitInterrupted exitCode = 130
)

// errInterrupted is the cause of a context that a signal ended.
var errInterrupted = errors.New("interrupted")

// hintError is an error with its exit code and with what the person can do next.
type hintError struct {
	err  error
	hint string // empty for none
	code exitCode
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// fail is an error with a code and a hint. The format takes %w.
func fail(code exitCode, hint, format string, args ...any) error {
	return &hintError{err: fmt.Errorf(format, args...), hint: hint, code: code}
}

// usage is a mistake on the command line.
func usage(hint, format string, args ...any) error { return fail(exitUsage, hint, format, args...) }

// judge returns err with a code and, where there is one, a hint: its own, else what the packages' sentinels say.
func judge(err error) *hintError {
	if hinted, ok := errors.AsType[*hintError](err); ok {
		return &hintError{err: err, hint: hinted.hint, code: hinted.code}
	}
	if refused, ok := errors.AsType[*membership.TelegramError](err); ok {
		code, hint := judgeTelegram(refused)
		return &hintError{err: err, hint: hint, code: code}
	}
	if moved, ok := errors.AsType[*membership.MigratedError](err); ok {
		return &hintError{err: err, hint: movedHint(moved), code: exitNotFound}
	}
	for _, known := range judgements {
		if known.is(err) {
			return &hintError{err: err, hint: known.hint, code: known.code}
		}
	}
	return &hintError{err: err, code: exitUnexpected}
}

type judgement struct {
	is   func(error) bool
	code exitCode
	hint string
}

func sentinel(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func typed[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// judgements are tried in order; the first that fits counts.
var judgements = []judgement{
	{sentinel(errInterrupted), exitInterrupted, ""},
	{sentinel(session.ErrAPIRefused), exitConfig, `compare telegram.api_id and the api_hash with https://my.telegram.org/apps`},
	{sentinel(session.ErrConfig), exitConfig, `"rollcall config check" shows what is set where`},
	{sentinel(session.ErrNotSignedIn), exitNotSignedIn, `run "rollcall login" first`},
	{sentinel(session.ErrSessionEnded), exitNotSignedIn, `the roster is kept; run "rollcall login" to sign in again`},
	{
		sentinel(session.ErrWrongKey), exitNotSignedIn,
		"give the identity or passphrase that the session was sealed with (session.identity_file, session.passphrase_file); without it, " +
			`run "rollcall logout --force" and "rollcall login": the roster is kept`,
	},
	{sentinel(session.ErrOtherAccount), exitNotSignedIn, `run "rollcall logout", then "rollcall login" with the right account`},
	{sentinel(session.ErrTooManyAttempts), exitRateLimited, "wait some hours before the next login"},
	{sentinel(session.ErrPhoneInvalid), exitNotSignedIn, "give the number in international form, with + and the country's code"},
	{sentinel(session.ErrPhoneBanned), exitNotSignedIn, "write to recover@telegram.org; Rollcall can do nothing about it"},
	{sentinel(session.ErrPhoneUnoccupied), exitNotSignedIn, "sign up in a Telegram app first"},
	{sentinel(session.ErrCodeWrong), exitNotSignedIn, `the code is in the Telegram app, in the chat "Telegram"; run "rollcall login" again`},
	{sentinel(session.ErrCodeExpired), exitNotSignedIn, `run "rollcall login" again, and give the newest code`},
	{
		sentinel(session.ErrPasswordWrong), exitNotSignedIn,
		"it is the password of Telegram > Settings > Privacy and Security > Two-Step Verification",
	},
	{sentinel(session.ErrTokenInvalid), exitNotSignedIn, "in Telegram, open @BotFather > /mybots > your bot > API Token, and copy it whole"},
	{sentinel(session.ErrDamaged), exitDamaged, `run "rollcall logout --force" and "rollcall login"; the roster is kept`},
	{sentinel(gatekeeper.ErrNoAdministrator), exitPermission, "in the Telegram app: the group > Edit > Administrators > Add Admin; what was read is kept"},
	{sentinel(gatekeeper.ErrNoAudit), exitNotFound, `run "rollcall sync" first`},
	{typed[*session.HeldError], exitHeld, "stop the other process, or let it do the work"},
	{typed[*session.WaitError], exitRateLimited, "nothing is lost; run the command again then, and it goes on where it stopped"},
	{typed[*session.BudgetError], exitRateLimited, "nothing is lost; run the command again tomorrow, and it goes on where it stopped"},
	{typed[*session.QuietError], exitRateLimited, "nothing is lost; it goes on by itself then"},
	{sentinel(session.ErrUnreachable), exitUnreachable, "look at the network, at this machine's clock, and at telegram.server if it is set; nothing is lost"},
	{sentinel(session.ErrConnection), exitUnreachable, "nothing is lost; run the command again, and it goes on where it stopped"},
	{disk(syscall.ENOSPC, syscall.EDQUOT), exitUnexpected, "the disk is full: what was stored before is kept; make room, and run the command again"},
	{disk(syscall.EFBIG), exitUnexpected, "files may not grow as large here (ulimit -f, or the file system); what was stored before is kept"},
	{disk(syscall.EROFS), exitUnexpected, "the disk is mounted read-only; nothing was changed. Mount it for writing, or set data_dir elsewhere"},
	{
		disk(syscall.EACCES, syscall.EPERM), exitUnexpected,
		"nothing was changed; run it as the user whose files these are, or give this one the right to read and write there",
	},
	{disk(syscall.EIO), exitUnexpected, "the disk does not work; what can still be read is kept. Copy roster.db elsewhere before anything else"},
}

// disk says whether one of these is why a file could not be read or written. bbolt keeps only the words of some (a file that cannot grow),
// which are the system's own.
func disk(causes ...syscall.Errno) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(causes, func(e syscall.Errno) bool { return errors.Is(err, e) || strings.Contains(err.Error(), ": "+e.Error()) })
	}
}

// movedHint is where a basic group's members are now.
func movedHint(e *membership.MigratedError) string {
	id := `its id ("rollcall groups" lists it)`
	if e.To != 0 {
		id = formatID(membership.Group{ID: e.To, Kind: membership.Supergroup}.Marked())
	}
	return fmt.Sprintf("what is known of the basic group is kept under its old id; set \"group\" to %s, and \"rollcall sync\" reads the supergroup", id)
}

func judgeTelegram(e *membership.TelegramError) (exitCode, string) {
	switch e.Kind {
	case membership.ErrorGroupGone:
		return exitPermission, "the account is not in the group any more, or cannot see it; what is known of it is kept. Somebody in it has to let the account back in, " +
			"and in the Telegram app: the group > Edit > Administrators > Add Admin"
	case membership.ErrorRightMissing:
		return exitPermission, "in the Telegram app: the group > Edit > Administrators; the account must be an administrator of the group"
	case membership.ErrorTemporary:
		return exitUnreachable, "the trouble is Telegram's; nothing is lost, try again in some minutes"
	case membership.ErrorNotFound, membership.ErrorNeverStarted, membership.ErrorDeactivated:
		return exitNotFound, ""
	case membership.ErrorSession:
		return exitNotSignedIn, `the roster is kept; run "rollcall login" to sign in again`
	case membership.ErrorBlocked, membership.ErrorTextRefused, membership.ErrorOther:
	}
	return exitUnexpected, ""
}

// conclude prints err, if any, and returns the program's exit code. ctx tells an interruption from a call that was cut off.
func conclude(ctx context.Context, w io.Writer, err error) exitCode {
	if err == nil {
		return exitOK
	}
	if errors.Is(context.Cause(ctx), errInterrupted) && (errors.Is(err, context.Canceled) || errors.Is(err, errInterrupted)) {
		var hinted *hintError
		hint := "what was stored is kept; run the command again to go on"
		if errors.As(err, &hinted) && hinted.hint != "" {
			hint = hinted.hint
		}
		printError(w, &hintError{err: errInterrupted, hint: hint})
		return exitInterrupted
	}
	judged := judge(err)
	printError(w, judged)
	return judged.code
}

// printError writes an error as age does. Errors may quote a group's title or a server's words, which are hostile input.
func printError(w io.Writer, e *hintError) {
	for i, line := range strings.Split(forPeople(brief(e.Error())), "\n") {
		if i == 0 {
			line = "rollcall: error: " + line
		}
		_, _ = fmt.Fprintln(w, report.Safe(line))
	}
	if e.hint != "" {
		_, _ = fmt.Fprintln(w, "rollcall: hint: "+report.Safe(e.hint))
	}
}

// innards are the names of the library's own tasks, each of which puts itself before an error on its way out. They tell nothing to a person.
var innards = regexp.MustCompile(`\b(?:(?:group|start|task [A-Za-z]+|invoke(?: pool)?|initConnection|rpcDoRequest|retryUntilAck|handler.OnSession|` +
	`waitSession|send|write|read): )+`)

// brief is an error that came over the connection without the way that it took inside the library.
func brief(message string) string {
	for _, lost := range []error{session.ErrConnection, session.ErrUnreachable} {
		before, after, found := strings.Cut(message, lost.Error()+": ")
		if found {
			return before + lost.Error() + ": " + innards.ReplaceAllString(after, "")
		}
	}
	return message
}
