package world

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SearchRules say how the server searches names. The zero value is what most sources agree on: a query's
// words are prefixes of words of the first name, the last name and the username, case and diacritics are folded, a
// username is one word, and results come as in Recent. The others are what some source claims or what a client
// must be able to notice.
type SearchRules struct {
	// Transliterate has Latin and Cyrillic find each other in Search, but not in Mentions.
	Transliterate bool
	// SplitUsernames has "_" divide usernames, and queries, into words.
	SplitUsernames bool
	// NoUsernames leaves usernames out.
	NoUsernames bool
	// Inner has a word found by any part of it, not only by its start.
	Inner bool
	// KeepMarks tells letters with diacritics from those without.
	KeepMarks bool
	// FoldFancy takes letters that only look special (mathematical, full-width, circled) for plain ones.
	FoldFancy bool
	// Order is how results are sorted.
	Order SearchOrder
}

// SearchOrder is the order of a non-empty search, which no source knows.
type SearchOrder uint8

// The orders. Shuffled is the same each time, but has nothing to do with anything.
const (
	ByActivity SearchOrder = iota
	ByJoining              // the newest member first
	Shuffled
)

// CountRule says what the counts of lists are like.
type CountRule uint8

// The rules for counts.
const (
	CountsTrue   CountRule = iota // true at offset 0, cut to the list's cap later
	CountsCut                     // cut to the cap at offset 0 too
	CountsAbsent                  // 0
)

// ListRules say how the lists of participants deceive. The zero value is what Telegram is known to do.
type ListRules struct {
	// Cap is how many rows of Recent can be reached in a supergroup; 0 is 10,000.
	Cap int
	// Slack is how many rows can be read past the cap: one more was seen on Telegram now and then.
	Slack int
	// Counts is what the counts are like.
	Counts CountRule
	// CountNoise has the counts of offset 0 be wrong by up to so many in a thousand, for an hour at a time.
	CountNoise int
	// CountDeleted has Recent's count include deleted accounts, which it does not list. Sources disagree.
	CountDeleted bool
	// Ghosts is how many in a thousand plain members are counted but never listed.
	Ghosts int
	// ShortPages has one in so many full pages end a row early, though more follow; 0 is never.
	ShortPages int
	// LeftIsAnswer has channels.getParticipant answer channelParticipantLeft where it else answers
	// USER_NOT_PARTICIPANT. Both were seen.
	LeftIsAnswer bool
	// DeletedUnknown has channels.getParticipant answer PARTICIPANT_ID_INVALID for deleted accounts, every
	// other hour.
	DeletedUnknown bool
	// HiddenUnknown has channels.getParticipant answer PARTICIPANT_ID_INVALID about hidden members, not
	// CHAT_ADMIN_REQUIRED. Both were seen.
	HiddenUnknown bool
	// OwnRow has channels.getParticipant answer a channel's subscriber about themselves. No source tells of that.
	OwnRow bool
	// PublicNA has who was put out of a public supergroup hear 403 CHANNEL_PUBLIC_GROUP_NA, not 406 CHANNEL_PRIVATE.
	// Clients take the one for the other; when Telegram says which is not known.
	PublicNA bool
}

// setting is a rule by its name on a command line; value is empty for those that are only set.
type setting struct {
	name string
	set  func(value string) error
}

// ParseSearchRules reads rules as "transliterate,order=joining". The names are transliterate,
// split-usernames, no-usernames, inner, keep-marks, fold-fancy and order (activity, joining, shuffled).
func ParseSearchRules(text string) (SearchRules, error) {
	var r SearchRules
	return r, parseRules("search rule", text, []setting{
		{"transliterate", flag(&r.Transliterate)},
		{"split-usernames", flag(&r.SplitUsernames)},
		{"no-usernames", flag(&r.NoUsernames)},
		{"inner", flag(&r.Inner)},
		{"keep-marks", flag(&r.KeepMarks)},
		{"fold-fancy", flag(&r.FoldFancy)},
		{"order", choice(&r.Order, "activity", "joining", "shuffled")},
	})
}

// ParseListRules reads rules as "cap=200,ghosts=10,counts=cut". The names are cap, slack, counts (true, cut, absent),
// count-noise, count-deleted, ghosts, short-pages, left-is-answer, deleted-unknown, hidden-unknown, own-row and public-na.
func ParseListRules(text string) (ListRules, error) {
	var r ListRules
	return r, parseRules("list rule", text, []setting{
		{"cap", number(&r.Cap)},
		{"slack", number(&r.Slack)},
		{"counts", choice(&r.Counts, "true", "cut", "absent")},
		{"count-noise", perMille(&r.CountNoise)},
		{"count-deleted", flag(&r.CountDeleted)},
		{"ghosts", perMille(&r.Ghosts)},
		{"short-pages", number(&r.ShortPages)},
		{"left-is-answer", flag(&r.LeftIsAnswer)},
		{"deleted-unknown", flag(&r.DeletedUnknown)},
		{"hidden-unknown", flag(&r.HiddenUnknown)},
		{"own-row", flag(&r.OwnRow)},
		{"public-na", flag(&r.PublicNA)},
	})
}

func parseRules(what, text string, known []setting) error {
	for rule := range strings.SplitSeq(text, ",") {
		rule = strings.TrimSpace(rule)
		if rule == "" {
			continue
		}
		name, value, _ := strings.Cut(rule, "=")
		if err := assign(known, name, value); err != nil {
			return fmt.Errorf("read %s %q: %w", what, rule, err)
		}
	}
	return nil
}

func assign(known []setting, name, value string) error {
	names := make([]string, 0, len(known))
	for _, s := range known {
		if s.name == name {
			return s.set(value)
		}
		names = append(names, s.name)
	}
	return fmt.Errorf("there are %s", strings.Join(names, ", "))
}

func flag(to *bool) func(string) error {
	return func(value string) error {
		if value != "" {
			return errors.New("it takes no value")
		}
		*to = true
		return nil
	}
}

func number(to *int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return errors.New("it takes a number from 0")
		}
		*to = n
		return nil
	}
}

// perMille reads how many in a thousand.
func perMille(to *int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 1000 {
			return errors.New("it takes a number from 0 to 1000")
		}
		*to = n
		return nil
	}
}

func choice[E ~uint8](to *E, names ...string) func(string) error {
	return func(value string) error {
		for i, name := range names {
			if name == value {
				*to = E(i)
				return nil
			}
		}
		return fmt.Errorf("it is one of %s", strings.Join(names, ", "))
	}
}
