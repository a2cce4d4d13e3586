package people

import (
	"math/rand/v2"
	"strconv"
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
	rng     *rand.Rand
	made    uint64
	hostile int // the next kind of hostile name; taking them in turn shows each kind early
}

// stream keeps this package's numbers apart from others drawn from the same seed.
const stream = 0x70656f706c65

// New returns the source of the seed's people.
func New(seed uint64) *Source {
	return &Source{rng: rand.New(rand.NewPCG(seed, stream))}
}

// Shares in percent.
const (
	hostileShare    = 2
	noLastNameShare = 48
	noUsernameShare = 30
)

// Next makes one more person.
func (s *Source) Next() Person {
	hostile := s.percent(hostileShare)
	script := s.script()
	p := Person{FirstName: pick(s.rng, script.first)}
	if !s.percent(noLastNameShare) {
		p.LastName = pick(s.rng, script.last)
	}
	handle := pick(s.rng, handles)
	if !s.percent(noUsernameShare) {
		// The number is the person's own, so no two usernames meet.
		p.Username = handle + "_" + strconv.FormatUint(s.made, 36)
	}
	if hostile {
		h := hostileNames[s.hostile%len(hostileNames)]
		s.hostile++
		p.FirstName, p.LastName = h.FirstName, h.LastName
	}
	s.made++
	return p
}

func (s *Source) percent(share int) bool { return s.rng.IntN(100) < share }

// script picks a script by its share.
func (s *Source) script() script {
	n := s.rng.IntN(scriptTotal)
	for _, sc := range scripts {
		if n < sc.share {
			return sc
		}
		n -= sc.share
	}
	return scripts[0]
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// script is a writing system with some of its names.
type script struct {
	share       int
	first, last []string
}

func words(s string) []string { return strings.Fields(s) }
