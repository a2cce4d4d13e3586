package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"rollcall/internal/membership"
)

func TestEstimateIsPrinted(t *testing.T) {
	large := estimateAnswer{
		Group: groupView{Title: "Readers\x1b[2J", Kind: membership.Supergroup, Total: orNull(200_000)}, Level: membership.Thorough, Calls: 2250,
		Seconds: 2700, Interval: 1.2,
	}
	goesOn := large
	goesOn.Walk = &walkView{ID: 3, Checkpoint: checkpointView{Checkpoint: membership.Checkpoint{Calls: 900}}}
	basic := estimateAnswer{
		Group: groupView{Title: "Kin", Kind: membership.BasicGroup, Total: orNull(20)}, Level: membership.Normal, Calls: 1, Seconds: 1, Interval: 1.2,
		Budget: &callBudget{Method: basicList, Daily: 500},
	}
	const searched = "Telegram shows 10,000 rows of a list; who is beyond them is searched for, at the level thorough.\n"
	const unbounded = "No daily budget bounds them; telegram.pace.daily is for lookups of single people.\n"
	for _, c := range []struct {
		name string
		e    estimateAnswer
		want string
	}{
		{"large", large, "Readers␛[2J: Telegram counts 200,000 members; a walk takes some 2,250 calls, about 45 min at one call in 1.2 s.\n" + searched + unbounded},
		{"goes on", goesOn, "Readers␛[2J: Telegram counts 200,000 members; walk 3 goes on, 900 calls after its beginning, and takes some 2,250 calls, " +
			"about 45 min at one call in 1.2 s.\n" + searched + unbounded},
		{"basic", basic, "Kin: Telegram counts 20 members; a walk takes some 1 call, about 1 s at one call in 1.2 s.\n" +
			"They count as lookups, of which telegram.pace.daily allows 500 a day.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got bytes.Buffer
			a := &app{stdout: screen{w: &got}}
			a.printEstimate(c.e)
			assert.Equal(t, c.want, got.String())
		})
	}
}
