package rpc

import (
	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// Whose returns the account that the key is logged in as; 0 is nobody. It may be called from within a push.
func (s *Server) Whose(key mtproto.KeyID) world.UserID {
	as, err := s.logins.of(key)
	if err != nil {
		return 0
	}
	return as.account
}

// Cut ends the account's connections. Its logins last.
func (s *Server) Cut(account world.UserID) {
	p := s.carrier()
	if p == nil {
		return
	}
	for _, key := range s.logins.keys(account, s.homes.of(account)) {
		p.Cut(key)
	}
}
