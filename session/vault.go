package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"sync"

	"github.com/gotd/td/crypto"
	gotdsession "github.com/gotd/td/session"
)

// vault is the sealed session file, as the storage that gotd loads from and stores to at every connection.
//
// It writes through only what is signed in: for a login nothing until keep is called, later nothing with another auth key. gotd makes
// a new key by itself when a server has forgotten the old one, and would store it over a session that may still be good elsewhere.
type vault struct {
	path   string
	sealer Sealer
	// onData is told of every session that gotd stores, onLost of a key that is not ours, onFail of a failed write. None may block.
	onData func(gotdsession.Data)
	onLost func(was, is gotdsession.Data)
	onFail func(error)
	// stored has a token after each StoreSession; its capacity is 1.
	stored chan struct{}

	mu     sync.Mutex
	plain  []byte           // guarded by mu: what gotd stored last, or what was unsealed
	data   gotdsession.Data // guarded by mu: plain, parsed
	signed bool             // guarded by mu: data's key is signed in
}

var _ gotdsession.Storage = (*vault)(nil)

// open unseals the session of an earlier login. Without one it is ErrNotSignedIn.
func (v *vault) open() error {
	sealed, err := os.ReadFile(v.path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotSignedIn
	}
	if err != nil {
		return fmt.Errorf("read session: %w", err)
	}
	plain, err := v.sealer.Open(sealed)
	if err != nil {
		return fmt.Errorf("open session %s: %w", v.path, err)
	}
	data, err := parseSession(plain)
	if err != nil {
		return fmt.Errorf("open session %s: %w", v.path, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.plain, v.data, v.signed = plain, data, true
	return nil
}

// parseSession reads gotd's JSON and checks that the key is the one it claims to be. gotd would take another version for no session
// at all, and begin a new one.
func parseSession(plain []byte) (gotdsession.Data, error) {
	var v struct {
		Version int
		Data    gotdsession.Data
	}
	if err := json.Unmarshal(plain, &v); err != nil {
		return gotdsession.Data{}, fmt.Errorf("%w: not a session", ErrDamaged)
	}
	var key crypto.Key
	if v.Version != 1 || len(v.Data.AuthKey) != len(key) {
		return gotdsession.Data{}, fmt.Errorf("%w: not a session of version 1", ErrDamaged)
	}
	copy(key[:], v.Data.AuthKey)
	if id := key.ID(); !bytes.Equal(id[:], v.Data.AuthKeyID) {
		return gotdsession.Data{}, fmt.Errorf("%w: the auth key is not the one it was", ErrDamaged)
	}
	return v.Data, nil
}

// LoadSession implements gotd's session.Storage.
func (v *vault) LoadSession(context.Context) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.plain == nil {
		return nil, gotdsession.ErrNotFound
	}
	return bytes.Clone(v.plain), nil
}

// StoreSession implements gotd's session.Storage. It returns no error of the disk's, on which gotd would reconnect for ever: that
// goes to onFail.
func (v *vault) StoreSession(_ context.Context, plain []byte) error {
	data, err := parseSession(plain)
	if err != nil {
		return err
	}
	v.onData(data)

	v.mu.Lock()
	defer v.mu.Unlock()
	if v.signed && !bytes.Equal(data.AuthKey, v.data.AuthKey) {
		v.onLost(v.data, data)
		return nil
	}
	stale := v.signed && !sameSession(data, v.data)
	v.plain, v.data = bytes.Clone(plain), data
	select {
	case v.stored <- struct{}{}:
	default:
	}
	if !stale {
		return nil
	}
	if err := v.write(); err != nil {
		v.onFail(err)
	}
	return nil
}

// sameSession reports whether there is nothing in b worth a write after a: the config's dates change at every connection.
func sameSession(a, b gotdsession.Data) bool {
	a.Config.Date, a.Config.Expires = b.Config.Date, b.Config.Expires
	return reflect.DeepEqual(a, b)
}

// keep seals the session of a login that has succeeded on dc. gotd announces a connection before it stores its session, so after
// a move to another DC the last one stored may yet be the old one's: keep waits for the right one.
func (v *vault) keep(ctx context.Context, dc int) error {
	for {
		kept, err := v.keepIf(dc)
		if kept || err != nil {
			return err
		}
		select {
		case <-v.stored:
		case <-ctx.Done():
			return fmt.Errorf("save session: %w", context.Cause(ctx))
		}
	}
}

func (v *vault) keepIf(dc int) (kept bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.plain == nil || v.data.DC != dc {
		return false, nil
	}
	if err := v.write(); err != nil {
		return false, err
	}
	v.signed = true
	return true, nil
}

// write seals and writes plain; mu is held.
func (v *vault) write() error {
	sealed, err := v.sealer.Seal(v.plain)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	if err := writeFile(v.path, sealed); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}

// session returns what is known of the session; it is zero before a first connection.
func (v *vault) session() gotdsession.Data {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.data
}
