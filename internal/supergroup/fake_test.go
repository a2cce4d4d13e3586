package supergroup_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
)

const (
	groupID = 500
	me      = 1
)

var (
	readAt   = time.Unix(1_800_000_000, 0)
	serverAt = time.Unix(1_800_000_005, 700)
	group    = membership.Group{ID: groupID, Kind: membership.Supergroup, AccessHash: 77}
	basic    = membership.Group{ID: groupID, Kind: membership.BasicGroup}
)

// fake is Telegram as far as this package calls it. A method whose function is nil refuses.
type fake struct {
	participants func(*tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error)
	participant  func(*tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error)
	fullChannel  func(tg.InputChannelClass) (*tg.MessagesChatFull, error)
	adminLog     func(*tg.ChannelsGetAdminLogRequest) (*tg.ChannelsAdminLogResults, error)
	fullChat     func(int64) (*tg.MessagesChatFull, error)
	dialogs      func(*tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error)
	resolve      func(string) (*tg.ContactsResolvedPeer, error)
	before       func(context.Context) // each call; may be nil
	calls        int
}

func call[Q, R any](ctx context.Context, f *fake, method func(Q) (R, error), q Q) (R, error) {
	f.calls++
	if f.before != nil {
		f.before(ctx)
	}
	if method == nil {
		var none R
		return none, tgerr.New(400, "INPUT_METHOD_INVALID")
	}
	return method(q)
}

func (f *fake) ChannelsGetParticipants(ctx context.Context, r *tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
	return call(ctx, f, f.participants, r)
}

func (f *fake) ChannelsGetParticipant(ctx context.Context, r *tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error) {
	return call(ctx, f, f.participant, r)
}

func (f *fake) ChannelsGetFullChannel(ctx context.Context, c tg.InputChannelClass) (*tg.MessagesChatFull, error) {
	return call(ctx, f, f.fullChannel, c)
}

func (f *fake) ChannelsGetAdminLog(ctx context.Context, r *tg.ChannelsGetAdminLogRequest) (*tg.ChannelsAdminLogResults, error) {
	return call(ctx, f, f.adminLog, r)
}

func (f *fake) MessagesGetFullChat(ctx context.Context, id int64) (*tg.MessagesChatFull, error) {
	return call(ctx, f, f.fullChat, id)
}

func (f *fake) MessagesGetDialogs(ctx context.Context, r *tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
	return call(ctx, f, f.dialogs, r)
}

func (f *fake) ContactsResolveUsername(ctx context.Context, r *tg.ContactsResolveUsernameRequest) (*tg.ContactsResolvedPeer, error) {
	return call(ctx, f, f.resolve, r.Username)
}

// hashes is what the session keeps.
type hashes map[int64]int64

func (h hashes) SetUserHashes(seen map[int64]int64) { maps.Copy(h, seen) }
func (h hashes) UserHash(id int64) (int64, bool)    { hash, ok := h[id]; return hash, ok }
func clock(t time.Time) func() time.Time            { return func() time.Time { return t } }
func users(ids ...int64) (out []tg.UserClass)       { return appendUsers(out, ids) }
func plain(id int64) tg.ChannelParticipantClass {
	return &tg.ChannelParticipant{UserID: id, Date: 1_700_000_000}
}

func bannedRow(p tg.PeerClass) *tg.ChannelParticipantBanned {
	return &tg.ChannelParticipantBanned{
		Left: true, Peer: p, KickedBy: me, Date: 1_700_000_000, BannedRights: tg.ChatBannedRights{ViewMessages: true},
	}
}

func appendUsers(out []tg.UserClass, ids []int64) []tg.UserClass {
	for _, id := range ids {
		out = append(out, &tg.User{ID: id, AccessHash: 10 * id, FirstName: "Ann"})
	}
	return out
}

func reader(f *fake, g membership.Group, h supergroup.Hashes) *supergroup.Group {
	return supergroup.New(f, supergroup.Config{Group: g, Me: me, Hashes: h, Now: clock(readAt), ServerNow: clock(serverAt)})
}

// people makes n rows with ids from first on.
func people(first int64, n int) []tg.ChannelParticipantClass {
	rows := make([]tg.ChannelParticipantClass, 0, n)
	for i := range n {
		rows = append(rows, plain(first+int64(i)))
	}
	return rows
}

// lists serves each list as Telegram does: 200 rows a call at most, from the list as it stands at that moment.
type lists struct {
	rows  map[membership.List][]tg.ChannelParticipantClass
	count map[membership.List]int // where it differs from the length
	cap   map[membership.List]int // beyond it pages are empty; 0 is none
	page  int                     // rows a page; 0 is 200
	then  func(l membership.List) // after every page
	asked []*tg.ChannelsGetParticipantsRequest
}

func (l *lists) serve(r *tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error) {
	l.asked = append(l.asked, r)
	list := listOf(r.Filter)
	rows := l.rows[list]
	count := len(rows)
	if c, ok := l.count[list]; ok {
		count = c
	}
	if c := l.cap[list]; c != 0 {
		rows = rows[:min(c, len(rows))]
	}
	size := 200
	if l.page != 0 {
		size = l.page
	}
	from := min(r.Offset, len(rows))
	page := rows[from:min(from+min(size, r.Limit), len(rows))]
	a := &tg.ChannelsChannelParticipants{Count: count, Participants: slices.Clone(page)}
	for _, p := range a.Participants {
		if p, ok := p.(*tg.ChannelParticipant); ok {
			a.Users = appendUsers(a.Users, []int64{p.UserID})
		}
	}
	if l.then != nil {
		l.then(list)
	}
	return a, nil
}

func listOf(f tg.ChannelParticipantsFilterClass) membership.List {
	switch f.(type) {
	case *tg.ChannelParticipantsRecent:
		return membership.ListRecent
	case *tg.ChannelParticipantsAdmins:
		return membership.ListAdmins
	case *tg.ChannelParticipantsBots:
		return membership.ListBots
	case *tg.ChannelParticipantsKicked:
		return membership.ListKicked
	case *tg.ChannelParticipantsBanned:
		return membership.ListBanned
	}
	return 0
}

func (l *lists) callsFor(list membership.List) int {
	n := 0
	for _, r := range l.asked {
		if listOf(r.Filter) == list {
			n++
		}
	}
	return n
}

// walk walks to the end, each page through a fresh reader: nothing may be kept outside the checkpoint.
func walk(t *testing.T, f *fake, g membership.Group, total int) (membership.Walk, []membership.Page) {
	t.Helper()
	w := membership.Walk{ID: 3, Group: g.ID, Checkpoint: membership.Checkpoint{TotalBefore: total}}
	var pages []membership.Page
	for !w.Checkpoint.Done() {
		require.Less(t, len(pages), 11_000, "the walk does not end")
		p, err := reader(f, g, nil).Page(t.Context(), w)
		require.NoError(t, err)
		require.Equal(t, g.ID, p.Group)
		require.Equal(t, w.ID, p.Walk)
		require.Equal(t, w.Checkpoint.Pages+1, p.After.Pages)
		require.Equal(t, w.Checkpoint.Rows+len(p.Rows), p.After.Rows)
		pages = append(pages, p)
		w.Checkpoint = p.After
	}
	return w, pages
}

func proven(pages []membership.Page) map[membership.UserID]bool {
	in := make(map[membership.UserID]bool)
	for _, p := range pages {
		for _, r := range p.Rows {
			if r.Sighting.State.Presence == membership.In {
				in[r.Sighting.User] = true
			}
		}
	}
	return in
}
