package walk

import (
	"iter"
	"math"

	"rollcall/internal/membership"
)

// Audit finds out, in a group too large for one list, who of those known to be in is shown no more, without walking it again. It asks for the count
// of a prefix: where that is the number of known members whom the prefix finds, or more, all of them are confirmed with one call. Where it is less, the
// difference is followed to longer prefixes, or the list is read, whichever should take fewer calls. As soon as whoever was missing is found, the rest
// is confirmed by the count that was given before.
//
// A count can hide one who left behind one who joined. So it confirms for the audit, which then looks elsewhere first; it is no sighting, and no
// evidence of anything. Counts confirm nobody before short lists have borne them out, none any more once lists contradict them, and nobody where
// what was seen of joins and leaves makes it likely that they hide somebody.
//
// The calls go to the prefixes that should together confirm most for them (auditCover), by the squares of the ages: somebody twice as old counts for
// four. Finding those who left counts as much as confirming all others. What is worth most for its calls is asked for first.
type Audit struct {
	o      AuditOptions
	server server // window, rule, and how well counts fit
	k      known
	t      *trie
	people []auditee // by number; somebody whose names changed has two, of whom the former is settled

	calls    int
	inside   int // members and those who joined
	suspects int
	tested   int // people whom lists that were read to their end should have shown
	fits     int // such lists that had as many rows as their count said
	misfits  int // and those that had not

	begun   bool
	queue   []int32 // nodes to be asked for, the next one last
	reading bool    // current is read to its end
	chosen  bool    // current was chosen and is not answered yet
	current int32   // the node whose list is read; 0 is the recent list
	listed  int     // how many the server lists; -1 where it does not say
	recent  recentList
	asks    []auditAsk // by what a node has in ask
	counted []membership.UserID
	pace    churn
	plan    auditPlan
	result  AuditResult
}

// auditee is what the audit knows of a person.
type auditee struct {
	age   float32 // of the confirmation, in any unit; 0 once settled
	shown int32   // number of the call that showed them last; 0 none
	gone  bool    // they are suspected
}

// recentList is how far the list of the recent was read.
type recentList struct {
	next  int
	ended bool
	yield float64 // the weight that the last page confirmed
	fresh int     // people in it who were not known
}

// auditAsk is a prefix that was asked for.
type auditAsk struct {
	node  int32
	count int // -1 where there was none
	next  int // where to read on; as many rows came
	left  int // members in it who were not confirmed before
	state auditState
}

type auditState uint8

const (
	mismatched auditState = iota // the count did not fit
	divided                      // the same, and longer prefixes were asked for
	unreadable                   // the same, and it can be read no further
	settled                      // its people are confirmed or suspected
)

// AuditOptions are what an audit is given.
type AuditOptions struct {
	// Calls is how many it may make.
	Calls int
	// Server is what a walk of the group measured.
	Server membership.ServerProfile
}

// Member is somebody known to be in whom a list should show, with the age of the last confirmation in whatever unit, the same for all. Who is known
// to be in and in no list, a deleted account say, is no member here.
type Member struct {
	Profile membership.Profile
	Age     float32
}

// AuditResult is what an audit found.
type AuditResult struct {
	Calls     int
	Listed    int // how many the server lists; -1 where it does not say
	Known     int // how many members it was given
	Confirmed int // of them those confirmed by a count or by a row
	Wordless  int // of the others those whom no search finds: only the readable part of the recent list can confirm them
	Joined    int // people shown who were no members
	// Distrusted says that the answers cannot be right, or are by another rule than was measured. Then the suspects are none, and a walk is the way to
	// learn more.
	Distrusted bool
	// Suspects were not shown where they should have been: to be looked up. Some will have changed their names.
	Suspects []membership.UserID
	// Oldest is the greatest age of a member whom this audit did not confirm, among those whom a search can find; 0 where it confirmed all.
	Oldest float32
}

// NewAudit begins an audit of the members.
func NewAudit(o AuditOptions, members iter.Seq[Member]) *Audit {
	a := &Audit{o: o, server: serverOf(o.Server, membership.ParticipantWindow)}
	a.t = newTrie(&a.k)
	for m := range members {
		a.add(&m.Profile, max(m.Age, math.SmallestNonzeroFloat32))
	}
	a.result.Known = a.inside
	return a
}

// add takes somebody in.
func (a *Audit) add(p *membership.Profile, age float32) int32 {
	i := a.k.add(p, a.server.rule)
	a.people = append(a.people, auditee{age: age})
	a.t.add(i)
	a.inside++
	return i
}

// Next is the call to make. It is false when the audit is done.
func (a *Audit) Next() (membership.Query, bool) {
	if a.calls >= a.o.Calls || a.distrusted() {
		return membership.Query{}, false
	}
	if a.begun && !a.chosen && !a.choose() {
		return membership.Query{}, false
	}
	if a.current == 0 {
		return membership.Query{List: membership.ListRecent, Offset: a.recent.next}, true
	}
	q := membership.Query{List: membership.ListSearch, Text: a.t.text(a.current)}
	if i := a.t.nodes[a.current].ask; i >= 0 {
		q.Offset = a.asks[i].next
	}
	return q, true
}

// choose finds the call to make: the next page of a list, the next of the prefixes that an earlier answer had asked for, or the best of all. It is
// false where nothing is left.
func (a *Audit) choose() bool {
	for !a.reading && !a.chosen {
		if n := len(a.queue); n > 0 {
			a.current, a.queue = a.queue[n-1], a.queue[:n-1]
			a.chosen = a.t.nodes[a.current].ask < 0 && a.left(a.current) > 0 && !a.under(a.current, settled)
			continue
		}
		best, ok := a.best()
		if !ok {
			return false
		}
		if a.t.nodes[best].ask >= 0 {
			a.pursue(best)
			continue
		}
		a.current, a.chosen = best, true
	}
	a.chosen = true
	return true
}

// manySuspects may be found although nobody is missing: as many joined as left, or changed their names.
const manySuspects = 50

// distrusted says that the server shows nobody at all, or that far more people are in none of their lists than are missing, and than one in twenty
// of those whom the lists should have shown.
func (a *Audit) distrusted() bool {
	if !a.begun {
		return false
	}
	missing := 0
	if a.listed >= 0 {
		missing = max(0, a.inside-a.listed)
	}
	return a.recent.next == 0 || a.suspects > manySuspects+2*missing && a.suspects*20 > a.tested
}

// Take takes the answer to what Next asked, and returns those members whom its count confirmed and no row. The slice is good until the next call.
func (a *Audit) Take(q membership.Query, p membership.Page) (counted []membership.UserID) {
	a.calls++
	a.chosen, a.counted = false, a.counted[:0]
	left := a.left(a.current)
	a.plan.gained = 0
	fresh := a.meet(p)
	if q.List == membership.ListSearch {
		a.pace.rows += float64(len(p.Rows))
		a.pace.fresh += float64(fresh)
	}
	switch {
	case q.List == membership.ListRecent:
		a.takeRecent(p, fresh)
	case q.Offset == 0:
		a.first(p, left, fresh)
	default:
		a.read(p)
	}
	if a.begun {
		a.explain()
		a.price()
	}
	return a.counted
}

// Result is what the audit found so far.
func (a *Audit) Result() AuditResult {
	r := a.result
	r.Calls, r.Listed, r.Distrusted = a.calls, a.listed, a.distrusted()
	r.Suspects = nil
	for i := range a.people {
		p := &a.people[i]
		if p.gone && !r.Distrusted {
			r.Suspects = append(r.Suspects, a.k.ids[i])
		}
		switch {
		case a.k.flags[i]&wordless == 0:
			r.Oldest = max(r.Oldest, p.age)
		case p.age > 0:
			r.Wordless++
		}
	}
	return r
}
