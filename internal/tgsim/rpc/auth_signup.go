package rpc

import (
	"context"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// signUp makes an account of a number that nobody had. Its code was typed before, in auth.signIn, and stays the
// account's; it lives at the DC where it signed up.
func (s *Server) signUp(ctx context.Context, c caller, r *tg.AuthSignUpRequest) (bin.Encoder, error) {
	sent, err := s.codeFor(c, r.PhoneNumber, r.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	if err := s.tryPhone(ctx, sent.phone, sent.account, "auth.signUp"); err != nil {
		return nil, err
	}
	if !sent.proved {
		return nil, tgerr.New(400, "PHONE_CODE_INVALID")
	}
	account, err := s.cfg.World.SignUp(sent.phone, sent.code, r.FirstName, r.LastName)
	if err != nil {
		return nil, err
	}
	s.logins.dropCode(c.Key)
	if s.homes.of(account) != c.DC {
		if err := s.Move(account, c.DC); err != nil {
			return nil, err
		}
	}
	return s.enter(c, account), nil
}
