package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gotd/contrib/middleware/ratelimit"
	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"golang.org/x/time/rate"
)

// governor paces an account's calls. All connections that an Account makes share it.
type governor struct {
	waits   *waits
	budgets *budgets
	pace    atomic.Pointer[Pace] // never nil; replaced as a whole
	now     func() time.Time
	tries   int
	// pass makes a call when it may start: alone or abreast.
	pass func(ctx context.Context, a address, call func() error) error

	turn chan struct{} // of alone; capacity 1: whoever has put the token in has the turn
	next time.Time     // of alone; when the next call may start; belongs to the turn

	limiter *ratelimit.RateLimiter // of abreast
}

func newGovernor(k Kind, w *waits, s *store, p Pace, now func() time.Time) *governor {
	g := &governor{waits: w, budgets: newBudgets(s, p.Budgets), now: now}
	g.pace.Store(&p)
	if k == Bot {
		g.tries, g.pass, g.limiter = 1, g.abreast, ratelimit.New(rate.Every(p.interval), botBurst)
		return g
	}
	g.tries, g.pass, g.turn = ownerTries, g.alone, make(chan struct{}, 1)
	return g
}

// errHeldBack says that a wait began while the call queued, or with the answer to it.
var errHeldBack = errors.New("held back")

// over makes the calls of next under the governor. patience is the most that one call sleeps through waits.
func (g *governor) over(next tg.Invoker, patience time.Duration) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		a, patience := addressOf(in), patience
		backoff := firstBackoff
		for made := 0; ; {
			if err := g.quiet(ctx, a.method); err != nil {
				return err
			}
			if err := g.waits.hold(ctx, a, &patience); err != nil {
				return err
			}
			err := g.pass(ctx, a, func() error {
				made++
				return next.Invoke(ctx, in, out)
			})
			switch {
			case errors.Is(err, errHeldBack):
			case made < g.tries && repeatable(a.method, err):
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

// alone makes the owner's calls one at a time, with the interval between their starts.
func (g *governor) alone(ctx context.Context, a address, call func() error) error {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-g.turn }()

	if err := sleep(ctx, g.next.Sub(g.now())); err != nil {
		return err
	}
	if err := g.admit(ctx, a); err != nil {
		return err
	}
	g.next = g.now().Add(jittered(g.pace.Load().interval))
	return g.heeding(a, call)
}

// abreast makes a bot's calls side by side, at most so many in a time. Contrib's floodwait is not used beside its ratelimit: it lets
// each call meet a wait by itself, and knows of none that another call or process was told of.
func (g *governor) abreast(ctx context.Context, a address, call func() error) error {
	return g.limiter.Handle(telegram.InvokeFunc(func(context.Context, bin.Encoder, bin.Decoder) error {
		if err := g.admit(ctx, a); err != nil {
			return err
		}
		return g.heeding(a, call)
	})).Invoke(ctx, nil, nil)
}

// admit is asked last before a call: whether a wait or quiet hours have begun meanwhile, and whether the day's budget allows it.
func (g *governor) admit(ctx context.Context, a address) error {
	if left, _ := g.waits.left(a); left > 0 {
		return errHeldBack
	}
	if err := g.quiet(ctx, a.method); err != nil {
		return err
	}
	return g.budgets.spend(g.now(), a.method)
}

// quiet holds a call back that nobody waits for, in quiet hours. They go by the clock on the wall.
func (g *governor) quiet(ctx context.Context, method string) error {
	if !unattended(ctx) {
		return nil
	}
	if until, quiet := g.pace.Load().Quiet.At(g.now()); quiet {
		return &QuietError{Method: method, Until: until}
	}
	return nil
}

// heeding makes the call. A wait that it is told of is kept before anybody else can ask.
func (g *governor) heeding(a address, call func() error) error {
	err := call()
	told, heedErr := g.waits.heed(a, err)
	switch {
	case heedErr != nil:
		return heedErr
	case told:
		return errHeldBack
	}
	return err
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
