package gatekeeper_test

import (
	"context"
	"sync"
	"time"

	"rollcall/internal/membership"
)

// eventsOfAPage is how many events of the admin log come at once.
const eventsOfAPage = 3

// otherLists is how many pages a walk has beside those of the members.
const otherLists = 3

// fakeGroup is a group as the owner's account sees it: members in one list, and an admin log.
type fakeGroup struct {
	mu          sync.Mutex // guards what follows
	members     []membership.UserID
	total       int                // that Telegram counts; 0 is as many as there are
	log         []membership.Event // oldest first; Ref is the event's id
	lookUp      lookUp
	refused     error                // of Describe, Page and Tail
	refuses     func(call int) error // likewise, of their n-th call; nil is no refusal
	refusesTail error                // of Tail alone
	calls       int
	demoted     bool               // the account is no administrator
	asked       int                // lookups
	pages       []int              // asked for, by number; each has 200 members, or is one of the other lists
	tails       int                // calls
	asks        int                // of Describe
	hold        chan struct{}      // where set, Page and Tail wait for its closing
	joined      membership.Instant // where set, every row's date
}

func (g *fakeGroup) set(change func(*fakeGroup)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

func (g *fakeGroup) held() {
	g.mu.Lock()
	hold := g.hold
	g.mu.Unlock()
	if hold != nil {
		<-hold
	}
}

func (g *fakeGroup) Describe(context.Context) (membership.Group, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asks++
	total := len(g.members)
	if g.total != 0 {
		total = g.total
	}
	return membership.Group{ID: theGroup, Kind: membership.Supergroup, Total: total, Admin: !g.demoted}, g.refusal()
}

func (g *fakeGroup) Page(_ context.Context, w membership.Walk, q membership.Query) (membership.Page, error) {
	g.held()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pages = append(g.pages, w.Checkpoint.Pages+1)
	p := membership.Page{Group: theGroup, Walk: w.ID, Query: q, Calls: 1}
	err := g.refusal()
	switch {
	case err != nil:
		return p, err
	case q.List != membership.ListRecent:
		return p, nil
	}
	for _, user := range g.members[min(q.Offset, len(g.members)):min(q.Offset+membership.PageLimit, len(g.members))] {
		p.Rows = append(p.Rows, membership.Row{
			Sighting: membership.Sighting{
				User: user, State: member, Date: g.joined, Dated: g.joined != 0, Read: membership.At(time.Now()), Walk: w.ID,
				Row: uint32(w.Checkpoint.Rows + len(p.Rows)),
			},
			Profile: membership.Profile{User: user, FirstName: "P"},
		})
	}
	p.Received, p.Count = len(p.Rows), len(g.members)
	return p, nil
}

func (g *fakeGroup) Tail(_ context.Context, after membership.Tail, below int64) (membership.TailPage, error) {
	g.held()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tails++
	p := membership.TailPage{Asked: membership.At(time.Now())}
	if g.refusesTail != nil {
		return p, g.refusesTail
	}
	if err := g.refusal(); err != nil {
		return p, err
	}
	for i := len(g.log) - 1; i >= 0 && p.Rows < eventsOfAPage; i-- {
		e := g.log[i]
		id := int64(e.Evidence.Ref)
		if id < after.LastID || (below != 0 && id >= below) || p.Asked.Sub(e.Evidence.At) >= membership.AdminLogRetention {
			continue
		}
		if p.Newest == 0 {
			p.Newest, p.NewestDate = id, e.Evidence.At
		}
		p.Oldest, p.OldestDate = id, e.Evidence.At
		p.Rows++
		if id != after.LastID {
			p.Events = append(p.Events, e)
			p.Entries = append(p.Entries, membership.LogEntry{ID: id, At: e.Evidence.At, Kind: membership.LogJoined, User: e.User})
		}
	}
	return p, nil
}

func (g *fakeGroup) LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	g.mu.Lock()
	g.asked++
	f := g.lookUp
	g.mu.Unlock()
	if f == nil {
		f = cannotTell
	}
	return f(ctx, user)
}

// refusal is the answer to a call of Describe, Page or Tail that is none; mu is held.
func (g *fakeGroup) refusal() error {
	g.calls++
	if g.refuses != nil {
		if err := g.refuses(g.calls); err != nil {
			return err
		}
	}
	return g.refused
}

// logs makes the admin log tell of n joins, by the people 1 to n.
func (g *fakeGroup) logs(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range n {
		g.log = append(g.log, membership.Event{
			Group: theGroup, User: membership.UserID(len(g.log) + 1), State: member, Moved: true, Evidence: membership.Evidence{
				Source: membership.SourceAdminLog, Grade: membership.GradeA, Ref: uint64(1000 + len(g.log)),
				At: membership.At(time.Now()) + membership.Instant(i), Recorded: membership.At(time.Now()),
			},
		})
	}
}

func (g *fakeGroup) has(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members = nil
	for i := range n {
		g.members = append(g.members, membership.UserID(i+1))
	}
}

func (g *fakeGroup) walked() []int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]int{}, g.pages...)
}

func (g *fakeGroup) tailed() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.tails
}

func (g *fakeGroup) described() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asks
}

func (g *fakeGroup) lookups() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}
