package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// Call is one request that went to the server, repeated ones included.
type Call struct {
	Method string
	Took   time.Duration
	Err    error
}

// chain puts between the caller and the connection what the account promises, outermost first: the call ends with its context;
// errors are told apart; waits and pace are kept; each real request is reported; and an answer is Telegram's or ErrConnection.
func (l *link) chain(run context.Context, raw tg.Invoker, patience time.Duration) tg.Invoker {
	answered := telegram.InvokeFunc(func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		start := l.account.cfg.Now()
		l.account.stamp(ctx)
		err := plainAnswer(ctx, raw.Invoke(ctx, in, out))
		l.account.cfg.OnCall(Call{Method: methodOf(in), Took: l.account.cfg.Now().Sub(start), Err: err})
		return err
	})
	return l.promptly(run, l.sorted(l.account.governor.over(answered, patience)))
}

// plainAnswer makes of gotd's errors three kinds: Telegram's own, the end of the context, and the loss of the connection. The last
// one is not wrapped: gotd reports a cut connection as context.Canceled while the context lives.
func plainAnswer(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if rpc, ok := tgerr.As(err); ok {
		return rpc
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %v", ErrConnection, err) //nolint:errorlint // see above
}

// sorted names the method in what Telegram refused, and ends the link when the session has ended.
func (l *link) sorted(next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		err := next.Invoke(ctx, in, out)
		if err == nil {
			return nil
		}
		method := methodOf(in)
		if e, ok := ended(err); ok && !l.login {
			l.fail(e)
			return fmt.Errorf("%s: %w", method, e)
		}
		if named(err) {
			return err
		}
		return fmt.Errorf("%s: %w", method, err)
	}
}

// named reports whether err has the method in its text already.
func named(err error) bool {
	var w *WaitError
	var b *BudgetError
	var q *QuietError
	return errors.As(err, &w) || errors.As(err, &b) || errors.As(err, &q)
}

// promptly returns when the call's context ends or the link does, without gotd, which may go on for up to 15 seconds. What is left
// behind keeps its turn until it is done, and the link waits for it before it is closed. The request must not be reused after an
// error: it may still be read.
func (l *link) promptly(run context.Context, next tg.Invoker) telegram.InvokeFunc {
	return func(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		defer context.AfterFunc(run, func() { cancel(context.Cause(run)) })()

		done := make(chan error, 1)
		if !l.flights.start(func() { done <- next.Invoke(ctx, in, out) }) {
			return fmt.Errorf("%s: %w: closed", methodOf(in), ErrConnection)
		}
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", methodOf(in), context.Cause(ctx))
		}
	}
}

// flights are the calls under way on a link.
type flights struct {
	mu     sync.Mutex
	closed bool // guarded by mu
	wg     sync.WaitGroup
}

// start runs f beside the caller; it returns false once land was called.
func (f *flights) start(call func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.wg.Go(call)
	return true
}

// land lets no more calls start and waits for those under way.
func (f *flights) land() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.wg.Wait()
}
