package membership_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// told is what is known of somebody of whom all this was said, in this order.
func told(events ...membership.Event) membership.Standing {
	var r membership.Record
	for _, e := range events {
		r.Apply(e)
	}
	return r.Standing(t0 + 1000)
}

var isCreator = membership.State{Presence: membership.In, Role: membership.Creator}

func TestACreatorIsNeverRevoked(t *testing.T) {
	update, lookup := membership.SourceBotUpdate, membership.SourceLookup
	repeated := func(s membership.State) membership.Standing { // what was known, and looked up once more
		var r membership.Record
		r.Apply(direct(update, 1, t0, s))
		r.Apply(direct(lookup, 1, t0+50, s))
		r.Apply(direct(update, 2, t0+100, isLeft))
		return r.Standing(t0 + 1000)
	}
	var listed membership.Record
	listed.See(membership.Sighting{User: ann, State: isCreator, Read: t0, Walk: 1})
	listed.Apply(direct(update, 1, t0+100, isLeft))
	var demoted membership.Record
	demoted.See(membership.Sighting{User: ann, State: isCreator, Read: t0, Walk: 1})
	demoted.Apply(direct(update, 1, t0+100, isAdmin))
	demoted.Apply(direct(update, 2, t0+200, isLeft))
	for _, tt := range []struct {
		name    string
		s       membership.Standing
		revoked bool
	}{
		{name: "a member who left", s: told(direct(update, 1, t0, isMember), direct(update, 2, t0+100, isLeft)), revoked: true},
		{name: "an administrator who left is none any more", s: told(direct(update, 1, t0, isAdmin), direct(update, 2, t0+100, isLeft)), revoked: true},
		{name: "the creator left", s: told(direct(update, 1, t0, isCreator), direct(update, 2, t0+100, isLeft))},
		{name: "somebody says that the creator was banned", s: told(direct(update, 1, t0, isCreator), direct(lookup, 2, t0+100, isBanned))},
		{name: "a creator looked up again left", s: repeated(isCreator)},
		{name: "a creator known by a list left", s: listed.Standing(t0 + 1000)},
		{name: "a creator who gave the group away left", s: demoted.Standing(t0 + 1000), revoked: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := membership.Subscriber{User: ann, Access: membership.Granted, Dialog: membership.DialogActive}
			actions := membership.Consequences(membership.Change{Group: group, User: ann, After: tt.s, Subscriber: s, Now: t0 + 1000})
			p := membership.MakePlan(group, []membership.Candidate{{Profile: membership.Profile{User: ann}, Standing: tt.s, Subscriber: s}}, t0+1000)
			require.Equal(t, tt.revoked, len(actions) == 1)
			require.Equal(t, tt.revoked, len(p.Rows) == 1)
			require.Equal(t, !tt.revoked, len(p.Kept) == 1)
			require.Empty(t, p.LookUp)
		})
	}
}

// Nobody is removed in doubt. What happens by itself does not wait where the bot heard them go; a plan can always wait.
func TestNobodyIsRemovedInDoubt(t *testing.T) {
	update, lookup := membership.SourceBotUpdate, membership.SourceLookup
	hint := direct(membership.SourceMessage, 8, t0+500, membership.State{})
	hint.Evidence.Grade = membership.GradeC
	logged := direct(membership.SourceAdminLog, 2, t0+100, isLeft)
	var stale membership.Record
	stale.Apply(logged)
	stale.See(membership.Sighting{User: ann, State: isMember, Date: t0, Dated: true, Read: t0 + 300, Walk: 1})
	for _, tt := range []struct {
		name    string
		s       membership.Standing
		doubt   membership.Doubt
		revoked bool
	}{
		{name: "none", s: told(direct(update, 1, t0, isMember), logged), revoked: true},
		{name: "a list shows them", s: stale.Standing(t0 + 1000), doubt: membership.DoubtStale},
		{name: "they wrote in the group", s: told(logged, hint), doubt: membership.DoubtHint},
		{name: "a lookup of the same moment", s: told(direct(lookup, 1, t0+100, isMember), logged), doubt: membership.DoubtTie},
		{
			name: "a lookup of the moment at which the bot heard them go", doubt: membership.DoubtTie, revoked: true,
			s: told(direct(lookup, 1, t0+100, isMember), direct(update, 1, t0+100, isLeft)),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, membership.Out, tt.s.Presence)
			require.Equal(t, tt.doubt, tt.s.Doubt)
			s := membership.Subscriber{User: ann, Access: membership.Granted, Dialog: membership.DialogActive}
			actions := membership.Consequences(membership.Change{Group: group, User: ann, After: tt.s, Subscriber: s, Now: t0 + 1000})
			c := membership.Candidate{Profile: membership.Profile{User: ann}, Standing: tt.s, Subscriber: s}
			p := membership.MakePlan(group, []membership.Candidate{c}, t0+1000)
			require.Equal(t, tt.revoked, len(actions) == 1)
			sure := tt.doubt == membership.NoDoubt
			require.Equal(t, sure, len(p.Rows) == 1)
			require.Equal(t, !sure, len(p.LookUp) == 1)
			row := membership.PlanRow{User: ann, Verb: membership.Revoke, Reason: membership.ReasonLeft}
			require.Equal(t, sure, row.StillHolds(c))
		})
	}
}

func TestAStrangerIsNotSpokenOfAsAMember(t *testing.T) {
	s := told(direct(membership.SourceLookup, 1, t0, isLeft))
	require.True(t, s.Outsider())
	v := membership.Decide(membership.Case{User: ann, Standing: s, Freshness: fresh, Policy: enforced(), Now: t0 + 1000})
	require.Equal(t, "is not in the group, and never was a member as far as is known", v.Because)
	require.Equal(t, "their joining", v.Change)
	asked := membership.Subscriber{}.Hear(membership.Contact{User: ann, Kind: membership.Wrote, At: t0, Ref: 1})
	require.Equal(t, membership.NoAccess, asked.Access, "nothing was taken from them")
	require.Equal(t, membership.ReasonNotYet, asked.Reason)
}

func TestTheReasonIsTheOneThatStillHolds(t *testing.T) {
	s := membership.Subscriber{User: ann, Access: membership.Revoked, Reason: membership.ReasonBlocked, Dialog: membership.DialogBlocked}
	gone := told(direct(membership.SourceBotUpdate, 1, t0, isMember), direct(membership.SourceBotUpdate, 2, t0+100, isLeft))
	require.Equal(t, membership.ReasonBlocked, s.Explain(gone).Reason, "both hold: the first")
	s.Dialog = membership.DialogActive
	s = s.Explain(gone)
	require.Equal(t, membership.ReasonLeft, s.Reason, "they unblocked the bot, and are out")
	back := told(direct(membership.SourceBotUpdate, 3, t0+200, isMember))
	actions := membership.Consequences(membership.Change{User: ann, Before: gone, After: back, Subscriber: s, Now: t0 + 200})
	require.Len(t, actions, 1)
	require.Equal(t, membership.ReasonReturned, actions[0].Reason)
}
