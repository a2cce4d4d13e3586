package mtproto

import (
	"context"
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"maps"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

var (
	errTempKeyEmpty   = tgerr.New(400, "TEMP_AUTH_KEY_EMPTY")
	errTempKeyBound   = tgerr.New(400, "TEMP_AUTH_KEY_ALREADY_BOUND")
	errBindingInvalid = tgerr.New(400, "ENCRYPTED_MESSAGE_INVALID")
	errDuplicated     = tgerr.New(406, "AUTH_KEY_DUPLICATED")
)

// bind answers auth.bindTempAuthKey, core.telegram.org/api/pfs: from then on the temporary key speaks for the permanent
// one. A permanent key has one temporary key at a time; the one before is unbound.
func (s *Server) bind(one *session, temp Key, msgID int64, b *bin.Buffer) (bin.Encoder, error) {
	var r tg.AuthBindTempAuthKeyRequest
	if err := r.Decode(b); err != nil {
		return nil, errBadQuery
	}
	if !temp.temporary() {
		return nil, errTempKeyEmpty
	}
	perm, ok, err := s.opt.Keys.Key(wireID(r.PermAuthKeyID))
	if err != nil {
		return nil, err
	}
	if !ok || perm.temporary() {
		return nil, errBindingInvalid
	}
	want := crypto.BindAuthKeyInner{
		Nonce: r.Nonce, TempAuthKeyID: temp.Auth.IntID(), PermAuthKeyID: r.PermAuthKeyID,
		TempSessionID: one.id, ExpiresAt: r.ExpiresAt,
	}
	if got, ok := openBinding(perm.Auth, msgID, r.EncryptedMessage); !ok || got != want {
		return nil, errBindingInvalid
	}
	if temp.Partner != (KeyID{}) && temp.Partner != perm.Auth.ID {
		return nil, errTempKeyBound
	}
	if err := s.join(temp, perm, time.Unix(int64(r.ExpiresAt), 0)); err != nil {
		return nil, err
	}
	s.adopt(temp.Auth.ID, perm.Auth.ID, one)
	return &tg.BoolTrue{}, nil
}

// join stores a binding and undoes the permanent key's earlier one.
func (s *Server) join(temp, perm Key, expires time.Time) error {
	if before := perm.Partner; before != (KeyID{}) && before != temp.Auth.ID {
		old, ok, err := s.opt.Keys.Key(before)
		if err != nil {
			return err
		}
		if old.Partner = (KeyID{}); ok {
			if err := s.opt.Keys.Put(old); err != nil {
				return err
			}
		}
	}
	perm.Partner = temp.Auth.ID
	if err := s.opt.Keys.Put(perm); err != nil {
		return err
	}
	temp.Partner, temp.Expires = perm.Auth.ID, expires
	return s.opt.Keys.Put(temp)
}

// adopt makes a session of the temporary key one of the permanent key. A session of that id which the permanent key has
// already goes on instead, with what it still owes the client.
func (s *Server) adopt(temp, perm KeyID, one *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions[temp], one.id)
	if s.sessions[perm] == nil {
		s.sessions[perm] = make(map[int64]*session)
	}
	if _, ok := s.sessions[perm][one.id]; ok {
		return
	}
	s.sessions[perm][one.id] = one
	one.mu.Lock()
	defer one.mu.Unlock()
	one.owner = perm
	if one.key.Auth.ID == temp {
		one.key.Partner = perm
	}
}

// wireID is a key's id as its bytes are on the wire.
func wireID(id int64) (k KeyID) {
	binary.LittleEndian.PutUint64(k[:], uint64(id))
	return k
}

// openBinding opens the message that proves that the client has the permanent key too. It is in the
// protocol's old encryption, of which td has the sender's side only.
func openBinding(perm crypto.AuthKey, msgID int64, sealed []byte) (inner crypto.BindAuthKeyInner, ok bool) {
	// random:int128 msg_id:long seq_no:int msg_len:int and 40 bytes of bind_auth_key_inner, padded.
	const head, size, length = 16 + 8 + 4 + 4, 40, 80
	var m crypto.EncryptedMessage
	if m.Decode(&bin.Buffer{Buf: sealed}) != nil || m.AuthKeyID != perm.ID || len(m.EncryptedData) != length {
		return inner, false
	}
	key, iv := crypto.KeysV1(perm.Value, m.MsgKey)
	plain := openIGE(key, iv, m.EncryptedData)
	if crypto.MessageKeyV1(plain[:head+size]) != m.MsgKey {
		return inner, false
	}
	b := &bin.Buffer{Buf: plain[16:]}
	id, _ := b.Long() // what is there suffices for all of these
	seq, _ := b.Int32()
	n, _ := b.Int32()
	err := inner.Decode(b)
	return inner, err == nil && id == msgID && seq == 0 && n == size
}

// openIGE decrypts AES-256 in infinite garble extension.
func openIGE(key, iv bin.Int256, data []byte) []byte {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("mtproto: " + err.Error()) // a key of 32 bytes is one
	}
	plain := make([]byte, len(data))
	before, beforePlain := iv[:aes.BlockSize], iv[aes.BlockSize:]
	for i := 0; i < len(data); i += aes.BlockSize {
		out, in := plain[i:i+aes.BlockSize], data[i:i+aes.BlockSize]
		subtle.XORBytes(out, in, beforePlain)
		block.Decrypt(out, out)
		subtle.XORBytes(out, out, before)
		before, beforePlain = in, out
	}
	return plain
}

// duplicateGrace is how long a key's earlier connection may take to end before the key counts as used twice: a client
// that comes back may be faster than the news of its going.
const duplicateGrace = 500 * time.Millisecond

// soleUse refuses a key that is used over another connection too, if that is asked for.
func (s *Server) soleUse(ctx context.Context, key KeyID, c *conn) error {
	if !s.opt.SoleUse {
		return nil
	}
	s.mu.Lock()
	_, dead := s.duplicated[key]
	before := s.users[key]
	s.users[key] = c
	s.mu.Unlock()
	if dead {
		return errDuplicated
	}
	if before == nil || before == c {
		return nil
	}
	timer := time.NewTimer(duplicateGrace)
	defer timer.Stop()
	select {
	case <-before.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	s.mu.Lock()
	s.duplicated[key] = struct{}{}
	s.mu.Unlock()
	if err := s.opt.Killed(key); err != nil {
		return fmt.Errorf("note that key %x is dead: %w", key, err)
	}
	return errDuplicated
}

// forgetUser says that c is over.
func (s *Server) forgetUser(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.users, func(_ KeyID, user *conn) bool { return user == c })
}
