package roster

import (
	"maps"
	"slices"
	"time"

	"rollcall/internal/membership"
)

// walkValue is a walk with how far its staged pages are merged.
type walkValue struct {
	membership.Walk
	Merged int // pages that are merged
	Merge  mergeProgress
}

// mergeProgress is where a merge that began stands; Upto 0 is no merge.
type mergeProgress struct {
	Upto  int               // pages that this merge covers
	Named bool              // the usernames are merged, the people are not yet
	Name  string            // the last username merged
	User  membership.UserID // the last person merged
	Epoch uint64            // of the name index when the merge began
}

func (v *walkValue) fields(w *wire) {
	unsigned(w, &v.ID)
	signed(w, &v.Group)
	signed(w, &v.Started)
	signed(w, &v.Ended)
	w.checkpoint(&v.Checkpoint)
	certified := v.Certificate != nil
	w.flag(&certified)
	if certified {
		if v.Certificate == nil {
			v.Certificate = new(membership.Certificate)
		}
		w.certificate(v.Certificate)
	}
	signed(w, &v.Merged)
	signed(w, &v.Merge.Upto)
	w.flag(&v.Merge.Named)
	w.text(&v.Merge.Name)
	signed(w, &v.Merge.User)
	w.uint(&v.Merge.Epoch)
}

func (w *wire) checkpoint(c *membership.Checkpoint) {
	w.query(&c.Next)
	signed(w, &c.Pages)
	signed(w, &c.Rows)
	signed(w, &c.Calls)
	tally(w, &c.Counts, (*wire).listName)
	list(w, &c.Full, (*wire).listName)
	list(w, &c.Truncated, (*wire).listName)
	signed(w, &c.TotalBefore)
	signed(w, &c.FloodWaits)
	signed[time.Duration](w, &c.Waited)
	signed(w, &c.In)
	w.level(&c.Level)
	signed(w, &c.CallsLeft)
	w.search(&c.Search)
	w.audit(&c.Audit)
}

// audit is a flag, and an audit where there is one.
func (w *wire) audit(a **membership.Audit) {
	is := *a != nil
	w.flag(&is)
	if !is {
		return
	}
	if w.reading {
		*a = new(membership.Audit)
	}
	for _, n := range [...]*int{&(*a).Budget, &(*a).Known, &(*a).Unlisted, &(*a).Confirmed, &(*a).Counted, &(*a).Wordless, &(*a).Suspects} {
		signed(w, n)
	}
	w.flag(&(*a).Distrusted)
	signed(w, &(*a).Oldest)
}

func (w *wire) query(q *membership.Query) {
	w.listName(&q.List)
	w.text(&q.Text)
	signed(w, &q.Offset)
}

func (w *wire) search(s *membership.Search) {
	signed(w, &s.Prefixes)
	signed(w, &s.Complete)
	signed(w, &s.Explained)
	signed(w, &s.Unfinished)
	list(w, &s.Open, func(w *wire, p *membership.Partition) {
		w.text(&p.Text)
		signed(w, &p.Count)
		signed(w, &p.Missing)
	})
	w.server(&s.Server)
}

// server has its flags in one number: a checkpoint is written with every page.
func (w *wire) server(s *membership.ServerProfile) {
	signed(w, &s.Window)
	w.float(&s.Ghosts)
	flags := [...]*bool{
		&s.Measured, &s.Ordered, &s.Rule.Usernames, &s.Rule.Split, &s.Rule.Marks, &s.Rule.Transliterate, &s.Rule.Fancy, &s.Rule.Inner,
	}
	var f packed
	for _, flag := range flags {
		packFlag(&f, *flag)
	}
	w.uint(&f.v)
	if !w.reading {
		return
	}
	if f.v >= 1<<len(flags) {
		w.bad = true
	}
	f.shift = 0
	for _, flag := range flags {
		unpackFlag(&f, flag)
	}
}

func (w *wire) listName(l *membership.List) { word(w, l, membership.ListSearch) }

func (w *wire) level(l *membership.Level) { word(w, l, membership.Exhaustive) }

func (w *wire) grade(g *membership.Grade) { word(w, g, membership.GradeA) }

// tally writes or reads a map of numbers, in the order of its keys; what was read is never nil.
func tally[K ~uint8](w *wire, m *map[K]int, key func(*wire, *K)) {
	keys := slices.Sorted(maps.Keys(*m))
	n := w.count(len(keys))
	if w.reading {
		*m, keys = make(map[K]int, n), make([]K, n)
	}
	for _, k := range keys {
		v := (*m)[k]
		key(w, &k)
		signed(w, &v)
		if w.reading {
			(*m)[k] = v
		}
	}
}

func (w *wire) certificate(c *membership.Certificate) {
	signed(w, &c.Group)
	unsigned(w, &c.Walk)
	signed(w, &c.Started)
	signed(w, &c.Ended)
	signed(w, &c.Proven)
	signed(w, &c.Listed)
	signed(w, &c.TotalBefore)
	signed(w, &c.TotalAfter)
	signed(w, &c.Unknown)
	list(w, &c.Truncated, (*wire).listName)
	w.level(&c.Level)
	w.search(&c.Search)
	signed(w, &c.Calls)
	signed(w, &c.FloodWaits)
	signed[time.Duration](w, &c.Waited)
	tally(w, &c.Grades, (*wire).grade)
	signed(w, &c.Coverage.Proven)
	signed(w, &c.Coverage.Listed)
	signed(w, &c.Coverage.Total)
	w.float(&c.Coverage.Ratio)
	w.flag(&c.Coverage.Complete)
	list(w, &c.Coverage.Reasons, (*wire).text)
	w.audit(&c.Audit)
}
