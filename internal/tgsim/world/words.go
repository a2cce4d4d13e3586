package world

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folding turns names and queries into the words that are compared.
type folding struct {
	transliterate, splitUsernames, noUsernames, keepMarks, foldFancy bool
}

// folding is the rules' part that says what a word is.
func (r SearchRules) folding() folding {
	return folding{
		transliterate: r.Transliterate, splitUsernames: r.SplitUsernames, noUsernames: r.NoUsernames,
		keepMarks: r.KeepMarks, foldFancy: r.FoldFancy,
	}
}

// words splits text at everything that is neither letter nor digit, so a text of punctuation or emoji has none. "_"
// holds words together, as in usernames, unless usernames are split.
func (f folding) words(text string) []string {
	if f.foldFancy && !ascii(text) {
		text = norm.NFKC.String(text)
	}
	var out []string
	for part := range strings.FieldsFuncSeq(text, f.divides) {
		if strings.ContainsFunc(part, alphanumeric) {
			out = append(out, f.fold(part))
		}
	}
	return out
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func (f folding) divides(r rune) bool {
	if r < utf8.RuneSelf {
		return (r != '_' || f.splitUsernames) && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}
	return !alphanumeric(r) && !unicode.IsMark(r) || emojiMark(r)
}

// emojiMark tells the marks that make up emoji: variation selectors and what encloses keys.
func emojiMark(r rune) bool { return r >= 0xFE00 && r <= 0xFE0F || r >= 0x20D0 && r <= 0x20FF }

// fold makes words equal that the server takes for equal.
func (f folding) fold(word string) string {
	word = strings.ToLower(word)
	if ascii(word) {
		return word
	}
	if f.transliterate {
		word = toLatin.Replace(norm.NFC.String(word))
	}
	if !f.keepMarks && (!norm.NFD.IsNormalString(word) || strings.ContainsFunc(word, diacritic)) {
		word = norm.NFC.String(strings.Map(dropMark, norm.NFD.String(word)))
	}
	return word
}

// diacritic tells the marks of Latin, Greek and Cyrillic. Those of other scripts are vowels, without
// which names would fall together.
func diacritic(r rune) bool { return r >= 0x300 && r <= 0x36F }

func dropMark(r rune) rune {
	if diacritic(r) {
		return -1
	}
	return r
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// toLatin writes Cyrillic in Latin as passports do, more or less; Telegram's own table is not known.
var toLatin = strings.NewReplacer(
	"а", "a", "б", "b", "в", "v", "г", "g", "ґ", "g", "д", "d", "е", "e", "ё", "e", "є", "e", "ж", "zh", "з", "z",
	"и", "i", "і", "i", "ї", "i", "й", "y", "к", "k", "л", "l", "м", "m", "н", "n", "о", "o", "п", "p", "р", "r",
	"с", "s", "т", "t", "у", "u", "ў", "u", "ф", "f", "х", "kh", "ц", "ts", "ч", "ch", "ш", "sh", "щ", "shch",
	"ъ", "", "ы", "y", "ь", "", "э", "e", "ю", "yu", "я", "ya",
)

// each calls do with every searchable word of the account. A contact's own name for it is none.
func (f folding) each(a *account, do func(word string)) {
	for _, name := range [...]string{a.first, a.last} {
		for _, word := range f.words(name) {
			do(word)
		}
	}
	switch {
	case f.noUsernames || a.username == "":
	case f.splitUsernames:
		for _, word := range f.words(a.username) {
			do(word)
		}
	default:
		do(f.fold(a.username))
	}
}

// matcher answers whether names match a query. It must be made with the folding that its words come from.
type matcher struct {
	folding
	inner bool
	query []string
}

// matcher returns the rules' matcher for q.
func (r SearchRules) matcher(q string) matcher {
	m := matcher{folding: r.folding(), inner: r.Inner}
	m.query = m.words(q)
	return m
}

// everybody says whether the query has no words, which is asking for everybody.
func (m matcher) everybody() bool { return len(m.query) == 0 }

// matches says whether each word of the query begins a word of the account, any of its words.
func (m matcher) matches(a *account) bool {
	found := make([]bool, len(m.query))
	m.each(a, func(word string) {
		for i, q := range m.query {
			found[i] = found[i] || m.answers(word, q)
		}
	})
	for _, ok := range found {
		if !ok {
			return false
		}
	}
	return true
}

func (m matcher) answers(word, q string) bool {
	if m.inner {
		return strings.Contains(word, q)
	}
	return strings.HasPrefix(word, q)
}

// queryWords splits a query by the ordinary rules.
func queryWords(q string) []string { return folding{}.words(q) }

// matches is matcher's by the ordinary rules, whatever the world's are.
func (a *account) matches(words []string) bool { return matcher{query: words}.matches(a) }
