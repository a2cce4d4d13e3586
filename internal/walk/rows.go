package walk

import (
	"bytes"
	"strings"

	"rollcall/internal/membership"
)

// The rule is tested by every row of a search: whom the server finds and the rule does not, and whom the rule finds by one of its parts alone.
type witness struct {
	rows    int    // rows of searches
	unfound int    // whom the rule does not find
	wider   [6]int // whom each of the wider rules does; one person speaks for several
	// People whom complete lists should have shown by the rule, and did not: those whom it finds by the username alone, or because diacritics
	// do not count.
	byPart, byUsername, byMarks int
}

// wider are the rules that would explain a row that the rule in force does not. Where two explain as many, the earlier one is likelier.
func (r rule) wider() [6]rule {
	out := [6]rule{r, r, r, r, r, r}
	out[0].Transliterate = true
	out[1].Split = true
	out[2].Fancy = true
	out[3].Usernames = true
	out[4].Marks = true
	out[5].Inner = true
	return out
}

// finds says whether the rule has the person answer to the query.
func (r rule) finds(p *membership.Profile, query string) bool {
	found := false
	r.words(p, func(word string) { found = found || strings.HasPrefix(word, query) })
	return found
}

// answers says whether one of the person's words begins with the prefix.
func (k *known) answers(i int32, prefix string) bool {
	for at := k.wordAt[i]; k.words[at] != 0; at = k.after(at) {
		if bytes.HasPrefix(k.words[at:], []byte(prefix)) {
			return true
		}
	}
	return false
}

// Bounds of learning: so many rows, and so large a part of all, must speak for a wider rule.
const (
	widenRows  = 8
	widenShare = 0.01
)

// witness tests the rule by the rows of a search, and says whether another is in force now.
func (w *Walker) witness(q string, rows []int32) bool {
	e := &w.evidence
	for _, i := range rows {
		e.rows++
		if w.k.answers(i, q) {
			continue
		}
		e.unfound++
		p := w.k.person(i)
		for n, r := range w.server.rule.wider() {
			if r.finds(p, r.fold(q)) {
				e.wider[n]++
			}
		}
	}
	likeliest := 0
	for n := range e.wider {
		if e.wider[n] > e.wider[likeliest] {
			likeliest = n
		}
	}
	if n := e.wider[likeliest]; n < widenRows || float64(n) < widenShare*float64(e.rows) {
		return false
	}
	return w.believe(w.server.rule.wider()[likeliest])
}

// believe puts another rule in force. Everybody's words are found anew; what was closed by counts is open again.
func (w *Walker) believe(r rule) bool {
	if r == w.server.rule {
		return false
	}
	w.server.rule = r
	w.server.exact, w.server.tested, w.server.missed = 0, 0, 0
	w.evidence = witness{}
	w.rebuild()
	return true
}
