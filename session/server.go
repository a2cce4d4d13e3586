package session

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/transport"
)

// Server is where to connect. The zero value is Telegram itself; an address is one of its test servers or another that speaks MTProto.
type Server struct {
	Address      string // host:port
	DC           int    // zero is 2
	Test         bool   // Telegram's test environment, whose DC numbers are counted differently in the key exchange
	PublicKeyPEM []byte // the server's RSA keys; Telegram's own if empty
}

func (s Server) check() error {
	if s.Address != "" {
		if _, _, err := s.hostPort(); err != nil {
			return err
		}
	}
	_, err := s.keys()
	return err
}

func (s Server) String() string {
	if s.Address == "" {
		return "Telegram"
	}
	return s.Address
}

func (s Server) dc() int {
	if s.DC == 0 {
		return 2
	}
	return s.DC
}

func (s Server) hostPort() (host string, port int, err error) {
	host, service, err := net.SplitHostPort(s.Address)
	if err == nil {
		port, err = strconv.Atoi(service)
	}
	if err != nil || host == "" || port < 1 || port > 65535 {
		return "", 0, fmt.Errorf("%w: server address %q is not host:port", ErrConfig, s.Address)
	}
	return host, port, nil
}

func (s Server) keys() ([]telegram.PublicKey, error) {
	if len(s.PublicKeyPEM) == 0 {
		if s.Address != "" && !s.Test {
			return nil, fmt.Errorf("%w: server %s needs its public key", ErrConfig, s.Address)
		}
		return nil, nil
	}
	parsed, err := crypto.ParseRSAPublicKeys(s.PublicKeyPEM)
	if err != nil || len(parsed) == 0 {
		return nil, fmt.Errorf("%w: the server's public key is not an RSA key in PEM", ErrConfig)
	}
	keys := make([]telegram.PublicKey, 0, len(parsed))
	for _, k := range parsed {
		keys = append(keys, telegram.PublicKey{RSA: k})
	}
	return keys, nil
}

// list is the servers to begin with: the configured one, and for its other DCs what an earlier session was told.
func (s Server) list(told []tg.DCOption) (dcs.List, error) {
	if s.Address == "" {
		if s.Test {
			return dcs.Test(), nil
		}
		return dcs.Prod(), nil
	}
	host, port, err := s.hostPort()
	if err != nil {
		return dcs.List{}, err
	}
	ip := net.ParseIP(host)
	list := dcs.List{Test: s.Test, Options: []tg.DCOption{{
		ID: s.dc(), IPAddress: host, Port: port, Static: true, Ipv6: ip != nil && ip.To4() == nil,
	}}}
	for _, o := range told {
		if o.ID != s.dc() {
			list.Options = append(list.Options, o)
		}
	}
	return list, nil
}

// pinned connects to the configured address of its DC, whatever help.getConfig says later: a server behind a forwarded port does not
// know by which address it is reached.
type pinned struct {
	dcs.Resolver
	dc   int
	list dcs.List
}

func (p pinned) Primary(ctx context.Context, dc int, told dcs.List) (transport.Conn, error) {
	if dc == p.dc {
		told = p.list
	}
	return p.Resolver.Primary(ctx, dc, told)
}
