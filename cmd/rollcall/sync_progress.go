package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

const (
	// progressEvery is how often a progress line is written where lines stay, as in a log; a terminal's is overwritten at each page.
	progressEvery = 5 * time.Second
	// watchEvery is how often a sync beside a run looks how far the run's walk is.
	watchEvery = time.Second
)

// walkProgress is what a walk has told of itself in this command.
type walkProgress struct {
	screen screen
	began  time.Time
	before int // calls of the walk that were made before
	told   time.Time
}

// walkWithProgress walks, and says how far it is. Where it breaks off, the error's hint says what is proven.
func (a *app) walkWithProgress(ctx context.Context, k *gatekeeper.Keeper, owner tallied, q walkQuestion) (membership.Certificate, error) {
	var shown *walkProgress
	defer func() { shown.end() }()
	var at membership.Checkpoint
	began := a.now()
	for p, err := range q.of(ctx, k, owner) {
		if err != nil {
			return membership.Certificate{}, brokenOff(ctx, at, err)
		}
		at = p.Walk.Checkpoint
		owner.bot.reached(at)
		if shown == nil {
			shown = &walkProgress{screen: a.stderr, began: began}
			if p.Resumed { // what it took to take the walk up says nothing of the calls to come
				shown.began, shown.before = a.now(), at.Calls
				shown.goingOn(p, q.Level)
			}
		}
		if p.Certificate != nil {
			return *p.Certificate, nil
		}
		shown.show(p.Walk.ID, at, a.now())
	}
	return membership.Certificate{}, brokenOff(ctx, at, context.Cause(ctx))
}

// goingOn says that a walk was begun earlier, and that it keeps to how it was begun.
func (p *walkProgress) goingOn(w gatekeeper.Progress, asked membership.Level) {
	p.screen.line("Going on with walk %d, which was interrupted after %s.", w.Walk.ID, plural(p.before-1, "call"))
	if level := w.Walk.Checkpoint.Level; level != asked {
		p.screen.line("It keeps the level at which it began: %s.", level)
	}
}

// brokenOff is why a walk ended before its end, with what it has proven by then.
func brokenOff(ctx context.Context, at membership.Checkpoint, err error) error {
	const goesOn = `"rollcall sync" goes on from there`
	kept := "nothing was read this time; what earlier ones read is kept, and " + `"rollcall sync" goes on with it`
	if at.Pages > 0 {
		kept = fmt.Sprintf("%s of %s listed are proven in, by %s, and stored; %s", formatCount(at.In), formatCount(at.Counts[membership.ListRecent]),
			plural(at.Calls, "call"), goesOn)
	}
	if at.Audit != nil {
		kept = fmt.Sprintf("%s are confirmed, and stored; the next audit begins with who is oldest then", plural(at.Audit.Confirmed, "member"))
	}
	if errors.Is(context.Cause(ctx), errInterrupted) {
		return errors.Join(fail(exitInterrupted, kept, "%w", errInterrupted), err)
	}
	judged := judge(err)
	if at.Pages == 0 || judged.code == exitUnexpected {
		return err
	}
	if judged.hint != "" {
		kept = judged.hint + ". " + kept
	}
	return fail(judged.code, kept, "%w", err)
}

// watching shows how far the walk of another process is while sync waits for it. What it cannot learn it does not show: the answer that
// sync waits for says all of it.
func (a *app) watching(ctx context.Context, cfg Config, wait func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	g.Go(func() error {
		defer stop()
		return wait(ctx)
	})
	g.Go(func() error {
		a.watch(ctx, cfg)
		return nil
	})
	return g.Wait()
}

func (a *app) watch(ctx context.Context, cfg Config) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	began := a.now()
	var shown *walkProgress
	var walk uint32 // the one that is shown: ours may wait for the end of the run's own
	defer func() { shown.end() }()
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var s statusAnswer
		if askHolder(ctx, path, askStatus.name, groupQuestion{Group: cfg.Group}, &s) != nil || s.Walk == nil || s.Walk.Ended != 0 || s.Walk.Checkpoint.Calls == 0 {
			continue
		}
		if shown == nil || s.Walk.ID != walk {
			walk, shown = s.Walk.ID, &walkProgress{screen: a.stderr, began: a.now(), before: s.Walk.Checkpoint.Calls}
			if started := s.Walk.Started.Time(); !started.Before(began.Truncate(time.Second)) {
				shown.began, shown.before = started, 0 // seen from its first call on
			}
		}
		shown.show(s.Walk.ID, s.Walk.Checkpoint.Checkpoint, a.now())
	}
}

// show tells how far the walk is: on a terminal in one line that is overwritten, elsewhere in a line every so often.
func (p *walkProgress) show(walk uint32, cp membership.Checkpoint, now time.Time) {
	if !p.screen.tty && !p.told.IsZero() && now.Sub(p.told) < progressEvery {
		return
	}
	p.told = now
	what := "walk"
	if cp.Audit != nil {
		what = "audit"
	}
	text := fmt.Sprintf("%s %d: %s", what, walk, progressText(cp, now.Sub(p.began), cp.Calls-p.before))
	if p.screen.tty {
		_, _ = fmt.Fprintf(p.screen.w, "\r\x1b[K%s", text)
		return
	}
	p.screen.line("%s", text)
}

// end clears the line that is overwritten.
func (p *walkProgress) end() {
	if p != nil && p.screen.tty {
		_, _ = fmt.Fprint(p.screen.w, "\r\x1b[K")
	}
}

// progressText is how far a walk is. It took so long to make so many calls.
func progressText(cp membership.Checkpoint, took time.Duration, made int) string {
	if a := cp.Audit; a != nil {
		return fmt.Sprintf("%s of %s known confirmed, %s", formatCount(a.Confirmed), formatCount(a.Known), plural(cp.Calls, "call"))
	}
	text := fmt.Sprintf("%s of %s listed proven in, %s", formatCount(cp.In), formatCount(cp.Counts[membership.ListRecent]), plural(cp.Calls, "call"))
	if made <= 0 || cp.CallsLeft <= 0 {
		return text
	}
	if left := took / time.Duration(made) * time.Duration(cp.CallsLeft); left >= time.Second {
		text += ", about " + span(left) + " left"
	}
	return text
}
