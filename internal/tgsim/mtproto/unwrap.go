package mtproto

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

const (
	// maxUnpacked bounds what gzip_packed may grow to; no query comes near it.
	maxUnpacked = 1 << 20
	// maxWrapped bounds how many layers a query may have. Clients use four.
	maxWrapped = 16
)

var (
	errBadQuery  = tgerr.New(400, "INPUT_FETCH_ERROR")
	errTooLarge  = errors.New("unpacks to more than 1 MiB")
	errTooNested = tgerr.New(400, "INPUT_REQUEST_TOO_LONG")
)

// unwrapped is a query without its layers.
type unwrapped struct {
	body      *bin.Buffer
	noUpdates bool
	after     []int64 // message ids of queries to finish first
	takeout   int64   // as in Request
}

// method is the type of what is left; zero when nothing is.
func (u unwrapped) method() uint32 {
	id, _ := u.body.PeekID()
	return id
}

// rest stands for the query within a wrapper: it takes nothing, so that it is left in the buffer.
type rest struct{}

func (rest) Decode(*bin.Buffer) error { return nil }
func (rest) Encode(*bin.Buffer) error { return errors.New("a query's rest is not for encoding") }

// unwrap peels invokeWithLayer, initConnection, invokeWithoutUpdates, invokeAfterMsg(s), invokeWithTakeout and
// gzip_packed off a query. An error is one for the client.
func unwrap(body []byte) (unwrapped, error) {
	u := unwrapped{body: &bin.Buffer{Buf: body}}
	for range maxWrapped {
		id, err := u.body.PeekID()
		if err != nil {
			return u, errBadQuery
		}
		peeled, err := u.peel(id)
		if err != nil {
			return u, errBadQuery
		}
		if !peeled {
			return u, nil
		}
	}
	return u, errTooNested
}

// peel takes the layer with this type id off; false says that there is none.
func (u *unwrapped) peel(id uint32) (bool, error) {
	switch id {
	case tg.InvokeWithLayerRequestTypeID:
		return true, (&tg.InvokeWithLayerRequest{Query: rest{}}).Decode(u.body)
	case tg.InitConnectionRequestTypeID:
		return true, (&tg.InitConnectionRequest{Query: rest{}}).Decode(u.body)
	case tg.InvokeWithoutUpdatesRequestTypeID:
		u.noUpdates = true
		return true, (&tg.InvokeWithoutUpdatesRequest{Query: rest{}}).Decode(u.body)
	case tg.InvokeAfterMsgRequestTypeID:
		r := tg.InvokeAfterMsgRequest{Query: rest{}}
		err := r.Decode(u.body)
		u.after = append(u.after, r.MsgID)
		return true, err
	case tg.InvokeAfterMsgsRequestTypeID:
		r := tg.InvokeAfterMsgsRequest{Query: rest{}}
		err := r.Decode(u.body)
		u.after = append(u.after, r.MsgIDs...)
		return true, err
	case tg.InvokeWithTakeoutRequestTypeID:
		r := tg.InvokeWithTakeoutRequest{Query: rest{}}
		err := r.Decode(u.body)
		u.takeout = r.TakeoutID
		return true, err
	case proto.GZIPTypeID:
		plain, err := gunzip(u.body)
		u.body = &bin.Buffer{Buf: plain}
		return true, err
	}
	return false, nil
}

// gunzip unpacks gzip_packed. Some clients write the zlib format into it.
func gunzip(b *bin.Buffer) ([]byte, error) {
	if err := b.ConsumeID(proto.GZIPTypeID); err != nil {
		return nil, err
	}
	packed, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	r, err := inflater(packed)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > maxUnpacked {
		return nil, errTooLarge
	}
	return plain, r.Close()
}

func inflater(packed []byte) (io.ReadCloser, error) {
	if bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(bytes.NewReader(packed))
	}
	return zlib.NewReader(bytes.NewReader(packed))
}
