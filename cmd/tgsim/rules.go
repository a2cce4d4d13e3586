package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// rules are settings by their names on the command line, each with how it is set; value is empty for those without one.
type rules map[string]func(value string) error

// read sets what the text says, NAME or NAME=VALUE with commas between.
func (r rules) read(text string) error {
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		name, value, _ := strings.Cut(item, "=")
		set := r[name]
		switch {
		case item == "":
			continue
		case set == nil:
			return fmt.Errorf("%q is not one of %s", name, strings.Join(r.names(), ", "))
		}
		if err := set(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (r rules) names() []string { return slices.Sorted(maps.Keys(r)) }

// never is the value of sizes and times that are not to be reached.
const never = "never"

func set(to *bool) func(string) error {
	return func(value string) error {
		if value != "" {
			return errors.New("it takes no value")
		}
		*to = true
		return nil
	}
}

func count(to *int) func(string) error {
	return func(value string) error {
		if value == never {
			*to = -1
			return nil
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return errors.New("it takes a number from 1, or never")
		}
		*to = n
		return nil
	}
}

func span(to *time.Duration) func(string) error {
	return func(value string) error {
		if value == never {
			*to = -1
			return nil
		}
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return errors.New("it takes a time like 90s, or never")
		}
		*to = d
		return nil
	}
}

func messageRules(r *world.MessageRules) rules {
	return rules{
		"kept": count(&r.Kept), "retention": count(&r.Retention),
		"join-notes": count(&r.JoinNotes), "leave-notes": count(&r.LeaveNotes),
		"fresh-silence": span(&r.FreshSilence), "timeout": span(&r.Timeout),
		"no-privacy": set(&r.NoPrivacy), "user-deleted": set(&r.UserDeleted), "combined": set(&r.Combined),
	}
}

func loginRules(r *rpc.LoginRules) rules {
	return rules{
		"code-life": span(&r.CodeLife), "token-life": span(&r.TokenLife), "tries": count(&r.Tries),
		"tries-life": span(&r.TriesLife), "fresh-age": span(&r.FreshAge), "takeout-delay": span(&r.TakeoutDelay),
		"unoccupied": set(&r.Unoccupied), "quiet": set(&r.Quiet),
	}
}
