package tgsim

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/crypto"

	"rollcall/internal/tgsim/mtproto"
)

// keySuffix ends the name of a key's file; whatever else lies in the directory is left alone.
const keySuffix = ".key"

// FileKeys is an mtproto.KeyStore that survives the process: a file a key, 0600, each replaced in one step. A file that is
// torn or does not hold the key it is named after is a key that is not there.
type FileKeys struct {
	dir    string
	memory *mtproto.MemoryKeys // what is in the files

	mu sync.Mutex // held while files change, so that the last Put of a key is the one that stays
}

// keyFile is a key as it is kept.
type keyFile struct {
	Key     []byte    `json:"key"`
	Salt    int64     `json:"salt"`
	Made    time.Time `json:"made,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Partner []byte    `json:"partner,omitempty"`
}

// OpenFileKeys reads the keys under dir, which is made if need be.
func OpenFileKeys(dir string) (*FileKeys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a directory for auth keys: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list auth keys: %w", err)
	}
	f := &FileKeys{dir: dir, memory: mtproto.NewMemoryKeys()}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), keySuffix) {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read an auth key: %w", err)
		}
		if k, ok := parseKey(data); ok && f.path(k.Auth.ID) == path {
			_ = f.memory.Put(k) // cannot fail
		}
	}
	return f, nil
}

func (f *FileKeys) path(id mtproto.KeyID) string {
	return filepath.Join(f.dir, hex.EncodeToString(id[:])+keySuffix)
}

// parseKey reads what formatKey wrote. ok is false for anything else.
func parseKey(data []byte) (k mtproto.Key, ok bool) {
	var kept keyFile
	if json.Unmarshal(data, &kept) != nil || len(kept.Key) != len(crypto.Key{}) {
		return mtproto.Key{}, false
	}
	k = mtproto.Key{Auth: crypto.Key(kept.Key).WithID(), Salt: kept.Salt, Made: kept.Made, Expires: kept.Expires}
	switch len(kept.Partner) {
	case 0:
	case len(k.Partner):
		k.Partner = mtproto.KeyID(kept.Partner)
	default:
		return mtproto.Key{}, false
	}
	return k, true
}

func formatKey(k mtproto.Key) ([]byte, error) {
	kept := keyFile{Key: k.Auth.Value[:], Salt: k.Salt, Made: k.Made, Expires: k.Expires}
	if k.Partner != (mtproto.KeyID{}) {
		kept.Partner = k.Partner[:]
	}
	return json.Marshal(kept)
}

// Key implements mtproto.KeyStore.
func (f *FileKeys) Key(id mtproto.KeyID) (mtproto.Key, bool, error) { return f.memory.Key(id) }

// Put implements mtproto.KeyStore.
func (f *FileKeys) Put(k mtproto.Key) error {
	data, err := formatKey(k)
	if err != nil {
		return fmt.Errorf("encode an auth key: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := replaceFile(f.path(k.Auth.ID), data); err != nil {
		return err
	}
	return f.memory.Put(k)
}

// Delete implements mtproto.KeyStore.
func (f *FileKeys) Delete(id mtproto.KeyID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an auth key: %w", err)
	}
	return f.memory.Delete(id)
}
