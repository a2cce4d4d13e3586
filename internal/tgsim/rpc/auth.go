package rpc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// codeLength is the length of a login code sent to the account's other devices.
const codeLength = 5

func (s *Server) registerAuth() {
	register(s, func() *tg.AuthSendCodeRequest { return new(tg.AuthSendCodeRequest) }, s.sendCode, anybody)
	register(s, func() *tg.AuthResendCodeRequest { return new(tg.AuthResendCodeRequest) }, s.resendCode, anybody)
	register(s, func() *tg.AuthCancelCodeRequest { return new(tg.AuthCancelCodeRequest) }, s.cancelCode, anybody)
	register(s, func() *tg.AuthSignInRequest { return new(tg.AuthSignInRequest) }, s.signIn, anybody)
	register(s, func() *tg.AuthSignUpRequest { return new(tg.AuthSignUpRequest) }, s.signUp, anybody)
	register(s, func() *tg.AuthCheckPasswordRequest { return new(tg.AuthCheckPasswordRequest) }, s.checkPassword, anybody)
	register(s, func() *tg.AccountGetPasswordRequest { return new(tg.AccountGetPasswordRequest) }, s.getPassword, anybody)
	register(s, func() *tg.AuthImportBotAuthorizationRequest {
		return new(tg.AuthImportBotAuthorizationRequest)
	}, s.importBotAuthorization, anybody)
	register(s, func() *tg.AuthLogOutRequest { return new(tg.AuthLogOutRequest) }, s.logOut, signedIn)
	s.registerRecovery()
	s.registerDCs()
	s.registerTokens()
	s.registerSessions()
	s.registerTakeouts()
}

// sentCode is a login code on its way. The account is zero for a number nobody has: Telegram does
// not betray that before the right code was typed.
type sentCode struct {
	phone   string
	account world.UserID
	code    string
	expires time.Time
	bySMS   bool // the last way there is
	proved  bool // typed rightly by somebody who has no account yet
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

func (s *Server) sendCode(ctx context.Context, c caller, r *tg.AuthSendCodeRequest) (bin.Encoder, error) {
	if err := s.checkAPI(r.APIID, r.APIHash); err != nil {
		return nil, err
	}
	phone := digits(r.PhoneNumber)
	// E.164: at most 15 digits; the shortest numbers in use have 7.
	if len(phone) < 7 || len(phone) > 15 {
		return nil, tgerr.New(406, "PHONE_NUMBER_INVALID")
	}
	if dc := s.phoneDC(phone); dc != c.DC {
		return nil, elsewhere("PHONE", dc)
	}
	sent := sentCode{phone: phone, code: nobodysCode(phone), expires: s.cfg.Now().Add(s.rules.CodeLife)}
	if account, ok := s.cfg.World.AccountByPhone(phone); ok {
		sent.account, sent.code = account, s.cfg.World.Code(account)
		if s.cfg.World.LockedOut(account) != "" {
			return nil, tgerr.New(400, "PHONE_NUMBER_BANNED")
		}
	}
	if err := s.tryPhone(ctx, phone, sent.account, "auth.sendCode"); err != nil {
		return nil, err
	}
	if sent.account != 0 {
		s.tell(sent.account, "Login code: "+sent.code+". Do not give this code to anyone, even if they say they are from Telegram!")
	}
	return codeSent(sent, s.logins.expectCode(c.Key, sent)), nil
}

// nobodysCode is the code of a number that nobody has: the DC's digit five times for a test number, as on Telegram's
// test servers, else one that cannot be typed.
func nobodysCode(phone string) string {
	if dc := testDC(phone); dc != 0 {
		return strings.Repeat(strconv.Itoa(dc), codeLength)
	}
	return randomHex(codeLength)
}

// tell has Telegram's own account write to who has other devices to read it on.
func (s *Server) tell(account world.UserID, text string) {
	if !s.rules.Quiet && len(s.logins.keys(account, s.homes.of(account))) > 0 {
		s.cfg.World.Notify(account, text)
	}
}

// codeSent tells how the code went: to the account's other devices first, by SMS when it is asked for again.
func codeSent(sent sentCode, hash string) *tg.AuthSentCode {
	out := &tg.AuthSentCode{Type: &tg.AuthSentCodeTypeApp{Length: codeLength}, PhoneCodeHash: hash}
	if sent.bySMS {
		out.Type = &tg.AuthSentCodeTypeSMS{Length: codeLength}
		return out
	}
	out.SetNextType(&tg.AuthCodeTypeSMS{})
	return out
}

func (s *Server) resendCode(_ context.Context, c caller, r *tg.AuthResendCodeRequest) (bin.Encoder, error) {
	sent, err := s.codeFor(c, r.PhoneNumber, r.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	if sent.bySMS {
		return nil, tgerr.New(406, "SEND_CODE_UNAVAILABLE")
	}
	sent.bySMS, sent.expires = true, s.cfg.Now().Add(s.rules.CodeLife)
	return codeSent(sent, s.logins.expectCode(c.Key, sent)), nil
}

func (s *Server) cancelCode(_ context.Context, c caller, r *tg.AuthCancelCodeRequest) (bin.Encoder, error) {
	if _, err := s.codeFor(c, r.PhoneNumber, r.PhoneCodeHash); err != nil {
		return nil, err
	}
	s.logins.dropCode(c.Key)
	return &tg.BoolTrue{}, nil
}

// codeFor returns the code that was sent to the phone for the caller's key and this hash.
func (s *Server) codeFor(c caller, phone, hash string) (sentCode, error) {
	if dc := s.phoneDC(digits(phone)); dc != c.DC {
		return sentCode{}, elsewhere("PHONE", dc)
	}
	if hash == "" {
		return sentCode{}, tgerr.New(400, "PHONE_CODE_HASH_EMPTY")
	}
	sent, ok := s.logins.code(c.Key, hash)
	switch {
	case !ok || !s.cfg.Now().Before(sent.expires):
		return sentCode{}, tgerr.New(400, "PHONE_CODE_EXPIRED")
	case sent.phone != digits(phone):
		return sentCode{}, tgerr.New(400, "PHONE_NUMBER_INVALID")
	}
	return sent, nil
}

func (s *Server) signIn(ctx context.Context, c caller, r *tg.AuthSignInRequest) (bin.Encoder, error) {
	sent, err := s.codeFor(c, r.PhoneNumber, r.PhoneCodeHash)
	if err != nil {
		return nil, err
	}
	if err := s.tryPhone(ctx, sent.phone, sent.account, "auth.signIn"); err != nil {
		return nil, err
	}
	switch {
	case r.PhoneCode == "":
		return nil, tgerr.New(400, "PHONE_CODE_EMPTY")
	case subtle.ConstantTimeCompare([]byte(r.PhoneCode), []byte(sent.code)) != 1:
		s.tries.fail(sent.account)
		return nil, tgerr.New(400, "PHONE_CODE_INVALID")
	case sent.account == 0:
		s.logins.proveCode(c.Key)
		if s.rules.Unoccupied {
			return nil, tgerr.New(400, "PHONE_NUMBER_UNOCCUPIED")
		}
		return &tg.AuthAuthorizationSignUpRequired{}, nil
	}
	if out := s.cfg.World.LockedOut(sent.account); out != "" {
		return nil, Ending(out).err()
	}
	s.logins.dropCode(c.Key)
	if s.cfg.World.Password(sent.account) != "" {
		s.logins.expectPassword(c.Key, sent.account)
		return nil, tgerr.New(401, "SESSION_PASSWORD_NEEDED")
	}
	return s.enter(c, sent.account), nil
}

// enter logs the caller's key in and tells the account's other devices.
func (s *Server) enter(c caller, account world.UserID) *tg.AuthAuthorization {
	s.tries.clear(account)
	before := s.logins.keys(account, c.DC)
	as := s.logins.set(c.Key, login{account: account, bot: s.cfg.World.Token(account) != "", dc: c.DC})
	if !as.bot && !s.rules.Quiet && slices.ContainsFunc(before, func(k mtproto.KeyID) bool { return k != c.Key }) {
		s.announce(c.Key, as)
	}
	s.cfg.World.Tell(account, "signed in")
	return s.authorization(account)
}

// announce tells the account's other devices of a new login.
func (s *Server) announce(key mtproto.KeyID, as login) {
	seen := s.describe(as)
	s.cfg.World.Notify(as.account, "New login. We detected a login into your account from a new device: "+
		seen.DeviceModel+", "+seen.AppName+". If this wasn't you, you can terminate that session in Settings > Devices.")
	p := s.carrier()
	if p == nil {
		return
	}
	for _, other := range s.logins.keys(as.account, as.dc) {
		if other == key {
			continue
		}
		up := &tg.UpdateNewAuthorization{Hash: as.hash}
		p.Push(other, &tg.UpdateShort{Update: up, Date: int(as.made.Unix())})
	}
}

func (s *Server) importBotAuthorization(
	_ context.Context, c caller, r *tg.AuthImportBotAuthorizationRequest,
) (bin.Encoder, error) {
	if err := s.checkAPI(r.APIID, r.APIHash); err != nil {
		return nil, err
	}
	bot, ok := s.cfg.World.BotByToken(r.BotAuthToken)
	switch {
	case !ok && s.cfg.World.TokenSpent(r.BotAuthToken):
		return nil, tgerr.New(400, "ACCESS_TOKEN_EXPIRED")
	case !ok:
		return nil, tgerr.New(400, "ACCESS_TOKEN_INVALID")
	}
	if err := s.atHome(c, bot); err != nil {
		return nil, err
	}
	return s.enter(c, bot), nil
}

func (s *Server) logOut(_ context.Context, c caller, _ *tg.AuthLogOutRequest) (bin.Encoder, error) {
	s.logins.forget(c.Key)
	if c.Account != 0 {
		s.cfg.World.Tell(c.Account, "signed out")
	}
	return &tg.AuthLoggedOut{}, nil
}
