package tgsim

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
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

	"rollcall/internal/tgsim/control"
	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

const (
	// DC is the one data center that is simulated.
	DC = 2
	// The application that clients must name at login.
	apiID   = 94575
	apiHash = "a3406de8d171bb422bb6ddf3bbd800e2"
)

// Options say what to simulate. The zero value is a group of owner and bot on a free port.
type Options struct {
	Listen     string           // host:port for MTProto; empty is 127.0.0.1:0
	Members    int              // the group's size
	Seed       uint64           // decides everything left to chance
	NoPassword bool             // leaves out the owner's second factor
	Ready      string           // the ready file; empty keeps it in a directory of its own until Close
	Log        io.Writer        // failures of handlers and why connections ended; nil is silent
	Now        func() time.Time // the world's clock; nil is time.Now
	Chatter    time.Duration    // mean time between two messages in the group; 0 is silence
	Budgets    rpc.Budgets      // how often an account may call what; nil is rpc.DefaultBudgets
}

// Server is a running simulator.
type Server struct {
	world   *world.World
	methods *rpc.Server
	engine  *mtproto.Server
	keys    *mtproto.MemoryKeys
	ready   Ready

	cancel  context.CancelFunc
	tasks   *errgroup.Group
	cleanup []func() error // run by Close, last first
	closed  func() error
}

// Start makes the world and serves it until ctx ends or Close is called. Close must be called in
// either case; it removes the ready file.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	s := &Server{}
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
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", fmt.Errorf("make the server's key: %w", err)
	}
	// PKCS #1, as Telegram publishes its own.
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)})
	s.ready.PublicKeyFile = o.Ready + ".pem"
	if err := replaceFile(s.ready.PublicKeyFile, public); err != nil {
		return "", err
	}
	s.world = world.New(world.Options{
		Seed: o.Seed, Members: o.Members, NoPassword: o.NoPassword, Now: o.Now, Chatter: o.Chatter,
	})
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return "", fmt.Errorf("listen for clients: %w", err)
	}
	address = ln.Addr().String()
	s.methods = rpc.New(rpc.Config{
		World: s.world, APIID: apiID, APIHash: apiHash, DC: DC, Address: address, Budgets: o.Budgets,
	})
	s.keys = mtproto.NewMemoryKeys()
	// Clients compare message ids with the real time, whatever the world's clock shows.
	s.engine = mtproto.New(mtproto.Options{Key: key, DC: DC, Handler: s.methods, Keys: s.keys, Log: logger(o.Log)})
	s.methods.Bind(s.engine)
	s.tasks.Go(func() error { return s.engine.Serve(ctx, ln) })
	return address, nil
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
	face := &http.Server{Handler: control.New(s.world, s.methods.Requests), ReadHeaderTimeout: 10 * time.Second}
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
func (s *Server) EndSessions(account world.UserID) { s.methods.EndSessions(account) }

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
	return auth, nil
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
