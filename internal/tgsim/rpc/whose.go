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

// Cut ends the account's connections, to whatever DC. Its logins last.
func (s *Server) Cut(account world.UserID) {
	p := s.carrier()
	if p == nil {
		return
	}
	for _, key := range s.logins.everywhere(account) {
		p.Cut(key)
	}
}

// EndKey ends the login of one key, if it is one.
func (s *Server) EndKey(key mtproto.KeyID, why Ending) {
	if account := s.Whose(key); account != 0 {
		s.logins.end(account, why, func(one mtproto.KeyID, _ login) bool { return one == key })
	}
}
