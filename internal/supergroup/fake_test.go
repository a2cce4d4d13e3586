package supergroup_test

import (
	"context"
	"maps"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

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
