package walk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rollcall/internal/membership"
)

// rule is what the server is taken to match a query with: which of a person's texts, divided and made equal how. Telegram documents none of
// it, so a walk begins with what it measured last, or with expected, and mends the rule by what it is shown.
type rule membership.SearchRule

// expected is the rule that most sources agree on.
var expected = rule{Usernames: true, Marks: true}

// words calls do with every word that finds the person, made equal as the rule says; one may come more than once.
func (r rule) words(p *membership.Profile, do func(word string)) {
	r.each(p.FirstName, false, do)
	r.each(p.LastName, false, do)
	if r.Usernames {
		r.each(p.Username, true, do)
	}
}

func (r rule) each(text string, username bool, do func(word string)) {
	var room [128]byte
	words, plain := r.appendPlain(room[:0], text, username)
	if !plain {
		r.eachNormal(text, username, do)
		return
	}
	for rest := string(words); rest != ""; {
		var word string
		word, rest, _ = strings.Cut(rest, "\x00")
		r.give(word, do)
	}
}

// eachNormal is each for any text, by normal forms.
func (r rule) eachNormal(text string, username bool, do func(word string)) {
	if r.Fancy {
		text = norm.NFKC.String(text)
	}
	for part := range strings.FieldsFuncSeq(text, r.divider(username)) {
		if !strings.ContainsFunc(part, alphanumeric) {
			continue
		}
		r.give(r.fold(part), do)
	}
}

// give calls do with the word, and where words are found by any part of them with all its ends.
func (r rule) give(word string, do func(word string)) {
	do(word)
	for i := range word {
		if r.Inner && i > 0 {
			do(word[i:])
		}
	}
}

// divider tells what stands between words. "_" holds a username together unless the rule splits it.
func (r rule) divider(username bool) func(rune) bool {
	return func(c rune) bool {
		if c == '_' {
			return username && r.Split
		}
		if c < utf8.RuneSelf {
			return (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z')
		}
		return !alphanumeric(c) && !unicode.IsMark(c) || emojiMark(c)
	}
}

func (r rule) fold(word string) string {
	word = strings.ToLower(word)
	if ascii(word) {
		return word
	}
	if r.Transliterate {
		word = toLatin.Replace(norm.NFC.String(word))
	}
	if r.Marks && (!norm.NFD.IsNormalString(word) || strings.ContainsFunc(word, diacritic)) {
		word = norm.NFC.String(strings.Map(dropMark, norm.NFD.String(word)))
	}
	return word
}

func alphanumeric(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// emojiMark tells the marks of which emoji are made: variation selectors and what encloses keys.
func emojiMark(c rune) bool { return c >= 0xFE00 && c <= 0xFE0F || c >= 0x20D0 && c <= 0x20FF }

// diacritic tells the marks of Latin, Greek and Cyrillic. In other scripts they are vowels.
func diacritic(c rune) bool { return c >= 0x300 && c <= 0x36F }

func dropMark(c rune) rune {
	if diacritic(c) {
		return -1
	}
	return c
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// toLatin is ISO 9 loosely, as passports have it. Only which words fall together matters.
var toLatin = strings.NewReplacer(
	"а", "a", "б", "b", "в", "v", "г", "g", "ґ", "g", "д", "d", "е", "e", "ё", "e", "є", "e", "ж", "zh", "з", "z",
	"и", "i", "і", "i", "ї", "i", "й", "y", "к", "k", "л", "l", "м", "m", "н", "n", "о", "o", "п", "p", "р", "r",
	"с", "s", "т", "t", "у", "u", "ў", "u", "ф", "f", "х", "kh", "ц", "ts", "ч", "ch", "ш", "sh", "щ", "shch",
	"ъ", "", "ы", "y", "ь", "", "э", "e", "ю", "yu", "я", "ya",
)
