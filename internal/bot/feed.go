package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/updates"
	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
)

// feed is one Listen.
type feed struct {
	bot  *Bot
	api  API
	sink Sink
	at   *position
	push func(context.Context, tg.UpdatesClass) error

	again  chan time.Duration // capacity 1, never closed: when to ask for the difference once more
	misses int                // failed questions in a row; the manager's goroutine owns it
	rewind atomic.Bool        // the position is ahead of the server's
}

// Listen takes in the bot's updates until ctx ends, the session does, or the sink or the store fails, and returns why. It begins
// with what was missed since the stored position; without one it begins now.
//
// Each batch is given to the sink before the position behind it is stored.
func (b *Bot) Listen(ctx context.Context, api API, sink Sink) error {
	b.Use(api)
	run, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	f := &feed{
		bot: b, api: api, sink: sink, at: newPosition(b.cfg.State, b.cfg.Self, stop), again: make(chan time.Duration, 1),
	}
	manager := updates.New(updates.Config{
		Handler: telegram.UpdateHandlerFunc(f.handle), Storage: f.at,
		AccessHasher: everybodyKnown{}, UserAccessHasher: everybodyKnown{},
	})
	f.push = func(ctx context.Context, u tg.UpdatesClass) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(run, cancel)() // nobody reads the manager's queue after the end
		return manager.Handle(ctx, u)
	}

	var pump sync.WaitGroup
	err := manager.Run(run, f, int64(b.cfg.Self), updates.AuthOptions{IsBot: true, OnStart: func(ctx context.Context) {
		b.listen(f)
		pump.Go(func() { f.pump(ctx) })
	}})
	stop(nil)
	b.listen(nil)
	pump.Wait()
	return f.verdict(ctx, err)
}

// verdict is why Listen ended: our own failure first, then the caller's word, then td's.
func (f *feed) verdict(ctx context.Context, err error) error {
	failed := f.at.failure()
	switch {
	case failed != nil && (ctx.Err() == nil || !errors.Is(failed, ctx.Err())):
		return failed
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("listen to the bot's updates: %w", err)
}

// pump feeds the manager what does not come from the connection.
func (f *feed) pump(ctx context.Context) {
	retry := time.NewTimer(0)
	defer retry.Stop()
	if !retry.Stop() {
		<-retry.C
	}
	for {
		var u tg.UpdatesClass = &tg.UpdatesTooLong{}
		select {
		case <-ctx.Done():
			return
		case wait := <-f.again:
			retry.Reset(wait)
			continue
		case <-retry.C:
		case <-f.bot.wake:
		case own := <-f.bot.own:
			kept, ok := f.bot.strain(own)
			if !ok {
				continue
			}
			u = kept
		}
		if f.push(ctx, u) != nil {
			return // ctx has ended
		}
	}
}

// handle is what the manager calls with updates in order.
func (f *feed) handle(ctx context.Context, u tg.UpdatesClass) error {
	d, ok := u.(*tg.Updates)
	if !ok {
		return nil // the manager makes no other
	}
	h := f.hearAll(d.Updates, d.Users)
	at := f.at.now()
	to := at
	for _, u := range d.Updates {
		if qts, ok := tg.IsQtsUpdate(u); ok {
			h.batch.Qts = max(h.batch.Qts, qts)
		}
		if pts, _, ok := tg.IsPtsUpdate(u); ok {
			to.Pts = max(to.Pts, pts)
		}
	}
	if h.says() && to.Pts > at.Pts { // of what says nothing to us td stores the position, by SetPts
		to.Qts = max(to.Qts, h.batch.Qts)
		h.batch.State = &to
	}
	return f.take(ctx, h)
}

// take gives the sink what was heard. After a failure nothing is taken any more.
func (f *feed) take(ctx context.Context, h *hearing) error {
	if err := f.at.failure(); err != nil {
		return err
	}
	if !h.says() {
		return nil
	}
	batch := h.done()
	if err := f.sink(ctx, batch); err != nil {
		return f.at.fail(fmt.Errorf("take in the bot's updates: %w", err))
	}
	f.at.took(batch)
	return nil
}

// lost takes in a hole that ends now, with the position behind it as far as that is ahead of ours.
func (f *feed) lost(ctx context.Context, reason string, to membership.BotState) error {
	h := f.bot.hearing(nil)
	from := membership.Instant(f.at.now().Date)
	h.batch.Gap = &membership.Gap{
		Source: membership.GapFeed, From: from, To: max(from, membership.At(f.bot.cfg.ServerNow())), Reason: reason,
	}
	h.batch.State = &to
	return f.take(ctx, h)
}
