package rpc

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// Pusher is the engine as seen from here. Push encodes before it returns and never waits for the
// client, so it may be called from within a callback of the world.
type Pusher interface {
	Push(key mtproto.KeyID, u tg.UpdatesClass) bool
	Cut(key mtproto.KeyID)
}

// Config is what the methods need beside the engine.
type Config struct {
	World   *world.World
	APIID   int
	APIHash string
	DC      int
	Address string           // host:port where this DC is served, for help.getConfig
	Now     func() time.Time // the world's clock; nil is time.Now
	Shown   func() time.Time // the clock by which things expire that clients hold against theirs, as that of message ids is; nil is Now
	Budgets Budgets          // how often an account may call what; nil is DefaultBudgets
	DCs     map[int]string   // host:port of every DC by its number, this one's too; nil is Address alone
	Logins  LoginRules
}

// Server answers Telegram's methods over a world. It implements mtproto.Handler.
type Server struct {
	cfg     Config
	methods map[uint32]method // fixed after New
	logins  *logins
	srp     *challenges
	rules   LoginRules
	tries   *tries
	tokens  *tokens
	homes   *homes
	exports *exports

	takeouts *takeouts
	tally    *tally
	purses   *purses

	mu     sync.RWMutex
	pusher Pusher // guarded by mu; nil until Bind
}

// caller is who asks. Before login Account is zero.
type caller struct {
	Account world.UserID
	Bot     bool
	Key     mtproto.KeyID
	DC      int // where the client is
}

// audience says who may call a method.
type audience int

const (
	anybody  audience = iota // before login too
	signedIn                 // users and bots
	userOnly                 // a bot gets 400 BOT_METHOD_INVALID
	botOnly                  // a user gets 400 USER_BOT_REQUIRED
)

type method struct {
	name string // as in TL: "channels.getParticipants"
	who  audience
	call func(ctx context.Context, c caller, b *bin.Buffer) (bin.Encoder, error)
}

// request is what gotd generates for each function of the schema.
type request interface {
	bin.Decoder
	TypeID() uint32
}

// New returns the methods of cfg.World; Bind must follow before anything is pushed.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Shown == nil {
		cfg.Shown = cfg.Now
	}
	s := &Server{
		cfg:     cfg,
		methods: make(map[uint32]method),
		logins:  newLogins(cfg.Now),
		srp:     newChallenges(),
		rules:   cfg.Logins.withDefaults(),
		tokens:  &tokens{open: make(map[string]*loginToken)},
		homes:   newHomes(cfg.DC),
		exports: &exports{open: make(map[string]exported)},
		tally:   newTally(cfg.Now, cfg.World.Owner()),
		purses:  newPurses(cfg.Now, cfg.Budgets),
	}
	s.tries, s.takeouts = newTries(cfg.Now, s.rules), newTakeouts()
	s.registerHelp()
	s.registerAuth()
	s.registerWorld()
	cfg.World.Subscribe(func(account world.UserID, u *tg.Updates) { s.push(account, u) })
	return s
}

// Bind gives the server its way to clients. The engine needs a handler to be made, so it comes second.
func (s *Server) Bind(p Pusher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pusher = p
}

// methodNames maps TL type ids to names like "channels.getParticipants".
var methodNames = sync.OnceValue(func() map[uint32]string {
	names := make(map[uint32]string)
	for id, full := range tg.TypesMap() {
		names[id], _, _ = strings.Cut(full, "#")
	}
	return names
})

// register adds one method. fresh makes the request that the method's bytes are decoded into, and
// its TypeID is the method's. Registering a method twice is a mistake in this package.
func register[R request](
	s *Server, fresh func() R, handle func(context.Context, caller, R) (bin.Encoder, error), who audience,
) {
	id := fresh().TypeID()
	name := methodNames()[id]
	if _, ok := s.methods[id]; ok {
		panic(fmt.Sprintf("rpc: %s is registered twice", name))
	}
	s.methods[id] = method{name: name, who: who, call: func(ctx context.Context, c caller, b *bin.Buffer) (bin.Encoder, error) {
		r := fresh()
		if err := r.Decode(b); err != nil || !wellFormed(reflect.ValueOf(r)) {
			return nil, tgerr.New(400, "INPUT_FETCH_ERROR")
		}
		return handle(ctx, c, r)
	}}
}

// Handle implements mtproto.Handler.
func (s *Server) Handle(ctx context.Context, r *mtproto.Request) (bin.Encoder, error) {
	m, ok := s.methods[r.Method]
	if !ok {
		return nil, s.unknown(r)
	}
	c, err := s.admit(r, m)
	if err != nil {
		return nil, err
	}
	if err := s.takeouts.within(r); err != nil {
		return nil, err
	}
	s.tally.called(c, m.name)
	answer, err := s.call(ctx, c, m, r)
	if err != nil {
		s.tally.failed(c, m.name, err)
		return nil, err
	}
	return answer, nil
}

// unknown refuses what is no method here. Before login all but help and auth is 401, whether it exists or not.
func (s *Server) unknown(r *mtproto.Request) error {
	if _, err := s.logins.of(r.Key); err != nil && !open(methodNames()[r.Method]) {
		return err
	}
	return tgerr.New(400, "INPUT_METHOD_INVALID")
}

// open says whether the method is of those that answer before login.
func open(method string) bool {
	return strings.HasPrefix(method, "help.") || strings.HasPrefix(method, "auth.")
}

// call answers the query if the caller's budget allows it.
func (s *Server) call(ctx context.Context, c caller, m method, r *mtproto.Request) (bin.Encoder, error) {
	visit, err := s.purses.enter(ctx, c, m.name, r)
	if err != nil {
		return nil, err
	}
	defer visit.leave()
	s.cfg.World.Pass()
	return m.call(ctx, c, r.Body)
}

// admit checks that the key's owner may call m at all, and here.
func (s *Server) admit(r *mtproto.Request, m method) (caller, error) {
	c := caller{Key: r.Key, DC: r.DC}
	l, err := s.logins.of(r.Key)
	switch {
	case l.ended == Duplicated:
		return c, err
	case err == nil:
		c.Account, c.Bot = l.account, l.bot
		s.logins.used(r.Key, l)
	}
	if m.who == anybody {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if out := s.cfg.World.LockedOut(l.account); out != "" {
		return c, Ending(out).err()
	}
	switch {
	case m.who == userOnly && c.Bot:
		return c, tgerr.New(400, "BOT_METHOD_INVALID")
	case m.who == botOnly && !c.Bot:
		return c, tgerr.New(400, "USER_BOT_REQUIRED")
	case !open(m.name):
		return c, s.atHome(c, c.Account)
	}
	return c, nil
}

// push sends u to every key that account is logged in with. A key without a live connection misses it
// for good: its client must ask for the difference.
func (s *Server) push(account world.UserID, u *tg.Updates) {
	p := s.carrier()
	if p == nil {
		return
	}
	for _, key := range s.logins.keys(account, s.homes.of(account)) {
		p.Push(key, s.framed(u))
	}
}

// framed is the container that the updates are pushed in.
func (s *Server) framed(u *tg.Updates) tg.UpdatesClass {
	if u.Seq == 0 || !s.cfg.World.Combines() {
		return u
	}
	return &tg.UpdatesCombined{
		Updates: u.Updates, Users: u.Users, Chats: u.Chats, Date: u.Date, SeqStart: u.Seq, Seq: u.Seq,
	}
}

// carrier is the way to clients, nil before Bind.
func (s *Server) carrier() Pusher {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.pusher
}

// EndSessions ends every login of the account, as "terminate all other sessions" does: the
// connections are cut and the next call answers 401 SESSION_REVOKED.
func (s *Server) EndSessions(account world.UserID) { _ = s.End(account, Revoked) }
