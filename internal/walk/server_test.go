package walk_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// answer is what a server says to a query. Rows are about people, Received counts those of channels too.
type answer struct {
	rows     []membership.Row
	received int
	count    int
}

// server answers queries.
type server interface {
	answer(q membership.Query) answer
}

// scripted is a server of a few lines.
type scripted func(q membership.Query) answer

func (f scripted) answer(q membership.Query) answer { return f(q) }

// simulated is the simulator's group, asked in this process and without MTProto.
type simulated struct {
	tb testing.TB
	*world.World
}

func still() time.Time { return time.Unix(1_700_000_000, 0) }

func simulate(tb testing.TB, o world.Options) simulated {
	tb.Helper()
	o.Now = still
	return simulated{tb, world.New(o)}
}

var filters = map[membership.List]world.Filter{
	membership.ListRecent: world.Recent, membership.ListAdmins: world.Admins, membership.ListBots: world.Bots,
	membership.ListKicked: world.Kicked, membership.ListBanned: world.Restricted, membership.ListSearch: world.Search,
}

func (s simulated) answer(q membership.Query) answer {
	list, err := s.Participants(s.Owner(), s.Group().ID, world.ListRequest{
		Filter: filters[q.List], Query: q.Text, Offset: q.Offset, Limit: membership.PageLimit,
	})
	require.NoError(s.tb, err)
	users := make(map[int64]*tg.User, len(list.Users))
	for _, u := range list.Users {
		users[u.GetID()] = u.(*tg.User)
	}
	a := answer{received: len(list.Rows), count: list.Count}
	for _, r := range list.Rows {
		id, presence := whose(r)
		if u := users[id]; u != nil {
			a.rows = append(a.rows, row(membership.UserID(id), presence, u.FirstName, u.LastName, u.Username))
		}
	}
	return a
}

func row(id membership.UserID, presence membership.Presence, first, last, username string) membership.Row {
	return membership.Row{
		Sighting: membership.Sighting{User: id, State: membership.State{Presence: presence}},
		Profile:  membership.Profile{User: id, FirstName: first, LastName: last, Username: username},
	}
}

// whose is whose row it is, and whether it shows them inside; 0 for a channel's.
func whose(r tg.ChannelParticipantClass) (int64, membership.Presence) {
	switch r := r.(type) {
	case *tg.ChannelParticipant:
		return r.UserID, membership.In
	case *tg.ChannelParticipantSelf:
		return r.UserID, membership.In
	case *tg.ChannelParticipantAdmin:
		return r.UserID, membership.In
	case *tg.ChannelParticipantCreator:
		return r.UserID, membership.In
	case *tg.ChannelParticipantBanned:
		if u, ok := r.Peer.(*tg.PeerUser); ok && !r.Left {
			return u.UserID, membership.In
		} else if ok {
			return u.UserID, membership.Out
		}
	}
	return 0, membership.Out
}

// outcome is a walk that was made: every page as it would be stored, and every answer as it came.
type outcome struct {
	pages   []membership.Page
	answers []answer
	seen    map[membership.UserID]bool // in the lists of members
	final   membership.Checkpoint
	marks   map[float64]int // calls after which so many percent of goal were seen
}

// tooMany is more calls than any walk of the tests may make.
const tooMany = 60_000

// read is the page that the server gives to the walk's next query.
func read(cp membership.Checkpoint, s server) (membership.Page, answer) {
	a := s.answer(cp.Next)
	p := membership.Page{Query: cp.Next, Received: a.received, Count: a.count, Calls: 1}
	for i, r := range a.rows {
		r.Sighting.Row = uint32(cp.Rows + i)
		p.Rows = append(p.Rows, r)
	}
	return p, a
}

// conduct walks to the end. goal is how many people the percentages are of; 0 asks for none.
func conduct(tb testing.TB, w *walk.Walker, s server, goal int, percents ...float64) outcome {
	tb.Helper()
	out := outcome{seen: make(map[membership.UserID]bool), marks: make(map[float64]int)}
	for w.Checkpoint().Next.List != 0 {
		require.Less(tb, len(out.pages), tooMany, "the walk does not end; it asks for %+v", w.Checkpoint().Next)
		out.call(w, s)
		for _, percent := range percents {
			if _, done := out.marks[percent]; !done && float64(len(out.seen))*100 >= percent*float64(goal) {
				out.marks[percent] = len(out.pages)
			}
		}
	}
	out.final = w.Checkpoint()
	return out
}

// call makes the walk's next call.
func (out *outcome) call(w *walk.Walker, s server) {
	cp := w.Checkpoint()
	p, a := read(cp, s)
	out.pages = append(out.pages, w.Take(p))
	out.answers = append(out.answers, a)
	if cp.Next.List != membership.ListRecent && cp.Next.List != membership.ListSearch {
		return
	}
	for _, r := range a.rows {
		if r.Sighting.State.Presence == membership.In {
			out.seen[r.Sighting.User] = true
		}
	}
}

// walked walks a simulated group.
func walked(tb testing.TB, o world.Options, level membership.Level) (outcome, simulated) {
	tb.Helper()
	s := simulate(tb, o)
	return conduct(tb, walk.New(group(o.Members, level)), s, 0), s
}

func group(members int, level membership.Level) walk.Options {
	return walk.Options{Kind: membership.Supergroup, Total: members, Level: level}
}

// truth is the simulated group as it is.
type truth struct {
	listed    int // inside, not deleted
	reachable map[membership.UserID]bool
}

// truth says who can be listed, and who can be reached: they have a letter or digit in a name that is searched, or stand where the recent list
// can be read.
func (s simulated) truth(names world.SearchRules) truth {
	recent := make(map[membership.UserID]bool)
	for q := (membership.Query{List: membership.ListRecent}); ; {
		a := s.answer(q)
		if a.received == 0 {
			break
		}
		q.Offset += a.received
		for _, r := range a.rows {
			recent[r.Sighting.User] = true
		}
	}
	facts, err := s.Truth("")
	require.NoError(s.tb, err)
	t := truth{reachable: make(map[membership.UserID]bool, len(facts))}
	for _, f := range facts {
		if !f.In || f.Deleted || f.Anonymous {
			continue
		}
		t.listed++
		text := f.First + f.Last
		if !names.NoUsernames {
			text += f.Username
		}
		if names.FoldFancy {
			text = norm.NFKC.String(text)
		}
		id := membership.UserID(f.ID)
		if recent[id] || strings.ContainsFunc(text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
			t.reachable[id] = true
		}
	}
	return t
}

// missed is how many of the group's listed people the walk did not see.
func (t truth) missed(o outcome) int { return t.listed - t.inside(o) }

// inside is how many of those seen are inside now. Of people who cannot be reached none were seen.
func (t truth) inside(o outcome) int {
	n := 0
	for id := range t.reachable {
		if o.seen[id] {
			n++
		}
	}
	return n
}

// share is the percentage of the reachable that the walk saw.
func (t truth) share(o outcome) float64 {
	return 100 * float64(t.inside(o)) / math.Max(1, float64(len(t.reachable)))
}

// ratio is what the walk cost beside the least that anybody could need.
func (t truth) ratio(calls int) float64 {
	return float64(calls) / math.Ceil(float64(len(t.reachable))/membership.PageLimit)
}

// rules are a variant of the server, as the simulator's flags name it.
type rules struct {
	search, lists string
	cap           int
	churn         int
}

func (r rules) String() string {
	parts := []string{}
	for _, p := range []string{r.search, r.lists} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if r.cap > 0 {
		parts = append(parts, fmt.Sprintf("search-cap=%d", r.cap))
	}
	if r.churn > 0 {
		parts = append(parts, fmt.Sprintf("churn=%d", r.churn))
	}
	if len(parts) == 0 {
		return "as expected"
	}
	return strings.Join(parts, " ")
}

func (r rules) options(tb testing.TB, o world.Options) world.Options {
	tb.Helper()
	var err error
	o.Search, err = world.ParseSearchRules(r.search)
	require.NoError(tb, err)
	o.Lists, err = world.ParseListRules(r.lists)
	require.NoError(tb, err)
	o.SearchCap, o.Churn = r.cap, r.churn
	return o
}
