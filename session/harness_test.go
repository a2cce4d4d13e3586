package session_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	gotdsession "github.com/gotd/td/session"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/session"
)

const (
	phone   = "+15550001122"
	code    = "24680"
	token   = "4711:AA-secret-of-the-bot"
	ownID   = 1001
	botID   = 4711
	dc      = 2
	otherDC = 4
)

// telegramStub knows two accounts and who is signed in by which key. A method's answer may be replaced.
type telegramStub struct {
	mu      sync.Mutex
	signed  map[mtproto.KeyID]int64                                  // guarded by mu
	instead map[uint32]func(r *mtproto.Request) (bin.Encoder, error) // guarded by mu
	calls   map[uint32]int                                           // guarded by mu
	ahead   time.Duration                                            // guarded by mu: of its clock before ours
}

func newStub() *telegramStub {
	return &telegramStub{
		signed:  map[mtproto.KeyID]int64{},
		instead: map[uint32]func(*mtproto.Request) (bin.Encoder, error){},
		calls:   map[uint32]int{},
	}
}

func (s *telegramStub) answer(method uint32, f func(r *mtproto.Request) (bin.Encoder, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instead[method] = f
}

func (s *telegramStub) refuse(method uint32, code int, name string) {
	s.answer(method, func(*mtproto.Request) (bin.Encoder, error) { return nil, tgerr.New(code, name) })
}

func (s *telegramStub) count(method uint32) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

func (s *telegramStub) keys() (all []mtproto.KeyID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.signed {
		all = append(all, k)
	}
	return all
}

func (s *telegramStub) Handle(_ context.Context, r *mtproto.Request) (bin.Encoder, error) {
	s.mu.Lock()
	s.calls[r.Method]++
	f := s.instead[r.Method]
	s.mu.Unlock()
	if f != nil {
		return f(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == tg.HelpGetConfigRequestTypeID {
		now := time.Now().Add(s.ahead)
		return &tg.Config{
			ThisDC: r.DC, Date: int(now.Unix()), Expires: int(now.Add(time.Hour).Unix()),
			// The server thinks that it is somewhere else.
			DCOptions: []tg.DCOption{{ID: dc, IPAddress: "192.0.2.1", Port: 9}, {ID: otherDC, IPAddress: "192.0.2.4", Port: 9}},
		}, nil
	}
	if answer, err := s.login(r); answer != nil || err != nil {
		return answer, err
	}
	id := s.signed[r.Key]
	switch {
	case id == 0:
		return nil, tgerr.New(401, "AUTH_KEY_UNREGISTERED")
	case r.Method == tg.UsersGetUsersRequestTypeID:
		return &tg.UserClassVector{Elems: []tg.UserClass{user(id)}}, nil
	case r.Method == tg.HelpGetNearestDCRequestTypeID:
		return &tg.NearestDC{Country: "NL", ThisDC: dc, NearestDC: dc}, nil
	case r.Method == tg.AuthLogOutRequestTypeID:
		delete(s.signed, r.Key)
		return &tg.AuthLoggedOut{}, nil
	}
	return nil, tgerr.New(400, "INPUT_METHOD_INVALID")
}

// login answers the methods that need no login; mu is held.
func (s *telegramStub) login(r *mtproto.Request) (bin.Encoder, error) {
	switch r.Method {
	case tg.AuthImportBotAuthorizationRequestTypeID:
		var req tg.AuthImportBotAuthorizationRequest
		if err := req.Decode(r.Body); err != nil || req.BotAuthToken != token {
			return nil, tgerr.New(400, "ACCESS_TOKEN_INVALID")
		}
		s.signed[r.Key] = botID
		return &tg.AuthAuthorization{User: user(botID)}, nil
	case tg.AuthSendCodeRequestTypeID:
		return &tg.AuthSentCode{Type: &tg.AuthSentCodeTypeApp{Length: 5}, PhoneCodeHash: "of the code"}, nil
	case tg.AuthSignInRequestTypeID:
		var req tg.AuthSignInRequest
		if err := req.Decode(r.Body); err != nil || req.PhoneNumber != phone || req.PhoneCode != code {
			return nil, tgerr.New(400, "PHONE_CODE_INVALID")
		}
		s.signed[r.Key] = ownID
		return &tg.AuthAuthorization{User: user(ownID)}, nil
	}
	return nil, nil
}

func user(id int64) *tg.User {
	if id == botID {
		return &tg.User{ID: id, Self: true, Bot: true, BotInfoVersion: 1, FirstName: "Gate", Username: "gatebot", AccessHash: 7}
	}
	return &tg.User{ID: id, Self: true, FirstName: "Ann", LastName: "Owner", Username: "ann", Phone: phone, AccessHash: 7}
}

// direct asks the stub without a connection.
type direct struct{ *telegramStub }

func (d direct) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	var asked, answered bin.Buffer
	if err := in.Encode(&asked); err != nil {
		return err
	}
	id, err := asked.PeekID()
	if err != nil {
		return err
	}
	answer, err := d.Handle(ctx, &mtproto.Request{Method: id, Body: &asked})
	if err != nil {
		return err
	}
	if err := answer.Encode(&answered); err != nil {
		return err
	}
	return out.Decode(&answered)
}

// pipes is a listener of net.Pipe connections: with real ones a bubble's clock would stand still.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// served is a stub behind real MTProto.
type served struct {
	*telegramStub
	*mtproto.Server
	keyring *mtproto.MemoryKeys
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	stop    func()
}

func serve(t *testing.T, stub *telegramStub, keyring *mtproto.MemoryKeys, key *rsa.PrivateKey) *served {
	t.Helper()
	return serveDC(t, dc, stub, keyring, key)
}

func serveDC(t *testing.T, dc int, stub *telegramStub, keyring *mtproto.MemoryKeys, key *rsa.PrivateKey) *served {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &served{telegramStub: stub, keyring: keyring, dial: p.dial}
	s.Server = mtproto.New(mtproto.Options{Key: key, DC: dc, Handler: stub, Keys: keyring})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Serve(ctx, p) })
	s.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(s.stop)
	return s
}

// home is a folder of an account's files and how it is sealed.
type home struct {
	dir  string
	seal session.Sealer
}

func newHome(t *testing.T) home {
	dir := t.TempDir()
	return home{dir: filepath.Join(dir, "session"), seal: session.Identity(filepath.Join(dir, "identity.txt"))}
}

func (h home) config(s *served, kind session.Kind) session.Config {
	return session.Config{
		Kind: kind, Dir: h.dir, Seal: h.seal, APIID: 1, APIHash: session.NewSecret("h"), Pace: session.PaceEvery(0),
		Server: session.Server{Address: "127.0.0.1:9", DC: dc, PublicKeyPEM: publicPEM(serverKey())},
		Dial:   s.dial,
	}
}

func (h home) open(t *testing.T, cfg session.Config) *session.Account {
	t.Helper()
	a, err := session.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// signIn puts a sealed session of the account into the folder and its key onto the server: a login without the second of key exchange.
func (h home) signIn(t *testing.T, s *served, kind session.Kind) {
	t.Helper()
	var k crypto.Key
	_, err := rand.Read(k[:])
	require.NoError(t, err)
	auth := k.WithID()
	require.NoError(t, s.keyring.Put(mtproto.Key{Auth: auth, Salt: 77}))
	s.mu.Lock()
	s.signed[auth.ID] = map[session.Kind]int64{session.Owner: ownID, session.Bot: botID}[kind]
	s.mu.Unlock()

	sealed, err := h.seal.Seal(plainSession(t, dc, auth))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(h.dir, 0o700))
	require.NoError(t, os.WriteFile(h.sealed(kind), sealed, 0o600))
}

// plainSession is a session as gotd stores it.
func plainSession(t *testing.T, dc int, auth crypto.AuthKey) []byte {
	t.Helper()
	plain, err := json.Marshal(map[string]any{"Version": 1, "Data": gotdsession.Data{
		DC: dc, AuthKey: auth.Value[:], AuthKeyID: auth.ID[:], Salt: 77,
	}})
	require.NoError(t, err)
	return plain
}

func (h home) sealed(kind session.Kind) string {
	return filepath.Join(h.dir, string(kind)+".session.age")
}

func (h home) content(t *testing.T, kind session.Kind) []byte {
	t.Helper()
	content, err := os.ReadFile(h.sealed(kind))
	require.NoError(t, err)
	return content
}

// bubble is synctest.Test with what must be made outside of one.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	serverKey()
	synctest.Test(t, f)
}

func nothing(context.Context, *tg.Client) error { return nil }
