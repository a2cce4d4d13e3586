package scenario

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxLines = 100_000
	// maxLine holds the longest message that there is, 4096 characters, and one that is too long, however it is quoted.
	maxLine = 64 << 10
	// longest bounds times: ten years.
	longest = 10 * 365 * 24 * time.Hour
)

// Scenario is a text that has been read. The zero value has no lines.
type Scenario struct {
	lines         []Line
	last, skipped time.Duration // when the last line comes, and what "clock" adds to that
}

// Line is one line of a scenario.
type Line struct {
	Number int // from 1
	when   when
	step   step
}

// when is the time of a line: after the beginning, or after the line before.
type when struct {
	absolute bool
	after    time.Duration
}

// step is what a line does.
type step interface {
	run(p *play) error
	String() string
}

// Parse reads a scenario.
func Parse(r io.Reader) (*Scenario, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 4<<10), maxLine)
	s := new(Scenario)
	n := 0
	for in.Scan() {
		if n++; n > maxLines {
			return nil, fmt.Errorf("more than %d lines", maxLines)
		}
		if err := s.read(n, in.Text()); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d: it has %d bytes or more", n+1, maxLine)
	case err != nil:
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return s, nil
}

// byteOrderMark is what some editors put before a text.
const byteOrderMark = "\ufeff"

// read adds the line with this number.
func (s *Scenario) read(n int, text string) error {
	if n == 1 {
		text = strings.TrimPrefix(text, byteOrderMark)
	}
	if !utf8.ValidString(text) {
		return errNotUTF8
	}
	l, err := parseLine(n, text)
	if err != nil || l.step == nil {
		return err
	}
	if l.when.absolute && l.when.after < s.last {
		return fmt.Errorf("%s is before the line above", l.when)
	}
	s.last = l.when.from(s.last)
	if skip, ok := l.step.(clockStep); ok {
		s.skipped += skip.by
	}
	if s.last+s.skipped > longest {
		return errors.New("more than ten years after the beginning")
	}
	s.lines = append(s.lines, l)
	return nil
}

// from is when the line comes, after the beginning; last is when the one before did.
func (w when) from(last time.Duration) time.Duration {
	if w.absolute {
		return w.after
	}
	return last + w.after
}

// String is the line's text.
func (l Line) String() string {
	if w := l.when.String(); w != "" {
		return w + " " + l.step.String()
	}
	return l.step.String()
}

func (w when) String() string {
	switch {
	case w.absolute:
		s := int(w.after / time.Second)
		return fmt.Sprintf("at %d:%02d:%02d", s/3600, s/60%60, s%60)
	case w.after > 0:
		return "+" + short(w.after)
	}
	return ""
}

func parseLine(number int, text string) (Line, error) {
	words := split(text)
	l, p := Line{Number: number}, &parser{words: words}
	if len(words) == 0 {
		return l, nil
	}
	var err error
	if l.when, err = p.when(); err != nil {
		return l, err
	}
	l.step, err = p.step()
	if err == nil {
		err = p.end()
	}
	return l, err
}

func (p *parser) when() (w when, err error) {
	word := p.peek()
	switch {
	case word == "at":
		p.next()
		w.absolute = true
		w.after, err = clockTime(p.next())
	case strings.HasPrefix(word, "+"):
		w.after, err = ahead(strings.TrimPrefix(p.next(), "+"))
	}
	return w, err
}

// clockTime reads H:MM or H:MM:SS. Hours may be any number.
func clockTime(text string) (time.Duration, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, fmt.Errorf("%q is not H:MM or H:MM:SS", text)
	}
	total := 0
	for i, part := range append(parts, "0")[:3] {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || i > 0 && n > 59 {
			return 0, fmt.Errorf("%q is not H:MM or H:MM:SS", text)
		}
		total = total*60 + int(n)
	}
	return time.Duration(total) * time.Second, nil
}

// duration reads a time like 90s, 15m or 49h; it may be negative.
func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no time like 90s, 15m or 49h", text)
	case d > longest, d < -longest:
		return 0, fmt.Errorf("%q is more than ten years", text)
	}
	return d, nil
}

// ahead reads a time that is not negative.
func ahead(text string) (time.Duration, error) {
	d, err := duration(text)
	if err == nil && d < 0 {
		err = fmt.Errorf("%q is back in time", text)
	}
	return d, err
}

func whole(text string, least int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > 1_000_000 {
		return 0, fmt.Errorf("%q is no number from %d to 1000000", text, least)
	}
	return n, nil
}

var errNobody = errors.New("it does not say who")
