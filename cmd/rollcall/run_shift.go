package main

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/session"
)

const (
	// accountRetry is when run tries an account again that could not be used; the other one works meanwhile.
	accountRetry = time.Minute
	// loginPoll is how often run looks whether an account that is signed out was signed in again. It looks at a file, and asks nobody.
	loginPoll = 2 * time.Second
)

// shift is one of the two accounts at work.
type shift struct {
	kind session.Kind
	who  int64 // 0 where nobody was signed in when the watch began
	// work opens the account, works and closes it. login is the one that it worked with.
	work func(ctx context.Context, s shift) (login session.Login, err error)
}

// staffed keeps an account at work. Its loss does not end the run while the other is there: the account is let go of, so that "rollcall login"
// can sign in again, and taken up then; any other trouble is tried again. What is ours, the roster's above all, ends the run, and so does
// a start without either account: then most likely the configuration is wrong, or the network is not there yet.
func (l *live) staffed(ctx context.Context, s shift) error {
	said := refrain{now: l.app.now}
	for first := true; ; first = false {
		login, err := s.work(ctx, s)
		_, moved := became(err)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case moved:
			return err
		case signedOut(err):
			err = l.signIn(ctx, s, login, err)
		case !first && judge(err).code == exitHeld: // by the login that has just made it usable
			err = pause(ctx, loginPoll)
		case ours(err), first && judge(err).code == exitHeld, l.failed(s.kind, err):
			return err
		default:
			judged := judge(err)
			if said.due(judged.Error()) {
				l.log.Error(accountNames[s.kind]+" cannot be used; "+goesOn[s.kind], zap.String("because", judged.Error()), zap.String("hint", judged.hint))
			}
			err = pause(ctx, accountRetry)
		}
		if err != nil {
			return err
		}
	}
}

// failed notes that an account cannot be used, and says whether there is nothing to run: neither has been had yet.
func (l *live) failed(kind session.Kind, err error) (neither bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun {
		return false
	}
	l.failures[kind] = err
	for _, k := range []session.Kind{session.Owner, session.Bot} {
		if l.failures[k] == nil && l.away[k] == nil {
			return false
		}
	}
	return true
}

var (
	accountNames = map[session.Kind]string{session.Owner: "the owner's account", session.Bot: "the bot"}
	// goesOn is what works without an account.
	goesOn = map[session.Kind]string{
		session.Owner: "the bot goes on without walks and admin log",
		session.Bot:   "walks and admin log go on, and nobody is answered",
	}
)

// ours says whether an error is the roster's or the program's, and not the account's: those end the run.
func ours(err error) bool {
	switch judge(judgeErrand(err)).code {
	case exitNotSignedIn, exitPermission, exitRateLimited, exitUnreachable, exitNotFound, exitHeld:
		return false
	default:
		return true
	}
}

// signedOut says whether only another login makes the account usable.
func signedOut(err error) bool { return err != nil && judge(err).code == exitNotSignedIn }

// signIn waits until somebody has signed the account in again. Without either account there is nothing to run.
func (l *live) signIn(ctx context.Context, s shift, lost session.Login, why error) error {
	if s.kind == session.Owner {
		l.setEnded(lost)
	}
	if err := l.left(ctx, s, why); err != nil {
		return err
	}
	dir := l.desk.cfg.SessionDir()
	for {
		if err := pause(ctx, loginPoll); err != nil {
			return err
		}
		if now := session.LoginOf(dir, s.kind); now == lost || now == (session.Login{}) {
			continue
		}
		l.log.Info("somebody signed in; the account is taken up again", zap.String("account", string(s.kind)))
		if self, ok := session.Known(dir, s.kind); ok && self.ID != s.who {
			return errOtherAccount
		}
		return nil
	}
}

// left notes that an account is signed out, says what to do, and until when nothing is lost by it.
func (l *live) left(ctx context.Context, s shift, why error) error {
	judged := judge(why)
	l.mu.Lock()
	l.away[s.kind] = why
	neither := len(l.away) == 2
	l.mu.Unlock()
	if neither {
		return fail(exitNotSignedIn, judged.hint, "neither account can be used any more: %w", why)
	}
	kept, err := l.logKept(ctx)
	if err != nil {
		return err
	}
	fields := []zap.Field{
		zap.String("because", judged.Error()), zap.String("hint", "run \"rollcall login --"+string(s.kind)+"\"; this run takes the account up by itself"),
	}
	if s.kind == session.Owner && kept != 0 {
		fields = append(fields, zap.Stringer("nothing is lost until", kept))
	}
	l.log.Error(accountNames[s.kind]+" is signed out; "+goesOn[s.kind], fields...)
	if s.who == 0 {
		return nil // it never was signed in, and that is no news
	}
	return l.noteSession(ctx, s, signedOutText(s.kind, judged, kept), s.kind == session.Owner)
}

// logKept is when Telegram forgets the first event of the admin log that was not read; zero where the log never was.
func (l *live) logKept(ctx context.Context) (membership.Instant, error) {
	s, err := l.desk.roster.Sources(ctx, l.group.ID)
	if err != nil || s.AdminLog == 0 {
		return 0, err
	}
	return s.AdminLog.Add(membership.AdminLogRetention), nil
}

// signedOutText is what the owner is told. It is the same for as long as nothing changes: a run that begins anew has nothing to add.
func signedOutText(kind session.Kind, why error, kept membership.Instant) string {
	if kind == session.Bot {
		return fmt.Sprintf("The bot is signed out: %s. Nobody is answered until you run \"rollcall login --bot\" on the machine where Rollcall runs.", why)
	}
	text := fmt.Sprintf("Your account is signed out of Rollcall: %s. The bot goes on by itself; walks and the admin log wait.", why)
	if kept == 0 {
		return text + " \"rollcall login --owner\" on the machine where Rollcall runs signs it in again."
	}
	return text + fmt.Sprintf(" Nothing is lost if you run \"rollcall login --owner\" on the machine where Rollcall runs by %s.", kept)
}

const signedInText = "The account is signed in again."

// came notes that an account is signed in.
func (l *live) came(ctx context.Context, s shift) error {
	l.mu.Lock()
	delete(l.away, s.kind)
	l.begun = true
	l.mu.Unlock()
	return l.noteSession(ctx, s, signedInText, false)
}

// noteSession puts on record that an account was signed out, or in again, unless that is what the record says already.
func (l *live) noteSession(ctx context.Context, s shift, text string, notice bool) error {
	last := signedInText
	const all = 1 << 20
	notes, err := l.desk.roster.Notes(ctx, l.group.ID, 0, all)
	if err != nil {
		return err
	}
	for _, n := range notes {
		if n.Kind == membership.NoteSession && n.User == membership.UserID(s.who) {
			last = n.Text
		}
	}
	if last == text {
		return nil
	}
	_, err = l.desk.roster.Note(ctx, l.group.ID, membership.Note{Kind: membership.NoteSession, User: membership.UserID(s.who), Text: text}, notice)
	return err
}

// refrain lets a thing be said once, again when it has changed, and every hour.
type refrain struct {
	now  func() time.Time
	text string
	said time.Time
}

func (r *refrain) due(text string) bool {
	now := r.now()
	if text == r.text && now.Sub(r.said).Abs() < time.Hour {
		return false
	}
	r.text, r.said = text, now
	return true
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
