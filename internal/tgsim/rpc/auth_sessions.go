package rpc

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

func (s *Server) registerSessions() {
	register(s, func() *tg.AccountGetAuthorizationsRequest {
		return new(tg.AccountGetAuthorizationsRequest)
	}, s.getAuthorizations, userOnly)
	register(s, func() *tg.AccountResetAuthorizationRequest {
		return new(tg.AccountResetAuthorizationRequest)
	}, s.resetAuthorization, userOnly)
	register(s, func() *tg.AuthResetAuthorizationsRequest {
		return new(tg.AuthResetAuthorizationsRequest)
	}, s.resetAuthorizations, userOnly)
	register(s, func() *tg.AccountSetAuthorizationTTLRequest {
		return new(tg.AccountSetAuthorizationTTLRequest)
	}, s.setAuthorizationTTL, userOnly)
	register(s, func() *tg.AccountChangeAuthorizationSettingsRequest {
		return new(tg.AccountChangeAuthorizationSettingsRequest)
	}, s.changeAuthorizationSettings, userOnly)
	register(s, func() *tg.AccountDeleteAccountRequest { return new(tg.AccountDeleteAccountRequest) }, s.deleteAccount, anybody)
}

// End ends every login of the account and cuts their connections: the next call is answered as why says. Who is to be
// deactivated or banned is so in the world, too.
func (s *Server) End(account world.UserID, why Ending) error {
	var err error
	switch why {
	case Deactivated:
		err = s.cfg.World.Deactivate(account)
	case Banned:
		err = s.cfg.World.BanAccount(account, true)
	case Unregistered, Revoked, Expired, Duplicated: // only the logins know
	}
	if err != nil {
		return err
	}
	s.endLogins(account, why, func(mtproto.KeyID, login) bool { return true })
	return nil
}

// Pardon lifts Telegram's ban of the account. Its logins do not come back.
func (s *Server) Pardon(account world.UserID) error { return s.cfg.World.BanAccount(account, false) }

// RenewToken gives the bot another token and ends its logins; who knows only the old one gets ACCESS_TOKEN_EXPIRED.
func (s *Server) RenewToken(bot world.UserID) (string, error) {
	token, err := s.cfg.World.RenewToken(bot)
	if err == nil {
		err = s.End(bot, Revoked)
	}
	return token, err
}

// endLogins ends the chosen logins of the account and cuts them off.
func (s *Server) endLogins(account world.UserID, why Ending, chosen func(mtproto.KeyID, login) bool) {
	s.endLoginsFor(mtproto.KeyID{}, account, why, chosen)
}

// endLoginsFor is endLogins at the wish of a key whose own connections last: they carry the answer.
func (s *Server) endLoginsFor(caller mtproto.KeyID, account world.UserID, why Ending, chosen func(mtproto.KeyID, login) bool) {
	keys := s.logins.end(account, why, chosen)
	if len(keys) > 0 {
		s.cfg.World.Tell(account, fmt.Sprintf("lost %d of its logins: %s", len(keys), why))
	}
	if p := s.carrier(); p != nil {
		for _, key := range keys {
			if key != caller {
				p.Cut(key)
			}
		}
	}
}

// describe shows a login as the account's devices see it. What the client said of itself does not come here.
func (s *Server) describe(as login) *tg.Authorization {
	return &tg.Authorization{
		Hash: as.hash, DeviceModel: "Desktop", Platform: "Linux", SystemVersion: "Linux", APIID: s.cfg.APIID,
		AppName: "tgsim", AppVersion: "1", DateCreated: int(as.made.Unix()), DateActive: int(as.active.Unix()),
		IP: "127.0.0.1", Country: "Netherlands", Region: "Amsterdam",
	}
}

// getAuthorizations lists the account's logins, the caller's first with hash 0, then the latest used.
func (s *Server) getAuthorizations(_ context.Context, c caller, _ *tg.AccountGetAuthorizationsRequest) (bin.Encoder, error) {
	out := &tg.AccountAuthorizations{AuthorizationTTLDays: int(s.logins.lifeOf(c.Account) / (24 * time.Hour))}
	for key, as := range s.logins.all(c.Account, c.DC) {
		a := s.describe(as)
		if a.Current = key == c.Key; a.Current {
			a.Hash = 0
		}
		out.Authorizations = append(out.Authorizations, *a)
	}
	slices.SortFunc(out.Authorizations, func(a, b tg.Authorization) int {
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return cmp.Or(b.DateActive-a.DateActive, cmp.Compare(a.Hash, b.Hash))
	})
	return out, nil
}

// mayEnd refuses fresh logins, which may not end others.
func (s *Server) mayEnd(c caller) error {
	as, err := s.logins.of(c.Key)
	if err == nil && s.cfg.Now().Sub(as.made) < s.rules.FreshAge {
		err = tgerr.New(406, "FRESH_RESET_AUTHORISATION_FORBIDDEN")
	}
	return err
}

func (s *Server) resetAuthorization(_ context.Context, c caller, r *tg.AccountResetAuthorizationRequest) (bin.Encoder, error) {
	found := false
	for key, as := range s.logins.all(c.Account, c.DC) {
		found = found || key != c.Key && as.hash == r.Hash
	}
	if !found {
		return nil, tgerr.New(400, "HASH_INVALID")
	}
	if err := s.mayEnd(c); err != nil {
		return nil, err
	}
	s.endLogins(c.Account, Revoked, func(_ mtproto.KeyID, as login) bool { return as.hash == r.Hash })
	return &tg.BoolTrue{}, nil
}

func (s *Server) resetAuthorizations(_ context.Context, c caller, _ *tg.AuthResetAuthorizationsRequest) (bin.Encoder, error) {
	if err := s.mayEnd(c); err != nil {
		return nil, err
	}
	s.endLogins(c.Account, Revoked, func(key mtproto.KeyID, _ login) bool { return key != c.Key })
	return &tg.BoolTrue{}, nil
}

// setAuthorizationTTL says after how many days unused logins end.
func (s *Server) setAuthorizationTTL(_ context.Context, c caller, r *tg.AccountSetAuthorizationTTLRequest) (bin.Encoder, error) {
	if r.AuthorizationTTLDays < 1 || r.AuthorizationTTLDays > 366 {
		return nil, tgerr.New(406, "TTL_DAYS_INVALID")
	}
	s.logins.setLife(c.Account, time.Duration(r.AuthorizationTTLDays)*24*time.Hour)
	return &tg.BoolTrue{}, nil
}

func (s *Server) changeAuthorizationSettings(
	_ context.Context, c caller, r *tg.AccountChangeAuthorizationSettingsRequest,
) (bin.Encoder, error) {
	for _, as := range s.logins.all(c.Account, c.DC) {
		if as.hash == r.Hash || r.Hash == 0 {
			return &tg.BoolTrue{}, nil
		}
	}
	return nil, tgerr.New(400, "HASH_INVALID")
}

// deleteAccount deletes the caller's account, or the one whose password it cannot give at login. Without the password
// of an account that has one there is a week's delay, within which its owner may object.
func (s *Server) deleteAccount(_ context.Context, c caller, r *tg.AccountDeleteAccountRequest) (bin.Encoder, error) {
	account, err := s.mayProve(c)
	if err != nil {
		return nil, err
	}
	if s.cfg.World.Password(account) != "" {
		proof, ok := r.Password.(*tg.InputCheckPasswordSRP)
		if !ok {
			return nil, tgerr.New(420, "2FA_CONFIRM_WAIT_604800")
		}
		if err := s.proves(c.Key, account, proof); err != nil {
			return nil, err
		}
	}
	if err := s.cfg.World.Deactivate(account); err != nil {
		return nil, err
	}
	s.endLoginsFor(c.Key, account, Deactivated, func(mtproto.KeyID, login) bool { return true })
	return &tg.BoolTrue{}, nil
}
