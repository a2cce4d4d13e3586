package mtproto

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

// helloTimeout is how long a connection may take to show its transport.
const helloTimeout = time.Minute

// once is a listener of the one connection it holds. It lets td's listeners detect the transport
// in the connection's own goroutine, not inside the server's Accept.
type once struct{ conn net.Conn }

func (o once) Accept() (net.Conn, error) { return o.conn, nil }
func (o once) Close() error              { return nil }
func (o once) Addr() net.Addr            { return o.conn.LocalAddr() }

// rewound is a connection whose first bytes were read already.
type rewound struct {
	net.Conn
	r io.Reader
}

func (c rewound) Read(b []byte) (int, error) { return c.r.Read(b) }

// negotiate finds the transport by the first bytes, as in core.telegram.org/mtproto/mtproto-transports.
func negotiate(nc net.Conn) (transport.Conn, error) {
	// Deadlines are the system's, whatever clock the server shows its clients.
	if err := nc.SetReadDeadline(time.Now().Add(helloTimeout)); err != nil {
		return nil, fmt.Errorf("set the deadline for the first bytes: %w", err)
	}
	head, obfuscated, err := readHead(nc)
	if err != nil {
		return nil, fmt.Errorf("read the first bytes: %w", err)
	}
	var ln net.Listener = once{rewound{nc, io.MultiReader(bytes.NewReader(head), nc)}}
	if obfuscated {
		ln = transport.ObfuscatedListener(ln)
	}
	tc, err := transport.Listen(ln).Accept()
	if err != nil {
		return nil, fmt.Errorf("detect the transport: %w", err)
	}
	return sturdy{tc}, nil
}

// sturdy makes an error of a packet that td's codec panics on: its full transport slices by a length
// that it has not held against the least a packet can have.
type sturdy struct{ transport.Conn }

func (c sturdy) Recv(ctx context.Context, b *bin.Buffer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed packet: %v", p)
		}
	}()
	return c.Conn.Recv(ctx, b)
}

// readHead reads no more than tells a plain transport from an obfuscated one: an obfuscated
// connection begins with 64 random bytes, of which the first are none of the plain tags and bytes 4 to
// 7 are not zero, as the sequence number of the full transport's first packet is.
func readHead(r io.Reader) (head []byte, obfuscated bool, err error) {
	head = make([]byte, 8)
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return nil, false, err
	}
	if head[0] == codec.AbridgedClientStart[0] {
		return head[:1], false, nil
	}
	if _, err := io.ReadFull(r, head[1:4]); err != nil {
		return nil, false, err
	}
	switch [4]byte(head[:4]) {
	case codec.IntermediateClientStart, codec.PaddedIntermediateClientStart:
		return head[:4], false, nil
	}
	if _, err := io.ReadFull(r, head[4:]); err != nil {
		return nil, false, err
	}
	return head, !bytes.Equal(head[4:], []byte{0, 0, 0, 0}), nil
}
