package gatekeeper_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/internal/tgsim/world"
)

// beyond is an outing to a group beyond the window, in the bubble's time.
func beyond(t *testing.T) *outing {
	t.Helper()
	w := world.New(world.Options{Seed: 8, Members: 11_000})
	return newOuting(t, w, theGroupOf(w))
}

// mute is a group whose admin log says nothing.
type mute struct{ *supergroup.Group }

func (mute) Tail(context.Context, membership.Tail, int64) (membership.TailPage, error) {
	return membership.TailPage{}, nil
}

func (o *outing) keeper(changes ...func(*gatekeeper.Config)) *gatekeeper.Keeper {
	c := gatekeeper.Config{Group: o.group, Roster: o.roster, Policy: membership.DefaultPolicy(), AuditCalls: 30}
	for _, change := range changes {
		change(&c)
	}
	return gatekeeper.New(c)
}

func (o *outing) owner() *supergroup.Group {
	return supergroup.New(o.served, supergroup.Config{Group: o.group, Me: membership.UserID(o.served.world.Owner())})
}

// audit makes so many calls of an audit; 0 is to its end, where there is a certificate.
func (o *outing) audit(budget, calls int) (c *membership.Certificate, err error) {
	o.t.Helper()
	n := 0
	for p, err := range o.keeper().Audit(o.t.Context(), o.owner(), budget) {
		if err != nil || p.Certificate != nil {
			return p.Certificate, err
		}
		if n++; n == calls {
			return nil, nil
		}
	}
	return nil, nil
}

// leave has the first n members leave whom the keeper may take for members.
func (o *outing) leave(n int) (left []membership.UserID) {
	o.t.Helper()
	require.NoError(o.t, o.roster.People(o.t.Context(), o.group.ID, func(p membership.Person) error {
		if len(left) < n && p.Standing.Presence == membership.In && o.served.world.Leave(world.UserID(p.Profile.User), o.served.world.Group().ID) == nil {
			left = append(left, p.Profile.User)
		}
		return nil
	}))
	require.Len(o.t, left, n)
	return left
}

func (o *outing) person(user membership.UserID) membership.Person {
	o.t.Helper()
	p, _, err := o.roster.Person(o.t.Context(), o.group.ID, user)
	require.NoError(o.t, err)
	return p
}

func (o *outing) doubtful() (missed []membership.UserID) {
	o.t.Helper()
	require.NoError(o.t, o.roster.People(o.t.Context(), o.group.ID, func(p membership.Person) error {
		if p.Standing.Doubt == membership.DoubtMissed {
			missed = append(missed, p.Profile.User)
		}
		return nil
	}))
	return missed
}

func TestAnAuditConfirmsTheOldestByItsCallsAndOrdersLookups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := beyond(t)
		walked, err := o.goOn(0)
		require.NoError(t, err)
		require.NotContains(t, walked.Coverage.Reasons, "")
		pass(24 * time.Hour)
		left := o.leave(40)
		pass(time.Hour)

		// Audits of forty calls each, one of them cut off in the midst: what it confirmed counts.
		oldest := walked.Started.Add(-membership.ListMargin)
		for i := range 8 {
			calls := len(o.served.calls())
			if i == 1 {
				_, err := o.audit(40, 20)
				require.NoError(t, err)
				continue
			}
			c, err := o.audit(40, 0)
			require.NoError(t, err)
			require.LessOrEqual(t, c.Calls, 40)
			require.Len(t, o.served.calls(), calls+c.Calls)
			require.False(t, c.Audit.Distrusted)
			require.Greater(t, c.Audit.Confirmed, 500)
			require.Positive(t, c.Audit.Counted)
			require.GreaterOrEqual(t, c.Audit.Oldest, oldest)
			oldest = c.Audit.Oldest
			pass(24 * time.Hour)
		}
		found := o.doubtful()
		old := 0
		require.NoError(t, o.roster.People(t.Context(), o.group.ID, func(p membership.Person) error {
			if p.Standing.Presence == membership.In && p.Standing.Doubt == membership.NoDoubt && p.Confirmed() <= walked.Ended {
				require.GreaterOrEqual(t, p.Confirmed(), oldest)
				old++
			}
			return nil
		}))
		require.Less(t, old, 11_000/20, "all but a few whom searches hardly find were confirmed since")
		for _, user := range found {
			if p := o.person(user); p.Standing.Role == membership.Administrator {
				continue // an anonymous one stands in no other list; a lookup says so, and then no audit counts them
			}
			require.Contains(t, left, user, "nobody renamed themselves")
		}
		require.GreaterOrEqual(t, len(found), 36, "of the 40 who left")
		require.NotContains(t, o.people(), membership.Out, "a lookup moves them, and nobody made one")
		last, _, err := o.roster.LastWalk(t.Context(), o.group.ID)
		require.NoError(t, err)
		require.Equal(t, walked.Walk, last.ID, "an audit is no walk")
	})
}

func TestWhenThereIsNothingToAuditBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := beyond(t)
		_, err := o.audit(9, 0)
		require.ErrorIs(t, err, gatekeeper.ErrNoAudit)
		require.Empty(t, o.served.calls())
		_, err = o.goOn(3)
		require.NoError(t, err)
		_, err = o.audit(9, 0)
		require.ErrorIs(t, err, gatekeeper.ErrNoAudit)
		require.Len(t, o.served.calls(), 3)
		walked, err := o.goOn(0)
		require.NoError(t, err)

		_, err = o.audit(9, 4)
		require.NoError(t, err)
		again, err := o.goOn(0)
		require.NoError(t, err)
		require.NotNil(t, again)
		require.Nil(t, again.Audit, "a walk ends an audit that was cut off")
		require.Greater(t, again.Walk, walked.Walk)
	})
}

func TestAnAuditOfWhatOneListShowsIsAWalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.owner.has(450)
		require.NotNil(t, h.walk(0))
		calls := len(h.owner.walked())
		var c *membership.Certificate
		for p, err := range h.keeper.Audit(t.Context(), h.owner, 1) {
			require.NoError(t, err)
			c = p.Certificate
		}
		require.Nil(t, c.Audit)
		require.Equal(t, 450, c.Proven)
		require.Len(t, h.owner.walked(), 2*calls)
	})
}

// A schedule walks a large group once and audits it from then on. It walks again where audits cannot tell enough.
func TestWhenAnAuditIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := beyond(t)
		k := o.keeper(func(c *gatekeeper.Config) { c.Pace.TailEvery = 1000 * time.Hour })
		h := &house{t: t}
		follow := func() func() error {
			return h.start(func(ctx context.Context) error { return k.Follow(ctx, mute{o.owner()}) })
		}
		type done struct{ walks, audits uint32 }
		ended := func() (d done) {
			last, ok, err := o.roster.LastWalk(t.Context(), o.group.ID)
			require.NoError(t, err)
			if ok {
				d.walks = last.ID
			}
			last, ok, err = o.roster.LastAudit(t.Context(), o.group.ID)
			require.NoError(t, err)
			if ok {
				d.audits = last.ID
			}
			return d
		}
		stop := follow()
		require.Equal(t, done{walks: 1}, ended())
		pass(23 * time.Hour)
		require.Equal(t, done{walks: 1}, ended())
		calls := len(o.served.calls())
		pass(2 * time.Hour)
		require.Equal(t, done{walks: 1, audits: 2}, ended())
		require.LessOrEqual(t, len(o.served.calls()), calls+30)
		pass(24 * time.Hour)
		require.Equal(t, done{walks: 1, audits: 3}, ended())

		_ = stop()
		pass(25 * time.Hour)
		o.served.failing(func(int) error {
			if len(o.served.calls()) == calls+75 {
				return holdFor(2 * time.Hour)
			}
			return nil
		})
		calls = len(o.served.calls()) - 60
		stop = follow()
		require.Equal(t, done{walks: 1, audits: 3}, ended(), "Telegram asked to wait after some calls")
		pass(time.Hour)
		require.Len(t, o.served.calls(), calls+75, "and nothing is tried meanwhile")
		pass(2 * time.Hour)
		require.Equal(t, done{walks: 1, audits: 5}, ended(), "what was cut off ended as audit 4, its calls that were left are made by 5")
		require.LessOrEqual(t, len(o.served.calls()), calls+60+30+1)

		o.joins(400)
		pass(24 * time.Hour)
		require.Equal(t, done{walks: 1, audits: 6}, ended())
		pass(24 * time.Hour)
		require.Equal(t, done{walks: 7, audits: 6}, ended(), "too many are listed whom nobody knows")
		_ = stop()
	})
}

// joins has strangers join of whom nobody tells the keeper, before the members whom the recent list shows first.
// A bot that begins to hear is no reason for thousands of calls: an audit is due once, and whoever asks is looked up.
func TestAFeedThatBeginsOrdersAnAudit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := beyond(t)
		k := o.keeper(func(c *gatekeeper.Config) { c.Pace.TailEvery = 1000 * time.Hour })
		h := &house{t: t}
		stop := h.start(func(ctx context.Context) error { return k.Follow(ctx, mute{o.owner()}) })
		calls := len(o.served.calls())
		pass(time.Hour)
		require.Len(t, o.served.calls(), calls)

		now := membership.At(time.Now())
		require.NoError(t, o.roster.UpdateSources(t.Context(), o.group.ID, func(s *membership.Sources) { s.BotAdmin, s.FeedFrom = true, now }))
		pass(10 * time.Minute)
		audited := len(o.served.calls())
		require.Greater(t, audited, calls)
		require.LessOrEqual(t, audited, calls+30)
		pass(10 * time.Hour)
		require.Len(t, o.served.calls(), audited, "once")
		_ = stop()
	})
}

func (o *outing) joins(n int) {
	o.t.Helper()
	for range n {
		stranger, _ := o.served.world.Stranger()
		require.NoError(o.t, o.served.world.Join(stranger, o.served.world.Group().ID))
	}
}

// Of a list more than twice as long as can be read a walk reads a sample: that is not a list shown whole.
func TestAGroupOfAnySizeBeyondTheWindowIsAudited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(world.Options{Seed: 9, Members: 21_000})
		o := newOuting(t, w, theGroupOf(w))
		walked, err := o.goOn(0)
		require.NoError(t, err)
		require.Equal(t, []membership.List{membership.ListRecent}, walked.Truncated)
		pass(time.Hour)
		c, err := o.audit(20, 0)
		require.NoError(t, err)
		require.NotNil(t, c.Audit)
		require.Equal(t, 20, c.Calls)
	})
}
