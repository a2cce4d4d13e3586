package membership_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// One who is looked up again and again, and found as before, is so since the first time, whichever answer came first.
func TestAStandingOfLookupsRestsOnTheFirst(t *testing.T) {
	for _, state := range []membership.State{isMember, isLeft} {
		first, again, last := direct(membership.SourceLookup, 1, t0+10, state), direct(membership.SourceLookup, 2, t0+20, state), direct(membership.SourceLookup, 3, t0+30, state)
		for _, order := range [][]membership.Event{{first, again, last}, {last, again, first}, {again, first, last}, {again, last, first}} {
			var a annals
			for _, e := range order {
				a.take(input{event: &e}, t0+99)
			}
			s := a.record.Standing(t0 + 99)
			require.Equal(t, first.Evidence, s.Evidence)
			require.Equal(t, t0+10, s.Since)
			require.Equal(t, t0+30-2, s.LastConfirmed)
			require.True(t, slices.ContainsFunc(a.events, func(e membership.Event) bool { return e.Evidence == s.Evidence }), "the ledger holds it")
		}
	}
}

// A creator's row has no date, an administrator's has the promotion's: they are not in since the list was last read.
func TestWhoIsListedWithoutADateIsInSinceTheFirstList(t *testing.T) {
	for _, state := range []membership.State{isAdmin, {Presence: membership.In, Role: membership.Creator}} {
		var r membership.Record
		for _, read := range []membership.Instant{t0 + 1000, t0, t0 + 2000} {
			r.See(row(read, 0, state))
		}
		require.Equal(t, t0-60, r.Standing(t0+3000).Since)
		r.Apply(direct(membership.SourceBotUpdate, 1, t0+500, isAdmin))
		require.Equal(t, t0-60, r.Standing(t0+3000).Since, "a promotion is no coming")
		r.Apply(direct(membership.SourceBotUpdate, 2, t0+600, isLeft))
		require.Equal(t, t0+2000-60, r.Standing(t0+3000).Since, "they came back at some time between two lists")
		r.Apply(direct(membership.SourceBotUpdate, 3, t0+700, isMember))
		require.Equal(t, t0+700, r.Standing(t0+3000).Since)
	}
}

func TestHintAsksWithoutMoving(t *testing.T) {
	var r membership.Record
	r.Apply(direct(membership.SourceBotUpdate, 5, t0, isLeft))
	hint := direct(membership.SourceMessage, 8, t0+50, isMember)
	hint.Evidence.Grade = membership.GradeC
	r.Apply(hint)
	s := r.Standing(t0 + 60)
	require.Equal(t, membership.Out, s.Presence)
	require.Equal(t, membership.DoubtHint, s.Doubt)

	// A ban and its lifting within one second may leave the person inside; of that the admin log only hints.
	for at, doubt := range map[membership.Instant]membership.Doubt{t0 - 1: membership.NoDoubt, t0: membership.DoubtHint, t0 + 1: membership.DoubtHint} {
		var r membership.Record
		r.Apply(direct(membership.SourceAdminLog, 5, t0, isBanned))
		hint := direct(membership.SourceAdminLog, 6, at, isMember)
		hint.Evidence.Grade = membership.GradeC
		r.Apply(hint)
		require.Equal(t, doubt, r.Standing(t0+60).Doubt)
	}
}
