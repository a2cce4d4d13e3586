package world

import (
	"cmp"
	"slices"
	"strings"
)

// listing is what a channel keeps to answer for its lists quickly.
type listing struct {
	changes uint64     // grows with each change of the order or of a listed name
	index   *wordIndex // nil until somebody searches a large channel
	last    []result   // of the last searches, the newest first
	pages   int        // asked for so far; what is moved by paging counts them
}

// result is one search's, good as long as nothing changes.
type result struct {
	query   string
	changes uint64
	rows    []int32 // in order, as far as they can be read
	total   int
}

// Bounds of searching: smaller channels are searched without an index, and so many results are kept,
// which is 1.3 MB at most.
const (
	indexFrom  = 1_000
	keptResult = 32
)

// joinedList notes that the row is in the order now.
func (l *listing) joinedList(c *channel, row int32) {
	l.changes++
	if l.index != nil {
		l.index.listed.grow(len(c.rows))
		l.index.known.grow(len(c.rows))
		l.index.listed.set(row)
	}
}

// leftList notes that the row is in the order no more.
func (l *listing) leftList(row int32) {
	l.changes++
	if l.index != nil {
		l.index.listed.clear(row)
	}
}

// renamed notes, wherever the account is listed, that its names or username changed.
func (w *World) renamed(a *account) {
	f := w.opts.Search.folding()
	for _, c := range w.channels {
		row, ok := c.index[a.id]
		if !ok {
			continue
		}
		c.lists.changes++
		if c.lists.index != nil {
			c.lists.index.rename(row, f, a)
		}
	}
}

// Rename gives the account other names; the username stays. Nobody is told.
func (w *World) Rename(id UserID, first, last string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.account(id)
	switch {
	case a == nil:
		return refuse(400, "USER_ID_INVALID")
	case a.deleted:
		return refuse(400, "INPUT_USER_DEACTIVATED")
	case strings.TrimSpace(first) == "":
		return refuse(400, "FIRSTNAME_INVALID")
	}
	a.first, a.last = first, last
	w.renamed(a)
	return nil
}

// wordsOf returns the channel's index with everybody listed in it.
func (w *World) wordsOf(c *channel) *wordIndex {
	f, bound := w.opts.Search.folding(), lateWords
	x := c.lists.index
	if x == nil {
		x = &wordIndex{stale: make(map[int32]struct{})}
		x.listed.grow(len(c.rows))
		x.known.grow(len(c.rows))
		for _, row := range c.order {
			x.listed.set(row)
		}
		c.lists.index, bound = x, buildWords
	}
	for i, listed := range x.listed {
		if fresh := listed &^ x.known[i]; fresh != 0 {
			for row := range (bitset{fresh}).all {
				row += int32(i) << 6
				x.add(row, f, w.account(c.rows[row].user), bound)
			}
		}
	}
	if bound == buildWords {
		x.merge()
	}
	return x
}

// searchRows returns everybody listed who matches, in the order of the rules, as far as top rows, and how many
// there are. The rows are the channel's: they must not be changed.
func (w *World) searchRows(c *channel, m matcher, top int) ([]int32, int) {
	key := strings.Join(m.query, " ")
	if m.transliterate != w.opts.Search.Transliterate {
		key = "=" + key
	}
	l := &c.lists
	if i := slices.IndexFunc(l.last, func(r result) bool { return r.query == key && r.changes == l.changes }); i >= 0 {
		return l.last[i].rows, l.last[i].total
	}
	r := result{query: key, changes: l.changes}
	r.rows, r.total = w.searchAnew(c, m, top)
	l.last = slices.DeleteFunc(l.last, func(old result) bool { return old.changes != l.changes })
	l.last = slices.Insert(l.last[:min(len(l.last), keptResult-1)], 0, r)
	return r.rows, r.total
}

func (w *World) searchAnew(c *channel, m matcher, top int) ([]int32, int) {
	// Mentions may have another folding than the index.
	if len(c.order) < indexFrom || m.transliterate != w.opts.Search.Transliterate {
		var rows []int32
		for _, row := range slices.Backward(c.order) {
			if m.matches(w.account(c.rows[row].user)) {
				rows = append(rows, row)
			}
		}
		return w.readable(c, w.sorted(c, rows), top), len(rows)
	}
	found := w.wordsOf(c).find(m)
	total := found.count()
	// A walk over the order costs the same for all; few rows are sorted faster.
	if w.opts.Search.Order != ByActivity || total < len(c.order)/64 {
		rows := make([]int32, 0, total)
		rows = slices.AppendSeq(rows, found.all)
		slices.SortFunc(rows, func(a, b int32) int { return cmp.Compare(c.rows[b].active, c.rows[a].active) })
		return w.readable(c, w.sorted(c, rows), top), total
	}
	rows := make([]int32, 0, min(top, total))
	for _, row := range slices.Backward(c.order) {
		if len(rows) == top {
			break
		}
		if found.has(row) && !w.ghost(c, c.rows[row].user) {
			rows = append(rows, row)
		}
	}
	return rows, total
}

// sorted puts rows that come by activity into the rules' order.
func (w *World) sorted(c *channel, rows []int32) []int32 {
	switch w.opts.Search.Order {
	case ByJoining:
		slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(c.rows[b].joined, c.rows[a].joined) })
	case Shuffled:
		chance := func(row int32) uint64 { return mix(w.seed ^ uint64(c.rows[row].user)) }
		slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(chance(a), chance(b)) })
	case ByActivity:
	}
	return rows
}

// readable leaves out whom no list shows, and what is past top.
func (w *World) readable(c *channel, rows []int32, top int) []int32 {
	if w.opts.Lists.Ghosts > 0 {
		rows = slices.DeleteFunc(rows, func(row int32) bool { return w.ghost(c, c.rows[row].user) })
	}
	return slices.Clip(rows[:min(len(rows), top)])
}

// ghost says whether the member is counted without being listed. Only plain members are ghosts, and
// always the same ones.
func (w *World) ghost(c *channel, u UserID) bool {
	share := w.opts.Lists.Ghosts
	if share <= 0 || mix(w.seed^0x67686f7374^uint64(u))%1000 >= uint64(share) {
		return false
	}
	return u != w.owner && u != c.creator && c.admins[u] == nil && !w.account(u).bot
}

// search keeps the people who match; with an empty query everybody, channels too.
func (w *World) search(in []peer, q string) []peer {
	m := w.opts.Search.matcher(q)
	if m.everybody() {
		return in
	}
	var out []peer
	for _, p := range in {
		a := &account{}
		if p.kind == kindUser {
			a = w.account(UserID(p.id))
		} else if c := w.channels[ChannelID(p.id)]; c != nil {
			a.first, a.username = c.title, c.username
		}
		if m.matches(a) {
			out = append(out, p)
		}
	}
	return out
}

// cmp2 compares by the first pair, then by the second.
func cmp2[A, B cmp.Ordered](a1, a2 A, b1, b2 B) int {
	return cmp.Or(cmp.Compare(a1, a2), cmp.Compare(b1, b2))
}
