package mtproto

import (
	"sync"
	"time"

	"github.com/gotd/td/crypto"
)

// Key is an auth key with what its exchange agreed on.
type Key struct {
	Auth crypto.AuthKey
	Salt int64
	// Made is when Salt began; later ones follow it. Zero is when the server was made.
	Made time.Time
	// Expires is when a temporary key dies. Zero is a permanent key.
	Expires time.Time
	// Partner is the other key of a binding (auth.bindTempAuthKey): of a temporary key the permanent one that it
	// speaks for, of a permanent one the temporary key bound to it last. Zero is unbound.
	Partner KeyID
}

// temporary says that the key came of a p_q_inner_data_temp_dc exchange.
func (k Key) temporary() bool { return !k.Expires.IsZero() }

// owner is the key that sessions and logins belong to.
func (k Key) owner() KeyID {
	if k.temporary() && k.Partner != (KeyID{}) {
		return k.Partner
	}
	return k.Auth.ID
}

// KeyStore keeps auth keys. A key that is lost logs its client out: it is asked to make a new one. Its
// methods are called from several goroutines, Key once for every packet.
type KeyStore interface {
	Key(id KeyID) (Key, bool, error)
	Put(k Key) error
	// Delete forgets a key; one that is not there is no error.
	Delete(id KeyID) error
}

// MemoryKeys is a KeyStore that forgets with the process.
type MemoryKeys struct {
	mu   sync.RWMutex
	keys map[KeyID]Key // guarded by mu
}

// NewMemoryKeys returns an empty store.
func NewMemoryKeys() *MemoryKeys {
	return &MemoryKeys{keys: make(map[KeyID]Key)}
}

// Key implements KeyStore.
func (m *MemoryKeys) Key(id KeyID) (Key, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k, ok := m.keys[id]
	return k, ok, nil
}

// Put implements KeyStore.
func (m *MemoryKeys) Put(k Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys[k.Auth.ID] = k
	return nil
}

// Delete implements KeyStore.
func (m *MemoryKeys) Delete(id KeyID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.keys, id)
	return nil
}
