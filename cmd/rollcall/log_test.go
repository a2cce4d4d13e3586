package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func TestEventKinds(t *testing.T) {
	in := func(r membership.Role) membership.State { return membership.State{Presence: membership.In, Role: r} }
	out := func(d membership.Departure) membership.State {
		return membership.State{Presence: membership.Out, Departure: d}
	}
	lifted := out(membership.Left)
	lifted.Lifted = true
	for _, c := range []struct {
		want   string
		source membership.Source
		state  membership.State
		moved  bool
	}{
		{"joined", membership.SourceBotUpdate, in(membership.Member), true},
		{"joined", membership.SourceList, in(membership.Member), true},
		{"promoted", membership.SourceAdminLog, in(membership.Administrator), false},
		{"restricted", membership.SourceAdminLog, in(membership.Restricted), false},
		{"member", membership.SourceAdminLog, in(membership.Member), false},
		{"found-in", membership.SourceLookup, in(membership.Administrator), false},
		{"left", membership.SourceBotUpdate, out(membership.Left), true},
		{"kicked", membership.SourceBotUpdate, out(membership.Kicked), true},
		{"banned", membership.SourceAdminLog, out(membership.Banned), true},
		{"unbanned", membership.SourceAdminLog, lifted, false},
		{"found-out", membership.SourceLookup, out(membership.Left), false},
		{"found-out", membership.SourceList, out(membership.Banned), false},
		{"active", membership.SourceMessage, in(membership.Member), false},
	} {
		grade := membership.GradeA
		if c.source == membership.SourceMessage {
			grade = membership.GradeC
		}
		got := eventKind(membership.Event{State: c.state, Moved: c.moved, Evidence: membership.Evidence{Source: c.source, Grade: grade}})
		assert.Equal(t, c.want, got, "%s %+v moved %v", c.source, c.state, c.moved)
		assert.True(t, slices.Contains(allKinds(), got))
	}
}

// What strangers chose to be called, and what admins wrote, stays in its line.
func TestTheLogIsSafeToLookAt(t *testing.T) {
	var out bytes.Buffer
	a := &app{stdout: screen{w: &out, now: time.Now}}
	name, text, user := "Eve\x1b[31m\u202e\nroot", "a\x1b]0;b\x07\nc\u202e", membership.UserID(7)
	a.printLog([]logView{
		{At: 1_780_000_000, From: logLedger, Kind: "left", User: &user, UserName: &name},
		{At: 1_780_000_000, From: logAdminLog, Kind: "title", Was: &text, Text: &text, Actor: &user, ActorName: &name},
		{At: 1_780_000_000, From: logNotes, Kind: "mode", Text: &text},
	})
	assert.Equal(t, 3, bytes.Count(out.Bytes(), []byte("\n")))
	assert.NotContains(t, out.String(), "\x1b")
	assert.NotContains(t, out.String(), "\u202e")
}

// heardOf and loggedAs are one happening as the bot's update and the admin log tell it.
func heardOf(seq uint64, kind string, at membership.Instant, user membership.UserID, qts uint64) logView {
	return logView{At: at, From: logLedger, ID: seq, Kind: kind, User: &user, Evidence: &report.Evidence{
		Source: membership.SourceBotUpdate, Grade: membership.GradeA, Ref: qts,
	}}
}

func loggedAs(seq uint64, kind string, at membership.Instant, user membership.UserID, id uint64) logView {
	v := heardOf(seq, kind, at, user, id)
	v.Evidence.Source = membership.SourceAdminLog
	return v
}

// The entries of one second, in whatever order they were taken in: two tellings of a happening are one entry, whatever else was told stays an entry,
// and they stand as they happened.
func TestTwoTellingsOfAHappeningAreOneEntryInTheOrderInWhichItHappened(t *testing.T) {
	const at, ann, ben = membership.Instant(1_780_000_000), membership.UserID(7), membership.UserID(8)
	note := logView{At: at, From: logNotes, ID: 1, Kind: "mode"}
	title := logView{At: at, From: logAdminLog, ID: 101, Kind: "title"}
	seen := logView{At: at, From: logLedger, ID: 40, Kind: "found-in", Evidence: &report.Evidence{Source: membership.SourceLookup, Grade: membership.GradeA, Ref: 9}}
	type told = []logView
	for name, c := range map[string]struct {
		entries told
		want    []string
	}{
		"both told": {
			told{heardOf(1, "left", at, ann, 5), loggedAs(2, "left", at, ann, 100)},
			[]string{"1 left qts 5 id 100"},
		},
		"the log first": {
			told{loggedAs(1, "left", at, ann, 100), heardOf(2, "left", at, ann, 5)},
			[]string{"1 left qts 5 id 100"},
		},
		"a page of the log is taken in newest first": {
			told{
				loggedAs(1, "joined", at, ann, 103), loggedAs(2, "left", at, ann, 102), loggedAs(3, "joined", at, ann, 101),
				loggedAs(4, "left", at, ann, 100), heardOf(5, "left", at, ann, 5), heardOf(6, "joined", at, ann, 6), heardOf(7, "left", at, ann, 7),
				heardOf(8, "joined", at, ann, 8),
			},
			[]string{"4 left qts 5 id 100", "3 joined qts 6 id 101", "2 left qts 7 id 102", "1 joined qts 8 id 103"},
		},
		"what the bot lost": {
			told{
				heardOf(1, "left", at, ann, 5), loggedAs(2, "left", at, ann, 102), loggedAs(3, "joined", at, ann, 101),
				loggedAs(4, "left", at, ann, 100),
			},
			[]string{"1 left qts 5 id 100", "3 joined id 101", "2 left id 102"},
		},
		"what the log does not tell yet": {
			told{
				heardOf(2, "joined", at, ann, 6), loggedAs(3, "banned", at, ben, 100), heardOf(1, "left", at, ann, 5),
				heardOf(4, "banned", at, ben, 7),
			},
			[]string{"1 left qts 5", "2 joined qts 6", "3 banned qts 7 id 100"},
		},
		"other people": {
			told{heardOf(1, "left", at, ann, 5), loggedAs(2, "left", at, ben, 100)},
			[]string{"2 left id 100", "1 left qts 5"},
		},
		"another kind": {
			told{heardOf(1, "left", at, ann, 5), loggedAs(2, "banned", at, ann, 100)},
			[]string{"2 banned id 100", "1 left qts 5"},
		},
		"the log's other entries, and notes": {
			told{note, seen, title, heardOf(1, "left", at, ann, 5), loggedAs(2, "left", at, ann, 100)},
			[]string{"1 left qts 5 id 100", "101 title id 101", "40 found-in", "1 mode"},
		},
		"nobody told but the bot": {
			told{note, heardOf(2, "joined", at, ann, 6), heardOf(1, "left", at, ann, 5)},
			[]string{"1 left qts 5", "2 joined qts 6", "1 mode"},
		},
	} {
		for range 2 {
			slices.Reverse(c.entries)
			var got []string
			for _, v := range inOrder(paired(slices.Clone(c.entries))) {
				text := fmt.Sprintf("%d %s", v.ID, v.Kind)
				if qts := v.number(membership.SourceBotUpdate); qts != 0 {
					text += fmt.Sprintf(" qts %d", qts)
				}
				if id := v.number(membership.SourceAdminLog); id != 0 {
					text += fmt.Sprintf(" id %d", id)
				}
				got = append(got, text)
			}
			assert.Equal(t, c.want, got, name)
		}
	}
	one := paired([]logView{heardOf(1, "left", at, ann, 5), loggedAs(2, "left", at, ann, 100)})
	assert.Equal(t, "user 7; bot update, qts 5; admin log, event 100", "user "+one[0].told())
}

// What keeps a log from being followed for a while is waited for, and said once; anything else ends it.
func TestAFollowerWaitsForWhatPasses(t *testing.T) {
	var said bytes.Buffer
	f := follower{app: &app{stderr: screen{w: &said, now: time.Now}}, running: true}
	errs := []error{endedBeforeAnswer(), fail(exitHeld, "", "held"), fail(exitHeld, "", "held"), fail(exitNotFound, "", "no roster"), nil}
	tick := make(chan time.Time, len(errs)+1)
	for range errs {
		tick <- time.Now()
	}
	s, err := f.next(t.Context(), tick, func() (s stated[logAnswer], err error) {
		err, errs = errs[0], errs[1:]
		s.Answer.Running = err == nil
		return s, err
	})
	require.NoError(t, err)
	require.True(t, s.Answer.Running)
	assert.Equal(t, "Waiting: the process that held the roster ended before it answered.\nWaiting: held.\nWaiting: no roster.\n", said.String())

	tick <- time.Now()
	_, err = f.next(t.Context(), tick, func() (stated[logAnswer], error) { return stated[logAnswer]{}, fail(exitDamaged, "", "damaged") })
	require.ErrorContains(t, err, "damaged")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	_, err = f.next(ctx, nil, nil)
	require.ErrorIs(t, err, errInterrupted)
}

// The run's log is as safe to look at as any other output, in either form.
func TestTheRunsLogIsSafeToLookAt(t *testing.T) {
	for _, tty := range []bool{false, true} {
		var out bytes.Buffer
		log, err := newLogger(screen{w: &out, tty: tty, now: time.Now}, "info", zap.NewAtomicLevel())
		require.NoError(t, err)
		log.With(zap.String("group", "A\u202eB\x1b[31m")).Info("\u202e", zap.String("title", "C\u009b\u202eD\nE"), zap.Error(errors.New("\u202e\u2066")))
		require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("\n")), out.String())
		for _, bad := range []string{"\u202e", "\u2066", "\u009b", "\x1b"} {
			assert.NotContains(t, out.String(), bad, "on a terminal: %v", tty)
		}
		if !tty {
			var line struct{ Group, Title string }
			require.NoError(t, json.Unmarshal(out.Bytes(), &line))
			assert.Equal(t, "C\u009b\u202eD\nE", line.Title, "programs read what it is")
		}
	}
}
