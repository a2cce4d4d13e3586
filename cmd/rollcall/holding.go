package main

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sync/errgroup"

	"rollcall/internal/membership"
)

// stint is a command's work with the roster held for writing.
type stint struct {
	command string
	live    *live // the run that this is; nil in every other command
	work    func(context.Context, desk) error
}

// holding does the work of a stint, and answers other commands' errands meanwhile on the control socket.
func (a *app) holding(ctx context.Context, cfg Config, s stint) error {
	r, err := openRoster(cfg, false, a.now)
	if err != nil {
		return err
	}
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return errors.Join(err, r.Close())
	}
	l, err := listenControl(path)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	me := holder{PID: os.Getpid(), Command: s.command, Since: membership.At(a.now())}
	d := desk{cfg: cfg, roster: r, now: a.now, live: s.live}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveControl(ctx, l, officeHandler(ctx, d, me)) })
	g.Go(func() error {
		defer stop() // the socket ends with the work
		return s.work(ctx, d)
	})
	err = g.Wait()
	// The roster is closed last: whatever was under way has ended.
	return errors.Join(judgeErrand(err), r.Close())
}
