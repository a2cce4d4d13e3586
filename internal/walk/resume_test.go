package walk_test

import (
	"errors"
	"iter"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// stored are pages as the roster gives them back.
func stored(pages []membership.Page) iter.Seq2[membership.Page, error] {
	return func(yield func(membership.Page, error) bool) {
		for _, p := range pages {
			p.After = membership.Checkpoint{}
			p.Rows, p.Again = slices.Clone(p.Rows), slices.Clone(p.Again)
			if !yield(p, nil) {
				return
			}
		}
	}
}

// Stopped after any page, a walk goes on where it was: it stands at the same checkpoint, and makes the same calls to the end.
func TestResumeIsTheSameWalk(t *testing.T) {
	opt := group(12_000, membership.Fast)
	var whole []outcome
	var servers []simulated
	for _, r := range variants {
		if r.churn > 0 {
			continue // the group would be another for the second walk
		}
		o, s := walked(t, r.options(t, world.Options{Seed: 31, Members: opt.Total, Profile: people.Russian}), opt.Level)
		whole, servers = append(whole, o), append(servers, s)
		middle := len(o.pages) / 2
		half, err := walk.Resume(opt, stored(o.pages[:middle]))
		require.NoError(t, err, "%v", r)
		rest := conduct(t, half, s, 0)
		require.Equal(t, o.pages[middle:], rest.pages, "%v", r)
		require.Equal(t, o.final, rest.final, "%v", r)
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, len(whole)-1).Draw(rt, "variant")
		pages := whole[n].pages
		at := rapid.IntRange(0, len(pages)).Draw(rt, "pages")
		w, err := walk.Resume(opt, stored(pages[:at]))
		require.NoError(rt, err)
		if at > 0 {
			require.Equal(rt, pages[at-1].After, w.Checkpoint())
		}
		for _, want := range pages[at:min(at+3, len(pages))] {
			p, _ := read(w.Checkpoint(), servers[n])
			require.Equal(rt, want, w.Take(p))
		}
	})
}

func TestResumeSaysWhatItCannotRead(t *testing.T) {
	broken := errors.New("a damaged page")
	_, err := walk.Resume(group(100, membership.Normal), func(yield func(membership.Page, error) bool) { yield(membership.Page{}, broken) })
	require.ErrorIs(t, err, broken)
}

// What is stored of a page is enough to know whom it showed, and no row is stored that says nothing new.
func TestPagesKeepWhomTheyShowed(t *testing.T) {
	o, _ := walked(t, world.Options{Seed: 32, Members: 15_000}, membership.Normal)
	said, again := map[membership.UserID]int{}, 0
	for i, p := range o.pages {
		whom := make([]membership.UserID, len(o.answers[i].rows))
		for _, r := range p.Rows {
			whom[int(r.Sighting.Row)-rowsBefore(o, i)] = r.Sighting.User
			said[r.Sighting.User]++
		}
		for _, r := range p.Again {
			whom[r.Place] = r.User
			again++
		}
		for n, r := range o.answers[i].rows {
			require.Equal(t, r.Sighting.User, whom[n], "page %d, place %d", i, n)
		}
	}
	require.Greater(t, again, 5_000)
	for user, rows := range said {
		require.LessOrEqual(t, rows, 3, "rows of %d", user)
	}
}

func rowsBefore(o outcome, page int) int {
	if page == 0 {
		return 0
	}
	return o.pages[page-1].After.Rows
}

// hostile answers as the bytes say: any count, rows of anybody or nobody, equal pages without end.
func hostile(script []byte) scripted {
	at := 0
	next := func() int {
		if len(script) == 0 {
			return 0
		}
		b := script[at%len(script)]
		at++
		return int(b)
	}
	counts := []int{-1 << 31, -1, 0, 1, 199, 200, 201, 1_000, 10_000, 10_001, 30_000, 1 << 31}
	names := []string{"", "anna", "Анна", "ана", "a b c d", "🙂", "\x00\xff", "é̂", "آنا", "王", "\u0301", "ﷺ", "A_b_c", "\u202eanna"}
	return func(q membership.Query) answer {
		a := answer{count: counts[next()%len(counts)]}
		n, kind := next(), next()
		if n > 250 {
			a.received = -1 // refused
			return a
		}
		for i := range n % 210 {
			who := kind*7 + i*(kind%3)
			r := row(membership.UserID(1+who), membership.In, names[who%len(names)], names[kind%len(names)]+strconv.Itoa(who%37), "")
			if kind%11 == 3 && i%2 == 0 {
				r = row(membership.UserID(1+who), membership.Out, names[next()%len(names)], "", "u_"+strconv.Itoa(i))
			}
			a.rows = append(a.rows, r)
		}
		a.received = len(a.rows) + kind%4
		return a
	}
}

var hostileScripts = [][]byte{
	nil,
	{11, 200, 1},
	{2, 200, 0},
	{11, 200, 2, 0, 199, 4},
	{8, 200, 1, 9, 200, 1},
	{10, 200, 14, 3, 0, 0, 251},
	{7, 200, 25, 11, 100, 3, 1, 5, 9, 0},
	[]byte("every list is as long as it likes, and longer"),
}

// A walk of people who are few ends soon, however many the server counts.
func TestHostileServersAreLeft(t *testing.T) {
	for _, script := range hostileScripts {
		for _, level := range []membership.Level{membership.Fast, membership.Normal, membership.Thorough, membership.Exhaustive} {
			o := conduct(t, walk.New(group(25_000, level)), hostile(script), 0)
			require.Less(t, len(o.pages), 2_000, "%v, %v", script, level)
		}
	}
}

// Whatever the server answers, nothing is asked twice, and the walk is the same again when its pages are read anew. The calls are bounded to have many
// servers tried.
func FuzzHostileServer(f *testing.F) {
	for _, script := range hostileScripts {
		for kind := range uint8(3) {
			f.Add(script, kind, uint8(len(script)))
		}
	}
	f.Fuzz(func(t *testing.T, script []byte, kind, level uint8) {
		kinds := []membership.GroupKind{membership.Supergroup, membership.Channel, membership.BasicGroup}
		opt := walk.Options{
			Kind: kinds[int(kind)%len(kinds)], Level: membership.Fast + membership.Level(level%4), Total: []int{0, 150, 9_999, 25_000}[level/4%4],
		}
		w := walk.New(opt)
		o, s := outcome{seen: make(map[membership.UserID]bool)}, hostile(script)
		for range 500 {
			if !w.Checkpoint().Done() {
				o.call(w, s)
			}
		}
		o.final = w.Checkpoint()
		requireNoneTwice(t, o)
		require.Len(t, o.seen, o.final.In)
		for _, p := range o.final.Search.Open {
			require.Positive(t, p.Missing)
			require.GreaterOrEqual(t, p.Count, 0)
		}
		at := len(o.pages) * int(level) / 256
		again, err := walk.Resume(opt, stored(o.pages[:at]))
		require.NoError(t, err)
		if at > 0 {
			require.Equal(t, o.pages[at-1].After, again.Checkpoint())
		}
	})
}
