package mtproto_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/require"
)

// answers checks that the server still serves another client.
func (s *served) answers(t *testing.T) {
	t.Helper()
	r := s.raw(t, s.newKey(t), 1, transport.Intermediate)
	r.result(r.send(near))
	require.NoError(t, r.conn.Close())
}

// Whatever an authorized client says, the server goes on serving others.
func FuzzMessage(f *testing.F) {
	for _, e := range []bin.Encoder{
		near, wrapped(near),
		gzipped{wrapped(zipped{near})},
		&mt.MsgsAck{MsgIDs: []int64{1, 2}}, &mt.MsgsStateReq{MsgIDs: []int64{1}}, &mt.MsgResendReq{MsgIDs: []int64{5}},
		&mt.PingDelayDisconnectRequest{PingID: 1, DisconnectDelay: 1}, &mt.GetFutureSaltsRequest{Num: 1 << 30},
		&mt.DestroySessionRequest{SessionID: 1}, &mt.RPCDropAnswerRequest{ReqMsgID: 1},
		&tg.InvokeAfterMsgsRequest{MsgIDs: []int64{1, 2}, Query: near},
		&proto.MessageContainer{Messages: []proto.Message{{ID: 4, SeqNo: 1, Bytes: 4, Body: []byte{1, 2, 3, 4}}}},
	} {
		var b bin.Buffer
		require.NoError(f, e.Encode(&b))
		f.Add(b.Buf)
	}
	s := servePipe(f, newBackend())
	f.Fuzz(func(t *testing.T, body []byte) {
		body = body[:len(body)&^3]
		r := s.raw(t, s.newKey(t), 1, transport.Abridged)
		r.send(bytesOf(body))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_ = r.conn.Recv(ctx, new(bin.Buffer)) // whatever comes, if anything
		require.NoError(t, r.conn.Close())
		s.answers(t)
	})
}

// Whatever bytes a stranger sends, the server goes on serving others.
func FuzzFirstBytes(f *testing.F) {
	for _, hello := range []string{
		"\xef\x0a", "\xee\xee\xee\xee\x08\x00\x00\x00\x6c\xfe\xff\xff", "\xdd\xdd\xdd\xdd\x00\x00\x00\x80",
		"\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\x02\x00",
		"\xef\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x01\x02\x03\x04\x14\x00\x00\x00\xf1\x8e\x7e\xbe0123456789abcdef",
	} {
		f.Add([]byte(hello))
	}
	s := servePipe(f, newBackend())
	f.Fuzz(func(t *testing.T, hello []byte) {
		nc, err := s.dial(t.Context())
		require.NoError(t, err)
		require.NoError(t, nc.SetDeadline(time.Now().Add(5*time.Millisecond)))
		_, _ = nc.Write(hello) // the server may have closed it by then
		drain(nc)
		require.NoError(t, nc.Close())
		s.answers(t)
	})
}

// drain reads until the deadline or the end.
func drain(nc net.Conn) {
	b := make([]byte, 1024)
	for {
		if _, err := nc.Read(b); err != nil {
			return
		}
	}
}

// One small query at a time: what the engine itself costs.
func BenchmarkQuery(b *testing.B) {
	s := serveTCP(b, newBackend())
	r := s.raw(b, s.newKey(b), 1, transport.Intermediate)
	b.ReportAllocs()
	for b.Loop() {
		r.result(r.send(near))
	}
}
