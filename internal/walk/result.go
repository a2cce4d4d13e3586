package walk

import (
	"cmp"
	"iter"
	"slices"

	"rollcall/internal/membership"
)

// search is what the searches came to so far.
func (w *Walker) search() membership.Search {
	s := membership.Search{
		Prefixes: len(w.asks), Complete: w.complete, Explained: w.explained, Open: make([]membership.Partition, 0, membership.OpenNamed+1),
		Server: w.profile(),
	}
	for _, i := range w.live() {
		a := &w.asks[i]
		if a.state != open && a.state != cutOff {
			continue
		}
		if m := int(w.left(i)); m > 0 {
			s.Unfinished++
			s.Open = insert(s.Open, membership.Partition{Text: a.text, Count: max(0, a.count), Missing: m})
		}
	}
	return s
}

// insert keeps the list short and in its order: those with the most missing first.
func insert(list []membership.Partition, p membership.Partition) []membership.Partition {
	order := func(a, b membership.Partition) int {
		return cmp.Or(cmp.Compare(b.Missing, a.Missing), cmp.Compare(a.Text, b.Text))
	}
	if len(list) == membership.OpenNamed && order(p, list[len(list)-1]) >= 0 {
		return list
	}
	at, _ := slices.BinarySearchFunc(list, p, order)
	list = slices.Insert(list, at, p)
	return list[:min(len(list), membership.OpenNamed)]
}

// Resume takes the stored pages of a walk again, in their order.
func Resume(o Options, pages iter.Seq2[membership.Page, error]) (*Walker, error) {
	w := New(o)
	for p, err := range pages {
		if err != nil {
			return nil, err
		}
		w.Take(p)
	}
	return w, nil
}

// spent is how many calls a search makes for each page that its people would fill, by level: what it came to in simulated groups of 20,000 to
// 200,000.
var spent = map[membership.Level]float64{membership.Fast: 2.0, membership.Normal: 2.35, membership.Thorough: 2.7, membership.Exhaustive: 4.5}

// shortSpent is the same where 200 rows of a search can be read.
var shortSpent = map[membership.Level]float64{membership.Fast: 3.2, membership.Normal: 4.7, membership.Thorough: 6.5, membership.Exhaustive: 16}

// Estimate is how many calls a walk of a group of so many will make, more or less.
func Estimate(o Options) int {
	pages := (o.Total + membership.PageLimit - 1) / membership.PageLimit
	switch {
	case o.Kind == membership.BasicGroup:
		return 1
	case o.Kind == membership.Channel:
		return 2 + len(plain(o.Kind))
	case o.Total <= membership.ParticipantWindow:
		return pages + len(plain(o.Kind)) - 2 // the bots stand in the recent list
	case o.Server.Measured && o.Server.Window < 5*membership.PageLimit:
		return int(shortSpent[o.Level] * float64(pages))
	}
	return int(spent[o.Level] * float64(pages))
}

// callsLeft is how many calls the walk will make yet, more or less.
func (w *Walker) callsLeft() int {
	if w.phase == done {
		return 0
	}
	o := w.o
	o.Total, o.Server = w.listed(), w.profile()
	return max(1, Estimate(o)-w.calls)
}
