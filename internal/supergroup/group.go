package supergroup

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tlmap"
)

// API is what this package calls of Telegram; *tg.Client has it.
type API interface {
	ChannelsGetFullChannel(ctx context.Context, channel tg.InputChannelClass) (*tg.MessagesChatFull, error)
	ChannelsGetParticipants(ctx context.Context, r *tg.ChannelsGetParticipantsRequest) (tg.ChannelsChannelParticipantsClass, error)
	ChannelsGetParticipant(ctx context.Context, r *tg.ChannelsGetParticipantRequest) (*tg.ChannelsChannelParticipant, error)
	ChannelsGetAdminLog(ctx context.Context, r *tg.ChannelsGetAdminLogRequest) (*tg.ChannelsAdminLogResults, error)
	MessagesGetFullChat(ctx context.Context, chat int64) (*tg.MessagesChatFull, error)
	MessagesGetDialogs(ctx context.Context, r *tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error)
	ContactsResolveUsername(ctx context.Context, r *tg.ContactsResolveUsernameRequest) (*tg.ContactsResolvedPeer, error)
}

// The TL names of the calls, for errors.
const (
	methodFullChannel  = "channels.getFullChannel"
	methodParticipants = "channels.getParticipants"
	methodAdminLog     = "channels.getAdminLog"
	methodDialogs      = "messages.getDialogs"
	methodResolve      = "contacts.resolveUsername"
)

// Hashes keeps the access hashes by which the owner's account may name people. Lists bring them, lookups need them.
type Hashes interface {
	// SetUserHashes keeps the hashes of one answer, by id.
	SetUserHashes(hashes map[int64]int64)
	UserHash(id int64) (int64, bool)
}

// Config says which group is read, and as whom.
type Config struct {
	Group membership.Group
	Me    membership.UserID // the owner's account
	// Hashes may be nil: then only the account itself can be looked up.
	Hashes Hashes
	// Now is our time; nil is time.Now. It dates rows that carry no date of Telegram's.
	Now func() time.Time
	// ServerNow is Telegram's time as far as it is known, which dates lookups where Stamp is nil; nil is Now.
	ServerNow func() time.Time
	// Stamp returns a context for one call, and Telegram's time when that call last went out. Where it is nil, a call is taken to go out
	// as soon as it is made: true only of a session that holds nothing back.
	Stamp func(ctx context.Context) (context.Context, func() time.Time)
}

// Group reads one group. Its methods may be called from several goroutines.
type Group struct {
	api    API
	group  membership.Group
	me     membership.UserID
	hashes Hashes
	now    func() time.Time
	stamp  func(ctx context.Context) (context.Context, func() time.Time)

	// carried is when a basic group became this one, where that is known; Describe asks for it.
	carried atomic.Int64

	// seen is the newest of a basic group's list.
	seen membership.ListVersion
}

// New makes a reader of the configured group. It calls nothing yet.
func New(api API, c Config) *Group {
	g := &Group{api: api, group: c.Group, me: c.Me, hashes: c.Hashes, now: c.Now, stamp: c.Stamp}
	if g.now == nil {
		g.now = time.Now
	}
	if c.ServerNow == nil {
		c.ServerNow = g.now
	}
	if g.stamp == nil {
		g.stamp = func(ctx context.Context) (context.Context, func() time.Time) {
			at := c.ServerNow()
			return ctx, func() time.Time { return at }
		}
	}
	return g
}

// Describe asks for the group's title, name, member count and the account's rights in it. A basic group that became a supergroup is a
// *membership.MigratedError.
func (g *Group) Describe(ctx context.Context) (membership.Group, error) {
	full, method, err := g.full(ctx)
	if err != nil {
		return membership.Group{}, fmt.Errorf("ask for the group %d: %w", g.group.ID, err)
	}
	d, err := tlmap.Among(full.Chats, g.group, method)
	if err != nil {
		return membership.Group{}, fmt.Errorf("ask for the group %d: %w", g.group.ID, err)
	}
	if d.AccessHash == 0 {
		d.AccessHash = g.group.AccessHash
	}
	if c, ok := full.FullChat.(*tg.ChannelFull); ok && c.ParticipantsCount > 0 {
		d.Total = c.ParticipantsCount
	}
	g.carried.Store(int64(tlmap.Carried(full)))
	return d, nil
}

// full asks for the group's whole description and says by which method.
func (g *Group) full(ctx context.Context) (*tg.MessagesChatFull, string, error) {
	if g.group.Kind == membership.BasicGroup {
		full, err := g.fullChat(ctx)
		return full, tlmap.MethodFullChat, err
	}
	full, err := g.api.ChannelsGetFullChannel(ctx, g.channel())
	if err != nil {
		return nil, "", tlmap.Failure(methodFullChannel, err)
	}
	g.remember(full.Users)
	return full, methodFullChannel, nil
}

func (g *Group) channel() *tg.InputChannel {
	return &tg.InputChannel{ChannelID: int64(g.group.ID), AccessHash: g.group.AccessHash}
}

// remember keeps the access hashes that an answer brought.
func (g *Group) remember(users []tg.UserClass) {
	if g.hashes == nil {
		return
	}
	seen := make(map[int64]int64, len(users))
	for _, u := range users {
		if id, hash, ok := tlmap.UserHash(u); ok {
			seen[int64(id)] = hash
		}
	}
	if len(seen) > 0 {
		g.hashes.SetUserHashes(seen)
	}
}

func profiles(users []tg.UserClass) map[membership.UserID]membership.Profile {
	m := make(map[membership.UserID]membership.Profile, len(users))
	for _, u := range users {
		if p, ok := tlmap.Profile(u); ok {
			m[p.User] = p
		}
	}
	return m
}
