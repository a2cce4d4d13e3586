package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
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
	width int // in columns; 0 where lines may be as long as they are
	now   func() time.Time
}

// newScreen looks at what f is. Colors are for terminals, unless NO_COLOR (https://no-color.org) or TERM=dumb says no. A terminal has its
// width, and COLUMNS gives one to whatever else reads, as it does for ls.
func newScreen(f *os.File, env environment, now func() time.Time) screen {
	s := screen{w: f, tty: isTerminal(f), now: now}
	s.color = s.tty && env.get("NO_COLOR") == "" && env.get("TERM") != "dumb"
	if n, err := strconv.Atoi(env.get("COLUMNS")); err == nil && n > 0 {
		s.width = n
	}
	if n, _, err := term.GetSize(int(f.Fd())); s.tty && err == nil && n > 0 {
		s.width = n
	}
	return s
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

// title prints a line of its own weight.
func (s screen) title(what string) { _, _ = fmt.Fprintln(s.w, s.paint(toneBold, what)) }

// heading is a title in the middle of a text: it has an empty line before it.
func (s screen) heading(what string) {
	s.line("")
	s.title(what)
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

// table prints rows below a header, in columns. It has no frame, so that it can be cut and pasted. What is wider than the screen is cut in
// its widest columns.
func (s screen) table(header []string, rows [][]cell) {
	rows = s.fit(header, rows)
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

// minColumn is as narrow as a column is made; a screen that is narrower still wraps.
const minColumn = 8

// columnGap lies between two columns.
const columnGap = 2

// fit cuts what is too wide for the screen, one column after the other from the widest on.
func (s screen) fit(header []string, rows [][]cell) [][]cell {
	if s.width == 0 {
		return rows
	}
	widths := make([]int, len(header))
	room := s.width - columnGap*(len(header)-1)
	for i, name := range header {
		widths[i] = columns(name)
		for _, row := range rows {
			widths[i] = max(widths[i], columns(report.Safe(row[i].text)))
		}
		room -= widths[i]
	}
	for ; room < 0; room++ {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= minColumn {
			break
		}
		widths[widest]--
	}
	var cut [][]cell
	for _, row := range rows {
		row = slices.Clone(row)
		for i := range row {
			row[i].text = shorten(report.Safe(row[i].text), widths[i])
		}
		cut = append(cut, row)
	}
	return cut
}

// columns is how wide a text is on a terminal.
func columns(safe string) int { return text.StringWidthWithoutEscSequences(safe) }

// shorten cuts a text at so many columns, and says that it did.
func shorten(safe string, width int) string {
	if columns(safe) <= width {
		return safe
	}
	return strings.TrimRight(text.Trim(safe, width-1), " ") + "…"
}

func tableStyle() table.Style {
	style := table.StyleDefault
	style.Format.Header = text.FormatDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", columnGap)
	return style
}

// personName is how a person is called in a table: the name, cut where it is too long, and @username where there is one.
func personName(p membership.Profile) string {
	name := shorten(strings.TrimSpace(report.Safe(p.Name())), maxName)
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

// coverageText is how complete the roster is, for people: three numbers that differ at Telegram, none adjusted to another.
func coverageText(c *membership.Coverage) string {
	if c == nil {
		return "unknown: no walk has been finished yet"
	}
	text := fmt.Sprintf("%s proven in, %s listed, %s counted by Telegram", formatCount(c.Proven), formatCount(c.Listed), formatCount(c.Total))
	if c.Complete {
		return text + ": complete"
	}
	return text
}

// freshness is how far the roster may be trusted now, for people; what is less than fresh says why.
func (s screen) freshness(f *membership.Freshness) string {
	if f == nil {
		return "unknown"
	}
	text := f.Mode.String()
	if f.Mode != membership.Fresh {
		text += ": " + f.Reason
	}
	if f.As != 0 {
		text += "; confirmed " + s.ago(f.As)
	}
	return text
}

// utcTimes are the machine's times in a sentence.
var utcTimes = regexp.MustCompile(`\b20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z`)

// forPeople is a sentence of another package with its times as people read them: local, with their zone.
func forPeople(sentence string) string {
	return utcTimes.ReplaceAllStringFunc(sentence, func(text string) string {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return text
		}
		return localTime(t)
	})
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
