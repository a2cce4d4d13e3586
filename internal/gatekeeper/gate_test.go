package gatekeeper_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

func TestTheGateAsksTelegramOnlyWhereTheRosterCannotTell(t *testing.T) {
	broken := errors.New("the connection broke")
	blind := func(p membership.BlindPolicy) func(*gatekeeper.Config) {
		return func(c *gatekeeper.Config) { c.Policy.Blind = p }
	}
	unplugged := func(b *fakeBot) { b.refused, b.lookUp = broken, fails(broken) }
	notAdmin := func(b *fakeBot) { b.rights.Admin = false }
	was := func(s membership.State, ago time.Duration) func(*house) {
		return func(h *house) { h.hears(ann, s); pass(ago) }
	}
	for _, c := range []struct {
		name    string
		config  func(*gatekeeper.Config)
		bot     func(*fakeBot)
		before  func(*house)
		answer  membership.Answer
		rule    membership.Rule
		lookups int
	}{
		{name: "fresh and in", before: was(member, time.Minute), answer: membership.Serve, rule: membership.RuleMember},
		{name: "fresh and in for longer than the grace", before: was(member, 7*time.Hour), answer: membership.Serve, rule: membership.RuleMember},
		{name: "fresh and out", before: was(left, time.Minute), answer: membership.Refuse, rule: membership.RuleOut},
		{name: "stale within the grace", bot: notAdmin, before: was(member, 5*time.Hour), answer: membership.Serve, rule: membership.RuleGrace},
		{
			name: "stale beyond the grace, still in", bot: func(b *fakeBot) { notAdmin(b); b.lookUp = says(member) },
			before: was(member, 7*time.Hour), answer: membership.Serve, rule: membership.RuleGrace, lookups: 1,
		},
		{
			name: "stale beyond the grace, gone", bot: notAdmin, before: was(member, 7*time.Hour),
			answer: membership.Refuse, rule: membership.RuleOut, lookups: 1,
		},
		{name: "unknown, out", answer: membership.Refuse, rule: membership.RuleOut, lookups: 1},
		{
			name: "unknown, in", bot: func(b *fakeBot) { b.lookUp = says(member) }, before: func(*house) { pass(membership.LookupMargin) },
			answer: membership.Serve, rule: membership.RuleMember, lookups: 1,
		},
		{
			name: "unknown, in, but perhaps looked up before the feed began", bot: func(b *fakeBot) { b.lookUp = says(member) },
			answer: membership.Serve, rule: membership.RuleGrace, lookups: 1,
		},
		{
			name: "unknown to Telegram too", bot: func(b *fakeBot) { b.lookUp = cannotTell },
			answer: membership.Refuse, rule: membership.RuleUnknown, lookups: 1,
		},
		{
			name: "unknown, and Telegram does not answer", bot: func(b *fakeBot) { b.lookUp = fails(broken) },
			answer: membership.Refuse, rule: membership.RuleUnknown, lookups: 1,
		},
		{
			name: "stale beyond the grace, and Telegram does not answer", bot: func(b *fakeBot) { notAdmin(b); b.lookUp = fails(broken) },
			before: was(member, 7*time.Hour), answer: membership.Serve, rule: membership.RuleUnreachable, lookups: 1,
		},
		{
			name: "stale beyond the grace, Telegram does not answer, and the owner closes", config: blind(membership.BlindClosed),
			bot: func(b *fakeBot) { notAdmin(b); b.lookUp = fails(broken) }, before: was(member, 7*time.Hour),
			answer: membership.Refuse, rule: membership.RuleUnreachable, lookups: 1,
		},
		{
			name: "blind, last known", bot: unplugged, before: was(member, 7*time.Hour),
			answer: membership.Serve, rule: membership.RuleLastKnown, lookups: 1,
		},
		{
			name: "blind and closed", config: blind(membership.BlindClosed), bot: unplugged, before: was(member, 7*time.Hour),
			answer: membership.Refuse, rule: membership.RuleBlindClosed, lookups: 1,
		},
		{
			name: "blind and open", config: blind(membership.BlindOpen), bot: unplugged,
			answer: membership.Serve, rule: membership.RuleBlindOpen, lookups: 1,
		},
		{
			name: "on the allow list", bot: unplugged, answer: membership.Serve, rule: membership.RuleAllowed,
			before: func(h *house) { require.NoError(h.t, h.roster.Allow(h.t.Context(), theGroup, ann, "")) },
		},
		{
			name: "in doubt", bot: func(b *fakeBot) { b.lookUp = says(member) }, answer: membership.Serve, rule: membership.RuleMember, lookups: 1,
			before: func(h *house) {
				h.hears(ann, left)
				pass(time.Minute)
				hint := h.update(ann, membership.State{})
				hint.Evidence.Source, hint.Evidence.Grade, hint.Moved = membership.SourceMessage, membership.GradeC, false
				h.ingest(membership.Batch{Events: []membership.Event{hint}})
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t, func(g *gatekeeper.Config) {
					if c.config != nil {
						c.config(g)
					}
				})
				if c.bot != nil {
					c.bot(h.bot)
				}
				h.attend()
				if c.before != nil {
					c.before(h)
				}
				v := h.ask(ann)
				require.Equal(t, c.answer, v.Answer, v.Because)
				require.Equal(t, c.rule, v.Rule)
				require.Equal(t, c.lookups, h.bot.lookups(ann))
			})
		})
	}
}

func TestShadowModeServesAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		require.NoError(t, h.roster.Enforce(t.Context(), theGroup, false))
		h.attend()
		h.hears(ann, left)
		v := h.ask(ann)
		require.Equal(t, membership.Serve, v.Answer)
		require.True(t, v.Shadow)
	})
}

func TestAHundredAsksMakeOneLookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		release := make(chan struct{})
		h.bot.lookUp = func(_ context.Context, user membership.UserID) (membership.Finding, error) {
			<-release
			return found(user, member), nil
		}
		h.attend()
		var g errgroup.Group
		for range 100 {
			g.Go(func() error {
				v, err := h.keeper.Ask(t.Context(), ann)
				if err == nil && v.Answer != membership.Serve {
					return errors.New(v.Because)
				}
				return err
			})
		}
		synctest.Wait()
		close(release)
		require.NoError(t, g.Wait())
		require.Equal(t, 1, h.bot.lookups(ann))
	})
}

func TestAStuckLookupIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		release := make(chan struct{})
		h.bot.lookUp = func(_ context.Context, user membership.UserID) (membership.Finding, error) {
			<-release // deaf to its context, as gotd may be
			return found(user, member), nil
		}
		h.attend()
		for name, ask := range map[string]func(context.Context, membership.UserID) (membership.Verdict, error){
			"Ask": h.keeper.Ask, "AskAgain": h.keeper.AskAgain,
		} {
			began := time.Now()
			v, err := ask(t.Context(), ann)
			require.NoError(t, err, name)
			require.Equal(t, membership.RuleUnknown, v.Rule, name)
			require.Equal(t, 3*time.Second, time.Since(began), name)
		}
		close(release)
		synctest.Wait()
		require.Equal(t, membership.Serve, h.ask(ann).Answer, "the late answer serves the next question")
		require.Equal(t, 1, h.bot.lookups(ann))
	})
}

func TestWhoSaysThatTheRosterIsWrongIsLookedUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.attend()
		for lookups, user := range []membership.UserID{ann, ben} { // ann is unknown, ben known to be out
			if user == ben {
				h.hears(ben, left)
				pass(time.Minute)
			}
			v, err := h.keeper.AskAgain(t.Context(), user)
			require.NoError(t, err)
			require.Equal(t, membership.RuleOut, v.Rule)
			require.Equal(t, 1, h.bot.lookups(user), lookups)
		}
		h.bot.set(func(b *fakeBot) { b.lookUp = says(member) })
		pass(time.Second)
		v, err := h.keeper.AskAgain(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, membership.Serve, v.Answer)
		_, err = h.keeper.AskAgain(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, 2, h.bot.lookups(ann), "whoever is served is not looked up")
	})
}

func TestNobodyConnectedIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		began := time.Now()
		require.Equal(t, membership.RuleUnknown, h.ask(ann).Rule)
		require.Zero(t, time.Since(began))
	})
}

func TestARosterFailureIsTheAskersToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, failing("SourcesNow"))
		_, err := h.keeper.Ask(t.Context(), ann)
		require.ErrorIs(t, err, errDisk)
	})
}
