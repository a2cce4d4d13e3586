package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/tgsim/rpc"
	"rollcall/session"
)

// asks are what the owner's account is used for.
var asks = []string{
	"channels.getParticipants", searching, "channels.getAdminLog", "channels.getParticipant", "channels.getFullChannel", "contacts.resolveUsername",
}

// schedule is what happens to an account for some days: how it may call, what the server allows and refuses, who asks it for what, and when the
// program ends and is started again. It is drawn whole before its time begins, since rapid cannot give up inside a bubble.
type schedule struct {
	interval  time.Duration
	pace      session.Pace
	took      time.Duration
	budgets   rpc.Budgets
	refusals  []refusal
	callers   [][]step
	startings []time.Duration // after the one before
}

// refusal is an answer that the server has ready for the next call of a method.
type refusal struct {
	at     time.Duration
	method string
	code   int
	name   string
}

// step is one errand of a caller.
type step struct {
	after      time.Duration
	ask        string
	unattended bool
	limit      time.Duration // of the caller's own; 0 is none
	again      stubbornness
}

// stubbornness is what a caller does who is told to come later.
type stubbornness int

const (
	givesUp stubbornness = iota
	comesThen
	nags
)

func drawSchedule(rt *rapid.T) schedule {
	interval := rapid.SampledFrom([]time.Duration{0, 100 * time.Millisecond, 1200 * time.Millisecond, 30 * time.Second}).Draw(rt, "interval")
	p := session.PaceEvery(interval)
	p.MaxWait = rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 10 * time.Minute, 3 * time.Hour}).Draw(rt, "patience")
	p.Budgets = map[string]int{}
	quiet, err := session.ParseQuiet(rapid.SampledFrom([]string{"", "23:00-07:00 UTC", "00:10-12:00 UTC"}).Draw(rt, "quiet"))
	if err != nil {
		rt.Fatal(err)
	}
	p.Quiet = quiet
	s := schedule{interval: interval, pace: p, budgets: rpc.Budgets{}, took: rapid.SampledFrom([]time.Duration{0, 80 * time.Millisecond, 3 * time.Second}).Draw(rt, "took")}
	for _, ask := range asks {
		method := methodOf(ask)
		if limit := rapid.SampledFrom([]int{-1, 2, 9, 100}).Draw(rt, "daily "+method); limit >= 0 {
			p.Budgets[method] = limit
		}
		s.budgets[method] = rapid.SampledFrom([]rpc.Budget{
			{}, {Burst: 1, Rate: 1.0 / 60}, {Burst: 3, Rate: 0.5}, {Burst: 2, Rate: 1.0 / 7200}, {Burst: 20, Rate: 5, AtOnce: 1}, {Burst: 2, Rate: 0.01, PeerFlood: true},
		}).Draw(rt, "budget "+method)
	}
	s.refusals = rapid.SliceOfN(rapid.Custom(drawRefusal), 0, 8).Draw(rt, "refusals")
	s.callers = rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawStep), 1, 12), 1, 6).Draw(rt, "callers")
	s.startings = rapid.SliceOfN(rapid.Custom(drawSpan), 0, 6).Draw(rt, "startings")
	return s
}

func drawRefusal(rt *rapid.T) refusal {
	r := refusal{at: drawSpan(rt), method: methodOf(rapid.SampledFrom(asks).Draw(rt, "method")), code: 420}
	seconds := rapid.SampledFrom([]int{1, 7, 59, 61, 600, 3600, 90_000}).Draw(rt, "seconds")
	r.name = fmt.Sprintf("FLOOD_WAIT_%d", seconds)
	switch rapid.IntRange(0, 5).Draw(rt, "refusal") {
	case 0:
		r.name = fmt.Sprintf("FLOOD_PREMIUM_WAIT_%d", seconds)
	case 1:
		r.code, r.name = 400, "PEER_FLOOD"
	case 2:
		r.code, r.name = 500, "RPC_CALL_FAIL"
	}
	return r
}

func drawStep(rt *rapid.T) step {
	return step{
		after: drawSpan(rt), ask: rapid.SampledFrom(asks).Draw(rt, "ask"), unattended: rapid.Bool().Draw(rt, "unattended"),
		limit: rapid.SampledFrom([]time.Duration{0, 0, 3 * time.Second, time.Hour}).Draw(rt, "limit"),
		again: stubbornness(rapid.IntRange(0, 2).Draw(rt, "again")),
	}
}

// drawSpan is from nothing to some hours, as often short as long.
func drawSpan(rt *rapid.T) time.Duration {
	unit := rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, time.Minute, time.Hour}).Draw(rt, "unit")
	return time.Duration(rapid.IntRange(1, 9).Draw(rt, "units")) * unit
}

// TestNoScheduleBreaksAWait: whatever is asked of the account, by however many, and whenever the program ends, no call is made inside a wait, beside
// another, before the interval has passed, beyond a day's budget or, where nobody waits for it, in quiet hours; and nobody is held back for
// another reason or longer.
func TestNoScheduleBreaksAWait(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSchedule(rt)
		var faults []string
		synctest.Test(t, func(t *testing.T) { faults = play(t, s) })
		if len(faults) > 0 {
			rt.Fatalf("%+v\n%v", s, faults)
		}
	})
}

// days is a schedule that is being played.
type days struct {
	t        *testing.T
	schedule schedule
	server   *strict
	dir      string

	mu     sync.Mutex
	faults []string // guarded by mu
}

func play(t *testing.T, s schedule) []string {
	d := &days{t: t, schedule: s, server: newStrict(t, s.took), dir: t.TempDir()}
	d.server.rpc.SetBudgets(s.budgets)
	over := make(chan struct{})
	var server sync.WaitGroup
	for _, r := range s.refusals {
		server.Go(func() {
			select {
			case <-time.After(r.at):
				require.NoError(t, d.server.rpc.Refuse(d.server.world.Owner(), r.method, r.code, r.name))
			case <-over:
			}
		})
	}
	waiting := make([]queue, len(s.callers))
	for i, steps := range s.callers {
		waiting[i] = queue{steps: steps}
	}
	for _, after := range append(slices.Clone(s.startings), 0) {
		d.visit(waiting, after)
	}
	close(over)
	server.Wait()
	d.afterwards()
	d.compare()
	return d.faults
}

func (d *days) fault(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, fmt.Sprintf(format, args...))
}

// queue is what a caller has yet to ask, in this visit or the next.
type queue struct{ steps []step }

// visit is one life of the program; 0 is as long as it takes.
func (d *days) visit(callers []queue, life time.Duration) {
	a := open(d.t, d.dir, session.Owner, d.schedule.pace)
	d.server.visited()
	ctx, end := context.WithCancel(d.t.Context())
	api, leave := a.VisitOver(ctx, d.server, func(err error) { d.fault("the connection was ended: %v", err) })
	var crowd sync.WaitGroup
	for i := range callers {
		crowd.Go(func() { d.call(ctx, api, &callers[i]) })
	}
	if life > 0 {
		stop := time.AfterFunc(life, end)
		defer stop.Stop()
	}
	crowd.Wait()
	end()
	leave()
	require.NoError(d.t, a.Close())
}

// call goes through the steps of one caller, until the program ends.
func (d *days) call(ctx context.Context, api *tg.Client, q *queue) {
	for len(q.steps) > 0 && idle(ctx, q.steps[0].after) {
		now := q.steps[0]
		q.steps = q.steps[1:]
		for range 3 {
			until, held := d.askOnce(ctx, api, now)
			if !held || now.again == givesUp {
				break
			}
			pause := time.Second
			if now.again == comesThen {
				pause = time.Until(until)
			}
			if !idle(ctx, pause) {
				return
			}
		}
	}
}

// idle lets time go by, unless the program ends.
func idle(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// askOnce makes one call, and finds fault with being held back without a reason.
func (d *days) askOnce(ctx context.Context, api *tg.Client, s step) (until time.Time, held bool) {
	life := ctx // when the program ends, the connection may know before the contexts made from this one
	if s.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.limit)
		defer cancel()
	}
	if s.unattended {
		ctx = context.WithValue(session.Unattended(ctx), markKey{}, true)
	}
	err := d.server.ask(ctx, api, s.ask)
	var wait *session.WaitError
	var spent *session.BudgetError
	var quiet *session.QuietError
	var told *tgerr.Error
	switch now := time.Now(); {
	case err == nil, ctx.Err() != nil, life.Err() != nil, errors.As(err, &told) && told.Code == 500:
		return time.Time{}, false
	case errors.As(err, &wait):
		if announced := d.announced(wait.Method); !wait.Until.After(now) || wait.Until.After(announced.Add(time.Second)) {
			d.fault("%s at %s: held until %s, and was asked to wait until %s", s.ask, now, wait.Until, announced)
		}
		return wait.Until, true
	case errors.As(err, &spent):
		if n := d.madeOn(now, spent.Method); n != spent.Limit || n != d.schedule.pace.Budgets[spent.Method] {
			d.fault("%s at %s: %d calls are no spent budget: %v", s.ask, now, n, err)
		}
		return spent.Until, true
	case errors.As(err, &quiet):
		if until, is := d.schedule.pace.Quiet.At(now); !is || !s.unattended || !until.Equal(quiet.Until) {
			d.fault("%s at %s: it is not quiet: %v", s.ask, now, err)
		}
		return quiet.Until, true
	}
	d.fault("%s: %v", s.ask, err)
	return time.Time{}, false
}

// announced is until when the server has asked not to be called so.
func (d *days) announced(method string) (until time.Time) {
	for _, c := range d.server.record() {
		if end := c.to.Add(c.most); c.rests(method) && end.After(until) {
			until = end
		}
	}
	return until
}

func (d *days) madeOn(day time.Time, method string) (n int) {
	for _, c := range d.server.record() {
		if c.method == method && sameDay(c.from, day) {
			n++
		}
	}
	return n
}

func sameDay(a, b time.Time) bool {
	return a.UTC().YearDay() == b.UTC().YearDay() && a.UTC().Year() == b.UTC().Year()
}

// afterwards: once the server allows everything, whoever comes when they are told to is let through in the end.
func (d *days) afterwards() {
	d.server.rpc.SetBudgets(rpc.Unlimited())
	a := open(d.t, d.dir, session.Owner, d.schedule.pace)
	d.server.visited()
	api, leave := a.VisitOver(d.t.Context(), d.server, func(err error) { d.fault("the connection was ended: %v", err) })
	for _, ask := range asks {
		before := len(d.server.record())
		for range 20 {
			until, held := d.askOnce(d.t.Context(), api, step{ask: ask, unattended: true})
			if !held {
				break
			}
			pass(time.Until(until))
		}
		if len(d.server.record()) == before {
			d.fault("%s: never let through", ask)
		}
	}
	leave()
	require.NoError(d.t, a.Close())
}

// compare holds the record of the server against the rules.
func (d *days) compare() {
	calls := d.server.record()
	if n := d.server.violations(); n > 0 {
		d.fault("the simulator counts %d violations", n)
	}
	days := map[string]int{}
	for i, c := range calls {
		for _, before := range calls[:i] {
			if end := before.to.Add(before.wait); before.rests(c.method) && c.from.Before(end) {
				d.fault("%s at %s, inside a wait until %s that %s was told of", c.method, c.from, end, before.method)
			}
		}
		day := c.from.UTC().Format(time.DateOnly) + c.method
		days[day]++
		if limit, bounded := d.schedule.pace.Budgets[c.method]; bounded && days[day] > limit {
			d.fault("%s at %s: call %d of %d", c.method, c.from, days[day], limit)
		}
		if _, quiet := d.schedule.pace.Quiet.At(c.from); quiet && c.unattended {
			d.fault("%s at %s, in quiet hours", c.method, c.from)
		}
		if i == 0 {
			continue
		}
		last := calls[i-1]
		if c.from.Before(last.to) {
			d.fault("%s at %s, beside %s", c.method, c.from, last.method)
		}
		if least := d.schedule.interval * 8 / 10; c.visit == last.visit && c.from.Sub(last.from) < least {
			d.fault("%s at %s, %s after %s", c.method, c.from, c.from.Sub(last.from), last.method)
		}
	}
}
