package gatekeeper

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

const (
	// maxFlights is how many people may wait for a lookup; beyond it a question is decided without one.
	maxFlights = 1024
	// botWorkers is how many lookups the bot has under way at most; the owner's account has one, paced by its governor.
	botWorkers = 4
	// secondLook is how long a doubt rests before it is looked into: a lookup within the second of the fact that it contradicts would
	// settle nothing (design.md, "The fold").
	secondLook = 2 * time.Second
)

// flight is one lookup, boarded by everybody who asks for that person meanwhile. Whoever takes it closes done when the answer is in
// the roster or will not come.
type flight struct {
	user membership.UserID
	done chan struct{}
}

// queuedLookup is a lookup that nobody waits for.
type queuedLookup struct {
	user      membership.UserID
	notBefore time.Time
}

// lookUp asks Telegram about a person and returns when the answer was ingested, could not be had, or took too long. The flight may go
// on after lookUp returned: its answer then serves the next question.
func (k *Keeper) lookUp(ctx context.Context, user membership.UserID) {
	f := k.board(user)
	timer := time.NewTimer(k.pace.LookupTimeout)
	defer timer.Stop()
	select {
	case <-f.done:
	case <-timer.C:
		k.log.Warn("a lookup takes long; deciding without it", zap.Int64("user", int64(user)))
	case <-ctx.Done():
	}
}

// board joins the flight to the person that is under way, or announces a new one.
func (k *Keeper) board(user membership.UserID) *flight {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f, ok := k.flights[user]; ok {
		return f
	}
	f := &flight{user: user, done: make(chan struct{})}
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

// fly takes flights until the context ends. The last worker to leave cancels what still waits.
func (k *Keeper) fly(ctx context.Context) error {
	k.mu.Lock()
	k.workers++
	k.mu.Unlock()
	defer k.ground()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case f := <-k.lookups:
			err := k.ask(ctx, f.user)
			k.land(f)
			if err != nil {
				return err
			}
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
	for last {
		select {
		case f := <-k.lookups:
			k.land(f)
		default:
			return
		}
	}
}

// ask looks one person up. Telegram's refusals are logged; an error is the roster's and ends the run.
func (k *Keeper) ask(ctx context.Context, user membership.UserID) error {
	finding, err := k.find(ctx, user)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		k.log.Warn("a lookup failed", zap.Int64("user", int64(user)), zap.Error(err))
		return nil
	case !finding.Firm():
		k.log.Info("a lookup gave no firm answer", zap.Int64("user", int64(user)), zap.String("why", finding.Why))
		return nil
	}
	return k.settle(ctx, finding)
}

// errNobody says that no account is connected that could look somebody up.
var errNobody = errors.New("neither account is connected")

// find asks the bot, and the owner's account where the bot cannot tell.
func (k *Keeper) find(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	k.mu.Lock()
	bot, owner := k.answers, k.owner
	k.mu.Unlock()
	finding, err := membership.Finding{}, errNobody
	if bot != nil {
		finding, err = bot.LookUp(ctx, user)
		if err == nil && finding.Firm() {
			return finding, nil
		}
	}
	if owner == nil || ctx.Err() != nil {
		return finding, err
	}
	return owner.LookUp(ctx, user)
}

// settle stores a finding.
func (k *Keeper) settle(ctx context.Context, finding membership.Finding) error {
	b := membership.Batch{Events: []membership.Event{finding.Event}}
	if finding.Profile != nil {
		b.Profiles = append(b.Profiles, *finding.Profile)
	}
	_, err := k.Ingest(ctx, b)
	return err
}

// enqueue orders lookups that nobody waits for.
func (k *Keeper) enqueue(users ...membership.UserID) {
	notBefore := k.now().Add(secondLook)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, u := range users {
		if !k.queued[u] {
			k.queued[u] = true
			k.queue = append(k.queue, queuedLookup{user: u, notBefore: notBefore})
		}
	}
}

// lookUpQueued looks up the next queued person whose time has come, at most one a call.
func (k *Keeper) lookUpQueued(ctx context.Context) error {
	user, ok := k.dequeue()
	if ok {
		k.lookUp(ctx, user)
	}
	return nil
}

func (k *Keeper) dequeue() (membership.UserID, bool) {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, q := range k.queue {
		if !q.notBefore.After(now) {
			k.queue = append(k.queue[:i], k.queue[i+1:]...)
			delete(k.queued, q.user)
			return q.user, true
		}
	}
	return 0, false
}
