package mtproto

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/proto/codec"
)

// maxPacket bounds what a client may send at once: a container may have a megabyte.
const maxPacket = 2 << 20

// quickAck is the bit that asks for a quick acknowledgement in a packet's length, and marks one in what the server
// sends, core.telegram.org/mtproto/mtproto-transports#quick-ack.
const quickAck = 1 << 31

var errPacketSize = errors.New("a packet of impossible size")

// framing cuts a stream into packets. td's codecs do the same, but read a quick acknowledgement's flag as part of the length, and
// write head and payload apart.
type framing interface {
	// head reads what precedes a packet: its size and whether a quick acknowledgement is wanted.
	head(r *bufio.Reader) (size int, quick bool, err error)
	// open takes the payload out of what head announced, in place.
	open(packet []byte) ([]byte, error)
	// seal appends a payload as it goes on the wire.
	seal(to, payload []byte) []byte
	// token appends a quick acknowledgement.
	token(to []byte, token uint32) []byte
}

// wire is a connection that carries packets. One goroutine may receive, several may send.
type wire struct {
	nc      net.Conn
	r       *bufio.Reader
	w       io.Writer
	framing framing
	in      []byte // belongs to the receiver; of the last packet

	mu  sync.Mutex
	out []byte // guarded by mu; of the packet being sent
}

// receive returns the next packet, which is valid until the next call.
func (w *wire) receive(until time.Time) (packet []byte, quick bool, err error) {
	if err := w.nc.SetReadDeadline(until); err != nil {
		return nil, false, fmt.Errorf("set a deadline: %w", err)
	}
	size, quick, err := w.framing.head(w.r)
	if err != nil {
		return nil, false, fmt.Errorf("read a packet's size: %w", err)
	}
	if size <= 0 || size > maxPacket {
		return nil, false, errPacketSize
	}
	if cap(w.in) < size {
		w.in = make([]byte, size)
	}
	w.in = w.in[:size]
	if _, err := io.ReadFull(w.r, w.in); err != nil {
		return nil, false, fmt.Errorf("read a packet: %w", err)
	}
	packet, err = w.framing.open(w.in)
	return packet, quick, err
}

// send writes one packet in one piece. The connection is closed when the server ends, so this needs no context.
func (w *wire) send(payload []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out = w.framing.seal(w.out[:0], payload)
	if _, err := w.w.Write(w.out); err != nil {
		return fmt.Errorf("write a packet: %w", err)
	}
	return nil
}

// acknowledge sends a quick acknowledgement.
func (w *wire) acknowledge(token uint32) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.w.Write(w.framing.token(nil, token|quickAck)); err != nil {
		return fmt.Errorf("write a quick acknowledgement: %w", err)
	}
	return nil
}

// abridged has a length in words, of one byte or four.
type abridged struct{}

func (abridged) tag() [4]byte {
	b := codec.AbridgedClientStart[0]
	return [4]byte{b, b, b, b}
}

// longAbridged begins a length that takes the next three bytes.
const longAbridged = 0x7f

func (abridged) head(r *bufio.Reader) (int, bool, error) {
	b, err := r.ReadByte()
	if err != nil {
		return 0, false, err
	}
	quick, words := b&0x80 != 0, int(b&0x7f)
	if words == longAbridged {
		var long [4]byte
		if _, err := io.ReadFull(r, long[:3]); err != nil {
			return 0, false, err
		}
		words = int(binary.LittleEndian.Uint32(long[:]))
	}
	return words * 4, quick, nil
}

func (abridged) open(packet []byte) ([]byte, error) { return packet, nil }

func (abridged) seal(to, payload []byte) []byte {
	words := uint32(len(payload) / 4)
	if words < longAbridged {
		to = append(to, byte(words))
	} else {
		to = binary.LittleEndian.AppendUint32(to, words<<8|longAbridged)
	}
	return append(to, payload...)
}

// token is reversed, so that the byte with the mark comes first.
func (abridged) token(to []byte, token uint32) []byte {
	return binary.BigEndian.AppendUint32(to, token)
}

// intermediate has a length in bytes; padded, up to 15 random bytes follow the payload within it.
type intermediate struct{ padded bool }

func (intermediate) head(r *bufio.Reader) (int, bool, error) {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, false, err
	}
	n := binary.LittleEndian.Uint32(b[:])
	return int(n &^ quickAck), n&quickAck != 0, nil
}

// open leaves whole blocks of padding to those who read the payload: it says itself where it ends.
func (f intermediate) open(packet []byte) ([]byte, error) {
	if f.padded {
		packet = packet[:len(packet)&^3]
	}
	return packet, nil
}

func (f intermediate) seal(to, payload []byte) []byte {
	var padding [3]byte // as much as clients of every kind cut off again
	n := 0
	if f.padded {
		_, _ = rand.Read(padding[:]) // never fails: crypto/rand ends the process instead
		n = int(padding[0]) % (len(padding) + 1)
	}
	to = binary.LittleEndian.AppendUint32(to, uint32(len(payload)+n))
	return append(append(to, payload...), padding[:n]...)
}

func (intermediate) token(to []byte, token uint32) []byte {
	return binary.LittleEndian.AppendUint32(to, token)
}

// full has a length, a number and a checksum.
type full struct{ received, sent uint32 }

// fullHead is what a full packet has beside its payload: length, number and checksum.
const fullHead = 12

var errChecksum = errors.New("a packet's number or checksum is wrong")

func (*full) head(r *bufio.Reader) (int, bool, error) {
	b, err := r.Peek(4)
	if err != nil {
		return 0, false, err
	}
	// The length is under the checksum, so it stays for open.
	return int(binary.LittleEndian.Uint32(b)), false, nil
}

func (f *full) open(packet []byte) ([]byte, error) {
	if len(packet) < fullHead {
		return nil, errPacketSize
	}
	end := len(packet) - 4
	number, sum := binary.LittleEndian.Uint32(packet[4:]), binary.LittleEndian.Uint32(packet[end:])
	if number != f.received || sum != crc32.ChecksumIEEE(packet[:end]) {
		return nil, errChecksum
	}
	f.received++
	return packet[8:end], nil
}

func (f *full) seal(to, payload []byte) []byte {
	to = binary.LittleEndian.AppendUint32(to, uint32(len(payload)+fullHead))
	to = binary.LittleEndian.AppendUint32(to, f.sent)
	f.sent++
	to = append(to, payload...)
	return binary.LittleEndian.AppendUint32(to, crc32.ChecksumIEEE(to))
}

// token is never asked for: a full packet has no place for the flag.
func (*full) token(to []byte, token uint32) []byte {
	return binary.LittleEndian.AppendUint32(to, token)
}
