package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

func somePlan() membership.Plan {
	return membership.Plan{
		Schema: 1, ID: "0123456789ab", Nonce: "n", Group: 7, Made: 1000, Subscribers: 3, Breaker: 20, LookUp: []membership.UserID{3},
		Rows: []membership.PlanRow{
			{
				User: 1, Name: "Ann", Username: "ann", Verb: membership.Revoke, Reason: membership.ReasonLeft, Presence: membership.Out, Left: membership.Left,
				Evidence: membership.Evidence{
					Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: 900, Ref: 1<<63 + 1, At: 10, Recorded: 11, Actor: 1,
				},
				Cause: 5, Dialog: membership.DialogActive, DialogSince: 9,
			},
			{User: 2, Verb: membership.Revoke, Reason: membership.ReasonBlocked, Dialog: membership.DialogBlocked},
		},
		Kept: []membership.Kept{{User: 3, Why: "nothing proves that they are out"}},
	}
}

// A plan is applied from a file as it was made: its id is made of all that it says.
func TestPlanReturns(t *testing.T) {
	var printed bytes.Buffer
	require.NoError(t, writeJSON(&printed, viewPlan(somePlan()), report.Meta{}))
	back, err := parsePlan(printed.Bytes())
	require.NoError(t, err)
	assert.Equal(t, somePlan(), back)
}

func TestParsePlanIsStrict(t *testing.T) {
	const plan = `{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":[{"id":1,"verb":"revoke"}]}`
	_, err := parsePlan([]byte(plan))
	require.NoError(t, err)
	_, err = parsePlan([]byte(`{"schema":1,"data":` + plan + `,"meta":{}}`))
	require.NoError(t, err)
	for text, says := range map[string]string{
		`{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"r0ws":[]}`:                         `no "rows"`,
		`{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":[],"x":1}`:                   `unknown field "x"`,
		`{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":[{"id":1,"vreb":"revoke"}]}`: `unknown field "vreb"`,
		`{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":[{"id":1}]}`:                 "row 1 revokes nobody",
		`{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":[{"verb":"revoke"}]}`:        "row 1 revokes nobody",
		`{"schema":1,"group":7,"made":null,"subscribers":1,"rows":[]}`:                                           "no time",
		`{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":null}`:                       "no rows",
		`{"schema":2,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":[]}`:                         "schema 2",
		`{"schema":2,"data":` + plan + `}`:                                                                       "schema 2",
		`{"schema":1,"data":` + plan + `,"dta":1}`:                                                               `unknown field "dta"`,
		`{"schema":1,"data":null}`: "it is no plan",
		plan + plan:                "",
		`[]`:                       "no JSON object: array",
		``:                         "",
	} {
		_, err := parsePlan([]byte(text))
		require.ErrorContains(t, err, says, "%s", text)
		assert.Equal(t, exitUsage, judge(err).code)
	}
}

// FuzzParsePlan: whatever is read as a plan is printed and read again as the same plan.
func FuzzParsePlan(f *testing.F) {
	var printed bytes.Buffer
	require.NoError(f, writeJSON(&printed, viewPlan(somePlan()), report.Meta{}))
	f.Add(printed.Bytes())
	f.Add([]byte(`{"schema":1,"group":7,"made":"2026-01-01T00:00:00Z","subscribers":1,"rows":[{"id":1,"verb":"revoke"}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := parsePlan(content)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if writeJSON(&out, viewPlan(p), report.Meta{}) != nil {
			return // a year that JSON has no word for
		}
		again, err := parsePlan(out.Bytes())
		require.NoError(t, err, "%s", out.Bytes())
		if p.LookUp == nil {
			p.LookUp = []membership.UserID{}
		}
		require.Equal(t, p, again)
	})
}
