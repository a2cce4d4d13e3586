package gatekeeper

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/membership"
)

// Watch looks after what belongs to neither account: how far the gate may rely on the roster, whether the accounts can do their work and the admin
// log is read, and whether Telegram counts whom the roster knows. It goes on whichever of the two is away, until the context ends or the
// roster fails.
func (k *Keeper) Watch(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return repeatedly(ctx, k.watchWanted, func(ctx context.Context) (time.Duration, error) { return k.pace.ProofEvery, k.look(ctx) })
	})
	g.Go(func() error {
		return repeatedly(ctx, nil, func(ctx context.Context) (time.Duration, error) { return k.pace.BeatEvery, k.askAboutOwner(ctx) })
	})
	g.Go(func() error { return repeatedly(ctx, k.countWanted, k.drift) })
	return g.Wait()
}

// repeatedly calls f after each pause that it asks for, or wake-up, until the context ends or f fails. The first is after the shortest pause there
// is: what begins with the program is to be there when it is looked at.
func repeatedly(ctx context.Context, wakeUp <-chan struct{}, f func(context.Context) (time.Duration, error)) error {
	timer := time.NewTimer(10 * proofPatience)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-wakeUp:
		}
		pause, err := f(ctx)
		if err != nil {
			return err
		}
		timer.Reset(pause)
	}
}

// look notes what has changed by itself or since the last look, and says it.
func (k *Keeper) look(ctx context.Context) error {
	for _, step := range []func(context.Context) error{k.noteMode, k.notePosts, k.tellPosts, k.noteAlarm} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// noteAlarm says once that the admin log goes unread for so long that its events will soon be lost, and once that it is read again. A basic
// group has no log.
func (k *Keeper) noteAlarm(ctx context.Context) error {
	if k.group.Kind == membership.BasicGroup {
		return nil
	}
	s, err := k.sources(ctx)
	if err != nil {
		return err
	}
	var before, after membership.Watch
	now := k.instant()
	var since membership.Instant
	err = k.roster.UpdateWatch(ctx, k.group.ID, func(w *membership.Watch, _ uint64) {
		before = *w
		if s.AdminLog == 0 && w.Began == 0 {
			w.Began = now
		}
		var alarming bool
		since, alarming = w.LogUnread(s, now)
		switch {
		case alarming && w.Alarm == 0:
			w.Alarm = now
		case !alarming:
			w.Alarm = 0
		}
		after = *w
	})
	if err != nil {
		return fmt.Errorf("note whether the admin log is read: %w", err)
	}
	switch {
	case before.Alarm == 0 && after.Alarm != 0:
		lost := since.Add(membership.AdminLogRetention)
		return k.say(ctx, said{kind: membership.NoteAlarm, from: since, to: lost, notice: true, text: fmt.Sprintf(
			"The admin log was not read since %s. Telegram keeps 48 hours of it: from %s on, events are lost. It is read through your account; "+
				`"rollcall status" says what keeps it from that.`, since, lost)})
	case before.Alarm != 0 && after.Alarm == 0:
		return k.say(ctx, said{kind: membership.NoteAlarmOver, from: before.Alarm, to: now, text: "The admin log is read again."})
	}
	return nil
}

// said is something that the owner should know.
type said struct {
	kind     membership.NoteKind
	text     string
	actor    membership.UserID
	user     membership.UserID
	from, to membership.Instant
	notice   bool // it is worth a message, not only a record
}

// say logs it, records it and, where it is worth one, has the bot write a message.
func (k *Keeper) say(ctx context.Context, s said) error {
	n, err := k.roster.Note(ctx, k.group.ID, membership.Note{
		Kind: s.kind, At: k.instant(), Text: s.text, Actor: s.actor, User: s.user, From: s.from, To: s.to,
	}, s.notice)
	if err != nil {
		return fmt.Errorf("record %q: %w", s.text, err)
	}
	log := k.log.Info
	if s.notice {
		wake(k.actionsDue)
	}
	if s.notice && s.kind != membership.NoteMissed && s.kind != membership.NoteAlarmOver { // what is well again is no warning
		log = k.log.Warn
	}
	log(s.text, zap.Stringer("note", n.Kind))
	return nil
}
