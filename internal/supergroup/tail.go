package supergroup

import (
	"context"
	"errors"
	"fmt"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// logLimit is how many events Telegram returns a call at most (telegram.md §4).
const logLimit = 100

// ErrNoAdminLog means that the group keeps no admin log: basic groups do not.
var ErrNoAdminLog = errors.New("a basic group keeps no admin log")

// Tail reads one page of the admin log, newest first: events from after.LastID on and, where below is not 0, under it. The next page
// down is asked for with the returned Oldest; the log's end is a page without rows. All actions are asked for, so that the
// ends of the page are the log's own; those about membership are returned as events too. The event LastID, which shows that the page
// overlaps with what was read before, counts as a row and is not returned again.
func (g *Group) Tail(ctx context.Context, after membership.Tail, below int64) (membership.TailPage, error) {
	if g.group.Kind == membership.BasicGroup {
		return membership.TailPage{}, ErrNoAdminLog
	}
	ctx, asked := g.stamp(ctx)
	r, err := g.api.ChannelsGetAdminLog(ctx, &tg.ChannelsGetAdminLogRequest{
		Channel: g.channel(), MaxID: below, MinID: max(0, after.LastID-1), Limit: logLimit,
	})
	if err != nil {
		return membership.TailPage{}, fmt.Errorf("read the admin log above %d: %w", after.LastID, tlmap.Failure(methodAdminLog, err))
	}
	g.remember(r.Users)
	page := membership.TailPage{Rows: len(r.Events), Asked: membership.At(asked())}
	recorded := membership.At(g.now())
	for _, e := range r.Events {
		if entry, ok := tlmap.LogEntry(e); ok && e.ID > after.LastID {
			page.Events = append(page.Events, tlmap.AdminLogEvents(e, g.group, recorded)...)
			page.Entries = append(page.Entries, entry)
		}
		if page.Newest == 0 || e.ID > page.Newest {
			page.Newest, page.NewestDate = e.ID, membership.Instant(e.Date)
		}
		if page.Oldest == 0 || e.ID < page.Oldest {
			page.Oldest, page.OldestDate = e.ID, membership.Instant(e.Date)
		}
	}
	page.Profiles = named(page.Events, r.Users)
	return page, nil
}

// named are the profiles of those whom the events name, as subject or as who did it. The log mentions many others.
func named(events []membership.Event, users []tg.UserClass) []membership.Profile {
	wanted := make(map[membership.UserID]bool, 2*len(events))
	for _, e := range events {
		wanted[e.User], wanted[e.Evidence.Actor] = true, true
	}
	var out []membership.Profile
	for _, u := range users {
		if p, ok := tlmap.Profile(u); ok && wanted[p.User] {
			out = append(out, p)
			delete(wanted, p.User)
		}
	}
	return out
}
