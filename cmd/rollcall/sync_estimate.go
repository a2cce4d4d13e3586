package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// estimateAnswer is what `sync --estimate` prints: what the walk will most likely cost.
type estimateAnswer struct {
	Group groupView        `json:"group"`
	Level membership.Level `json:"level"`
	Calls int              `json:"calls"` // yet to be made
	// Seconds is how long they take at the configured interval; waits that Telegram asks for come on top.
	Seconds  int     `json:"seconds"`
	Interval float64 `json:"interval"` // seconds between two calls
	// Budget bounds the walk's calls in a day; null where none does.
	Budget *callBudget `json:"budget"`
	// Walk is the interrupted one that would go on; null where one would begin.
	Walk *walkView `json:"walk"`
}

// callBudget is how often a method may be called in a day (UTC).
type callBudget struct {
	Method string `json:"method"`
	Daily  int    `json:"daily"`
}

func (a *app) estimate(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if _, err := cfg.GroupRef(); err != nil {
		return err
	}
	path, err := socketPath(cfg.RosterPath())
	if err != nil {
		return err
	}
	var answer stated[estimateAnswer]
	err = askHolder(ctx, path, askEstimate.name, walkQuestion{cfg.Sync.Level}, &answer)
	if errors.Is(err, errNobodyListens) {
		var cred credentials
		if cred, err = a.credentials(ctx, cfg); err != nil {
			return err
		}
		err = a.holding(ctx, cfg, stint{command: "sync", work: func(ctx context.Context, d desk) error {
			return a.asOwner(ctx, d, cred, func(ctx context.Context, v visit) error {
				answer, err = d.estimateBy(ctx, v.keeper, v.owner, cfg.Sync.Level)
				return err
			})
		}})
	}
	if err != nil {
		return err
	}
	return a.print(answer.Answer, answer.Meta, func() { a.printEstimate(answer.Answer) })
}

// askEstimate has the run that holds the accounts ask for the group.
var askEstimate = newChange("estimate", func(ctx context.Context, d desk, q walkQuestion) (stated[estimateAnswer], error) {
	owner, _, err := d.connected()
	if err != nil {
		return stated[estimateAnswer]{}, err
	}
	return d.estimateBy(ctx, d.live.keeper, owner.group, q.Level)
})

func (d desk) estimateBy(
	ctx context.Context, k *gatekeeper.Keeper, owner gatekeeper.Group, level membership.Level,
) (s stated[estimateAnswer], err error) {
	o, err := k.Outlook(ctx, owner, level)
	if err != nil {
		return s, err
	}
	pace := d.cfg.Telegram.Pace
	s.Answer = estimateAnswer{
		Group: viewGroup(o.Group), Level: o.Level, Calls: o.Calls, Interval: pace.Interval.Seconds(),
		Seconds: int((time.Duration(o.Calls) * pace.Interval).Seconds()),
	}
	if o.Group.Kind == membership.BasicGroup { // whose list is asked for as a lookup's is
		s.Answer.Budget = &callBudget{Method: basicList, Daily: pace.Daily}
	}
	if o.Open != nil {
		s.Answer.Walk = viewWalk(*o.Open)
	}
	s.Meta, err = d.meta(ctx, o.Group)
	return s, err
}

func (a *app) printEstimate(e estimateAnswer) {
	what := "a walk"
	if e.Walk != nil {
		what = fmt.Sprintf("walk %d goes on, %s after its beginning, and", e.Walk.ID, plural(e.Walk.Checkpoint.Calls, "call"))
	}
	took := "as long as Telegram needs to answer: there is no pause between calls"
	if e.Interval > 0 {
		took = fmt.Sprintf("%s at one call in %s s", span(max(time.Second, time.Duration(e.Seconds)*time.Second)), strconv.FormatFloat(e.Interval, 'f', -1, 64))
	}
	a.stdout.line("%s: Telegram counts %s members; %s takes some %s, about %s.", e.Group.Title, formatCount(orZero(e.Group.Total)), what,
		plural(e.Calls, "call"), took)
	if orZero(e.Group.Total) > membership.ParticipantWindow && e.Group.Kind == membership.Supergroup {
		a.stdout.line("Telegram shows %s rows of a list; who is beyond them is searched for, at the level %s.", formatCount(membership.ParticipantWindow), e.Level)
	}
	if e.Budget == nil {
		a.stdout.line("No daily budget bounds them; telegram.pace.daily is for lookups of single people.")
		return
	}
	a.stdout.line("They count as lookups, of which telegram.pace.daily allows %s a day.", formatCount(e.Budget.Daily))
}
