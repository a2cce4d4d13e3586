package rpc

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// homes says at which DC each account is. Elsewhere its client is sent there by 303.
type homes struct {
	dc int // of whoever was not moved

	mu    sync.RWMutex
	moved map[world.UserID]int // guarded by mu
}

func newHomes(dc int) *homes { return &homes{dc: dc, moved: make(map[world.UserID]int)} }

func (h *homes) of(account world.UserID) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if dc, ok := h.moved[account]; ok {
		return dc
	}
	return h.dc
}

// all returns where who was moved is.
func (h *homes) all() map[world.UserID]int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return maps.Clone(h.moved)
}

// Move moves the account to another DC. Its clients, wherever they are logged in, are answered 303 USER_MIGRATE_X from
// now on; they bring their login along with auth.exportAuthorization.
func (s *Server) Move(account world.UserID, dc int) error {
	if !s.hasDC(dc) {
		return fmt.Errorf("move an account to DC %d: there is none", dc)
	}
	s.homes.mu.Lock()
	defer s.homes.mu.Unlock()
	s.homes.moved[account] = dc
	return nil
}

func (s *Server) hasDC(dc int) bool {
	_, ok := s.cfg.DCs[dc]
	return ok || dc == s.cfg.DC
}

// elsewhere is the 303 for a client that is not at the DC it should be at.
func elsewhere(kind string, dc int) error {
	return tgerr.New(303, fmt.Sprintf("%s_MIGRATE_%d", kind, dc))
}

// atHome refuses a client of an account that is at another DC.
func (s *Server) atHome(c caller, account world.UserID) error {
	if home := s.homes.of(account); home != c.DC {
		return elsewhere("USER", home)
	}
	return nil
}

// phoneDC returns the DC of a phone number. Nobody's number is at the DC that a test number names, 99966XYYYY, if there
// is such a DC.
func (s *Server) phoneDC(phone string) int {
	if account, ok := s.cfg.World.AccountByPhone(phone); ok {
		return s.homes.of(account)
	}
	if dc := testDC(phone); s.hasDC(dc) {
		return dc
	}
	return s.cfg.DC
}

// testPhone begins the numbers of Telegram's test accounts; the DC follows.
const testPhone = "99966"

// testDC returns the DC that a test account's number names, 0 for other numbers.
func testDC(phone string) int {
	if !strings.HasPrefix(phone, testPhone) || len(phone) != len(testPhone)+5 {
		return 0
	}
	return int(phone[len(testPhone)] - '0')
}

// exportLife is how long an exported authorization may be imported. Telegram does not say; clients do so at once.
const exportLife = time.Minute

// exported is a login on its way to another DC.
type exported struct {
	login   login
	key     mtproto.KeyID
	to      int
	expires time.Time
}

// exports are by the bytes that name them; each is good for once.
type exports struct {
	mu   sync.Mutex
	open map[string]exported // guarded by mu
}

func (s *Server) registerDCs() {
	register(s, func() *tg.AuthExportAuthorizationRequest {
		return new(tg.AuthExportAuthorizationRequest)
	}, s.exportAuthorization, signedIn)
	register(s, func() *tg.AuthImportAuthorizationRequest {
		return new(tg.AuthImportAuthorizationRequest)
	}, s.importAuthorization, anybody)
}

func (s *Server) exportAuthorization(_ context.Context, c caller, r *tg.AuthExportAuthorizationRequest) (bin.Encoder, error) {
	if !s.hasDC(r.DCID) || r.DCID == c.DC {
		return nil, tgerr.New(400, "DC_ID_INVALID")
	}
	as, err := s.logins.of(c.Key)
	if err != nil {
		return nil, err
	}
	name, now := randomBytes(128), s.cfg.Now()
	s.exports.mu.Lock()
	defer s.exports.mu.Unlock()
	for n, e := range s.exports.open {
		if !now.Before(e.expires) {
			delete(s.exports.open, n)
		}
	}
	s.exports.open[string(name)] = exported{login: as, key: c.Key, to: r.DCID, expires: now.Add(exportLife)}
	return &tg.AuthExportedAuthorization{ID: int64(c.Account), Bytes: name}, nil
}

// importAuthorization logs a key in without a code. A login that comes along with its account is one like any other; one
// at another DC is there for what that DC serves, and gets no updates.
func (s *Server) importAuthorization(_ context.Context, c caller, r *tg.AuthImportAuthorizationRequest) (bin.Encoder, error) {
	s.exports.mu.Lock()
	e, ok := s.exports.open[string(r.Bytes)]
	ok = ok && e.to == c.DC && int64(e.login.account) == r.ID
	if ok {
		delete(s.exports.open, string(r.Bytes))
	}
	s.exports.mu.Unlock()
	if !ok || !s.cfg.Now().Before(e.expires) {
		return nil, tgerr.New(400, "AUTH_BYTES_INVALID")
	}
	if _, err := s.logins.of(e.key); err != nil {
		return nil, err
	}
	as := login{account: e.login.account, bot: e.login.bot, dc: c.DC, from: e.key}
	switch {
	case s.homes.of(as.account) == c.DC:
		as.from = mtproto.KeyID{}
	case e.login.from != mtproto.KeyID{}:
		as.from = e.login.from
	}
	s.logins.set(c.Key, as)
	return s.authorization(as.account), nil
}

func (s *Server) authorization(account world.UserID) *tg.AuthAuthorization {
	return &tg.AuthAuthorization{User: s.cfg.World.User(account, account)}
}
