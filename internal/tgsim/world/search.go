package world

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// queryWords splits a query at everything that is neither letter nor digit, so a query of
// punctuation is an empty one. "_" holds words together, as in usernames.
func queryWords(q string) []string {
	words := strings.FieldsFunc(strings.ToLower(q), func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return slices.DeleteFunc(words, func(w string) bool { return strings.Trim(w, "_") == "" })
}

// matches says whether each word begins a word of the first name, the last name or the username. A
// username is one word.
func (a *account) matches(words []string) bool {
	for _, word := range words {
		if !a.answers(word) {
			return false
		}
	}
	return true
}

func (a *account) answers(word string) bool {
	if strings.HasPrefix(strings.ToLower(a.username), word) {
		return true
	}
	for _, name := range [...]string{a.first, a.last} {
		for _, part := range queryWords(name) {
			if strings.HasPrefix(part, word) {
				return true
			}
		}
	}
	return false
}

// search keeps the people who match; with an empty query everybody, channels too.
func (w *World) search(in []peer, q string) []peer {
	words := queryWords(q)
	if len(words) == 0 {
		return in
	}
	var out []peer
	for _, p := range in {
		if p.kind == kindUser && w.account(UserID(p.id)).matches(words) {
			out = append(out, p)
		}
	}
	return out
}

// searchOrder is search over everybody listed, in the order of Recent.
func (w *World) searchOrder(c *channel, words []string) []peer {
	var out []peer
	for k := len(c.order) - 1; k >= 0; k-- {
		u := c.rows[c.order[k]].user
		if w.account(u).matches(words) {
			out = append(out, peer{kindUser, int64(u)})
		}
	}
	return out
}

// cmp2 compares by the first pair, then by the second.
func cmp2[A, B cmp.Ordered](a1, a2 A, b1, b2 B) int {
	return cmp.Or(cmp.Compare(a1, a2), cmp.Compare(b1, b2))
}
