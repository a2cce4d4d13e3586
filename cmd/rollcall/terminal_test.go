package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func TestTable(t *testing.T) {
	var out bytes.Buffer
	s := screen{w: &out}
	rows := [][]cell{
		{plainCell("1"), plainCell("Ann\x1b[31m\nLee"), presenceCell(membership.Standing{Presence: membership.In, Role: membership.Member})},
		{plainCell("2"), plainCell("中文名字"), presenceCell(membership.Standing{Presence: membership.Out, Departure: membership.Banned})},
		{plainCell("3"), plainCell("-"), presenceCell(membership.Standing{})},
	}
	s.table([]string{"ID", "NAME", "PRESENCE"}, rows)
	assert.Equal(t, ""+
		"ID  NAME          PRESENCE\n"+
		"1   Ann␛[31m Lee  in, member\n"+
		"2   中文名字      out, banned\n"+
		"3   -             unknown\n", out.String())

	out.Reset()
	s.color = true
	s.table([]string{"PRESENCE"}, rows[1:2][:1])
	assert.Contains(t, out.String(), "\x1b[31mout, banned\x1b[0m")
	assert.Equal(t, "\x1b[1mx␛[0m\x1b[0m", s.paint(toneBold, "x\x1b[0m"))
}

func TestNames(t *testing.T) {
	for want, p := range map[string]membership.Profile{
		"Ann Lee @ann": {FirstName: "Ann", LastName: "Lee", Username: "ann"},
		"@ann":         {Username: "ann"},
		"Ann":          {FirstName: "Ann"},
		"-":            {},
		"a name that goes on and on and on and o… @ann": {FirstName: "a name that goes on and", LastName: "on and on and on and on", Username: "ann"},
		"名名名名名名名名名名名名名名名名名名名…":                          {FirstName: strings.Repeat("名", 64)},
	} {
		assert.Equal(t, want, personName(p))
	}
}

func TestRelative(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for want, d := range map[string]time.Duration{
		"now": 500 * time.Millisecond, "59 s ago": 59 * time.Second, "1 min ago": 61 * time.Second, "47 h ago": 47*time.Hour + 59*time.Minute,
		"2 days ago": 48 * time.Hour, "in 3 h": -3 * time.Hour, "2 years ago": 800 * 24 * time.Hour,
	} {
		assert.Equal(t, want, relative(now, now.Add(-d)))
	}
	s := screen{now: func() time.Time { return now }}
	assert.Equal(t, "unknown", s.moment(0))
	assert.Equal(t, "-", s.ago(0))
	assert.Contains(t, s.moment(membership.At(now.Add(-time.Hour))), "(1 h ago)")
	assert.Equal(t, "1 h ago", s.ago(membership.At(now.Add(-time.Hour))))
}

func TestEnvelope(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writeJSON(&out, []report.Row(nil), report.Meta{}))
	assert.JSONEq(t, `{"schema":1,"data":[],"meta":{"as_of":null,"coverage":null,"freshness":null,"gaps":[],"caveats":[]}}`, out.String())
	out.Reset()
	require.NoError(t, writeJSON(&out, map[string]string{"name": "\u202ex\u009b"}, report.Meta{AsOf: 1}))
	assert.NotContains(t, out.String(), "\u202e")
	var back envelope
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	assert.Equal(t, map[string]any{"name": "\u202ex\u009b"}, back.Data)
	assert.Error(t, writeJSON(&out, func() {}, report.Meta{}))
}

// Nothing that is read on a terminal is wider than the help is meant to be.
func TestHelpFitsAScreen(t *testing.T) {
	narrow := func(text, what string) {
		require.NotEmpty(t, text)
		for line := range strings.SplitSeq(text, "\n") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), helpWidth, "%s: %s", what, line)
		}
	}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		long := c.Long
		if long == "" {
			long = c.Short
		}
		narrow(long+"\n"+c.UsageString(), c.CommandPath())
		for _, child := range c.Commands() {
			visit(child)
		}
	}
	visit(manualApp().root())
	var example bytes.Buffer
	c := defaultConfig(folders{})
	require.NoError(t, writeExample(&example, c.settings()))
	narrow(example.String(), "config example")
}

func TestTableFits(t *testing.T) {
	var out bytes.Buffer
	s := screen{w: &out, width: 40}
	s.table([]string{"ID", "NAME", "NOTE"}, [][]cell{
		{plainCell("1234567890"), plainCell("a name of some length"), plainCell("a note that goes on for longer than that")},
		{plainCell("2"), plainCell("中文名字中文名字中文名字"), plainCell("-")},
	})
	assert.Equal(t, ""+
		"ID          NAME           NOTE\n"+
		"1234567890  a name of so…  a note that…\n"+
		"2           中文名字中文…  -\n", out.String())
}

func TestForPeople(t *testing.T) {
	at := time.Date(2026, 11, 21, 6, 35, 29, 0, time.UTC)
	assert.Equal(t, "was banned until "+localTime(at), forPeople("was banned until 2026-11-21T06:35:29Z"))
	assert.Equal(t, "roster-20261121T063529Z.db", forPeople("roster-20261121T063529Z.db"))
}

func TestProgressText(t *testing.T) {
	recent := membership.Checkpoint{In: 400, Rows: 3000, Calls: 2, CallsLeft: 8, Counts: map[membership.List]int{membership.ListRecent: 1164}}
	assert.Equal(t, "400 of 1,164 listed proven in, 2 calls, about 9 s left", progressText(recent, 2400*time.Millisecond, 2))
	assert.Equal(t, "400 of 1,164 listed proven in, 2 calls", progressText(recent, time.Second, 0), "nothing to reckon by yet")
	assert.Equal(t, "400 of 1,164 listed proven in, 2 calls", progressText(recent, time.Second, 20), "less than a second")
	recent.CallsLeft = 0
	assert.Equal(t, "400 of 1,164 listed proven in, 2 calls", progressText(recent, time.Minute, 1), "nothing is left")
}

// An interrupted walk says what it has proven; any other end keeps its own hint too.
func TestWhatAWalkHasProvenWhenItBreaksOff(t *testing.T) {
	at := membership.Checkpoint{Pages: 6, Calls: 6, In: 1200, Counts: map[membership.List]int{membership.ListRecent: 25_000}}
	lost := &membership.TelegramError{Kind: membership.ErrorRightMissing, Name: "CHAT_ADMIN_REQUIRED", Method: "channels.getParticipants"}
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	const proven = `1,200 of 25,000 listed are proven in, by 6 calls, and stored; "rollcall sync" goes on from there`
	for _, c := range []struct {
		name string
		ctx  context.Context
		at   membership.Checkpoint
		err  error
		code exitCode
		hint string
	}{
		{"Ctrl-C", interrupted, at, context.Canceled, exitInterrupted, proven},
		{"Ctrl-C before the first page", interrupted, membership.Checkpoint{}, context.Canceled, exitInterrupted, `nothing was read this time; what earlier ones read is kept, and "rollcall sync" goes on with it`},
		{"right lost", t.Context(), at, lost, exitPermission, "in the Telegram app: the group > Edit > Administrators; the account must be an administrator of the group. " + proven},
		{"right missing from the beginning", t.Context(), membership.Checkpoint{}, lost, exitPermission, "in the Telegram app: the group > Edit > Administrators; the account must be an administrator of the group"},
		{"disk", t.Context(), at, errors.New("broken"), exitUnexpected, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			judged := judge(brokenOff(c.ctx, c.at, c.err))
			assert.Equal(t, c.code, judged.code)
			assert.Equal(t, c.hint, judged.hint)
			require.ErrorIs(t, judged, c.err)
		})
	}
}

func TestFillArrays(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writeJSON(&out, whyAnswer{whoAnswer: whoAnswer{}}, report.Meta{}))
	assert.Contains(t, out.String(), `"history": []`)
	assert.Contains(t, out.String(), `"actions": []`)
	assert.Contains(t, out.String(), `"subscriber": null`)
}
