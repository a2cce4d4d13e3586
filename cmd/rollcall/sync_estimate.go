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
	// Ends is when a walk is over that begins now; null where the budget allows none.
	Ends membership.Instant `json:"ends"`
	// Quiet is null where there are no quiet hours.
	Quiet *quietView `json:"quiet"`
	// Budget bounds the walk's calls in a day.
	Budget callBudget `json:"budget"`
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
	// Until is when the next day begins.
	Until membership.Instant `json:"until"`
}

func budgetOf(method string, account allowances) (callBudget, error) {
	a, _, err := account.Allowance(method)
	if err != nil {
		return callBudget{}, fmt.Errorf("read what is left of the day's budget: %w", err)
	}
	return callBudget{Method: method, Daily: a.Limit, Left: a.Left, Until: membership.At(a.Until)}, nil
}

// over is when so many calls are made that begin then, if each is made as soon as it may be; zero where none may.
func (b callBudget) over(begins time.Time, calls int, interval time.Duration) membership.Instant {
	for left, until := b.Left, b.Until.Time(); calls > left; left, until = b.Daily, until.AddDate(0, 0, 1) {
		if b.Daily == 0 {
			return 0
		}
		if begins = begins.Add(time.Duration(left) * interval); begins.Before(until) {
			begins = until
		}
		calls -= left
	}
	return membership.At(begins.Add(time.Duration(calls) * interval))
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
			return askHolder(ctx, path, askEstimate.name, walkQuestion{Group: cfg.Group, Level: cfg.Sync.Level}, answer)
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
	owner, err := d.ownerOf(ctx, q.Group)
	if err != nil {
		return s, err
	}
	o, err := owner.keeper.Outlook(ctx, owner.group, q.Level)
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
	if e.Lookups, err = budgetOf(looking, account); err != nil {
		return s, err
	}
	if e.Budget, err = budgetOf(walking, account); err != nil {
		return s, err
	}
	e.Ends = e.Budget.over(begins, o.Calls, pace.Interval)
	if pace.Quiet != (session.Quiet{}) {
		e.Quiet = &quietView{Hours: pace.Quiet.String(), Ends: max(e.Ends, membership.At(pace.Quiet.Over(begins, takes)))}
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
	if e.Budget.Method == e.Lookups.Method {
		a.stdout.line("It and the two that ask for the group count as lookups: of the %s that telegram.pace.daily allows, %s left today.",
			formatCount(e.Budget.Daily), areLeft(e.Budget.Left))
		return
	}
	a.stdout.line("Left today: %s of %s of lists (telegram.pace.daily_pages), %s of %s (telegram.pace.daily).", formatCount(e.Budget.Left),
		plural(e.Budget.Daily, "page"), formatCount(e.Lookups.Left), plural(e.Lookups.Daily, "lookup"))
	if e.Calls > e.Budget.Left {
		a.stdout.line("Those pages do not suffice: a sync stops when they are used up, and goes on when it is run again after %s.", localMinute(e.Budget.Until.Time()))
	}
}

// printEnds tells when the walk is over, where that is not at once.
func (a *app) printEnds(e estimateAnswer) {
	if e.Held != 0 {
		a.stdout.line("Telegram has asked not to be called before %s: until then a sync waits, or ends with exit code 6 if that is more than ten minutes.", localTime(e.Held.Time()))
	}
	if e.Ends != 0 && (e.Held != 0 || e.Seconds >= 60 || e.Calls > e.Budget.Left) {
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
