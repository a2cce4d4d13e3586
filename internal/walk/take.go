package walk

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"maps"
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
		w.luck[w.promised.kind].take(w.promised.raw, float64(news))
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

// shown is somebody whom a page shows in; profile is nil where an earlier page told it.
type shown struct {
	place   int
	user    membership.UserID
	profile *membership.Profile
}

// split takes the rows out of a page that say what this walk has heard before, and returns the people whom the page shows in, in its order.
// Who was shown among administrators and bots only is not known to the searches yet: then the row stays.
func (w *Walker) split(p *membership.Page) []shown {
	members := w.cp.Next.List == membership.ListRecent || w.cp.Next.List == membership.ListSearch
	var in []shown
	for _, again := range p.Again {
		in = append(in, shown{place: again.Place, user: again.User})
	}
	rows := make([]membership.Row, 0, len(p.Rows))
	for i := range p.Rows {
		row := &p.Rows[i]
		user, place := row.Sighting.User, int(row.Sighting.Row)-w.cp.Rows
		if row.Sighting.State.Presence == membership.In {
			in = append(in, shown{place: place, user: user, profile: &row.Profile})
		}
		said, heard := fingerprint(row), w.rows[user]
		_, known := w.k.index[user]
		if heard == said && (!members || known && row.Sighting.State.Presence == membership.In) {
			p.Again = append(p.Again, membership.Repeat{Place: place, User: user})
			continue
		}
		w.rows[user] = said
		rows = append(rows, *row)
	}
	p.Rows = rows
	slices.SortFunc(in, func(a, b shown) int { return cmp.Compare(a.place, b.place) })
	return in
}

// fingerprint is a number for what a row says of a person, when it was read apart. It is never 0.
func fingerprint(r *membership.Row) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	s := &r.Sighting
	flags := byte(0)
	for i, b := range [...]bool{s.State.Lifted, s.Dated, r.Profile.Bot, r.Profile.Deleted, r.Profile.Min} {
		if b {
			flags |= 1 << i
		}
	}
	_, _ = h.Write([]byte{byte(s.State.Presence), byte(s.State.Role), byte(s.State.Departure), flags})
	var b [24]byte
	binary.LittleEndian.PutUint64(b[0:], uint64(s.State.Until))
	binary.LittleEndian.PutUint64(b[8:], uint64(s.Date))
	binary.LittleEndian.PutUint64(b[16:], uint64(s.By))
	_, _ = h.Write(b[:])
	for _, text := range [...]string{r.Profile.FirstName, r.Profile.LastName, r.Profile.Username} {
		_, _ = h.WriteString(text)
		_ = h.WriteByte(0)
	}
	return h.Sum64() | 1
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
		}
	}
	c.Search = w.search()
}

// meet takes in the people of an answer, and returns which they are.
func (w *Walker) meet(people []shown, flag uint8) []int32 {
	rows := make([]int32, 0, len(people))
	for _, p := range people {
		i, known := w.k.index[p.user]
		if !known && p.profile == nil {
			continue // shown by another list only
		}
		if !known {
			i = w.k.add(p.profile, w.server.rule)
			w.k.flags[i] |= flag
			w.t.add(i)
			w.join(i)
			w.shown = append(w.shown, 0)
			w.in++
		}
		w.shown[i] = int32(w.calls)
		rows = append(rows, i)
	}
	return rows
}

func (w *Walker) takeRecent(a membership.Page, seen []shown) {
	l := w.list(membership.ListRecent)
	flag := uint8(0)
	if w.phase == sampling {
		flag = fromRecent
	}
	w.meet(seen, flag)
	if w.phase == ending {
		l.count = a.Count
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
		t.nodes[n].ask = int32(len(w.asks))
		count := a.Count
		if count <= 0 && a.Received > 0 {
			count = -1
		}
		w.asks = append(w.asks, ask{text: q.Text, space: space, node: n, count: count, before: int32(w.k.len()), call: int32(w.calls)})
	}
	s := &w.asks[t.nodes[n].ask]
	if a.Received < 0 {
		s.state = refused
		t.divide(n) // longer prefixes may be allowed
		return
	}
	rows := w.meet(seen, 0)
	if q.Offset == 0 {
		w.ordered.test(&w.k, rows)
	}
	s.next += a.Received
	s.rows += a.Received
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
		w.server.ended(s.count, s.rows)
		w.close(s.space, s.node)
	case s.space == 0 && s.state == open && s.gapTo == 0 && s.rows == s.next && s.rows <= membership.PageLimit:
		if skip := int(w.skipped(&w.t.nodes[s.node])); skip > s.next {
			s.gapFrom, s.gapTo, s.next = s.next, skip, skip
		}
	}
}

// explain closes the prefixes that hold nobody unknown any more, by their counts.
func (w *Walker) explain() {
	if !w.server.trusted() {
		return
	}
	for i := range w.asks {
		s := &w.asks[i]
		if s.node != 0 && (s.state == open || s.state == cutOff) && !w.vague(s.count) && w.missing(s.space, s.node) == 0 {
			s.state = explained
			w.close(s.space, s.node)
		}
	}
}

// overMatch tests the rule by a list that was just read to its end: whom it should have shown and did not. It says whether another rule is
// in force now.
func (w *Walker) overMatch(s *ask) bool {
	if s.state != complete || s.gapTo > 0 || s.before == 0 {
		return false
	}
	missed, byUsername, byMarks := 0, 0, 0
	names, marked := w.server.rule, w.server.rule
	names.Usernames, marked.Marks = false, false
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
		case !names.finds(p, s.text):
			byUsername++
		case !marked.finds(p, s.text):
			byMarks++
		}
	})
	w.server.missed += missed
	w.evidence.byUsername += byUsername
	w.evidence.byMarks += byMarks
	if missed == 0 {
		w.server.exact++
	}
	bad := func(n int) bool {
		return n >= untrusting && float64(n) > overMatch*float64(w.server.tested) && n*10 >= w.server.missed*6
	}
	switch {
	case w.server.rule.Usernames && bad(w.evidence.byUsername):
		return w.believe(names)
	case w.server.rule.Marks && bad(w.evidence.byMarks):
		return w.believe(marked)
	}
	return false
}

// rebuild counts everybody anew by the rule in force. Lists that were read to their end stay so; what was closed by counts was closed by
// another rule's, and is open again (I1).
func (w *Walker) rebuild() {
	w.k.reword(w.server.rule)
	w.t, w.besides = newTrie(&w.k), nil
	for i := range int32(w.k.len()) {
		w.t.add(i)
	}
	clear(w.price)
	for i := range w.asks {
		s := &w.asks[i]
		text := w.server.rule.fold(s.text)
		s.node = 0
		if s.space > 0 {
			s.space = 0
			continue // it was asked under another rule, and what it showed is known
		}
		n := w.t.at(text)
		if other := w.t.nodes[n].ask; other >= 0 && w.asks[other].rows >= s.rows {
			continue
		}
		s.node, w.t.nodes[n].ask = n, int32(i)
		if s.state == explained {
			s.state = open
		}
		if s.count > w.server.search || s.state == cutOff {
			w.t.divide(n)
		}
		if s.state == complete {
			w.close(0, n)
		}
	}
	w.current, w.queue, w.moved = 0, nil, true
	if w.phase == planned || w.phase == seeking {
		w.phase = initials
		w.queue = w.initials()
	}
}

// close takes everybody under the node out of the sample of the unknown, there and under all their other words.
func (w *Walker) close(space, n int32) {
	t := w.trieOf(space)
	if t.nodes[n].closed {
		return
	}
	t.nodes[n].closed = true
	t.each(n, func(person int32) {
		if w.k.flags[person]&covered == 0 {
			w.k.flags[person] |= covered
			w.t.uncount(person)
			w.forget(person)
		}
	})
}
