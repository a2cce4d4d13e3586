package rpc

import (
	"sync"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// login is what an auth key is allowed to act as.
type login struct {
	account world.UserID
	bot     bool
	revoked bool
}

// logins knows which account each auth key is logged in as, or how far it has come on the way there.
type logins struct {
	mu    sync.RWMutex
	byKey map[mtproto.KeyID]login        // guarded by mu
	codes map[mtproto.KeyID]pendingCode  // guarded by mu; the latest of each key
	proof map[mtproto.KeyID]world.UserID // guarded by mu; code given, password awaited
}

type pendingCode struct {
	hash string
	sentCode
}

func newLogins() *logins {
	return &logins{
		byKey: make(map[mtproto.KeyID]login),
		codes: make(map[mtproto.KeyID]pendingCode),
		proof: make(map[mtproto.KeyID]world.UserID),
	}
}

// of returns the key's login, or the 401 that Telegram answers without one.
func (l *logins) of(key mtproto.KeyID) (login, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	got, ok := l.byKey[key]
	switch {
	case !ok:
		return login{}, tgerr.New(401, "AUTH_KEY_UNREGISTERED")
	case got.revoked:
		return login{}, tgerr.New(401, "SESSION_REVOKED")
	}
	return got, nil
}

// set logs the key in and ends what it was on the way to.
func (l *logins) set(key mtproto.KeyID, as login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byKey[key] = as
	delete(l.codes, key)
	delete(l.proof, key)
}

func (l *logins) forget(key mtproto.KeyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byKey, key)
}

// keys returns the keys that account is logged in with, in no particular order.
func (l *logins) keys(account world.UserID) []mtproto.KeyID {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var keys []mtproto.KeyID
	for key, as := range l.byKey {
		if as.account == account && !as.revoked {
			keys = append(keys, key)
		}
	}
	return keys
}

// revoke ends the account's logins and returns their keys.
func (l *logins) revoke(account world.UserID) []mtproto.KeyID {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []mtproto.KeyID
	for key, as := range l.byKey {
		if as.account == account && !as.revoked {
			as.revoked = true
			l.byKey[key] = as
			keys = append(keys, key)
		}
	}
	return keys
}

// expectCode makes sent the key's latest code and returns the hash that names it.
func (l *logins) expectCode(key mtproto.KeyID, sent sentCode) string {
	hash := randomHex(9)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.codes[key] = pendingCode{hash: hash, sentCode: sent}
	delete(l.proof, key)
	return hash
}

// code returns the key's latest code if hash names it.
func (l *logins) code(key mtproto.KeyID, hash string) (sentCode, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	got, ok := l.codes[key]
	return got.sentCode, ok && got.hash == hash
}

func (l *logins) dropCode(key mtproto.KeyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.codes, key)
}

func (l *logins) expectPassword(key mtproto.KeyID, account world.UserID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proof[key] = account
}

// awaiting returns the account whose code the key gave and whose password it owes.
func (l *logins) awaiting(key mtproto.KeyID) (world.UserID, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	account, ok := l.proof[key]
	return account, ok
}

// SignIn logs a key in without a login's steps, for tests that are about what comes after.
func (s *Server) SignIn(key mtproto.KeyID, account world.UserID) {
	s.logins.set(key, login{account: account, bot: s.cfg.World.Token(account) != ""})
}
