package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
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

func newRunCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Keep the roster in step with the group, and answer the bot's users",
		Long: "Keeps the roster in step with the group by the bot's updates, the admin log and scheduled walks, and answers the bot's\n" +
			"users, until it is stopped. Every other command works meanwhile. Both accounts must be signed in, and the bot be an\n" +
			"administrator of the group. A new roster is in shadow mode: nobody is refused before \"rollcall gate enforce\".\n\n" +
			"If Telegram ends one account's session, the other goes on, and \"rollcall login\" beside the run signs in again. A SIGHUP\n" +
			"has it read the configuration anew: what the gate and the bot do, how often and how far it reads, and what it logs.",
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runLive(cmd.Context()) },
	}
}

func (a *app) runLive(ctx context.Context) error {
	hangups := make(chan os.Signal, 1) // capacity 1: one reload reads all that was changed before it
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	cfg, err := a.config()
	if err != nil {
		return err
	}
	level := zap.NewAtomicLevel()
	log, err := newLogger(a.stderr, cfg.Log.Level, level)
	if err != nil {
		return err
	}
	cred, err := a.credentials(ctx, cfg)
	if err != nil {
		return err
	}
	l := &live{app: a, cred: cred, log: log, level: level, cfg: cfg, hangups: hangups, moved: make(chan membership.GroupID, 1)}
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
	app   *app
	desk  desk
	cred  credentials
	log   *zap.Logger
	level zap.AtomicLevel
	// hangups is "read the configuration anew"; never closed.
	hangups <-chan os.Signal
	// moved is the group that a command found ours to have become; capacity 1, never closed.
	moved chan membership.GroupID

	// Of the present watch; one goroutine makes one watch after the other.
	group    membership.Group
	keeper   *gatekeeper.Keeper
	searched time.Time // when the owner's account last looked for the group; followOwner's alone

	mu    sync.Mutex // guards what follows: other commands' errands use it
	cfg   Config
	owner *ownerLink             // nil while the owner's account is away
	bot   *botLink               // nil while the bot is away
	away  map[session.Kind]error // why an account is signed out; no entry for one that is not
	ended session.Login          // the owner's that ended last; zero once the account is back
	// begun says that an account was connected since the run began; failures are why none was, until then.
	begun    bool
	failures map[session.Kind]error
}

// ownerLink is the connected owner's account, and the keeper that it works for.
type ownerLink struct {
	api     *tg.Client
	group   gatekeeper.Group
	about   membership.Group
	account *session.Account
	keeper  *gatekeeper.Keeper
}

// botLink is the connected bot.
type botLink struct {
	api *tg.Client
	bot *bot.Bot
}

func (l *live) setOwner(o *ownerLink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owner = o
	if o != nil {
		l.ended = session.Login{}
	}
}

func (l *live) setBot(b *botLink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bot = b
}

// accounts are the two as they are connected now.
func (l *live) accounts() (owner *ownerLink, bot *botLink) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owner, l.bot
}

// waits are the owner's methods that Telegram has asked not to call for a while.
func (l *live) waits() []waitView {
	waits := []waitView{}
	owner, _ := l.accounts()
	if owner == nil {
		return waits
	}
	for _, method := range []string{lists, basicList, lookup, adminLog} {
		if until, held := owner.account.Held(method); held {
			waits = append(waits, waitView{Method: method, Until: membership.At(until)})
		}
	}
	return waits
}

// absent is why an account is signed out; nil where it is not.
func (l *live) absent(kind session.Kind) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.away[kind]
}

// signedOut are the accounts that are signed out.
func (l *live) signedOut() []session.Kind {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.away))
}

// config is the configuration as it is after the last reload.
func (l *live) config() Config {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cfg
}

// errOtherAccount says that somebody else is signed in than a watch was begun for.
var errOtherAccount = errors.New("another account was signed in")

// run makes one watch after the other: a group that became another, or an account in another's place, is a new one.
func (l *live) run(ctx context.Context) error {
	l.mu.Lock()
	l.cfg, l.away, l.failures = l.desk.cfg, map[session.Kind]error{}, map[session.Kind]error{}
	l.mu.Unlock()
	if _, ok := session.Known(l.desk.cfg.SessionDir(), session.Bot); !ok {
		return fail(exitNotSignedIn, `run "rollcall login --bot" first`, "the bot is not signed in")
	}
	var err error
	if l.group, err = l.findGroup(ctx); err != nil {
		return err
	}
	for {
		err := l.watch(ctx)
		to, moved := became(err)
		switch {
		case ctx.Err() != nil:
			return err
		case moved:
			err = l.migrate(ctx, to)
		case errors.Is(err, errOtherAccount):
			err, l.searched = nil, time.Time{} // what opens the group to one account opens it to no other
			l.log.Info("the run begins anew for the account that was signed in")
		}
		if err != nil {
			return err
		}
	}
}

// watch has both accounts at work for one group, until one of them ends it.
func (l *live) watch(ctx context.Context) error {
	cfg := l.config()
	self, _ := session.Known(cfg.SessionDir(), session.Bot)
	l.keeper = gatekeeper.New(gatekeeper.Config{
		Group: l.group, BotID: membership.UserID(self.ID), OwnerID: ownerID(cfg), Roster: l.desk.roster, Policy: cfg.Policy(), Now: l.app.now, Log: l.log,
		Level: cfg.Sync.Level, AuditCalls: cfg.Sync.AuditCalls,
		Pace: gatekeeper.Pace{TailEvery: cfg.Run.TailEvery, WalkEvery: cfg.Run.WalkEvery},
	})
	if err := l.announce(ctx, self); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return l.staffed(ctx, shift{kind: session.Bot, who: self.ID, work: l.serveBot}) })
	g.Go(func() error {
		return l.staffed(ctx, shift{kind: session.Owner, who: int64(ownerID(cfg)), work: l.followOwner})
	})
	g.Go(func() error { return l.keeper.Watch(ctx) })
	g.Go(func() error { return l.reloads(ctx) })
	g.Go(func() error { return l.movedOn(ctx) })
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
		if g, err = l.desk.found(ctx, api, l.became); err != nil {
			return err
		}
		return l.desk.roster.PutGroup(ctx, g)
	})
	return g, err
}

// goBy sets the clock by an account that is connected, and says where this machine's is wrong.
func (l *live) goBy(acc *session.Account) {
	was := l.app.clock.wrong()
	l.app.clock.follow(acc)
	if off := l.app.clock.wrong(); (off-was).Abs() >= clockWrong && off != 0 {
		l.log.Warn(clockText(off))
	}
}

func (l *live) waiting(account string) func(string, time.Time) {
	return func(method string, until time.Time) {
		l.log.Warn("Telegram asks to wait", zap.String("account", account), zap.String("method", method), zap.Time("until", until))
	}
}

// newLogger logs to standard error: for people on a terminal, as JSON for a journal. It begins at the level that text names.
func newLogger(s screen, text string, level zap.AtomicLevel) (*zap.Logger, error) {
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return nil, fail(exitConfig, "", "log.level: %w", err)
	}
	c := zap.NewProductionEncoderConfig()
	c.EncodeTime = zapcore.RFC3339TimeEncoder
	encoder := zapcore.Encoder(safeJSON{zapcore.NewJSONEncoder(c)})
	if s.tty {
		c.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05")
		c.EncodeLevel = zapcore.CapitalLevelEncoder
		encoder = safeConsole{zapcore.NewConsoleEncoder(c)}
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(s.w)), level)), nil
}

// quiet is the library's log: its warnings are about single packets, its errors about connections that it mends itself.
func quiet(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.IncreaseLevel(zap.ErrorLevel)).Named("telegram")
}
