package rpc_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// doorstep is a world with three DCs and nobody signed in.
type doorstep struct{ *stage }

func newDoorstep(t *testing.T, o world.Options, r rpc.LoginRules) *doorstep {
	t.Helper()
	s := &stage{t: t, clock: &clock{at: epoch}, pushed: make(map[mtproto.KeyID][]*tg.Updates)}
	o.Now = s.clock.now
	if o.Members == 0 {
		o.Members = 50
	}
	s.world = world.New(o)
	s.rpc = rpc.New(rpc.Config{
		World: s.world, APIID: apiID, APIHash: apiHash, DC: dc, Address: "127.0.0.1:2", Now: s.clock.now, Logins: r,
		DCs: map[int]string{1: "127.0.0.1:1", 2: "127.0.0.1:2", 4: "127.0.0.1:4"},
	})
	d := &doorstep{stage: s}
	s.rpc.Bind(d)
	return d
}

// Push implements rpc.Pusher: short updates are kept as others are.
func (d *doorstep) Push(key mtproto.KeyID, u tg.UpdatesClass) bool {
	if short, ok := u.(*tg.UpdateShort); ok {
		u = &tg.Updates{Updates: []tg.UpdateClass{short.Update}, Date: short.Date}
	}
	return d.stage.Push(key, u)
}

// device is a client at a DC. Its number is its key.
func (d *doorstep) device(n byte, at int) *tg.Client {
	return tg.NewClient(door{invoker{d.rpc, mtproto.KeyID{n}}, at})
}

// door is an invoker at a DC of its own.
type door struct {
	invoker
	dc int
}

func (d door) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	var body bin.Buffer
	if err := in.Encode(&body); err != nil {
		return err
	}
	id, err := body.PeekID()
	if err != nil {
		return err
	}
	answer, err := d.rpc.Handle(ctx, &mtproto.Request{Key: d.key, Method: id, Body: &body, DC: d.dc})
	if err != nil {
		return err
	}
	var wire bin.Buffer
	if err := answer.Encode(&wire); err != nil {
		return err
	}
	if body.Len() != 0 {
		return errors.New("the request was not read to its end")
	}
	return out.Decode(&wire)
}

func (d *doorstep) ask(api *tg.Client, phone string) (*tg.AuthSentCode, error) {
	sent, err := api.AuthSendCode(d.t.Context(), &tg.AuthSendCodeRequest{PhoneNumber: phone, APIID: apiID, APIHash: apiHash})
	if err != nil {
		return nil, err
	}
	return sent.(*tg.AuthSentCode), nil
}

// code types the code that was sent to the phone.
func (d *doorstep) code(api *tg.Client, phone, code string) (tg.AuthAuthorizationClass, error) {
	sent, err := d.ask(api, phone)
	if err != nil {
		return nil, err
	}
	return api.AuthSignIn(d.t.Context(), &tg.AuthSignInRequest{
		PhoneNumber: phone, PhoneCodeHash: sent.PhoneCodeHash, PhoneCode: code,
	})
}

// prove answers the key's next challenge.
func (d *doorstep) prove(api *tg.Client, password string) (*tg.InputCheckPasswordSRP, error) {
	d.t.Helper()
	p, err := api.AccountGetPassword(d.t.Context())
	if err != nil {
		return nil, err
	}
	return auth.PasswordHash([]byte(password), p.SRPID, p.SRPB, p.SecureRandom, p.CurrentAlgo)
}

// guess is a wrong answer to the key's next challenge, without the second that a true one takes to compute.
func (d *doorstep) guess(api *tg.Client) *tg.InputCheckPasswordSRP {
	d.t.Helper()
	p, err := api.AccountGetPassword(d.t.Context())
	require.NoError(d.t, err)
	return &tg.InputCheckPasswordSRP{SRPID: p.SRPID, A: []byte{2}, M1: make([]byte, 32)}
}

func (d *doorstep) password(api *tg.Client, password string) error {
	d.t.Helper()
	proof, err := d.prove(api, password)
	require.NoError(d.t, err)
	_, err = api.AuthCheckPassword(d.t.Context(), proof)
	return err
}

// owner signs the owner in.
func (d *doorstep) owner(n byte) *tg.Client {
	d.t.Helper()
	d.rpc.SignIn(mtproto.KeyID{n}, d.world.Owner())
	return d.device(n, dc)
}
