package roster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// departed is a roster in shadow mode of whose n subscribers the first `gone` left.
func departed(t *testing.T, n, gone membership.UserID) (*roster.Roster, *clock, membership.Plan) {
	t.Helper()
	r, c := open(t)
	subscribe(t, r, 1, n)
	var b membership.Batch
	for user := membership.UserID(1); user <= gone; user++ {
		b.Events = append(b.Events, leave(user, start-10))
		b.Profiles = append(b.Profiles, membership.Profile{User: user, FirstName: fmt.Sprintf("P%d", user)})
	}
	ingest(t, r, b)
	return r, c, makePlan(t, r, c)
}

func makePlan(t *testing.T, r *roster.Roster, c *clock) membership.Plan {
	t.Helper()
	var all []membership.Candidate
	require.NoError(t, r.Subscribers(t.Context(), testGroup, func(s membership.Candidate) error {
		all = append(all, s)
		return nil
	}))
	p, err := r.SavePlan(t.Context(), membership.MakePlan(testGroup, all, c.at))
	require.NoError(t, err)
	return p
}

func TestPlanIsAppliedOnceAndUndone(t *testing.T) {
	r, c, p := departed(t, 30, 12)
	require.Len(t, p.Rows, 12)
	stored, err := r.Plan(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, p, stored)
	again, err := r.SavePlan(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, p.ID, again.ID, "the same content has the same id")
	edited := p
	edited.Rows = p.Rows[1:]
	edited, err = r.SavePlan(t.Context(), edited)
	require.NoError(t, err)
	require.NotEqual(t, p.ID, edited.ID)

	ingest(t, r, membership.Batch{Events: []membership.Event{join(1, start-5)}})
	require.NoError(t, r.Allow(t.Context(), testGroup, 2, ""))
	policy := membership.DefaultPolicy()
	done, err := r.ApplyPlan(t.Context(), p.ID, policy)
	require.NoError(t, err)
	require.Equal(t, 10, done.Revoked)
	require.Len(t, done.Skipped, 2)
	require.False(t, done.Before)
	a, reason := access(t, r, 3)
	require.Equal(t, membership.Revoked, a)
	require.Equal(t, membership.ReasonLeft, reason)
	clean(t, r)

	c.pass(time.Minute)
	ingest(t, r, membership.Batch{Events: []membership.Event{join(3, start+30)}})
	repeat, err := r.ApplyPlan(t.Context(), p.ID, policy)
	require.NoError(t, err)
	require.True(t, repeat.Before)
	require.Equal(t, 10, repeat.Revoked)
	a, _ = access(t, r, 3)
	require.Equal(t, membership.Granted, a, "a repeat does nothing")

	undone, err := r.UndoPlan(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, 9, undone.Restored)
	require.Equal(t, []roster.Skipped{{User: 3, Why: undone.Skipped[0].Why}}, undone.Skipped)
	a, reason = access(t, r, 4)
	require.Equal(t, membership.Granted, a)
	require.Equal(t, membership.ReasonUndone, reason)
	undone, err = r.UndoPlan(t.Context(), p.ID)
	require.NoError(t, err)
	require.Zero(t, undone.Restored)

	next := makePlan(t, r, c)
	require.Len(t, next.Rows, 9, "a new plan may remove them again")
	done, err = r.ApplyPlan(t.Context(), next.ID, policy)
	require.NoError(t, err)
	require.Equal(t, 9, done.Revoked)
}

func TestPlanIsRefusedWhole(t *testing.T) {
	r, c, p := departed(t, 30, 25)
	policy := membership.DefaultPolicy()
	_, err := r.ApplyPlan(t.Context(), p.ID, policy)
	require.ErrorIs(t, err, roster.ErrBreaker)
	var breaker *roster.BreakerError
	require.ErrorAs(t, err, &breaker)
	require.Equal(t, roster.BreakerError{Rows: 25, Allowed: 20, Granted: 30}, *breaker)
	a, _ := access(t, r, 1)
	require.Equal(t, membership.Granted, a)
	_, err = r.ApplyPlan(t.Context(), "nonsense", policy)
	require.ErrorIs(t, err, roster.ErrUnknownPlan)
	_, err = r.Plan(t.Context(), "")
	require.ErrorIs(t, err, roster.ErrUnknownPlan)
	_, err = r.UndoPlan(t.Context(), "x")
	require.ErrorIs(t, err, roster.ErrUnknownPlan)

	elsewhere := p
	elsewhere.Group++
	elsewhere, err = r.SavePlan(t.Context(), elsewhere)
	require.NoError(t, err)
	_, err = r.ApplyPlan(t.Context(), elsewhere.ID, policy)
	require.ErrorIs(t, err, roster.ErrPlanStale)

	done, err := r.ApplyPlanUnsafe(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, 25, done.Revoked)
	require.NoError(t, r.Enforce(t.Context(), testGroup, true))
	ingest(t, r, membership.Batch{Events: []membership.Event{leave(30, start)}})
	a, _ = access(t, r, 30)
	require.Equal(t, membership.Revoked, a, "what the owner ordered past the breaker does not use it up")

	ingest(t, r, membership.Batch{Events: []membership.Event{leave(29, start)}})
	late := makePlan(t, r, c)
	c.pass(roster.PlanAge + time.Second)
	_, err = r.ApplyPlan(t.Context(), late.ID, policy)
	require.ErrorIs(t, err, roster.ErrPlanStale)
	_, err = r.ApplyPlan(t.Context(), p.ID, policy)
	require.NoError(t, err, "one that was applied is not stale: there is nothing to do")
}

func TestInterruptedPlanGoesOn(t *testing.T) {
	r, _, p := departed(t, 1300, 1200)
	ctx := &impatient{Context: context.Background(), left: 1}
	done, err := r.ApplyPlanUnsafe(ctx, p.ID)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 500, done.Revoked)
	clean(t, r)
	done, err = r.ApplyPlan(t.Context(), p.ID, membership.DefaultPolicy())
	require.NoError(t, err, "the breaker let it pass once")
	require.Equal(t, 1200, done.Revoked)
	require.False(t, done.Before)
	undone, err := r.UndoPlan(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, 1200, undone.Restored)
	counts, err := r.Counts(t.Context(), testGroup)
	require.NoError(t, err)
	require.Equal(t, 1300, counts.Access[membership.Granted])
}
