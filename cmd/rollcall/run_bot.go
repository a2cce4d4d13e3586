package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tg"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/bot"
	"rollcall/internal/membership"
	"rollcall/session"
)

// serveBot listens to the bot's updates and answers its users, over one session of the bot.
func (l *live) serveBot(ctx context.Context, s shift) (session.Login, error) {
	cfg := l.config()
	self, _ := session.Known(cfg.SessionDir(), session.Bot)
	var acc *session.Account
	b := bot.New(bot.Config{
		Self: membership.UserID(s.who), Username: self.Username, Group: l.group, State: l.desk.roster, Now: l.app.now,
		ServerNow: func() time.Time { return acc.ServerTime() },
		Texts:     cfg.Bot.texts(),
	})
	acc, err := openAccount(cfg, l.cred, session.Bot, accountOptions{
		log: quiet(l.log), handler: b.Handler(), onReady: func() { l.connected(acc, b) }, onLost: l.disconnected(ctx), onWait: l.waiting("bot"), lasting: true,
	})
	if err != nil {
		return session.Login{}, l.botLost(ctx, err)
	}
	err = acc.Run(ctx, func(ctx context.Context, api *tg.Client) error {
		l.goBy(acc)
		l.log.Info("the bot is connected")
		if err := l.came(ctx, s); err != nil {
			return err
		}
		b.Use(api)
		l.setBot(&botLink{api: api, bot: b})
		defer l.setBot(nil)
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			return b.Listen(ctx, api, func(ctx context.Context, batch membership.Batch) error {
				if batch.Migrated != 0 { // and the bot's position stays: the roster follows first
					return &membership.MigratedError{From: l.group.ID, To: batch.Migrated}
				}
				_, err := l.keeper.Ingest(ctx, batch)
				return err
			})
		})
		g.Go(func() error { return l.keeper.Attend(ctx, b) })
		return g.Wait()
	})
	login := session.LoginOf(cfg.SessionDir(), session.Bot) // before others may sign in
	if err != nil && ctx.Err() == nil {
		if !signedOut(err) {
			err = fmt.Errorf("the bot: %w", err)
		}
		err = l.botLost(ctx, err)
	}
	return login, errors.Join(err, acc.Close())
}

// botLost has the gate know that the bot is not at work, and why. It returns err, and the roster's with it.
func (l *live) botLost(ctx context.Context, err error) error {
	link := membership.Unlinked
	if signedOut(err) {
		link = membership.SignedOut
	}
	return errors.Join(err, l.keeper.Lost(ctx, link))
}

// texts are what the bot has to say.
func (c BotConfig) texts() bot.Texts {
	return bot.Texts{Welcome: c.Welcome, Links: c.Links, JoinLink: c.JoinLink}
}

// disconnected is what the loss of the bot's connection means to the gate.
func (l *live) disconnected(ctx context.Context) func() {
	return func() {
		if ctx.Err() == nil {
			l.log.Warn("the bot's connection is lost; it is being made anew")
			l.keeper.Disconnected()
		}
	}
}

// connected is what a connection made anew means to the clock, to the bot and to the gate.
func (l *live) connected(acc *session.Account, b *bot.Bot) {
	l.goBy(acc)
	l.keeper.Reconnected()
	b.Wake()
}
