package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/gotd/log/logzap"
	"github.com/gotd/td/clock"
	"github.com/gotd/td/exchange"
	gotdsession "github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
)

// link is one connection of an account and what is known of its state. A connection made anew under the same client is the same link.
type link struct {
	account *Account
	login   bool // a 401 says nothing yet
	cancel  context.CancelCauseFunc
	flights flights
	clocked chan struct{} // closed once the server's clock was read over this link
	read    sync.Once

	mu     sync.Mutex
	fatal  error       // guarded by mu: why the link was ended by us
	died   error       // guarded by mu: gotd's word on the last connection
	dialed time.Time   // guarded by mu: when the last connection stood, before anything was asked over it
	dials  int         // guarded by mu: since a connection was last ready
	outage *time.Timer // guarded by mu: runs from a loss to the next connection; nil where there is no end to waiting
	ready  bool        // guarded by mu: a connection stands
	over   bool        // guarded by mu: the link's user is done
}

// line is a link as its user sees it.
type line struct {
	patient     *tg.Client // sleeps through waits as the account's pace says
	impatient   *tg.Client // returns a *WaitError at once
	established func()     // stops the clock of the first connection
	dc          func() int // which the last connection is to
}

// purpose is what a link is for.
type purpose bool

const (
	forRun   purpose = false
	forLogin purpose = true
)

// connect makes a link, calls use over it and closes it.
func (a *Account) connect(ctx context.Context, v *vault, p purpose, use func(context.Context, *line) error) error {
	select {
	case a.busy <- struct{}{}:
		defer func() { <-a.busy }()
	default:
		return fmt.Errorf("the %s account is connected already", a.cfg.Kind)
	}
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l := &link{account: a, login: p == forLogin, cancel: cancel, clocked: make(chan struct{})}
	defer l.mended()
	client, err := l.client(run, v)
	if err != nil {
		return err
	}
	late := time.AfterFunc(a.cfg.ConnectTimeout, l.tooLate)
	defer late.Stop()

	used, useErr := false, error(nil)
	clientErr := client.Run(run, func(ctx context.Context) error {
		used = true
		l.awaitClock(ctx)
		useErr = use(ctx, &line{
			patient:     tg.NewClient(l.chain(run, client, a.cfg.Pace.MaxWait)),
			impatient:   tg.NewClient(l.chain(run, client, 0)),
			established: func() { late.Stop() },
			dc:          func() int { return client.Config().ThisDC },
		})
		l.closing()
		return nil
	})
	cancel(fmt.Errorf("%w: closed", ErrConnection))
	l.flights.land()
	return l.verdict(ctx, clientErr, used, useErr)
}

// verdict says what came of a link. What ended it goes first, then what its user said, then gotd; ctx, the caller's, decides what
// was an interruption.
func (l *link) verdict(ctx context.Context, clientErr error, used bool, useErr error) error {
	if err := l.ending(); err != nil {
		return err
	}
	if e, ok := ended(clientErr); ok && !l.login {
		return e
	}
	if errors.Is(clientErr, exchange.ErrKeyFingerprintNotFound) {
		return fmt.Errorf("%w: %s has another public key than the configured one", ErrUnreachable, l.account.cfg.Server)
	}
	switch {
	case used && (useErr != nil || clientErr == nil):
		return useErr
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %s: %v", ErrConnection, l.account.cfg.Server, clientErr) //nolint:errorlint // gotd's may pass for a canceled context
}

// fail ends the link; the first reason stays.
func (l *link) fail(err error) {
	l.mu.Lock()
	if l.fatal == nil {
		l.fatal = err
	}
	l.mu.Unlock()
	l.cancel(err)
}

func (l *link) ending() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

// tooLate ends a link that does not stand in time.
func (l *link) tooLate() {
	l.mu.Lock()
	died := l.died
	l.mu.Unlock()
	err := fmt.Errorf("%w: no usable answer from %s within %s", ErrUnreachable, l.account.cfg.Server, l.account.cfg.ConnectTimeout)
	if died != nil {
		err = fmt.Errorf("%w: %v", err, died) //nolint:errorlint // gotd's may pass for a canceled context
	}
	l.fail(err)
}

// client makes the gotd client; run is the link's life.
func (l *link) client(run context.Context, v *vault) (*telegram.Client, error) {
	cfg := l.account.cfg
	keys, err := cfg.Server.keys()
	if err != nil {
		return nil, err
	}
	list, err := cfg.Server.list(v.session().Config.DCOptions)
	if err != nil {
		return nil, err
	}
	resolver := dcs.Plain(dcs.PlainOptions{Dial: l.dial(run)})
	if cfg.Server.Address != "" {
		resolver = pinned{Resolver: resolver, dc: cfg.Server.dc(), list: list}
	}
	v.onData, v.onFail = l.observe, l.fail
	v.onLost = func(was, is gotdsession.Data) { l.fail(lost(was, is)) }
	options := telegram.Options{
		PublicKeys:          keys,
		DC:                  cfg.Server.dc(),
		DCList:              list,
		Resolver:            resolver,
		SessionStorage:      v,
		Device:              cfg.Device,
		Clock:               shown{clock.System, cfg.Now},
		MessageID:           &messageIDs{now: cfg.Now},
		Logger:              logzap.New(quieter(cfg.Log.Named("gotd"))),
		ReconnectionBackoff: func() backoff.BackOff { return backoff.NewConstantBackOff(gotdRedial) },
		OnDead:              l.onDead,
		OnConnectionState:   l.onState,
		OnSelfError:         l.onSelfError,
	}
	if cfg.Kind == Bot && !l.login {
		options.UpdateHandler = cfg.Handler
	}
	return telegram.NewClient(cfg.APIID, cfg.APIHash.Reveal(), options), nil
}

// lost is what it means that gotd has made a new auth key for a session that had one.
func lost(was, is gotdsession.Data) error {
	if was.DC != is.DC {
		return &EndedError{Said: fmt.Sprintf("USER_MIGRATE_%d", is.DC)}
	}
	return &EndedError{Said: "-404, the server does not know the auth key"}
}

// Between connections that fail: gotd's own pause does not end with its context, so it is short and ours grows.
const (
	gotdRedial  = 100 * time.Millisecond
	firstRedial = 100 * time.Millisecond
	lastRedial  = 5 * time.Second
)

// dial pauses if the connection before failed, connects, and closes the connection when the link ends: gotd's key exchange reads
// without looking at its context.
func (l *link) dial(run context.Context) dcs.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if err := sleep(ctx, l.redial()); err != nil {
			return nil, err
		}
		conn, err := l.account.cfg.Dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		l.dialed = l.account.cfg.Now()
		l.mu.Unlock()
		return &boundConn{Conn: conn, unbind: context.AfterFunc(run, func() { _ = conn.Close() })}, nil
	}
}

// redial counts a dial and returns the pause before it: none, then doubling.
func (l *link) redial() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dials++
	if l.dials == 1 {
		return 0
	}
	return jittered(min(firstRedial<<min(l.dials-2, 10), lastRedial))
}

// boundConn is a connection that ends with the link.
type boundConn struct {
	net.Conn
	unbind func() bool
}

func (c *boundConn) Close() error {
	c.unbind()
	return c.Conn.Close()
}

// observe reads the server's clock from what gotd was told at connecting.
func (l *link) observe(data gotdsession.Data) {
	defer l.read.Do(func() { close(l.clocked) })
	if data.Config.Date == 0 {
		return
	}
	l.mu.Lock()
	sent := l.dialed
	l.mu.Unlock()
	l.account.clock.observe(data.Config.Date, sent, l.account.cfg.Now())
}

// clockPatience is how long a link waits for the server's clock: gotd tells it within milliseconds of the connection, and never where the server
// says that it is another one than was asked for.
const clockPatience = 5 * time.Second

// awaitClock waits until the server's clock was read: gotd calls its user before, and what is asked first would be dated by our own clock.
func (l *link) awaitClock(ctx context.Context) {
	patience := time.NewTimer(clockPatience)
	defer patience.Stop()
	select {
	case <-l.clocked:
	case <-patience.C:
	case <-ctx.Done():
	}
}

func (l *link) onState(s telegram.ConnectionState) {
	if s != telegram.ConnectionStateReady {
		return
	}
	l.mu.Lock()
	l.dials, l.ready = 0, true
	l.mu.Unlock()
	l.mended()
	l.account.cfg.OnReady()
}

// closing notes that the end of the connection is no loss from now on.
func (l *link) closing() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// mended stops the clock of an outage.
func (l *link) mended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.outage != nil {
		l.outage.Stop()
		l.outage = nil
	}
}

// gone ends a link whose connection stayed lost.
func (l *link) gone() {
	l.fail(fmt.Errorf("%w: the connection to %s was lost, and there was none for %s",
		ErrUnreachable, l.account.cfg.Server, l.account.cfg.OutageTimeout))
}

// onDead keeps the reason for tooLate, starts the clock of an outage, and sees what no new connection will change.
func (l *link) onDead(err error) {
	l.mu.Lock()
	l.died = err
	lost := l.ready && !l.over
	l.ready = false
	if patience := l.account.cfg.OutageTimeout; patience > 0 && l.outage == nil {
		l.outage = time.AfterFunc(patience, l.gone)
	}
	l.mu.Unlock()
	if lost {
		l.account.cfg.OnLost()
	}
	if apiRefused(err) {
		l.fail(ErrAPIRefused)
	}
}

// onSelfError hears of an ended session when a client with updates connects again. gotd alone would stay connected, and deaf.
func (l *link) onSelfError(_ context.Context, err error) error {
	e, ok := ended(err)
	if !ok || l.login {
		return nil
	}
	l.fail(e)
	return e
}
