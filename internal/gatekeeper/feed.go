package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

const (
	// firstBeatRetry is when a beat that confirmed nothing is repeated; each further one waits twice as long.
	firstBeatRetry = 250 * time.Millisecond
	// proofPatience is how long, after the bot was connected, a question waits for the proof that the bot missed nothing: most often that is
	// one call away, and spares a lookup. Whoever asks later is looked up.
	proofPatience = time.Second
	// proofKept is how old the stored proof may grow while there are newer ones: each is a write.
	proofKept = 30 * time.Second
)

// feed is what is known of the bot's updates over its present connection. Keeper.mu guards it.
type feed struct {
	// turn counts what makes an answer about the bot outdated that is still under way: connections, holes, changes of rights.
	turn   int
	stop   func() // ends the beat that is under way; nil where there is none
	link   membership.Link
	since  time.Time     // when the bot was connected, or lost its connection
	proved chan struct{} // closed once the bot proved that it missed nothing
}

// proven says whether the channel is closed.
func proven(proved <-chan struct{}) bool {
	select {
	case <-proved:
		return true
	default:
		return false
	}
}

// Reconnected says that the bot's connection was made anew. What happened while there was none may not be read yet: until the bot has
// proved that it is, Telegram is asked about everybody. It never blocks.
func (k *Keeper) Reconnected() { k.unproven(membership.Linked) }

// Disconnected says that the bot's connection is lost. It never blocks.
func (k *Keeper) Disconnected() { k.unproven(membership.Unlinked) }

func (k *Keeper) unproven(link membership.Link) {
	k.mu.Lock()
	k.feed.turn++
	if k.feed.stop != nil {
		k.feed.stop() // it asks over a connection that is no more
	}
	if link == membership.Linked || link != k.feed.link { // a connection that is not there is lost once
		k.feed.link, k.feed.since = link, k.now()
	}
	if proven(k.feed.proved) {
		k.feed.proved = make(chan struct{})
	}
	k.mu.Unlock()
	wake(k.beatWanted)
}

// Lost says that the bot is not at work any more, and how it stands, and lets those who read the roster know: nobody hears what happens. A bot that
// attends is at work again.
func (k *Keeper) Lost(ctx context.Context, link membership.Link) error {
	k.unproven(link)
	return k.forgetProof(ctx)
}

func (k *Keeper) turn() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.feed.turn
}

// prove notes that the bot missed nothing, unless something has happened since turn.
func (k *Keeper) prove(turn int) {
	k.mu.Lock()
	news := k.feed.turn == turn && !proven(k.feed.proved)
	if news {
		close(k.feed.proved)
	}
	k.mu.Unlock()
	if news {
		wake(k.actionsDue)
	}
}

// awaitProof waits for the proof while the bot has only just been connected.
func (k *Keeper) awaitProof(ctx context.Context) {
	k.mu.Lock()
	proved, wait := k.feed.proved, k.feed.since.Add(proofPatience).Sub(k.now())
	k.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-proved:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// sources are the roster's, without a proof that is of an earlier connection.
func (k *Keeper) sources(ctx context.Context) (membership.Sources, error) {
	s, err := k.roster.SourcesNow(ctx, k.group.ID)
	if err != nil {
		return s, fmt.Errorf("read how fresh the roster is: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !proven(k.feed.proved) {
		s.BotFeed = 0
	}
	if k.feed.link != membership.NoLink {
		s.Link, s.LinkAt = k.feed.link, membership.At(k.feed.since)
	}
	k.own(&s)
	return s, nil
}

// own leaves nothing of what another bot heard: this one did not hear it.
func (k *Keeper) own(s *membership.Sources) {
	if k.bot == 0 {
		return
	}
	if s.Bot != 0 && s.Bot != k.bot {
		s.BotFeed, s.FeedFrom, s.BotAdmin = 0, 0, false
	}
	s.Bot = k.bot
}

// forgetProof stores that there is none over this connection yet, and since when, for those who read the roster beside us.
func (k *Keeper) forgetProof(ctx context.Context) error {
	s, err := k.sources(ctx)
	if err != nil || s.BotFeed != 0 {
		return err
	}
	stored, err := k.roster.Sources(ctx, k.group.ID)
	if err != nil || stored.BotFeed == 0 && stored.Link == s.Link && stored.LinkAt == s.LinkAt {
		return err
	}
	return k.roster.UpdateSources(ctx, k.group.ID, func(stored *membership.Sources) {
		stored.BotFeed, stored.Link, stored.LinkAt = 0, s.Link, s.LinkAt
	})
}

// disturbed notes a hole in the feed, or what the bot was told of its own rights.
func (k *Keeper) disturbed(ctx context.Context, b membership.Batch) error {
	k.mu.Lock()
	k.feed.turn++
	k.mu.Unlock()
	err := k.roster.UpdateSources(ctx, k.group.ID, func(s *membership.Sources) {
		if b.Rights != nil {
			s.BotAdmin, s.BotOut = b.Rights.Admin, k.putOut(b, s.BotOut)
		}
		if b.Gap != nil || !s.BotAdmin {
			s.FeedFrom = 0
		}
	})
	if err != nil {
		return fmt.Errorf("note that the bot's updates have a hole: %w", err)
	}
	wake(k.beatWanted) // the feed begins anew with the next proof, and the log is read then
	return nil
}

// putOut says whether the bot is out of the group by what a delivery tells of it; as before, where that is nothing.
func (k *Keeper) putOut(b membership.Batch, before bool) bool {
	for _, e := range b.Events {
		if e.User == k.bot {
			before = e.State.Presence == membership.Out
		}
	}
	return before
}

// noteMode notes when the mode of the group changes, and why: in the roster, to the owner and in the log, once each.
func (k *Keeper) noteMode(ctx context.Context) error {
	s, err := k.sources(ctx)
	if err != nil {
		return err
	}
	was, err := k.roster.Rung(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read what was noted of the group: %w", err)
	}
	f := membership.FreshnessOf(s, k.instant())
	k.mu.Lock()
	// What a new connection has yet to prove is no news.
	brief := (f.CatchingUp || (was.Mode == 0 && f.Mode != membership.Fresh)) && k.now().Sub(k.feed.since) < 10*proofPatience
	k.mu.Unlock()
	if brief || was.Mode == f.Mode {
		return nil
	}
	note, err := k.roster.Climb(ctx, k.group.ID, f, func(m membership.Mode) string { return m.Advice(k.settings().Policy) })
	if err != nil {
		return fmt.Errorf("note how fresh the group is: %w", err)
	}
	switch {
	case note.Kind == 0: // another has noted it
		return nil
	case f.Mode == membership.Fresh:
		k.log.Info("the gate is fresh", zap.String("because", f.Reason))
	default:
		k.log.Warn("the gate is not fresh", zap.Stringer("mode", f.Mode), zap.String("because", f.Reason))
	}
	wake(k.actionsDue)
	return nil
}

// pulse is one connected bot, looked after by one goroutine.
type pulse struct {
	keeper *Keeper
	bot    Bot
	rights membership.Rights
	asked  time.Time // when Telegram told the rights
	turn   int       // and as of which turn
	said   string    // the refusal that was logged last; empty after a beat that confirmed everything
	saidAt time.Time
}

// warn logs a refusal once, and again when it is another or an hour has gone by: beats come each minute, and sooner while they fail.
func (p *pulse) warn(log *zap.Logger, what string, err error) {
	now := p.keeper.now()
	text := what + ": " + err.Error()
	if text == p.said && now.Sub(p.saidAt).Abs() < sayAgain {
		return
	}
	if log.Core().Enabled(zap.WarnLevel) {
		p.said, p.saidAt = text, now
	}
	log.Warn(what, zap.Error(err))
}

// beats asks for a proof every Pace.ProofEvery and for the bot's rights every Pace.BeatEvery, and sooner again where that came to nothing: a
// bot that just connected may not be listening yet.
func (k *Keeper) beats(ctx context.Context, bot Bot) error {
	p := pulse{keeper: k, bot: bot}
	var retry time.Duration
	for {
		log := k.log
		if retry == 0 {
			log = zap.NewNop() // the first failure is most often a bot that does not listen yet
		}
		confirmed, err := p.beat(ctx, log)
		if err == nil {
			err = k.noteMode(ctx)
		}
		if err != nil {
			return err
		}
		wait := k.pace.ProofEvery
		if confirmed {
			retry, p.said = 0, ""
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
		case <-k.beatWanted:
			timer.Stop()
			retry = 0
		}
	}
}

// beat notes once whether the bot is an administrator and whether its updates arrive, and says whether Telegram confirmed both. What was
// asked before a reconnect, a hole or a change of rights counts for nothing after it.
func (p *pulse) beat(ctx context.Context, log *zap.Logger) (confirmed bool, err error) {
	k := p.keeper
	call, turn, done := k.beating(ctx)
	defer done()
	if err := k.forgetProof(ctx); err != nil {
		return false, err
	}
	if refused, err := p.ask(call, turn, log); refused || err != nil {
		if call.Err() != nil {
			err = ctx.Err() // nothing, where the connection is what ended
		}
		return false, err
	}
	at, alive := k.alive(call, p.bot)
	if call.Err() != nil {
		return false, ctx.Err()
	}
	if alive != nil {
		p.warn(log, "the bot's updates could not be confirmed", alive)
	}
	current, err := p.note(ctx, turn, at, alive == nil)
	if err != nil || !current || alive != nil {
		return false, err
	}
	k.prove(turn)
	return true, nil
}

// beating begins a beat of the present turn. Its context ends with the bot's connection.
func (k *Keeper) beating(ctx context.Context) (call context.Context, turn int, done func()) {
	call, cancel := context.WithCancel(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.feed.stop = cancel
	return call, k.feed.turn, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.feed.stop = nil
		cancel()
	}
}

// ask asks for the rights where they are not known for the turn, or were not asked for lately.
func (p *pulse) ask(ctx context.Context, turn int, log *zap.Logger) (refused bool, err error) {
	k := p.keeper
	known := !p.asked.IsZero() && p.turn == turn
	if known && k.now().Sub(p.asked) < k.pace.BeatEvery {
		return false, nil
	}
	rights, err := p.bot.Rights(ctx)
	switch {
	case ctx.Err() != nil:
		return true, ctx.Err()
	case err == nil:
		p.rights, p.asked, p.turn = rights, k.now(), turn
		return false, nil
	}
	if _, held := heldBack(err); held && known {
		return false, nil // nothing was asked; the bot would hear of a change
	}
	if m, is := errors.AsType[*membership.MigratedError](err); is && m.To != 0 {
		return true, err // whoever has the bot attend takes it to the supergroup
	}
	p.warn(log, "the bot's rights could not be read", err)
	return true, k.demoted(ctx, err)
}

// note stores what a beat found, where that changes anything; current is false where it was outdated by then.
func (p *pulse) note(ctx context.Context, turn int, at membership.Instant, alive bool) (current bool, err error) {
	k := p.keeper
	s, err := k.sources(ctx)
	if err != nil {
		return false, err
	}
	now := k.instant()
	settled := s.BotOut == p.rights.Out && s.BotAdmin == p.rights.Admin && (s.FeedFrom != 0) == s.BotAdmin
	if settled && k.turn() == turn && (!alive || (s.BotFeed != 0 && now.Sub(s.BotFeed).Abs() < proofKept)) {
		return true, nil
	}
	err = k.roster.UpdateSources(ctx, k.group.ID, func(s *membership.Sources) {
		if current = k.turn() == turn; !current {
			return
		}
		k.own(s)
		s.BotAdmin, s.BotOut = p.rights.Admin, p.rights.Out
		switch {
		case !s.BotAdmin:
			s.FeedFrom = 0
		case alive && s.FeedFrom == 0:
			s.FeedFrom = max(now, at) // facts carry Telegram's dates or ours: after both
			wake(k.tailWanted)        // what went before it, the log may tell
		}
		if alive {
			s.BotFeed = now
		}
	})
	return current, err
}

// alive gives the bot some time to take in what it missed.
func (k *Keeper) alive(ctx context.Context, bot Bot) (membership.Instant, error) {
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
	out := t.Kind != membership.ErrorRightMissing
	return k.roster.UpdateSources(ctx, k.group.ID, func(s *membership.Sources) { s.BotAdmin, s.FeedFrom, s.BotOut = false, 0, out })
}
