package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/internal/membership"
)

const (
	// retryAfter is the pause before something that Telegram could not take is tried again, unless Telegram said how long.
	retryAfter = 2 * time.Second
	// maxTries is how often an action is tried before it is given up.
	maxTries = 8
)

// Attend serves the bot's users until the context ends or the roster fails: it answers what is due, carries actions out, looks people up
// and watches that the bot's updates arrive. The caller feeds what the bot hears to Ingest.
func (k *Keeper) Attend(ctx context.Context, bot Bot) error {
	k.setBot(bot)
	defer k.setBot(nil)
	k.Reconnected()
	if err := k.forgetProof(ctx); err != nil {
		return err
	}
	if err := k.enqueueDoubtful(ctx); err != nil {
		return err
	}
	d := newDesk()

	k.hire(botWorkers)
	g, ctx := errgroup.WithContext(ctx)
	for range botWorkers {
		g.Go(func() error { return k.fly(ctx, nil) })
	}
	g.Go(func() error {
		return k.beats(ctx, bot)
	})
	g.Go(func() error { return k.answerAll(ctx, bot, d) })
	g.Go(func() error {
		return every(ctx, retryAfter, k.actionsDue, func(ctx context.Context) error { return k.act(ctx, bot, d) })
	})
	g.Go(func() error { return every(ctx, k.pace.LookupEvery, nil, k.lookUpQueued) })
	g.Go(func() error { return every(ctx, k.pace.LookupEvery, nil, k.lookUpPatiently) })
	return g.Wait()
}

// enqueueDoubtful orders lookups of everybody whose facts contradict each other: the queue is not stored, the facts are.
func (k *Keeper) enqueueDoubtful(ctx context.Context) error {
	err := k.roster.People(ctx, k.group.ID, func(p membership.Person) error {
		switch p.Standing.Doubt {
		case membership.NoDoubt:
		case membership.DoubtMissed:
			k.enqueuePatient(p.Profile.User)
		default:
			k.enqueue(p.Profile.User)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("find whom to look up: %w", err)
	}
	return nil
}

func (k *Keeper) setBot(b Bot) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers = b
}

// act carries out the actions that are in the outbox. While the bot catches up nobody is written to, since what was promised may have lapsed, but
// the owner, who is told of just that.
func (k *Keeper) act(ctx context.Context, bot Bot, d *desk) error {
	actions, err := k.roster.PendingActions(ctx, k.group.ID, k.instant(), 100)
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	if len(actions) == 0 {
		return nil
	}
	s, err := k.sources(ctx)
	if err != nil {
		return err
	}
	catchingUp := membership.FreshnessOf(s, k.instant()).CatchingUp
	for _, a := range actions {
		if catchingUp && a.Verb != membership.Notice {
			continue
		}
		if !d.reserve(a.User) {
			continue // the answer goes first, and may keep the promise
		}
		err := k.actOne(ctx, bot, a)
		d.release(a.User)
		wake(k.repliesDue) // they may have asked meanwhile
		if err != nil {
			return err
		}
	}
	return nil
}

// actOne carries one action out, unless the person is owed an answer, which goes first. Nobody answers them meanwhile.
func (k *Keeper) actOne(ctx context.Context, bot Bot, a membership.Action) error {
	asked, err := k.asks(ctx, a.User)
	if err != nil || asked {
		return err
	}
	moot, err := k.moot(ctx, &a)
	if err != nil {
		return err
	}
	if moot {
		if err := k.roster.ActionDone(ctx, a.ID, a.State, a.Error, 0); err != nil {
			return fmt.Errorf("note that action %d is needed no more: %w", a.ID, err)
		}
		return nil
	}
	sent, err := bot.Do(ctx, a)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if until, held := heldBack(err); held {
		if err := k.roster.ActionHeldBack(ctx, a.ID, err.Error(), membership.At(until)+1); err != nil {
			return fmt.Errorf("note until when action %d has to wait: %w", a.ID, err)
		}
		return nil
	}
	if err := k.heard(ctx, sent); err != nil {
		return err
	}
	a = k.outcome(a, sent, err)
	if err := k.roster.ActionDone(ctx, a.ID, a.State, a.Error, a.NotBefore); err != nil {
		return fmt.Errorf("note what came of action %d: %w", a.ID, err)
	}
	return nil
}

// asks says whether the person is owed an answer.
func (k *Keeper) asks(ctx context.Context, user membership.UserID) (bool, error) {
	due, err := k.roster.DueReplies(ctx, k.group.ID)
	if err != nil {
		return false, fmt.Errorf("read the replies that are due: %w", err)
	}
	return slices.ContainsFunc(due, func(r membership.Reply) bool { return r.User == user }), nil
}

// moot says, in the action too, that a promise needs no keeping: it was kept since the action was decided, or the person lost what it
// rested on. What was promised then stays with the subscriber, for their return.
func (k *Keeper) moot(ctx context.Context, a *membership.Action) (bool, error) {
	if a.Verb != membership.Tell {
		return false, nil
	}
	c, err := k.Case(ctx, a.User)
	if err != nil {
		return false, err
	}
	c.LookedUp = true
	v := membership.Decide(c)
	switch {
	case c.Subscriber.Payload != a.Text:
		a.State, a.Error = membership.ActionDone, ""
	case v.Answer == membership.Refuse && (v.Rule == membership.RuleOut || v.Rule == membership.RuleRevoked):
		a.State, a.Error = membership.ActionFailed, v.Because
	default:
		return false, nil
	}
	return true, nil
}

// outcome is the action after a try: done, failed for good, or pending with a time before which it is not tried again.
func (k *Keeper) outcome(a membership.Action, sent membership.Sent, err error) membership.Action {
	a.Tries++
	switch {
	case err == nil && sent.Gone:
		a.State, a.Error = membership.ActionFailed, sent.Why
	case err == nil:
		a.State, a.Error = membership.ActionDone, ""
	case !passing(err) || (a.Tries >= maxTries && a.Verb != membership.Notice): // what it tells of may be why it cannot be sent yet
		a.State, a.Error = membership.ActionFailed, err.Error()
	default:
		a.NotBefore, a.Error = k.instant().Add(retryAfter<<min(a.Tries, 8)), err.Error()
	}
	return a
}

// passing says whether the same call may work later: everything but Telegram's firm refusals.
func passing(err error) bool {
	var t *membership.TelegramError
	if !errors.As(err, &t) {
		return true
	}
	return t.Kind == membership.ErrorTemporary || t.Kind == membership.ErrorSession
}

// heldBack says until when a call is held back that was not made, since Telegram had asked to wait.
func heldBack(err error) (until time.Time, held bool) {
	w, held := errors.AsType[interface {
		error
		WaitUntil() time.Time
	}](err)
	if !held {
		return time.Time{}, false
	}
	return w.WaitUntil(), true
}
