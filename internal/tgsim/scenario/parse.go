package scenario

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxLines = 100_000
	maxLine  = 8 << 10
	// longest bounds times: ten years.
	longest = 10 * 365 * 24 * time.Hour
)

// Scenario is a text that has been read. The zero value has no lines.
type Scenario struct{ lines []Line }

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
	in.Buffer(make([]byte, 0, maxLine), maxLine)
	s := new(Scenario)
	last := time.Duration(0)
	for n := 1; in.Scan(); n++ {
		if n > maxLines {
			return nil, fmt.Errorf("more than %d lines", maxLines)
		}
		l, err := parseLine(n, in.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if l.step == nil {
			continue
		}
		if l.when.absolute && l.when.after < last {
			return nil, fmt.Errorf("line %d: %s is before the line above", n, l.when)
		}
		if last = l.when.from(last); last > longest {
			return nil, fmt.Errorf("line %d: more than %s after the beginning", n, longest)
		}
		s.lines = append(s.lines, l)
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	return s, nil
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
		return "+" + w.after.String()
	}
	return ""
}

// parser takes one word after the other.
type parser struct{ words []string }

func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *parser) next() string {
	w := p.peek()
	if w != "" {
		p.words = p.words[1:]
	}
	return w
}

// rest takes all that is left.
func (p *parser) rest() string {
	text := strings.Join(p.words, " ")
	p.words = nil
	return text
}

// end says what is left, if there is anything.
func (p *parser) end() error {
	if extra := p.peek(); extra != "" {
		return fmt.Errorf("%q is too much", extra)
	}
	return nil
}

func parseLine(number int, text string) (Line, error) {
	words := strings.Fields(text)
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "#") }); i >= 0 {
		words = words[:i]
	}
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
		w.after, err = duration(strings.TrimPrefix(p.next(), "+"))
		if err == nil && w.after < 0 {
			err = fmt.Errorf("%q is back in time", word)
		}
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
	if err != nil || d > longest || d < -longest {
		return 0, fmt.Errorf("%q is no time like 90s, 15m or 49h", text)
	}
	return d, nil
}

func whole(text string, least int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > 1_000_000 {
		return 0, fmt.Errorf("%q is no number from %d to 1000000", text, least)
	}
	return n, nil
}

var errNobody = errors.New("it does not say who")
