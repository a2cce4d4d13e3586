package membership_test

import (
	"testing"

	"rollcall/internal/membership"
)

// BenchmarkThePastOfOne is what a list of a past moment costs a person: three events and a list.
func BenchmarkThePastOfOne(b *testing.B) {
	var a annals
	s := row(t0+5000, t0, isMember)
	a.take(input{sighting: &s}, t0+5000)
	for i, state := range []membership.State{isLeft, isMember, isBanned} {
		e := direct(membership.SourceBotUpdate, uint64(i+1), t0+membership.Instant(6000+i), state)
		a.take(input{event: &e}, t0+10_000)
	}
	b.ReportAllocs()
	for b.Loop() {
		if a.past().At(t0+5500).Standing.Presence != membership.In {
			b.Fatal("they were in")
		}
	}
}
