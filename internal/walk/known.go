package walk

import (
	"bytes"
	"slices"
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

// reserve makes room for so many people, with texts as long as those of the people known.
func (k *known) reserve(people int) {
	more := min(people, mostReserved) - k.len()
	if more <= 0 || k.len() == 0 {
		return
	}
	k.ids, k.flags = slices.Grow(k.ids, more), slices.Grow(k.flags, more)
	k.nameAt, k.wordAt = slices.Grow(k.nameAt, more), slices.Grow(k.wordAt, more)
	k.names, k.words = slices.Grow(k.names, more*len(k.names)/k.len()), slices.Grow(k.words, more*len(k.words)/k.len())
	k.heard.reserve(k.len() + more)
}

// mostReserved bounds what a server's count alone may have us reserve.
const mostReserved = 1 << 19

func (k *known) addWords(i int32, p *membership.Profile, r rule) {
	before := len(k.words)
	k.wordAt = append(k.wordAt, uint32(before))
	k.appendWords(before, p.FirstName, false, r)
	k.appendWords(before, p.LastName, false, r)
	if r.Usernames {
		k.appendWords(before, p.Username, true, r)
	}
	if len(k.words) == before {
		k.flags[i] |= wordless
	}
	k.words = append(k.words, 0)
}

// appendWords appends the words of a text, without those that the person, whose words begin at `before`, has already.
func (k *known) appendWords(before int, text string, username bool, r rule) {
	from, plain := len(k.words), false
	if !r.Inner {
		k.words, plain = r.appendPlain(k.words, text, username)
	}
	if !plain {
		r.each(text, username, func(word string) {
			if word != "" {
				k.words = append(append(k.words, word...), 0)
			}
		})
	}
	for from < len(k.words) {
		end := int(k.after(uint32(from)))
		if k.repeats(before, from, end) {
			k.words = append(k.words[:from], k.words[end:]...)
		} else {
			from = end
		}
	}
}

// repeats says whether the word from `at` to `end` is one of those that begin at `before`.
func (k *known) repeats(before, at, end int) bool {
	for w := before; w < at; {
		next := int(k.after(uint32(w)))
		if bytes.Equal(k.words[w:next], k.words[at:end]) {
			return true
		}
		w = next
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
