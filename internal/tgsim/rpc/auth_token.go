package rpc

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// tokenLength is the length of a login token in bytes. Clients show it as base64 and do not look inside.
const tokenLength = 32

// loginToken is what a QR code shows.
type loginToken struct {
	key      mtproto.KeyID // who exported it
	expires  time.Time
	except   []int64
	accepted world.UserID // who let the key in
	used     bool         // the key is in
}

// tokens are the login tokens of a while. One is forgotten a token's life after it expired, so that whoever scans an old
// one hears AUTH_TOKEN_EXPIRED.
type tokens struct {
	mu   sync.Mutex
	open map[string]*loginToken // guarded by mu
}

func (s *Server) registerTokens() {
	register(s, func() *tg.AuthExportLoginTokenRequest { return new(tg.AuthExportLoginTokenRequest) }, s.exportLoginToken, anybody)
	register(s, func() *tg.AuthImportLoginTokenRequest { return new(tg.AuthImportLoginTokenRequest) }, s.importLoginToken, anybody)
	register(s, func() *tg.AuthAcceptLoginTokenRequest { return new(tg.AuthAcceptLoginTokenRequest) }, s.acceptLoginToken, userOnly)
}

// exportLoginToken makes a token, or lets in a key whose token was accepted. Each call makes a new one; those that were
// shown before stay good until they expire, as the screen that shows them may be scanned at that moment.
func (s *Server) exportLoginToken(_ context.Context, c caller, r *tg.AuthExportLoginTokenRequest) (bin.Encoder, error) {
	if err := s.checkAPI(r.APIID, r.APIHash); err != nil {
		return nil, err
	}
	if c.Account != 0 {
		return &tg.AuthLoginTokenSuccess{Authorization: s.authorization(c.Account)}, nil
	}
	if name, t, ok := s.tokens.acceptedBy(c.Key, s.cfg.Now()); ok {
		return s.redeem(c, name, t.accepted)
	}
	expires := s.cfg.Now().Add(s.rules.TokenLife)
	name := randomBytes(tokenLength)
	s.tokens.add(string(name), &loginToken{key: c.Key, expires: expires, except: r.ExceptIDs}, s.cfg.Now().Add(-s.rules.TokenLife))
	return &tg.AuthLoginToken{Expires: int(s.cfg.Shown().Add(s.rules.TokenLife).Unix()), Token: name}, nil
}

// redeem logs the caller in with an accepted token, or sends it to the account's DC with it.
func (s *Server) redeem(c caller, name string, account world.UserID) (bin.Encoder, error) {
	if home := s.homes.of(account); home != c.DC {
		return &tg.AuthLoginTokenMigrateTo{DCID: home, Token: []byte(name)}, nil
	}
	s.tokens.use(name)
	if s.cfg.World.Password(account) != "" {
		s.logins.expectPassword(c.Key, account)
		return nil, tgerr.New(401, "SESSION_PASSWORD_NEEDED")
	}
	return &tg.AuthLoginTokenSuccess{Authorization: s.enter(c, account)}, nil
}

// importLoginToken redeems at the account's DC a token that was exported and accepted elsewhere.
func (s *Server) importLoginToken(_ context.Context, c caller, r *tg.AuthImportLoginTokenRequest) (bin.Encoder, error) {
	t, ok := s.tokens.find(string(r.Token))
	switch {
	case !ok, t.accepted == 0:
		return nil, tgerr.New(400, "AUTH_TOKEN_INVALID")
	case t.used:
		return nil, tgerr.New(400, "AUTH_TOKEN_ALREADY_ACCEPTED")
	case !s.cfg.Now().Before(t.expires):
		return nil, tgerr.New(400, "AUTH_TOKEN_EXPIRED")
	}
	return s.redeem(c, string(r.Token), t.accepted)
}

// acceptLoginToken lets in the key that exported the token: it hears updateLoginToken and must export once more. An
// accepted token lasts for a token's life from then on.
func (s *Server) acceptLoginToken(_ context.Context, c caller, r *tg.AuthAcceptLoginTokenRequest) (bin.Encoder, error) {
	now := s.cfg.Now()
	t, err := s.tokens.accept(string(r.Token), c.Account, now, now.Add(s.rules.TokenLife))
	if err != nil {
		return nil, err
	}
	if p := s.carrier(); p != nil {
		p.Push(t.key, &tg.UpdateShort{Update: &tg.UpdateLoginToken{}, Date: int(now.Unix())})
	}
	return s.describe(login{made: now, active: now}), nil
}

func (t *tokens) add(name string, one *loginToken, since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for n, old := range t.open {
		if old.expires.Before(since) {
			delete(t.open, n)
		}
	}
	t.open[name] = one
}

// use notes that the token has let its key in. It stays known for a while, so that who scans it again hears why not.
func (t *tokens) use(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one, ok := t.open[name]; ok {
		one.used = true
	}
}

func (t *tokens) find(name string) (loginToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, ok := t.open[name]
	if !ok {
		return loginToken{}, false
	}
	return *one, true
}

// acceptedBy returns the key's token that was accepted.
func (t *tokens) acceptedBy(key mtproto.KeyID, now time.Time) (string, loginToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, one := range t.open {
		if one.key == key && one.accepted != 0 && !one.used && now.Before(one.expires) {
			return name, *one, true
		}
	}
	return "", loginToken{}, false
}

func (t *tokens) accept(name string, account world.UserID, now, until time.Time) (loginToken, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, ok := t.open[name]
	switch {
	case !ok:
		return loginToken{}, tgerr.New(400, "AUTH_TOKEN_INVALID")
	case one.accepted != 0:
		return loginToken{}, tgerr.New(400, "AUTH_TOKEN_ALREADY_ACCEPTED")
	case !now.Before(one.expires):
		return loginToken{}, tgerr.New(400, "AUTH_TOKEN_EXPIRED")
	case slices.Contains(one.except, int64(account)):
		return loginToken{}, tgerr.New(400, "AUTH_TOKEN_EXCEPTION")
	}
	one.accepted, one.expires = account, until
	return *one, nil
}
