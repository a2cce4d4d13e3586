package gatekeeper

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/membership"
)

const (
	// replyLife is how old a question may be and still be answered after a restart (design.md, "Replies").
	replyLife = 5 * time.Minute
	// callers is how many people are being answered at once, nearly all of them waiting for a lookup. It is below maxFlights, so that
	// a crowd waits for its lookups and is not decided without them.
	callers = 512
	// senders is how many answers are on their way to Telegram at once.
	senders = 32
)

// desk is who is being answered. A person's questions are answered in order, and nobody waits for another's lookup.
type desk struct {
	sending chan struct{} // capacity senders: one token an answer on its way; never closed

	mu    sync.Mutex // guards what follows
	busy  map[membership.UserID]bool
	gone  map[membership.UserID]bool      // who left since the last look
	rests map[membership.UserID]time.Time // not before: after a failure that may pass
	known map[membership.ReplyKey]bool    // questions of whose asker Telegram has told, and which were not answered yet
}

func newDesk() *desk {
	return &desk{
		sending: make(chan struct{}, senders),
		busy:    map[membership.UserID]bool{}, gone: map[membership.UserID]bool{}, rests: map[membership.UserID]time.Time{},
		known: map[membership.ReplyKey]bool{},
	}
}

// look is called before what is due is read: what take is given about anybody who leaves after it may be answered already.
func (d *desk) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.gone)
}

// take picks the people whose questions can be answered now.
func (d *desk) take(due []membership.Reply, now time.Time) map[membership.UserID][]membership.Reply {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := map[membership.UserID][]membership.Reply{}
	for _, r := range due {
		if _, mine := taken[r.User]; !mine && !d.free(r.User, now) {
			continue
		}
		d.busy[r.User] = true
		taken[r.User] = append(taken[r.User], r)
	}
	return taken
}

func (d *desk) free(user membership.UserID, now time.Time) bool {
	return len(d.busy) < callers && !d.busy[user] && !d.gone[user] && !d.rests[user].After(now)
}

func (d *desk) leave(user membership.UserID, restUntil time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, user)
	delete(d.rests, user)
	d.gone[user] = true
	if !restUntil.IsZero() {
		d.rests[user] = restUntil
	}
}

// reserve takes a person for something else than an answer; false while they are being answered. Whoever reserved releases.
func (d *desk) reserve(user membership.UserID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[user] {
		return false
	}
	d.busy[user] = true
	return true
}

func (d *desk) release(user membership.UserID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, user)
}

// knows says whether Telegram has told of the asker for this question. It is looked up once a question, not once a try to send the answer.
func (d *desk) knows(key membership.ReplyKey) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known[key]
}

func (d *desk) learn(key membership.ReplyKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[key] = true
}

func (d *desk) forget(key membership.ReplyKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.known, key)
}

// answerAll answers whatever falls due, until the context ends or the roster fails.
func (k *Keeper) answerAll(ctx context.Context, bot Bot, d *desk) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return every(ctx, retryAfter, k.repliesDue, func(ctx context.Context) error {
			d.look()
			due, err := k.roster.DueReplies(ctx, k.group.ID)
			if err != nil {
				return fmt.Errorf("read the replies that are due: %w", err)
			}
			for user, replies := range d.take(due, k.now()) {
				g.Go(func() error { return k.answerOne(ctx, bot, d, user, replies) })
			}
			return nil
		})
	})
	return g.Wait()
}

// answerOne answers one person's questions in order. What may work later stays due.
func (k *Keeper) answerOne(ctx context.Context, bot Bot, d *desk, user membership.UserID, replies []membership.Reply) error {
	var rest time.Time
	defer func() {
		d.leave(user, rest)
		wake(k.repliesDue) // they may have asked again meanwhile, and others may wait for their place
	}()
	for _, r := range replies {
		err := k.answer(ctx, bot, d, r)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
		case isRefused(err) && passing(err):
			rest = k.now().Add(retryAfter)
			if until, held := heldBack(err); held && until.After(rest) {
				rest = until
			}
			return nil
		case isRefused(err):
			if err := k.roster.ReplyDone(ctx, r.Key(), false); err != nil {
				return err
			}
		default:
			return err
		}
		d.forget(r.Key())
	}
	return nil
}

// answer decides and sends one reply. A refusedError is Telegram's or the network's; any other is the roster's.
func (k *Keeper) answer(ctx context.Context, bot Bot, d *desk, r membership.Reply) error {
	if k.instant().Sub(r.Asked) > replyLife {
		k.log.Info("a question is too old to be answered", zap.Int64("user", int64(r.User)), zap.Stringer("asked", r.Asked))
		return k.roster.ReplyDone(ctx, r.Key(), false)
	}
	v, err := k.verdict(ctx, d, r)
	if err != nil {
		return err
	}
	payload, err := k.payload(ctx, r)
	if err != nil {
		return err
	}
	k.log.Info("gate", zap.Int64("user", int64(r.User)), zap.Stringer("answer", v.Answer), zap.String("rule", string(v.Rule)), zap.Bool("shadow", v.Shadow))
	sent, err := d.send(ctx, func() (membership.Sent, error) { return bot.Answer(ctx, r, v, payload) })
	if err != nil {
		k.log.Warn("an answer was not sent", zap.Int64("user", int64(r.User)), zap.Error(err))
		return refusedError{err}
	}
	if err := k.heard(ctx, sent); err != nil {
		return err
	}
	return k.roster.ReplyDone(ctx, r.Key(), v.Answer == membership.Serve && !sent.Gone)
}

// verdict decides a question; its asker is looked up at most until Telegram has told of them.
func (k *Keeper) verdict(ctx context.Context, d *desk, r membership.Reply) (membership.Verdict, error) {
	if d.knows(r.Key()) {
		return k.decide(ctx, r.User, true)
	}
	v, told, err := k.ask(ctx, r.User, r.Kind == membership.ReplyCallback)
	if told {
		d.learn(r.Key())
	}
	return v, err
}

// send makes the call when fewer than senders others are under way.
func (d *desk) send(ctx context.Context, call func() (membership.Sent, error)) (membership.Sent, error) {
	select {
	case <-ctx.Done():
		return membership.Sent{}, ctx.Err()
	case d.sending <- struct{}{}:
	}
	defer func() { <-d.sending }()
	return call()
}

// payload is what the person's deep link promised: this question's, or the one that an earlier refusal kept.
func (k *Keeper) payload(ctx context.Context, r membership.Reply) (string, error) {
	if r.Payload != "" {
		return r.Payload, nil
	}
	c, err := k.roster.Case(ctx, k.group.ID, r.User)
	if err != nil {
		return "", fmt.Errorf("read what %d was promised: %w", r.User, err)
	}
	return c.Subscriber.Payload, nil
}

// heard ingests what Telegram's refusal of a message said about the dialog.
func (k *Keeper) heard(ctx context.Context, sent membership.Sent) error {
	if sent.Contact == nil {
		return nil
	}
	_, err := k.Ingest(ctx, membership.Batch{Contacts: []membership.Contact{*sent.Contact}})
	return err
}
