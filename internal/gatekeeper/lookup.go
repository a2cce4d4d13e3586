package gatekeeper

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

const (
	// maxFlights is how many people may wait for a lookup; beyond it a question is decided without one.
	maxFlights = 1024
	// botWorkers is how many lookups the bot has under way at most; the owner's account has one, paced by its governor.
	botWorkers = 4
	// flightLife ends a lookup that Telegram does not answer, so that it does not hold its worker for ever. It is no deadline for
	// those who wait, who go by their own timer.
	flightLife = 30 * time.Second
	// secondLook is how long a doubt rests before it is looked into: a lookup within the margin of the fact that it contradicts would
	// settle nothing (membership.LookupMargin).
	secondLook = membership.LookupMargin + time.Second
	// lookAgain is when a queued lookup that failed is tried again.
	lookAgain = time.Minute
	// sameAnswer is how long somebody is not looked up again of whom Telegram has just said once more what was known: whoever presses a
	// button all day is no burden.
	sameAnswer = 5 * time.Second
	// longestDoubt is how long a doubt that lookups do not settle rests at most; it rests twice as long after each. Clocks that differ keep
	// one up for as long as they differ.
	longestDoubt = 15 * time.Minute
	// maxRepeats is how many people's repeated lookups are remembered before those that are over are forgotten.
	maxRepeats = 4096
)

// repeat is somebody whose lookups bring nothing new.
type repeat struct {
	until    time.Time // not looked up again before
	doubtful int       // lookups in a row that left a doubt
}

// flight is one lookup, boarded by everybody who asks for that person meanwhile. Whoever takes it closes done when the answer is in
// the roster or will not come.
type flight struct {
	user    membership.UserID
	done    chan struct{}
	ordered bool // the queue ordered it, and wants it back if it fails; guarded by Keeper.mu
	patient bool // as the queue ordered it; likewise
	told    bool // Telegram's answer is in the roster; to be read once done is closed
}

// queuedLookup is a lookup that nobody waits for.
type queuedLookup struct {
	user      membership.UserID
	notBefore time.Time
	patient   bool // everybody else goes first: nothing contradicts what is known of them
}

// lookUp asks Telegram about a person and returns when the answer was ingested, could not be had, or took too long. The flight may go
// on after lookUp returned: its answer then serves the next question. told is whether Telegram's answer is in the roster.
func (k *Keeper) lookUp(ctx context.Context, user membership.UserID) (told bool) {
	return k.await(ctx, k.board(user, nil))
}

func (k *Keeper) await(ctx context.Context, f *flight) (told bool) {
	timer := time.NewTimer(k.pace.LookupTimeout)
	defer timer.Stop()
	select {
	case <-f.done:
		return f.told
	case <-timer.C:
		k.log.Warn("a lookup takes long; deciding without it", zap.Int64("user", int64(f.user)))
	case <-ctx.Done():
	}
	return false
}

// board joins the flight to the person that is under way, or announces a new one; order is the queue's, or nil.
func (k *Keeper) board(user membership.UserID, order *queuedLookup) *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f, ok := k.flights[user]; ok {
		if order != nil {
			f.patient = order.patient && (f.patient || !f.ordered)
			f.ordered = true
		}
		return f
	}
	f := &flight{user: user, done: make(chan struct{}), ordered: order != nil, patient: order != nil && order.patient}
	if k.repeats[user].until.After(k.now()) && order == nil {
		f.told = true // a moment ago, and it was nothing new
		close(f.done)
		return f
	}
	if k.workers == 0 {
		close(f.done) // neither account is connected
		return f
	}
	select {
	case k.lookups <- f:
		k.flights[user] = f
	default:
		close(f.done)
	}
	return f
}

// hire makes n workers known before they run: a question that is quicker than their start must find them.
func (k *Keeper) hire(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.workers += n
}

// fly takes flights until the context ends; handed is nil for the bot's workers. Whoever runs it hired for it. The last worker to
// leave cancels what still waits.
func (k *Keeper) fly(ctx context.Context, handed <-chan *flight) error {
	defer k.ground()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f := <-k.lookups:
			err = k.askBot(ctx, f)
		case f := <-handed:
			err = k.askOwner(ctx, f)
		}
		if err != nil {
			return err
		}
	}
}

func (k *Keeper) land(f *flight) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.flights, f.user)
	close(f.done)
}

func (k *Keeper) ground() {
	k.mu.Lock()
	k.workers--
	last := k.workers == 0
	k.mu.Unlock()
	if last {
		k.cancel(k.lookups)
	}
}

// cancel lands the flights that wait in c. Nobody may add to it meanwhile; board and handOn look at who is there first.
func (k *Keeper) cancel(c <-chan *flight) {
	for {
		select {
		case f := <-c:
			k.land(f)
		default:
			return
		}
	}
}

// errNobody says that no account is connected that could look somebody up.
var errNobody = errors.New("neither account is connected")

// asker is one of the two accounts.
type asker interface {
	LookUp(ctx context.Context, user membership.UserID) (membership.Finding, error)
}

// askBot looks the person up through the bot, and hands the flight on to the owner's account where the bot cannot tell.
func (k *Keeper) askBot(ctx context.Context, f *flight) error {
	k.mu.Lock()
	bot := k.answers
	if k.outside && k.owner != nil {
		bot = nil // a call that Telegram is sure to refuse, and somebody waits
	}
	k.mu.Unlock()
	finding, err := membership.Finding{}, errNobody
	if bot != nil {
		finding, err = ask(ctx, bot, f.user)
	}
	if (err != nil || !finding.Firm()) && ctx.Err() == nil && k.handOn(f) {
		return nil
	}
	return k.arrive(ctx, f, finding, err)
}

// handOn leaves a flight to the owner's worker. The bot's do not wait for the owner's governor themselves: four people whom the bot
// cannot tell would keep everybody else from being looked up, for as long as a flood wait lasts.
func (k *Keeper) handOn(f *flight) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.owner == nil {
		return false
	}
	select {
	case k.handed <- f:
		return true
	default:
		return false
	}
}

func (k *Keeper) askOwner(ctx context.Context, f *flight) error {
	k.mu.Lock()
	owner := k.owner
	k.mu.Unlock()
	finding, err := membership.Finding{}, errNobody
	if owner != nil {
		finding, err = ask(ctx, owner, f.user)
	}
	return k.arrive(ctx, f, finding, err)
}

func ask(ctx context.Context, whom asker, user membership.UserID) (membership.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, flightLife)
	defer cancel()
	return whom.LookUp(ctx, user)
}

// arrive ends a flight with what it brought. Telegram's refusals are logged; an error is the roster's and ends the run.
func (k *Keeper) arrive(ctx context.Context, f *flight, finding membership.Finding, err error) error {
	defer k.land(f)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		k.log.Warn("a lookup failed", zap.Int64("user", int64(f.user)), zap.Error(err))
		if passing(err) {
			until, _ := heldBack(err)
			k.putBack(f, until)
		}
		return nil
	case !finding.Firm():
		k.log.Info("a lookup gave no firm answer", zap.Int64("user", int64(f.user)), zap.String("why", finding.Why))
		return nil
	}
	if err := k.settle(ctx, finding); err != nil {
		return err
	}
	f.told = true
	return nil
}

// settle stores a finding.
func (k *Keeper) settle(ctx context.Context, finding membership.Finding) error {
	b := membership.Batch{Events: []membership.Event{finding.Event}}
	if finding.Profile != nil {
		b.Profiles = append(b.Profiles, *finding.Profile)
	}
	out, err := k.Ingest(ctx, b)
	if err != nil {
		return err
	}
	user := finding.Event.User
	k.looked(user, out.Appended == 0, slices.Contains(out.Doubts, user))
	return nil
}

// looked notes what a lookup brought: nothing new, or a doubt that it did not settle.
func (k *Keeper) looked(user membership.UserID, nothingNew, doubtful bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	r := k.repeats[user]
	if !nothingNew && !doubtful {
		delete(k.repeats, user)
		return
	}
	r.until = now.Add(sameAnswer)
	if !nothingNew {
		r.until = time.Time{}
	}
	if !doubtful {
		r.doubtful = 0
	} else {
		k.postpone(user, now.Add(min(secondLook<<min(r.doubtful, 16), longestDoubt)))
		r.doubtful++
	}
	if len(k.repeats) >= maxRepeats {
		maps.DeleteFunc(k.repeats, func(_ membership.UserID, r repeat) bool { return r.doubtful == 0 && r.until.Before(now) })
	}
	k.repeats[user] = r
}

// postpone is called with mu held.
func (k *Keeper) postpone(user membership.UserID, notBefore time.Time) {
	for i := range k.queue {
		if k.queue[i].user == user {
			k.queue[i].notBefore = notBefore
		}
	}
}

// enqueue orders lookups that nobody waits for.
func (k *Keeper) enqueue(users ...membership.UserID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, u := range users {
		k.enqueueAt(queuedLookup{user: u, notBefore: k.now().Add(secondLook)})
	}
}

// putBack queues a failed flight again if the queue ordered it, for when a wait is over.
func (k *Keeper) putBack(f *flight, until time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !f.ordered {
		return
	}
	if again := k.now().Add(lookAgain); again.After(until) {
		until = again
	}
	k.enqueueAt(queuedLookup{user: f.user, notBefore: until, patient: f.patient})
}

// enqueueAt is called with mu held.
func (k *Keeper) enqueueAt(q queuedLookup) {
	if !k.queued[q.user] {
		k.queued[q.user] = true
		k.queue = append(k.queue, q)
		return
	}
	for i := range k.queue {
		if was := &k.queue[i]; was.user == q.user {
			was.patient = was.patient && q.patient
		}
	}
}

// lookUpQueued looks up the next queued person whose time has come, at most one a call.
func (k *Keeper) lookUpQueued(ctx context.Context) error {
	if q, ok := k.dequeue(); ok {
		k.await(ctx, k.board(q.user, &q))
	}
	return nil
}

// lookUpPatiently does likewise for those who wait for everybody else, while most of the bot's workers have nothing to do.
func (k *Keeper) lookUpPatiently(ctx context.Context) error {
	k.mu.Lock()
	idle := len(k.flights) < botWorkers/2
	next := idle && !slices.ContainsFunc(k.queue, func(q queuedLookup) bool { return !q.patient })
	k.mu.Unlock()
	if !next {
		return nil
	}
	return k.lookUpQueued(ctx)
}

func (k *Keeper) dequeue() (queuedLookup, bool) {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	best := -1
	for i, q := range k.queue {
		if !q.notBefore.After(now) && (best < 0 || !q.patient && k.queue[best].patient) {
			best = i
		}
	}
	if best < 0 {
		return queuedLookup{}, false
	}
	q := k.queue[best]
	k.queue = slices.Delete(k.queue, best, best+1)
	delete(k.queued, q.user)
	return q, true
}
