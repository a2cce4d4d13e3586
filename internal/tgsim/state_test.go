package tgsim_test

import (
	"context"
	"crypto/rsa"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gotd/td/clock"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/mtproto"
)

// logIn signs the owner in with a client made for nothing else.
func logIn(t *testing.T, r tgsim.Ready, store session.Storage) {
	t.Helper()
	c := clientWith(t, r, store, r.DC, r.Address, nil)
	run(t, c, func(ctx context.Context, _ *tg.Client) {
		require.NoError(t, c.Auth().IfNecessary(ctx, auth.NewFlow(auth.Constant(r.Owner.Phone, r.Owner.Password,
			auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) { return r.Owner.Code, nil })),
			auth.SendCodeOptions{})))
	})
}

// The state's copy is what a kill would have left: nothing is saved by closing.
func TestRule28StateSurvivesAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	o := tgsim.Options{Members: 50, Seed: 3, State: dir}
	s := start(t, o)
	before := s.Ready()
	var store session.StorageMemory
	logIn(t, before, &store)
	killed := t.TempDir()
	require.NoError(t, os.CopyFS(killed, os.DirFS(dir)))
	require.NoError(t, s.Close())

	o.State = killed
	s = start(t, o)
	after := s.Ready()
	assert.Equal(t, before.Address, after.Address)
	was, err := os.ReadFile(filepath.Join(dir, "public.pem"))
	require.NoError(t, err)
	is, err := os.ReadFile(after.PublicKeyFile)
	require.NoError(t, err)
	assert.Equal(t, was, is)
	run(t, clientWith(t, after, &store, after.DC, after.Address, nil), func(ctx context.Context, api *tg.Client) {
		self, err := api.UsersGetUsers(ctx, []tg.InputUserClass{&tg.InputUserSelf{}})
		require.NoError(t, err)
		assert.Equal(t, after.Owner.UserID, self[0].(*tg.User).ID)
	})

	require.NoError(t, s.EndSessions(s.World().Owner()))
	require.NoError(t, s.Close())
	s = start(t, o)
	run(t, clientWith(t, s.Ready(), &store, after.DC, after.Address, nil), func(ctx context.Context, api *tg.Client) {
		_, err := api.UpdatesGetState(ctx)
		assert.True(t, tgerr.Is(err, "SESSION_REVOKED"), "%v", err)
	})
}

func TestDamagedStateIsSaid(t *testing.T) {
	for _, name := range []string{"server.pem", "addresses.json", "logins.json", "world.json"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("-----BEGIN X-----\n\n-----END X-----\n"), 0o600))
		_, err := tgsim.Start(t.Context(), tgsim.Options{Members: 50, State: dir})
		require.ErrorContains(t, err, filepath.Join(dir, name))
	}
}

// The logins of one world are nobody's in another.
func TestAnothersStateIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, start(t, tgsim.Options{Members: 50, Seed: 5, State: dir}).Close())
	_, err := tgsim.Start(t.Context(), tgsim.Options{Members: 50, Seed: 6, State: dir})
	require.EqualError(t, err, "the state in "+dir+" is of the world with seed 5, not of the one with 6")
	require.NoError(t, start(t, tgsim.Options{Members: 50, Seed: 5, State: dir}).Close())
	require.NoError(t, start(t, tgsim.Options{Members: 80, Seed: 5, State: dir}).Close(), "the people are the same, and more")
}

// A key that was used twice is dead in the next run too, where nobody uses it twice.
func TestRule28ADeadKeyStaysDead(t *testing.T) {
	o := tgsim.Options{Members: 50, State: t.TempDir(), Protocol: tgsim.Protocol{SoleUse: true}}
	s := start(t, o)
	key, err := s.SignedIn(s.World().Owner())
	require.NoError(t, err)
	dead := func(s *tgsim.Server) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c := client(t, s.Ready(), &key, nil)
		err := c.Run(ctx, func(ctx context.Context) error {
			_, err := tg.NewClient(c).UpdatesGetState(ctx)
			return err
		})
		assert.True(t, tgerr.Is(err, "AUTH_KEY_DUPLICATED"), "%v", err)
	}
	run(t, client(t, s.Ready(), &key, nil), func(ctx context.Context, api *tg.Client) {
		_, err := api.UpdatesGetState(ctx)
		require.NoError(t, err)
		dead(s)
	})
	require.NoError(t, s.Close())
	dead(start(t, o))
}

// Each DC has a port and keys of its own.
func TestSeveralDCs(t *testing.T) {
	dir := t.TempDir()
	s := start(t, tgsim.Options{Members: 50, DCs: 3, State: dir})
	r := s.Ready()
	require.Len(t, r.DCs, 3)
	assert.Equal(t, r.Address, r.DCs[r.DC])
	for dc, address := range r.DCs {
		require.NoError(t, exchangeKey(t, r, address, dc))
		require.Error(t, exchangeKey(t, r, address, dc%3+1+5), "a key for another DC")
		keys, err := filepath.Glob(filepath.Join(dir, "keys", strconv.Itoa(dc), "*.key"))
		require.NoError(t, err)
		assert.Len(t, keys, 1, "DC %d", dc)
	}
	require.NoError(t, s.Close())
	again := start(t, tgsim.Options{Members: 50, DCs: 3, State: dir})
	assert.Equal(t, r.DCs, again.Ready().DCs)
	for _, n := range []int{-1, 6} {
		_, err := tgsim.Start(t.Context(), tgsim.Options{Members: 50, DCs: n})
		require.ErrorContains(t, err, "data centers")
	}
}

// exchangeKey makes an auth key with the server at the address, for the DC.
func exchangeKey(t *testing.T, r tgsim.Ready, address string, dc int) error {
	t.Helper()
	nc, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	tc, err := transport.Intermediate.Handshake(nc)
	require.NoError(t, err)
	defer tc.Close()
	_, err = exchange.NewExchanger(tc, dc).Client([]exchange.PublicKey{{RSA: publicKey(t, r)}}).Run(t.Context())
	return err
}

// failing fails every call of one method.
type failing uint32

func (f failing) Answer(_ mtproto.KeyID, method uint32) mtproto.Verdict {
	if method == uint32(f) {
		return mtproto.Verdict{Fault: mtproto.Fail}
	}
	return mtproto.Verdict{}
}

func (failing) Push(mtproto.KeyID, tg.UpdatesClass) mtproto.Verdict { return mtproto.Verdict{} }

// What is asked of the protocol reaches it, and a skewed clock is believed by clients that share it only.
func TestProtocolOptions(t *testing.T) {
	now := func() time.Time { return time.Now().Add(time.Hour) }
	s := start(t, tgsim.Options{Members: 50, Protocol: tgsim.Protocol{
		Now: now, Faults: failing(tg.UpdatesGetStateRequestTypeID), PackOver: 100, SaltLife: time.Minute, SoleUse: true,
	}})
	key, err := s.SignedIn(s.World().Owner())
	require.NoError(t, err)
	var store session.StorageMemory
	loader := session.Loader{Storage: &store}
	r := s.Ready()
	require.NoError(t, loader.Save(t.Context(), &session.Data{DC: r.DC, AuthKey: key.Value[:], AuthKeyID: key.ID[:]}))
	skewed := clientWith(t, r, &store, r.DC, r.Address, now)
	run(t, skewed, func(ctx context.Context, api *tg.Client) {
		s.ExpireSalts()
		_, err := api.UpdatesGetState(ctx)
		assert.True(t, tgerr.Is(err, "INTERNAL"), "%v", err)
		_, err = api.HelpGetNearestDC(ctx)
		require.NoError(t, err)
	})
}

// clientWith is a client of one DC with its own clock, if any.
func clientWith(
	t testing.TB, r tgsim.Ready, store session.Storage, dc int, address string, now func() time.Time,
) *telegram.Client {
	t.Helper()
	host, portText, err := net.SplitHostPort(address)
	require.NoError(t, err)
	port, err := strconv.Atoi(portText)
	require.NoError(t, err)
	o := telegram.Options{
		DC: dc, DCList: dcs.List{Options: []tg.DCOption{{ID: dc, IPAddress: host, Port: port, Static: true}}},
		PublicKeys: []telegram.PublicKey{{RSA: publicKey(t, r)}},
		Resolver:   dcs.Plain(dcs.PlainOptions{}), SessionStorage: store, NoUpdates: true,
	}
	if now != nil {
		o.Clock = skewedClock{clock.System, now}
	}
	return telegram.NewClient(r.APIID, r.APIHash, o)
}

// skewedClock shows another time, by the system's timers.
type skewedClock struct {
	clock.Clock
	now func() time.Time
}

func (c skewedClock) Now() time.Time { return c.now() }

func publicKey(t testing.TB, r tgsim.Ready) *rsa.PublicKey {
	t.Helper()
	text, err := os.ReadFile(r.PublicKeyFile)
	require.NoError(t, err)
	public, err := crypto.ParseRSAPublicKeys(text)
	require.NoError(t, err)
	return public[0]
}
