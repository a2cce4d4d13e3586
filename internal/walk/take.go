package walk

import (
	"cmp"
	"hash/maphash"
	"maps"
	"math/bits"
	"slices"

	"rollcall/internal/membership"
)

// Take takes the answer to the checkpoint's next query, and returns the page as it is to be stored: without the rows that say what was said
// before, and with where the walk stands after it. A page that was stored is taken likewise.
func (w *Walker) Take(p membership.Page) membership.Page {
	q, seen := w.cp.Next, w.split(&p)
	if q.List != membership.ListSearch {
		p.Received = max(0, p.Received) // only texts are refused
	}
	w.calls++
	before := w.k.len()
	switch q.List {
	case membership.ListSearch:
		w.takeSearch(q, p, seen)
	case membership.ListRecent:
		w.takeRecent(p, seen)
	default:
		w.list(q.List).take(w.o.Kind, w.o.Total, p.Received, p.Count)
	}
	news := w.k.len() - before
	if w.dry++; news > 0 {
		w.dry = 0
	}
	if w.phase == seeking {
		w.luck[w.promised.kind].take(w.promised.people, float64(news))
	}
	if q.List == membership.ListRecent {
		w.recentYield = float64(news)
	}
	w.note(p)
	w.advance()
	w.cp.CallsLeft = w.callsLeft()
	p.Query, p.After = q, w.cp
	p.After.Counts = maps.Clone(w.cp.Counts)
	return p
}

// shown is somebody whom a page shows in: their number, or -1; profile is nil where an earlier page told it.
type shown struct {
	place   int
	user    membership.UserID
	number  int32
	profile *membership.Profile
}

// split takes the rows out of a page that say what this walk has heard before, and returns the people whom the page shows in, in its order.
// Who was shown among administrators and bots only is not known to the searches yet: then the row stays.
func (w *Walker) split(p *membership.Page) []shown {
	members := w.cp.Next.List == membership.ListRecent || w.cp.Next.List == membership.ListSearch
	in := make([]shown, 0, len(p.Again)+len(p.Rows))
	for _, again := range p.Again {
		number, _ := w.k.number(again.User)
		in = append(in, shown{place: again.Place, user: again.User, number: number})
	}
	w.k.heard.reserve(w.k.heard.used + len(p.Rows))
	w.places = w.k.heard.places(p.Rows, w.places[:0])
	repeated := w.repeated[:0]
	for i, at := range w.places {
		row := &p.Rows[i]
		shows := row.Sighting.State.Presence == membership.In
		who := w.k.heard.at(at, row.Sighting.User)
		if shows {
			in = append(in, shown{place: int(row.Sighting.Row) - w.cp.Rows, user: who.user, number: who.number, profile: &row.Profile})
		}
		said := fingerprint(row)
		if who.said == said && (!members || who.number >= 0 && shows) {
			repeated = append(repeated, i)
		}
		who.said = said
	}
	w.repeated = repeated
	if len(p.Again) > 0 {
		slices.SortFunc(in, func(a, b shown) int { return cmp.Compare(a.place, b.place) })
	}
	if len(repeated) > 0 {
		p.Rows, p.Again = w.without(p.Rows, repeated), slices.Concat(p.Again, w.repeats(p.Rows, repeated))
	}
	return in
}

// without are the rows without those at the places.
func (w *Walker) without(rows []membership.Row, places []int) []membership.Row {
	rest, from := make([]membership.Row, 0, len(rows)-len(places)), 0
	for _, at := range places {
		rest, from = append(rest, rows[from:at]...), at+1
	}
	return append(rest, rows[from:]...)
}

// repeats stand for the rows at the places.
func (w *Walker) repeats(rows []membership.Row, places []int) []membership.Repeat {
	out := make([]membership.Repeat, len(places))
	for i, at := range places {
		s := &rows[at].Sighting
		out[i] = membership.Repeat{Place: int(s.Row) - w.cp.Rows, User: s.User}
	}
	return out
}

// fingerprint is a number for what a row says of a person, when it was read apart. It is never 0.
func fingerprint(r *membership.Row) uint64 {
	s := &r.Sighting
	said := uint64(s.State.Presence) | uint64(s.State.Role)<<8 | uint64(s.State.Departure)<<16
	for i, b := range [...]bool{s.State.Lifted, s.Dated, r.Profile.Bot, r.Profile.Deleted, r.Profile.Min} {
		if b {
			said |= 1 << (24 + i)
		}
	}
	for _, part := range [...]uint64{
		uint64(s.State.Until), uint64(s.Date), uint64(s.By), maphash.String(seed, r.Profile.FirstName), maphash.String(seed, r.Profile.LastName),
		maphash.String(seed, r.Profile.Username),
	} {
		high, low := bits.Mul64(said^part, spread)
		said = (high ^ low) + part
	}
	return said | 1
}

var seed = maphash.MakeSeed()

// note keeps what the page says of the walk.
func (w *Walker) note(p membership.Page) {
	c := &w.cp
	c.Pages++
	c.Rows += len(p.Rows) + len(p.Again)
	c.Calls += p.Calls
	c.FloodWaits += p.FloodWaits
	c.Waited += p.Waited
	c.In = w.in
	c.Full, c.Truncated = []membership.List{}, []membership.List{}
	for _, l := range w.lists {
		if l.offset > 0 || l.state != reading {
			c.Counts[l.of] = l.count
		}
		switch l.state {
		case full:
			c.Full = append(c.Full, l.of)
		case cut:
			c.Truncated = append(c.Truncated, l.of)
		case reading:
			if l.of == membership.ListRecent && w.phase > sampling {
				c.Truncated = append(c.Truncated, l.of) // a sample of it was read
			}
		}
	}
	c.Search = w.search()
}

// meet takes in the people of an answer, and returns which they are.
func (w *Walker) meet(people []shown, flag uint8) []int32 {
	rows := make([]int32, 0, len(people))
	for _, p := range people {
		i := p.number
		if i < 0 && p.profile == nil {
			continue // shown by another list only
		}
		if i < 0 {
			i, _ = w.k.number(p.user) // the page may have shown them above
		}
		if i < 0 {
			i = w.k.add(p.profile, w.server.rule)
			w.k.flags[i] |= flag
			w.count(i)
			w.shown = append(w.shown, 0)
			w.in++
		}
		if w.k.flags[i]&flag != flag { // a search had shown them before
			w.k.flags[i] |= flag
			for _, n := range w.t.over(i) {
				w.t.nodes[n].recent++
			}
		}
		w.shown[i] = int32(w.calls)
		rows = append(rows, i)
	}
	return rows
}

func (w *Walker) takeRecent(a membership.Page, seen []shown) {
	l := w.list(membership.ListRecent)
	flag := uint8(0)
	if w.phase == sampling || w.phase == initials {
		flag = fromRecent
	}
	w.meet(seen, flag)
	if w.phase == ending {
		if hides := 2*a.Count < l.count; !hides {
			l.count = a.Count
		}
		return
	}
	l.take(w.o.Kind, w.o.Total, a.Received, a.Count)
	if l.state == reading && a.Received == 0 || l.state == full && w.o.Total > 2*l.offset && l.offset >= membership.PageLimit && l.count > l.offset {
		l.state = cut
	}
	if l.state == cut {
		w.server.recent = l.offset
	}
}

func (w *Walker) takeSearch(q membership.Query, a membership.Page, seen []shown) {
	space, n := w.nodeOf(q.Text)
	t := w.trieOf(space)
	if t.nodes[n].ask < 0 {
		count := a.Count
		if count <= 0 && a.Received != 0 {
			count = -1
		}
		t.setAsk(n, w.enlist(ask{
			text: q.Text, space: space, node: n, count: count, before: int32(w.k.len()), call: int32(w.calls), settled: t.settledAbove(n),
		}))
	}
	s := &w.asks[t.nodes[n].ask]
	w.changed(space, n)
	if a.Received < 0 {
		s.state = refused
		t.divide(n) // longer prefixes may be allowed
		return
	}
	rows := w.meet(seen, 0)
	if q.Offset == 0 && !w.ordered.over {
		w.ordered.test(&w.k, rows)
	}
	s.rows += a.Received
	if s.filling {
		s.rows -= max(0, s.next+a.Received-s.gapTo) // what is behind the gap was read before it
	}
	s.next += a.Received
	w.measure(s, q, a)
	w.progress(s, a)
	if s.state == ignored {
		return // whoever it shows says nothing of the rule
	}
	if space == 0 && (w.witness(q.Text, rows) || w.overMatch(s)) {
		return // everything was built anew
	}
	w.explain()
}

// measure learns what can be read of a search.
func (w *Walker) measure(s *ask, q membership.Query, a membership.Page) {
	window := w.server.search
	defer func() {
		if w.server.search != window {
			w.shorten()
		}
	}()
	w.server.went(s.next)
	if q.Offset > 0 && a.Count >= membership.PageLimit && s.count > 0 && a.Count*10 <= s.count*9 {
		w.server.search, w.server.firm = min(w.server.search, a.Count), true // cut to what can be read (I4)
	}
	if a.Received == 0 && s.count > 0 && s.next < s.end() && !w.server.stopped(s.next, s.count) {
		return // the rest are ghosts
	}
	if s.space == 0 && s.count >= 0 && q.Offset == 0 && s.count*100 >= w.listed()*99 && int(w.t.nodes[s.node].known)*2 < w.k.len() {
		s.state, s.count = ignored, -1 // (I7)
		w.t.divide(s.node)
	}
}

// progress decides how the list stands after a page.
func (w *Walker) progress(s *ask, a membership.Page) {
	if s.state != open {
		return
	}
	long := s.count > w.server.search || s.next >= membership.ParticipantWindow && s.count < 0
	atEnd := a.Received == 0 || (s.filling || s.count >= 0) && s.next >= s.end()
	switch {
	case long && w.server.endsAt(s.next), a.Received == 0 && s.count > 0 && s.next >= w.server.search && s.next < s.count:
		s.state = cutOff
	case atEnd && s.gapTo > 0 && !s.filling:
		s.filling, s.next = true, s.gapFrom
	case atEnd:
		s.state = complete
	}
	if long || s.state == cutOff {
		w.trieOf(s.space).divide(s.node)
	}
	switch {
	case s.state == complete:
		ghosts := w.server.ghosts()
		if w.server.ended(s.count, s.rows); w.server.ghosts() != ghosts {
			w.shorten()
		}
		w.complete++
		w.close(s.space, s.node)
	case s.space == 0 && s.state == open && s.gapTo == 0 && s.rows == s.next && s.rows <= membership.PageLimit:
		if skip := int(w.skipped(&w.t.nodes[s.node])); skip > s.next {
			s.gapFrom, s.gapTo, s.next = s.next, skip, skip
		}
	}
}

// overMatch tests the rule by a list that was just read to its end: whom it should have shown and did not. It says whether another rule is
// in force now.
func (w *Walker) overMatch(s *ask) bool {
	if s.state != complete || s.gapTo > 0 || s.before == 0 {
		return false
	}
	missed, byPart, byUsername, byMarks := 0, 0, 0, 0
	unsplit, names, marked := w.server.rule, w.server.rule, w.server.rule
	unsplit.Split, names.Usernames, marked.Marks = false, false, false
	w.t.each(s.node, func(i int32) {
		if i >= s.before {
			return
		}
		w.server.tested++
		if w.shown[i] >= s.call {
			return
		}
		missed++
		switch p := w.k.person(i); {
		case w.server.rule.Split && !unsplit.finds(p, s.text): // before usernames: it is less to take back
			byPart++
		case !names.finds(p, s.text):
			byUsername++
		case !marked.finds(p, s.text):
			byMarks++
		}
	})
	w.server.missed += missed
	w.evidence.byPart += byPart
	w.evidence.byUsername += byUsername
	w.evidence.byMarks += byMarks
	if missed == 0 {
		w.server.exact++
	}
	bad := func(n int) bool {
		return n >= untrusting && float64(n) > overMatch*float64(w.server.tested) && n*10 >= w.server.missed*6
	}
	switch {
	case w.server.rule.Split && bad(w.evidence.byPart):
		return w.believe(unsplit)
	case w.server.rule.Usernames && bad(w.evidence.byUsername):
		return w.believe(names)
	case w.server.rule.Marks && bad(w.evidence.byMarks):
		return w.believe(marked)
	}
	return false
}
