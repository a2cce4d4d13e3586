package mtproto

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

// maxRunning is how many queries of one connection run at once; the next waits unread.
const maxRunning = 1024

// conn is one connection. Its read loop runs in serveConn, its writer and the handlers of its queries
// in goroutines that serveConn waits for.
type conn struct {
	srv *Server
	nc  net.Conn
	tc  transport.Conn
	out *outbox

	handlers sync.WaitGroup // added to by the read loop only
	running  chan struct{}  // one token a handler

	// Both belong to the read loop.
	sessions map[*session]struct{}
	until    time.Time // when ping_delay_disconnect ends the connection; zero is never
}

func (c *conn) close() { _ = c.nc.Close() }

// serveConn speaks with one client until its connection ends or ctx does, and says why it ended.
func (s *Server) serveConn(ctx context.Context, nc net.Conn) error {
	defer func() { _ = nc.Close() }()
	defer context.AfterFunc(ctx, func() { _ = nc.Close() })()
	tc, err := negotiate(nc)
	if err != nil {
		return err
	}
	c := &conn{
		srv: s, nc: nc, tc: tc, out: newOutbox(),
		running:  make(chan struct{}, maxRunning),
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
		b := new(bin.Buffer)
		if err := c.receive(ctx, b); err != nil {
			return err
		}
		if err := c.packet(ctx, b); err != nil {
			return err
		}
	}
}

func (c *conn) receive(ctx context.Context, b *bin.Buffer) error {
	if c.until.IsZero() {
		return c.tc.Recv(ctx, b)
	}
	ctx, cancel := context.WithDeadline(ctx, c.until)
	defer cancel()
	return c.tc.Recv(ctx, b)
}

// packet handles one packet: an encrypted message, or the first of a key exchange.
func (c *conn) packet(ctx context.Context, b *bin.Buffer) error {
	var id KeyID
	if err := b.PeekN(id[:], len(id)); err != nil {
		return fmt.Errorf("read the auth key id: %w", err)
	}
	if id == (KeyID{}) {
		return c.exchange(ctx, b)
	}
	k, ok, err := c.srv.opt.Keys.Key(id)
	if err != nil {
		return fmt.Errorf("look up auth key %x: %w", id, err)
	}
	if !ok {
		// The connection stays: the client may make a new key on it.
		return c.transportError(ctx, codec.CodeAuthKeyNotFound)
	}
	data, err := c.srv.cipher.DecryptFromBuffer(k.Auth, b)
	if err != nil {
		return fmt.Errorf("decrypt a message: %w", err)
	}
	return c.message(ctx, k, data)
}

// transportError sends a bare code, as for what cannot be encrypted.
func (c *conn) transportError(ctx context.Context, code int32) error {
	var b bin.Buffer
	b.PutInt32(-code)
	return c.tc.Send(ctx, &b)
}

// replay is a connection whose next packet was read already.
type replay struct {
	transport.Conn
	next []byte
}

func (r *replay) Recv(ctx context.Context, b *bin.Buffer) error {
	if r.next == nil {
		return r.Conn.Recv(ctx, b)
	}
	b.ResetTo(r.next)
	r.next = nil
	return nil
}

// exchange makes an auth key with the client, whose first packet is b.
func (c *conn) exchange(ctx context.Context, b *bin.Buffer) error {
	result, err := exchange.NewExchanger(&replay{c.tc, b.Buf}, c.srv.opt.DC).
		WithClock(c.srv.clock()).
		Server(exchange.PrivateKey{RSA: c.srv.opt.Key}).
		Run(ctx)
	var refused *exchange.ServerExchangeError
	var encrypted *exchange.UnexpectedEncryptedError
	switch {
	case errors.As(err, &encrypted): // the client had a key all along
		return c.packet(ctx, &bin.Buffer{Buf: encrypted.Frame})
	case errors.As(err, &refused):
		return errors.Join(fmt.Errorf("exchange an auth key: %w", err), c.transportError(ctx, refused.Code))
	case err != nil:
		return fmt.Errorf("exchange an auth key: %w", err)
	}
	if err := c.srv.opt.Keys.Put(Key{Auth: result.Key, Salt: result.ServerSalt}); err != nil {
		return fmt.Errorf("store an auth key: %w", err)
	}
	return nil
}

// message handles one decrypted message.
func (c *conn) message(ctx context.Context, k Key, data *crypto.EncryptedMessageData) error {
	one := c.srv.session(k, data.SessionID)
	one.join(c, data.MessageID)
	c.sessions[one] = struct{}{}
	return c.handle(ctx, one, incoming{id: data.MessageID, seq: int(data.SeqNo), body: data.Data()})
}
