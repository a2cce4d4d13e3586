package rpc_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiID   = 12345
	apiHash = "0123456789abcdef"
	dc      = 2
)

var serverKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// telegramOf is a world behind its methods behind the engine, on loopback.
type telegramOf struct {
	world  *world.World
	rpc    *rpc.Server
	engine *mtproto.Server
	keys   *mtproto.MemoryKeys
	addr   *net.TCPAddr
}

func serve(t *testing.T, o world.Options) *telegramOf {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &telegramOf{world: world.New(o), keys: mtproto.NewMemoryKeys(), addr: ln.Addr().(*net.TCPAddr)}
	s.rpc = rpc.New(rpc.Config{World: s.world, APIID: apiID, APIHash: apiHash, DC: dc, Address: ln.Addr().String()})
	s.engine = mtproto.New(mtproto.Options{Key: serverKey(), DC: dc, Handler: s.rpc, Keys: s.keys})
	s.rpc.Bind(s.engine)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.engine.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return s
}

// newSession is the storage of a client that has an auth key and no login.
func (s *telegramOf) newSession(t *testing.T) session.Storage {
	t.Helper()
	var k crypto.Key
	_, err := rand.Read(k[:])
	require.NoError(t, err)
	auth := k.WithID()
	require.NoError(t, s.keys.Put(mtproto.Key{Auth: auth, Salt: 1}))
	var store session.StorageMemory
	loader := session.Loader{Storage: &store}
	require.NoError(t, loader.Save(t.Context(), &session.Data{DC: dc, AuthKey: auth.Value[:], AuthKeyID: auth.ID[:]}))
	return &store
}

// with runs a stock client over the session.
func (s *telegramOf) with(t *testing.T, store session.Storage, do func(context.Context, *telegram.Client)) {
	t.Helper()
	s.as(t, store, apiHash, nil, do)
}

func (s *telegramOf) as(
	t *testing.T, store session.Storage, hash string, updates telegram.UpdateHandler,
	do func(context.Context, *telegram.Client),
) {
	t.Helper()
	c := telegram.NewClient(apiID, hash, telegram.Options{
		DC: dc, DCList: dcs.List{Options: []tg.DCOption{{ID: dc, IPAddress: s.addr.IP.String(), Port: s.addr.Port, Static: true}}},
		PublicKeys:     []exchange.PublicKey{{RSA: &serverKey().PublicKey}},
		Resolver:       dcs.Plain(dcs.PlainOptions{}),
		SessionStorage: store, UpdateHandler: updates, NoUpdates: updates == nil,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	require.NoError(t, c.Run(ctx, func(ctx context.Context) error {
		do(ctx, c)
		return nil
	}))
}
