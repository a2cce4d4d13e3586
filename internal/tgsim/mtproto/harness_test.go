package mtproto_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"rollcall/internal/tgsim/mtproto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dc is the DC that every test serves.
const dc = 2

// serverKey is made once: a key a test would be most of the tests' time.
var serverKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// backend is a Handler that counts calls and lets a test hold them.
type backend struct {
	mu    sync.Mutex
	calls map[uint32]int
	gate  map[uint32]chan struct{} // a method here waits until its channel is closed
	seen  []mtproto.Request
}

func newBackend() *backend {
	return &backend{calls: map[uint32]int{}, gate: map[uint32]chan struct{}{}}
}

// hold makes the method wait until the returned function is called.
func (h *backend) hold(method uint32) (release func()) {
	ch := make(chan struct{})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gate[method] = ch
	return sync.OnceFunc(func() { close(ch) })
}

func (h *backend) count(method uint32) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls[method]
}

func (h *backend) requests() []mtproto.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]mtproto.Request(nil), h.seen...)
}

func (h *backend) Handle(ctx context.Context, r *mtproto.Request) (bin.Encoder, error) {
	h.mu.Lock()
	h.calls[r.Method]++
	h.seen = append(h.seen, *r)
	gate := h.gate[r.Method]
	h.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	switch r.Method {
	case tg.HelpGetConfigRequestTypeID:
		return &tg.Config{
			ThisDC: dc, Expires: int(time.Now().Add(time.Hour).Unix()),
			DCOptions: []tg.DCOption{{ID: dc, IPAddress: "127.0.0.1", Port: 1, Static: true}},
		}, nil
	case tg.HelpGetNearestDCRequestTypeID, tg.HelpGetSupportNameRequestTypeID:
		return &tg.NearestDC{Country: "NL", ThisDC: dc, NearestDC: dc}, nil
	case tg.HelpGetAppConfigRequestTypeID:
		return nil, tgerr.New(420, "FLOOD_WAIT_3")
	case tg.HelpGetInviteTextRequestTypeID:
		return nil, context.DeadlineExceeded // a handler's own failure
	}
	return nil, tgerr.New(400, "INPUT_METHOD_INVALID")
}

// served is an engine behind a listener that lives as long as the test.
type served struct {
	*mtproto.Server
	keys *mtproto.MemoryKeys
	addr *net.TCPAddr
	dial func(ctx context.Context) (net.Conn, error)
	stop func() // ends Serve and waits for it
}

func serveOn(t testing.TB, ln net.Listener, o mtproto.Options) *served {
	t.Helper()
	s := &served{keys: mtproto.NewMemoryKeys()}
	o.Key, o.DC, o.Keys = serverKey(), dc, s.keys
	s.Server = mtproto.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(s.stop)
	return s
}

func serveTCP(t testing.TB, h mtproto.Handler) *served {
	t.Helper()
	return serveWith(t, mtproto.Options{Handler: h})
}

// serveWith serves over TCP, with what is to be different from the default.
func serveWith(t testing.TB, o mtproto.Options) *served {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := serveOn(t, ln, o)
	s.addr = ln.Addr().(*net.TCPAddr)
	s.dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", s.addr.String())
	}
	return s
}

// pipes is a listener of net.Pipe connections.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
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

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
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

func servePipe(t testing.TB, h mtproto.Handler) *served {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	s := serveOn(t, p, mtproto.Options{Handler: h})
	s.dial = p.dial
	return s
}

// newKey makes an auth key that the server knows.
func (s *served) newKey(t testing.TB) crypto.AuthKey {
	t.Helper()
	var k crypto.Key
	_, err := rand.Read(k[:])
	require.NoError(t, err)
	auth := k.WithID()
	require.NoError(t, s.keys.Put(mtproto.Key{Auth: auth, Salt: 77}))
	return auth
}

// client is a stock gotd client of the server.
func (s *served) client(store session.Storage, opt dcs.PlainOptions, updates telegram.UpdateHandler) *telegram.Client {
	opt.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dial(ctx) }
	return telegram.NewClient(1, "hash", telegram.Options{
		DC: dc, DCList: dcs.List{Options: []tg.DCOption{{ID: dc, IPAddress: "127.0.0.1", Port: 1, Static: true}}},
		PublicKeys:     []exchange.PublicKey{{RSA: &serverKey().PublicKey}},
		Resolver:       dcs.Plain(opt),
		SessionStorage: store, UpdateHandler: updates, NoUpdates: updates == nil,
	})
}

// seeded is a session storage born with a key, which spares the client the exchange.
func seeded(t testing.TB, k crypto.AuthKey) session.Storage {
	t.Helper()
	var store session.StorageMemory
	loader := session.Loader{Storage: &store}
	require.NoError(t, loader.Save(context.Background(), &session.Data{
		DC: dc, AuthKey: k.Value[:], AuthKeyID: k.ID[:], Salt: 77,
	}))
	return &store
}

// raw is a client that says exactly what a test wants on the wire.
type raw struct {
	t       testing.TB
	conn    transport.Conn
	cipher  crypto.Cipher
	key     crypto.AuthKey
	session int64
	ids     *proto.MessageIDGen
	seq     int32
	salt    int64
	left    []received // of the last packet, after what await found
}

func (s *served) raw(t testing.TB, key crypto.AuthKey, sessionID int64, p transport.Protocol) *raw {
	t.Helper()
	nc, err := s.dial(context.Background())
	require.NoError(t, err)
	tc, err := p.Handshake(nc)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tc.Close() })
	return &raw{
		t: t, conn: tc, cipher: crypto.NewClientCipher(rand.Reader), key: key, session: sessionID, salt: 77,
		ids: proto.NewMessageIDGen(time.Now),
	}
}

// send sends e as a content message under a new id.
func (r *raw) send(e bin.Encoder) int64 {
	r.t.Helper()
	id := r.ids.New(proto.MessageFromClient)
	r.sendAs(id, e)
	return id
}

// newID is an id for the next message.
func (r *raw) newID() int64 { return r.ids.New(proto.MessageFromClient) }

func (r *raw) sendAs(id int64, e bin.Encoder) {
	r.t.Helper()
	seq := r.seq * 2
	if content(e) {
		seq++
		r.seq++
	}
	r.sendNumbered(id, seq, e)
}

// content says whether a message is one to be acknowledged.
func content(e bin.Encoder) bool {
	if z, ok := e.(gzipped); ok {
		return content(z.Encoder)
	}
	switch e.(type) {
	case *mt.MsgsAck, *proto.MessageContainer:
		return false
	}
	return true
}

func (r *raw) sendNumbered(id int64, seq int32, e bin.Encoder) {
	r.t.Helper()
	var b bin.Buffer
	require.NoError(r.t, r.cipher.Encrypt(r.key, crypto.EncryptedMessageData{
		Salt: r.salt, SessionID: r.session, MessageID: id, SeqNo: seq, Message: e,
	}, &b))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(r.t, r.conn.Send(ctx, &b))
}

// received is one message of the server.
type received struct {
	id   int64
	seq  int32
	body []byte
}

// read returns the messages of the next packet, or what await left of an earlier one.
func (r *raw) read() []received {
	r.t.Helper()
	if left := r.left; left != nil {
		r.left = nil
		return left
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var b bin.Buffer
	require.NoError(r.t, r.conn.Recv(ctx, &b))
	data, err := r.cipher.DecryptFromBuffer(r.key, &b)
	require.NoError(r.t, err)
	require.Equal(r.t, r.session, data.SessionID)
	body := &bin.Buffer{Buf: data.Data()}
	id, err := body.PeekID()
	require.NoError(r.t, err)
	if id != proto.MessageContainerTypeID {
		return []received{{data.MessageID, data.SeqNo, data.Data()}}
	}
	require.Zero(r.t, data.SeqNo%2, "a container is no content message")
	var all proto.MessageContainer
	require.NoError(r.t, all.Decode(body))
	var out []received
	for _, m := range all.Messages {
		require.Less(r.t, m.ID, data.MessageID)
		out = append(out, received{m.ID, int32(m.SeqNo), m.Body})
	}
	return out
}

// await reads until a message of the type comes that match, if any, accepts.
func (r *raw) await(typeID uint32, match func(*bin.Buffer) bool) received {
	r.t.Helper()
	for {
		all := r.read()
		for i, m := range all {
			b := &bin.Buffer{Buf: append([]byte(nil), m.body...)}
			id, err := b.PeekID()
			require.NoError(r.t, err)
			if id == typeID && (match == nil || match(b)) {
				if i+1 < len(all) {
					r.left = all[i+1:]
				}
				return m
			}
		}
	}
}

// result waits for the answer to a query and returns it without its head.
func (r *raw) result(query int64) (received, []byte) {
	r.t.Helper()
	var body []byte
	m := r.await(proto.ResultTypeID, func(b *bin.Buffer) bool {
		var res proto.Result
		require.NoError(r.t, res.Decode(b))
		body = append([]byte(nil), res.Result...)
		return res.RequestMessageID == query
	})
	return m, body
}

func decode[T bin.Decoder](t testing.TB, into T, body []byte) T {
	t.Helper()
	require.NoError(t, into.Decode(&bin.Buffer{Buf: append([]byte(nil), body...)}))
	return into
}
