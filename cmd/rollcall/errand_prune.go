package main

import (
	"context"
	"crypto/rand"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

var makePlan = newChange("prune-plan", func(ctx context.Context, d desk, q groupQuestion) (*planView, error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return nil, err
	}
	p, err := d.plan(ctx, g)
	return viewPlan(p), err
})

// plan judges every subscriber and stores what a prune would do.
func (d desk) plan(ctx context.Context, g membership.Group) (membership.Plan, error) {
	var candidates []membership.Candidate
	err := d.roster.Subscribers(ctx, g.ID, func(c membership.Candidate) error {
		candidates = append(candidates, c)
		return nil
	})
	if err != nil {
		return membership.Plan{}, err
	}
	p := membership.MakePlan(g.ID, candidates, membership.At(d.now()))
	p.Nonce = rand.Text()
	since := membership.At(d.now()).Add(-membership.BreakerWindow)
	recent, err := d.roster.Actions(ctx, g.ID, roster.ActionFilter{Verb: membership.Revoke, State: membership.ActionDone, Since: since})
	if err != nil {
		return membership.Plan{}, err
	}
	p.Breaker = d.cfg.Policy().Breaker(p.Subscribers, len(recent))
	return d.roster.SavePlan(ctx, p)
}

// applyQuestion orders a stored plan (by its id) or one from a file.
type applyQuestion struct {
	Plan      *membership.Plan `json:"plan"`
	ID        string           `json:"id"`
	NoBreaker bool             `json:"no_breaker"`
}

var applyPlan = newChange("prune-apply", func(ctx context.Context, d desk, q applyQuestion) (roster.Applied, error) {
	if q.Plan != nil {
		stored, err := d.roster.SavePlan(ctx, *q.Plan)
		if err != nil {
			return roster.Applied{}, err
		}
		q.ID = stored.ID
	}
	if q.NoBreaker {
		return d.roster.ApplyPlanUnsafe(ctx, q.ID)
	}
	return d.roster.ApplyPlan(ctx, q.ID, d.cfg.Policy())
})

type undoQuestion struct {
	ID string `json:"id"`
}

var undoPlan = newChange("prune-undo", func(ctx context.Context, d desk, q undoQuestion) (roster.Undone, error) {
	return d.roster.UndoPlan(ctx, q.ID)
})

// enforceQuestion ends shadow mode, or begins it again.
type enforceQuestion struct {
	Group string `json:"group"`
	On    bool   `json:"on"`
}

// enforceAnswer is the gate's state and the plan of those who keep an access that shadow mode left them.
type enforceAnswer struct {
	On   bool      `json:"enforce"`
	Plan *planView `json:"plan"`
}

// askEnforced is the gate's state alone.
var askEnforced = newErrand("enforced", func(ctx context.Context, d desk, q groupQuestion) (enforceAnswer, error) {
	g, err := d.at(q.Group).theGroup(ctx)
	if err != nil {
		return enforceAnswer{}, err
	}
	on, err := d.roster.Enforced(ctx, g.ID)
	return enforceAnswer{On: on}, err
})

var enforce = newChange("enforce", func(ctx context.Context, d desk, q enforceQuestion) (enforceAnswer, error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return enforceAnswer{}, err
	}
	if err := d.roster.Enforce(ctx, g.ID, q.On); err != nil {
		return enforceAnswer{}, err
	}
	a := enforceAnswer{On: q.On}
	if !q.On {
		return a, nil
	}
	p, err := d.plan(ctx, g)
	a.Plan = viewPlan(p)
	return a, err
})
