package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"go.uber.org/zap"
)

// Kind is which of the two accounts. It is also how their files' names begin.
type Kind string

// The two accounts.
const (
	Owner Kind = "owner"
	Bot   Kind = "bot"
)

// defaultConnectTimeout is for the first connection, key exchange and sign-in check included.
const defaultConnectTimeout = 30 * time.Second

// Config is what an account needs to work. Kind, Dir, Seal, APIID and APIHash are required.
type Config struct {
	Kind    Kind
	Dir     string // made 0700
	Seal    Sealer
	Server  Server
	APIID   int
	APIHash Secret
	Pace    Pace

	// Handler takes the bot's updates. Without one the server is asked to send none.
	Handler telegram.UpdateHandler
	// OnReady is called at each connection, the first included, and must not block. gotd asks for nothing that was missed meanwhile.
	OnReady func()
	// OnLost is called when a connection that was ready is lost, and must not block.
	OnLost func()
	// OnWait is called before a call sleeps through a wait that Telegram asked for, OnCall after each request. Neither may block.
	OnWait func(method string, until time.Time)
	OnCall func(Call)

	// ConnectTimeout is how long the first connection may take; zero is 30 s.
	ConnectTimeout time.Duration
	// OutageTimeout is how long a connection that was lost may stay lost; then Run ends with ErrUnreachable. Zero tries for ever.
	OutageTimeout time.Duration
	// Dial makes the server's connections; nil is plain TCP.
	Dial dcs.DialFunc
	// Device is what the owner sees in Telegram's list of devices.
	Device telegram.DeviceConfig
	Log    *zap.Logger
	Now    func() time.Time // this machine's clock; nil is time.Now
}

func (c Config) withDefaults() Config {
	c.Pace = c.Pace.withDefaults(c.Kind)
	if c.OnReady == nil {
		c.OnReady = func() {}
	}
	if c.OnLost == nil {
		c.OnLost = func() {}
	}
	if c.OnWait == nil {
		c.OnWait = func(string, time.Time) {}
	}
	if c.OnCall == nil {
		c.OnCall = func(Call) {}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = defaultConnectTimeout
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Device.DeviceModel == "" {
		c.Device.DeviceModel = "Rollcall"
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.Kind != Owner && c.Kind != Bot:
		return fmt.Errorf("%w: no such kind of account: %q", ErrConfig, c.Kind)
	case c.Dir == "":
		return fmt.Errorf("%w: no session folder", ErrConfig)
	case c.Seal == nil:
		return fmt.Errorf("%w: nothing to seal the session with", ErrConfig)
	case c.APIID <= 0 || c.APIHash.Empty():
		return fmt.Errorf("%w: api_id and api_hash are needed (https://my.telegram.org/apps)", ErrConfig)
	}
	return c.Server.check()
}

// Account is one of the two accounts, held by this process until Close. It has at most one connection.
type Account struct {
	cfg      Config
	store    *store
	governor *governor
	clock    serverClock
	busy     chan struct{} // capacity 1: whoever has put the token in may connect
}

// Open takes hold of the account's files; it connects to nothing and unseals nothing. While another process holds them it returns a
// *HeldError.
func Open(cfg Config) (*Account, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if err := ensureDir(cfg.Dir); err != nil {
		return nil, err
	}
	s, err := hold(cfg.Dir, cfg.Kind)
	if err != nil {
		return nil, err
	}
	w, err := loadWaits(s, restTogether(cfg.Kind), cfg.Now, cfg.OnWait)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return &Account{
		cfg: cfg, store: s,
		governor: newGovernor(cfg.Kind, w, s, cfg.Pace, cfg.Now),
		busy:     make(chan struct{}, 1),
	}, nil
}

// Close lets go of the account's files. Run must have returned.
func (a *Account) Close() error {
	return errors.Join(a.governor.budgets.giveBack(a.cfg.Now()), a.store.close())
}

// Run connects, checks that the session is good, calls f and closes when f returns. The context of f ends with ctx, and when the
// session does.
//
// Before f it fails with ErrNotSignedIn, ErrWrongKey, ErrDamaged, ErrSessionEnded, ErrUnreachable, ErrAPIRefused, ErrOtherAccount or
// a *WaitError. While f runs, lost connections are made anew, for OutageTimeout each, and calls wait for them; an error of f's is returned as it
// is, unless the session has ended, which is ErrSessionEnded.
func (a *Account) Run(ctx context.Context, f func(ctx context.Context, api *tg.Client) error) error {
	v := a.vault()
	if err := v.open(); err != nil {
		return err
	}
	return a.connect(ctx, v, forRun, func(ctx context.Context, l *line) error {
		if err := a.greet(ctx, l); err != nil {
			return err
		}
		l.established()
		return f(ctx, l.patient)
	})
}

// greet asks who we are, and thereby whether the session is good.
func (a *Account) greet(ctx context.Context, l *line) error {
	user, err := askSelf(ctx, l.impatient)
	if err != nil {
		return err
	}
	_, err = a.remember(user)
	return err
}

func askSelf(ctx context.Context, api *tg.Client) (*tg.User, error) {
	users, err := api.UsersGetUsers(ctx, []tg.InputUserClass{&tg.InputUserSelf{}})
	if err != nil {
		return nil, fmt.Errorf("ask who we are: %w", err)
	}
	user, ok := tg.UserClassArray(users).FirstAsNotEmpty()
	if !ok {
		return nil, fmt.Errorf("ask who we are: %w: nobody in the answer", ErrConnection)
	}
	return user, nil
}

// Allowance is what a day's budget (UTC) of a method still allows.
type Allowance struct {
	Limit, Left int
	Until       time.Time // then the next day's begins
}

// Allowance is what is left today of the method's budget; bounded is false where it has none.
func (a *Account) Allowance(method string) (left Allowance, bounded bool, err error) {
	return a.governor.budgets.left(a.cfg.Now(), method)
}

// Held says whether Telegram has asked not to call the method before some time, and until when.
func (a *Account) Held(method string) (until time.Time, held bool) {
	left, until := a.governor.waits.left(address{method: method})
	return until, left > 0
}

// SetPace has the owner's calls that are not under way yet go by another pace than Config's; for the bot, whose limits are its own, it
// changes nothing. How long one call sleeps through waits stays as it was for a connection that stands.
func (a *Account) SetPace(p Pace) {
	if a.cfg.Kind != Owner {
		return
	}
	p = p.withDefaults(Owner)
	a.governor.budgets.allow(p.Budgets)
	a.governor.pace.Store(&p)
}

// ServerTime is the server's clock as measured at the last connection, to the second, or our own before one.
func (a *Account) ServerTime() time.Time { return a.clock.at(a.cfg.Now()) }

func (a *Account) path(suffix string) string {
	return filepath.Join(a.cfg.Dir, string(a.cfg.Kind)+suffix)
}

func (a *Account) vault() *vault {
	return &vault{path: a.path(sealedSuffix), sealer: a.cfg.Seal, stored: make(chan struct{}, 1)}
}
