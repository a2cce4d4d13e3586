package mtproto

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
)

const (
	// saltLife is how long a salt is the newest; it is accepted for as long again,
	// core.telegram.org/mtproto/description#server-salt.
	saltLife = 30 * time.Minute
	maxSalts = 64
)

// saltNumber counts the key's salts up to now; the exchange's is number 0.
func (s *Server) saltNumber(k Key, now time.Time) int64 {
	age := now.Sub(s.saltsBegin(k))
	return max(int64(age/s.opt.SaltLife), 0) + s.skipped.Load()
}

func (s *Server) saltsBegin(k Key) time.Time {
	if k.Made.IsZero() {
		return s.made
	}
	return k.Made
}

// salt derives the key's nth salt: the same after a restart, without a list to be kept.
func (k Key) salt(n int64) int64 {
	if n == 0 {
		return k.Salt
	}
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(append([]byte("salt"), k.Auth.Value[:]...), uint64(n)))
	return int64(binary.LittleEndian.Uint64(sum[:]))
}

// currentSalt is the newest of the key's salts.
func (s *Server) currentSalt(k Key) int64 { return k.salt(s.saltNumber(k, s.opt.Now())) }

// accepts says whether a client may use the salt now. The one before the newest is good too.
func (s *Server) accepts(k Key, salt int64) bool {
	n := s.saltNumber(k, s.opt.Now())
	return salt == k.salt(n) || n > 0 && salt == k.salt(n-1)
}

// ExpireSalts makes every salt that a client has useless at once: each is answered bad_server_salt until it
// uses the salt that it is told.
func (s *Server) ExpireSalts() { s.skipped.Add(maxSalts + 2) }

// futureSalts lists salts to come. The first is the one in use.
func (s *session) futureSalts(msgID int64, b *bin.Buffer) error {
	var r mt.GetFutureSaltsRequest
	if err := r.Decode(b); err != nil {
		return err
	}
	k := s.wireKey()
	now, life := s.srv.opt.Now(), s.srv.opt.SaltLife
	n, skipped := s.srv.saltNumber(k, now), s.srv.skipped.Load()
	answer := &mt.FutureSalts{ReqMsgID: msgID, Now: int(now.Unix())}
	for i := range int64(min(max(r.Num, 1), maxSalts)) {
		since := s.srv.saltsBegin(k).Add(time.Duration(n+i-skipped) * life)
		answer.Salts = append(answer.Salts, mt.FutureSalt{
			ValidSince: int(since.Unix()), ValidUntil: int(since.Add(2 * life).Unix()), Salt: k.salt(n + i),
		})
	}
	s.notify(answer)
	return nil
}
