package membership_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

func TestWhomAListLeavesOutIsLookedUp(t *testing.T) {
	update, lookup := membership.SourceBotUpdate, membership.SourceLookup
	var r membership.Record
	r.Apply(direct(update, 1, t0, isMember))
	r.Miss(t0 - 10)
	require.Equal(t, membership.NoDoubt, r.Standing(t0+1000).Doubt, "they came after the list was made")

	r.See(row(t0+200, t0, isMember))
	r.Count(t0 + 900)
	r.Miss(t0 + 900)
	s := r.Standing(t0 + 1000)
	require.Equal(t, membership.In, s.Presence, "absence is not evidence")
	require.Equal(t, membership.DoubtMissed, s.Doubt, "a count is none either")
	require.False(t, r.Unlisted(s), "nobody has looked")
	require.Equal(t, membership.LookUp, membership.Decide(membership.Case{Standing: s, Now: t0 + 1000}).Answer)

	in := r
	answer := direct(lookup, 5, t0+950, isMember)
	require.False(t, in.Repeats(answer), "it settles a doubt, which the ledger remembers")
	in.Apply(answer)
	s = in.Standing(t0 + 1000)
	require.Equal(t, membership.NoDoubt, s.Doubt)
	require.True(t, in.Unlisted(s), "no list shows them, and they are in")
	in.See(row(t0+990, t0, isMember))
	require.False(t, in.Unlisted(in.Standing(t0+1000)), "a list shows them again")

	r.Apply(direct(lookup, 5, t0+950, isLeft))
	s = r.Standing(t0 + 1000)
	require.Equal(t, membership.Out, s.Presence)
	require.Equal(t, lookup, s.Evidence.Source)
	require.Equal(t, membership.NoDoubt, s.Doubt)
}
