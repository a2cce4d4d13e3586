package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/session"
)

// credentials are the two secrets that every connection needs, asked for once a command.
type credentials struct {
	hash session.Secret
	seal session.Sealer
	dial dcs.DialFunc     // nil is TCP
	now  func() time.Time // this machine's clock; nil is time.Now
}

func (a *app) credentials(ctx context.Context, cfg Config) (credentials, error) {
	var c credentials
	var err error
	if c.hash, err = a.apiHash(ctx, cfg); err != nil {
		return c, err
	}
	c.seal, err = a.sealer(ctx, cfg)
	return c, err
}

// accountOptions are the parts of an account's configuration that depend on the command.
type accountOptions struct {
	log     *zap.Logger
	handler telegram.UpdateHandler
	onReady func()
	onLost  func()
	onWait  func(method string, until time.Time)
	lasting bool // a lost connection is made anew for ever
}

// openAccount takes hold of one of the two accounts.
func openAccount(cfg Config, c credentials, kind session.Kind, o accountOptions) (*session.Account, error) {
	id, err := cfg.APIID()
	if err != nil {
		return nil, err
	}
	server, err := cfg.Server()
	if err != nil {
		return nil, err
	}
	outage := cfg.Telegram.Server.Timeout
	if o.lasting {
		outage = 0
	}
	return session.Open(session.Config{
		Kind: kind, Dir: cfg.SessionDir(), Seal: c.seal, Server: server, APIID: id, APIHash: c.hash, Pace: cfg.paceOf(kind), Dial: c.dial, Now: c.now,
		Handler: o.handler, OnReady: o.onReady, OnLost: o.onLost, OnWait: o.onWait, Log: o.log, ConnectTimeout: cfg.Telegram.Server.Timeout, OutageTimeout: outage,
		Device: telegram.DeviceConfig{DeviceModel: "Rollcall", SystemVersion: runtime.GOOS, AppVersion: thisVersion().Version},
	})
}

// paceOf is the configured interval for the owner's account; the bot has its own limits.
func (c Config) paceOf(kind session.Kind) session.Pace {
	if kind == session.Owner {
		return c.Pace()
	}
	return session.Pace{}
}

// hashes lets supergroup remember the access hashes that the owner's account is shown, and name people by them.
type hashes struct {
	ctx     context.Context //nolint:containedctx // the connection's: the interface it serves has no context, and ends with it
	account *session.Account
	log     *zap.Logger
}

// SetUserHashes keeps what one answer brought, in one transaction.
func (h hashes) SetUserHashes(seen map[int64]int64) {
	peers := make([]session.Peer, 0, len(seen))
	for id, hash := range seen {
		peers = append(peers, session.Peer{Kind: session.PeerUser, ID: id, AccessHash: hash})
	}
	if err := h.account.SetHashes(h.ctx, peers...); err != nil && h.ctx.Err() == nil {
		h.log.Warn("access hashes were not kept", zap.Error(err))
	}
}

// UserHash is the hash under which the account was shown the person.
func (h hashes) UserHash(id int64) (int64, bool) {
	hash, ok, err := h.account.Hash(session.PeerUser, id)
	return hash, ok && err == nil
}

// administered finds the configured group through the owner's account, and refuses one that it does not administer.
func administered(ctx context.Context, api supergroup.API, cfg Config) (membership.Group, error) {
	ref, err := cfg.GroupRef()
	if err != nil {
		return membership.Group{}, err
	}
	if ref.Invite != "" {
		return membership.Group{}, fail(exitConfig, `"rollcall groups" lists the ids of your groups; set "group" to one`, "an invite link does not name a group")
	}
	g, err := supergroup.Find(ctx, api, cfg.Group)
	switch {
	case errors.Is(err, supergroup.ErrNotFound), errors.Is(err, supergroup.ErrNotGroup):
		return g, fail(exitNotFound, `"rollcall groups" lists what the account is in`, "%w", err)
	case errors.Is(err, supergroup.ErrReference), errors.Is(err, supergroup.ErrInviteLink):
		return g, fail(exitConfig, `"rollcall groups" lists what the account is in`, "%w", err)
	case err != nil:
		return g, err
	case !g.Admin:
		return g, noAdministrator(g)
	}
	return g, nil
}

func noAdministrator(g membership.Group) error {
	return fail(exitPermission,
		"Rollcall reads only groups that the owner's account administers; in the Telegram app: the group > Edit > Administrators > Add Admin",
		"the account does not administer %q", g.Title)
}

// administered is the configured group, or cfg's, of which the roster may know more: where it knows a group that the account is not in any more, it
// notes that the account has no rights there.
func (d desk) administered(ctx context.Context, api supergroup.API, cfg Config) (membership.Group, error) {
	cfg = d.present(ctx, cfg)
	g, err := administered(ctx, api, cfg)
	lost := err != nil && (g.ID != 0 || errors.Is(err, supergroup.ErrNotFound))
	if !lost || cfg.Group == "" {
		return g, err
	}
	d.cfg.Group = cfg.Group
	known, unknown := d.theGroup(ctx)
	if unknown != nil {
		return g, err
	}
	known.Admin, known.Creator, known.Rights = false, false, membership.Rights{}
	if putErr := d.roster.PutGroup(ctx, known); putErr != nil {
		return g, errors.Join(err, putErr)
	}
	if !errors.Is(err, supergroup.ErrNotFound) {
		return g, err
	}
	code, hint := judgeTelegram(&membership.TelegramError{Kind: membership.ErrorGroupGone})
	return g, fail(code, hint, "the account is not in %q any more: %w", known.Title, err)
}

// ownerGroup is the group as the connected owner's account reads it.
func ownerGroup(ctx context.Context, api supergroup.API, a *session.Account, g membership.Group, now func() time.Time, log *zap.Logger) *supergroup.Group {
	self, _ := a.Self()
	return supergroup.New(api, supergroup.Config{
		Group: g, Me: membership.UserID(self.ID), Hashes: hashes{ctx: ctx, account: a, log: log}, Now: now, ServerNow: a.ServerTime,
	})
}

// ownerID is the owner's account's id, 0 where none is signed in.
func ownerID(cfg Config) membership.UserID {
	self, ok := session.Known(cfg.SessionDir(), session.Owner)
	if !ok {
		return 0
	}
	return membership.UserID(self.ID)
}

// botID is the signed-in bot's id, 0 where none is.
func botID(cfg Config) membership.UserID {
	self, ok := session.Known(cfg.SessionDir(), session.Bot)
	if !ok {
		return 0
	}
	return membership.UserID(self.ID)
}
