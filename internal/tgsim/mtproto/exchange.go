package mtproto

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/proto/codec"
)

// The group of the exchange is the one that Telegram has used for years, so that clients which know it need not
// prove that it is good; pq is small enough to be factored in no time.
const (
	exchangePQ    = 0x17ED48941A08F981
	exchangeG     = 3
	exchangePrime = "C71CAEB9C6B1C9048E6C522F70F13F73980D40238E3E21C14934D037563D930F" +
		"48198A0AA7C14058229493D22530F4DBFA336F6E0AC925139543AED44CCE7C37" +
		"20FD51F69458705AC68CD4FE6B6B13ABDC9746512969328454F18FAF8C595F64" +
		"2477FE96BB2A941D5BCD1D4AC8CC49880708FA9B378E3C4F3A9060BEE67CF9A4" +
		"A4A695811051907E162753B56B0F6B410DBA74D8A84B2A14B3144E0EF1284754" +
		"FD17ED950D5965B4B9DD46582DB1178D169C6BC465B0D6FF9CA3928FEF5B9AE4" +
		"E418FC15E83EBEA0F87FA9FF5EED70050DED2849F47BF959D956850CE929851F" +
		"0D8115F635B105EE2E4E15D04B2454BF6F4FADF034B10403119CD8E3B92FCC5B"
)

var (
	dhPrime, _ = new(big.Int).SetString(exchangePrime, 16)
	dhG        = big.NewInt(exchangeG)
	pq         = big.NewInt(exchangePQ).Bytes()
)

// refusal is a failed exchange; its code is told to the client as a transport error.
type refusal struct {
	code int32
	err  error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refused(err error) error { return &refusal{codec.CodeAuthKeyNotFound, err} }

// handshake is a key exchange with one client as far as it has come. It is a machine fed packet by packet, not td's
// exchange.ServerExchange, which holds the connection until it is done: clients speak under an old key while they
// make a new one. It also tells a temporary key from a permanent one.
type handshake struct {
	srv  *Server
	rand io.Reader

	nonce, serverNonce bin.Int128
	newNonce           bin.Int256
	lifetime           int      // of a temporary key, in seconds; zero is a permanent key
	secret, public     *big.Int // a and g_a; nil until the client has proven what it must
	aesKey, aesIV      []byte
}

// step answers one unencrypted message. key is non-nil when the exchange is complete; it must be stored before the answer is
// sent. A nil answer is none.
func (h *handshake) step(b *bin.Buffer) (answer bin.Encoder, key *Key, err error) {
	id, err := b.PeekID()
	if err != nil {
		return nil, nil, err
	}
	switch id {
	case mt.ReqPqRequestTypeID:
		var r mt.ReqPqRequest
		if err := r.Decode(b); err != nil {
			return nil, nil, err
		}
		return h.begin(r.Nonce)
	case mt.ReqPqMultiRequestTypeID:
		var r mt.ReqPqMultiRequest
		if err := r.Decode(b); err != nil {
			return nil, nil, err
		}
		return h.begin(r.Nonce)
	case mt.ReqDHParamsRequestTypeID:
		answer, err = h.offer(b)
		return answer, nil, err
	case mt.SetClientDHParamsRequestTypeID:
		return h.complete(b)
	case mt.MsgsAckTypeID: // some clients acknowledge these too
		return nil, nil, nil
	}
	return nil, nil, refused(fmt.Errorf("unencrypted message of type %#x", id))
}

// begin answers req_pq. A client may begin anew at any time.
func (h *handshake) begin(nonce bin.Int128) (bin.Encoder, *Key, error) {
	serverNonce, err := crypto.RandInt128(h.rand)
	if err != nil {
		return nil, nil, err
	}
	h.nonce, h.serverNonce, h.secret = nonce, serverNonce, nil
	fingerprint := exchange.PrivateKey{RSA: h.srv.opt.Key}.Fingerprint()
	return &mt.ResPQ{Nonce: nonce, ServerNonce: serverNonce, Pq: pq, ServerPublicKeyFingerprints: []int64{fingerprint}}, nil, nil
}

// ours checks that a message is of this exchange.
func (h *handshake) ours(nonce, serverNonce bin.Int128) error {
	if nonce != h.nonce || serverNonce != h.serverNonce || h.serverNonce == (bin.Int128{}) {
		return refused(errors.New("the nonces are not this exchange's"))
	}
	return nil
}

// offer answers req_DH_params.
func (h *handshake) offer(b *bin.Buffer) (bin.Encoder, error) {
	var r mt.ReqDHParamsRequest
	if err := r.Decode(b); err != nil {
		return nil, refused(err)
	}
	if err := h.ours(r.Nonce, r.ServerNonce); err != nil {
		return nil, err
	}
	plain, err := crypto.DecodeRSAPad(r.EncryptedData, h.srv.opt.Key)
	if err != nil {
		return nil, refused(err)
	}
	inner, err := mt.DecodePQInnerData(&bin.Buffer{Buf: plain})
	if err != nil {
		return nil, refused(err)
	}
	if err := h.admit(inner); err != nil {
		return nil, err
	}
	return h.params()
}

// admit checks what a client proved in p_q_inner_data.
func (h *handshake) admit(inner mt.PQInnerDataClass) error {
	if err := h.ours(inner.GetNonce(), inner.GetServerNonce()); err != nil {
		return err
	}
	p, q := new(big.Int).SetBytes(inner.GetP()), new(big.Int).SetBytes(inner.GetQ())
	if new(big.Int).Mul(p, q).Cmp(big.NewInt(exchangePQ)) != 0 {
		return refused(errors.New("p times q is not pq"))
	}
	dc := h.srv.opt.DC
	h.lifetime = 0
	switch inner := inner.(type) {
	case *mt.PQInnerDataDC:
		dc = inner.DC
	case *mt.PQInnerDataTempDC:
		dc, h.lifetime = inner.DC, max(inner.ExpiresIn, 1)
	}
	if !sameDC(dc, h.srv.opt.DC) {
		return &refusal{codec.CodeWrongDC, fmt.Errorf("a key for DC %d, this is %d", dc, h.srv.opt.DC)}
	}
	h.newNonce = inner.GetNewNonce()
	return nil
}

// testDC is added to the number of a test DC in an exchange, and a media DC's is negative,
// core.telegram.org/mtproto/auth_key#presenting-proof-of-work-server-authentication.
const testDC = 10000

func sameDC(named, own int) bool {
	if named < 0 {
		named = -named
	}
	return named == own || named == own+testDC
}

// params chooses the server's secret and presents its public half.
func (h *handshake) params() (bin.Encoder, error) {
	var secret [256]byte
	if _, err := io.ReadFull(h.rand, secret[:]); err != nil {
		return nil, err
	}
	h.secret = new(big.Int).SetBytes(secret[:])
	h.public = new(big.Int).Exp(dhG, h.secret, dhPrime)
	inner := &bin.Buffer{Buf: encode(&mt.ServerDHInnerData{
		Nonce: h.nonce, ServerNonce: h.serverNonce, G: exchangeG, GA: h.public.Bytes(), DhPrime: dhPrime.Bytes(),
		ServerTime: int(h.srv.opt.Now().Unix()),
	})}
	h.aesKey, h.aesIV = crypto.TempAESKeys(h.newNonce.BigInt(), h.serverNonce.BigInt())
	sealed, err := crypto.EncryptExchangeAnswer(h.rand, inner.Buf, h.aesKey, h.aesIV)
	if err != nil {
		return nil, err
	}
	return &mt.ServerDHParamsOk{Nonce: h.nonce, ServerNonce: h.serverNonce, EncryptedAnswer: sealed}, nil
}

// complete answers set_client_DH_params.
func (h *handshake) complete(b *bin.Buffer) (bin.Encoder, *Key, error) {
	var r mt.SetClientDHParamsRequest
	if err := r.Decode(b); err != nil {
		return nil, nil, refused(err)
	}
	if err := h.ours(r.Nonce, r.ServerNonce); err != nil {
		return nil, nil, err
	}
	if h.secret == nil {
		return nil, nil, refused(errors.New("set_client_DH_params before req_DH_params"))
	}
	gb, err := h.clientHalf(r.EncryptedData)
	if err != nil {
		return nil, nil, refused(err)
	}
	var value crypto.Key
	new(big.Int).Exp(gb, h.secret, dhPrime).FillBytes(value[:])
	now := h.srv.opt.Now()
	k := &Key{Auth: value.WithID(), Salt: crypto.ServerSalt(h.newNonce, h.serverNonce), Made: now}
	if h.lifetime > 0 {
		k.Expires = now.Add(time.Duration(h.lifetime) * time.Second)
	}
	answer := &mt.DhGenOk{Nonce: h.nonce, ServerNonce: h.serverNonce, NewNonceHash1: crypto.NonceHash1(h.newNonce, value)}
	h.serverNonce, h.secret = bin.Int128{}, nil // a repeated packet makes no second key
	return answer, k, nil
}

// clientHalf opens what the client sealed and checks its g_b,
// core.telegram.org/mtproto/security_guidelines#g-a-and-g-b-validation.
func (h *handshake) clientHalf(sealed []byte) (*big.Int, error) {
	if len(sealed) < 32 || len(sealed)%16 != 0 { // what opens it does not hold its length against its hash's
		return nil, fmt.Errorf("client_DH_inner_data of %d bytes", len(sealed))
	}
	plain, err := crypto.DecryptExchangeAnswer(sealed, h.aesKey, h.aesIV)
	if err != nil {
		return nil, fmt.Errorf("open client_DH_inner_data: %w", err)
	}
	var inner mt.ClientDHInnerData
	if err := inner.Decode(&bin.Buffer{Buf: plain}); err != nil {
		return nil, err
	}
	if err := h.ours(inner.Nonce, inner.ServerNonce); err != nil {
		return nil, err
	}
	gb := new(big.Int).SetBytes(inner.GB)
	return gb, crypto.CheckDHParams(dhPrime, dhG, h.public, gb)
}

// unencrypted handles one packet without an auth key: a step of an exchange.
func (c *conn) unencrypted(b *bin.Buffer) error {
	var m proto.UnencryptedMessage
	if err := m.Decode(b); err != nil {
		return fmt.Errorf("read an unencrypted message: %w", err)
	}
	answer, key, err := c.exchange.step(&bin.Buffer{Buf: m.MessageData})
	if no, ok := errors.AsType[*refusal](err); ok {
		return errors.Join(fmt.Errorf("exchange an auth key: %w", err), c.transportError(no.code))
	}
	if err != nil {
		return fmt.Errorf("exchange an auth key: %w", err)
	}
	if key != nil {
		if err := c.srv.opt.Keys.Put(*key); err != nil {
			return fmt.Errorf("store an auth key: %w", err)
		}
	}
	if answer == nil {
		return nil
	}
	plain := proto.UnencryptedMessage{MessageID: c.srv.ids.New(proto.MessageServerResponse), MessageData: encode(answer)}
	return c.wire.send(encode(plain))
}
