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
	w, err := k.roster.Watch(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read whether the admin log is read: %w", err)
	}
	if next, _, _, _ := w.Heed(s, k.instant()); next == w {
		return nil
	}
	return k.tell(ctx, func(w *membership.Watch) (said membership.Saying) {
		now, began := k.instant(), w.Alarm
		next, since, raised, over := w.Heed(s, now)
		*w = next
		switch {
		case raised:
			lost := since.Add(membership.AdminLogRetention)
			said.Message = fmt.Sprintf("The admin log was not read since %s. Telegram keeps 48 hours of it: from %s on, events are lost. It is read through "+
				`your account; "rollcall status" says what keeps it from that.`, since, lost)
			said.Note = membership.Note{Kind: membership.NoteAlarm, At: now, Text: said.Message, From: since, To: lost}
		case over:
			said.Note = membership.Note{Kind: membership.NoteAlarmOver, At: now, Text: "The admin log is read again.", From: began, To: now}
		}
		return said
	})
}

// said is something that the owner should know.
type said struct {
	kind     membership.NoteKind
	text     string
	from, to membership.Instant
	notice   bool // it is worth a message, not only a record
}

// say logs it, records it and, where it is worth one, has the bot write a message.
func (k *Keeper) say(ctx context.Context, s said) error {
	n, err := k.roster.Note(ctx, k.group.ID, membership.Note{
		Kind: s.kind, At: k.instant(), Text: s.text, From: s.from, To: s.to,
	}, s.notice)
	if err != nil {
		return fmt.Errorf("record %q: %w", s.text, err)
	}
	if s.notice {
		wake(k.actionsDue)
	}
	k.logNote(n, s.notice)
	return nil
}

// tell changes what is watched, and says what there is to say of it, in one transaction.
func (k *Keeper) tell(ctx context.Context, change func(w *membership.Watch) membership.Saying) error {
	s, err := k.roster.Tell(ctx, k.group.ID, change)
	if err != nil {
		return fmt.Errorf("note what was said: %w", err)
	}
	if s.Message != "" {
		wake(k.actionsDue)
	}
	if s.Note.Kind != 0 {
		k.logNote(s.Note, s.Note.Kind != membership.NoteAlarmOver)
	}
	return nil
}

// logNote writes a note into the run's log. What the owner should know is a warning, but for what is well again.
func (k *Keeper) logNote(n membership.Note, notice bool) {
	log := k.log.Info
	if notice && n.Kind != membership.NoteMissed && n.Kind != membership.NoteAlarmOver {
		log = k.log.Warn
	}
	log(n.Text, zap.Stringer("note", n.Kind))
}
