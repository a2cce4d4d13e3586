package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// converse runs a command on a terminal of its own, as a person does: `converse FILE COMMAND…`. It prints what the terminal showed, and
// exits with the command's code. The lines of the file:
//
//	< REGEXP   waits until the terminal shows this, behind what was waited for before
//	> TEXT     types a line, which has to be shown
//	* TEXT     types a line once the terminal shows nothing of what is typed; it must not be shown
//	^C         presses Ctrl-C, there likewise
//
// In the texts $NAME is a variable of the script, and @FILE the first line of a file. testscript's ttyin types everything before the
// command has begun, while the terminal still shows it, and so cannot tell whether a password is hidden.
func converse() int {
	t, err := openTerminal()
	if err == nil {
		err = t.hold(os.Args[1], os.Args[2:])
		_, _ = os.Stdout.Write(t.everything())
	}
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return ended.ExitCode()
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "converse:", err)
		return 99
	}
	return 0
}

// terminal is a pseudo-terminal.
type terminal struct {
	ours, theirs *os.File

	mu    sync.Mutex // guards what follows
	shown bytes.Buffer
	read  int // how much of shown was waited for
}

func openTerminal() (*terminal, error) {
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		return nil, err
	}
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return nil, err
	}
	theirs, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	return &terminal{ours: ours, theirs: theirs}, err
}

// Write takes in what the command shows.
func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shown.Write(b)
}

func (t *terminal) everything() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.shown.Bytes())
}

// hold runs the command and the conversation with it, and looks at the terminal afterwards.
func (t *terminal) hold(file string, args []string) error {
	lines, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	c := exec.CommandContext(context.Background(), args[0], args[1:]...)
	c.Stdin, c.Stdout, c.Stderr = t.theirs, t.theirs, t.theirs
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		return err
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for block := make([]byte, 4096); ; {
			n, err := t.ours.Read(block)
			_, _ = t.Write(block[:n])
			if err != nil {
				return // EIO: nobody has the other side any more
			}
		}
	})
	spoken := t.speak(strings.Split(strings.TrimSpace(string(lines)), "\n"))
	if spoken != nil {
		spoken = errors.Join(spoken, c.Process.Kill())
	}
	ended := c.Wait()
	if spoken == nil && !t.echoes() {
		spoken = errors.New("the terminal is left with what is typed hidden")
	}
	closed := t.theirs.Close()
	reading.Wait()
	if err := errors.Join(spoken, closed, t.ours.Close()); err != nil {
		return err
	}
	return ended
}

func (t *terminal) speak(lines []string) error {
	var hidden []string
	for _, line := range lines {
		what, text, _ := strings.Cut(line, " ")
		text, err := meaning(text)
		if err != nil {
			return err
		}
		switch what {
		case "<":
			err = t.waitFor(text)
		case ">":
			if err = t.enter(text+"\n", true); err == nil {
				err = t.waitFor(regexp.QuoteMeta(text))
			}
		case "*":
			hidden = append(hidden, text)
			err = t.enter(text+"\n", false)
		case "^C":
			err = t.enter("\x03", false)
		default:
			err = errors.New("a line begins with <, >, * or ^C")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	for _, text := range hidden {
		if bytes.Contains(t.everything(), []byte(text)) {
			return errors.New("the terminal showed a secret")
		}
	}
	return nil
}

// meaning is a text with its variables, or what is in its file.
func meaning(text string) (string, error) {
	name, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		return os.ExpandEnv(text), nil
	}
	content, err := os.ReadFile(name)
	first, _, _ := strings.Cut(string(content), "\n")
	return first, err
}

func (t *terminal) waitFor(pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	return eventually(patience, func() error {
		t.mu.Lock()
		defer t.mu.Unlock()
		at := re.FindIndex(t.shown.Bytes()[t.read:])
		if at == nil {
			return fmt.Errorf("%q is not in:\n%s", pattern, t.shown.Bytes()[t.read:])
		}
		t.read += at[1]
		return nil
	})
}

// enter types when the terminal shows what is typed, or does not, as wanted.
func (t *terminal) enter(text string, shown bool) error {
	err := eventually(patience, func() error {
		if t.echoes() != shown {
			return errors.New("the terminal does not show what is typed where it should, or the reverse")
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = t.ours.WriteString(text)
	return err
}

func (t *terminal) echoes() bool {
	state, err := unix.IoctlGetTermios(int(t.ours.Fd()), unix.TCGETS)
	return err == nil && state.Lflag&unix.ECHO != 0
}
