package walk

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// Names are mostly of Latin, Cyrillic, Arabic or Chinese letters, each of which stands for itself or for one other. Those are made equal by a
// table; normal forms would be a tenth of what a walk costs.

// plainEnd is behind the characters of the table: all scripts up to Arabic. Among them a letter and the next never become one.
const plainEnd = 0x700

// divides stands in the table for what stands between words.
const divides = 1

// folded says for each character which one it becomes under expected; 0 where that depends on its neighbors, or is several.
var folded = sync.OnceValue(func() *[plainEnd]uint16 {
	var table [plainEnd]uint16
	divider := expected.divider(false)
	for c := rune(utf8.RuneSelf); c < plainEnd; c++ {
		is := []rune(expected.fold(string(c)))
		switch {
		case divider(c):
			table[c] = divides
		case alphanumeric(c) && len(is) == 1 && alphanumeric(is[0]) && is[0] < plainEnd:
			table[c] = uint16(is[0])
		}
	}
	return &table
})

// eachPlain is each for a text that the table has all characters of, under a rule that makes them equal as it does; otherwise it is false
// and has done nothing.
func (r rule) eachPlain(text string, username bool, do func(word string)) bool {
	if !r.Marks || r.Transliterate || r.Fancy {
		return false
	}
	var room [128]byte
	words, ok := foldPlain(room[:0], text, username && r.Split)
	if !ok {
		return false
	}
	for word := range strings.SplitSeq(string(words), "\x00") {
		if strings.Trim(word, "_") != "" {
			r.give(word, do)
		}
	}
	return true
}

// foldPlain appends the words of the text, with zeros between them.
func foldPlain(b []byte, text string, split bool) ([]byte, bool) {
	table := folded()
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_' && !split:
			b = append(b, byte(c))
		case c >= 'A' && c <= 'Z':
			b = append(b, byte(c)|0x20)
		case c < utf8.RuneSelf:
			b = append(b, 0)
		case c >= 0x4E00 && c <= 0x9FFF: // CJK
			b = utf8.AppendRune(b, c)
		case c >= plainEnd || table[c] == 0:
			return nil, false
		case table[c] == divides:
			b = append(b, 0)
		default:
			b = utf8.AppendRune(b, rune(table[c]))
		}
	}
	return b, true
}
