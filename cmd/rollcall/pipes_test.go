package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	gotdsession "github.com/gotd/td/session"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
	"rollcall/session"
)

var pipedKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// piped is a simulated Telegram that is reached by pipes, and the files of an owner who uses it: all in this process, so that a bubble's clock
// is everybody's. Both accounts are signed in.
type piped struct {
	t       testing.TB
	dir     string
	cfg     Config
	app     *app
	cred    credentials
	log     *zap.Logger
	world   *world.World
	methods *rpc.Server
	engine  *mtproto.Server
	keys    *mtproto.MemoryKeys
	board   *fault.Board
	clock   *machine
	group   membership.GroupID // the one that runs watch
	conns   chan net.Conn
	closed  chan struct{}
}

// servePiped serves until the test ends. Everything of the owner's is in the folder.
func servePiped(t testing.TB, dir string, o world.Options, budgets rpc.Budgets, changes ...func(*Config)) *piped {
	t.Helper()
	p := &piped{
		t: t, dir: dir, log: zap.NewNop(), keys: mtproto.NewMemoryKeys(), board: fault.NewBoard(o.Seed), conns: make(chan net.Conn),
		clock:  newMachine(),
		closed: make(chan struct{}),
	}
	o.Now = time.Now
	p.world = world.New(o)
	p.methods = rpc.New(rpc.Config{World: p.world, APIID: 1, APIHash: "h", DC: tgsim.DC, Address: "127.0.0.1:9", Budgets: budgets})
	p.board.Bind(pipedLogins{p})
	p.engine = mtproto.New(mtproto.Options{Key: pipedKey(), DC: tgsim.DC, Handler: p.methods, Keys: p.keys, Faults: p.board})
	p.methods.Bind(p.engine)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- p.engine.Serve(ctx, p) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-served)
	})
	p.configure(changes)
	p.signIn(session.Owner, p.world.Owner())
	p.signIn(session.Bot, p.world.Bot())
	return p
}

// inMemory is a folder in memory where the system offers one: a month's commits would wait for the disk for most of an hour.
func inMemory(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "rollcall-") //nolint:usetesting // that is on the disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// Accept, Close and Addr make it a listener.
func (p *piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *piped) Close() error { close(p.closed); return nil }

func (p *piped) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *piped) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *piped) configure(changes []func(*Config)) {
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&pipedKey().PublicKey)})
	require.NoError(p.t, os.WriteFile(filepath.Join(p.dir, "server.pem"), public, 0o600))
	p.app = &app{clock: newClock(p.clock.now)}
	p.app.now = p.app.clock.now
	p.cfg = defaultConfig(folders{home: p.dir, config: p.dir, data: p.dir})
	p.cfg.Telegram.APIID, p.cfg.Telegram.Server = 1, ServerConfig{
		Address: "127.0.0.1:9", DC: tgsim.DC, PublicKeyFile: filepath.Join(p.dir, "server.pem"), Timeout: 30 * time.Second,
	}
	p.cfg.DataDir = filepath.Join(p.dir, "data")
	p.cfg.Group, p.group = "@"+p.world.Group().Username, membership.GroupID(p.world.Group().ID)
	for _, change := range changes {
		change(&p.cfg)
	}
	p.cred = credentials{hash: session.NewSecret("h"), seal: session.Identity(filepath.Join(p.dir, "identity.txt")), dial: p.dial, now: p.clock.now}
	require.NoError(p.t, os.MkdirAll(p.cfg.SessionDir(), 0o700))
}

// signIn puts a session of the account into its place, as a login does.
func (p *piped) signIn(kind session.Kind, account world.UserID) {
	var k crypto.Key
	_, _ = rand.Read(k[:]) // never fails
	auth := k.WithID()
	require.NoError(p.t, p.keys.Put(mtproto.Key{Auth: auth, Salt: 1}))
	p.methods.SignIn(auth.ID, account)
	plain, err := json.Marshal(map[string]any{"Version": 1, "Data": gotdsession.Data{DC: tgsim.DC, AuthKey: auth.Value[:], AuthKeyID: auth.ID[:], Salt: 1}})
	require.NoError(p.t, err)
	sealed, err := p.cred.seal.Seal(plain)
	require.NoError(p.t, err)
	self, err := json.Marshal(session.Self{ID: int64(account), Username: p.world.Username(account), Bot: kind == session.Bot, Since: time.Now()})
	require.NoError(p.t, err)
	base := filepath.Join(p.cfg.SessionDir(), string(kind))
	require.NoError(p.t, os.WriteFile(base+".session.age", sealed, 0o600))
	require.NoError(p.t, os.WriteFile(base+".json", self, 0o600))
}

// pipedLogins are the methods as the board of faults asks them.
type pipedLogins struct{ p *piped }

func (l pipedLogins) Whose(key mtproto.KeyID) fault.Account {
	id := l.p.methods.Whose(key)
	a := fault.Account{ID: int64(id)}
	switch id {
	case l.p.world.Owner():
		a.Role = fault.Owner
	case l.p.world.Bot():
		a.Role = fault.Bot
	}
	return a
}

func (l pipedLogins) Impose(account int64, method string, seconds int) error {
	return l.p.methods.Impose(world.UserID(account), method, seconds)
}

// running is a run of the program's own code.
type running struct {
	p      *piped
	live   *live
	roster *roster.Roster
	cancel context.CancelFunc
	ended  chan error // capacity 1
}

// start begins a run. It belongs to who stops it.
func (p *piped) start() *running {
	p.t.Helper()
	r, err := openRoster(p.cfg, false, p.app.now)
	require.NoError(p.t, err)
	l := &live{app: p.app, cred: p.cred, log: p.log}
	l.desk = desk{cfg: p.cfg, roster: r, now: p.app.now, live: l}
	ctx, cancel := context.WithCancel(context.Background())
	p.t.Cleanup(cancel) // of a test that failed
	run := &running{p: p, live: l, roster: r, cancel: cancel, ended: make(chan error, 1)}
	go func() { run.ended <- l.run(ctx) }()
	return run
}

// stop ends the run as Ctrl-C does. A run that had ended by itself is a failure.
func (r *running) stop() {
	r.p.t.Helper()
	select {
	case err := <-r.ended:
		require.NoError(r.p.t, errors.Join(err, errors.New("the run ended by itself")))
	default:
	}
	r.cancel()
	if err := <-r.ended; !errors.Is(err, context.Canceled) {
		require.NoError(r.p.t, err)
	}
	require.NoError(r.p.t, r.roster.Close())
}

// crash ends the run so that nothing is left of what it wrote after some commit, a copy of the roster made right after one.
func (r *running) crash() {
	r.p.t.Helper()
	left := filepath.Join(r.p.dir, "left.db")
	require.NoError(r.p.t, r.roster.Snapshot(context.Background(), left))
	r.stop()
	require.NoError(r.p.t, os.Rename(left, r.p.cfg.RosterPath()))
}

func (r *running) group() membership.GroupID { return r.p.group }
