package rpc

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"math/big"
	"sync"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// srpPrime is Telegram's prime, the one its clients expect and check; the generator is 3.
var srpPrime = sync.OnceValue(func() *big.Int {
	p, ok := new(big.Int).SetString(""+
		"C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F"+
		"48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37"+
		"20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64"+
		"2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4"+
		"A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754"+
		"FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4"+
		"E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F"+
		"0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B", 16)
	if !ok {
		panic("rpc: the SRP prime does not parse")
	}
	return p
})

var srpGenerator = big.NewInt(3)

// verifier is what the server keeps of a password: v = g^x and the salts of x.
type verifier struct {
	password     string
	v            *big.Int
	salt1, salt2 []byte
}

// challenge is one account.getPassword that awaits its answer.
type challenge struct {
	id       int64
	b        *big.Int
	gb       []byte // B, padded to 256 bytes
	verifier verifier
}

// challenges is the server's half of SRP, as core.telegram.org/api/srp describes it.
type challenges struct {
	mu        sync.Mutex
	verifiers map[world.UserID]verifier   // guarded by mu
	open      map[mtproto.KeyID]challenge // guarded by mu; the latest of each key
}

func newChallenges() *challenges {
	return &challenges{
		verifiers: make(map[world.UserID]verifier),
		open:      make(map[mtproto.KeyID]challenge),
	}
}

func sum(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// pad returns n as 256 bytes, big endian.
func pad(n *big.Int) []byte { return n.FillBytes(make([]byte, 256)) }

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}

// newVerifier derives v from a password. The hundred thousand rounds are the protocol's.
func newVerifier(password string) (verifier, error) {
	v := verifier{password: password, salt1: randomBytes(40), salt2: randomBytes(16)}
	salted := func(data, salt []byte) []byte { return sum(salt, data, salt) }
	first := salted(salted([]byte(password), v.salt1), v.salt2)
	slow, err := pbkdf2.Key(sha512.New, string(first), v.salt1, 100000, 64)
	if err != nil {
		return verifier{}, fmt.Errorf("derive the password verifier: %w", err)
	}
	x := new(big.Int).SetBytes(salted(slow, v.salt2))
	v.v = new(big.Int).Exp(srpGenerator, x, srpPrime())
	return v, nil
}

// verifierOf returns the account's verifier, made anew when the password has changed.
func (c *challenges) verifierOf(account world.UserID, password string) (verifier, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.verifiers[account]; ok && v.password == password {
		return v, nil
	}
	v, err := newVerifier(password)
	if err != nil {
		return verifier{}, err
	}
	c.verifiers[account] = v
	return v, nil
}

// pose makes the key's next challenge; the one before becomes SRP_ID_INVALID.
func (c *challenges) pose(key mtproto.KeyID, v verifier) challenge {
	p := srpPrime()
	b := new(big.Int).SetBytes(randomBytes(256))
	// B = k*v + g^b, k = H(p | g)
	k := new(big.Int).SetBytes(sum(pad(p), pad(srpGenerator)))
	gb := new(big.Int).Exp(srpGenerator, b, p)
	gb.Add(gb, k.Mul(k, v.v)).Mod(gb, p)
	ch := challenge{id: int64(binary.LittleEndian.Uint64(randomBytes(8))), b: b, gb: pad(gb), verifier: v}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[key] = ch
	return ch
}

// latest returns the key's open challenge if it is the one that id names.
func (c *challenges) latest(key mtproto.KeyID, id int64) (challenge, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch, ok := c.open[key]
	return ch, ok && ch.id == id
}

func (c *challenges) drop(key mtproto.KeyID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, key)
}

// solved says whether the answer proves the password.
func (ch challenge) solved(answer *tg.InputCheckPasswordSRP) bool {
	p, a := srpPrime(), new(big.Int).SetBytes(answer.A)
	// A multiple of p would make S zero for everybody, and p itself bounds the length.
	if a.Sign() <= 0 || a.Cmp(p) >= 0 {
		return false
	}
	u := new(big.Int).SetBytes(sum(pad(a), ch.gb))
	s := new(big.Int).Exp(ch.verifier.v, u, p)
	s.Mul(s, a).Exp(s, ch.b, p)
	hp, hg := sum(pad(p)), sum(pad(srpGenerator))
	subtle.XORBytes(hp, hp, hg)
	m1 := sum(hp, sum(ch.verifier.salt1), sum(ch.verifier.salt2), pad(a), ch.gb, sum(pad(s)))
	return subtle.ConstantTimeCompare(m1, answer.M1) == 1
}

// mayProve returns the account whose password the key may ask for: the one it is logged in as, or
// the one whose code it has just given.
func (s *Server) mayProve(c caller) (world.UserID, error) {
	if account, ok := s.logins.awaiting(c.Key); ok {
		return account, nil
	}
	if c.Account == 0 {
		_, err := s.logins.of(c.Key)
		return 0, err
	}
	if c.Bot {
		return 0, tgerr.New(400, "BOT_METHOD_INVALID")
	}
	return c.Account, nil
}

func (s *Server) getPassword(_ context.Context, c caller, _ *tg.AccountGetPasswordRequest) (bin.Encoder, error) {
	account, err := s.mayProve(c)
	if err != nil {
		return nil, err
	}
	answer := &tg.AccountPassword{
		NewAlgo: &tg.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow{
			Salt1: randomBytes(8), Salt2: randomBytes(16), G: int(srpGenerator.Int64()), P: pad(srpPrime()),
		},
		NewSecureAlgo: &tg.SecurePasswordKdfAlgoPBKDF2HMACSHA512iter100000{Salt: randomBytes(8)},
		SecureRandom:  randomBytes(256),
	}
	password := s.cfg.World.Password(account)
	if password == "" {
		return answer, nil
	}
	v, err := s.srp.verifierOf(account, password)
	if err != nil {
		return nil, err
	}
	ch := s.srp.pose(c.Key, v)
	answer.HasPassword = true
	answer.SetCurrentAlgo(&tg.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow{
		Salt1: v.salt1, Salt2: v.salt2, G: int(srpGenerator.Int64()), P: pad(srpPrime()),
	})
	answer.SetSRPB(ch.gb)
	answer.SetSRPID(ch.id)
	return answer, nil
}

func (s *Server) checkPassword(_ context.Context, c caller, r *tg.AuthCheckPasswordRequest) (bin.Encoder, error) {
	account, err := s.mayProve(c)
	if err != nil {
		return nil, err
	}
	answer, ok := r.Password.(*tg.InputCheckPasswordSRP)
	if !ok {
		return nil, tgerr.New(400, "PASSWORD_HASH_INVALID")
	}
	if err := s.tryPassword(account); err != nil {
		return nil, err
	}
	if err := s.proves(c.Key, account, answer); err != nil {
		return nil, err
	}
	if out := s.cfg.World.LockedOut(account); out != "" {
		return nil, Ending(out).err()
	}
	return s.enter(c, account), nil
}

// proves checks the answer to the key's latest challenge, which is over once it is solved.
func (s *Server) proves(key mtproto.KeyID, account world.UserID, answer *tg.InputCheckPasswordSRP) error {
	ch, ok := s.srp.latest(key, answer.SRPID)
	switch {
	case !ok:
		return tgerr.New(400, "SRP_ID_INVALID")
	case ch.verifier.password != s.cfg.World.Password(account):
		return tgerr.New(400, "SRP_PASSWORD_CHANGED")
	case !ch.solved(answer):
		s.tries.fail(account)
		return tgerr.New(400, "PASSWORD_HASH_INVALID")
	}
	s.srp.drop(key)
	return nil
}

func (s *Server) registerRecovery() {
	register(s, func() *tg.AuthRequestPasswordRecoveryRequest {
		return new(tg.AuthRequestPasswordRecoveryRequest)
	}, s.requestPasswordRecovery, anybody)
}

// requestPasswordRecovery has nowhere to send a code to: no account here has an address.
func (s *Server) requestPasswordRecovery(
	_ context.Context, c caller, _ *tg.AuthRequestPasswordRecoveryRequest,
) (bin.Encoder, error) {
	account, err := s.mayProve(c)
	if err != nil {
		return nil, err
	}
	if s.cfg.World.Password(account) == "" {
		return nil, tgerr.New(400, "PASSWORD_EMPTY")
	}
	return nil, tgerr.New(400, "PASSWORD_RECOVERY_NA")
}
