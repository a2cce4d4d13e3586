package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotd/td/tg"
	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/session"
)

const (
	// rightsRetry is when an account that may not read the group is tried again, over the same connection: one call, as the admin log's
	// tail takes in the same time.
	rightsRetry = time.Minute
	// searchEvery is how often the group is looked for anew that does not answer under the key that is known: names are resolved, or all
	// dialogs read, for it.
	searchEvery = time.Hour
)

// followOwner keeps the owner's account at work, over one session.
func (l *live) followOwner(ctx context.Context, s shift) (session.Login, error) {
	cfg := l.config()
	waits := &waitTally{tell: l.waiting("owner")}
	var acc *session.Account
	acc, err := openAccount(cfg, l.cred, session.Owner, accountOptions{log: quiet(l.log), onWait: waits.begin, onReady: func() {
		l.goBy(acc)
		l.keeper.OwnerReconnected()
	}})
	if err != nil {
		return session.Login{}, err
	}
	err = acc.Run(ctx, func(ctx context.Context, api *tg.Client) error {
		l.goBy(acc)
		if err := l.came(ctx, s); err != nil {
			return err
		}
		g, err := groupSearch{live: l, api: api}.admitted(ctx)
		if err != nil {
			return err
		}
		l.log.Info("the owner's account is connected")
		owner := tallied{Group: ownerGroup(ctx, api, acc, g, l.app.now, l.log), waits: waits, bot: &botWatch{}}
		l.setOwner(&ownerLink{api: api, group: owner, about: g, account: acc, keeper: l.keeper})
		defer l.setOwner(nil)
		acc.SetPace(l.config().Pace()) // a reload may have come while it was connected
		return l.keeper.Follow(ctx, owner.scheduled(g))
	})
	login := session.LoginOf(cfg.SessionDir(), session.Owner) // before others may sign in
	return login, errors.Join(err, acc.Close())
}

// groupSearch asks for the group through the connected owner's account until the account administers it.
type groupSearch struct {
	live *live
	api  supergroup.API
}

// admitted waits until the account administers the group. After a refusal it asks again over the same connection.
func (s groupSearch) admitted(ctx context.Context) (membership.Group, error) {
	said := refrain{now: s.live.app.now}
	for {
		g, err := s.ask(ctx)
		if err == nil || ctx.Err() != nil || judge(err).code != exitPermission {
			return g, err
		}
		judged := judge(err)
		if said.due(judged.Error()) {
			s.live.log.Error("the owner's account may not read the group; the bot goes on without walks and admin log",
				zap.String("because", judged.Error()), zap.String("hint", judged.hint))
		}
		if err := pause(ctx, rightsRetry); err != nil {
			return g, err
		}
	}
}

// ask asks for the group by the key that the roster knows. Only where that opens nothing is the group looked for, which costs more: another
// account was shown another key. What comes of it is stored.
func (s groupSearch) ask(ctx context.Context) (membership.Group, error) {
	l, known := s.live, s.live.group
	g, err := s.describe(ctx, known)
	if now := l.app.now(); (gone(err) || vanished(err)) && now.Sub(l.searched) >= searchEvery {
		l.searched = now
		cfg := l.config()
		cfg.Group = formatID(known.Marked())
		g, err = l.desk.administered(ctx, s.api, cfg)
	}
	switch {
	case gone(err):
		known.Admin, known.Creator, known.Rights = false, false, membership.Rights{}
		g = known
	case err != nil:
		return g, err
	case !g.Admin:
		err = noAdministrator(g)
	}
	if putErr := l.desk.roster.PutGroup(ctx, g); putErr != nil {
		return g, fmt.Errorf("store the group: %w", putErr)
	}
	return g, err
}

func (s groupSearch) describe(ctx context.Context, known membership.Group) (membership.Group, error) {
	if known.AccessHash == 0 && known.Kind != membership.BasicGroup {
		return known, &membership.TelegramError{Kind: membership.ErrorGroupGone, Name: "its access hash is not known", Method: "channels.getFullChannel"}
	}
	return supergroup.New(s.api, supergroup.Config{Group: known, Now: s.live.app.now}).Describe(ctx)
}

// vanished says that the basic group is none any more, and that Telegram does not tell what it became.
func vanished(err error) bool {
	m, is := errors.AsType[*membership.MigratedError](err)
	return is && m.To == 0
}

// gone says that the account cannot see the group.
func gone(err error) bool {
	refused, is := errors.AsType[*membership.TelegramError](err)
	return is && refused.Kind == membership.ErrorGroupGone
}
