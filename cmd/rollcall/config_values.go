package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // quiet hours may name a zone; small images have no zones
	"unicode/utf8"

	"rollcall/internal/membership"
	"rollcall/session"
)

// value reads one setting from text, wherever the text comes from, and writes it as YAML for the example. An error of set says what
// would be right, in words that follow "KEY: ".
type value interface {
	set(text string) error
	yaml() string
}

// minWalkEvery and minTailEvery keep a typo ("6" for "6h") from asking Telegram all the time: a walk of 10,000 members is 52 calls, at
// the default pace over a minute.
const (
	minWalkEvery = 5 * time.Minute
	minTailEvery = 10 * time.Second
	// maxTailEvery leaves a day to mend what is broken before Telegram forgets what happened.
	maxTailEvery = 24 * time.Hour
	// maxInterval is longer than anybody who is careful wants; more is a typo that stops everything.
	maxInterval = time.Hour
	// minServerTimeout: the key exchange alone computes for most of a second.
	minServerTimeout = time.Second
)

// maxMessage is how long a message may be (telegram.md §6).
const maxMessage = 4096

type numberValue struct {
	to       *int
	min, max int
}

func (v numberValue) set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < v.min || n > v.max {
		return fmt.Errorf("%q is not a whole number from %d to %d", text, v.min, v.max)
	}
	*v.to = n
	return nil
}

func (v numberValue) yaml() string { return strconv.Itoa(*v.to) }

// shareValue takes 0.02 or 2%.
type shareValue struct{ to *float64 }

func (v shareValue) set(text string) error {
	digits, percent := strings.CutSuffix(text, "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if percent {
		f /= 100
	}
	if err != nil || math.IsNaN(f) || f < 0 || f > 1 {
		return fmt.Errorf("%q is not a share from 0 to 1, nor a percentage", text)
	}
	*v.to = f
	return nil
}

func (v shareValue) yaml() string { return strconv.FormatFloat(*v.to, 'f', -1, 64) }

type durationValue struct {
	to  *time.Duration
	min time.Duration
	max time.Duration // 0 for none
}

func (v durationValue) set(text string) error {
	d, err := parseDuration(text)
	if err != nil {
		return err
	}
	if d < v.min {
		return fmt.Errorf("%s is less than %s", membership.Duration(d), membership.Duration(v.min))
	}
	if v.max > 0 && d > v.max {
		return fmt.Errorf("%s is more than %s", membership.Duration(d), membership.Duration(v.max))
	}
	*v.to = d
	return nil
}

func (v durationValue) yaml() string { return membership.Duration(*v.to) }

// parseDuration reads Go's durations, and days and weeks: "90s", "1h30m", "3d", "2w". A bare zero needs no unit.
func parseDuration(text string) (time.Duration, error) {
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		digits, ok := strings.CutSuffix(text, unit)
		if n, err := strconv.ParseUint(digits, 10, 16); ok && err == nil && n <= uint64(math.MaxInt64/length) {
			return time.Duration(n) * length, nil
		}
	}
	return 0, fmt.Errorf("%q is not a duration like 30s, 5m, 6h or 3d", text)
}

// quietValue is hours by the clock on the wall.
type quietValue struct{ to *session.Quiet }

func (v quietValue) set(text string) error {
	q, err := session.ParseQuiet(text)
	if err != nil {
		return err
	}
	*v.to = q
	return nil
}

func (v quietValue) yaml() string { return quoteYAML(v.to.String()) }

type textValue struct {
	to  *string
	max int
}

func (v textValue) set(text string) error {
	if n := utf8.RuneCountInString(text); n > v.max {
		return fmt.Errorf("it has %d characters; Telegram takes %d", n, v.max)
	}
	*v.to = text
	return nil
}

func (v textValue) yaml() string { return quoteYAML(*v.to) }

// pathValue is made absolute by the loader, which knows what it is relative to.
type pathValue struct{ to *string }

func (v pathValue) set(text string) error {
	if strings.ContainsRune(text, 0) {
		return errors.New("a path holds no NUL")
	}
	*v.to = text
	return nil
}

func (v pathValue) yaml() string { return quoteYAML(*v.to) }

type switchValue struct{ to *bool }

func (v switchValue) set(text string) error {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		*v.to = true
	case "false", "no", "off", "0":
		*v.to = false
	default:
		return fmt.Errorf("%q is neither true nor false", text)
	}
	return nil
}

func (v switchValue) yaml() string { return strconv.FormatBool(*v.to) }

type choiceValue struct {
	to    *string
	among []string
}

func (v choiceValue) set(text string) error {
	if !slices.Contains(v.among, text) {
		return fmt.Errorf("%q is none of %s", text, strings.Join(v.among, ", "))
	}
	*v.to = text
	return nil
}

func (v choiceValue) yaml() string { return *v.to }

type blindValue struct{ to *membership.BlindPolicy }

func (v blindValue) set(text string) error {
	return choiceValue{(*string)(v.to), []string{
		string(membership.BlindLastKnown), string(membership.BlindClosed), string(membership.BlindOpen),
	}}.set(text)
}

func (v blindValue) yaml() string { return string(*v.to) }

type levelValue struct{ to *membership.Level }

func (v levelValue) set(text string) error {
	var among []string
	for l := membership.Fast; l <= membership.Exhaustive; l++ {
		if l.String() == text {
			*v.to = l
			return nil
		}
		among = append(among, l.String())
	}
	return fmt.Errorf("%q is none of %s", text, strings.Join(among, ", "))
}

func (v levelValue) yaml() string { return v.to.String() }

type addressValue struct{ to *string }

func (v addressValue) set(text string) error {
	host, port, err := net.SplitHostPort(text)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 || host == "" {
		return fmt.Errorf("%q is not host:port", text)
	}
	*v.to = text
	return nil
}

func (v addressValue) yaml() string { return quoteYAML(*v.to) }

type groupValue struct{ to *string }

func (v groupValue) set(text string) error {
	if _, err := parseGroup(text); err != nil {
		return err
	}
	*v.to = text
	return nil
}

func (v groupValue) yaml() string { return quoteYAML(*v.to) }

// linkValue is a way into a group: @name, t.me/… or an https URL.
type linkValue struct{ to *string }

func (v linkValue) set(text string) error {
	if _, err := parseGroup(text); err != nil && !strings.HasPrefix(text, "https://") {
		return fmt.Errorf("%q is neither @name nor a link", text)
	}
	*v.to = text
	return nil
}

func (v linkValue) yaml() string { return quoteYAML(*v.to) }

// linksValue is a mapping; in the environment it is a YAML flow mapping, {payload: text}.
type linksValue struct{ to *map[string]string }

func (v linksValue) set(text string) error {
	links, err := parseMapping([]byte(text))
	if err != nil {
		return err
	}
	return v.setLinks(links)
}

func (v linksValue) setLinks(links map[string]string) error {
	for payload, text := range links {
		if !validPayload(payload) {
			return fmt.Errorf("%q is not a start parameter: 1 to 64 of A-Z a-z 0-9 _ -", payload)
		}
		if strings.TrimSpace(text) == "" {
			return fmt.Errorf("%s: it promises nothing: give a text or a URL", payload)
		}
		if err := (textValue{new(string), maxMessage}).set(text); err != nil {
			return fmt.Errorf("%s: %w", payload, err)
		}
	}
	*v.to = links
	return nil
}

func (v linksValue) yaml() string {
	parts := make([]string, 0, len(*v.to))
	for _, payload := range slices.Sorted(maps.Keys(*v.to)) {
		parts = append(parts, quoteYAML(payload)+": "+quoteYAML((*v.to)[payload]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// validPayload: what Telegram lets through in ?start= (telegram.md §6.4).
func validPayload(payload string) bool {
	return payload != "" && len(payload) <= 64 && !strings.ContainsFunc(payload, func(r rune) bool { return !isWord(r) && r != '-' })
}

// quoteYAML writes text as a double-quoted scalar: JSON's escapes are YAML's.
func quoteYAML(text string) string { return strconv.QuoteToGraphic(text) }
