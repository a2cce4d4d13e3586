package session

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Quiet are the hours of a day in which the account makes no call that nobody waits for, by the clock on the wall: from a minute of the day up to
// another, across midnight where that is earlier. The zero value is none.
type Quiet struct {
	from, to int // minutes of the day; equal where there are none
	zone     *time.Location
}

// minutesOfDay is how many minutes a clock on the wall shows, whatever the day's length.
const minutesOfDay = 24 * 60

// longestQuiet is more than any quiet hours last, the hour that is shown twice in autumn included.
const longestQuiet = 2 * minutesOfDay

// ParseQuiet reads "23:00-07:00", by the machine's clock, and "23:00-07:00 Europe/Berlin", by that of a place in the IANA database, which
// a server needs that keeps UTC. An empty text is none.
func ParseQuiet(text string) (Quiet, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return Quiet{}, nil
	}
	from, to, isRange := strings.Cut(fields[0], "-")
	if !isRange || len(fields) > 2 {
		return Quiet{}, fmt.Errorf(`%q is not hours like 23:00-07:00, or "23:00-07:00 Europe/Berlin"`, text)
	}
	q := Quiet{zone: time.Local}
	var err error
	if q.from, err = parseMinute(from); err != nil {
		return Quiet{}, err
	}
	if q.to, err = parseMinute(to); err != nil {
		return Quiet{}, err
	}
	if q.from%minutesOfDay == q.to%minutesOfDay {
		return Quiet{}, fmt.Errorf("%q begins and ends at the same time; without quiet hours, leave it empty", text)
	}
	q.from, q.to = q.from%minutesOfDay, q.to%minutesOfDay
	if len(fields) == 2 {
		if q.zone, err = time.LoadLocation(fields[1]); err != nil {
			return Quiet{}, fmt.Errorf("%q is no time zone like Europe/Berlin", fields[1])
		}
	}
	return q, nil
}

// parseMinute reads 7:05, 07:05 or 24:00.
func parseMinute(text string) (int, error) {
	hours, minutes, _ := strings.Cut(text, ":")
	h, hErr := strconv.ParseUint(hours, 10, 8)
	m, mErr := strconv.ParseUint(minutes, 10, 8)
	of := int(h)*60 + int(m)
	if hErr != nil || mErr != nil || len(hours) > 2 || len(minutes) != 2 || m > 59 || of > minutesOfDay {
		return 0, fmt.Errorf("%q is no time of day like 23:00", text)
	}
	return of, nil
}

// String is what ParseQuiet reads.
func (q Quiet) String() string {
	switch {
	case q.none():
		return ""
	case q.zone == time.Local:
		return q.hours()
	}
	return q.hours() + " " + q.zone.String()
}

func (q Quiet) hours() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", q.from/60, q.from%60, q.to/60, q.to%60)
}

func (q Quiet) none() bool { return q.from == q.to }

// At says whether it is quiet at a moment, and until when.
//
// The end is looked for minute by minute: where clocks are put forward or back, the hour that is written down may not be on the wall that
// day, or be there twice, and no computation with days of 24 hours finds it. What is on the wall decides; in autumn a quiet hour may come twice.
func (q Quiet) At(now time.Time) (until time.Time, quiet bool) {
	if q.none() || !q.shows(now) {
		return time.Time{}, false
	}
	until = now.Round(0).Truncate(time.Minute)
	for range longestQuiet {
		if until = until.Add(time.Minute); !q.shows(until) {
			break
		}
	}
	return until, true
}

// Over is when work is done that begins at start, takes so long and rests in quiet hours.
func (q Quiet) Over(start time.Time, work time.Duration) time.Time {
	at := start
	if q.none() {
		return at.Add(work)
	}
	for work > 0 {
		if until, quiet := q.At(at); quiet {
			at = until
		}
		step := min(work, at.Truncate(time.Minute).Add(time.Minute).Sub(at))
		at, work = at.Add(step), work-step
	}
	return at
}

// shows says whether the clock on the wall shows a quiet minute.
func (q Quiet) shows(t time.Time) bool {
	hour, minute, _ := t.In(q.zone).Clock()
	of := hour*60 + minute
	if q.from < q.to {
		return q.from <= of && of < q.to
	}
	return q.from <= of || of < q.to
}

// unattendedKey is where a context has the mark.
type unattendedKey struct{}

// Unattended returns a context for calls that nobody waits for: scheduled walks and audits, the bulk of what an account calls. Pace.Quiet holds
// them back. Of what is not marked, an admin log that is read late forgets, and somebody stands at the bot's door for each lookup.
func Unattended(ctx context.Context) context.Context {
	return context.WithValue(ctx, unattendedKey{}, true)
}

func unattended(ctx context.Context) bool { return ctx.Value(unattendedKey{}) != nil }
