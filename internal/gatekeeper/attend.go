package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/membership"
)

const (
	// retryAfter is the pause before something that Telegram could not take is tried again, unless Telegram said how long.
	retryAfter = 2 * time.Second
	// firstBeatRetry is when a beat that confirmed nothing is repeated; each further one waits twice as long.
	firstBeatRetry = 250 * time.Millisecond
	// maxTries is how often an action is tried before it is given up.
	maxTries = 8
)

// Attend serves the bot's users until the context ends or the roster fails: it answers what is due, carries actions out, looks people up
// and watches that the bot's updates arrive. The caller feeds what the bot hears to Ingest.
func (k *Keeper) Attend(ctx context.Context, bot Bot) error {
	k.setBot(bot)
	defer k.setBot(nil)
	if err := k.enqueueDoubtful(ctx); err != nil {
		return err
	}

	k.hire(botWorkers)
	g, ctx := errgroup.WithContext(ctx)
	for range botWorkers {
		g.Go(func() error { return k.fly(ctx, nil) })
	}
	g.Go(func() error {
		return k.beats(ctx, bot)
	})
	g.Go(func() error { return k.answerAll(ctx, bot) })
	g.Go(func() error {
		return every(ctx, retryAfter, k.actionsDue, func(ctx context.Context) error { return k.act(ctx, bot) })
	})
	g.Go(func() error { return every(ctx, k.pace.LookupEvery, nil, k.lookUpQueued) })
	return g.Wait()
}

// enqueueDoubtful orders lookups of everybody whose facts contradict each other: the queue is not stored, the facts are.
func (k *Keeper) enqueueDoubtful(ctx context.Context) error {
	err := k.roster.People(ctx, k.group.ID, func(p membership.Person) error {
		if p.Standing.Doubt != membership.NoDoubt {
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

// beats looks after the bot every Pace.BeatEvery, and sooner again where that could not confirm it: a bot that just connected may not be
// listening yet.
func (k *Keeper) beats(ctx context.Context, bot Bot) error {
	var retry time.Duration
	for {
		log := k.log
		if retry == 0 {
			log = zap.NewNop() // the first failure is most often a bot that does not listen yet
		}
		confirmed, err := k.beat(ctx, bot, log)
		if err != nil {
			return err
		}
		wait := k.pace.BeatEvery
		if confirmed {
			retry = 0
		} else {
			retry = min(max(2*retry, firstBeatRetry), k.pace.BeatEvery)
			wait = retry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// beat notes once whether the bot is an administrator and whether its updates arrive, and says whether Telegram confirmed both.
func (k *Keeper) beat(ctx context.Context, bot Bot, log *zap.Logger) (confirmed bool, err error) {
	rights, err := bot.Rights(ctx)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		log.Warn("the bot's rights could not be read", zap.Error(err))
		return false, k.demoted(ctx, err)
	}
	alive := k.alive(ctx, bot)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if alive != nil {
		log.Warn("the bot's updates could not be confirmed", zap.Error(alive))
	}
	now := k.instant()
	began := false
	err = k.roster.UpdateSources(ctx, k.group.ID, func(s *membership.Sources) {
		s.BotAdmin = rights.Admin
		switch {
		case !rights.Admin:
			s.FeedFrom = 0
		case alive == nil && s.FeedFrom == 0:
			s.FeedFrom, began = now, true
		}
		if alive == nil {
			s.BotFeed = max(s.BotFeed, now)
		}
	})
	if began {
		wake(k.walkWanted) // whoever left before the feed began is found by a walk only
	}
	return alive == nil, err
}

// alive gives the bot some time to take in what it missed.
func (k *Keeper) alive(ctx context.Context, bot Bot) error {
	ctx, cancel := context.WithTimeout(ctx, k.pace.BeatEvery)
	defer cancel()
	return bot.Alive(ctx)
}

// demoted notes that the bot is not in the group any more, where that is what Telegram said.
func (k *Keeper) demoted(ctx context.Context, refusal error) error {
	var t *membership.TelegramError
	if !errors.As(refusal, &t) || (t.Kind != membership.ErrorGroupGone && t.Kind != membership.ErrorRightMissing && t.Kind != membership.ErrorNotFound) {
		return nil
	}
	return k.roster.UpdateSources(ctx, k.group.ID, func(s *membership.Sources) { s.BotAdmin, s.FeedFrom = false, 0 })
}

// act carries out the actions that are in the outbox.
func (k *Keeper) act(ctx context.Context, bot Bot) error {
	actions, err := k.roster.PendingActions(ctx, k.group.ID, k.instant(), 100)
	if err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	if len(actions) == 0 {
		return nil
	}
	due, err := k.askers(ctx)
	if err != nil {
		return err
	}
	for _, a := range actions {
		if due[a.User] {
			continue // the answer goes first, and may keep the promise
		}
		moot, err := k.moot(ctx, &a)
		if err != nil {
			return err
		}
		if moot {
			if err := k.roster.ActionDone(ctx, a.ID, a.State, a.Error, 0); err != nil {
				return fmt.Errorf("note that action %d is needed no more: %w", a.ID, err)
			}
			continue
		}
		sent, err := bot.Do(ctx, a)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := k.heard(ctx, sent); err != nil {
			return err
		}
		a = k.outcome(a, sent, err)
		if err := k.roster.ActionDone(ctx, a.ID, a.State, a.Error, a.NotBefore); err != nil {
			return fmt.Errorf("note what came of action %d: %w", a.ID, err)
		}
	}
	return nil
}

// askers are the people who are owed an answer.
func (k *Keeper) askers(ctx context.Context) (map[membership.UserID]bool, error) {
	due, err := k.roster.DueReplies(ctx, k.group.ID)
	if err != nil {
		return nil, fmt.Errorf("read the replies that are due: %w", err)
	}
	askers := make(map[membership.UserID]bool, len(due))
	for _, r := range due {
		askers[r.User] = true
	}
	return askers, nil
}

// moot says, in the action too, that a promise needs no keeping: it was kept since the action was decided, or the person lost what it
// rested on. What was promised then stays with the subscriber, for their return.
func (k *Keeper) moot(ctx context.Context, a *membership.Action) (bool, error) {
	if a.Verb != membership.Tell || a.Text == "" {
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
	case !passing(err) || a.Tries >= maxTries:
		a.State, a.Error = membership.ActionFailed, err.Error()
	default:
		wait := retryAfter << min(a.Tries, 8)
		var t *membership.TelegramError
		if errors.As(err, &t) {
			wait = max(wait, t.Wait)
		}
		a.NotBefore, a.Error = k.instant().Add(wait), err.Error()
	}
	return a
}

// passing says whether the same call may work later: everything but Telegram's firm refusals.
func passing(err error) bool {
	var t *membership.TelegramError
	if !errors.As(err, &t) {
		return true
	}
	return t.Kind == membership.ErrorFlood || t.Kind == membership.ErrorTemporary || t.Kind == membership.ErrorSession
}
