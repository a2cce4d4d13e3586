package tgsim

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// state is what outlives a run: under Options.State, or nothing.
type state struct {
	dir           string // empty keeps nothing
	key           *rsa.PrivateKey
	publicKeyFile string
	ports         DCs // of the run before

	mu    sync.Mutex
	saved []byte // guarded by mu; the logins as they are on disk
}

const (
	privateKeyName = "server.pem"
	publicKeyName  = "public.pem"
	addressesName  = "addresses.json"
	loginsName     = "logins.json"
	worldName      = "world.json"
	keysName       = "keys"
)

// openState reads the state under dir and makes what is not there. Without a directory the public key lies
// beside the ready file.
func openState(dir, ready string) (*state, error) {
	s := &state{dir: dir, publicKeyFile: ready + ".pem"}
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the state's directory: %w", err)
		}
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return nil, fmt.Errorf("find the state's directory %s: %w", dir, err)
		}
		s.dir, s.publicKeyFile = absolute, filepath.Join(absolute, publicKeyName)
	}
	if err := s.openKey(); err != nil {
		return nil, err
	}
	// PKCS #1, as Telegram publishes its own.
	public := pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&s.key.PublicKey)})
	if err := replaceFile(s.publicKeyFile, public); err != nil {
		return nil, err
	}
	return s, s.loadJSON(addressesName, &s.ports)
}

// openKey reads the server's RSA key or makes one.
func (s *state) openKey() error {
	text, err := s.load(privateKeyName)
	if err != nil {
		return err
	}
	if block, _ := pem.Decode(text); block != nil {
		if s.key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return fmt.Errorf("read the server's key: %s: %w", filepath.Join(s.dir, privateKeyName), err)
		}
		return nil
	}
	s.key, err = knownToAll(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	if err != nil {
		return fmt.Errorf("make the server's key: %w", err)
	}
	return s.store(privateKeyName, pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(s.key),
	}))
}

// knownToAll generates keys until one has a fingerprint of 16 hexadecimal digits: mtcute compares what it has as text with
// the number that it is sent, without leading zeros, and would not know one key in sixteen.
func knownToAll(generate func() (*rsa.PrivateKey, error)) (*rsa.PrivateKey, error) {
	for {
		k, err := generate()
		if err != nil || uint64((exchange.PrivateKey{RSA: k}).Fingerprint())>>60 != 0 {
			return k, err
		}
	}
}

// load reads a file of the state; nil is one that is not there.
func (s *state) load(name string) ([]byte, error) {
	if s.dir == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(s.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	return data, nil
}

func (s *state) loadJSON(name string, into any) error {
	data, err := s.load(name)
	if err != nil || data == nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read the state: %s: %w", filepath.Join(s.dir, name), err)
	}
	return nil
}

func (s *state) store(name string, data []byte) error {
	if s.dir == "" {
		return nil
	}
	return replaceFile(filepath.Join(s.dir, name), data)
}

// keys opens the auth keys of a DC.
func (s *state) keys(dc int) (mtproto.KeyStore, error) {
	if s.dir == "" {
		return mtproto.NewMemoryKeys(), nil
	}
	return OpenFileKeys(filepath.Join(s.dir, keysName, strconv.Itoa(dc)))
}

// address is where to listen for a DC: where it was before if any port will do.
func (s *state) address(dc int, wanted string) string {
	host, port, err := net.SplitHostPort(wanted)
	before, known := s.ports[dc]
	if err != nil || port != "0" || !known {
		return wanted
	}
	if h, _, err := net.SplitHostPort(before); err != nil || h != host {
		return wanted
	}
	return before
}

func (s *state) keepAddresses(all DCs) error {
	data, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encode the addresses: %w", err)
	}
	return s.store(addressesName, data)
}

// origin tells worlds apart whose accounts are not the same people.
type origin struct {
	Seed  uint64       `json:"seed"`
	Owner world.UserID `json:"owner"`
	Bot   world.UserID `json:"bot"`
}

// belongs refuses a state of another world: its logins would be other people's, or nobody's.
func (s *state) belongs(is origin) error {
	was := is
	if err := s.loadJSON(worldName, &was); err != nil {
		return err
	}
	if was != is {
		return fmt.Errorf("the state in %s is of the world with seed %d, not of the one with %d", s.dir, was.Seed, is.Seed)
	}
	data, err := json.Marshal(is)
	if err != nil {
		return fmt.Errorf("encode whose state it is: %w", err)
	}
	return s.store(worldName, data)
}

func (s *state) loadLogins(methods *rpc.Server) error {
	data, err := s.load(loginsName)
	if err != nil || data == nil {
		return err
	}
	if err := methods.LoadLogins(data); err != nil {
		return fmt.Errorf("read the state: %s: %w", filepath.Join(s.dir, loginsName), err)
	}
	return nil
}

// saveLogins writes the logins if they have changed.
func (s *state) saveLogins(methods *rpc.Server) error {
	if s.dir == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := methods.SaveLogins()
	if err != nil || bytes.Equal(data, s.saved) {
		return err
	}
	s.saved = data
	return s.store(loginsName, data)
}

// close removes what is not to outlive the run.
func (s *state) close() error {
	if s.dir != "" {
		return nil
	}
	return removeFile(s.publicKeyFile)
}

// keeping saves the logins before a client learns that they have changed.
type keeping struct {
	*rpc.Server
	state *state
}

// Handle implements mtproto.Handler.
func (k keeping) Handle(ctx context.Context, r *mtproto.Request) (bin.Encoder, error) {
	answer, err := k.Server.Handle(ctx, r)
	if _, ok := loginMethods()[r.Method]; !ok {
		return answer, err
	}
	if saved := k.state.saveLogins(k.Server); saved != nil {
		return nil, saved
	}
	return answer, err
}

// loginMethods are the methods that may change who is logged in.
var loginMethods = sync.OnceValue(func() map[uint32]struct{} {
	ids := make(map[uint32]struct{})
	for id, name := range tg.TypesMap() {
		if strings.HasPrefix(name, "auth.") || strings.HasPrefix(name, "account.") {
			ids[id] = struct{}{}
		}
	}
	return ids
})
