package walk

// explain closes the prefixes that hold nobody unknown any more, by their counts.
func (w *Walker) explain() {
	if !w.server.trusted() {
		return
	}
	for _, i := range w.live() {
		s := &w.asks[i]
		if !s.settled && (s.state == open || s.state == cutOff) && !w.vague(s.count) && w.left(i) == 0 {
			s.state = explained
			w.explained++
			w.close(s.space, s.node)
		}
	}
}

// changed has computed anew what is under the shorter prefixes that were asked for.
func (w *Walker) changed(space, n int32) {
	t := w.trieOf(space)
	for ; n != 0; n = t.nodes[n].parent {
		if a := t.nodes[n].ask; a >= 0 {
			w.stale[a] = true
		}
	}
	if space > 0 {
		w.changed(0, w.besides[space-1].base)
	}
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
	w.living = w.living[:0]
	for i := range w.asks {
		s := &w.asks[i]
		s.node, s.space, w.stale[i] = 0, 0, true
		w.living = append(w.living, int32(i))
		space, n := w.nodeOf(w.server.rule.fold(s.text))
		t := w.trieOf(space)
		if other := t.nodes[n].ask; n == 0 || other == never || other >= 0 && w.asks[other].rows >= s.rows {
			continue
		}
		t.setAsk(n, int32(i))
		s.space, s.node, s.settled = space, n, t.settledAbove(n)
		if s.state == explained {
			s.state = open
			w.explained--
		}
		if s.count > w.server.search || s.state == cutOff {
			t.divide(n)
		}
		if s.state == complete {
			w.close(space, n)
		}
	}
	w.current, w.queue, w.moved = 0, nil, true
	if w.phase > sampling && w.phase < ending {
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
	w.changed(space, n)
	t.below(n, func(m int32) {
		if a := t.nodes[m].ask; a >= 0 {
			w.asks[a].settled = w.asks[a].settled || m != n
		}
		t.here(m, w.cover)
	})
}

// shorten has lists end where they are known to end now, and those missing counted anew.
func (w *Walker) shorten() {
	for i := range w.asks {
		s := &w.asks[i]
		if w.stale[i] = true; s.state == open && s.count > w.server.search && w.server.endsAt(s.next) {
			s.state = cutOff
			w.trieOf(s.space).divide(s.node)
		}
	}
}
