package membership_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

var (
	fresh = membership.Freshness{Mode: membership.Fresh}
	stale = membership.Freshness{Mode: membership.Stale}
	blind = membership.Freshness{Mode: membership.Blind}
	// catchingUp is what restart and reconnect leave until the bot has proved that it missed nothing.
	catchingUp = membership.FreshnessOf(membership.Sources{BotAdmin: true, FeedFrom: t0, AdminLog: t0, Link: membership.Linked, LinkAt: t0}, t0+1)
)

func enforced() membership.Policy {
	p := membership.DefaultPolicy()
	p.Enforce = true
	return p
}

func begun(since membership.Instant) membership.Freshness {
	return membership.Freshness{Mode: membership.Fresh, Since: since}
}

func standing(p membership.Presence, confirmed membership.Instant) membership.Standing {
	s := membership.Standing{Presence: p, LastConfirmed: confirmed}
	switch p {
	case membership.In:
		s.Role, s.Evidence.Grade = membership.Member, membership.GradeB
	case membership.Out:
		s.Departure, s.Evidence.Grade = membership.Left, membership.GradeA
	case membership.Unknown:
	}
	return s
}

func lookedUp(at membership.Instant) membership.Standing {
	var r membership.Record
	r.Apply(direct(membership.SourceLookup, 1, at, isMember))
	return r.Standing(at)
}

// listed is who joined long ago and was in a list read at a time.
func listed(read membership.Instant) membership.Standing {
	var r membership.Record
	r.See(membership.Sighting{User: ann, State: isMember, Date: t0, Dated: true, Read: read, Walk: 1})
	return r.Standing(read)
}

func TestDecide(t *testing.T) {
	now := t0 + 100_000
	granted := membership.Subscriber{User: ann, Access: membership.Granted, Dialog: membership.DialogActive}
	revoked := granted
	revoked.Access, revoked.Reason = membership.Revoked, membership.ReasonBlocked
	doubtful := standing(membership.Out, now)
	doubtful.Doubt = membership.DoubtStale
	with := func(p membership.Policy, b membership.BlindPolicy) membership.Policy { p.Blind = b; return p }

	tests := []struct {
		name   string
		c      membership.Case
		answer membership.Answer
		rule   membership.Rule
		shadow bool
	}{
		{name: "a member, fresh", c: membership.Case{Standing: standing(membership.In, t0), Freshness: fresh, Policy: enforced()}, answer: membership.Serve, rule: membership.RuleMember},
		{name: "somebody who left", c: membership.Case{Standing: standing(membership.Out, now), Freshness: fresh, Policy: enforced()}, answer: membership.Refuse, rule: membership.RuleOut},
		{name: "somebody who left, in shadow mode", c: membership.Case{Standing: standing(membership.Out, now), Freshness: fresh}, answer: membership.Serve, rule: membership.RuleOut, shadow: true},
		{name: "on the allow list", c: membership.Case{Standing: standing(membership.Out, now), Allowed: true, Freshness: fresh, Policy: enforced()}, answer: membership.Serve, rule: membership.RuleAllowed},
		{name: "doubt is looked up first", c: membership.Case{Standing: doubtful, Freshness: fresh, Policy: enforced()}, answer: membership.LookUp, rule: membership.RuleDoubt},
		{name: "doubt after the lookup failed", c: membership.Case{Standing: doubtful, LookedUp: true, Freshness: fresh, Policy: enforced()}, answer: membership.Refuse, rule: membership.RuleOut},
		{name: "unknown is looked up", c: membership.Case{Freshness: fresh, Policy: enforced()}, answer: membership.LookUp, rule: membership.RuleUnknown},
		{name: "unknown after the lookup failed", c: membership.Case{LookedUp: true, Freshness: fresh, Policy: enforced()}, answer: membership.Refuse, rule: membership.RuleUnknown},
		{name: "unknown, blind and open", c: membership.Case{LookedUp: true, Freshness: blind, Policy: with(enforced(), membership.BlindOpen)}, answer: membership.Serve, rule: membership.RuleBlindOpen},
		{name: "a member, stale, within the grace", c: membership.Case{Standing: standing(membership.In, now.Add(-time.Hour)), Freshness: stale, Policy: enforced()}, answer: membership.Serve, rule: membership.RuleGrace},
		{name: "a member, stale, past the grace", c: membership.Case{Standing: standing(membership.In, now.Add(-7*time.Hour)), Freshness: stale, Policy: enforced()}, answer: membership.LookUp, rule: membership.RuleStale},
		{name: "a member last seen before the feed began, within the grace", c: membership.Case{Standing: standing(membership.In, now.Add(-time.Hour)), Freshness: begun(now), Policy: enforced()}, answer: membership.Serve, rule: membership.RuleGrace},
		{name: "a member last seen long before the feed began", c: membership.Case{Standing: standing(membership.In, now.Add(-7*time.Hour)), Freshness: begun(now), Policy: enforced()}, answer: membership.LookUp, rule: membership.RuleStale},
		{name: "a member looked up as the feed began, who may have left before it", c: membership.Case{Standing: lookedUp(now), Freshness: begun(now - 1), Policy: enforced()}, answer: membership.Serve, rule: membership.RuleGrace},
		{name: "a member looked up when the feed had begun", c: membership.Case{Standing: lookedUp(now), Freshness: begun(now - 2), Policy: enforced()}, answer: membership.Serve, rule: membership.RuleMember},
		{name: "a member whom a list showed as the feed began, which lags", c: membership.Case{Standing: listed(now), Freshness: begun(now - 59), Policy: enforced()}, answer: membership.Serve, rule: membership.RuleGrace},
		{name: "a member whom a list showed a minute into the feed", c: membership.Case{Standing: listed(now), Freshness: begun(now - 60), Policy: enforced()}, answer: membership.Serve, rule: membership.RuleMember},
		{name: "a member, while the bot catches up", c: membership.Case{Standing: standing(membership.In, now), Freshness: catchingUp, Policy: enforced()}, answer: membership.LookUp, rule: membership.RuleStale},
		{name: "out, while the bot catches up", c: membership.Case{Standing: standing(membership.Out, now), Freshness: catchingUp, Policy: enforced()}, answer: membership.LookUp, rule: membership.RuleStale},
		{name: "a member who could not be looked up while the bot catches up", c: membership.Case{Standing: standing(membership.In, now), LookedUp: true, Freshness: catchingUp, Policy: enforced()}, answer: membership.Serve, rule: membership.RuleGrace},
		{name: "a member, blind, last known", c: membership.Case{Standing: standing(membership.In, t0), LookedUp: true, Freshness: blind, Policy: enforced()}, answer: membership.Serve, rule: membership.RuleLastKnown},
		{name: "a member, blind and closed", c: membership.Case{Standing: standing(membership.In, t0), LookedUp: true, Freshness: blind, Policy: with(enforced(), membership.BlindClosed)}, answer: membership.Refuse, rule: membership.RuleBlindClosed},
		{name: "a member, stale, who could not be looked up", c: membership.Case{Standing: standing(membership.In, t0), LookedUp: true, Freshness: stale, Policy: enforced()}, answer: membership.Serve, rule: membership.RuleUnreachable},
		{name: "a member, stale, who could not be looked up, for who closes", c: membership.Case{Standing: standing(membership.In, t0), LookedUp: true, Freshness: stale, Policy: with(enforced(), membership.BlindClosed)}, answer: membership.Refuse, rule: membership.RuleUnreachable},
		{name: "a member whose access was revoked", c: membership.Case{Standing: standing(membership.In, now), Subscriber: revoked, Freshness: fresh, Policy: enforced()}, answer: membership.Refuse, rule: membership.RuleRevoked},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Now = now
			v := membership.Decide(tt.c)
			require.Equal(t, tt.answer, v.Answer)
			require.Equal(t, tt.rule, v.Rule)
			require.Equal(t, tt.shadow, v.Shadow)
			require.NotEmpty(t, v.Because)
			require.NotEmpty(t, v.Change)
		})
	}
}

func drawCase(t *rapid.T) membership.Case {
	s := foldAll(drawInputs(t)).Standing(drawInstant(t, "now"))
	return membership.Case{
		User: ann, Standing: s,
		Subscriber: membership.Subscriber{
			User:   ann,
			Access: rapid.SampledFrom([]membership.Access{membership.NoAccess, membership.Granted, membership.Revoked}).Draw(t, "access"),
			Dialog: rapid.SampledFrom([]membership.Dialog{membership.DialogActive, membership.DialogBlocked, membership.DialogDeactivated}).Draw(t, "dialog"),
		},
		Allowed:   rapid.Bool().Draw(t, "allowed"),
		Freshness: rapid.SampledFrom([]membership.Freshness{fresh, stale, blind}).Draw(t, "mode"),
		Policy: membership.Policy{
			Enforce: rapid.Bool().Draw(t, "enforce"), Grace: 6 * time.Hour,
			Blind: rapid.SampledFrom([]membership.BlindPolicy{membership.BlindClosed, membership.BlindLastKnown, membership.BlindOpen}).Draw(t, "blind"),
		},
		LookedUp: rapid.Bool().Draw(t, "looked up"),
		Now:      drawInstant(t, "at"),
	}
}

func TestDecideLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		v := membership.Decide(c)
		if c.LookedUp {
			require.NotEqual(t, membership.LookUp, v.Answer, "one lookup is enough")
		}
		switch v.Rule {
		case membership.RuleLastKnown, membership.RuleBlindOpen, membership.RuleBlindClosed:
			require.Equal(t, membership.Blind, c.Freshness.Mode, "what holds when no source works")
		case membership.RuleUnreachable:
			require.NotEqual(t, membership.Blind, c.Freshness.Mode)
			require.True(t, c.LookedUp)
		}
		if !c.Policy.Enforce {
			require.NotEqual(t, membership.Refuse, v.Answer, "shadow mode refuses nobody")
		}
		if c.Policy.Enforce && v.Answer == membership.Serve && !c.Allowed {
			require.NotEqual(t, membership.Out, c.Standing.Presence, "nobody known to be out is served")
			if c.Standing.Presence == membership.In {
				require.NotEqual(t, membership.Revoked, c.Subscriber.Access, "the gate wants the verdict and the access")
			}
		}
	})
}

func TestConsequencesLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		change := membership.Change{
			Group: group, User: ann, Before: foldAll(drawInputs(t)).Standing(c.Now), After: c.Standing,
			Subscriber: c.Subscriber, Protected: rapid.Bool().Draw(t, "protected"), Now: c.Now,
		}
		for _, a := range membership.Consequences(change) {
			require.NotEmpty(t, a.Reason)
			if a.Verb != membership.Revoke {
				continue
			}
			require.False(t, change.Protected, "the protected are never revoked")
			require.NotContains(t, []membership.Role{membership.Administrator, membership.Creator}, c.Standing.Role)
			if c.Subscriber.Dialog == membership.DialogActive {
				require.Equal(t, membership.Out, c.Standing.Presence, "absence of proof revokes nobody")
				require.Equal(t, membership.GradeA, c.Standing.Evidence.Grade)
			}
		}
	})
}

func TestPlanNeverNamesTheProtected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCase(t)
		candidate := membership.Candidate{
			Profile:  membership.Profile{User: ann, FirstName: "Ann", Bot: rapid.Bool().Draw(t, "bot")},
			Standing: c.Standing, Subscriber: c.Subscriber, Protected: rapid.Bool().Draw(t, "protected"),
		}
		p := membership.MakePlan(group, []membership.Candidate{candidate}, c.Now)
		for _, r := range p.Rows {
			require.False(t, candidate.Protected || candidate.Profile.Bot)
			if candidate.Standing.Presence == membership.Out {
				require.Equal(t, membership.NoDoubt, candidate.Standing.Doubt)
			}
			require.True(t, r.StillHolds(candidate), "a row holds at the moment it was made")
		}
		require.LessOrEqual(t, len(p.Rows)+len(p.Kept), 1)
	})
}

func TestDialogIsTheNewestContactInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) membership.Contact {
			return membership.Contact{
				User: ann, At: drawInstant(t, "at"), Ref: uint64(rapid.IntRange(1, 9).Draw(t, "ref")),
				Kind: rapid.SampledFrom([]membership.ContactKind{membership.Wrote, membership.Restarted, membership.Deactivated}).Draw(t, "kind"),
			}
		})
		contacts := rapid.SliceOfN(draw, 1, 8).Draw(t, "contacts")
		first := membership.Contact{User: ann, Kind: membership.Wrote, At: t0 - 1}
		var want, got membership.Subscriber
		for _, c := range append([]membership.Contact{first}, contacts...) {
			want = want.Hear(c)
		}
		for _, c := range append([]membership.Contact{first}, rapid.Permutation(contacts).Draw(t, "order")...) {
			got = got.Hear(c)
		}
		require.Equal(t, want.Dialog, got.Dialog)
		require.Equal(t, want.DialogSince, got.DialogSince)
		require.Equal(t, want.Started, got.Started)
	})
}

func TestBlockAndUnblockWithinASecondFollowQts(t *testing.T) {
	s := membership.Subscriber{}.Hear(membership.Contact{User: ann, Kind: membership.Wrote, At: t0})
	s = s.Hear(membership.Contact{User: ann, Kind: membership.Stopped, At: t0 + 1, Ref: 5})
	require.Equal(t, membership.DialogBlocked, s.Dialog)
	s = s.Hear(membership.Contact{User: ann, Kind: membership.Restarted, At: t0 + 1, Ref: 6})
	require.Equal(t, membership.DialogActive, s.Dialog)
	s = s.Hear(membership.Contact{User: ann, Kind: membership.Stopped, At: t0 + 1, Ref: 5})
	require.Equal(t, membership.DialogActive, s.Dialog, "an old update delivered again changes nothing")
}

func TestBreaker(t *testing.T) {
	p := membership.DefaultPolicy()
	require.Equal(t, 20, p.Breaker(100, 0))
	require.Equal(t, 200, p.Breaker(10_000, 0))
	require.Equal(t, 5, p.Breaker(100, 15))
	require.Equal(t, 0, p.Breaker(100, 50))
}

func TestCoverageSaysWhyNotComplete(t *testing.T) {
	c := membership.Certificate{Proven: 970, Listed: 970, TotalBefore: 1000, TotalAfter: 1000}
	v := membership.CoverageOf(c)
	require.False(t, v.Complete)
	require.InDelta(t, 1, v.Ratio, 1e-9)
	require.Len(t, v.Reasons, 1)

	c.TotalBefore, c.TotalAfter = 970, 970
	require.True(t, membership.CoverageOf(c).Complete)

	require.False(t, membership.CoverageOf(membership.Certificate{}).Complete, "nothing proves nothing")
}

// While no source works, what the owner decided for that is what decides, and a verdict says so before anybody was asked.
func TestAVerdictWhileBlindNamesThePolicy(t *testing.T) {
	for _, b := range []membership.BlindPolicy{membership.BlindClosed, membership.BlindLastKnown, membership.BlindOpen} {
		for _, presence := range []membership.Presence{membership.In, membership.Unknown} {
			p := enforced()
			p.Blind = b
			v := membership.Decide(membership.Case{Standing: standing(presence, t0), Freshness: blind, Policy: p, Now: t0 + 1e6})
			require.Equal(t, membership.LookUp, v.Answer)
			require.Equal(t, "Telegram's answer to a lookup; without one gate.blind decides, which is "+string(b), v.Change)
		}
	}
}
