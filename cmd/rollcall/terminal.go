package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// screen is where people read: standard output or standard error. Everything that it prints has been through report.Safe, but for its
// own colors.
type screen struct {
	w     io.Writer
	tty   bool
	color bool
	now   func() time.Time
}

// newScreen looks at what f is. Colors are for terminals, unless NO_COLOR (https://no-color.org) or TERM=dumb says no.
func newScreen(f *os.File, env environment, now func() time.Time) screen {
	tty := isTerminal(f)
	return screen{w: f, tty: tty, color: tty && env.get("NO_COLOR") == "" && env.get("TERM") != "dumb", now: now}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// tone is what a piece of text means to the eye.
type tone string

// The tones, as ANSI attributes.
const (
	toneNone  tone = ""
	toneBold  tone = "1"
	toneFaint tone = "2"
	toneBad   tone = "31"
	toneGood  tone = "32"
	toneWarn  tone = "33"
)

// paint is hostile text made safe, in a tone.
func (s screen) paint(t tone, hostile string) string {
	safe := report.Safe(hostile)
	if !s.color || t == toneNone || safe == "" {
		return safe
	}
	return "\x1b[" + string(t) + "m" + safe + "\x1b[0m"
}

// line prints one line.
func (s screen) line(format string, args ...any) {
	_, _ = fmt.Fprintln(s.w, report.Safe(fmt.Sprintf(format, args...)))
}

// heading prints a line of its own weight, with an empty one before it.
func (s screen) heading(title string) {
	_, _ = fmt.Fprintf(s.w, "\n%s\n", s.paint(toneBold, title))
}

// cell is a table's.
type cell struct {
	text string
	tone tone
}

func plainCell(text string) cell { return cell{text: text} }

// presenceCell shows a presence with its role or departure.
func presenceCell(st membership.Standing) cell {
	switch st.Presence {
	case membership.In:
		return cell{joinWords("in", st.Role.String()), toneGood}
	case membership.Out:
		return cell{joinWords("out", st.Departure.String()), toneBad}
	case membership.Unknown:
	}
	return cell{"unknown", toneWarn}
}

func joinWords(words ...string) string {
	return strings.TrimSuffix(strings.Join(words, ", "), ", ")
}

// maxName is how wide a name may be in a table; Telegram lets people have 64 characters twice.
const maxName = 40

// table prints rows below a header, in columns. It has no frame, so that it can be cut and pasted.
func (s screen) table(header []string, rows [][]cell) {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	head := table.Row{}
	for _, name := range header {
		head = append(head, s.paint(toneFaint, name))
	}
	t.AppendHeader(head)
	for _, cells := range rows {
		row := table.Row{}
		for _, c := range cells {
			row = append(row, s.paint(c.tone, c.text))
		}
		t.AppendRow(row)
	}
	for l := range strings.SplitSeq(t.Render(), "\n") {
		_, _ = fmt.Fprintln(s.w, strings.TrimRight(l, " "))
	}
}

func tableStyle() table.Style {
	style := table.StyleDefault
	style.Format.Header = text.FormatDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	return style
}

// personName is how a person is called in a table: the name, cut where it is too long, and @username where there is one.
func personName(p membership.Profile) string {
	name := strings.TrimSpace(report.Safe(p.Name()))
	if text.StringWidthWithoutEscSequences(name) > maxName {
		name = text.Trim(name, maxName-1) + "…"
	}
	switch {
	case p.Username == "" && name == "":
		return "-"
	case p.Username == "":
		return name
	}
	return strings.TrimSpace(name + " @" + p.Username)
}

// moment is a time for people: local, with its zone, and how long ago.
func (s screen) moment(i membership.Instant) string {
	if i == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%s (%s)", localTime(i.Time()), relative(s.now(), i.Time()))
}

// ago is a time for a table: how long ago alone.
func (s screen) ago(i membership.Instant) string {
	if i == 0 {
		return "-"
	}
	return relative(s.now(), i.Time())
}

func localTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// relative is the span between now and t in its greatest unit, rounded down.
func relative(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d < 0 && -d < time.Second, d >= 0 && d < time.Second:
		return "now"
	case d < 0:
		return "in " + span(-d)
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d < 730*day:
		return fmt.Sprintf("%d days", d/day)
	}
	return fmt.Sprintf("%d years", d/(365*day))
}
