package rpc_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// stage is a world behind its methods with the owner and the bot signed in, without a network:
// requests and answers still go through TL's encoding, as they do on the wire.
type stage struct {
	t     *testing.T
	world *world.World
	rpc   *rpc.Server
	clock *clock

	owner, bot *tg.Client

	mu     sync.Mutex
	pushed map[mtproto.KeyID][]*tg.Updates // guarded by mu
}

var (
	ownerKey = mtproto.KeyID{1}
	botKey   = mtproto.KeyID{2}
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newStage(t *testing.T, o world.Options) *stage {
	return newBudgetedStage(t, o, rpc.Unlimited())
}

func newBudgetedStage(t *testing.T, o world.Options, b rpc.Budgets) *stage {
	t.Helper()
	s := &stage{t: t, clock: &clock{at: epoch}, pushed: make(map[mtproto.KeyID][]*tg.Updates)}
	o.Now, o.NoPassword = s.clock.now, true
	s.world = world.New(o)
	s.rpc = rpc.New(rpc.Config{
		World: s.world, APIID: apiID, APIHash: apiHash, DC: dc, Address: "127.0.0.1:1", Now: s.clock.now, Budgets: b,
	})
	s.rpc.Bind(s)
	s.owner, s.bot = s.client(ownerKey), s.client(botKey)
	phone := s.world.Phone(s.world.Owner())
	sent, err := s.owner.AuthSendCode(t.Context(), &tg.AuthSendCodeRequest{PhoneNumber: phone, APIID: apiID, APIHash: apiHash})
	require.NoError(t, err)
	_, err = s.owner.AuthSignIn(t.Context(), &tg.AuthSignInRequest{
		PhoneNumber: phone, PhoneCodeHash: sent.(*tg.AuthSentCode).PhoneCodeHash, PhoneCode: s.world.Code(s.world.Owner()),
	})
	require.NoError(t, err)
	_, err = s.bot.AuthImportBotAuthorization(t.Context(), &tg.AuthImportBotAuthorizationRequest{
		APIID: apiID, APIHash: apiHash, BotAuthToken: s.world.Token(s.world.Bot()),
	})
	require.NoError(t, err)
	return s
}

func (s *stage) client(key mtproto.KeyID) *tg.Client { return tg.NewClient(invoker{s.rpc, key}) }

// invoker is a tg.Invoker that calls the server in place.
type invoker struct {
	rpc *rpc.Server
	key mtproto.KeyID
}

func (i invoker) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	var body bin.Buffer
	if err := in.Encode(&body); err != nil {
		return err
	}
	id, err := body.PeekID()
	if err != nil {
		return err
	}
	answer, err := i.rpc.Handle(ctx, &mtproto.Request{Key: i.key, Method: id, Body: &body, DC: dc})
	if err != nil {
		return err
	}
	if body.Len() != 0 {
		return errors.New("the request was not read to its end")
	}
	var wire bin.Buffer
	if err := answer.Encode(&wire); err != nil {
		return err
	}
	return out.Decode(&wire)
}

// Push implements rpc.Pusher; it keeps what was pushed, as the client would decode it.
func (s *stage) Push(key mtproto.KeyID, u tg.UpdatesClass) bool {
	var wire bin.Buffer
	if err := u.Encode(&wire); err != nil {
		panic(err)
	}
	got, err := tg.DecodeUpdates(&wire)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if short, ok := got.(*tg.UpdateShort); ok {
		got = &tg.Updates{Updates: []tg.UpdateClass{short.Update}, Date: short.Date}
	}
	s.pushed[key] = append(s.pushed[key], got.(*tg.Updates))
	return true
}

// Cut implements rpc.Pusher.
func (s *stage) Cut(mtproto.KeyID) {}

// pushes returns what was pushed to the key since the last call.
func (s *stage) pushes(key mtproto.KeyID) []*tg.Updates {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.pushed[key]
	s.pushed[key] = nil
	return got
}

// group names the watched group as the client's account must.
func (s *stage) group(api *tg.Client) *tg.InputChannel {
	s.t.Helper()
	return s.channel(api, s.world.Group().Username)
}

func (s *stage) channel(api *tg.Client, username string) *tg.InputChannel {
	s.t.Helper()
	got, err := api.ContactsResolveUsername(s.t.Context(), &tg.ContactsResolveUsernameRequest{Username: username})
	require.NoError(s.t, err)
	if c, ok := got.Chats[0].(*tg.ChannelForbidden); ok {
		return &tg.InputChannel{ChannelID: c.ID, AccessHash: c.AccessHash}
	}
	return got.Chats[0].(*tg.Channel).AsInput()
}

// list reads one page.
func (s *stage) list(
	api *tg.Client, c tg.InputChannelClass, f tg.ChannelParticipantsFilterClass, offset, limit int,
) *tg.ChannelsChannelParticipants {
	s.t.Helper()
	got, err := api.ChannelsGetParticipants(s.t.Context(), &tg.ChannelsGetParticipantsRequest{
		Channel: c, Filter: f, Offset: offset, Limit: limit,
	})
	require.NoError(s.t, err)
	page, ok := got.(*tg.ChannelsChannelParticipants)
	require.True(s.t, ok, "got %T", got)
	return page
}

// walk reads a list page by page until an empty one.
func (s *stage) walk(
	api *tg.Client, c tg.InputChannelClass, f tg.ChannelParticipantsFilterClass,
) map[int64]tg.ChannelParticipantClass {
	s.t.Helper()
	all := make(map[int64]tg.ChannelParticipantClass)
	for offset := 0; ; {
		page := s.list(api, c, f, offset, 200)
		if len(page.Participants) == 0 {
			return all
		}
		for _, p := range page.Participants {
			all[idOf(p)] = p
		}
		offset += len(page.Participants)
	}
}

// idOf returns the bare id of the row's peer.
func idOf(p tg.ChannelParticipantClass) int64 {
	switch p := p.(type) {
	case *tg.ChannelParticipant:
		return p.UserID
	case *tg.ChannelParticipantSelf:
		return p.UserID
	case *tg.ChannelParticipantCreator:
		return p.UserID
	case *tg.ChannelParticipantAdmin:
		return p.UserID
	case *tg.ChannelParticipantBanned:
		return peerID(p.Peer)
	case *tg.ChannelParticipantLeft:
		return peerID(p.Peer)
	}
	return 0
}

func peerID(p tg.PeerClass) int64 {
	switch p := p.(type) {
	case *tg.PeerUser:
		return p.UserID
	case *tg.PeerChannel:
		return p.ChannelID
	}
	return 0
}

// truth returns the group's facts by id.
func (s *stage) truth() map[int64]world.Fact {
	s.t.Helper()
	facts, err := s.world.Truth("")
	require.NoError(s.t, err)
	out := make(map[int64]world.Fact, len(facts))
	for _, f := range facts {
		out[int64(f.ID)] = f
	}
	return out
}

// some returns a person of the group who fits, the same one each time.
func (s *stage) some(fits func(world.Fact) bool) world.UserID {
	s.t.Helper()
	facts, err := s.world.Truth("")
	require.NoError(s.t, err)
	for _, f := range facts {
		if fits(f) {
			return f.ID
		}
	}
	require.Fail(s.t, "nobody fits")
	return 0
}

func ordinary(f world.Fact) bool {
	return f.In && !f.Bot && !f.Deleted && f.Status == "member"
}

// act does something that must succeed.
func (s *stage) act(err error) {
	s.t.Helper()
	require.NoError(s.t, err)
}
