package mtproto

import (
	"context"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotd/td/crypto"
)

// Options configures a Server. Key, DC and Handler are needed.
type Options struct {
	Key     *rsa.PrivateKey
	DC      int
	Handler Handler
	Keys    KeyStore         // nil keeps them in memory
	Now     func() time.Time // the clock of message ids and salts, which clients hold against theirs; nil is time.Now
	Log     *slog.Logger     // why connections ended; nil is silent
	Faults  Faults           // what goes wrong; nil is nothing
	// Sleep waits for a fault's delay, until ctx ends at the longest; nil waits by the system's clock. It may be called
	// from many goroutines.
	Sleep    func(ctx context.Context, d time.Duration) error
	SaltLife time.Duration // how long a salt is the newest, and then good for as long again; 0 is half an hour
	PackOver int           // answers of more bytes are sent as gzip_packed; 0 packs none
	// SoleUse kills a key that is used over two connections at once: 406 AUTH_KEY_DUPLICATED from then on. Telegram does so
	// to a copied session; what it takes for a copy is not known, and clients with several connections a key live.
	SoleUse bool
	// Killed is told of each key that SoleUse kills, so that it can be so after a restart; nil is nobody. An error is the
	// answer to the query that killed it.
	Killed func(key KeyID) error
}

// Server speaks MTProto with clients and hands their queries to its Handler.
type Server struct {
	opt     Options
	cipher  crypto.Cipher
	ids     *messageIDs
	made    time.Time     // when salts begin for keys that do not say
	skipped atomic.Int64  // salts that ExpireSalts took away
	turns   atomic.Uint64 // counts queries, to tell which session was active last
	late    *timetable

	mu         sync.Mutex
	sessions   map[KeyID]map[int64]*session // guarded by mu
	duplicated map[KeyID]struct{}           // guarded by mu; killed for being used twice
	users      map[KeyID]*conn              // guarded by mu; with SoleUse, the connection of each key's latest query
}

// maxAway is how many sessions without a connection are remembered for a key. Clients that make a new
// session id for every connection leave one behind each time.
const maxAway = 16

// New returns a server that serves nobody yet.
func New(o Options) *Server {
	if o.Keys == nil {
		o.Keys = NewMemoryKeys()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Faults == nil {
		o.Faults = faultless{}
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Killed == nil {
		o.Killed = func(KeyID) error { return nil }
	}
	if o.SaltLife <= 0 {
		o.SaltLife = saltLife
	}
	return &Server{
		opt:        o,
		cipher:     crypto.NewServerCipher(crypto.DefaultRand()),
		ids:        &messageIDs{now: o.Now},
		made:       o.Now(),
		late:       newTimetable(),
		sessions:   make(map[KeyID]map[int64]*session),
		duplicated: make(map[KeyID]struct{}),
		users:      make(map[KeyID]*conn),
	}
}

// Serve accepts connections until ctx ends, which it answers with nil, or ln fails. It closes ln and all
// its connections and returns once every goroutine of theirs is gone. It may be called for several listeners.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	conns.Go(func() { s.late.run(ctx, s.opt.Sleep) })
	for {
		nc, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = nc.Close()
			}
			return nil
		}
		if err != nil {
			_ = ln.Close()
			return fmt.Errorf("accept a connection: %w", err)
		}
		conns.Go(func() {
			err := s.serveConn(ctx, nc)
			s.opt.Log.Debug("connection ended", "remote", nc.RemoteAddr().String(), "reason", err)
		})
	}
}

// Cut closes all connections of the key. Its sessions stay.
func (s *Server) Cut(key KeyID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.sessions[key] {
		if c := one.where(); c != nil {
			c.close()
		}
	}
}

// session returns the key's session, made if need be.
func (s *Server) session(k Key, id int64) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := k.owner()
	all := s.sessions[owner]
	if all == nil {
		all = make(map[int64]*session)
		s.sessions[owner] = all
	}
	if one, ok := all[id]; ok {
		return one
	}
	forgetOldest(all)
	one := newSession(s, owner, id)
	all[id] = one
	return one
}

// forgetOldest makes room among the sessions that are away.
func forgetOldest(all map[int64]*session) {
	away, oldest, turn := 0, int64(0), uint64(0)
	for id, one := range all {
		if one.where() != nil {
			continue
		}
		if t := one.turn.Load(); away == 0 || t < turn {
			oldest, turn = id, t
		}
		away++
	}
	if away >= maxAway {
		delete(all, oldest)
	}
}

// destroy forgets another session of the key.
func (s *Server) destroy(key KeyID, id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.sessions[key][id]
	delete(s.sessions[key], id)
	return ok
}

// forgetKey forgets the sessions of a key that is no more: nothing is pushed to them.
func (s *Server) forgetKey(key KeyID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, key)
}
