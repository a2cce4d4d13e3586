package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

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
	assert.JSONEq(t, `{"schema":1,"data":[],"meta":{"as_of":null,"coverage":null,"freshness":null}}`, out.String())
	out.Reset()
	require.NoError(t, writeJSON(&out, map[string]string{"name": "\u202ex\u009b"}, report.Meta{AsOf: 1}))
	assert.NotContains(t, out.String(), "\u202e")
	var back envelope
	require.NoError(t, json.Unmarshal(out.Bytes(), &back))
	assert.Equal(t, map[string]any{"name": "\u202ex\u009b"}, back.Data)
	assert.Error(t, writeJSON(&out, func() {}, report.Meta{}))
}
