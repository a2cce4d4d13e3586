package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rollcall/internal/membership"
)

// momentHint is how a moment is given.
const momentHint = "give a moment as 2026-11-20T15:04:05Z, 2026-11-20 15:04, 2026-11-20, or as so long ago: 90m, 12h, 3d, 2w"

// momentHelp is the same in a command's help.
const momentHelp = "A time is RFC 3339, a date, a date with a time, or how long ago it was: 2026-11-20T15:04:05Z, 2026-11-20, \"2026-11-20 15:04\", 12h, 3d."

// momentLayouts are the forms of a moment beside RFC 3339, in the zone of whoever types.
var momentLayouts = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// parseMoment reads a moment on the command line: RFC 3339, a date or a date with a time in now's zone, or how long ago it was. It is not
// after now, since nothing is known of what comes.
func parseMoment(text string, now time.Time) (membership.Instant, error) {
	t, ok := momentOf(strings.TrimSpace(text), now)
	switch {
	case !ok:
		return 0, usage(momentHint, "%q is no moment", text)
	case t.After(now):
		return 0, usage(momentHint, "%q is yet to come", text)
	case t.Before(firstTelegram):
		return 0, usage(momentHint, "%q is before Telegram", text)
	}
	return membership.At(t), nil
}

// firstTelegram is when Telegram began: nobody was in a group before.
var firstTelegram = time.Date(2013, 8, 14, 0, 0, 0, 0, time.UTC)

func momentOf(text string, now time.Time) (time.Time, bool) {
	if text == "now" {
		return now, true
	}
	if d, ok := parseSpan(text); ok {
		return now.Add(-d), true
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, true
	}
	for _, layout := range momentLayouts {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// longest is as long ago as a span may reach; more is a slip of the finger, and would leave the years that can be written.
const longest = 100 * 365 * 24 * time.Hour

// parseSpan reads a whole number of seconds, minutes, hours, days or weeks: 3d.
func parseSpan(text string) (time.Duration, bool) {
	if text == "" {
		return 0, false
	}
	units := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	}
	unit, ok := units[text[len(text)-1]]
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
	if !ok || err != nil || time.Duration(n) > longest/unit {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// momentFlag is a flag that takes a moment; it stays 0 where it is not given.
type momentFlag struct {
	now  func() time.Time
	at   *membership.Instant
	text string
}

func (m *momentFlag) String() string { return m.text }
func (m *momentFlag) Type() string   { return "time" }

func (m *momentFlag) Set(text string) (err error) {
	*m.at, err = parseMoment(text, m.now())
	m.text = text
	return err
}

// momentVar makes a flag that takes a moment.
func (a *app) momentVar(flags *pflag.FlagSet, at *membership.Instant, name, help string) {
	flags.Var(&momentFlag{now: a.now, at: at}, name, help)
}
