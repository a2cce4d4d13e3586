package main

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"rollcall/internal/gatekeeper"
)

// reloads reads the configuration anew at each SIGHUP.
func (l *live) reloads(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.hangups:
			l.reload()
		}
	}
}

// reload takes up what a run can take up while it goes on, all of it or nothing, and names what counts only after a restart. A
// configuration that is wrong changes nothing.
func (l *live) reload() {
	now := l.config()
	next, err := l.app.source.load()
	if err == nil {
		err = next.replaces(now)
	}
	if err != nil {
		judged := judge(err)
		l.log.Error("the configuration was not read anew; nothing is changed", zap.Error(judged), zap.String("hint", judged.hint))
		return
	}
	took := now.reloadedBy(next)
	changed, waiting := differences(now, took), differences(took, next)
	if len(changed) > 0 {
		l.take(took)
	}
	l.log.Info("the configuration was read anew", zap.Strings("changed", changed))
	if unset := next.without(now); len(unset) > 0 {
		l.log.Warn("some of the configuration is not set any more, and is as by default", zap.Strings("keys", unset))
	}
	if len(waiting) > 0 {
		l.log.Warn("some of the configuration counts only after a restart", zap.Strings("keys", waiting))
	}
}

// replaces is an error where the configuration lacks what no run starts without, and now has: a file that is empty, or was read while it was being
// written, says nothing about what its owner wants.
func (c Config) replaces(now Config) error {
	for _, key := range c.without(now) {
		if key == "group" || key == "telegram.api_id" {
			return fail(exitConfig, "write the file whole, and send the signal again", "%s is not set any more", key)
		}
	}
	return nil
}

// without are the keys that are set in now, and not in the configuration.
func (c Config) without(now Config) []string {
	keys := []string{}
	for key := range now.origin {
		if c.origin[key] == "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// reloadedBy is the configuration with the part of next that a run takes up while it goes on: all but who is connected where, which
// group is kept, and where things lie.
func (c Config) reloadedBy(next Config) Config {
	c.Telegram.Pace = next.Telegram.Pace
	c.Bot.Welcome, c.Bot.Links, c.Bot.JoinLink = next.Bot.Welcome, next.Bot.Links, next.Bot.JoinLink
	c.Gate, c.Prune, c.Sync, c.Run, c.Log = next.Gate, next.Prune, next.Sync, next.Run, next.Log
	c.origin = next.origin
	return c
}

// differences are the keys in which two configurations differ. Their values are nobody's but the file's: some are long, some private.
func differences(a, b Config) []string {
	keys := []string{}
	of := b.settings()
	for i, s := range a.settings() {
		if s.value.yaml() != of[i].value.yaml() {
			keys = append(keys, s.key)
		}
	}
	slices.Sort(keys)
	return keys
}

// take hands a configuration to those who work by it.
func (l *live) take(cfg Config) {
	l.mu.Lock()
	l.cfg = cfg
	owner, theBot := l.owner, l.bot
	l.mu.Unlock()
	_ = l.level.UnmarshalText([]byte(cfg.Log.Level)) // which the configuration was checked for
	l.keeper.Adjust(gatekeeper.Settings{
		Policy: cfg.Policy(), Level: cfg.Sync.Level, AuditCalls: cfg.Sync.AuditCalls, TailEvery: cfg.Run.TailEvery, WalkEvery: cfg.Run.WalkEvery,
	})
	if owner != nil {
		owner.account.SetPace(cfg.Pace())
	}
	if theBot != nil {
		theBot.bot.SetTexts(cfg.Bot.texts())
	}
}
