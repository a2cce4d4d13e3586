package mtproto_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// A packet that asks for it is acknowledged before anything else, by the start of the hash that its key is cut from.
func TestQuickAcknowledgement(t *testing.T) {
	for name, c := range map[string]struct {
		tag   string
		head  func(n int) []byte
		order binary.ByteOrder
	}{
		"abridged":     {"\xef", func(n int) []byte { return []byte{byte(n/4) | 0x80} }, binary.BigEndian},
		"intermediate": {"\xee\xee\xee\xee", func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)|1<<31) }, binary.LittleEndian},
		"padded":       {"\xdd\xdd\xdd\xdd", func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)|1<<31) }, binary.LittleEndian},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveTCP(t, newBackend())
			key := s.newKey(t)
			nc, err := s.dial(t.Context())
			require.NoError(t, err)
			defer nc.Close()
			packet, token := sealed(t, key)
			_, err = nc.Write(append(append([]byte(c.tag), c.head(len(packet))...), packet...))
			require.NoError(t, err)
			var got [4]byte
			_, err = io.ReadFull(nc, got[:])
			require.NoError(t, err)
			assert.Equal(t, token, c.order.Uint32(got[:]))
		})
	}
}

// sealed is a query with as little padding as there can be, and the token that acknowledges it.
func sealed(t *testing.T, key crypto.AuthKey) (packet []byte, token uint32) {
	t.Helper()
	var body, b bin.Buffer
	require.NoError(t, near.Encode(&body))
	data := crypto.EncryptedMessageData{
		Salt: 77, SessionID: 3, MessageID: proto.NewMessageIDGen(time.Now).New(proto.MessageFromClient), SeqNo: 1,
		MessageDataLen: int32(body.Len()), MessageDataWithPadding: body.Buf,
	}
	cipher := crypto.NewClientCipher(bytes.NewReader(make([]byte, 64)))
	require.NoError(t, cipher.Encrypt(key, data, &b))
	var plain bin.Buffer
	require.NoError(t, data.Encode(&plain))
	plain.Put(make([]byte, len(b.Buf)-24-plain.Len()))
	sum := sha256.Sum256(append(key.Value[88:120:120], plain.Buf...))
	return b.Buf, binary.LittleEndian.Uint32(sum[:]) | 1<<31
}

// A packet larger than any client sends ends the connection before it is waited for.
func TestOversizedPacket(t *testing.T) {
	s := serveTCP(t, newBackend())
	for _, hello := range []string{"\xef\x7f\xff\xff\xff", "\xee\xee\xee\xee\xff\xff\xff\x7f", "\xff\xff\xff\x7f\x00\x00\x00\x00"} {
		nc, err := s.dial(t.Context())
		require.NoError(t, err)
		_, err = io.WriteString(nc, hello)
		require.NoError(t, err)
		_, err = nc.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, nc.Close())
	}
}

// long is an answer that compresses well.
type long struct{ *backend }

func (l long) Handle(ctx context.Context, r *mtproto.Request) (bin.Encoder, error) {
	if r.Method == tg.HelpGetSupportNameRequestTypeID {
		return &tg.HelpSupportName{Name: strings.Repeat("name ", 1000)}, nil
	}
	return l.backend.Handle(ctx, r)
}

// Answers over the limit come as gzip_packed, others and errors do not.
func TestLongAnswersArePacked(t *testing.T) {
	s := serveWith(t, mtproto.Options{Handler: long{newBackend()}, PackOver: 512})
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	_, body := r.result(r.send(twin))
	assert.Less(t, len(body), 500)
	plain := decode(t, new(proto.GZIP), body)
	assert.Len(t, decode(t, new(tg.HelpSupportName), plain.Data).Name, 5000)
	_, body = r.result(r.send(near))
	decode(t, new(tg.NearestDC), body)
}

// A key exchange does not stop what its connection carries under another key.
func TestExchangeBetweenMessages(t *testing.T) {
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	begin := &bin.Buffer{}
	begin.PutLong(0)
	begin.PutLong(r.newID())
	begin.PutInt32(20)
	begin.PutID(0xbe7e8ef1)
	begin.PutInt128(bin.Int128{1})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 2 {
		require.NoError(t, r.conn.Send(ctx, begin))
		var b bin.Buffer
		require.NoError(t, r.conn.Recv(ctx, &b))
		var m proto.UnencryptedMessage
		require.NoError(t, m.Decode(&b))
		r.result(r.send(near))
	}
}

// With SoleUse a key that two connections use at once is dead for both; one that merely comes back is not.
func TestRule28DuplicatedKey(t *testing.T) {
	s := serveWith(t, mtproto.Options{Handler: newBackend(), SoleUse: true})
	key := s.newKey(t)
	one := s.raw(t, key, 1, transport.Intermediate)
	one.result(one.send(near))
	require.NoError(t, one.conn.Close())
	two := s.raw(t, key, 2, transport.Intermediate)
	_, body := two.result(two.send(near))
	decode(t, new(tg.NearestDC), body)
	three := s.raw(t, key, 3, transport.Intermediate)
	assert.Equal(t, "AUTH_KEY_DUPLICATED", three.refusal(near))
	assert.Equal(t, "AUTH_KEY_DUPLICATED", two.refusal(near))
	other := s.raw(t, s.newKey(t), 3, transport.Intermediate)
	other.result(other.send(near))
}

// Whatever comes without a key, the server goes on serving others.
func FuzzUnencrypted(f *testing.F) {
	s := servePipe(f, newBackend())
	f.Add([]byte{0xf1, 0x8e, 0x7e, 0xbe, 15: 1, 19: 0})
	f.Add([]byte("\xbe\xe4\x12\xd7aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x1f\x5f\x04\xf5aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb\x10aaaaaaaaaaaaaaaa\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		body = body[:len(body)&^3]
		nc, err := s.dial(t.Context())
		require.NoError(t, err)
		require.NoError(t, nc.SetDeadline(time.Now().Add(20*time.Millisecond)))
		_, _ = nc.Write(intermediatePackets(body))
		drain(nc)
		require.NoError(t, nc.Close())
		s.answers(t)
	})
}

// intermediatePackets is a beginning of an exchange and then the body, both without a key.
func intermediatePackets(body []byte) []byte {
	begin := append([]byte{0xf1, 0x8e, 0x7e, 0xbe}, make([]byte, 16)...)
	out := []byte{0xee, 0xee, 0xee, 0xee}
	for _, message := range [][]byte{begin, body} {
		out = binary.LittleEndian.AppendUint32(out, uint32(20+len(message)))
		out = append(out, make([]byte, 16)...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(message)))
		out = append(out, message...)
	}
	return out
}
