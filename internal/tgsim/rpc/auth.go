package rpc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// codeLife is how long a login code is good. Telegram does not say; clients show a few minutes.
const codeLife = 5 * time.Minute

// codeLength is the length of a login code sent to the account's other devices.
const codeLength = 5

func (s *Server) registerAuth() {
	register(s, func() *tg.AuthSendCodeRequest { return new(tg.AuthSendCodeRequest) }, s.sendCode, anybody)
	register(s, func() *tg.AuthResendCodeRequest { return new(tg.AuthResendCodeRequest) }, s.resendCode, anybody)
	register(s, func() *tg.AuthCancelCodeRequest { return new(tg.AuthCancelCodeRequest) }, s.cancelCode, anybody)
	register(s, func() *tg.AuthSignInRequest { return new(tg.AuthSignInRequest) }, s.signIn, anybody)
	register(s, func() *tg.AuthCheckPasswordRequest { return new(tg.AuthCheckPasswordRequest) }, s.checkPassword, anybody)
	register(s, func() *tg.AccountGetPasswordRequest { return new(tg.AccountGetPasswordRequest) }, s.getPassword, anybody)
	register(s, func() *tg.AuthImportBotAuthorizationRequest {
		return new(tg.AuthImportBotAuthorizationRequest)
	}, s.importBotAuthorization, anybody)
	register(s, func() *tg.AuthLogOutRequest { return new(tg.AuthLogOutRequest) }, s.logOut, signedIn)
}

// sentCode is a login code on its way. The account is zero for a number nobody has: Telegram does
// not betray that before the right code was typed.
type sentCode struct {
	phone   string
	account world.UserID
	code    string
	expires time.Time
}

// digits returns a phone number without "+", spaces and the like; Telegram takes all of them.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// randomHex returns n random bytes in hex.
func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}

func (s *Server) checkAPI(id int, hash string) error {
	if id != s.cfg.APIID || hash != s.cfg.APIHash {
		return tgerr.New(400, "API_ID_INVALID")
	}
	return nil
}

func (s *Server) sendCode(_ context.Context, c caller, r *tg.AuthSendCodeRequest) (bin.Encoder, error) {
	if err := s.checkAPI(r.APIID, r.APIHash); err != nil {
		return nil, err
	}
	phone := digits(r.PhoneNumber)
	// E.164: at most 15 digits; the shortest numbers in use have 7.
	if len(phone) < 7 || len(phone) > 15 {
		return nil, tgerr.New(406, "PHONE_NUMBER_INVALID")
	}
	sent := sentCode{phone: phone, code: randomHex(codeLength), expires: s.cfg.Now().Add(codeLife)}
	if account, ok := s.cfg.World.AccountByPhone(phone); ok {
		sent.account, sent.code = account, s.cfg.World.Code(account)
	}
	return codeSent(s.logins.expectCode(c.Key, sent)), nil
}

func codeSent(hash string) *tg.AuthSentCode {
	return &tg.AuthSentCode{Type: &tg.AuthSentCodeTypeApp{Length: codeLength}, PhoneCodeHash: hash}
}

func (s *Server) resendCode(_ context.Context, c caller, r *tg.AuthResendCodeRequest) (bin.Encoder, error) {
	sent, err := s.codeFor(c.Key, r.PhoneNumber, r.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	sent.expires = s.cfg.Now().Add(codeLife)
	return codeSent(s.logins.expectCode(c.Key, sent)), nil
}

func (s *Server) cancelCode(_ context.Context, c caller, r *tg.AuthCancelCodeRequest) (bin.Encoder, error) {
	if _, err := s.codeFor(c.Key, r.PhoneNumber, r.PhoneCodeHash); err != nil {
		return nil, err
	}
	s.logins.dropCode(c.Key)
	return &tg.BoolTrue{}, nil
}

// codeFor returns the code that was sent to the phone for this key and hash.
func (s *Server) codeFor(key mtproto.KeyID, phone, hash string) (sentCode, error) {
	if hash == "" {
		return sentCode{}, tgerr.New(400, "PHONE_CODE_HASH_EMPTY")
	}
	sent, ok := s.logins.code(key, hash)
	switch {
	case !ok || !s.cfg.Now().Before(sent.expires):
		return sentCode{}, tgerr.New(400, "PHONE_CODE_EXPIRED")
	case sent.phone != digits(phone):
		return sentCode{}, tgerr.New(400, "PHONE_NUMBER_INVALID")
	}
	return sent, nil
}

func (s *Server) signIn(_ context.Context, c caller, r *tg.AuthSignInRequest) (bin.Encoder, error) {
	sent, err := s.codeFor(c.Key, r.PhoneNumber, r.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	switch {
	case r.PhoneCode == "":
		return nil, tgerr.New(400, "PHONE_CODE_EMPTY")
	case subtle.ConstantTimeCompare([]byte(r.PhoneCode), []byte(sent.code)) != 1:
		return nil, tgerr.New(400, "PHONE_CODE_INVALID")
	case sent.account == 0:
		return &tg.AuthAuthorizationSignUpRequired{}, nil
	}
	s.logins.dropCode(c.Key)
	if s.cfg.World.Password(sent.account) != "" {
		s.logins.expectPassword(c.Key, sent.account)
		return nil, tgerr.New(401, "SESSION_PASSWORD_NEEDED")
	}
	return s.enter(c.Key, login{account: sent.account})
}

// enter logs the key in.
func (s *Server) enter(key mtproto.KeyID, as login) (bin.Encoder, error) {
	s.logins.set(key, as)
	return &tg.AuthAuthorization{User: s.cfg.World.User(as.account, as.account)}, nil
}

func (s *Server) importBotAuthorization(
	_ context.Context, c caller, r *tg.AuthImportBotAuthorizationRequest,
) (bin.Encoder, error) {
	if err := s.checkAPI(r.APIID, r.APIHash); err != nil {
		return nil, err
	}
	bot, ok := s.cfg.World.BotByToken(r.BotAuthToken)
	if !ok {
		return nil, tgerr.New(400, "ACCESS_TOKEN_INVALID")
	}
	return s.enter(c.Key, login{account: bot, bot: true})
}

func (s *Server) logOut(_ context.Context, c caller, _ *tg.AuthLogOutRequest) (bin.Encoder, error) {
	s.logins.forget(c.Key)
	return &tg.AuthLoggedOut{}, nil
}
