package session

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/tgerr"
)

var (
	// ErrNotSignedIn means that this account has no session here.
	ErrNotSignedIn = errors.New("not signed in")
	// ErrSessionEnded means that Telegram no longer accepts the session. The *EndedError in the chain has its word for why.
	ErrSessionEnded = errors.New("session ended")
	// ErrAlreadySignedIn is returned by a login that found a working session and left it alone.
	ErrAlreadySignedIn = errors.New("already signed in")
	// ErrWrongKey means that the identity or passphrase does not open the sealed session.
	ErrWrongKey = errors.New("wrong key or passphrase")
	// ErrDamaged means that a file of the account is not what was written.
	ErrDamaged = errors.New("damaged file")
	// ErrUnreachable means that no usable connection stood in time, or that the server's key is not the configured one.
	ErrUnreachable = errors.New("server unreachable")
	// ErrConnection means that a call got no usable answer; it may or may not have been carried out.
	ErrConnection = errors.New("connection lost")
	// ErrConfig means that a setting cannot work; the text names it.
	ErrConfig = errors.New("invalid setting")
	// ErrAPIRefused means that Telegram does not accept the api_id and api_hash.
	ErrAPIRefused = errors.New("api_id or api_hash refused")
	// ErrOtherAccount means that the session is not of the kind that was opened: a bot where the owner should be, or the reverse.
	ErrOtherAccount = errors.New("session of another kind of account")
)

// What Telegram answers to a login.
var (
	ErrPhoneInvalid    = errors.New("phone number not valid")
	ErrPhoneBanned     = errors.New("phone number banned by Telegram")
	ErrPhoneUnoccupied = errors.New("no Telegram account has this phone number")
	ErrTooManyAttempts = errors.New("too many attempts; Telegram refuses more for now")
	ErrCodeWrong       = errors.New("code wrong")
	ErrCodeExpired     = errors.New("code expired")
	ErrPasswordWrong   = errors.New("password wrong")
	ErrTokenInvalid    = errors.New("bot token not valid")
)

// HeldError is returned by Open while another process holds the account.
type HeldError struct {
	Kind Kind
	PID  int // 0 if the holder has not yet written it
}

func (e *HeldError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("the %s account is held by another process", e.Kind)
	}
	return fmt.Sprintf("the %s account is held by process %d", e.Kind, e.PID)
}

// EndedError tells why a session ended, in Telegram's words. It is ErrSessionEnded to errors.Is.
type EndedError struct {
	Said string // AUTH_KEY_UNREGISTERED, SESSION_REVOKED, USER_DEACTIVATED, AUTH_KEY_DUPLICATED …
}

func (e *EndedError) Error() string { return fmt.Sprintf("%v (%s)", ErrSessionEnded, e.Said) }

// Is makes an EndedError equal to ErrSessionEnded.
func (e *EndedError) Is(target error) bool { return target == ErrSessionEnded }

// WaitError is returned instead of a call that Telegram wants not to be made before Until. Where Telegram only said that there were too
// many (PEER_FLOOD), the time is ours.
type WaitError struct {
	Method string
	Until  time.Time
	// Limited says that it was PEER_FLOOD.
	Limited bool
}

// WaitUntil is Until, for those who know no session: before it the same call would only bring the same error.
func (e *WaitError) WaitUntil() time.Time { return e.Until }

func (e *WaitError) Error() string {
	if e.Limited {
		return fmt.Sprintf("%s: Telegram limits the account for too many calls (PEER_FLOOD), and does not say for how long; Rollcall rests until %s",
			e.Method, e.Until.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s: Telegram asks to wait until %s", e.Method, e.Until.UTC().Format(time.RFC3339))
}

// BudgetError is returned instead of a call beyond the method's budget of the day.
type BudgetError struct {
	Method string
	Limit  int
	Until  time.Time // the next midnight, UTC
}

// WaitUntil is as WaitError's.
func (e *BudgetError) WaitUntil() time.Time { return e.Until }

func (e *BudgetError) Error() string {
	return fmt.Sprintf("%s: the day's budget of %d calls is spent until %s", e.Method, e.Limit, e.Until.Format(time.RFC3339))
}

// QuietError is returned instead of an Unattended call in quiet hours.
type QuietError struct {
	Method string
	Until  time.Time
}

// WaitUntil is as WaitError's.
func (e *QuietError) WaitUntil() time.Time { return e.Until }

func (e *QuietError) Error() string {
	return fmt.Sprintf("%s: quiet hours until %s", e.Method, e.Until.UTC().Format(time.RFC3339))
}

// ended reports whether err says that the authorization is gone, and in which word. Telegram's codes vary by method and time, so
// names come first; any other 401 counts too (https://core.telegram.org/api/errors#401-unauthorized), but for the two that
// ask for a further step.
func ended(err error) (*EndedError, bool) {
	rpc, ok := tgerr.As(err)
	if !ok || rpc.IsOneOf("SESSION_PASSWORD_NEEDED", "AUTH_KEY_PERM_EMPTY") {
		return nil, false
	}
	gone := []string{
		"AUTH_KEY_UNREGISTERED", "AUTH_KEY_INVALID", "AUTH_KEY_DUPLICATED",
		"SESSION_REVOKED", "SESSION_EXPIRED", "USER_DEACTIVATED_BAN",
	}
	if !rpc.IsCode(401) && !slices.Contains(gone, rpc.Message) {
		return nil, false
	}
	return &EndedError{Said: rpc.Message}, true
}

// apiRefused reports whether err is about the application's credentials.
func apiRefused(err error) bool {
	return tgerr.Is(err, "API_ID_INVALID", "CONNECTION_API_ID_INVALID", "API_ID_PUBLISHED_FLOOD")
}
