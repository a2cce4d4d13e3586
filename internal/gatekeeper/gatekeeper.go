package gatekeeper

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

// Group is one group as the owner's account reads it. Every method is one paced call, or few.
type Group interface {
	// Describe asks for the group's title, member count and the account's rights.
	Describe(ctx context.Context) (membership.Group, error)
	// Page reads one page of a walk's list; what it means for the walk, its After, it leaves empty.
	Page(ctx context.Context, w membership.Walk, q membership.Query) (membership.Page, error)
	// Tail reads one page of the admin log: events above after.LastID and, where below is not 0, under it.
	Tail(ctx context.Context, after membership.Tail, below int64) (membership.TailPage, error)
	// LookUp asks for one person.
	LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error)
}

// Bot is the companion bot while it is connected.
type Bot interface {
	LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error)
	// Answer sends what a question deserves. Sending the same reply twice shows it once.
	Answer(ctx context.Context, r membership.Reply, v membership.Verdict, payload string) (membership.Sent, error)
	// Do carries one action out. Repeating it is harmless.
	Do(ctx context.Context, a membership.Action) (membership.Sent, error)
	// Rights are the bot's own in the group.
	Rights(ctx context.Context) (membership.Rights, error)
	// Alive proves that the bot's updates arrive and none is missing, and says when that was so by Telegram's clock; it asks for what is
	// missing.
	Alive(ctx context.Context) (membership.Instant, error)
	// Count is how many members Telegram counts in the group.
	Count(ctx context.Context) (int, error)
}

// Roster is the store, as far as the loops need it.
type Roster interface {
	Ingest(ctx context.Context, b membership.Batch) (membership.Outcome, error)
	Case(ctx context.Context, g membership.GroupID, user membership.UserID) (membership.Case, error)
	Group(ctx context.Context, id membership.GroupID) (membership.Group, bool, error)
	PutGroup(ctx context.Context, g membership.Group) error

	BeginWalk(ctx context.Context, g membership.GroupID, first membership.Checkpoint) (membership.Walk, error)
	OpenWalk(ctx context.Context, g membership.GroupID) (membership.Walk, bool, error)
	LastWalk(ctx context.Context, g membership.GroupID) (membership.Walk, bool, error)
	StagePage(ctx context.Context, p membership.Page) error
	Pages(ctx context.Context, g membership.GroupID, walk uint32) iter.Seq2[membership.Page, error]
	MergeWalk(ctx context.Context, g membership.GroupID, p membership.Policy) (membership.Outcome, error)
	FinishWalk(ctx context.Context, g membership.GroupID, totalAfter int) (membership.Certificate, error)
	LastAudit(ctx context.Context, g membership.GroupID) (membership.Walk, bool, error)
	Miss(ctx context.Context, g membership.GroupID, at membership.Instant, users []membership.UserID) (membership.Outcome, error)

	Tail(ctx context.Context, g membership.GroupID) (membership.Tail, error)
	Sources(ctx context.Context, g membership.GroupID) (membership.Sources, error)
	SourcesNow(ctx context.Context, g membership.GroupID) (membership.Sources, error)
	UpdateSources(ctx context.Context, g membership.GroupID, change func(*membership.Sources)) error
	Rung(ctx context.Context, g membership.GroupID) (membership.Rung, error)
	Climb(ctx context.Context, g membership.GroupID, f membership.Freshness, advice func(membership.Mode) string) (membership.Note, error)
	People(ctx context.Context, g membership.GroupID, fn func(membership.Person) error) error
	Settled(ctx context.Context, g membership.GroupID, fn func(membership.Person) error) error
	Missed(ctx context.Context, g membership.GroupID) ([]membership.UserID, error)
	Person(ctx context.Context, g membership.GroupID, user membership.UserID) (membership.Person, bool, error)
	History(ctx context.Context, g membership.GroupID, user membership.UserID) ([]membership.Event, error)
	Subscribers(ctx context.Context, g membership.GroupID, fn func(membership.Candidate) error) error
	KnownIn(ctx context.Context, g membership.GroupID) (int, error)
	Happened(ctx context.Context, g membership.GroupID, a membership.Absence) (membership.Happened, error)

	Note(ctx context.Context, g membership.GroupID, n membership.Note, notice bool) (membership.Note, error)
	Drift(ctx context.Context, g membership.GroupID) (membership.Drift, error)
	SetDrift(ctx context.Context, g membership.GroupID, d membership.Drift) error
	Watch(ctx context.Context, g membership.GroupID) (membership.Watch, error)
	UpdateWatch(ctx context.Context, g membership.GroupID, change func(w *membership.Watch, seq uint64)) error
	Tell(ctx context.Context, g membership.GroupID, change func(w *membership.Watch) membership.Saying) (membership.Saying, error)

	DueReplies(ctx context.Context, g membership.GroupID) ([]membership.Reply, error)
	ReplyDone(ctx context.Context, key membership.ReplyKey, served bool) error
	PendingActions(ctx context.Context, g membership.GroupID, now membership.Instant, limit int) ([]membership.Action, error)
	ActionDone(ctx context.Context, id uint64, state membership.ActionState, errText string, notBefore membership.Instant) error
	ActionHeldBack(ctx context.Context, id uint64, errText string, notBefore membership.Instant) error
}

// Pace is how often the loops turn. The zero value means the defaults.
type Pace struct {
	TailEvery     time.Duration // admin log; default 60 s
	WalkEvery     time.Duration // participants; default 24 h
	BeatEvery     time.Duration // the bot's rights; default 60 s
	ProofEvery    time.Duration // whether the bot's updates are whole, and its session lives; default 10 s
	LookupEvery   time.Duration // queued lookups of doubtful people; default 1 s
	LookupTimeout time.Duration // how long a question waits for a lookup; default 3 s
	CountEvery    time.Duration // Telegram's count of the members against those known; default 10 min
}

func (p Pace) withDefaults() Pace {
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{
		{&p.BeatEvery, time.Minute},
		{&p.ProofEvery, 10 * time.Second},
		{&p.LookupEvery, time.Second},
		{&p.LookupTimeout, 3 * time.Second},
		{&p.CountEvery, 10 * time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	return p
}

// Config is what a Keeper works with.
type Config struct {
	Group membership.Group
	BotID membership.UserID // 0 where no bot is signed in
	// OwnerID is the owner's account, whom nothing is ever revoked from; 0 where it is not known.
	OwnerID membership.UserID
	Roster  Roster
	Policy  membership.Policy // the stored enforce flag overrides Policy.Enforce
	Level   membership.Level  // of scheduled walks; 0 is membership.Normal
	// AuditCalls is how many calls an audit makes; 0 is 100.
	AuditCalls int
	Pace       Pace
	Now        func() time.Time
	Log        *zap.Logger
}

// Keeper keeps one group. It is safe for concurrent use.
type Keeper struct {
	group  membership.Group
	bot    membership.UserID
	self   membership.UserID // the owner's account
	roster Roster
	set    atomic.Pointer[Settings]
	pace   Pace
	now    func() time.Time
	log    *zap.Logger

	repliesDue  chan struct{} // capacity 1: "look again"; never closed
	actionsDue  chan struct{} // likewise
	beatWanted  chan struct{} // likewise
	tailWanted  chan struct{} // likewise
	watchWanted chan struct{} // likewise
	countWanted chan struct{} // likewise
	walking     turn          // who walks
	tailing     turn          // who reads the admin log

	listed time.Time           // when a basic group's list was last asked for; guarded by walking
	ranked []membership.UserID // whom it showed in another role than they were known in; likewise

	lookups chan *flight // boarded flights; taken by the workers of Attend and Follow; never closed
	handed  chan *flight // those that the bot cannot tell; taken by Follow's worker; never closed

	mu      sync.Mutex // guards what follows
	owner   Group      // nil while the owner's account is away
	answers Bot        // nil while the bot is away
	workers int        // who takes from lookups
	flights map[membership.UserID]*flight
	queue   []queuedLookup // oldest first
	queued  map[membership.UserID]bool
	repeats map[membership.UserID]repeat
	feed    feed
	tried   tried // by the search for a difference
	outside bool  // the bot is not in the group
	// vouchedAt is when it was last asked what the owner's account is in the group, since the admin log says that it is something else.
	vouchedAt time.Time
	// disbelieved is how many known members the lists of the last walk left out, where that was too many to believe.
	disbelieved int
}

// New makes a keeper. It starts nothing.
func New(c Config) *Keeper {
	k := &Keeper{
		group: c.Group, bot: c.BotID, self: c.OwnerID, roster: c.Roster, pace: c.Pace.withDefaults(), now: c.Now, log: c.Log,
		repliesDue: make(chan struct{}, 1), actionsDue: make(chan struct{}, 1), beatWanted: make(chan struct{}, 1),
		tailWanted: make(chan struct{}, 1), watchWanted: make(chan struct{}, 1), countWanted: make(chan struct{}, 1),
		walking: make(turn, 1), tailing: make(turn, 1),
		lookups: make(chan *flight, maxFlights), handed: make(chan *flight, maxFlights),
		flights: map[membership.UserID]*flight{}, queued: map[membership.UserID]bool{},
		repeats: map[membership.UserID]repeat{}, feed: feed{proved: make(chan struct{})},
	}
	k.set.Store(Settings{
		Policy: c.Policy, Level: c.Level, AuditCalls: c.AuditCalls, TailEvery: c.Pace.TailEvery, WalkEvery: c.Pace.WalkEvery,
	}.withDefaults())
	if k.now == nil {
		k.now = time.Now
	}
	if k.log == nil {
		k.log = zap.NewNop()
	}
	return k
}

// Ingest takes one delivery of the bot's into the roster and wakes whoever has something to do because of it.
//
// A hole in the bot's updates, and the loss of its right to hear them, end the promise that rests on their being whole: the gate is stale
// until the feed begins anew. That is noted before the delivery is, so that a crash between the two leaves no fresh gate over a hole. Whoever
// left in the hole is looked up when they ask, since their newest confirmation is from before it; a walk spares those who are still in.
func (k *Keeper) Ingest(ctx context.Context, b membership.Batch) (membership.Outcome, error) {
	if b.Gap == nil && b.Rights == nil {
		return k.ingest(ctx, b)
	}
	if err := k.disturbed(ctx, b); err != nil {
		return membership.Outcome{}, err
	}
	out, err := k.ingest(ctx, b)
	if err != nil {
		return out, err
	}
	if b.Gap != nil {
		wake(k.beatWanted)  // the feed begins anew, and with it the reading of the log and the walk
		wake(k.countWanted) // whether somebody left in it shows at once, most often
	}
	return out, k.noteMode(ctx)
}

// ingest is Ingest for every source.
func (k *Keeper) ingest(ctx context.Context, b membership.Batch) (membership.Outcome, error) {
	b.Group, b.Bot, b.Owner, b.Policy = k.group.ID, k.bot, k.self, k.settings().Policy
	out, err := k.roster.Ingest(ctx, b)
	if err != nil {
		return out, fmt.Errorf("ingest: %w", err)
	}
	k.follow(out)
	return out, nil
}

// follow wakes the loops that an outcome gives work to.
func (k *Keeper) follow(out membership.Outcome) {
	for _, a := range out.Actions {
		k.log.Info("access", zap.Stringer("verb", a.Verb), zap.Int64("user", int64(a.User)), zap.String("reason", string(a.Reason)), zap.Stringer("state", a.State))
	}
	for _, n := range out.Notes {
		if n.Kind == membership.NoteGap {
			k.log.Warn("history is lost", zap.Uint64("gap", n.Gap), zap.Stringer("from", n.From), zap.Stringer("to", n.To), zap.String("text", n.Text))
		}
	}
	if out.Held > 0 {
		k.log.Warn("the breaker held revocations; \"rollcall prune plan\" lists whom they concern", zap.Int("held", out.Held))
	}
	if len(out.Actions)+len(out.Notes) > 0 {
		wake(k.actionsDue)
	}
	if out.Replies > 0 {
		wake(k.repliesDue)
	}
	k.enqueue(out.Doubts...)
	if slices.Contains(out.Changed, k.bot) || slices.Contains(out.Changed, k.self) {
		wake(k.watchWanted)
	}
}

func (k *Keeper) instant() membership.Instant { return membership.At(k.now()) }

// turn lets one at a time do something that takes long. Its capacity is 1; it holds an element while somebody does it, and is never
// closed.
type turn chan struct{}

// take waits for the turn and does f.
func (t turn) take(ctx context.Context, f func() error) error {
	select {
	case t <- struct{}{}:
		defer func() { <-t }()
		return f()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// every calls f at once and then after each interval or wake-up, until the context ends or f fails.
func every(ctx context.Context, interval time.Duration, wakeUp <-chan struct{}, f func(context.Context) error) error {
	return soOften(ctx, func() time.Duration { return interval }, wakeUp, f)
}

// soOften is every with an interval that may change meanwhile.
func soOften(ctx context.Context, interval func() time.Duration, wakeUp <-chan struct{}, f func(context.Context) error) error {
	timer := time.NewTimer(interval())
	defer timer.Stop()
	for {
		if err := f(ctx); err != nil {
			return err
		}
		timer.Reset(interval())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-wakeUp:
		}
	}
}
