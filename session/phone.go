package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// CodeSent says where the login code went.
type CodeSent struct {
	Via     string // "app", "sms", "call", "flash call", "missed call", "fragment", "email" or "other"
	Length  int    // 0 if not told
	Attempt int    // from 1; above it, the answer before was wrong
}

// phoneLogin is gotd's auth.Flow with a second chance: Flow gives up at the first wrong code or password, and the person would have to
// begin again, with one login code less for the day.
type phoneLogin struct {
	api      *tg.Client
	auth     *auth.Client
	prompter Prompter
	phone    string
}

func (l *phoneLogin) run(ctx context.Context) (*tg.User, error) {
	sent, err := l.send(ctx)
	if err != nil {
		return nil, err
	}
	switch sent := sent.(type) {
	case *tg.AuthSentCode:
		return l.code(ctx, sent)
	case *tg.AuthSentCodeSuccess:
		return signedUp(sent.Authorization)
	default:
		return nil, fmt.Errorf("send code: Telegram wants %s, which its own app can do", sent.TypeName())
	}
}

// send asks for a code. AUTH_RESTART means to begin again, which is here.
func (l *phoneLogin) send(ctx context.Context) (tg.AuthSentCodeClass, error) {
	sent, err := l.auth.SendCode(ctx, l.phone, auth.SendCodeOptions{})
	if tgerr.Is(err, "AUTH_RESTART") {
		sent, err = l.auth.SendCode(ctx, l.phone, auth.SendCodeOptions{})
	}
	if err != nil {
		return nil, refusal("send code", err)
	}
	return sent, nil
}

// code asks for the code until it is right. The request is made here, since gotd's checks of the answer are for signing up too.
func (l *phoneLogin) code(ctx context.Context, sent *tg.AuthSentCode) (*tg.User, error) {
	to := CodeSent{Via: viaOf(sent.Type), Length: lengthOf(sent.Type)}
	for {
		to.Attempt++
		code, err := l.prompter.Code(ctx, to)
		if err != nil {
			return nil, err
		}
		answer, err := l.api.AuthSignIn(ctx, &tg.AuthSignInRequest{
			PhoneNumber: l.phone, PhoneCodeHash: sent.PhoneCodeHash, PhoneCode: strings.TrimSpace(code),
		})
		if err == nil {
			return signedUp(answer)
		}
		if tgerr.Is(err, "SESSION_PASSWORD_NEEDED") {
			return l.password(ctx)
		}
		err = refusal("sign in", err)
		if !errors.Is(err, ErrCodeWrong) || to.Attempt == attempts {
			return nil, err
		}
	}
}

// password asks for the two-step verification's password until it is right.
func (l *phoneLogin) password(ctx context.Context) (*tg.User, error) {
	for attempt := 1; ; attempt++ {
		asked, err := l.api.AccountGetPassword(ctx)
		if err != nil {
			return nil, refusal("ask how the password is checked", err)
		}
		password, err := l.prompter.Password(ctx, asked.Hint)
		if err != nil {
			return nil, err
		}
		user, err := l.check(ctx, password)
		if err == nil || !errors.Is(err, ErrPasswordWrong) || attempt == attempts {
			return user, err
		}
	}
}

// check proves the password without sending it (SRP). The parameters are for one use and soon stale, so they are asked for anew, and once
// more if they changed in between.
func (l *phoneLogin) check(ctx context.Context, password Secret) (*tg.User, error) {
	answer, err := l.prove(ctx, password)
	if tgerr.Is(err, "SRP_ID_INVALID", "SRP_PASSWORD_CHANGED") {
		answer, err = l.prove(ctx, password)
	}
	if err != nil {
		return nil, refusal("check password", err)
	}
	return signedUp(answer)
}

func (l *phoneLogin) prove(ctx context.Context, password Secret) (tg.AuthAuthorizationClass, error) {
	p, err := l.api.AccountGetPassword(ctx)
	if err != nil {
		return nil, err
	}
	proof, err := auth.PasswordHash([]byte(password.Reveal()), p.SRPID, p.SRPB, p.SecureRandom, p.CurrentAlgo)
	if err != nil {
		return nil, fmt.Errorf("prove password: %w", err)
	}
	return l.api.AuthCheckPassword(ctx, proof)
}

// signedUp is who signed in; a number without an account could sign up, which is not for a program to do.
func signedUp(answer tg.AuthAuthorizationClass) (*tg.User, error) {
	switch answer := answer.(type) {
	case *tg.AuthAuthorization:
		return userOf(answer)
	case *tg.AuthAuthorizationSignUpRequired:
		return nil, fmt.Errorf("sign in: %w", ErrPhoneUnoccupied)
	default:
		return nil, fmt.Errorf("sign in: %w: %T", ErrConnection, answer)
	}
}

func viaOf(t tg.AuthSentCodeTypeClass) string {
	switch t.(type) {
	case *tg.AuthSentCodeTypeApp:
		return "app"
	case *tg.AuthSentCodeTypeSMS, *tg.AuthSentCodeTypeFirebaseSMS, *tg.AuthSentCodeTypeSMSWord, *tg.AuthSentCodeTypeSMSPhrase:
		return "sms"
	case *tg.AuthSentCodeTypeCall:
		return "call"
	case *tg.AuthSentCodeTypeFlashCall:
		return "flash call"
	case *tg.AuthSentCodeTypeMissedCall:
		return "missed call"
	case *tg.AuthSentCodeTypeFragmentSMS:
		return "fragment"
	case *tg.AuthSentCodeTypeEmailCode:
		return "email"
	default:
		return "other"
	}
}

func lengthOf(t tg.AuthSentCodeTypeClass) int {
	if t, ok := t.(interface{ GetLength() int }); ok {
		return t.GetLength()
	}
	return 0
}
