package session_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// made is one call that reached the server.
type made struct {
	method     string
	from, to   time.Time
	wait       time.Duration // that the answer asked for
	most       time.Duration // that it may be taken to ask for
	limited    bool          // it was PEER_FLOOD
	unattended bool
	visit      int // which connection it went over
}

// strict is a simulated Telegram without a network, which keeps a record. A call takes its time, whatever becomes of its context, as gotd's does.
type strict struct {
	t      *testing.T
	world  *world.World
	rpc    *rpc.Server
	anchor *tg.InputChannel
	took   time.Duration

	mu    sync.Mutex
	calls []made // guarded by mu
	visit int    // guarded by mu
}

// markKey is how the record knows which calls nobody waits for.
type markKey struct{}

func newStrict(t *testing.T, took time.Duration) *strict {
	t.Helper()
	w := world.New(world.Options{Seed: 5, Members: 40, NoPassword: true, Now: time.Now})
	s := &strict{t: t, world: w, took: took}
	s.rpc = rpc.New(rpc.Config{World: w, APIID: 1, APIHash: "h", DC: dc, Address: "127.0.0.1:1", Budgets: rpc.Unlimited()})
	s.rpc.Bind(deaf{})
	api := tg.NewClient(s)
	phone := w.Phone(w.Owner())
	sent, err := api.AuthSendCode(t.Context(), &tg.AuthSendCodeRequest{PhoneNumber: phone, APIID: 1, APIHash: "h"})
	require.NoError(t, err)
	_, err = api.AuthSignIn(t.Context(), &tg.AuthSignInRequest{
		PhoneNumber: phone, PhoneCodeHash: sent.(*tg.AuthSentCode).PhoneCodeHash, PhoneCode: w.Code(w.Owner()),
	})
	require.NoError(t, err)
	found, err := api.ContactsResolveUsername(t.Context(), &tg.ContactsResolveUsernameRequest{Username: w.Group().Username})
	require.NoError(t, err)
	s.anchor = found.Chats[0].(*tg.Channel).AsInput()
	s.calls = nil
	return s
}

// deaf takes no updates.
type deaf struct{}

func (deaf) Push(mtproto.KeyID, tg.UpdatesClass) bool { return true }
func (deaf) Cut(mtproto.KeyID)                        {}

// Invoke implements tg.Invoker.
func (s *strict) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	var body, answered bin.Buffer
	if err := in.Encode(&body); err != nil {
		return err
	}
	id, err := body.PeekID()
	if err != nil {
		return err
	}
	call := made{method: nameOf(in), from: time.Now(), unattended: ctx.Value(markKey{}) != nil}
	pass(s.took / 2)
	answer, err := s.rpc.Handle(context.WithoutCancel(ctx), &mtproto.Request{Key: mtproto.KeyID{1}, Method: id, Body: &body, DC: dc})
	pass(s.took / 2)
	call.to, call.wait = time.Now(), waitOf(err)
	call.most = call.wait
	if tgerr.Is(err, "PEER_FLOOD") {
		call.most, call.limited = 12*time.Hour, true
	}
	s.mu.Lock()
	call.visit = s.visit
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if err := answer.Encode(&answered); err != nil {
		return err
	}
	return out.Decode(&answered)
}

// rests says that a wait that was told to this call holds the method back too: after PEER_FLOOD readings of people rest together.
func (c made) rests(method string) bool {
	related := func(m string) bool {
		return slices.Contains([]string{"channels.getParticipants", "channels.getParticipant", "messages.getFullChat"}, m)
	}
	return c.wait > 0 && (c.method == method || c.limited && related(c.method) && related(method))
}

func nameOf(in bin.Encoder) string { return in.(interface{ TypeName() string }).TypeName() }

// waitOf is how long an answer asks not to be called again. Those who were told nothing but "too much" stay away for a quarter of an hour at least.
func waitOf(err error) time.Duration {
	rpcErr, ok := tgerr.As(err)
	switch {
	case !ok:
		return 0
	case rpcErr.IsType("PEER_FLOOD"):
		return 15 * time.Minute
	case rpcErr.IsOneOf("FLOOD_WAIT", "FLOOD_PREMIUM_WAIT"):
		return time.Duration(rpcErr.Argument) * time.Second
	}
	return 0
}

// visited begins the next connection.
func (s *strict) visited() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visit++
}

func (s *strict) record() []made {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]made(nil), s.calls...)
}

// violations is how many calls the simulator itself counts that were made inside a wait.
func (s *strict) violations() (n int) {
	for _, c := range s.rpc.Requests()["owner"] {
		n += c.Violations
	}
	return n
}

// ask makes one call of what a walk, the admin log, a lookup or a start makes.
func (s *strict) ask(ctx context.Context, api *tg.Client, method string) error {
	var err error
	switch method {
	case "channels.getParticipants":
		_, err = api.ChannelsGetParticipants(ctx, &tg.ChannelsGetParticipantsRequest{
			Channel: s.anchor, Filter: &tg.ChannelParticipantsRecent{}, Limit: 200,
		})
	case searching:
		_, err = api.ChannelsGetParticipants(ctx, &tg.ChannelsGetParticipantsRequest{
			Channel: s.anchor, Filter: &tg.ChannelParticipantsSearch{Q: "a"}, Limit: 200,
		})
	case "channels.getAdminLog":
		_, err = api.ChannelsGetAdminLog(ctx, &tg.ChannelsGetAdminLogRequest{Channel: s.anchor, Limit: 100})
	case "channels.getParticipant":
		_, err = api.ChannelsGetParticipant(ctx, &tg.ChannelsGetParticipantRequest{Channel: s.anchor, Participant: &tg.InputPeerSelf{}})
	case "channels.getFullChannel":
		_, err = api.ChannelsGetFullChannel(ctx, s.anchor)
	case "contacts.resolveUsername":
		_, err = api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: s.world.Group().Username})
	}
	return err
}

// searching is channels.getParticipants, too.
const searching = "search"

func methodOf(ask string) string {
	if ask == searching {
		return "channels.getParticipants"
	}
	return ask
}
