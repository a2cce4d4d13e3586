package mtproto_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMessageStates(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	defer h.hold(tg.HelpGetSupportNameRequestTypeID)()
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	running := r.send(twin)
	unsure := r.send(near)
	r.result(unsure)
	never := r.newID()
	sure := r.send(near)
	answer, _ := r.result(sure)
	r.send(&mt.MsgsAck{MsgIDs: []int64{answer.id}})
	ping := r.send(&mt.PingRequest{PingID: 1})
	future := ping + 1<<40
	req := r.send(&mt.MsgsStateReq{MsgIDs: []int64{running, unsure, sure, ping, never, future, 12}})
	info := decode(t, new(mt.MsgsStateInfo), r.await(mt.MsgsStateInfoTypeID, nil).body)
	assert.Equal(t, req, info.ReqMsgID)
	assert.Equal(t, []byte{4 | 32, 1, 4 | 32 | 64, 4, 2, 3, 1}, info.Info)
	r.sendAs(unsure, near)
	r.result(unsure)

	// The one that is surely there is not executed again either: it is only acknowledged.
	r.sendAs(sure, near)
	r.await(mt.MsgsAckTypeID, func(b *bin.Buffer) bool {
		return assert.ObjectsAreEqual([]int64{sure}, decode(t, new(mt.MsgsAck), b.Buf).MsgIDs)
	})
	assert.Equal(t, 2, h.count(tg.HelpGetNearestDCRequestTypeID))
}

func TestServiceMessages(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	key := s.newKey(t)
	r := s.raw(t, key, 9, transport.PaddedIntermediate)
	other := s.raw(t, key, 10, transport.Full)
	other.result(other.send(near))

	id := r.send(&mt.PingRequest{PingID: 42})
	pong := decode(t, new(mt.Pong), r.await(mt.PongTypeID, nil).body)
	assert.Equal(t, mt.Pong{MsgID: id, PingID: 42}, *pong)

	id = r.send(&mt.GetFutureSaltsRequest{Num: 3})
	salts := decode(t, new(mt.FutureSalts), r.await(mt.FutureSaltsTypeID, nil).body)
	assert.Equal(t, id, salts.ReqMsgID)
	require.Len(t, salts.Salts, 3)
	assert.EqualValues(t, 77, salts.Salts[0].Salt)
	assert.Greater(t, salts.Salts[2].ValidSince, salts.Salts[0].ValidSince)

	r.send(&mt.DestroySessionRequest{SessionID: 10})
	ok := decode(t, new(mt.DestroySessionOk), r.await(mt.DestroySessionOkTypeID, nil).body)
	assert.EqualValues(t, 10, ok.SessionID)
	for _, none := range []int64{10, 9} { // gone, and the client's own
		r.send(&mt.DestroySessionRequest{SessionID: none})
		got := decode(t, new(mt.DestroySessionNone), r.await(mt.DestroySessionNoneTypeID, nil).body)
		assert.Equal(t, none, got.SessionID)
	}

	r.send(&mt.HTTPWaitRequest{MaxWait: 1})
	r.send(&mt.MsgsAck{MsgIDs: []int64{1, 2, 3}})
	r.result(r.send(near))
	assert.Equal(t, 2, h.count(tg.HelpGetNearestDCRequestTypeID), "a service message reached the handler")
	assert.Len(t, h.requests(), 2)
}

func TestPingDelayDisconnect(t *testing.T) {
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	r.send(&mt.PingDelayDisconnectRequest{PingID: 1, DisconnectDelay: 60})
	r.await(mt.PongTypeID, nil)
	r.send(&mt.PingDelayDisconnectRequest{PingID: 2, DisconnectDelay: 0})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var err error
	for err == nil {
		err = r.conn.Recv(ctx, new(bin.Buffer))
	}
	assert.ErrorIs(t, err, io.EOF)
}

func TestDropAnswer(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	release := h.hold(tg.HelpGetSupportNameRequestTypeID)
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	drop := func(id int64) mt.RPCDropAnswerClass {
		_, body := r.result(r.send(&mt.RPCDropAnswerRequest{ReqMsgID: id}))
		got, err := mt.DecodeRPCDropAnswer(&bin.Buffer{Buf: body})
		require.NoError(t, err)
		return got
	}
	answered := r.send(near)
	m, _ := r.result(answered)
	dropped, ok := drop(answered).(*mt.RPCAnswerDropped)
	require.True(t, ok)
	assert.Equal(t, m.id, dropped.MsgID)
	assert.Positive(t, dropped.Bytes)
	assert.IsType(t, &mt.RPCAnswerUnknown{}, drop(answered), "the answer is gone")
	assert.IsType(t, &mt.RPCAnswerUnknown{}, drop(12))

	running := r.send(twin)
	require.Eventually(t, func() bool { return h.count(tg.HelpGetSupportNameRequestTypeID) == 1 }, 5*time.Second, time.Millisecond)
	assert.IsType(t, &mt.RPCAnswerDroppedRunning{}, drop(running))
	release()
	// Nothing comes for it before the answer of what follows it.
	after := r.send(&tg.InvokeAfterMsgRequest{MsgID: running, Query: near})
	for {
		for _, m := range r.read() {
			var res proto.Result
			if res.Decode(&bin.Buffer{Buf: m.body}) != nil {
				continue
			}
			require.NotEqual(t, running, res.RequestMessageID)
			if res.RequestMessageID == after {
				return
			}
		}
	}
}

// What the server cannot send again it tells the state of; answers can be asked for by their query too.
func TestResending(t *testing.T) {
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	id := r.send(near)
	m, _ := r.result(id)
	asks := r.send(&mt.MsgResendReq{MsgIDs: []int64{m.id, 12}})
	r.result(id)
	info := decode(t, new(mt.MsgsStateInfo), r.await(mt.MsgsStateInfoTypeID, nil).body)
	assert.Equal(t, asks, info.ReqMsgID)
	assert.Len(t, info.Info, 2)
	var b bin.Buffer
	require.NoError(t, (&mt.MsgResendReq{MsgIDs: []int64{id}}).EncodeBare(&b))
	r.send(bytesOf(append([]byte{0xeb, 0xba, 0x10, 0x86}, b.Buf...)))
	r.result(id)
	r.send(&mt.MsgsAllInfo{MsgIDs: []int64{1}, Info: []byte{4}})
	r.result(r.send(near))
}

// In a container a query may come before the one that it is to follow.
func TestInvokeAfterWithinAContainer(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	release := h.hold(tg.HelpGetSupportNameRequestTypeID)
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	message := func(id int64, seq int, e bin.Encoder) proto.Message {
		var b bin.Buffer
		require.NoError(t, e.Encode(&b))
		return proto.Message{ID: id, SeqNo: seq, Bytes: b.Len(), Body: b.Buf}
	}
	first, second := r.newID(), r.newID()
	r.seq = 2
	r.send(&proto.MessageContainer{Messages: []proto.Message{
		message(second, 3, &tg.InvokeAfterMsgRequest{MsgID: first, Query: near}), message(first, 1, twin),
	}})
	require.Eventually(t, func() bool { return h.count(tg.HelpGetSupportNameRequestTypeID) == 1 }, 5*time.Second, time.Millisecond)
	assert.Zero(t, h.count(tg.HelpGetNearestDCRequestTypeID))
	release()
	r.result(second)
}
