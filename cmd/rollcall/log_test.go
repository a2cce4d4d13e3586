package main

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rollcall/internal/membership"
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
