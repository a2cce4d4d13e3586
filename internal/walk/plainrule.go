package walk

import (
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

// appendPlain appends the words of a text that the table has all characters of, each ended by a zero. Where it has not, or the rule makes
// characters equal in another way, it appends nothing and says no.
func (r rule) appendPlain(b []byte, text string, username bool) ([]byte, bool) {
	begin, from, letters := len(b), len(b), false // where the words and the present one begin, and whether that one is more than "_"
	for _, c := range text {
		is := c
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c >= 'A' && c <= 'Z':
			is |= 0x20
		case c == '_' && (!username || !r.Split):
			b = append(b, '_')
			continue
		case c < utf8.RuneSelf:
			is = divides
		case !r.Marks || r.Transliterate || r.Fancy:
			return b[:begin], false
		default:
			is = tabled(c)
		}
		switch {
		case is == 0:
			return b[:begin], false
		case is != divides:
			b, letters = utf8.AppendRune(b, is), true
		default:
			b = ended(b, from, letters)
			from, letters = len(b), false
		}
	}
	return ended(b, from, letters), true
}

// tabled is which character c becomes, 0 where the table does not say.
func tabled(c rune) rune {
	switch {
	case c < plainEnd:
		return rune(folded()[c])
	case c >= 0x4E00 && c <= 0x9FFF: // CJK
		return c
	}
	return 0
}

// ended ends the word that begins at from, or takes it off where it is none.
func ended(b []byte, from int, letters bool) []byte {
	if !letters {
		return b[:from]
	}
	return append(b, 0)
}
