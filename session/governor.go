package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// governor paces the owner's account. All connections that an Account makes share it.
type governor struct {
	waits *waits
	store *store
	pace  Pace
	now   func() time.Time

	turn chan struct{} // capacity 1: whoever has put the token in has the turn
	next time.Time     // when the next call may start; belongs to the turn
}

func newGovernor(w *waits, s *store, p Pace, now func() time.Time) *governor {
	return &governor{waits: w, store: s, pace: p, now: now, turn: make(chan struct{}, 1)}
}

// errHeldBack says that a wait began while the call queued for its turn.
var errHeldBack = errors.New("held back")

// over makes the calls of next under the governor. patience is the most that one call sleeps through waits.
func (g *governor) over(next tg.Invoker, patience time.Duration) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		method, patience := methodOf(in), patience
		backoff := firstBackoff
		for made := 0; ; {
			if err := g.waits.hold(ctx, method, &patience); err != nil {
				return err
			}
			err := g.inTurn(ctx, method, func() error {
				made++
				return next.Invoke(ctx, in, out)
			})
			_, told := wait(err)
			switch {
			case told, errors.Is(err, errHeldBack):
			case made < tries && repeatable(method, err):
				if err := sleep(ctx, backoff); err != nil {
					return err
				}
				backoff *= 2
			default:
				return err
			}
		}
	}
}

// inTurn makes one call: alone, when the interval has passed, within the budget. A wait it is told of is kept before anybody else
// has the turn.
func (g *governor) inTurn(ctx context.Context, method string, call func() error) error {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-g.turn }()

	if left, _ := g.waits.left(method); left > 0 {
		return errHeldBack
	}
	if err := sleep(ctx, g.next.Sub(g.now())); err != nil {
		return err
	}
	if err := g.spend(method); err != nil {
		return err
	}
	g.next = g.now().Add(jittered(g.pace.interval))
	err := call()
	if noteErr := g.waits.heed(method, err); noteErr != nil {
		return noteErr
	}
	return err
}

// spend counts a call of a method that has a budget, before it is made.
func (g *governor) spend(method string) error {
	limit, ok := g.pace.Budgets[method]
	if !ok {
		return nil
	}
	now := g.now()
	left, err := g.store.spend(now, method, limit)
	if err != nil || left {
		return err
	}
	y, m, d := now.UTC().Date()
	return &BudgetError{Method: method, Limit: limit, Until: time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)}
}

// repeatable reports whether the call may be made again: the owner's calls are readings, all but those of a login. Telegram's
// timeouts have the code -503, its other passing troubles 500.
func repeatable(method string, err error) bool {
	if strings.HasPrefix(method, "auth.") || strings.HasPrefix(method, "account.") {
		return false
	}
	return errors.Is(err, ErrConnection) || tgerr.IsCode(err, 500, -503)
}

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 - jitter + 2*jitter*rand.Float64()))
}

// methodOf is the method's name as in Telegram's documentation: channels.getParticipants.
func methodOf(in bin.Encoder) string {
	if named, ok := in.(interface{ TypeName() string }); ok {
		return named.TypeName()
	}
	return "unknown"
}
