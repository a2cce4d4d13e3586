package rpc

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// Ending is why a login is over: the name of the error that its auth key is answered with.
type Ending string

// How logins end. After all but the last the key may log in anew.
const (
	Unregistered Ending = "AUTH_KEY_UNREGISTERED" // logged out, or never logged in
	Revoked      Ending = "SESSION_REVOKED"       // terminated on another device
	Expired      Ending = "SESSION_EXPIRED"       // not used for longer than the account's sessions live
	Deactivated  Ending = "USER_DEACTIVATED"      // the account was deleted
	Banned       Ending = "USER_DEACTIVATED_BAN"  // Telegram banned the account
	Duplicated   Ending = "AUTH_KEY_DUPLICATED"   // the key was used from two places; it is dead
)

// err is what a call with the key is answered with.
func (e Ending) err() error {
	if e == Duplicated {
		return tgerr.New(406, string(e))
	}
	return tgerr.New(401, string(e))
}

// login is what an auth key is allowed to act as.
type login struct {
	account world.UserID
	bot     bool
	dc      int    // whose key it is
	ended   Ending // empty while it lasts
	hash    int64  // names it to the account's other logins; never 0
	made    time.Time
	active  time.Time
	from    mtproto.KeyID // set: the login of another DC that it was made of, without a code of its own
}

// logins knows which account each auth key is logged in as, or how far it has come on the way there.
type logins struct {
	now func() time.Time

	mu    sync.RWMutex
	byKey map[mtproto.KeyID]login        // guarded by mu
	codes map[mtproto.KeyID]pendingCode  // guarded by mu; the latest of each key
	proof map[mtproto.KeyID]world.UserID // guarded by mu; code given, password awaited
	lives map[world.UserID]time.Duration // guarded by mu; how long unused logins last, if not sessionLife
}

type pendingCode struct {
	hash string
	sentCode
}

// sessionLife is after how long a login that is not used ends, unless the account says otherwise.
const sessionLife = 183 * 24 * time.Hour

func newLogins(now func() time.Time) *logins {
	return &logins{
		now:   now,
		byKey: make(map[mtproto.KeyID]login),
		codes: make(map[mtproto.KeyID]pendingCode),
		proof: make(map[mtproto.KeyID]world.UserID),
		lives: make(map[world.UserID]time.Duration),
	}
}

// of returns the key's login, or what Telegram answers without one.
func (l *logins) of(key mtproto.KeyID) (login, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	got, ok := l.byKey[key]
	if !ok {
		return login{}, Unregistered.err()
	}
	if got.ended == "" && l.now().Sub(got.active) > l.life(got) {
		got.ended = Expired
	}
	if got.ended != "" {
		return login{account: got.account, ended: got.ended}, got.ended.err()
	}
	return got, nil
}

// life returns how long the login lasts unused; the caller holds mu. Bots' last for ever.
func (l *logins) life(as login) time.Duration {
	if as.bot {
		return math.MaxInt64
	}
	if d, ok := l.lives[as.account]; ok {
		return d
	}
	return sessionLife
}

// lifeOf returns how long unused logins of a person last.
func (l *logins) lifeOf(account world.UserID) time.Duration {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.life(login{account: account})
}

// setLife changes how long the account's unused logins last.
func (l *logins) setLife(account world.UserID, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lives[account] = d
}

// used notes that the key was used now. Only minutes count, so that most calls need no write.
func (l *logins) used(key mtproto.KeyID, as login) {
	if l.now().Sub(as.active) < time.Minute {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if as, ok := l.byKey[key]; ok {
		as.active = l.now()
		l.byKey[key] = as
	}
}

// set logs the key in and ends what it was on the way to.
func (l *logins) set(key mtproto.KeyID, as login) login {
	now := l.now()
	if as.made.IsZero() {
		as.made = now
	}
	as.active = now
	for as.hash == 0 {
		as.hash = rand.Int64()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.byKey[key] = as
	delete(l.codes, key)
	delete(l.proof, key)
	return as
}

// forget logs the key out, with the logins of other DCs that were made of it.
func (l *logins) forget(key mtproto.KeyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.byKey, func(k mtproto.KeyID, as login) bool { return k == key || as.from == key })
}

// keys returns the keys of the DC that account is logged in with, in no particular order.
func (l *logins) keys(account world.UserID, dc int) []mtproto.KeyID {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var keys []mtproto.KeyID
	for key, as := range l.byKey {
		if as.account == account && as.ended == "" && as.dc == dc {
			keys = append(keys, key)
		}
	}
	return keys
}

// everywhere returns the keys of all DCs that account is logged in with.
func (l *logins) everywhere(account world.UserID) []mtproto.KeyID {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var keys []mtproto.KeyID
	for key, as := range l.byKey {
		if as.account == account && as.ended == "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// all returns the account's logins at the DC that last and were not made of others, by key.
func (l *logins) all(account world.UserID, dc int) map[mtproto.KeyID]login {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make(map[mtproto.KeyID]login)
	for key, as := range l.byKey {
		root := as.account == account && as.dc == dc && as.from == mtproto.KeyID{}
		if root && as.ended == "" && l.now().Sub(as.active) <= l.life(as) {
			out[key] = as
		}
	}
	return out
}

// end ends the account's logins that are chosen, with those made of them, and returns their keys.
func (l *logins) end(account world.UserID, why Ending, chosen func(mtproto.KeyID, login) bool) []mtproto.KeyID {
	l.mu.Lock()
	defer l.mu.Unlock()
	var keys []mtproto.KeyID
	for key, as := range l.byKey {
		origin, root := key, as
		if as.from != (mtproto.KeyID{}) {
			origin = as.from
			root = l.byKey[origin]
		}
		if as.account == account && as.ended == "" && chosen(origin, root) {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		as := l.byKey[key]
		as.ended = why
		l.byKey[key] = as
	}
	slices.SortFunc(keys, func(a, b mtproto.KeyID) int { return cmp.Compare(string(a[:]), string(b[:])) })
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

// proveCode notes that the key's latest code was typed rightly.
func (l *logins) proveCode(key mtproto.KeyID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sent, ok := l.codes[key]; ok {
		sent.proved = true
		l.codes[key] = sent
	}
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

// SignIn logs a key of the account's DC in without a login's steps, for tests that are about what comes after.
func (s *Server) SignIn(key mtproto.KeyID, account world.UserID) {
	s.logins.set(key, login{account: account, bot: s.cfg.World.Token(account) != "", dc: s.homes.of(account)})
}
