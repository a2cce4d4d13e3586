package walk

import (
	"unicode/utf8"

	"rollcall/internal/membership"
)

// Shows says that a list of this walk showed somebody.
func (w *Walker) Shows(user membership.UserID) bool { return w.k.heard.of(user) != nil }

// Misses says that a list which this walk knows whole should have shown somebody of these names, and did not. That is no evidence of leaving:
// names change, and lists lag. It is the reason to look the person up.
//
// A list that lacks some of its count is not known whole: whoever it does not show may be one of those whom it counts. A little is not held
// against it, since a list that is never believed finds nobody who left:
//   - The recent list may lack one in 20. Some sources have it count deleted accounts, which no list shows. Where the server gives no count, it
//     is compared with the group's size.
//   - A search may lack one in 200, where all searches together do not lack more: then counts are a little off. Where they lack more, many are
//     counted and listed nowhere, and a search is believed only with as many rows as its count.
//   - A search that was closed by its count and not read is believed only where no list is longer than its count.
//   - A search without a count, or whose count is that of whole pages and so may have been cut to what can be read, is believed only if it
//     ended on its first page.
//   - No search is believed where searches leave out known people whom the rule finds.
func (w *Walker) Misses(p *membership.Profile) bool {
	if w.Shows(p.User) {
		return false
	}
	if w.recentWhole() {
		return true
	}
	if w.server.wrong() {
		return false
	}
	found := false
	w.server.rule.words(p, func(word string) { found = found || w.shows(word) })
	return found
}

// What a list may lack of its count and be believed: so many, and one in so many more.
const (
	lacksFew    = 2
	recentLacks = 20
	searchLacks = 200
)

// recentWhole says that whoever is in is in the recent list, as far as its count tells.
func (w *Walker) recentWhole() bool {
	l := w.list(membership.ListRecent)
	count := l.count
	if count <= 0 {
		count = w.o.Total
	}
	return l.state == full && count-l.offset <= lacksFew+count/recentLacks
}

// shows says that the list of some prefix of the word is known whole.
func (w *Walker) shows(word string) bool {
	n := int32(0)
	for len(word) > 0 {
		c, size := utf8.DecodeRuneInString(word)
		if n = w.t.kid(n, c); n == 0 {
			return false
		}
		if w.t.nodes[n].closed && w.hasAll(&w.asks[w.t.nodes[n].ask]) {
			return true
		}
		word = word[size:]
	}
	return false
}

// hasAll says that everybody is known whom the list of a closed prefix has, as far as counts tell.
func (w *Walker) hasAll(a *ask) bool {
	has := a.rows
	if a.state == explained {
		if has = int(w.t.nodes[a.node].known); w.server.excess*searchLacks > 1 {
			return false
		}
	}
	switch lacks := a.count - has; {
	case w.vague(a.count), a.count%membership.PageLimit == 0:
		return a.state == complete && a.rows < membership.PageLimit*9/10 // pages were seen to be a row or two short with more to come, never by a tenth
	case w.server.ghosts()*searchLacks > 1:
		return lacks <= 0
	default:
		return lacks <= lacksFew+a.count/searchLacks
	}
}

// wrong says that lists that were read to their end leave out too many of those whom the rule finds.
func (s *server) wrong() bool {
	return s.missed >= untrusting && float64(s.missed) > overMatch*float64(s.tested)
}
