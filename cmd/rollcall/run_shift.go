package main

import (
	"context"
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
	work func(ctx context.Context) (login session.Login, err error)
}

// staffed keeps an account at work. Its loss does not end the run while the other is there: the account is let go of, so that "rollcall login"
// can sign in again, and taken up then; any other trouble is tried again. What is ours, the roster's above all, ends the run, and so does
// a bot that cannot be had at the start.
func (l *live) staffed(ctx context.Context, s shift) error {
	said := refrain{now: l.app.now}
	for first := true; ; first = false {
		login, err := s.work(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case signedOut(err):
			err = l.signIn(ctx, s, login, err)
		case !first && judge(err).code == exitHeld: // by the login that has just made it usable
			err = pause(ctx, loginPoll)
		case ours(err), first && (s.kind == session.Bot || judge(err).code == exitHeld):
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
	if err := l.left(ctx, s.kind, why); err != nil {
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
func (l *live) left(ctx context.Context, kind session.Kind, why error) error {
	judged := judge(why)
	l.mu.Lock()
	l.away[kind] = why
	neither := len(l.away) == 2
	l.mu.Unlock()
	if neither {
		return fail(exitNotSignedIn, judged.hint, "neither account can be used any more: %w", why)
	}
	until, err := l.logKeptUntil(ctx)
	if err != nil {
		return err
	}
	fields := []zap.Field{
		zap.String("because", judged.Error()), zap.String("hint", "run \"rollcall login --"+string(kind)+"\"; this run takes the account up by itself"),
	}
	if kind == session.Owner && !until.IsZero() {
		fields = append(fields, zap.Time("nothing is lost until", until))
	}
	l.log.Error(accountNames[kind]+" is signed out; "+goesOn[kind], fields...)
	return nil
}

// logKeptUntil is when Telegram forgets the first event of the admin log that was not read; zero where it never was.
func (l *live) logKeptUntil(ctx context.Context) (time.Time, error) {
	s, err := l.desk.roster.Sources(ctx, l.group.ID)
	if err != nil || s.AdminLog == 0 {
		return time.Time{}, err
	}
	return s.AdminLog.Add(membership.AdminLogRetention).Time(), nil
}

// came notes that an account is signed in.
func (l *live) came(kind session.Kind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.away, kind)
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
