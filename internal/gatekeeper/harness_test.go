package gatekeeper_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

const (
	theGroup = membership.GroupID(1_700_000_001)
	theBot   = membership.UserID(7_000_000_001)

	ann = membership.UserID(101)
	ben = membership.UserID(102)
)

var (
	member = membership.State{Presence: membership.In, Role: membership.Member}
	left   = membership.State{Presence: membership.Out, Departure: membership.Left}
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pass lets time go by in the bubble, and everything happen that is due by then.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// house is a keeper with a real roster and two fake accounts.
type house struct {
	t      *testing.T
	roster *roster.Roster
	keeper *gatekeeper.Keeper
	bot    *fakeBot
	owner  *fakeGroup
	ref    uint64
}

// build makes a house whose gate is enforced. It belongs to one bubble.
func build(t *testing.T, changes ...func(*gatekeeper.Config)) *house {
	t.Helper()
	r, err := roster.Open(filepath.Join(t.TempDir(), "roster.db"), roster.Options{})
	require.NoError(t, err)
	h := &house{t: t, roster: r, bot: &fakeBot{rights: membership.Rights{Admin: true}}, owner: &fakeGroup{}}
	require.NoError(t, r.Enforce(t.Context(), theGroup, true))
	c := gatekeeper.Config{
		Group: membership.Group{ID: theGroup, Kind: membership.Supergroup}, BotID: theBot, Roster: r, Policy: membership.DefaultPolicy(),
	}
	for _, change := range changes {
		change(&c)
	}
	h.keeper = gatekeeper.New(c)
	t.Cleanup(func() {
		problems, err := r.Check(context.WithoutCancel(t.Context()))
		require.NoError(t, err)
		require.Empty(t, problems)
		require.NoError(t, r.Close())
	})
	return h
}

// start runs a loop until stop is called, which gives what the loop returned; the test's end stops it too.
func (h *house) start(loop func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- loop(ctx) }() // waited for by stop
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	h.t.Cleanup(func() { _ = stop() })
	synctest.Wait()
	return stop
}

func (h *house) attend() func() error {
	return h.start(func(ctx context.Context) error { return h.keeper.Attend(ctx, h.bot) })
}

func (h *house) follow() func() error {
	return h.start(func(ctx context.Context) error { return h.keeper.Follow(ctx, h.owner) })
}

func (h *house) ingest(b membership.Batch) membership.Outcome {
	h.t.Helper()
	out, err := h.keeper.Ingest(h.t.Context(), b)
	require.NoError(h.t, err)
	return out
}

// hears is the bot's hearing of somebody's state, now.
func (h *house) hears(user membership.UserID, s membership.State) membership.Outcome {
	h.t.Helper()
	return h.ingest(membership.Batch{Events: []membership.Event{h.update(user, s)}})
}

func (h *house) update(user membership.UserID, s membership.State) membership.Event {
	h.ref++
	return membership.Event{Group: theGroup, User: user, State: s, Moved: true, Evidence: membership.Evidence{
		Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: theBot, Ref: h.ref, At: membership.At(time.Now()),
		Recorded: membership.At(time.Now()),
	}}
}

// asks is somebody's writing to the bot.
func (h *house) asks(user membership.UserID, message int, payload string) membership.Outcome {
	h.t.Helper()
	return h.ingest(question(user, message, payload))
}

func question(user membership.UserID, message int, payload string) membership.Batch {
	now := membership.At(time.Now())
	return membership.Batch{
		Contacts: []membership.Contact{{User: user, Kind: membership.Wrote, At: now, Ref: uint64(message), Payload: payload}},
		Replies: []membership.Reply{{
			Bot: theBot, User: user, Kind: membership.ReplyStart, Message: message, Payload: payload, Asked: now,
		}},
	}
}

func (h *house) ask(user membership.UserID) membership.Verdict {
	h.t.Helper()
	v, err := h.keeper.Ask(h.t.Context(), user)
	require.NoError(h.t, err)
	return v
}

func (h *house) sources() membership.Sources {
	h.t.Helper()
	s, err := h.roster.Sources(h.t.Context(), theGroup)
	require.NoError(h.t, err)
	return s
}

func (h *house) due() int {
	h.t.Helper()
	due, err := h.roster.DueReplies(h.t.Context(), theGroup)
	require.NoError(h.t, err)
	return len(due)
}

func (h *house) tells() []membership.Action {
	h.t.Helper()
	actions, err := h.roster.Actions(h.t.Context(), theGroup, roster.ActionFilter{Verb: membership.Tell})
	require.NoError(h.t, err)
	return actions
}

func (h *house) person(user membership.UserID) membership.Person {
	h.t.Helper()
	p, _, err := h.roster.Person(h.t.Context(), theGroup, user)
	require.NoError(h.t, err)
	return p
}

// found is Telegram's answer about somebody, now.
func found(user membership.UserID, s membership.State) membership.Finding {
	now := time.Now()
	return membership.Finding{Event: membership.Event{Group: theGroup, User: user, State: s, Evidence: membership.Evidence{
		Source: membership.SourceLookup, Grade: membership.GradeA, Ref: uint64(now.UnixNano()), At: membership.At(now), Recorded: membership.At(now),
	}}}
}

func refusal(kind membership.TelegramErrorKind) error {
	return &membership.TelegramError{Kind: kind, Name: "REFUSED", Method: "a.method", Err: errors.New("refused")}
}

// heldError is a call that is not made for so long from now, since Telegram had asked to wait.
type heldError time.Duration

func holdFor(d time.Duration) error { return fmt.Errorf("write: %w", heldError(d)) }

func (heldError) Error() string          { return "held back" }
func (h heldError) WaitUntil() time.Time { return time.Now().Add(time.Duration(h)) }

type lookUp func(context.Context, membership.UserID) (membership.Finding, error)

// says is a lookup that always finds the same.
func says(s membership.State) lookUp {
	return func(_ context.Context, user membership.UserID) (membership.Finding, error) {
		return found(user, s), nil
	}
}

func fails(err error) lookUp {
	return func(context.Context, membership.UserID) (membership.Finding, error) { return membership.Finding{}, err }
}

// cannotTell is Telegram's not knowing somebody.
func cannotTell(context.Context, membership.UserID) (membership.Finding, error) {
	return membership.Finding{Why: "Telegram does not recognize them"}, nil
}

// answered is one answer that the bot sent.
type answered struct {
	message int
	user    membership.UserID
	verdict membership.Verdict
	payload string
	at      time.Time
}

// fakeBot is a bot of which a test sets what it answers. Unset, it finds everybody out and delivers everything.
type fakeBot struct {
	mu      sync.Mutex // guards what follows
	lookUp  lookUp
	answer  func(membership.Reply) (membership.Sent, error)
	do      func(membership.Action) (membership.Sent, error)
	rights  membership.Rights
	refused error                       // of Rights
	dead    error                       // of Alive
	alive   func(context.Context) error // where set, Alive instead
	ahead   time.Duration               // of Telegram's clock before ours
	count   func() (int, error)         // unset, Telegram cannot tell
	counts  int                         // calls of Count
	asked   []membership.UserID
	answers []answered
	done    []time.Time
}

func (b *fakeBot) set(change func(*fakeBot)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
}

func (b *fakeBot) LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	b.mu.Lock()
	b.asked = append(b.asked, user)
	f := b.lookUp
	b.mu.Unlock()
	if f == nil {
		f = says(left)
	}
	return f(ctx, user)
}

func (b *fakeBot) Answer(_ context.Context, r membership.Reply, v membership.Verdict, payload string) (membership.Sent, error) {
	b.mu.Lock()
	b.answers = append(b.answers, answered{message: r.Message, user: r.User, verdict: v, payload: payload, at: time.Now()})
	f := b.answer
	b.mu.Unlock()
	if f == nil {
		return membership.Sent{}, nil
	}
	return f(r)
}

func (b *fakeBot) Do(_ context.Context, a membership.Action) (membership.Sent, error) {
	b.mu.Lock()
	b.done = append(b.done, time.Now())
	f := b.do
	b.mu.Unlock()
	if f == nil {
		return membership.Sent{}, nil
	}
	return f(a)
}

func (b *fakeBot) Rights(context.Context) (membership.Rights, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rights, b.refused
}

func (b *fakeBot) Alive(ctx context.Context) (membership.Instant, error) {
	b.mu.Lock()
	alive, err := b.alive, b.dead
	b.mu.Unlock()
	if alive != nil {
		err = alive(ctx)
	}
	return membership.At(time.Now().Add(b.ahead)), err
}

func (b *fakeBot) Count(context.Context) (int, error) {
	b.mu.Lock()
	b.counts++
	f := b.count
	b.mu.Unlock()
	if f == nil {
		return 0, refusal(membership.ErrorTemporary)
	}
	return f()
}

// lookups is how often the bot was asked about the person.
func (b *fakeBot) lookups(user membership.UserID) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, u := range b.asked {
		if u == user {
			n++
		}
	}
	return n
}

func (b *fakeBot) sent() []answered {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.answers)
}

func (b *fakeBot) tried() []time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.done)
}
