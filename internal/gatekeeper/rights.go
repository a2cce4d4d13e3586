package gatekeeper

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
)

const (
	// actorPatience is for how many seconds it is waited for who did it before it is said without: the admin log tells, within one reading.
	actorPatience = 45
	// actorBefore is how long before it was noticed somebody may have done it: the bot may have been away.
	actorBefore = 48 * time.Hour
	// vouchEvery is how often at most it is asked for the group, since what the admin log says of the owner's account differs from what is known.
	vouchEvery = 5 * time.Minute
	// backPatience is for how many seconds it is waited for the admin log before it is said that it could not be read.
	backPatience = 300
)

// notePosts notes whether the two accounts are where they have to be, as the roster knows it by now.
func (k *Keeper) notePosts(ctx context.Context) error {
	bot, owner, err := k.posts(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.outside = !bot.In
	k.mu.Unlock()
	now := k.instant()
	err = k.roster.UpdateWatch(ctx, k.group.ID, func(w *membership.Watch, seq uint64) {
		if k.bot != 0 {
			w.Bot = w.Bot.Take(membership.TheBot, bot, now, seq)
		}
		if owner != nil {
			w.Owner = w.Owner.Take(membership.TheOwner, *owner, now, seq)
		}
	})
	if err != nil {
		return fmt.Errorf("note where the accounts are: %w", err)
	}
	return nil
}

// posts are the two accounts' by the roster; the owner's is nil while nobody has asked.
func (k *Keeper) posts(ctx context.Context) (bot membership.Post, owner *membership.Post, err error) {
	s, err := k.roster.Sources(ctx, k.group.ID)
	if err != nil {
		return bot, nil, fmt.Errorf("read how fresh the roster is: %w", err)
	}
	bot = membership.Post{In: s.BotAdmin, Admin: s.BotAdmin}
	if !s.BotAdmin && !s.BotOut {
		if bot.In, err = k.inside(ctx, k.bot); err != nil {
			return bot, nil, err
		}
	}
	g, known, err := k.roster.Group(ctx, k.group.ID)
	if err != nil {
		return bot, nil, fmt.Errorf("read the group: %w", err)
	}
	if !known || k.self == 0 {
		return bot, nil, nil
	}
	owner = &membership.Post{In: g.Admin, Admin: g.Admin}
	if !g.Admin {
		owner.In, err = k.inside(ctx, k.self)
	}
	return bot, owner, err
}

// inside says that nothing is known of the account's having left.
func (k *Keeper) inside(ctx context.Context, user membership.UserID) (bool, error) {
	p, _, err := k.roster.Person(ctx, k.group.ID, user)
	if err != nil {
		return false, fmt.Errorf("read where an account of ours is: %w", err)
	}
	return p.Standing.Presence != membership.Out, nil
}

// tellPosts says who took something from an account that it needs, and what happened until it had it back; and, where that goes on and on, in
// one message an hour how often.
func (k *Keeper) tellPosts(ctx context.Context) error {
	w, err := k.roster.Watch(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read what is to be said of the accounts: %w", err)
	}
	for _, p := range []struct {
		whose   membership.Account
		account membership.UserID
	}{{membership.TheBot, k.bot}, {membership.TheOwner, k.self}} {
		switch d := *w.Of(p.whose); {
		case d.Lost != 0 && d.Back != 0:
			err = k.tellBack(ctx, p.whose, p.account, d)
		case d.Lost != 0 && !d.Told:
			err = k.tellLoss(ctx, p.whose, p.account, w)
		case d.Owed(k.instant()):
			err = k.tellHeld(ctx, p.whose)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (k *Keeper) tellLoss(ctx context.Context, whose membership.Account, account membership.UserID, w membership.Watch) error {
	d := *w.Of(whose)
	actor, by, err := k.culprit(ctx, account, d.Lost)
	if err != nil {
		return err
	}
	if actor == 0 && k.instant() < d.Lost+actorPatience && k.following() {
		wake(k.tailWanted)
		return nil
	}
	note := membership.Note{Kind: membership.NoteRights, Text: membership.LossText(whose, d.Post, by, k.beside(whose, w)), Actor: actor, User: account, From: d.Lost}
	return k.toldOf(ctx, whose, d, note, func(d *membership.Duty) { d.Told = true })
}

// beside is what there is beside the account: the other one, if it is at work.
func (k *Keeper) beside(whose membership.Account, w membership.Watch) membership.Beside {
	b := membership.Beside{Kind: k.group.Kind}
	k.mu.Lock()
	bot, owner := k.answers != nil, k.owner != nil
	k.mu.Unlock()
	switch {
	case whose == membership.TheBot && owner && !w.Owner.Known: // it was let in to work as an administrator
		b.Other = membership.Post{In: true, Admin: true}
	case whose == membership.TheBot && owner:
		b.Other = w.Owner.Post
	case whose == membership.TheOwner && bot:
		b.Other = w.Bot.Post
	}
	return b
}

// tellBack waits for the admin log, which tells what happened meanwhile. A loss that was over before it was said is said with its end.
func (k *Keeper) tellBack(ctx context.Context, whose membership.Account, account membership.UserID, d membership.Duty) error {
	s, err := k.roster.Sources(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read how fresh the roster is: %w", err)
	}
	read := s.AdminLog >= d.Back
	if k.group.Kind == membership.BasicGroup {
		read = s.List >= d.Back
	}
	if !read && k.instant() < d.Back+backPatience {
		if k.following() {
			wake(k.tailWanted)
		}
		return nil
	}
	h, err := k.roster.Happened(ctx, k.group.ID, membership.Absence{Seq: d.Seq, From: d.Lost, To: d.Back, Ours: []membership.UserID{k.bot, k.self}})
	if err != nil {
		return err
	}
	note := membership.Note{Kind: membership.NoteMissed, Text: membership.BackText(k.group.Kind, whose, h, read), User: account, From: d.Lost, To: d.Back}
	return k.toldOf(ctx, whose, d, note, func(d *membership.Duty) { d.Lost, d.Back, d.Told, d.Seq = 0, 0, false, 0 })
}

// toldOf says it, and notes in the same transaction that it was: unless something has changed meanwhile.
func (k *Keeper) toldOf(ctx context.Context, whose membership.Account, of membership.Duty, note membership.Note, change func(*membership.Duty)) error {
	return k.tell(ctx, func(w *membership.Watch) (s membership.Saying) {
		d := w.Of(whose)
		if *d != of {
			return s
		}
		change(d)
		s.Note, s.Note.At = note, k.instant()
		d.Telling, s.Message = d.Telling.Tell(whose, note.Text, k.instant())
		return s
	})
}

// tellHeld says how often something happened of which nothing was said, and how it is now.
func (k *Keeper) tellHeld(ctx context.Context, whose membership.Account) error {
	return k.tell(ctx, func(w *membership.Watch) (s membership.Saying) {
		if d := w.Of(whose); d.Owed(k.instant()) {
			d.Telling, s.Message = d.Telling.Tell(whose, membership.PostText(whose, d.Post, k.beside(whose, *w)), k.instant())
		}
		return s
	})
}

// culprit is who changed the account's place in the group last, as the ledger knows it, and how to call them; 0 where it does not.
func (k *Keeper) culprit(ctx context.Context, account membership.UserID, lost membership.Instant) (membership.UserID, string, error) {
	events, err := k.roster.History(ctx, k.group.ID, account)
	if err != nil {
		return 0, "", fmt.Errorf("find who did it: %w", err)
	}
	var newest membership.Event
	for _, e := range events {
		if e.Evidence.At >= newest.Evidence.At {
			newest = e
		}
	}
	e := newest.Evidence
	serves := newest.State.Presence == membership.In && newest.State.Role >= membership.Administrator
	if serves || e.Actor == 0 || e.Actor == account || e.At < lost.Add(-actorBefore) {
		return 0, "", nil // it tells of something else
	}
	name, err := k.called(ctx, e.Actor)
	return e.Actor, name, err
}

// called is a name that misleads nobody: the username, which holds letters, digits and underscores only, or the id.
func (k *Keeper) called(ctx context.Context, user membership.UserID) (string, error) {
	p, _, err := k.roster.Person(ctx, k.group.ID, user)
	if err != nil {
		return "", fmt.Errorf("read who %d is: %w", user, err)
	}
	name := p.Profile.Username
	if name == "" || strings.ContainsFunc(name, unusual) {
		return "user " + strconv.FormatInt(int64(user), 10), nil
	}
	return "@" + name, nil
}

func unusual(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
}

// following says that the owner's account is at work.
func (k *Keeper) following() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.owner != nil
}

// askAboutOwner has the bot, which costs the owner's account nothing, ask whether that is still an administrator.
func (k *Keeper) askAboutOwner(ctx context.Context) error {
	s, err := k.sources(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	bot := k.answers
	k.mu.Unlock()
	if bot == nil || k.self == 0 || !s.BotAdmin || s.BotFeed == 0 {
		return nil
	}
	finding, err := ask(ctx, bot, k.self)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		k.log.Info("the owner's rights could not be asked for", zap.Error(err))
		return nil
	case !finding.Firm():
		return nil
	}
	return k.placed(ctx, finding)
}

// placed takes in where the owner's account is. What is known already costs no write.
func (k *Keeper) placed(ctx context.Context, f membership.Finding) error {
	st := f.Event.State
	p, _, err := k.roster.Person(ctx, k.group.ID, k.self)
	if err != nil {
		return fmt.Errorf("read where the owner's account is: %w", err)
	}
	if p.Standing.Presence != st.Presence || p.Standing.Role != st.Role {
		if err := k.settle(ctx, f); err != nil {
			return err
		}
	}
	g, known, err := k.roster.Group(ctx, k.group.ID)
	if err != nil {
		return fmt.Errorf("read the group: %w", err)
	}
	creator := st.Presence == membership.In && st.Role == membership.Creator
	admin := creator || st.Presence == membership.In && st.Role == membership.Administrator
	if !known || g.Admin == admin {
		return nil
	}
	g.Admin, g.Creator = admin, creator
	if !admin {
		g.Rights = membership.Rights{}
	}
	if err := k.roster.PutGroup(ctx, g); err != nil {
		return fmt.Errorf("store what the owner's account is in the group: %w", err)
	}
	wake(k.watchWanted)
	return nil
}

// vouched looks what the owner's account is in the group where the admin log says that the roster is wrong about it: it is refused for want of a right,
// or read without one. It is asked once, since from then on the roster knows. It returns err, or the roster's.
func (k *Keeper) vouched(ctx context.Context, owner Group, err error) error {
	t, is := errors.AsType[*membership.TelegramError](err)
	refused := is && (t.Kind == membership.ErrorRightMissing || t.Kind == membership.ErrorGroupGone)
	if !refused && err != nil {
		return err
	}
	g, known, readErr := k.roster.Group(ctx, k.group.ID)
	if readErr != nil {
		return fmt.Errorf("read the group: %w", readErr)
	}
	if !known || g.Admin != refused || !k.mayVouch() {
		return err
	}
	if _, described := k.describe(ctx, owner); described != nil && !isRefused(described) {
		return described
	}
	wake(k.watchWanted)
	return err
}

// mayVouch spares the owner's account where Telegram's answers contradict each other.
func (k *Keeper) mayVouch() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); now.Sub(k.vouchedAt).Abs() >= vouchEvery {
		k.vouchedAt = now
		return true
	}
	return false
}
