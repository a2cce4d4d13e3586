package tgsim

import (
	"context"
	"fmt"
	"net"

	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/mtproto"
)

// maxDCs is how many DCs Telegram has.
const maxDCs = 5

// dcOrder is the order in which DCs are added: the accounts' first.
var dcOrder = [maxDCs]int{DC, 4, 1, 3, 5}

// listen listens for each DC and notes the addresses. What it returns beside an error is to be closed too.
func (s *Server) listen(ctx context.Context, o Options) (map[int]net.Listener, error) {
	if o.DCs < 0 || o.DCs > maxDCs {
		return nil, fmt.Errorf("%d data centers; there can be 1 to %d", o.DCs, maxDCs)
	}
	listeners := make(map[int]net.Listener)
	s.addresses = make(DCs)
	for i, dc := range dcOrder[:max(o.DCs, 1)] {
		address := o.Listen
		if i > 0 {
			address = anyPort(o.Listen)
		}
		ln, err := new(net.ListenConfig).Listen(ctx, "tcp", s.state.address(dc, address))
		if err != nil {
			return listeners, fmt.Errorf("listen for clients of DC %d: %w", dc, err)
		}
		listeners[dc] = ln
		s.addresses[dc] = ln.Addr().String()
	}
	return listeners, s.state.keepAddresses(s.addresses)
}

func closeAll(listeners map[int]net.Listener) {
	for _, ln := range listeners {
		_ = ln.Close()
	}
}

// anyPort is the address with a port that the system chooses. One that is no address stays what it is: whoever listens
// there says so.
func anyPort(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return net.JoinHostPort(host, "0")
}

// engines is all DCs by their number, as the methods see them: a key is one DC's.
type engines map[int]*mtproto.Server

// Push implements rpc.Pusher.
func (e engines) Push(key mtproto.KeyID, u tg.UpdatesClass) bool {
	for _, one := range e {
		if one.Push(key, u) {
			return true
		}
	}
	return false
}

// Cut implements rpc.Pusher.
func (e engines) Cut(key mtproto.KeyID) {
	for _, one := range e {
		one.Cut(key)
	}
}
