package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/session"
)

func TestEstimateIsPrinted(t *testing.T) {
	noon := membership.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local))
	large := estimateAnswer{
		Group: groupView{Title: "Readers\x1b[2J", Kind: membership.Supergroup, Total: orNull(200_000)}, Level: membership.Thorough, Calls: 2250,
		Seconds: 2700, Interval: 1.2, Ends: noon, Lookups: callBudget{Method: lookup, Daily: 500, Left: 488},
		Budget: callBudget{Method: lists, Daily: 10_000, Left: 9_000, Until: noon},
	}
	tight := large
	tight.Budget.Left = 1
	goesOn := large
	goesOn.Walk = &walkView{ID: 3, Checkpoint: checkpointView{Checkpoint: membership.Checkpoint{Calls: 900}}}
	restless, resting := large, large
	restless.Quiet = &quietView{Hours: "23:00-07:00", Ends: noon}
	resting.Quiet = &quietView{Hours: "23:00-12:30", Ends: noon.Add(time.Hour)}
	spent := large
	spent.Lookups.Left = 0
	held := large
	held.Held, held.Calls, held.Seconds, held.Interval, held.Lookups = noon.Add(-time.Minute), 1, 0, 0, callBudget{Method: lookup, Daily: 1, Left: 1}
	basic := estimateAnswer{
		Group: groupView{Title: "Kin", Kind: membership.BasicGroup, Total: orNull(20)}, Level: membership.Normal, Calls: 1, Seconds: 1, Interval: 1.2,
		Ends: noon, Budget: callBudget{Method: basicList, Daily: 1500, Left: 1}, Lookups: callBudget{Method: basicList, Daily: 1500, Left: 1},
	}
	at := func(d time.Duration) string { return localMinute(noon.Add(d).Time()) }
	const readers = "Readers␛[2J: Telegram counts 200,000 members; "
	const searched = "Telegram shows 10,000 rows of a list; who is beyond them is searched for, at the level thorough.\n"
	const pages = "Left today: 9,000 of 10,000 pages of lists (telegram.pace.daily_pages), "
	const left = pages + "488 of 500 lookups (telegram.pace.daily).\n"
	ends := "Begun now, it is over at about " + at(0) + ".\n"
	for _, c := range []struct {
		name string
		e    estimateAnswer
		want string
	}{
		{"large", large, readers + "a walk takes some 2,250 calls, about 45 min at one call in 1.2 s.\n" + searched + ends + left},
		{"goes on", goesOn, readers + "walk 3 goes on, 900 calls after its beginning, and takes some 2,250 calls, about 45 min at one call in 1.2 s.\n" +
			searched + ends + left},
		{"between quiet hours", restless, readers + "a walk takes some 2,250 calls, about 45 min at one call in 1.2 s.\n" + searched + ends + left},
		{"into quiet hours", resting, readers + "a walk takes some 2,250 calls, about 45 min at one call in 1.2 s.\n" + searched + ends +
			"A run rests in the quiet hours, 23:00-12:30, and would be through at about " + at(time.Hour) + "; a sync that you type does not rest.\n" + left},
		{"held", held, readers + "a walk takes 1 call, about as long as Telegram needs to answer: there is no pause between calls.\n" + searched +
			"Telegram has asked not to be called before " + localTime(noon.Add(-time.Minute).Time()) + ": until then a sync waits, or ends with exit code 6 if that is more than ten minutes.\n" + ends +
			pages + "1 of 1 lookup (telegram.pace.daily).\n"},
		{"nobody more", spent, readers + "a walk takes some 2,250 calls, about 45 min at one call in 1.2 s.\n" + searched + ends +
			pages + "0 of 500 lookups (telegram.pace.daily).\n"},
		{"more than today's", tight, readers + "a walk takes some 2,250 calls, about 45 min at one call in 1.2 s.\n" + searched + ends +
			strings.Replace(left, "9,000 of", "1 of", 1) + "Those pages do not suffice: a sync stops when they are used up, and goes on when it is run again after " + at(0) + ".\n"},
		{"basic", basic, "Kin: Telegram counts 20 members; a walk takes 1 call, about 1 s at one call in 1.2 s.\n" +
			"It and the two that ask for the group count as lookups: of the 1,500 that telegram.pace.daily allows, 1 is left today.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got bytes.Buffer
			a := &app{stdout: screen{w: &got}}
			a.printEstimate(c.e)
			assert.Equal(t, c.want, got.String())
		})
	}
}

// spending is an account that has made some calls today.
type spending struct {
	left map[string]session.Allowance
	held map[string]time.Time
}

func (s spending) Allowance(method string) (session.Allowance, bool, error) {
	left, bounded := s.left[method]
	return left, bounded, nil
}

func (s spending) Held(method string) (time.Time, bool) {
	until, held := s.held[method]
	return until, held
}

func TestEstimateCountsWaitsAndQuietHoursIn(t *testing.T) {
	r, err := roster.Open(filepath.Join(t.TempDir(), "roster.db"), roster.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	quiet, err := session.ParseQuiet("23:00-07:00 Europe/Berlin")
	require.NoError(t, err)
	evening := time.Date(2026, 3, 1, 22, 30, 0, 0, quietZone(t))
	d := desk{roster: r, now: func() time.Time { return evening }}
	d.cfg.Telegram.Pace = PaceConfig{Interval: 6 * time.Second, Daily: 7, Quiet: quiet}
	midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	account := spending{left: map[string]session.Allowance{
		lookup: {Limit: 7, Left: 5, Until: midnight}, basicList: {Limit: 7, Left: 3, Until: midnight}, lists: {Limit: 300, Left: 400, Until: midnight},
	}}
	estimate := func(o gatekeeper.Outlook) estimateAnswer {
		require.NoError(t, r.PutGroup(t.Context(), o.Group))
		s, err := d.estimateFrom(t.Context(), o, account)
		require.NoError(t, err)
		return s.Answer
	}
	after := func(d time.Duration) membership.Instant { return membership.At(evening.Add(d)) }

	super := gatekeeper.Outlook{Group: membership.Group{ID: 1, Kind: membership.Supergroup}, Level: membership.Normal, Calls: 400}
	e := estimate(super)
	assert.Equal(t, 2400, e.Seconds)
	assert.Equal(t, after(40*time.Minute), e.Ends)
	assert.Equal(t, &quietView{Hours: "23:00-07:00 Europe/Berlin", Ends: after(8*time.Hour + 40*time.Minute)}, e.Quiet)
	assert.Equal(t, callBudget{Method: lists, Daily: 300, Left: 400, Until: membership.At(midnight)}, e.Budget)
	assert.Equal(t, callBudget{Method: lookup, Daily: 7, Left: 5, Until: membership.At(midnight)}, e.Lookups)

	account.held = map[string]time.Time{lists: evening.Add(10 * time.Minute)}
	e = estimate(super)
	assert.Equal(t, after(10*time.Minute), e.Held)
	assert.Equal(t, after(50*time.Minute), e.Ends)

	e = estimate(gatekeeper.Outlook{Group: membership.Group{ID: 2, Kind: membership.BasicGroup}, Level: membership.Normal, Calls: 1})
	assert.Equal(t, callBudget{Method: basicList, Daily: 7, Left: 3, Until: membership.At(midnight)}, e.Budget)
	assert.Zero(t, e.Held, "a basic group's list is another method's")

	account.held = nil
	account.left[lists] = session.Allowance{Limit: 150, Left: 50, Until: midnight}
	e = estimate(super)
	assert.Equal(t, membership.At(midnight.AddDate(0, 0, 2).Add(50*6*time.Second)), e.Ends, "50 today, 150 on each of two days, and 50 on the fourth")
	account.left[basicList] = session.Allowance{Until: midnight}
	assert.Zero(t, estimate(gatekeeper.Outlook{Group: membership.Group{ID: 2, Kind: membership.BasicGroup}, Level: membership.Normal, Calls: 1}).Ends)

	d.cfg.Telegram.Pace.Quiet = session.Quiet{}
	assert.Nil(t, estimate(super).Quiet)
}

func quietZone(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return zone
}
