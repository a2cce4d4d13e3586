package mtproto_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// near is a query that anybody can make; its twin is executed alike but held apart.
var (
	near = &tg.HelpGetNearestDCRequest{}
	twin = &tg.HelpGetSupportNameRequest{}
)

func TestUnknownKeyIsATransportError(t *testing.T) {
	s := serveTCP(t, newBackend())
	var k crypto.Key
	k[0] = 1
	r := s.raw(t, k.WithID(), 1, transport.Abridged)
	r.send(near)
	var b bin.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := r.conn.Recv(ctx, &b)
	var code *codec.ProtocolErr
	require.True(t, errors.As(err, &code), "%v", err)
	assert.EqualValues(t, codec.CodeAuthKeyNotFound, code.Code)
}

func TestNewSessionAndNumbering(t *testing.T) {
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	first := r.ids.New(proto.MessageFromClient)
	r.sendAs(first, near)
	m := r.await(mt.NewSessionCreatedTypeID, nil)
	created := decode(t, new(mt.NewSessionCreated), m.body)
	assert.Equal(t, first, created.FirstMsgID)
	assert.EqualValues(t, 77, created.ServerSalt)
	assert.EqualValues(t, 1, m.seq)
	assert.Equal(t, proto.MessageFromServer, proto.MessageID(m.id).Type())
	seq, id := m.seq, m.id
	for range 3 {
		m, _ := r.result(r.send(near))
		assert.Equal(t, proto.MessageServerResponse, proto.MessageID(m.id).Type())
		assert.Greater(t, m.id, id)
		assert.Greater(t, m.seq, seq)
		assert.EqualValues(t, 1, m.seq%2)
		seq, id = m.seq, m.id
	}
	assert.WithinDuration(t, time.Now(), proto.MessageID(id).Time(), time.Minute)
}

// A repeated message id gets the answer that was given, on a new connection too, and runs nothing.
func TestRepeatedQueryIsAnsweredOnceMore(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	key := s.newKey(t)
	r := s.raw(t, key, 9, transport.Intermediate)
	id := r.send(near)
	_, first := r.result(id)
	r.sendAs(id, near)
	again, second := r.result(id)
	assert.Equal(t, first, second)

	r2 := s.raw(t, key, 9, transport.Full)
	r2.seq = r.seq
	r2.sendAs(id, near)
	_, third := r2.result(id)
	assert.Equal(t, first, third)
	assert.Equal(t, 1, h.count(tg.HelpGetNearestDCRequestTypeID))

	// Another session of the key may use the same id.
	r3 := s.raw(t, key, 10, transport.Full)
	r3.sendAs(id, near)
	r3.result(id)
	assert.Equal(t, 2, h.count(tg.HelpGetNearestDCRequestTypeID))

	// An answer that the client asks for by its own id comes too.
	r2.send(&mt.MsgResendReq{MsgIDs: []int64{again.id, 123}})
	r2.sendAs(id, near)
	m, _ := r2.result(id)
	assert.Greater(t, m.id, again.id)
}

// A client whose connection broke while its query ran finds the answer on its next one.
func TestAnswerFollowsTheSession(t *testing.T) {
	for _, asksAgain := range []bool{true, false} {
		h := newBackend()
		s := serveTCP(t, h)
		release := h.hold(tg.HelpGetNearestDCRequestTypeID)
		key := s.newKey(t)
		r := s.raw(t, key, 9, transport.Intermediate)
		id := r.send(near)
		require.Eventually(t, func() bool { return h.count(tg.HelpGetNearestDCRequestTypeID) == 1 }, 5*time.Second, time.Millisecond)
		require.NoError(t, r.conn.Close())
		r2 := s.raw(t, key, 9, transport.Intermediate)
		r2.seq = r.seq
		if asksAgain {
			r2.sendAs(id, near)
			r2.await(mt.MsgsAckTypeID, nil)
		} else {
			r2.send(&mt.PingRequest{PingID: 1})
			r2.await(mt.PongTypeID, nil)
		}
		release()
		_, body := r2.result(id)
		assert.Equal(t, "NL", decode(t, new(tg.NearestDC), body).Country)
		assert.Equal(t, 1, h.count(tg.HelpGetNearestDCRequestTypeID))
	}
}

func TestSlowQueryIsAcknowledged(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	defer h.hold(tg.HelpGetNearestDCRequestTypeID)()
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	id := r.send(near)
	m := r.await(mt.MsgsAckTypeID, nil)
	assert.Equal(t, []int64{id}, decode(t, new(mt.MsgsAck), m.body).MsgIDs)
	assert.Zero(t, m.seq%2)
}

// wrapped nests a query as clients do.
func wrapped(q bin.Object) bin.Encoder {
	return &tg.InvokeWithLayerRequest{Layer: tg.Layer, Query: &tg.InitConnectionRequest{
		APIID: 1, DeviceModel: "d", SystemVersion: "s", AppVersion: "a", SystemLangCode: "en", LangCode: "en",
		Params: &tg.JSONObject{}, Query: q,
	}}
}

// zipped is gzip_packed in the zlib format.
type zipped struct{ bin.Encoder }

func (z zipped) Encode(b *bin.Buffer) error {
	var plain bin.Buffer
	if err := z.Encoder.Encode(&plain); err != nil {
		return err
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(plain.Buf); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	b.PutID(proto.GZIPTypeID)
	b.PutBytes(packed.Bytes())
	return nil
}

func (z zipped) Decode(*bin.Buffer) error { return errors.New("not for decoding") }

// gzipped is gzip_packed in the gzip format.
type gzipped struct{ bin.Encoder }

func (z gzipped) Encode(b *bin.Buffer) error {
	var plain bin.Buffer
	if err := z.Encoder.Encode(&plain); err != nil {
		return err
	}
	return proto.GZIP{Data: plain.Buf}.Encode(b)
}

func (z gzipped) Decode(*bin.Buffer) error { return errors.New("not for decoding") }

func TestUnwrapping(t *testing.T) {
	for name, q := range map[string]bin.Encoder{
		"bare":                     near,
		"layer and init":           wrapped(near),
		"gzip":                     gzipped{near},
		"zlib":                     zipped{near},
		"gzip around the layers":   gzipped{wrapped(near)},
		"zlib within the layers":   wrapped(zipped{near}),
		"after unknown":            &tg.InvokeAfterMsgRequest{MsgID: 4, Query: near},
		"after several unknown":    &tg.InvokeAfterMsgsRequest{MsgIDs: []int64{4, 8}, Query: near},
		"gzip within gzip":         gzipped{zipped{near}},
		"no updates":               wrapped(&tg.InvokeWithoutUpdatesRequest{Query: near}),
		"no updates, gzip, layers": &tg.InvokeWithoutUpdatesRequest{Query: gzipped{wrapped(near)}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newBackend()
			s := serveTCP(t, h)
			key := s.newKey(t)
			r := s.raw(t, key, 9, transport.Intermediate)
			id := r.send(q)
			_, body := r.result(id)
			assert.Equal(t, "NL", decode(t, new(tg.NearestDC), body).Country)
			seen := h.requests()
			require.Len(t, seen, 1)
			assert.Equal(t, mtproto.Request{
				Key: key.ID, Session: 9, MsgID: id, Method: tg.HelpGetNearestDCRequestTypeID, DC: dc,
				Body: seen[0].Body, NoUpdates: seen[0].NoUpdates,
			}, seen[0])
			assert.Equal(t, name[:2] == "no", seen[0].NoUpdates)
			require.NoError(t, new(tg.HelpGetNearestDCRequest).Decode(seen[0].Body))
		})
	}
}

func TestBadQueriesGetAnError(t *testing.T) {
	nested := bin.Object(near)
	for range 20 {
		nested = &tg.InvokeWithoutUpdatesRequest{Query: nested}
	}
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	for name, q := range map[string]struct {
		query bin.Encoder
		want  string
	}{
		"unknown":       {&tg.HelpGetSupportRequest{}, "INPUT_METHOD_INVALID"},
		"cut short":     {bytesOf{0x0d, 0x0d, 0x9b, 0xda, 1, 2, 3, 4}, "INPUT_FETCH_ERROR"},
		"no zip at all": {bytesOf{0xa1, 0xcf, 0x72, 0x30, 3, 1, 2, 3}, "INPUT_FETCH_ERROR"},
		"bomb":          {gzipped{bytesOf(make([]byte, 2<<20))}, "INPUT_FETCH_ERROR"},
		"too nested":    {nested, "INPUT_REQUEST_TOO_LONG"},
		"wrapper only":  {&tg.InvokeWithoutUpdatesRequest{Query: bytesOf{}}, "INPUT_FETCH_ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			_, body := r.result(r.send(q.query))
			assert.Equal(t, q.want, decode(t, new(mt.RPCError), body).ErrorMessage)
		})
	}
}

// bytesOf is a message body as it is.
type bytesOf []byte

func (o bytesOf) Encode(b *bin.Buffer) error { b.Put(o); return nil }
func (o bytesOf) Decode(*bin.Buffer) error   { return errors.New("not for decoding") }

// invokeAfterMsg waits for the query it names, and fails with it.
func TestInvokeAfter(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	release := h.hold(tg.HelpGetSupportNameRequestTypeID)
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	before := r.send(twin)
	after := r.send(&tg.InvokeAfterMsgRequest{MsgID: before, Query: near})
	r.await(mt.MsgsAckTypeID, nil)
	assert.Zero(t, h.count(tg.HelpGetNearestDCRequestTypeID))
	release()
	r.result(after)
	assert.Equal(t, 1, h.count(tg.HelpGetNearestDCRequestTypeID))

	bad := r.send(&tg.HelpGetSupportRequest{})
	_, body := r.result(r.send(&tg.InvokeAfterMsgRequest{MsgID: bad, Query: near}))
	assert.Equal(t, "MSG_WAIT_FAILED", decode(t, new(mt.RPCError), body).ErrorMessage)
}

// Containers carry queries and service messages, each with an id of its own.
func TestContainers(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	message := func(e bin.Encoder) proto.Message {
		var b bin.Buffer
		require.NoError(t, e.Encode(&b))
		r.seq++
		return proto.Message{ID: r.ids.New(proto.MessageFromClient), SeqNo: int(r.seq)*2 - 1, Bytes: b.Len(), Body: b.Buf}
	}
	one, two := message(near), message(gzipped{near})
	all := &proto.MessageContainer{Messages: []proto.Message{message(&mt.PingRequest{PingID: 3}), one, two}}
	r.send(all)
	want := map[int64]bool{one.ID: true, two.ID: true}
	for len(want) > 0 {
		for _, m := range r.read() {
			var res proto.Result
			if res.Decode(&bin.Buffer{Buf: m.body}) == nil {
				delete(want, res.RequestMessageID)
			}
		}
	}
	r.send(gzipped{&proto.MessageContainer{Messages: []proto.Message{one}}})
	r.result(one.ID)
	assert.Equal(t, 2, h.count(tg.HelpGetNearestDCRequestTypeID))
}

// Updates go to the session of the key that was active last, but not for invokeWithoutUpdates.
func TestRule30PushGoesToTheLastActive(t *testing.T) {
	s := serveTCP(t, newBackend())
	key := s.newKey(t)
	var rs []*raw
	for i := range 3 {
		r := s.raw(t, key, int64(i+1), transport.Intermediate)
		var q bin.Encoder = near
		if i == 2 {
			q = &tg.InvokeWithoutUpdatesRequest{Query: near}
		}
		r.result(r.send(q))
		rs = append(rs, r)
	}
	update := &tg.UpdatesTooLong{}
	require.True(t, s.Push(key.ID, update))
	m := rs[1].await(tg.UpdatesTooLongTypeID, nil)
	assert.EqualValues(t, 1, m.seq%2)

	rs[0].result(rs[0].send(near))
	require.True(t, s.Push(key.ID, update))
	rs[0].await(tg.UpdatesTooLongTypeID, nil)

	require.NoError(t, rs[0].conn.Close())
	require.Eventually(t, func() bool {
		if !s.Push(key.ID, update) {
			return false
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		return rs[1].conn.Recv(ctx, new(bin.Buffer)) == nil
	}, 5*time.Second, time.Millisecond, "the one before it takes over")
}

// A client that reads nothing is cut, and others are served meanwhile.
func TestClientThatDoesNotRead(t *testing.T) {
	s := servePipe(t, newBackend())
	key := s.newKey(t)
	r := s.raw(t, key, 9, transport.Intermediate)
	r.result(r.send(near))
	pushes := 0
	require.Eventually(t, func() bool {
		for range 1000 {
			if !s.Push(key.ID, &tg.UpdatesTooLong{}) {
				return true
			}
			pushes++
		}
		return false
	}, 5*time.Second, time.Millisecond)
	assert.Greater(t, pushes, 1000)
	other := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	other.result(other.send(near))
}
