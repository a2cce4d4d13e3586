package people

import (
	"math/rand/v2"
	"strings"
)

// Person is what a profile shows of somebody. Username and LastName may be empty.
type Person struct {
	FirstName string
	LastName  string
	Username  string
}

// Source makes people. It is not safe for use by several goroutines.
type Source struct {
	rng        *rand.Rand
	population *population
	hostile    int // the next kind of hostile name; taking them in turn shows each kind early
	written    strings.Builder
	taken      map[uint32]struct{} // hashes of the usernames given
	handle     []byte              // the username in the making
}

// stream keeps this package's numbers apart from others drawn from the same seed.
const stream = 0x70656f706c65

// New returns the source of the seed's people in a group of the profile.
func New(seed uint64, profile Profile) *Source {
	return &Source{
		rng:        rand.New(rand.NewPCG(seed, stream)),
		population: &populations[profile],
		taken:      make(map[uint32]struct{}),
	}
}

// Shares in a thousand of the people; what is left has a name. They were counted in groups, but for the hostile: 22 of one
// letter and 18 of symbols, some of which come with nicknames, hostile names and fancy letters that no search knows.
const (
	hostileShare   = 20
	oneLetterShare = 21
	symbolsShare   = 16
	fancyShare     = 15
)

// Shares in percent.
const (
	noLastNameShare = 48
	noUsernameShare = 30
)

// Next makes one more person. joined says when in the group's history: 0 is with the first, 1 is just now. Cultures come
// and go with it, so that the newest members are no fair sample of all.
func (s *Source) Next(joined float64) Person {
	w := s.writer(joined)
	p := s.named(w)
	if !s.percent(noUsernameShare) {
		p.Username = s.username(w)
	}
	return p
}

// writer is somebody about to fill in a profile.
type writer struct {
	culture        *culture
	given, surname string // in the letters that they use
	hasLast        bool
	inLatin        bool
	// The names from which username and fancy letters are made; ascii spells them.
	latin, latinSurname string
}

func (s *Source) writer(joined float64) writer {
	w := writer{culture: s.culture(joined)}
	c := w.culture
	w.hasLast = !s.percent(noLastNameShare)
	w.inLatin = s.percent(c.inLatin)
	w.given, w.surname = s.ownNames(c)
	w.latin, w.latinSurname = w.given, w.surname
	if c.latin != nil {
		w.latin, w.latinSurname = firstNames.of(s.rng, c.latin), firstNames.of(s.rng, c.latinSurnames)
	}
	if w.inLatin {
		w.given, w.surname = w.latin, w.latinSurname
		if c.spelled {
			w.given, w.surname = s.write(spell(w.given)), s.write(spell(w.surname))
		}
	}
	return w
}

// ownNames are a given name and a surname that go together.
func (s *Source) ownNames(c *culture) (given, surname string) {
	woman := s.rng.IntN(2) == 0
	last := c.surnames
	if woman && c.womenSurnames != nil {
		last = c.womenSurnames
	}
	among := surnames
	if c.fewSurnames {
		among = firstNames
	}
	surname = among.of(s.rng, last)
	switch {
	case len(c.women) == 0, c.characters != nil && s.percent(30):
		return s.write(characters.of(s.rng, c.characters), characters.of(s.rng, c.characters)), surname
	case woman:
		return firstNames.of(s.rng, c.women), surname
	}
	return firstNames.of(s.rng, c.men), surname
}

// named decides what kind of name the writer goes by.
func (s *Source) named(w writer) Person {
	n := s.rng.IntN(1000)
	if n < hostileShare {
		h := hostileNames[s.hostile%len(hostileNames)]
		s.hostile++
		return h
	}
	if n -= hostileShare; n < oneLetterShare {
		return s.oneLetter(w)
	}
	if n -= oneLetterShare; n < symbolsShare {
		return s.symbols(w)
	}
	if n -= symbolsShare; n < fancyShare {
		return s.fancy(w)
	}
	return s.ordinary(w)
}

func (s *Source) ordinary(w writer) Person {
	c := w.culture
	p := Person{FirstName: w.given}
	if w.hasLast {
		p.LastName = w.surname
	}
	switch {
	case s.percent(c.nicknamed):
		p.FirstName = s.nickname(w)
	case w.hasLast:
	case !s.percent(c.whole):
	case c.surnameFirst && !w.inLatin:
		p.FirstName = s.write(w.surname, w.given)
	default:
		p.FirstName = s.write(w.given, " ", w.surname)
	}
	return s.adorn(p, c)
}

// nickname is a word of the language, or an English one or two.
func (s *Source) nickname(w writer) string {
	if !w.inLatin && w.culture.words != nil {
		return nicknames.of(s.rng, w.culture.words)
	}
	noun := pick(s.rng, lists()["en nouns"])
	switch s.rng.IntN(3) {
	case 0:
		return noun
	case 1:
		return s.write(strings.ToUpper(noun[:1]), noun[1:])
	}
	adjective := pick(s.rng, lists()["en adjectives"])
	return s.write(strings.ToUpper(adjective[:1]), adjective[1:], " ", strings.ToUpper(noun[:1]), noun[1:])
}

// adorn puts a picture behind a name or in place of the last one, and marks of direction into names that run from right to
// left, as some do.
func (s *Source) adorn(p Person, c *culture) Person {
	switch n := s.rng.IntN(100); {
	case n < 3:
		p.FirstName = s.write(p.FirstName, " ", pick(s.rng, pictures))
	case n < 4:
		p.FirstName = s.write(pick(s.rng, pictures), p.FirstName, pick(s.rng, pictures))
	case n < 6 && p.LastName != "":
		p.LastName = pick(s.rng, pictures)
	case n < 8 && c.marked:
		p.FirstName = s.write("\u200f", p.FirstName, "\u200e")
	}
	return p
}

func (s *Source) percent(share int) bool { return s.rng.IntN(100) < share }

// chunk is how much of composed text is allocated at once.
const chunk = 1 << 15

// write joins parts. Its results share large pieces of memory, so that 200,000 people are few allocations.
func (s *Source) write(parts ...string) string {
	n := 0
	for _, part := range parts {
		n += len(part)
	}
	from := s.room(n)
	for _, part := range parts {
		s.written.WriteString(part)
	}
	return s.written.String()[from:]
}

// writeBytes is write for a single part that its owner will change.
func (s *Source) writeBytes(text []byte) string {
	from := s.room(len(text))
	s.written.Write(text)
	return s.written.String()[from:]
}

// room makes sure that n bytes can be written without moving what was, and returns where they begin.
func (s *Source) room(n int) int {
	if s.written.Cap()-s.written.Len() < n {
		s.written = strings.Builder{}
		s.written.Grow(max(n, chunk))
	}
	return s.written.Len()
}
