package session_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/session"
)

// serverKey is made once: one a test would be most of the tests' time.
var serverKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func publicPEM(k *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&k.PublicKey)})
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	good := session.Config{
		Kind: session.Owner, Dir: t.TempDir(), Seal: session.Passphrase(session.NewSecret("p")), APIID: 1, APIHash: session.NewSecret("h"),
	}
	for _, tt := range []struct {
		name  string
		spoil func(*session.Config)
	}{
		{"no kind", func(c *session.Config) { c.Kind = "" }},
		{"no folder", func(c *session.Config) { c.Dir = "" }},
		{"no sealer", func(c *session.Config) { c.Seal = nil }},
		{"no api_id", func(c *session.Config) { c.APIID = 0 }},
		{"no api_hash", func(c *session.Config) { c.APIHash = session.Secret{} }},
		{"no port", func(c *session.Config) { c.Server.Address, c.Server.PublicKeyPEM = "127.0.0.1", publicPEM(serverKey()) }},
		{"a port that is none", func(c *session.Config) { c.Server.Address, c.Server.PublicKeyPEM = "h:99999", publicPEM(serverKey()) }},
		{"no key for another server", func(c *session.Config) { c.Server.Address = "127.0.0.1:443" }},
		{"a key that is none", func(c *session.Config) { c.Server.PublicKeyPEM = []byte("ssh-rsa AAAA") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.spoil(&cfg)
			_, err := session.Open(cfg)
			require.ErrorIs(t, err, session.ErrConfig)
		})
	}
	a, err := session.Open(good)
	require.NoError(t, err)
	require.NoError(t, a.Close())
}

func TestOneProcessHoldsAnAccount(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, session.Owner, session.Pace{})
	_, err := session.Open(session.Config{
		Kind: session.Owner, Dir: dir, Seal: session.Passphrase(session.NewSecret("p")), APIID: 1, APIHash: session.NewSecret("h"),
	})
	var held *session.HeldError
	require.ErrorAs(t, err, &held)
	require.Equal(t, session.HeldError{Kind: session.Owner, PID: os.Getpid()}, *held)

	bot := open(t, dir, session.Bot, session.Pace{})
	require.NoError(t, bot.Close(), "the other account is free")
	require.NoError(t, first.Close())
	require.NoError(t, open(t, dir, session.Owner, session.Pace{}).Close(), "and the first one is again")
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "session")
	require.NoError(t, os.Mkdir(dir, 0o755))
	a := open(t, dir, session.Owner, session.Pace{})
	require.NoError(t, a.Close())
	requireMode(t, dir, 0o700)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	for _, e := range entries {
		requireMode(t, filepath.Join(dir, e.Name()), 0o600)
	}
}

func TestDamagedDatabaseIsRecognised(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, session.Owner, session.Pace{})
	peers := make([]session.Peer, 20_000)
	for i := range peers {
		peers[i] = session.Peer{Kind: session.PeerUser, ID: int64(i + 1), AccessHash: 7}
	}
	require.NoError(t, a.SetHashes(t.Context(), peers...))
	require.NoError(t, a.Close())
	sound, err := os.ReadFile(filepath.Join(dir, "owner.db"))
	require.NoError(t, err)

	damages := map[string][]byte{
		"foreign": append([]byte("SQLite format 3\x00"), make([]byte, 64<<10)...),
		"short":   sound[:100],
		"half":    sound[:len(sound)/2],
		"a page":  sound[:12<<10],
	}
	for name, content := range damages {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "owner.db")
			require.NoError(t, os.WriteFile(path, content, 0o600))
			_, err := session.Open(session.Config{
				Kind: session.Owner, Dir: dir, Seal: session.Passphrase(session.NewSecret("p")), APIID: 1, APIHash: session.NewSecret("h"),
			})
			require.ErrorIs(t, err, session.ErrDamaged)
			require.ErrorContains(t, err, path)
			got, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, content, got, "the file is left as it was")
		})
	}
}

func TestHashes(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, session.Owner, session.Pace{})
	require.NoError(t, a.SetHashes(t.Context(),
		session.Peer{Kind: session.PeerUser, ID: 5, AccessHash: -9}, session.Peer{Kind: session.PeerChannel, ID: 5, AccessHash: 1 << 62}))
	require.NoError(t, a.SetHashes(t.Context(), session.Peer{Kind: session.PeerUser, ID: 4, AccessHash: 44}))
	require.NoError(t, a.Close())

	a = open(t, dir, session.Owner, session.Pace{})
	defer func() { require.NoError(t, a.Close()) }()
	for _, tt := range []struct {
		kind  session.PeerKind
		id    int64
		want  int64
		known bool
	}{
		{session.PeerUser, 5, -9, true},
		{session.PeerChannel, 5, 1 << 62, true},
		{session.PeerUser, 4, 44, true},
		{session.PeerChannel, 4, 0, false},
	} {
		got, known, err := a.Hash(tt.kind, tt.id)
		require.NoError(t, err)
		require.Equal(t, tt.known, known)
		require.Equal(t, tt.want, got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, a.SetHashes(ctx, session.Peer{Kind: session.PeerUser, ID: 6, AccessHash: 6}), context.Canceled)
	_, known, err := a.Hash(session.PeerUser, 6)
	require.NoError(t, err)
	require.False(t, known, "no write after the context ended")
}

func TestServerOffset(t *testing.T) {
	at := time.Unix(1_800_000_000, 400_000_000)
	for _, tt := range []struct {
		name string
		date int64
		rtt  time.Duration
		min  time.Duration
		max  time.Duration
	}{
		{"the same second", 1_800_000_000, 100 * time.Millisecond, 0, 0},
		{"the turn of a second on the way", 1_799_999_999, 500 * time.Millisecond, 0, 0},
		{"an hour ahead", 1_800_003_600, 0, time.Hour - time.Second, time.Hour + time.Second},
		{"an hour behind", 1_799_996_400, 0, -time.Hour - time.Second, -time.Hour + time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := session.ServerOffset(int(tt.date), at.Add(-tt.rtt), at)
			require.GreaterOrEqual(t, got, tt.min)
			require.LessOrEqual(t, got, tt.max)
		})
	}
}

func BenchmarkSetHashes(b *testing.B) {
	a, err := session.Open(session.Config{
		Kind: session.Owner, Dir: b.TempDir(), Seal: session.Passphrase(session.NewSecret("p")), APIID: 1, APIHash: session.NewSecret("h"),
	})
	require.NoError(b, err)
	defer func() { require.NoError(b, a.Close()) }()
	page := make([]session.Peer, 200)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for i := range page {
			page[i] = session.Peer{Kind: session.PeerUser, ID: int64((n*200 + i) * 7919 % 200_000), AccessHash: int64(i)}
		}
		require.NoError(b, a.SetHashes(b.Context(), page...))
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 7})
	f.Add([]byte{2, 0})
	f.Fuzz(func(t *testing.T, value []byte) {
		n, ok := session.ParseNumber(value)
		require.Equal(t, len(value) == 9 && value[0] == 1, ok)
		if !ok {
			require.Zero(t, n)
		}
	})
}
