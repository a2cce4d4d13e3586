package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"rollcall/internal/report"
	"rollcall/session"
)

// stdinLine as the name of a file is the next line of standard input. Several answers may come from there, in the order asked.
const stdinLine = "-"

// maxSecretFile: nothing that is asked for is longer.
const maxSecretFile = 64 << 10

// asker gets answers from people: from files that were named, from lines of standard input, and from a terminal if there is one.
type asker struct {
	in       *os.File
	out      io.Writer // standard error
	terminal bool      // both are one
	noInput  bool
	yes      bool

	codeWait  time.Duration // how long a code file may stay empty
	codePoll  time.Duration
	codesUsed map[string]string // file -> the code that it last gave
}

// newAsker asks on standard error: standard output is for data.
func newAsker(in, errOut *os.File) *asker {
	return &asker{
		in: in, out: errOut, terminal: isTerminal(in) && isTerminal(errOut),
		codeWait: 5 * time.Minute, codePoll: 200 * time.Millisecond, codesUsed: map[string]string{},
	}
}

// question is what is asked, and how it is answered without a terminal.
type question struct {
	text string // the prompt: "Password"
	name string // the same in a sentence: "the password"
	file string // the flag's value: a file, "-", or empty
	flag string // "--password-file", for the hint
	from string // what named the file, where that is not the flag: "bot.token_file (…/config.yaml:12)"
	code exitCode
}

// source is what named the file.
func (q question) source() string { return cmp.Or(q.from, q.flag) }

// line asks for something that may be seen.
func (a *asker) line(ctx context.Context, q question) (string, error) {
	switch {
	case q.file == stdinLine:
		return a.readLine(ctx, q)
	case q.file != "":
		return readAnswer(q)
	case !a.canPrompt():
		return "", a.cannot(q)
	}
	a.show(q.text)
	return a.readLine(ctx, q)
}

// secret asks for something that may not: a terminal shows nothing of it.
func (a *asker) secret(ctx context.Context, q question) (session.Secret, error) {
	hidden := a.canPrompt() && (q.file == "" || q.file == stdinLine)
	if !hidden {
		text, err := a.line(ctx, q)
		return session.NewSecret(text), err
	}
	a.show(q.text)
	text, err := a.hidden(ctx)
	_, _ = fmt.Fprintln(a.out)
	if err != nil {
		return session.Secret{}, fmt.Errorf("read %s: %w", q.name, err)
	}
	return session.NewSecret(text), nil
}

// code asks for what was sent just now. A file is waited for until it holds one, and after a wrong code until it holds another.
func (a *asker) code(ctx context.Context, q question) (string, error) {
	if q.file == "" || q.file == stdinLine {
		return a.line(ctx, q)
	}
	limit := time.NewTimer(a.codeWait)
	defer limit.Stop()
	tick := time.NewTicker(a.codePoll)
	defer tick.Stop()
	before := ""
	for {
		content, err := readAnswer(q)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNoAnswer) {
			return "", err
		}
		// A code that is being written shows up in pieces: it has to be the same twice.
		if content != "" && content == before && content != a.codesUsed[q.file] {
			a.codesUsed[q.file] = content
			return content, nil
		}
		before = content
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-limit.C:
			what := "no code came"
			if a.codesUsed[q.file] != "" {
				what = "the code was wrong, and no other came"
			}
			return "", fail(q.code, "run the command again: Telegram sends another code", "%s into the file of %s within %s", what, q.source(), span(a.codeWait))
		case <-tick.C:
		}
	}
}

// confirm asks whether to go on. Nothing is done unasked: without a terminal, --yes has to be given.
func (a *asker) confirm(ctx context.Context, text string) (bool, error) {
	if a.yes {
		return true, nil
	}
	q := question{text: text + " [y/N]", name: "a yes", flag: "--yes", code: exitUsage}
	if !a.canPrompt() {
		return false, a.cannot(q)
	}
	a.show(q.text)
	answer, err := a.readLine(ctx, q)
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

func (a *asker) canPrompt() bool { return a.terminal && !a.noInput }

func (a *asker) cannot(q question) error {
	hint := "run it on a terminal"
	if q.flag != "" {
		hint = fmt.Sprintf("give %s, or %s", q.flag, hint)
	}
	return fail(q.code, hint, "%s is needed, and there is nobody to ask", q.name)
}

func (a *asker) show(text string) { _, _ = fmt.Fprintf(a.out, "%s: ", report.Safe(text)) }

// readLine reads a line byte by byte: whatever follows it is for the next reader, which may be the one that hides what is typed.
func (a *asker) readLine(ctx context.Context, q question) (string, error) {
	text, err := await(ctx, func() (string, error) {
		var line []byte
		for one := make([]byte, 1); len(line) < maxSecretFile; {
			n, err := a.in.Read(one)
			if n == 1 && one[0] == '\n' {
				break
			}
			line = append(line, one[:n]...)
			if errors.Is(err, io.EOF) && len(line) > 0 {
				break
			}
			if err != nil {
				return "", err
			}
		}
		return strings.TrimSuffix(string(line), "\r"), nil
	})
	if errors.Is(err, io.EOF) {
		return "", fail(exitUsage, "give one line for each -, in the order asked", "standard input ended before %s", q.name)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", q.name, err)
	}
	return text, nil
}

// hidden reads a line that the terminal does not show, and shows again what comes later, also when the context ends first.
func (a *asker) hidden(ctx context.Context) (string, error) {
	fd := int(a.in.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	text, err := await(ctx, func() (string, error) {
		typed, err := term.ReadPassword(fd)
		return string(typed), err
	})
	if ctx.Err() != nil {
		err = errors.Join(err, term.Restore(fd, state))
	}
	return text, err
}

// await waits for read or for ctx. A read of a terminal cannot be interrupted: if ctx ends first, the goroutine stays with it until
// the process ends, which is what an ended context means here.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1) // capacity 1: the reader never waits
	go func() {
		text, err := read()
		done <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case got := <-done:
		return got.text, got.err
	}
}

var errNoAnswer = errors.New("the file is empty")

// readAnswer is the first line of a file. Errors name what was asked for and what named the file, never the file itself: a secret is easily
// given in its place.
func readAnswer(q question) (string, error) {
	content, err := readLimited(q.file, maxSecretFile)
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = failed.Err
		}
		return "", fail(exitUsage, "it takes the name of a file that you may read, or - for standard input", "read %s from the file of %s: %w", q.name, q.source(), err)
	}
	text, _, _ := strings.Cut(string(content), "\n")
	if text = strings.TrimSuffix(text, "\r"); text == "" {
		return "", fail(exitUsage, "its first line has to be it", "read %s from the file of %s: %w", q.name, q.source(), errNoAnswer)
	}
	return text, nil
}
