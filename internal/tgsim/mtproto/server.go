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

	"github.com/gotd/td/bin"
	"github.com/gotd/td/clock"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// Options configures a Server. Key, DC and Handler are needed.
type Options struct {
	Key     *rsa.PrivateKey
	DC      int
	Handler Handler
	Keys    KeyStore         // nil keeps them in memory
	Now     func() time.Time // the clock of message ids; clients reject messages 30 s ahead of theirs; nil is time.Now
	Log     *slog.Logger     // why connections ended; nil is silent
}

// Server speaks MTProto with clients and hands their queries to its Handler.
type Server struct {
	opt    Options
	cipher crypto.Cipher
	ids    *proto.MessageIDGen
	turns  atomic.Uint64 // counts queries, to tell which session was active last

	mu       sync.Mutex
	sessions map[KeyID]map[int64]*session // guarded by mu
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
	return &Server{
		opt:      o,
		cipher:   crypto.NewServerCipher(crypto.DefaultRand()),
		ids:      proto.NewMessageIDGen(o.Now),
		sessions: make(map[KeyID]map[int64]*session),
	}
}

// serverClock shows the key exchange the server's time; timers stay the system's.
type serverClock struct {
	clock.Clock
	now func() time.Time
}

func (c serverClock) Now() time.Time { return c.now() }

func (s *Server) clock() clock.Clock { return serverClock{clock.System, s.opt.Now} }

// Serve accepts connections until ctx ends, which it answers with nil, or ln fails. It closes ln and all
// its connections and returns once every goroutine of theirs is gone. It may be called for several listeners.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
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

// Push sends u to the session of the key that made a query (not within invokeWithoutUpdates) last,
// among those with a live connection. It reports false when there is none: the updates are dropped and
// the client needs the difference. Push encodes u before it returns and never waits for the client.
func (s *Server) Push(key KeyID, u tg.UpdatesClass) bool {
	var b bin.Buffer
	if err := u.Encode(&b); err != nil {
		s.opt.Log.Error("encode updates", "error", err)
		return false
	}
	s.mu.Lock()
	var last *session
	var turn uint64
	for _, one := range s.sessions[key] {
		if t, ok := one.listening(); ok && (last == nil || t > turn) {
			last, turn = one, t
		}
	}
	s.mu.Unlock()
	return last != nil && last.push(b.Buf)
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
	all := s.sessions[k.Auth.ID]
	if all == nil {
		all = make(map[int64]*session)
		s.sessions[k.Auth.ID] = all
	}
	if one, ok := all[id]; ok {
		return one
	}
	forgetOldest(all)
	one := newSession(s, k, id)
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
