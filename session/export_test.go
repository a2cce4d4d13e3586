package session

import (
	"context"
	"time"

	gotdsession "github.com/gotd/td/session"
	"github.com/gotd/td/tg"
)

// CallsOver is the API that Run hands out, over raw instead of a connection. ended gets what would end the connection.
func (a *Account) CallsOver(ctx context.Context, raw tg.Invoker, ended func(error)) *tg.Client {
	api, _ := a.VisitOver(ctx, raw, ended)
	return api
}

// VisitOver is CallsOver for a while: leave ends what is under way, and waits for it.
func (a *Account) VisitOver(ctx context.Context, raw tg.Invoker, ended func(error)) (api *tg.Client, leave func()) {
	run, cancel := context.WithCancelCause(ctx)
	l := &link{account: a, cancel: func(err error) { ended(err); cancel(err) }}
	return tg.NewClient(l.chain(run, raw, a.cfg.Pace.MaxWait)), func() {
		cancel(ErrConnection)
		l.flights.land()
	}
}

// LogInOver is what LoginOwner does over a fresh connection, which costs most of a second to make.
func (a *Account) LogInOver(ctx context.Context, raw tg.Invoker, phone string, p Prompter) error {
	run, cancel := context.WithCancelCause(ctx)
	l := &link{account: a, login: true, cancel: cancel}
	api := tg.NewClient(l.chain(run, raw, 0))
	_, err := (&phoneLogin{api: api, auth: a.auth(api), prompter: p, phone: phone}).run(ctx)
	return err
}

// ServerOffset is what one date of the server's, asked for at sent and received at received, says of its clock.
func ServerOffset(date int, sent, received time.Time) time.Duration {
	var c serverClock
	c.observe(date, sent, received)
	return c.at(received).Sub(received)
}

// The parsers of what is read from disk.
var (
	ParseSession  = parseSession
	ParseIdentity = parseIdentity
	ParseNumber   = parseNumber
)

// Vault is a session file as gotd sees it.
type Vault = vault

// NewVault is a vault that nobody listens to.
func NewVault(path string, sealer Sealer) *Vault {
	v := &vault{path: path, sealer: sealer, stored: make(chan struct{}, 1)}
	v.onData, v.onFail = func(gotdsession.Data) {}, func(error) {}
	v.onLost = func(_, _ gotdsession.Data) {}
	return v
}

// Keep is what a login on dc ends with.
func (v *Vault) Keep(ctx context.Context, dc int) error { return v.keep(ctx, dc) }
