package mtproto

import (
	"sync"

	"github.com/gotd/td/crypto"
)

// Key is an auth key with the salt that its exchange agreed on.
type Key struct {
	Auth crypto.AuthKey
	Salt int64
}

// KeyStore keeps auth keys. A key that is lost logs its client out: it is asked to make a new one. Its
// methods are called from several goroutines, Key once for every packet.
type KeyStore interface {
	Key(id KeyID) (Key, bool, error)
	Put(k Key) error
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
