package mtproto

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto/codec"
)

// maxRunning is how many queries of one connection run at once; the next waits unread.
const maxRunning = 1024

// conn is one connection. Its read loop runs in serveConn, its writer and the handlers of its queries
// in goroutines that serveConn waits for.
type conn struct {
	srv  *Server
	nc   net.Conn
	wire *wire
	out  *outbox
	gone chan struct{} // closed when the read loop has ended

	handlers sync.WaitGroup // added to by the read loop only
	running  chan struct{}  // one token a handler

	// These belong to the read loop.
	exchange handshake
	sessions map[*session]struct{}
	until    time.Time // when ping_delay_disconnect ends the connection; zero is never
	starts   []start   // queries of the packet being read
}

func (c *conn) close() { _ = c.nc.Close() }

// serveConn speaks with one client until its connection ends or ctx does, and says why it ended.
func (s *Server) serveConn(ctx context.Context, nc net.Conn) error {
	defer func() { _ = nc.Close() }()
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
	w, err := negotiate(nc)
	if err != nil {
		return err
	}
	c := &conn{
		srv: s, nc: nc, wire: w, out: newOutbox(), gone: make(chan struct{}),
		running:  make(chan struct{}, maxRunning),
		exchange: handshake{srv: s, rand: s.cipher.Rand()},
		sessions: make(map[*session]struct{}),
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := c.write(); err != nil {
			c.close() // which ends the read loop
		}
	})
	err = c.read(ctx)
	c.close()
	close(c.gone)
	s.forgetUser(c)
	for one := range c.sessions {
		one.leave(c)
	}
	c.out.close()
	writer.Wait()
	c.handlers.Wait()
	return err
}

// read takes packets until the connection ends.
func (c *conn) read(ctx context.Context) error {
	for {
		packet, quick, err := c.wire.receive(c.until)
		if err != nil {
			return err
		}
		err = c.packet(&bin.Buffer{Buf: packet}, quick)
		c.start(ctx) // also what came before an error
		if err != nil {
			return err
		}
	}
}

// packet handles one packet: an encrypted message, or one of a key exchange.
func (c *conn) packet(b *bin.Buffer, quick bool) error {
	var id KeyID
	if err := b.PeekN(id[:], len(id)); err != nil {
		return fmt.Errorf("read the auth key id: %w", err)
	}
	if id == (KeyID{}) {
		return c.unencrypted(b)
	}
	k, ok, err := c.srv.key(id)
	if err != nil {
		return err
	}
	if !ok {
		// The connection stays: the client may make a new key on it.
		return c.transportError(codec.CodeAuthKeyNotFound)
	}
	b.Buf = blocks(b.Buf)
	data, err := c.srv.cipher.DecryptFromBuffer(k.Auth, b)
	if err != nil {
		return fmt.Errorf("decrypt a message: %w", err)
	}
	if quick {
		if err := c.wire.acknowledge(quickToken(k.Auth, data)); err != nil {
			return err
		}
	}
	return c.message(k, data)
}

// blocks cuts a transport's padding off an encrypted message: whole blocks of 16 bytes follow the key's id and the
// message key.
func blocks(packet []byte) []byte {
	const head = 8 + 16
	if len(packet) < head {
		return packet
	}
	return packet[:head+(len(packet)-head)&^15]
}

// key looks an auth key up. A temporary one is gone when it has expired or when the key it speaks for is.
func (s *Server) key(id KeyID) (Key, bool, error) {
	k, ok, err := s.opt.Keys.Key(id)
	if err != nil {
		return Key{}, false, fmt.Errorf("look up auth key %x: %w", id, err)
	}
	if !ok || !k.temporary() {
		return k, ok, nil
	}
	if !s.opt.Now().Before(k.Expires) {
		return Key{}, false, nil
	}
	if k.Partner == (KeyID{}) {
		return k, true, nil
	}
	if _, ok, err = s.opt.Keys.Key(k.Partner); err != nil {
		return Key{}, false, fmt.Errorf("look up auth key %x: %w", k.Partner, err)
	}
	return k, ok, nil
}

// quickToken is the start of the hash that the message key is cut from.
func quickToken(k crypto.AuthKey, data *crypto.EncryptedMessageData) uint32 {
	plain := bin.Buffer{Buf: append([]byte(nil), k.Value[88:88+32]...)}
	_ = data.Encode(&plain) // cannot fail
	sum := sha256.Sum256(plain.Buf)
	return binary.LittleEndian.Uint32(sum[:])
}

// transportError sends a bare code, as for what cannot be encrypted.
func (c *conn) transportError(code int32) error {
	var b bin.Buffer
	b.PutInt32(-code)
	return c.wire.send(b.Buf)
}

// message handles one decrypted message.
func (c *conn) message(k Key, data *crypto.EncryptedMessageData) error {
	one := c.srv.session(k, data.SessionID)
	one.join(c, k)
	c.sessions[one] = struct{}{}
	m := incoming{id: data.MessageID, seq: int(data.SeqNo), body: data.Data()}
	if !c.srv.accepts(k, data.Salt) {
		one.correct(&mt.BadServerSalt{BadMsgID: m.id, BadMsgSeqno: m.seq, ErrorCode: badSalt, NewServerSalt: c.srv.currentSalt(k)})
		return nil
	}
	if code := checkTime(m.id, c.srv.opt.Now()); code != 0 {
		one.reject(m, code)
		return nil
	}
	one.announce(m.id)
	return c.handle(one, m)
}
