package rpc

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// LoginRules are what Telegram does not tell of logins, or what is told in two ways. The zero value is what is most likely.
type LoginRules struct {
	CodeLife  time.Duration // how long a login code is good; 0 is five minutes
	TokenLife time.Duration // how long a QR login token is good; 0 is 30 s
	// Tries is how many wrong codes and passwords an account takes within TriesLife, an hour by default, before
	// its logins are refused for as long: PHONE_PASSWORD_FLOOD, for passwords FLOOD_WAIT_X. 0 is 10.
	Tries     int
	TriesLife time.Duration
	// FreshAge is how old a login must be to end others; 0 is 24 hours, and less than 0 any age.
	FreshAge time.Duration
	// TakeoutDelay is how long an export waits that the account's other devices were told of; 0 is 24 hours, and less
	// than 0 none.
	TakeoutDelay time.Duration
	// Unoccupied has auth.signIn with a number that nobody has refused by PHONE_NUMBER_UNOCCUPIED, instead
	// of answered by auth.authorizationSignUpRequired.
	Unoccupied bool
	// Quiet leaves out what Telegram's own account writes to the other devices: login codes and new logins.
	Quiet bool
}

func (r LoginRules) withDefaults() LoginRules {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&r.CodeLife, 5 * time.Minute},
		{&r.TokenLife, 30 * time.Second},
		{&r.TriesLife, time.Hour},
		{&r.FreshAge, 24 * time.Hour},
		{&r.TakeoutDelay, 24 * time.Hour},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	if r.Tries == 0 {
		r.Tries = 10
	}
	return r
}

// tries count wrong codes and passwords by account.
type tries struct {
	now   func() time.Time
	limit int
	life  time.Duration

	mu    sync.Mutex
	wrong map[world.UserID][]time.Time // guarded by mu; the last of them, oldest first
}

func newTries(now func() time.Time, r LoginRules) *tries {
	return &tries{now: now, limit: r.Tries, life: r.TriesLife, wrong: make(map[world.UserID][]time.Time)}
}

// fail notes a wrong one. Nobody's numbers are not counted: there is nothing to guess.
func (t *tries) fail(account world.UserID) {
	if account == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	all := append(t.wrong[account], t.now())
	t.wrong[account] = all[max(0, len(all)-t.limit):]
}

// wait returns how long the account's logins are refused.
func (t *tries) wait(account world.UserID) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.wrong[account]
	if len(all) < t.limit {
		return 0
	}
	last := all[len(all)-1]
	if last.Sub(all[0]) >= t.life {
		return 0
	}
	return max(0, t.life-t.now().Sub(last))
}

// clear forgets the wrong ones: the account has logged in.
func (t *tries) clear(account world.UserID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.wrong, account)
}

// tryPhone refuses a login step of an account with too many wrong ones, or beyond its budget for the method. Nobody is
// logged in yet, so that the account stands for the caller; a number that nobody has stands for itself.
func (s *Server) tryPhone(ctx context.Context, phone string, account world.UserID, method string) error {
	if s.tries.wait(account) > 0 {
		return tgerr.New(406, "PHONE_PASSWORD_FLOOD")
	}
	if account == 0 {
		n, err := strconv.ParseInt(phone, 10, 64)
		if err != nil {
			return fmt.Errorf("read a checked phone number: %w", err)
		}
		account = world.UserID(-n)
	}
	v, err := s.purses.enter(ctx, caller{Account: account}, method, new(mtproto.Request))
	if err != nil {
		return err
	}
	v.leave()
	return nil
}

// tryPassword refuses a password of an account with too many wrong ones.
func (s *Server) tryPassword(account world.UserID) error {
	if d := s.tries.wait(account); d > 0 {
		return tgerr.New(420, fmt.Sprintf("FLOOD_WAIT_%d", int(math.Ceil(d.Seconds()))))
	}
	return nil
}
