package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/session"
)

// estimateAnswer is what `sync --estimate` prints: what the walk will most likely cost.
type estimateAnswer struct {
	Group groupView        `json:"group"`
	Level membership.Level `json:"level"`
	Calls int              `json:"calls"` // yet to be made
	// Seconds is how long they take at the configured interval; waits that Telegram asks for come on top.
	Seconds  int     `json:"seconds"`
	Interval float64 `json:"interval"` // seconds between two calls
	// Held is until when Telegram has asked not to be called; null where it has not.
	Held membership.Instant `json:"held"`
	// Ends is when a walk is over that begins now.
	Ends membership.Instant `json:"ends"`
	// Quiet is null where there are no quiet hours.
	Quiet *quietView `json:"quiet"`
	// Budget bounds the walk's calls in a day; null where none does.
	Budget *callBudget `json:"budget"`
	// Lookups is what bounds the lookups of single people.
	Lookups callBudget `json:"lookups"`
	// Walk is the interrupted one that would go on; null where one would begin.
	Walk *walkView `json:"walk"`
}

// callBudget is how often a method may be called in a day (UTC).
type callBudget struct {
	Method string `json:"method"`
	Daily  int    `json:"daily"`
	Left   int    `json:"left"` // of today's
}

// quietView is the hours in which a run rests from walks.
type quietView struct {
	Hours string `json:"hours"`
	// Ends is when the walk would be over if a run made it.
	Ends membership.Instant `json:"ends"`
}

func (a *app) estimate(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	answer, err := ownersWork[estimateAnswer]{
		there: func(ctx context.Context, path string, answer *stated[estimateAnswer]) error {
			return askHolder(ctx, path, askEstimate.name, walkQuestion{Level: cfg.Sync.Level}, answer)
		},
		here: func(ctx context.Context, d desk, cred credentials) (answer stated[estimateAnswer], err error) {
			err = a.asOwner(ctx, d, cred, func(ctx context.Context, v visit) error {
				o, err := v.keeper.Outlook(ctx, v.owner, cfg.Sync.Level)
				if err != nil {
					return err
				}
				answer, err = d.estimateFrom(ctx, o, v.account)
				return err
			})
			return answer, err
		},
	}.do(ctx, a, cfg)
	if err != nil {
		return err
	}
	return a.print(answer.Answer, answer.Meta, func() { a.printEstimate(answer.Answer) })
}

// askEstimate has the run that holds the accounts ask for the group.
var askEstimate = newChange("estimate", func(ctx context.Context, d desk, q walkQuestion) (s stated[estimateAnswer], err error) {
	owner, _, err := d.connected()
	if err != nil {
		return s, err
	}
	o, err := d.live.keeper.Outlook(ctx, owner.group, q.Level)
	if err != nil {
		return s, err
	}
	return d.estimateFrom(ctx, o, owner.account)
})

// allowances is what an account may still do today.
type allowances interface {
	Allowance(method string) (session.Allowance, bool, error)
	Held(method string) (time.Time, bool)
}

// estimateFrom puts what the walk costs beside what the account may spend.
func (d desk) estimateFrom(ctx context.Context, o gatekeeper.Outlook, account allowances) (s stated[estimateAnswer], err error) {
	pace, now, walking, looking := d.cfg.Telegram.Pace, d.now(), lists, lookup
	if o.Group.Kind == membership.BasicGroup { // whose list is asked for as a lookup's is
		walking, looking = basicList, basicList
	}
	takes, begins := time.Duration(o.Calls)*pace.Interval, now
	s.Answer = estimateAnswer{
		Group: viewGroup(o.Group), Level: o.Level, Calls: o.Calls, Interval: pace.Interval.Seconds(), Seconds: int(takes.Seconds()),
	}
	e := &s.Answer
	if until, held := account.Held(walking); held {
		e.Held, begins = membership.At(until), until
	}
	e.Ends = membership.At(begins.Add(takes))
	if pace.Quiet != (session.Quiet{}) {
		e.Quiet = &quietView{Hours: pace.Quiet.String(), Ends: membership.At(pace.Quiet.Over(begins, takes))}
	}
	left, _, err := account.Allowance(looking)
	if err != nil {
		return s, fmt.Errorf("read what is left of the day's budget: %w", err)
	}
	e.Lookups = callBudget{Method: looking, Daily: left.Limit, Left: left.Left}
	if walking == looking {
		e.Budget = &e.Lookups
	}
	if o.Open != nil {
		e.Walk = viewWalk(*o.Open)
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
	calls := plural(e.Calls, "call")
	if e.Calls > 1 {
		calls = "some " + calls
	}
	a.stdout.line("%s: Telegram counts %s members; %s takes %s, about %s.", e.Group.Title, formatCount(orZero(e.Group.Total)), what, calls, took)
	if orZero(e.Group.Total) > membership.ParticipantWindow && e.Group.Kind == membership.Supergroup {
		a.stdout.line("Telegram shows %s rows of a list; who is beyond them is searched for, at the level %s.", formatCount(membership.ParticipantWindow), e.Level)
	}
	a.printEnds(e)
	if e.Budget == nil {
		a.stdout.line("No daily budget bounds them; of the %s of single people that telegram.pace.daily allows, %s left today.",
			plural(e.Lookups.Daily, "lookup"), areLeft(e.Lookups.Left))
		return
	}
	a.stdout.line("It and the two that ask for the group count as lookups: of the %s that telegram.pace.daily allows, %s left today.",
		formatCount(e.Budget.Daily), areLeft(e.Budget.Left))
}

// printEnds tells when the walk is over, where that is not at once.
func (a *app) printEnds(e estimateAnswer) {
	if e.Held != 0 {
		a.stdout.line("Telegram has asked not to be called before %s; until then, the walk waits.", localTime(e.Held.Time()))
	}
	if e.Held != 0 || e.Seconds >= 60 {
		a.stdout.line("Begun now, it is over at about %s.", localMinute(e.Ends.Time()))
	}
	if e.Quiet != nil && e.Quiet.Ends != e.Ends {
		a.stdout.line("A run rests in the quiet hours, %s, and would be through at about %s; a sync that you type does not rest.", e.Quiet.Hours,
			localMinute(e.Quiet.Ends.Time()))
	}
}

// localMinute is a moment to the minute, and not before it.
func localMinute(t time.Time) string {
	return t.Add(time.Minute - time.Nanosecond).Truncate(time.Minute).Local().Format("2006-01-02 15:04 MST")
}

func areLeft(n int) string {
	switch n {
	case 0:
		return "none is"
	case 1:
		return "1 is"
	}
	return formatCount(n) + " are"
}
