package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe makes hostile text fit for one line of a terminal, a table or a cell. It returns valid UTF-8 without control characters
// (shown as their pictures, white space as a space), bidi controls and invisible characters. Joiners stay where scripts and emoji
// need them. Markup is the writer's own business: the result may hold anything that is visible.
func Safe(text string) string {
	if plain(text) {
		return text
	}
	shown := legible(text)
	var out strings.Builder
	out.Grow(len(text))
	for i, r := range shown {
		if !isJoiner(r) || joins(shown, i) {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// legible is what is visible of text, and every joiner.
func legible(text string) []rune {
	shown := make([]rune, 0, len(text))
	marks := 0
	for _, r := range text {
		v, ok := visible(r)
		switch {
		case isJoiner(r):
			shown = append(shown, r)
		case !ok:
		case !isMark(v):
			marks = 0
			shown = append(shown, v)
		case marks < maxMarks:
			marks++
			shown = append(shown, v)
		}
	}
	return shown
}

// maxMarks is how many marks may be stacked on one letter. Written languages use up to four; more is there to paint over other lines.
const maxMarks = 4

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
)

// plain is the common case: printable ASCII needs no work.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// visible is what stands for r, and whether anything does.
func visible(r rune) (rune, bool) {
	switch {
	case r == utf8.RuneError || isNonCharacter(r):
		return utf8.RuneError, true
	case unicode.IsSpace(r):
		return ' ', true // newlines, tabs, U+0085, U+2028 and every wide or thin space
	case r < ' ':
		return '\u2400' + r, true
	case r == 0x7f:
		return '\u2421', true
	case unicode.IsControl(r):
		return utf8.RuneError, true // C1: an escape sequence to some terminals
	case isInvisible(r):
		return 0, false
	}
	return r, true
}

// Format characters that are drawn: the signs that enclose Arabic and Syriac numbers, and Kaithi's.
var drawnFormat = &unicode.RangeTable{
	R16: []unicode.Range16{{0x0600, 0x0605, 1}, {0x06dd, 0x06dd, 1}, {0x070f, 0x070f, 1}, {0x0890, 0x0891, 1}, {0x08e2, 0x08e2, 1}},
	R32: []unicode.Range32{{0x110bd, 0x110bd, 1}, {0x110cd, 0x110cd, 1}},
}

// Characters of no width that are no format characters to Unicode: the grapheme joiner, the Hangul fillers, the Khmer inherent
// vowels, the Braille blank, the Mongolian selectors and the ideographic variation selectors.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x034f, 0x034f, 1},
		{0x115f, 0x1160, 1},
		{0x17b4, 0x17b5, 1},
		{0x180b, 0x180f, 1},
		{0x2800, 0x2800, 1},
		{0x3164, 0x3164, 1},
		{0xffa0, 0xffa0, 1},
	},
	R32: []unicode.Range32{{0xe0000, 0xe0fff, 1}},
}

func isInvisible(r rune) bool {
	return unicode.Is(blank, r) || (unicode.Is(unicode.Cf, r) && !unicode.Is(drawnFormat, r))
}

func isNonCharacter(r rune) bool { return r&0xfffe == 0xfffe || (r >= 0xfdd0 && r <= 0xfdef) }

func isMark(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) }

func isJoiner(r rune) bool { return r == zeroWidthJoiner || r == zeroWidthNonJoiner }

// joins says whether the joiner at i stands between two visible characters outside ASCII, as it does in an emoji family, in
// Persian and in Devanagari. Between Latin letters it only makes two names that look alike.
func joins(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && joinable(runes[i-1]) && joinable(runes[i+1])
}

func joinable(r rune) bool {
	return r > unicode.MaxASCII && !isJoiner(r) && !isInvisible(r) && r != utf8.RuneError &&
		(unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsSymbol(r))
}

// EscapeJSON returns encoded JSON with every character that [Safe] would not show as it is written as a \u escape. It means the
// same to every reader; a terminal that shows it is not led astray. Line feeds and tabs between tokens stay.
func EscapeJSON(encoded []byte) []byte {
	if !needsEscape(encoded) {
		return encoded
	}
	out := make([]byte, 0, len(encoded)+64)
	for len(encoded) > 0 {
		r, size := utf8.DecodeRune(encoded)
		if mustEscape(r) {
			out = appendEscape(out, r)
		} else {
			out = append(out, encoded[:size]...)
		}
		encoded = encoded[size:]
	}
	return out
}

func needsEscape(encoded []byte) bool {
	for _, b := range encoded {
		if b >= 0x7f {
			return true
		}
	}
	return false
}

// mustEscape: in valid JSON everything outside ASCII stands in a string, where an escape is the same character.
func mustEscape(r rune) bool {
	if r < 0x7f || isJoiner(r) {
		return false
	}
	shown, ok := visible(r)
	return !ok || (shown != r && r != utf8.RuneError)
}

func appendEscape(out []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	units := []rune{r}
	if r > 0xffff {
		r -= 0x10000
		units = []rune{0xd800 + r>>10, 0xdc00 + r&0x3ff}
	}
	for _, u := range units {
		out = append(out, '\\', 'u', hex[u>>12&15], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	return out
}
