package tgsim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gotd/td/crypto"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/control"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

const (
	// DC is the data center of the accounts.
	DC = 2
	// The application that clients must name at login.
	apiID   = 94575
	apiHash = "a3406de8d171bb422bb6ddf3bbd800e2"
)

// Options say what to simulate. The zero value is a group of owner and bot on a free port.
type Options struct {
	Listen     string         // host:port for MTProto; empty is 127.0.0.1:0
	Members    int            // the group's size
	Seed       uint64         // decides everything left to chance
	NoPassword bool           // leaves out the owner's second factor
	Ready      string         // the ready file; empty keeps it in a directory of its own until Close
	Log        io.Writer      // failures of handlers and why connections ended; nil is silent
	Clock      *clock.Clock   // the world's, and that of waits and logins; nil shows the real time
	Chatter    time.Duration  // mean time between two messages in the group; 0 is silence
	Budgets    rpc.Budgets    // how often an account may call what; nil is rpc.DefaultBudgets
	Profile    people.Profile // whom the group draws; the zero value is the international one
	// State is a directory that keeps auth keys, logins, the server's RSA key and the ports from run to run, so that
	// clients go on after a restart. The world is made anew from the seed. Empty keeps nothing.
	State    string
	DCs      int // how many data centers there are, each on a port of its own; 0 is 1, maxDCs the most
	Protocol Protocol
	// SearchCap, Search, Lists and Churn are world.Options': how lists of members are read, and how they deceive.
	SearchCap int
	Search    world.SearchRules
	Lists     world.ListRules
	Churn     int
	// Hidden hides the group's members from who is no admin, as only groups of 100 and more can.
	Hidden bool
	Groups []world.GroupOptions // other groups of the owner
	// Messages, Joins and MinUsers are world.Options', Logins rpc.Config's.
	Messages world.MessageRules
	Joins    world.JoinRules
	MinUsers bool
	Logins   rpc.LoginRules
	Faults   []fault.Rule // what goes wrong; the control face changes it
}

// Protocol is how MTProto is spoken. The zero value is as well as it can be.
type Protocol struct {
	Faults   mtproto.Faults   // what goes wrong beside Options.Faults; nil is nothing
	Now      func() time.Time // the clock of message ids and salts; nil is time.Now, which clients have, and what Skew adds
	Sleep    func(ctx context.Context, d time.Duration) error
	SaltLife time.Duration // as in mtproto.Options
	PackOver int           // as in mtproto.Options
	SoleUse  bool          // as in mtproto.Options
}

// Server is a running simulator.
type Server struct {
	world   *world.World
	methods *rpc.Server
	engines engines
	keys    mtproto.KeyStore // of DC
	state   *state
	ready   Ready
	clock   *clock.Clock // the world's
	skew    *clock.Clock // clients'
	board   *fault.Board

	addresses DCs // where each DC is

	cancel  context.CancelFunc
	tasks   *errgroup.Group
	cleanup []func() error // run by Close, last first
	closed  func() error
}

// Start makes the world and serves it until ctx ends or Close is called. Close must be called in
// either case; it removes the ready file.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	s := &Server{engines: make(engines)}
	ctx, s.cancel = context.WithCancel(ctx)
	s.tasks, ctx = errgroup.WithContext(ctx)
	s.closed = sync.OnceValue(s.close)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := s.prepare(&o); err != nil {
		return nil, err
	}
	address, err := s.serve(ctx, o)
	if err != nil {
		return nil, err
	}
	face, err := s.serveControl(ctx)
	if err != nil {
		return nil, err
	}
	s.describe(address, face)
	s.cleanup = append(s.cleanup, func() error { return removeFile(o.Ready) })
	return s, s.ready.write(o.Ready)
}

// prepare fills in the options and clears away what an earlier run left at the ready file's place, so that nobody
// takes it for this one's.
func (s *Server) prepare(o *Options) error {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Ready == "" {
		dir, err := os.MkdirTemp("", "tgsim-")
		if err != nil {
			return fmt.Errorf("make a directory for the ready file: %w", err)
		}
		s.cleanup = append(s.cleanup, func() error { return os.RemoveAll(dir) })
		o.Ready = filepath.Join(dir, "ready.json")
	}
	ready, err := filepath.Abs(o.Ready)
	if err != nil {
		return fmt.Errorf("find the ready file %s: %w", o.Ready, err)
	}
	o.Ready = ready
	return removeFile(ready)
}

// serve makes the world and serves MTProto.
func (s *Server) serve(ctx context.Context, o Options) (address string, err error) {
	if s.state, err = openState(o.State, o.Ready); err != nil {
		return "", err
	}
	s.cleanup = append(s.cleanup, s.state.close)
	s.ready.PublicKeyFile = s.state.publicKeyFile
	listeners, err := s.listen(ctx, o)
	defer func() {
		if err != nil {
			closeAll(listeners)
		}
	}()
	if err != nil {
		return "", err
	}
	if err := s.makeWorld(o); err != nil {
		return "", err
	}
	// Clients hold ids and what expires against the real time, whatever the world's clock shows.
	if o.Protocol.Now == nil {
		o.Protocol.Now = s.skew.Now
	}
	if err := s.state.belongs(origin{o.Seed, s.world.Owner(), s.world.Bot()}); err != nil {
		return "", err
	}
	s.methods = rpc.New(rpc.Config{
		World: s.world, APIID: apiID, APIHash: apiHash, DC: DC, Address: s.addresses[DC], Budgets: o.Budgets,
		DCs: s.addresses, Now: s.clock.Now, Shown: o.Protocol.Now, Logins: o.Logins,
	})
	s.board.Bind(logins{s.methods, s.world.Owner(), s.world.Bot()})
	if err := s.state.loadLogins(s.methods); err != nil {
		return "", err
	}
	for dc := range listeners {
		if err := s.makeEngine(o, dc); err != nil {
			return "", err
		}
	}
	s.methods.Bind(s.engines)
	for dc, engine := range s.engines {
		s.tasks.Go(func() error { return engine.Serve(ctx, listeners[dc]) })
	}
	s.tasks.Go(func() error { return s.passTime(ctx) })
	return s.addresses[DC], nil
}

// passing is how often the world is told that time has passed.
const passing = 100 * time.Millisecond

// passTime has what is due in the world happen though no client asks, so that its updates are pushed in time.
func (s *Server) passTime(ctx context.Context) error {
	tick := time.NewTicker(passing)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.world.Pass()
		}
	}
}

// makeEngine makes one DC. Keys are a DC's own, as with Telegram; accounts and methods are the same in all.
func (s *Server) makeEngine(o Options, dc int) error {
	keys, err := s.state.keys(dc)
	if err != nil {
		return err
	}
	if dc == DC {
		s.keys = keys
	}
	s.engines[dc] = mtproto.New(mtproto.Options{
		Key: s.state.key, DC: dc, Handler: keeping{s.methods, s.state}, Keys: keys, Log: logger(o.Log),
		Now: o.Protocol.Now, Faults: faults{s.board, o.Protocol.Faults}, Sleep: o.Protocol.Sleep,
		SaltLife: o.Protocol.SaltLife, PackOver: o.Protocol.PackOver, SoleUse: o.Protocol.SoleUse, Killed: s.killed,
	})
	return nil
}

func logger(w io.Writer) *slog.Logger {
	if w == nil {
		return nil
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// controlPatience is how long an act may take that is under way when the simulator ends.
const controlPatience = time.Second

// serveControl serves the control face, on loopback whatever address MTProto has: it needs no login.
func (s *Server) serveControl(ctx context.Context) (url string, err error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for the control face: %w", err)
	}
	face := &http.Server{Handler: control.New(s.Stage(), s.methods), ReadHeaderTimeout: 10 * time.Second}
	s.tasks.Go(func() error {
		if err := face.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the control face: %w", err)
		}
		return nil
	})
	s.tasks.Go(func() error {
		<-ctx.Done()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), controlPatience)
		defer cancel()
		if face.Shutdown(patience) != nil {
			return face.Close()
		}
		return nil
	})
	return "http://" + ln.Addr().String(), nil
}

func (s *Server) describe(address, face string) {
	owner, bot, group := s.world.Owner(), s.world.Bot(), s.world.Group()
	s.ready.Address, s.ready.DC, s.ready.Control = address, DC, face
	s.ready.APIID, s.ready.APIHash = apiID, apiHash
	if len(s.addresses) > 1 {
		s.ready.DCs = s.addresses
	}
	s.ready.Owner = OwnerLogin{
		Phone: s.world.Phone(owner), Code: s.world.Code(owner), Password: s.world.Password(owner), UserID: int64(owner),
	}
	s.ready.Bot = BotLogin{Token: s.world.Token(bot), Username: s.world.Username(bot), UserID: int64(bot)}
	s.ready.Group = Group{Username: group.Username, Title: group.Title, ID: int64(group.ID)}
}

// Ready returns what the ready file says.
func (s *Server) Ready() Ready { return s.ready }

// World returns the world, for tests in the same process.
func (s *Server) World() *world.World { return s.world }

// Requests returns what the accounts called: kind of account ("owner", "bot") → method → counts.
func (s *Server) Requests() map[string]map[string]rpc.Calls { return s.methods.Requests() }

// EndSessions ends every login of the account, as somebody does on another device.
func (s *Server) EndSessions(account world.UserID) error {
	s.methods.EndSessions(account)
	return s.state.saveLogins(s.methods)
}

// ExpireSalts makes every server salt that clients know useless at once.
func (s *Server) ExpireSalts() {
	for _, one := range s.engines {
		one.ExpireSalts()
	}
	s.world.Tell(0, "all salts went bad")
}

// NewKey makes an auth key that the server knows and that is not logged in. It spares a
// client the exchange, which is most of a second of computing.
func (s *Server) NewKey() (crypto.AuthKey, error) {
	var k crypto.Key
	_, _ = rand.Read(k[:]) // never fails: crypto/rand ends the process instead
	auth := k.WithID()
	return auth, s.keys.Put(mtproto.Key{Auth: auth})
}

// SignedIn makes an auth key that is logged in as the account.
func (s *Server) SignedIn(account world.UserID) (crypto.AuthKey, error) {
	auth, err := s.NewKey()
	if err != nil {
		return crypto.AuthKey{}, err
	}
	s.methods.SignIn(auth.ID, account)
	return auth, s.state.saveLogins(s.methods)
}

// Wait returns when the simulator has ended: nil after ctx ended or Close, else why it could not go on.
func (s *Server) Wait() error { return s.tasks.Wait() }

// Close ends the simulator, waits until it is gone, and removes the ready file. It may be called again.
func (s *Server) Close() error { return s.closed() }

func (s *Server) close() error {
	s.cancel()
	err := s.tasks.Wait()
	for i := len(s.cleanup) - 1; i >= 0; i-- {
		err = errors.Join(err, s.cleanup[i]())
	}
	return err
}
