package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"filippo.io/age"
)

// Sealer turns a session into what may lie on a disk, and back. Open fails with ErrWrongKey or ErrDamaged.
type Sealer interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

// The work factor of a passphrase: 2^15 rounds of scrypt are some 50 ms and 32 MB on a small server. age's own default of 2^18
// would take 256 MB. A file that asks for more than 2^20 (1 GB) is not ours.
const (
	passphraseWork    = 15
	passphraseMaxWork = 20
)

// Passphrase seals with a passphrase. Every Seal derives a new key; Open is paid for once, when the account connects.
func Passphrase(p Secret) Sealer { return passphrase{p} }

type passphrase struct{ secret Secret }

func (p passphrase) Seal(plain []byte) ([]byte, error) {
	r, err := age.NewScryptRecipient(p.secret.Reveal())
	if err != nil {
		return nil, fmt.Errorf("seal with passphrase: %w", err)
	}
	r.SetWorkFactor(passphraseWork)
	return seal(plain, r)
}

func (p passphrase) Open(sealed []byte) ([]byte, error) {
	id, err := age.NewScryptIdentity(p.secret.Reveal())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	id.SetMaxWorkFactor(passphraseMaxWork)
	return unseal(sealed, id)
}

// Identity seals with the age identity file at path, which the first Seal creates. Open never creates it: without the file, what
// was sealed cannot be opened, and that is ErrWrongKey.
func Identity(path string) Sealer { return &identity{path: path} }

type identity struct {
	path string

	mu  sync.Mutex
	key *age.X25519Identity // guarded by mu; nil until read
}

func (i *identity) Seal(plain []byte) ([]byte, error) {
	key, err := i.load()
	if errors.Is(err, fs.ErrNotExist) {
		key, err = i.create()
	}
	if err != nil {
		return nil, err
	}
	return seal(plain, key.Recipient())
}

func (i *identity) Open(sealed []byte) ([]byte, error) {
	key, err := i.load()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no identity file %s", ErrWrongKey, i.path)
	}
	if err != nil {
		return nil, err
	}
	return unseal(sealed, key)
}

func (i *identity) load() (*age.X25519Identity, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.key != nil {
		return i.key, nil
	}
	content, err := os.ReadFile(i.path) //nolint:gosec // the owner configured the path
	if err != nil {
		return nil, fmt.Errorf("read identity: %w", err)
	}
	key, err := parseIdentity(content)
	if err != nil {
		return nil, fmt.Errorf("identity file %s: %w", i.path, err)
	}
	i.key = key
	return key, nil
}

// parseIdentity takes the first X25519 identity of an age identity file. age's own error is left out: it may quote the key.
func parseIdentity(content []byte) (*age.X25519Identity, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("%w: not an age identity", ErrDamaged)
	}
	for _, id := range ids {
		if key, ok := id.(*age.X25519Identity); ok {
			return key, nil
		}
	}
	return nil, fmt.Errorf("%w: no X25519 identity in it", ErrDamaged)
}

// create writes a new identity in age-keygen's form. Of two processes that do so at once, both go on with the first one's.
func (i *identity) create() (*age.X25519Identity, error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("make identity: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(i.path), 0o700); err != nil {
		return nil, fmt.Errorf("make identity: %w", err)
	}
	text := fmt.Sprintf("# created: %s\n# public key: %s\n%s\n", time.Now().UTC().Format(time.RFC3339), key.Recipient(), key)
	if err := createFile(i.path, []byte(text)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make identity: %w", err)
	}
	return i.load()
}

func seal(plain []byte, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out.Bytes(), nil
}

func unseal(sealed []byte, with age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), with)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return plain, nil
}
