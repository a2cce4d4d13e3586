package mtproto_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// exchanged makes a key with the server as a client does, temporary if lifetime is not zero.
func (s *served) exchanged(t *testing.T, lifetime int) exchange.ClientExchangeResult {
	t.Helper()
	nc, err := s.dial(t.Context())
	require.NoError(t, err)
	tc, err := transport.Abridged.Handshake(nc)
	require.NoError(t, err)
	defer tc.Close()
	e := exchange.NewExchanger(tc, dc)
	if lifetime > 0 {
		e = e.WithTempMode(lifetime)
	}
	made, err := e.Client([]exchange.PublicKey{{RSA: &serverKey().PublicKey}}).Run(t.Context())
	require.NoError(t, err)
	return made
}

// binding is auth.bindTempAuthKey for the raw client's next message.
func (r *raw) binding(perm crypto.AuthKey, id int64, expires time.Time) *tg.AuthBindTempAuthKeyRequest {
	r.t.Helper()
	inner := crypto.BindAuthKeyInner{
		Nonce: 5, TempAuthKeyID: r.key.IntID(), PermAuthKeyID: perm.IntID(), TempSessionID: r.session,
		ExpiresAt: int(expires.Unix()),
	}
	sealed, err := crypto.EncryptBindMessage(rand.Reader, perm, id, &inner)
	require.NoError(r.t, err)
	return &tg.AuthBindTempAuthKeyRequest{
		PermAuthKeyID: perm.IntID(), Nonce: 5, ExpiresAt: inner.ExpiresAt, EncryptedMessage: sealed,
	}
}

func (r *raw) bind(perm crypto.AuthKey, expires time.Time) {
	r.t.Helper()
	id := r.newID()
	r.sendAs(id, r.binding(perm, id, expires))
	_, body := r.result(id)
	require.NoError(r.t, new(tg.BoolTrue).Decode(&bin.Buffer{Buf: body}))
}

func (r *raw) refusal(query bin.Encoder) string {
	r.t.Helper()
	_, body := r.result(r.send(query))
	return decode(r.t, new(mt.RPCError), body).ErrorMessage
}

// A temporary key is good for nothing until it is bound, then speaks for the permanent key until it expires.
func TestRule28TemporaryKeys(t *testing.T) {
	h := newBackend()
	c := newClock()
	c.at = time.Now()
	s := serveWith(t, mtproto.Options{Handler: h, Now: c.now})
	perm, made := s.newKey(t), s.exchanged(t, 3600)
	r := s.raw(t, made.AuthKey, made.SessionID, transport.Intermediate)
	r.salt = made.ServerSalt
	assert.Equal(t, "AUTH_KEY_PERM_EMPTY", r.refusal(near))
	r.result(r.send(&tg.HelpGetConfigRequest{}))

	other := s.newKey(t)
	wrong := r.newID()
	for _, bad := range []*tg.AuthBindTempAuthKeyRequest{
		r.binding(perm, wrong+4, c.now()), // of another message
		{PermAuthKeyID: perm.IntID(), EncryptedMessage: []byte("nothing")},
		{PermAuthKeyID: other.IntID(), EncryptedMessage: r.binding(perm, wrong, c.now()).EncryptedMessage},
		{PermAuthKeyID: 12},
		{PermAuthKeyID: made.AuthKey.IntID()},
	} {
		assert.Equal(t, "ENCRYPTED_MESSAGE_INVALID", r.refusal(bad))
	}
	r.bind(perm, c.now().Add(time.Hour))
	r.bind(perm, c.now().Add(time.Hour)) // again
	r.result(r.send(near))
	seen := h.requests()
	assert.Equal(t, perm.ID, seen[len(seen)-1].Key)
	id := r.newID()
	r.sendAs(id, r.binding(other, id, c.now()))
	_, body := r.result(id)
	assert.Equal(t, "TEMP_AUTH_KEY_ALREADY_BOUND", decode(t, new(mt.RPCError), body).ErrorMessage)
	assert.True(t, s.Push(perm.ID, &tg.UpdatesTooLong{}))
	r.await(tg.UpdatesTooLongTypeID, nil)

	permanent := s.raw(t, perm, 4, transport.Intermediate)
	assert.Equal(t, "TEMP_AUTH_KEY_EMPTY", permanent.refusal(&tg.AuthBindTempAuthKeyRequest{PermAuthKeyID: perm.IntID()}))

	next := s.exchanged(t, 3600)
	r2 := s.raw(t, next.AuthKey, next.SessionID, transport.Intermediate)
	r2.salt = next.ServerSalt
	r2.bind(perm, c.now().Add(time.Hour))
	assert.Equal(t, "AUTH_KEY_PERM_EMPTY", r.refusal(near), "a permanent key has one temporary key")

	c.advance(61 * time.Minute)
	r2.send(near)
	r2.unknownKey()
}

// unknownKey waits for the transport error that says so.
func (r *raw) unknownKey() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var b bin.Buffer
	var err error
	for err == nil {
		err = r.conn.Recv(ctx, &b)
	}
	var code *codec.ProtocolErr
	require.True(r.t, errors.As(err, &code), "%v", err)
	assert.EqualValues(r.t, codec.CodeAuthKeyNotFound, code.Code)
}

// A stock client with perfect forward secrecy, the exchange of both keys and the binding included.
func TestStockClientWithForwardSecrecy(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := telegram.NewClient(1, "hash", telegram.Options{
		DC: dc, DCList: dcs.List{Options: []tg.DCOption{{ID: dc, IPAddress: "127.0.0.1", Port: 1, Static: true}}},
		PublicKeys: []exchange.PublicKey{{RSA: &serverKey().PublicKey}},
		Resolver: dcs.Plain(dcs.PlainOptions{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return s.dial(ctx)
		}}),
		SessionStorage: new(session.StorageMemory), NoUpdates: true, EnablePFS: true,
	})
	require.NoError(t, c.Run(ctx, func(ctx context.Context) error {
		_, err := tg.NewClient(c).HelpGetNearestDC(ctx)
		return err
	}))
	seen := h.requests()
	last := seen[len(seen)-1]
	k, ok, err := s.keys.Key(last.Key)
	require.NoError(t, err)
	require.True(t, ok)
	assert.Zero(t, k.Expires, "the handler sees the permanent key")
}

// destroy_auth_key is the end of a key.
func TestDestroyAuthKey(t *testing.T) {
	s := serveTCP(t, newBackend())
	r := s.raw(t, s.newKey(t), 9, transport.Intermediate)
	r.result(r.send(near))
	r.send(bytesOf{0x60, 0x51, 0x43, 0xd1})
	r.await(0xf660e1d4, nil)
	assert.False(t, s.Push(r.key.ID, &tg.UpdatesTooLong{}))
	r.send(near)
	r.unknownKey()
}
