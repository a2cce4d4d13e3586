package walk

import (
	"unicode/utf8"

	"rollcall/internal/membership"
)

// Misses says that a list which this walk knows whole should have shown somebody of these names, and did not. That is no evidence of leaving:
// names change, and lists lag. It is the reason to look the person up.
func (w *Walker) Misses(p *membership.Profile) bool {
	if e := w.k.heard.of(p.User); e != nil {
		return false
	}
	if w.list(membership.ListRecent).state == full {
		return true
	}
	found := false
	w.server.rule.words(p, func(word string) { found = found || w.t.whole(word) })
	return found
}

// whole says that the list of some prefix of the word is known whole.
func (t *trie) whole(word string) bool {
	n := int32(0)
	for len(word) > 0 {
		c, size := utf8.DecodeRuneInString(word)
		if n = t.kids.get(n, c); n == 0 {
			return false
		}
		if t.nodes[n].closed {
			return true
		}
		word = word[size:]
	}
	return false
}
