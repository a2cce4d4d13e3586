package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gotd/td/tg"
	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/bot"
	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/session"
)

// ownerRetry is when run tries the owner's account again after it could not be used; the bot serves meanwhile.
const ownerRetry = time.Minute

func newRunCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Keep the roster in step with the group, and answer the bot's users",
		Long: "Keeps the roster in step with the group by the bot's updates, the admin log and scheduled walks, and answers the bot's\n" +
			"users, until it is stopped. Every other command works meanwhile. Both accounts must be signed in, and the bot be an\n" +
			"administrator of the group. A new roster is in shadow mode: nobody is refused before \"rollcall gate enforce\".",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runLive(cmd.Context()) },
	}
}

func (a *app) runLive(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	log, err := newLogger(a.stderr, cfg.Log.Level)
	if err != nil {
		return err
	}
	cred, err := a.credentials(ctx, cfg)
	if err != nil {
		return err
	}
	l := &live{app: a, cred: cred, log: log}
	err = a.holding(ctx, cfg, stint{command: "run", live: l, work: func(ctx context.Context, d desk) error {
		l.desk = d
		return l.run(ctx)
	}})
	if errors.Is(context.Cause(ctx), errInterrupted) {
		log.Info("stopped; everything that was heard is stored")
		return fail(exitInterrupted, "nothing is lost: the next run asks Telegram for what happens meanwhile", "%w", errInterrupted)
	}
	return err
}

// live is one run.
type live struct {
	app  *app
	desk desk
	cred credentials
	log  *zap.Logger

	group  membership.Group
	keeper *gatekeeper.Keeper

	mu    sync.Mutex // guards what follows: other commands' errands use it
	owner *ownerLink // nil while the owner's account is away
	bot   *tg.Client // nil while the bot is away
}

// ownerLink is the connected owner's account.
type ownerLink struct {
	api     *tg.Client
	group   gatekeeper.Group
	account *session.Account
}

func (l *live) setOwner(o *ownerLink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owner = o
}

func (l *live) setBot(api *tg.Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bot = api
}

// accounts are the two as they are connected now.
func (l *live) accounts() (owner *ownerLink, bot *tg.Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owner, l.bot
}

func (l *live) run(ctx context.Context) error {
	self, ok := session.Known(l.desk.cfg.SessionDir(), session.Bot)
	if !ok {
		return fail(exitNotSignedIn, `run "rollcall login --bot" first`, "the bot is not signed in")
	}
	var err error
	if l.group, err = l.findGroup(ctx); err != nil {
		return err
	}
	cfg := l.desk.cfg
	l.keeper = gatekeeper.New(gatekeeper.Config{
		Group: l.group, BotID: membership.UserID(self.ID), OwnerID: ownerID(cfg), Roster: l.desk.roster, Policy: cfg.Policy(), Now: l.app.now, Log: l.log,
		Level: cfg.Sync.Level, AuditCalls: cfg.Sync.AuditCalls,
		Pace: gatekeeper.Pace{TailEvery: cfg.Run.TailEvery, WalkEvery: cfg.Run.WalkEvery},
	})
	if err := l.announce(ctx, self); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.serveBot(ctx, self) })
	g.Go(func() error { return l.followOwner(ctx) })
	return g.Wait()
}

// announce says in the first lines of the log what this run is going to do.
func (l *live) announce(ctx context.Context, self session.Self) error {
	enforce, err := l.desk.roster.Enforced(ctx, l.group.ID)
	if err != nil {
		return err
	}
	l.log.Info("run begins", zap.String("group", l.group.Title), zap.Int64("id", int64(l.group.ID)), zap.String("bot", "@"+self.Username), zap.Bool("enforce", enforce))
	if !enforce {
		l.log.Info("shadow mode: nobody is refused or loses access; \"rollcall gate enforce\" ends it")
	}
	return nil
}

// findGroup is the group as the roster knows it, so that a run starts without the owner's account; the first run asks that account.
func (l *live) findGroup(ctx context.Context) (membership.Group, error) {
	g, err := l.desk.theGroup(ctx)
	if err == nil {
		return g, nil
	}
	if _, refErr := l.desk.cfg.GroupRef(); refErr != nil {
		return g, refErr
	}
	err = withAccount(ctx, l.desk.cfg, l.cred, session.Owner, func(ctx context.Context, api *tg.Client) error {
		if g, err = administered(ctx, api, l.desk.cfg); err != nil {
			return err
		}
		return l.desk.roster.PutGroup(ctx, g)
	})
	return g, err
}

// serveBot listens to the bot's updates and answers its users. Without the bot there is nothing to run.
func (l *live) serveBot(ctx context.Context, self session.Self) error {
	cfg := l.desk.cfg
	var acc *session.Account
	b := bot.New(bot.Config{
		Self: membership.UserID(self.ID), Username: self.Username, Group: l.group, State: l.desk.roster, Now: l.app.now,
		ServerNow: func() time.Time { return acc.ServerTime() },
		Texts:     bot.Texts{Welcome: cfg.Bot.Welcome, Links: cfg.Bot.Links, JoinLink: cfg.Bot.JoinLink},
	})
	acc, err := openAccount(cfg, l.cred, session.Bot, accountOptions{
		log: quiet(l.log), handler: b.Handler(), onReady: l.connected(b), onLost: l.disconnected(ctx), onWait: l.waiting("bot"), lasting: true,
	})
	if err != nil {
		return err
	}
	err = acc.Run(ctx, func(ctx context.Context, api *tg.Client) error {
		l.log.Info("the bot is connected")
		b.Use(api)
		l.setBot(api)
		defer l.setBot(nil)
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			return b.Listen(ctx, api, func(ctx context.Context, batch membership.Batch) error {
				_, err := l.keeper.Ingest(ctx, batch)
				return err
			})
		})
		g.Go(func() error { return l.keeper.Attend(ctx, b) })
		return g.Wait()
	})
	err = l.named(ctx, "the bot", err)
	if ctx.Err() == nil {
		err = errors.Join(err, l.keeper.Lost(ctx))
	}
	return errors.Join(err, acc.Close())
}

// disconnected is what the loss of the bot's connection means to the gate.
func (l *live) disconnected(ctx context.Context) func() {
	return func() {
		if ctx.Err() == nil {
			l.log.Warn("the bot's connection is lost; it is being made anew")
			l.keeper.Disconnected()
		}
	}
}

// connected is what a connection made anew means to the bot and to the gate.
func (l *live) connected(b *bot.Bot) func() {
	return func() {
		l.keeper.Reconnected()
		b.Wake()
	}
}

func (l *live) named(ctx context.Context, who string, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w", who, err)
}

// followOwner keeps the owner's account at work. Its loss does not end the run: the bot goes on, the owner is told, and the account is tried
// again.
func (l *live) followOwner(ctx context.Context) error {
	waits := &waitTally{tell: l.waiting("owner")}
	acc, err := openAccount(l.desk.cfg, l.cred, session.Owner, accountOptions{log: quiet(l.log), onWait: waits.begin})
	if err != nil {
		return err
	}
	for {
		err = l.followOnce(ctx, acc, waits)
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), acc.Close())
		}
		if ours(err) {
			return errors.Join(err, acc.Close())
		}
		judged := judge(err)
		l.log.Error("the owner's account cannot be used; the bot goes on without walks and admin log", zap.String("because", judged.Error()), zap.String("hint", judged.hint))
		timer := time.NewTimer(ownerRetry)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// ours says whether an error is the roster's or the program's, and not the account's: those end the run.
func ours(err error) bool {
	switch judge(judgeErrand(err)).code {
	case exitNotSignedIn, exitPermission, exitRateLimited, exitUnreachable, exitNotFound, exitHeld:
		return false
	default:
		return true
	}
}

func (l *live) followOnce(ctx context.Context, acc *session.Account, waits *waitTally) error {
	return acc.Run(ctx, func(ctx context.Context, api *tg.Client) error {
		cfg := l.desk.cfg
		if cfg.Group == "" {
			cfg.Group = formatID(l.group.Marked())
		}
		g, err := l.desk.administered(ctx, api, cfg)
		if err != nil {
			return err
		}
		if err := l.desk.roster.PutGroup(ctx, g); err != nil {
			return err
		}
		l.log.Info("the owner's account is connected")
		owner := tallied{Group: ownerGroup(ctx, api, acc, g, l.log), waits: waits, bot: &botWatch{}}
		l.setOwner(&ownerLink{api: api, group: owner, account: acc})
		defer l.setOwner(nil)
		return l.keeper.Follow(ctx, owner.scheduled())
	})
}

func (l *live) waiting(account string) func(string, time.Time) {
	return func(method string, until time.Time) {
		l.log.Warn("Telegram asks to wait", zap.String("account", account), zap.String("method", method), zap.Time("until", until))
	}
}

// newLogger logs to standard error: for people on a terminal, as JSON for a journal.
func newLogger(s screen, level string) (*zap.Logger, error) {
	var l zapcore.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fail(exitConfig, "", "log.level: %w", err)
	}
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.RFC3339TimeEncoder
	encoder := zapcore.NewJSONEncoder(c)
	if s.tty {
		c.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05")
		c.EncodeLevel = zapcore.CapitalLevelEncoder
		encoder = safeConsole{zapcore.NewConsoleEncoder(c)}
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(s.w)), l)), nil
}

// quiet is the library's log: its warnings are about single packets, its errors about connections that it mends itself.
func quiet(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.IncreaseLevel(zap.ErrorLevel)).Named("telegram")
}
