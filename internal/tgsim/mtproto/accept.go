package mtproto

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
)

// helloTimeout is how long a connection may take to show its transport.
const helloTimeout = time.Minute

// readBuffer is how much is read from a connection at once; most packets of clients are smaller.
const readBuffer = 4 << 10

// duplex joins a reader and a writer.
type duplex struct {
	io.Reader
	io.Writer
}

// negotiate finds the transport by the first bytes, as in core.telegram.org/mtproto/mtproto-transports. It runs in
// the connection's own goroutine, not inside Accept, where a silent client would hold up the others.
func negotiate(nc net.Conn) (*wire, error) {
	// Deadlines are the system's, whatever clock the server shows its clients.
	if err := nc.SetReadDeadline(time.Now().Add(helloTimeout)); err != nil {
		return nil, fmt.Errorf("set the deadline for the first bytes: %w", err)
	}
	w := &wire{nc: nc, r: bufio.NewReaderSize(nc, readBuffer), w: nc}
	f, err := w.detect()
	if err != nil {
		return nil, fmt.Errorf("detect the transport: %w", err)
	}
	w.framing = f
	if err := nc.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("lift the deadline for the first bytes: %w", err)
	}
	return w, nil
}

// detect tells the transports apart by as few bytes as possible. An obfuscated connection begins with 64 random bytes, of which
// the first are none of the plain tags and bytes 4 to 7 are not zero, as the sequence number of the full transport's
// first packet is.
func (w *wire) detect() (framing, error) {
	first, err := w.r.Peek(1)
	if err != nil {
		return nil, err
	}
	if first[0] == codec.AbridgedClientStart[0] {
		return w.tagged([4]byte{first[0], first[0], first[0], first[0]}, 1)
	}
	head, err := w.r.Peek(4)
	if err != nil {
		return nil, err
	}
	switch tag := [4]byte(head); tag {
	case codec.IntermediateClientStart, codec.PaddedIntermediateClientStart:
		return w.tagged(tag, 4)
	}
	if head, err = w.r.Peek(8); err != nil {
		return nil, err
	}
	if bytes.Equal(head[4:], []byte{0, 0, 0, 0}) {
		return new(full), nil
	}
	stream, about, err := obfuscated2.Accept(duplex{w.r, w.nc}, nil)
	if err != nil {
		return nil, fmt.Errorf("read the obfuscated head: %w", err)
	}
	w.r, w.w = bufio.NewReaderSize(stream, readBuffer), stream
	return w.tagged(about.Protocol, 0)
}

// tagged returns the framing of a tag that takes up n bytes of the stream.
func (w *wire) tagged(tag [4]byte, n int) (framing, error) {
	if _, err := w.r.Discard(n); err != nil {
		return nil, err
	}
	switch tag {
	case abridged{}.tag():
		return abridged{}, nil
	case codec.IntermediateClientStart:
		return intermediate{}, nil
	case codec.PaddedIntermediateClientStart:
		return intermediate{padded: true}, nil
	}
	return nil, fmt.Errorf("no transport has the tag %x", tag)
}
