package mtproto

import (
	"context"

	"github.com/gotd/td/bin"
)

// KeyID identifies an auth key: the low 64 bits of its SHA-1, as on the wire.
// A login belongs to the key, never to a session id, which clients change at will.
type KeyID = [8]byte

// Request is one query of a client, unwrapped from invokeWithLayer, initConnection,
// invokeWithoutUpdates, invokeAfterMsg and gzip_packed.
type Request struct {
	Key     KeyID
	Session int64
	MsgID   int64
	Method  uint32      // TL type id of the innermost query
	Body    *bin.Buffer // the innermost query with its type id; the handler's own copy
	DC      int
	// NoUpdates says that the query came within invokeWithoutUpdates, so that it does not make its
	// session one that updates are pushed to.
	NoUpdates bool
	// Takeout is the session of an export that the query came within, by invokeWithTakeout; 0 is none.
	Takeout int64
}

// Handler answers one query. A *tgerr.Error becomes an rpc_error with its code and message, any
// other error 500 INTERNAL. Handlers of one connection run at the same time, each encodes its own
// answer: TL's Encode writes into the object, so an answer must not share a *tg.X with anybody.
type Handler interface {
	Handle(ctx context.Context, r *Request) (bin.Encoder, error)
}
