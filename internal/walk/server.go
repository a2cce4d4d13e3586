package walk

import (
	"math"

	"rollcall/internal/membership"
)

// server is what a walk has measured of the server, and takes for true until it is shown otherwise.
type server struct {
	search int  // rows of a search that can be read
	recent int  // rows of the recent list that can be read
	firm   bool // search was seen to end there
	// suspect is where a list ended that may have been short of its count by ghosts alone.
	suspect int
	rule    rule

	counted, shown int     // counts and rows of the lists that were read to their end, without the short ones
	excess         float64 // the largest share by which such a list was longer than its count
	exact          int     // lists read to their end that held everybody known whom the rule finds
	tested, missed int     // people known whom such lists should have shown, and those of them who were missing
}

// untrusting is how many lists must have borne the rule out before a count closes a prefix (walk.md §6, I1).
const untrusting = 3

// overMatch is the share of people missing from complete lists above which the rule is wrong (walk.md §6, I1).
const overMatch = 0.005

// shortList is the length below which a list says nothing about how well counts fit: one person who left is too large a part of it.
const shortList = 50

// trusted says that a count of the server's may close a prefix: the rule was borne out, and lists are not longer than their counts.
func (s *server) trusted() bool {
	return s.exact >= untrusting && s.excess < 0.01 && (s.missed < untrusting || float64(s.missed) <= overMatch*float64(s.tested))
}

// ghosts is the share of people who are counted but listed nowhere.
func (s *server) ghosts() float64 {
	if s.counted == 0 || s.shown >= s.counted {
		return 0
	}
	return float64(s.counted-s.shown) / float64(s.counted)
}

// tolerance is how many of a list of that count are most likely ghosts. Half a deviation more than the mean: without it every other list would
// be read to its end for nobody.
func (s *server) tolerance(count int) float64 {
	g := s.ghosts() * float64(count)
	if g < 0.5 {
		return 0
	}
	return g + math.Sqrt(g)/2
}

// ended notes how long a list was that was read to its end.
func (s *server) ended(count, rows int) {
	if count < shortList {
		return
	}
	s.counted += count
	s.shown += min(rows, count)
	s.excess = max(s.excess*0.9, float64(rows-count)/float64(count))
}

// stopped notes that a list ended at an offset, short of its count, and says whether that is as far as lists can be read. Ghosts shorten a list a
// little, to any length: then a second list has to end there. A row or two more than a window were seen (telegram.md §1.1).
func (s *server) stopped(offset, count int) bool {
	if offset < membership.PageLimit {
		return false
	}
	if again := offset - s.suspect; float64(offset) > 0.9*float64(count) && (again < -2 || again > 2) {
		s.suspect = offset
		return false
	}
	s.search, s.firm = min(s.search, offset), true
	return true
}

// went notes that rows were read up to an offset. More rows than an earlier walk could read show that its window is no more.
func (s *server) went(offset int) {
	if offset > s.search {
		s.search, s.firm = max(membership.ParticipantWindow, offset), false
	}
}

// endsAt says that a list can be read no further. A window that only an earlier walk saw is tried again.
func (s *server) endsAt(offset int) bool {
	return offset >= membership.ParticipantWindow || offset >= s.search && s.firm
}

// serverOf begins with what an earlier walk measured, if there was one.
func serverOf(p membership.ServerProfile, recent int) server {
	s := server{search: membership.ParticipantWindow, recent: recent, rule: expected}
	if p.Window > 0 {
		s.search, s.rule = p.Window, rule(p.Rule)
	}
	return s
}

func (w *Walker) profile() membership.ServerProfile {
	return membership.ServerProfile{
		Window: w.server.search, Measured: w.server.firm, Ordered: w.ordered.holds(), Ghosts: w.server.ghosts(), Rule: membership.SearchRule(w.server.rule),
	}
}
