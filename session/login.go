package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// Prompter asks the person, or whatever speaks for them. It is asked again after a wrong answer; returning an error ends the login with
// that error.
type Prompter interface {
	Phone(ctx context.Context) (string, error)
	// Code is asked after Telegram has sent it.
	Code(ctx context.Context, sent CodeSent) (string, error)
	// Password is the two-step verification's; hint is what its owner once wrote to remember it by, and hostile to a terminal.
	Password(ctx context.Context, hint string) (Secret, error)
}

// attempts is how often a code or a password may be wrong in one login.
const attempts = 3

// LoginOwner signs the owner in by phone, code and, if Telegram asks for it, password. The session on disk is replaced only once the
// new one is signed in.
//
// A session that works already is left alone and returned with ErrAlreadySignedIn. One that cannot be opened is not overwritten:
// Forget it first.
func (a *Account) LoginOwner(ctx context.Context, p Prompter) (Self, error) {
	if a.cfg.Kind != Owner {
		return Self{}, fmt.Errorf("%w: the %s does not sign in by phone", ErrConfig, a.cfg.Kind)
	}
	return a.logIn(ctx, func(ctx context.Context, api *tg.Client) (*tg.User, error) {
		phone, err := p.Phone(ctx)
		if err != nil {
			return nil, err
		}
		f := &phoneLogin{api: api, auth: a.auth(api), prompter: p, phone: phone}
		return f.run(ctx)
	})
}

// LoginBot signs the bot in by the token from @BotFather. Else it is as LoginOwner.
func (a *Account) LoginBot(ctx context.Context, token Secret) (Self, error) {
	if a.cfg.Kind != Bot {
		return Self{}, fmt.Errorf("%w: the %s does not sign in by token", ErrConfig, a.cfg.Kind)
	}
	return a.logIn(ctx, func(ctx context.Context, api *tg.Client) (*tg.User, error) {
		authorization, err := a.auth(api).Bot(ctx, token.Reveal())
		if err != nil {
			return nil, refusal("sign in the bot", err)
		}
		return userOf(authorization)
	})
}

func (a *Account) auth(api *tg.Client) *auth.Client {
	return auth.NewClient(api, rand.Reader, a.cfg.APIID, a.cfg.APIHash.Reveal())
}

// logIn signs in over a connection of its own with a fresh key, unless there is a good session.
func (a *Account) logIn(ctx context.Context, signIn func(context.Context, *tg.Client) (*tg.User, error)) (Self, error) {
	err := a.Run(ctx, func(context.Context, *tg.Client) error { return nil })
	switch {
	case err == nil:
		self, _ := a.Self()
		return self, ErrAlreadySignedIn
	case !errors.Is(err, ErrNotSignedIn) && !errors.Is(err, ErrSessionEnded):
		return Self{}, err
	}
	var self Self
	v := a.vault()
	err = a.connect(ctx, v, forLogin, func(ctx context.Context, l *line) error {
		l.established()
		user, err := signIn(ctx, l.impatient)
		if err != nil {
			return err
		}
		self, err = a.settle(ctx, v, l, user)
		if err == nil {
			return nil
		}
		// A session that cannot be kept must not stay open in the list of devices.
		_, outErr := l.impatient.AuthLogOut(ctx)
		return errors.Join(err, outErr)
	})
	if err != nil {
		return Self{}, err
	}
	return self, nil
}

// settle makes a fresh login last.
func (a *Account) settle(ctx context.Context, v *vault, l *line, user *tg.User) (Self, error) {
	if was, ok := a.Self(); ok && was.ID != user.ID {
		if err := a.store.clearHashes(); err != nil {
			return Self{}, fmt.Errorf("forget the hashes of another account: %w", err)
		}
	}
	self, err := a.remember(user)
	if err != nil {
		return Self{}, err
	}
	return self, v.keep(ctx, l.dc())
}

// Logout ends the session at Telegram and removes it here. A session that has ended already is removed too; if the server cannot be
// reached, nothing is, and Forget is the way without it.
func (a *Account) Logout(ctx context.Context) error {
	v := a.vault()
	if err := v.open(); err != nil {
		return err
	}
	err := a.connect(ctx, v, forRun, func(ctx context.Context, l *line) error {
		l.established()
		if _, err := l.impatient.AuthLogOut(ctx); err != nil {
			return fmt.Errorf("log out: %w", err)
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrSessionEnded) {
		return err
	}
	return a.Forget()
}

// refusals are Telegram's names for what a person can do something about.
var refusals = map[string]error{
	"PHONE_NUMBER_INVALID":      ErrPhoneInvalid,
	"PHONE_NUMBER_BANNED":       ErrPhoneBanned,
	"PHONE_NUMBER_UNOCCUPIED":   ErrPhoneUnoccupied,
	"PHONE_NUMBER_FLOOD":        ErrTooManyAttempts,
	"PHONE_PASSWORD_FLOOD":      ErrTooManyAttempts,
	"PHONE_CODE_EXPIRED":        ErrCodeExpired,
	"PHONE_CODE_INVALID":        ErrCodeWrong,
	"PHONE_CODE_EMPTY":          ErrCodeWrong,
	"PASSWORD_HASH_INVALID":     ErrPasswordWrong,
	"ACCESS_TOKEN_INVALID":      ErrTokenInvalid,
	"ACCESS_TOKEN_EXPIRED":      ErrTokenInvalid,
	"API_ID_INVALID":            ErrAPIRefused,
	"API_ID_PUBLISHED_FLOOD":    ErrAPIRefused,
	"CONNECTION_API_ID_INVALID": ErrAPIRefused,
	"UPDATE_APP_TO_LOGIN":       ErrAPIRefused,
}

// refusal says in our words what Telegram refused, with its own after. Telegram's errors do not quote the request.
func refusal(attempt string, err error) error {
	rpc, ok := tgerr.As(err)
	if !ok {
		return err
	}
	if known := refusals[rpc.Type]; known != nil {
		return fmt.Errorf("%s: %w (%s)", attempt, known, rpc.Message)
	}
	return fmt.Errorf("%s: %w", attempt, rpc)
}

// userOf is who an authorization is for.
func userOf(authorization *tg.AuthAuthorization) (*tg.User, error) {
	user, ok := authorization.User.AsNotEmpty()
	if !ok {
		return nil, fmt.Errorf("sign in: %w: nobody in the answer", ErrConnection)
	}
	return user, nil
}
