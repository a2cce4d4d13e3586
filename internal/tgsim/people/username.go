package people

import (
	"bytes"
	"slices"
	"strconv"
)

// Telegram's limits of a username.
const (
	shortestUsername = 5
	longestUsername  = 32
)

// username makes one that this source has not given to anybody: mostly from the own name, with the digits that it takes.
func (s *Source) username(w writer) string {
	s.handle = s.handle[:0]
	switch n := s.rng.IntN(100); {
	case n < 62:
		s.handleOfName(w)
	case n < 80:
		s.handleOfWords()
	case n < 92:
		s.put(pick(s.rng, lists()["en nouns"]))
	default:
		s.put(pick(s.rng, syllables), pick(s.rng, syllables), pick(s.rng, syllables))
	}
	s.ornament()
	s.digits()
	s.makeValid()
	for !s.take() {
		s.handle = append(s.handle[:min(len(s.handle), longestUsername-1)], byte('0'+s.rng.IntN(10)))
	}
	return s.writeBytes(s.handle)
}

// handleOfName puts given name and surname together in one of the usual ways.
func (s *Source) handleOfName(w writer) {
	given, surname := w.latin, w.latinSurname
	switch n := s.rng.IntN(100); {
	case n < 34:
		s.put(given)
	case n < 50:
		s.put(given, "_", surname)
	case n < 66:
		s.put(given, surname)
	case n < 76:
		s.put(surname)
	case n < 84:
		s.put(surname, "_", given)
	case n < 92:
		s.put(given)
		s.handle = s.handle[:min(len(s.handle), 1)]
		s.put(surname)
	default:
		s.put(given, pick(s.rng, lists()["en nouns"]))
	}
}

func (s *Source) handleOfWords() {
	s.put(pick(s.rng, lists()["en adjectives"]))
	if s.percent(40) {
		s.put("_")
	}
	s.put(pick(s.rng, lists()["en nouns"]))
}

// put adds what of the parts a username may have, in ASCII; one in eight writes capitals, and searches do not mind.
func (s *Source) put(parts ...string) {
	capitals := s.rng.IntN(8) == 0
	for _, part := range parts {
		for _, r := range part {
			for _, c := range []byte(ascii(r)) {
				if !capitals {
					c = lower(c)
				}
				if isLetter(c) || isDigit(c) || c == '_' {
					s.handle = append(s.handle, c)
				}
			}
		}
	}
}

// ornament adds one of the words by which people make a name theirs that somebody else has.
func (s *Source) ornament() {
	switch n := s.rng.IntN(100); {
	case n < 3:
		s.handle = append(s.handle, pick(s.rng, endings)...)
	case n < 6:
		s.handle = slices.Insert(s.handle, 0, []byte(pick(s.rng, beginnings))...)
	}
}

var (
	beginnings = words("the the_ iam its mr mr_ miss real x dr its_ just_")
	endings    = words("_off _official _x xx _real ka chik off _tg o o_o _me 1k_ pro _dev")
	syllables  = words("ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra ri ro sa se shi so ta ti to va vi zu za q x7 k9 w")
)

// digits adds a year of birth, a favorite number or none.
func (s *Source) digits() {
	n := s.rng.IntN(100)
	if n < 60 && n%4 == 0 {
		s.handle = append(s.handle, '_')
	}
	switch {
	case n < 18:
		s.number(1965 + s.rng.IntN(45))
	case n < 34:
		s.number(s.rng.IntN(100))
	case n < 46:
		s.number(100 + s.rng.IntN(900))
	case n < 60:
		s.number(1000 + s.rng.IntN(99_000))
	}
}

func (s *Source) number(n int) { s.handle = strconv.AppendInt(s.handle, int64(n), 10) }

// makeValid leaves what Telegram takes: a letter first, no "_" twice or last, 5 to 32 characters. Only bots' end in "bot".
func (s *Source) makeValid() {
	h := s.handle[:0]
	for _, c := range s.handle {
		if len(h) == 0 && !isLetter(c) || c == '_' && h[len(h)-1] == '_' {
			continue
		}
		h = append(h, c)
	}
	h = bytes.TrimRight(h[:min(len(h), longestUsername-4)], "_")
	if len(h) == 0 {
		h = append(h, 'u')
	}
	for len(h) < shortestUsername || bytes.EqualFold(h[len(h)-3:], []byte("bot")) {
		h = append(h, byte('0'+s.rng.IntN(10)))
	}
	s.handle = h
}

// take marks the username as given, unless it was already. Two that differ may be taken for one, which costs the second a
// digit; the other way round it cannot err.
func (s *Source) take() bool {
	// FNV-1a, spelled out: it must be the same on every machine and costs no allocation.
	hash := uint32(2166136261)
	for _, c := range s.handle {
		hash = (hash ^ uint32(lower(c))) * 16777619
	}
	if _, taken := s.taken[hash]; taken {
		return false
	}
	s.taken[hash] = struct{}{}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isLetter(c byte) bool { return lower(c) >= 'a' && lower(c) <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
