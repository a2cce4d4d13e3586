package bot

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

const (
	// titleLimit is how many characters of a title are shown in a text; Telegram's own limit is 128.
	titleLimit = 64
	// captionLimit is how many are shown on a button.
	captionLimit = 24
	// markLimit is how many combining marks may stand on one letter; more of them cover the lines around.
	markLimit = 2

	zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d' // Persian and emoji need them
	firstStrongIsolate, popIsolate      = "\u2068", "\u2069"

	// blanks count as letters or symbols to Unicode and show nothing: Hangul's fillers and Braille's empty pattern.
	blanks = "\u115f\u1160\u3164\uffa0\u2800"
)

// plainTitle is a title without what could break a line, reorder the text around it or hide: control, direction, zero-width and
// private characters, surplus marks. Empty where nothing visible is left.
func plainTitle(s string, limit int) string {
	var out []rune
	marks, visible := 0, false
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case unicode.IsSpace(r) || strings.ContainsRune(blanks, r):
			r = ' '
		case unicode.Is(unicode.M, r):
			if marks++; marks > markLimit || len(out) == 0 {
				continue
			}
		case r == zeroWidthJoiner || r == zeroWidthNonJoiner:
			if len(out) == 0 {
				continue
			}
		case !unicode.IsGraphic(r):
			continue
		default:
			visible = true
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if r == ' ' && (len(out) == 0 || out[len(out)-1] == ' ') {
			continue
		}
		if len(out) == limit {
			out = append([]rune(strings.TrimSpace(string(out[:limit-1]))), '…')
			break
		}
		out = append(out, r)
	}
	if !visible {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// isolated keeps a name of the other writing direction from reordering the text that it stands in. The limits of the name are
// ours: its own direction characters were taken out before.
func isolated(name string, rightToLeft bool) string {
	for _, r := range name {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			if rightToLeft {
				return firstStrongIsolate + name + popIsolate
			}
		case bidi.R, bidi.AL:
			if !rightToLeft {
				return firstStrongIsolate + name + popIsolate
			}
		default: // neutral: the next character decides
		}
	}
	return name
}
