package roster_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// replay is what the roster has of an open walk's pages; nothing where the walk ended.
func replay(t failer, r *roster.Roster, walk uint32) []membership.Page {
	t.Helper()
	var all []membership.Page
	for p, err := range r.Pages(context.Background(), testGroup, walk) {
		if err != nil {
			require.ErrorIs(t, err, roster.ErrNoWalk)
			return nil
		}
		all = append(all, p)
	}
	return bare(all)
}

// bare are the pages without where the walk stood after each, and with lists that are not nil.
func bare(pages []membership.Page) []membership.Page {
	var all []membership.Page
	for _, p := range pages {
		p.After = membership.Checkpoint{}
		p.Rows = append([]membership.Row{}, p.Rows...)
		p.Again = append([]membership.Repeat{}, p.Again...)
		all = append(all, p)
	}
	return all
}

// anyPage is the page that answers what the walk asks, with anything in it that a server or its people could put there.
func anyPage(t *rapid.T, w membership.Walk) membership.Page {
	number := rapid.OneOf(rapid.IntRange(-2, 300), rapid.SampledFrom([]int{math.MinInt, math.MaxInt32, math.MaxInt}))
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "an", "бо", "\u202e\x00"}), rapid.String())
	user := rapid.Custom(func(t *rapid.T) membership.UserID {
		return membership.UserID(rapid.OneOf(rapid.Int64Range(1, 9), rapid.Int64Range(1, math.MaxInt64)).Draw(t, "user"))
	})
	c := w.Checkpoint
	p := membership.Page{
		Group: testGroup, Walk: w.ID, Query: c.Next, Received: number.Draw(t, "received"), Count: number.Draw(t, "count"),
		Calls: rapid.IntRange(0, 3).Draw(t, "calls"), FloodWaits: rapid.IntRange(0, 2).Draw(t, "waits"),
		Waited: time.Duration(rapid.Int64().Draw(t, "waited")),
	}
	for i := range rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 45)).Draw(t, "rows") {
		// A place is missing here and there: the row said what an earlier one had said.
		r := row(user.Draw(t, "of"), c.Rows+2*i, member)
		r.Profile.FirstName = text.Draw(t, "name")
		r.Sighting.By = user.Draw(t, "by")
		p.Rows = append(p.Rows, r)
	}
	for range rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 200)).Draw(t, "again") {
		place := rapid.OneOf(rapid.IntRange(0, 200), rapid.Just(math.MaxUint16)).Draw(t, "place")
		p.Again = append(p.Again, membership.Repeat{Place: place, User: user.Draw(t, "whom")})
	}
	c.Pages++
	c.Rows += 2 * (len(p.Rows) + len(p.Again))
	c.Next = membership.Query{List: membership.ListSearch, Text: text.Draw(t, "text"), Offset: number.Draw(t, "offset")}
	c.Search.Unfinished = number.Draw(t, "unfinished")
	c.Search.Open = []membership.Partition{{Text: c.Next.Text, Count: number.Draw(t, "of"), Missing: 1}}
	p.After = c
	return p
}

// Law: what was staged is read again, whatever it is, however often the process ended, and whatever was merged meanwhile.
func TestPagesAreReadAsTheyWereStaged(t *testing.T) {
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		path, c := filepath.Join(dir, strconv.Itoa(n)), &clock{at: start}
		r := openAt(t, path, c)
		r.NoSync()
		w, err := r.BeginWalk(context.Background(), testGroup, first(3))
		require.NoError(t, err)
		var want []membership.Page
		for range rapid.OneOf(rapid.IntRange(0, 6), rapid.IntRange(60, 70)).Draw(t, "pages") {
			p := anyPage(t, w)
			require.NoError(t, r.StagePage(context.Background(), p))
			want, w.Checkpoint = append(want, p), p.After
			switch rapid.IntRange(0, 9).Draw(t, "then") {
			case 0:
				require.NoError(t, r.Close())
				r = openAt(t, path, c)
				r.NoSync()
			case 1:
				_, err := r.MergeWalk(context.Background(), testGroup, membership.DefaultPolicy())
				require.NoError(t, err)
			}
		}
		require.Equal(t, bare(want), replay(t, r, w.ID))
		stored, open, err := r.OpenWalk(context.Background(), testGroup)
		require.NoError(t, err)
		require.True(t, open)
		if len(want) > 0 {
			require.Equal(t, w.Checkpoint.Search, stored.Checkpoint.Search)
			require.Equal(t, w.Checkpoint.Next, stored.Checkpoint.Next)
		}
		clean(t, r)
		require.NoError(t, r.Close())
	})
}

// searchWalk stages so many pages of a row each.
func searchWalk(t *testing.T, r *roster.Roster, n int) script {
	t.Helper()
	var rows [][]membership.Row
	for i := range n {
		rows = append(rows, []membership.Row{row(membership.UserID(i+1), i, member)})
	}
	s := scriptOf(rows)
	_, err := r.BeginWalk(t.Context(), testGroup, first(n))
	require.NoError(t, err)
	for _, p := range s {
		require.NoError(t, r.StagePage(t.Context(), p))
	}
	return s
}

// Pages are handed over while others are staged, and those that come then are not waited for.
func TestPagesAreReadWhileOthersAreStaged(t *testing.T) {
	r, _ := open(t)
	s := searchWalk(t, r, 40)
	w, _, err := r.OpenWalk(t.Context(), testGroup)
	require.NoError(t, err)
	read := 0
	for p, err := range r.Pages(t.Context(), testGroup, 1) {
		require.NoError(t, err)
		require.Equal(t, bare(s[read : read+1])[0].Again, p.Again)
		read++
		more := membership.Page{Group: testGroup, Walk: 1, After: w.Checkpoint}
		more.After.Pages += read
		require.NoError(t, r.StagePage(t.Context(), more))
	}
	require.Equal(t, 40, read)
	for p, err := range r.Pages(t.Context(), testGroup, 1) {
		require.NoError(t, err)
		require.Equal(t, uint32(1), p.Walk)
		break
	}
}

func TestPagesOfNoOpenWalk(t *testing.T) {
	r, _ := open(t)
	ends := func(ctx context.Context, walk uint32, want error) {
		t.Helper()
		n := 0
		for _, err := range r.Pages(ctx, testGroup, walk) {
			n++
			require.ErrorIs(t, err, want)
		}
		require.Equal(t, 1, n)
	}
	ends(t.Context(), 1, roster.ErrNoWalk)
	searchWalk(t, r, 40)
	ends(t.Context(), 2, roster.ErrNoWalk)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ends(ctx, 1, context.Canceled)

	var last error
	read := 0
	for _, err := range r.Pages(t.Context(), testGroup, 1) {
		if last = err; err != nil {
			break
		}
		if read++; read == 1 {
			_, err := r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
			require.NoError(t, err)
			_, err = r.FinishWalk(t.Context(), testGroup, 40)
			require.NoError(t, err)
		}
	}
	require.ErrorIs(t, last, roster.ErrNoWalk, "it ended meanwhile")
	require.Less(t, read, 40)
	ends(t.Context(), 1, roster.ErrNoWalk)
}

func TestStagePageRefusesWhatCouldNotBeReadAgain(t *testing.T) {
	r, _ := open(t)
	_, err := r.BeginWalk(t.Context(), testGroup, membership.Checkpoint{Pages: 1})
	require.Error(t, err)
	_, err = r.BeginWalk(t.Context(), testGroup, membership.Checkpoint{Level: membership.Exhaustive + 1})
	require.Error(t, err)
	_, open, err := r.OpenWalk(t.Context(), testGroup)
	require.NoError(t, err)
	require.False(t, open)
	s := scriptOf([][]membership.Row{{row(1, 0, member)}, {row(2, 1, member)}})
	_, err = r.BeginWalk(t.Context(), testGroup, first(2))
	require.NoError(t, err)
	require.NoError(t, r.StagePage(t.Context(), s[0]))
	for what, spoil := range map[string]func(*membership.Page){
		"another query's": func(p *membership.Page) { p.Query.Text = "\x1b]0;" },
		"another page's":  func(p *membership.Page) { p.Query.Offset++ },
		"no list":         func(p *membership.Page) { p.After.Next.List = membership.ListSearch + 1 },
		"no level":        func(p *membership.Page) { p.After.Level = membership.Exhaustive + 1 },
		"nobody again":    func(p *membership.Page) { p.Again = []membership.Repeat{{Place: 1}} },
		"no place":        func(p *membership.Page) { p.Again = []membership.Repeat{{Place: -1, User: 1}} },
		"too far":         func(p *membership.Page) { p.Again = []membership.Repeat{{Place: 1 << 16, User: 1}} },
		"too many":        func(p *membership.Page) { p.Rows = make([]membership.Row, 1<<16) },
	} {
		t.Run(what, func(t *testing.T) {
			p := s[1]
			spoil(&p)
			err := r.StagePage(t.Context(), p)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "\x1b")
			require.Equal(t, bare(s[:1]), replay(t, r, 1))
		})
	}
	require.NoError(t, r.StagePage(t.Context(), s[1]))
}

// A walk that goes on is as it was stored, and shares nothing with whoever began it.
func TestBeginWalkReturnsWhatIsStored(t *testing.T) {
	r, _ := open(t)
	c := first(5)
	c.Counts = map[membership.List]int{membership.ListRecent: 5}
	w, err := r.BeginWalk(t.Context(), testGroup, c)
	require.NoError(t, err)
	c.Counts[membership.ListRecent] = 6
	again, err := r.BeginWalk(t.Context(), testGroup, first(9))
	require.NoError(t, err)
	require.Equal(t, w, again)
	require.Equal(t, 5, again.Checkpoint.TotalBefore)
	require.Equal(t, 5, again.Checkpoint.Counts[membership.ListRecent])
	require.NotNil(t, again.Checkpoint.Search.Open)
}

// fill gives every field a value that is not zero, each another.
func fill(v reflect.Value, n *int) {
	*n++
	switch of := v.Addr().Interface().(type) {
	case *membership.List:
		*of = membership.List(1 + *n%int(membership.ListSearch))
	case *membership.Level:
		*of = membership.Exhaustive
	default:
		fillKind(v, n)
	}
}

func fillKind(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString(fmt.Sprint("é", *n))
	case reflect.Float64:
		v.SetFloat(1 / float64(*n))
	default:
		v.SetInt(int64(*n)) // panics over a kind that it does not know
	}
}

// Whatever a checkpoint says is stored, and what of it a certificate says, too: a field that is new and left out fails here.
func TestEveryFieldOfACheckpointIsStored(t *testing.T) {
	r, _ := open(t)
	var c membership.Checkpoint
	n := 0
	fill(reflect.ValueOf(&c).Elem(), &n)
	c.Counts[membership.ListRecent] = 7
	begun := c
	begun.Pages, begun.Rows = 0, 0
	w, err := r.BeginWalk(t.Context(), testGroup, begun)
	require.NoError(t, err)
	require.Equal(t, begun, w.Checkpoint)
	c.Pages = 1
	require.NoError(t, r.StagePage(t.Context(), membership.Page{Group: testGroup, Walk: 1, Query: c.Next, After: c}))
	w, _, err = r.OpenWalk(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, c, w.Checkpoint)
	last := c
	last.Next, last.Pages = membership.Query{}, 2
	require.NoError(t, r.StagePage(t.Context(), membership.Page{
		Group: testGroup, Walk: 1, Query: c.Next, Rows: []membership.Row{row(1, 0, member), row(2, 1, banned)}, After: last,
	}))
	_, err = r.MergeWalk(t.Context(), testGroup, membership.DefaultPolicy())
	require.NoError(t, err)
	cert, err := r.FinishWalk(t.Context(), testGroup, 9)
	require.NoError(t, err)
	w, _, err = r.LastAudit(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, &cert, w.Certificate)
	require.Equal(t, c.Search, cert.Search)
	for i, v := 0, reflect.ValueOf(cert); i < v.NumField(); i++ {
		require.False(t, v.Field(i).IsZero(), v.Type().Field(i).Name)
	}
}

func TestCheckFindsPagesThatAreNotWhole(t *testing.T) {
	for what, spoil := range map[string]func(*roster.Roster) error{
		"no answer":          func(r *roster.Roster) error { return r.DropBlock(testGroup, 2, 0) },
		"no last answer":     func(r *roster.Roster) error { return r.DropBlock(testGroup, 4, 0) },
		"no rows":            func(r *roster.Roster) error { return r.DropBlock(testGroup, 3, 1) },
		"rows of another":    func(r *roster.Roster) error { return r.CopyBlock(testGroup, [2]int{1, 1}, [2]int{2, 1}) },
		"rows too many":      func(r *roster.Roster) error { return r.CopyBlock(testGroup, [2]int{2, 1}, [2]int{2, 2}) },
		"rows for an answer": func(r *roster.Roster) error { return r.CopyBlock(testGroup, [2]int{2, 1}, [2]int{2, 0}) },
		"a page too many":    func(r *roster.Roster) error { return r.CopyBlock(testGroup, [2]int{4, 0}, [2]int{5, 0}) },
	} {
		t.Run(what, func(t *testing.T) {
			r := openAt(t, filepath.Join(t.TempDir(), "roster.db"), &clock{at: start})
			_, err := r.BeginWalk(t.Context(), testGroup, first(4))
			require.NoError(t, err)
			for _, p := range scriptOf([][]membership.Row{
				{row(1, 0, member), row(2, 1, member)}, {row(3, 2, member)}, {row(4, 4, member)}, {row(5, 6, member)}, {},
			})[:4] {
				require.NoError(t, r.StagePage(t.Context(), p))
			}
			clean(t, r)
			require.NoError(t, spoil(r))
			problems, err := r.Check(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, problems)
			require.NoError(t, r.Close())
		})
	}
}
