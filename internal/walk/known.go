package walk

import (
	"bytes"
	"strings"

	"rollcall/internal/membership"
)

// known are the people seen so far, in the order in which they were first seen. Texts lie in two arrays: 200,000 people take some 20 MB.
type known struct {
	heard  register
	ids    []membership.UserID
	names  []byte   // first name, last name and username of each, each ended by a zero
	nameAt []uint32 // where the names of each begin
	words  []byte   // the words that find each by the rule in force, each ended by a zero, and a zero after the last
	wordAt []uint32
	flags  []uint8
}

const (
	covered    = 1 << iota // is in a list that was read to its end, or that holds nobody unknown
	wordless               // no query finds them
	fromRecent             // was shown by the list of the recent
)

func (k *known) len() int { return len(k.ids) }

// add takes somebody in who is not known yet, and returns their number.
func (k *known) add(p *membership.Profile, r rule) int32 {
	i := int32(len(k.ids))
	k.heard.enter(p.User).number = i
	k.ids = append(k.ids, p.User)
	k.nameAt = append(k.nameAt, uint32(len(k.names)))
	for _, text := range [...]string{p.FirstName, p.LastName, p.Username} {
		k.names = append(append(k.names, strings.ReplaceAll(text, "\x00", "")...), 0)
	}
	k.flags = append(k.flags, 0)
	k.addWords(i, p, r)
	return i
}

func (k *known) addWords(i int32, p *membership.Profile, r rule) {
	k.wordAt = append(k.wordAt, uint32(len(k.words)))
	before := len(k.words)
	r.words(p, func(word string) {
		at := len(k.words)
		k.words = append(append(k.words, word...), 0)
		if word == "" || k.repeats(before, at) {
			k.words = k.words[:at]
		}
	})
	if len(k.words) == before {
		k.flags[i] |= wordless
	}
	k.words = append(k.words, 0)
}

// repeats says whether the word at `at`, the last, is one of those that begin at `from`.
func (k *known) repeats(from, at int) bool {
	for w := uint32(from); int(w) < at; w = k.after(w) {
		if bytes.Equal(k.words[w:k.after(w)], k.words[at:]) {
			return true
		}
	}
	return false
}

// person is who i is.
func (k *known) person(i int32) *membership.Profile {
	p := &membership.Profile{User: k.ids[i]}
	rest := k.names[k.nameAt[i]:]
	for _, text := range [...]*string{&p.FirstName, &p.LastName, &p.Username} {
		end := bytes.IndexByte(rest, 0)
		*text, rest = string(rest[:end]), rest[end+1:]
	}
	return p
}

// reword finds everybody's words anew.
func (k *known) reword(r rule) {
	k.words, k.wordAt = k.words[:0], k.wordAt[:0]
	for i := range k.ids {
		k.flags[i] &^= covered | wordless
		k.addWords(int32(i), k.person(int32(i)), r)
	}
}
