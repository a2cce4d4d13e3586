package main

import (
	"context"
	"fmt"
	"time"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/session"
)

// groupQuestion asks about one group; an empty one is the holder's own.
type groupQuestion struct {
	Group string `json:"group"`
}

// statusAnswer is how the roster, the gate and the two accounts are.
type statusAnswer struct {
	Group        groupView             `json:"group"`
	LedgerEvents int                   `json:"ledger_events"`
	Members      memberCounts          `json:"members"`
	Coverage     *membership.Coverage  `json:"coverage"`
	Walk         *walkView             `json:"walk"`  // the newest one, finished or not
	Audit        *auditView            `json:"audit"` // the newest one that was finished; null where there is none
	Freshness    *membership.Freshness `json:"freshness"`
	Sources      sourcesView           `json:"sources"`
	Gate         gateStatus            `json:"gate"`
	Subscribers  subscriberCounts      `json:"subscribers"`
	Outbox       outboxCounts          `json:"outbox"`
	Rights       rightsStatus          `json:"rights"`
	// SignedOut are the accounts whose session ended under the run, which goes on with the other one.
	SignedOut []session.Kind `json:"signed_out"`
	// Waits are what Telegram has asked the run's owner account not to call for a while.
	Waits []waitView `json:"waits"`
	// ClockAhead is by how many seconds the run's machine is ahead of Telegram's time, which counts; 0 where that is less than a minute.
	ClockAhead int `json:"clock_ahead"`
	// Running says that "rollcall run" holds the roster; Degraded that it does and cannot keep its promise.
	Running  bool `json:"running"`
	Degraded bool `json:"degraded"`
	// Because is why.
	Because []string `json:"degraded_because"`
}

type memberCounts struct {
	Known      int                          `json:"known"`
	In         int                          `json:"in"`
	Out        int                          `json:"out"`
	Unknown    int                          `json:"unknown"`
	Total      *int                         `json:"total"` // the server's own count
	Roles      map[membership.Role]int      `json:"roles"`
	Departures map[membership.Departure]int `json:"departures"`
}

type gateStatus struct {
	Enforce bool            `json:"enforce"`
	Mode    membership.Mode `json:"mode"`
	Reason  string          `json:"reason"`
	// Since is from when on a run noted this mode; null where it noted another one last.
	Since membership.Instant `json:"since"`
	// Shadow is how many people would have lost access, had the owner enforced.
	Shadow int `json:"shadow"`
	Held   int `json:"held"` // revocations that the breaker held
}

type subscriberCounts struct {
	Total       int `json:"total"`
	Active      int `json:"active"`
	Blocked     int `json:"blocked"`
	Deactivated int `json:"deactivated"`
	Granted     int `json:"granted"`
	Revoked     int `json:"revoked"`
	Allowed     int `json:"allowed"`
}

type outboxCounts struct {
	Pending    int `json:"pending"`
	Failed     int `json:"failed"`
	RepliesDue int `json:"replies_due"`
}

type rightsStatus struct {
	Owner membership.Rights `json:"owner"`
	// OwnerIn says whether the owner's account is in the group, as a run last saw it; null while none has.
	OwnerIn *bool     `json:"owner_in"`
	Bot     botRights `json:"bot"`
}

type botRights struct {
	SignedIn bool  `json:"signed_in"`
	Admin    *bool `json:"admin"` // as a run or a sync last saw it; null while none has
	In       *bool `json:"in"`    // whether it is in the group, as a run last saw it; null while none has
}

// waitView is a method that is not called before some time.
type waitView struct {
	Method string             `json:"method"`
	Until  membership.Instant `json:"until"`
}

var askStatus = newErrand("status", func(ctx context.Context, d desk, q groupQuestion) (statusAnswer, error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return statusAnswer{}, err
	}
	counts, err := d.roster.Counts(ctx, g.ID)
	if err != nil {
		return statusAnswer{}, err
	}
	meta, err := d.meta(ctx, g)
	if err != nil {
		return statusAnswer{}, err
	}
	s := statusAnswer{
		Group: viewGroup(g), LedgerEvents: counts.LedgerEvents, Coverage: meta.Coverage, Freshness: meta.Freshness,
		Members: countMembers(counts, g), Subscribers: countSubscribers(counts), Running: d.live != nil,
		Outbox: outboxCounts{
			Pending: counts.Actions[membership.ActionPending], Failed: counts.Actions[membership.ActionFailed], RepliesDue: counts.RepliesDue,
		},
		Gate: gateStatus{
			Mode: meta.Freshness.Mode, Reason: meta.Freshness.Reason,
			Held: counts.Actions[membership.ActionHeld],
		},
		Rights: rightsStatus{Owner: g.Rights},
	}
	s.Rights.Owner.Admin = s.Rights.Owner.Admin || g.Admin
	return d.finishStatus(ctx, g, s)
})

// finishStatus adds what the roster keeps elsewhere.
func (d desk) finishStatus(ctx context.Context, g membership.Group, s statusAnswer) (statusAnswer, error) {
	var err error
	if s.Gate.Enforce, err = d.roster.Enforced(ctx, g.ID); err != nil {
		return s, err
	}
	if s.Gate.Shadow, err = d.shadowed(ctx, g); err != nil {
		return s, err
	}
	sources, err := d.roster.Sources(ctx, g.ID)
	if err != nil {
		return s, err
	}
	s.Sources, s.SignedOut, s.Waits = viewSources(sources), []session.Kind{}, []waitView{}
	s.Rights.Bot.Admin = s.Sources.BotAdmin
	watch, err := d.roster.Watch(ctx, g.ID)
	if err != nil {
		return s, err
	}
	if watch.Owner.Known {
		s.Rights.OwnerIn = &watch.Owner.Post.In
	}
	if watch.Bot.Known {
		s.Rights.Bot.In = &watch.Bot.Post.In
	}
	_, s.Rights.Bot.SignedIn = session.Known(d.cfg.SessionDir(), session.Bot)
	if s.Running {
		s.Because = shortOf(s.Gate, sources.Gaps)
		s.SignedOut, s.Waits = d.live.signedOut(), d.live.waits()
		s.ClockAhead = int(d.live.app.clock.wrong() / time.Second)
		for _, kind := range s.SignedOut {
			s.Because = append(s.Because, accountNames[kind]+" is signed out")
		}
		s.Degraded = len(s.Because) > 0
	}
	rung, err := d.roster.Rung(ctx, g.ID)
	if err != nil {
		return s, err
	}
	if rung.Mode == s.Gate.Mode {
		s.Gate.Since = rung.Since
	}
	w, open, err := d.roster.OpenWalk(ctx, g.ID)
	if err != nil {
		return s, err
	}
	if !open || w.Checkpoint.Audit != nil { // a cut-off audit is not gone on with
		if w, open, err = d.roster.LastWalk(ctx, g.ID); err != nil {
			return s, err
		}
	}
	if open {
		s.Walk = viewWalk(w)
	}
	// A run counts every few minutes, a walk alone asks for the rest of the description.
	if drift, err := d.roster.Drift(ctx, g.ID); err != nil {
		return s, err
	} else if drift.Counted > 0 && drift.At > max(w.Started, w.Ended) {
		s.Members.Total = &drift.Counted
	}
	audit, _, err := d.roster.LastAudit(ctx, g.ID)
	s.Audit = viewAudit(audit)
	return s, err
}

// shortOf says in what a run falls short of its promise.
func shortOf(gate gateStatus, gaps []membership.Gap) []string {
	var reasons []string
	if gate.Mode != membership.Fresh {
		reasons = append(reasons, fmt.Sprintf("the gate is %s: %s", gate.Mode, gate.Reason))
	}
	for _, g := range gaps {
		if g.Open() {
			reasons = append(reasons, fmt.Sprintf("gap %d is not settled: %s", g.ID, lostText(g)))
		}
	}
	return reasons
}

// shadowed counts the people who would have lost access: one who was kicked would have lost it twice, by the ban and by its lifting.
func (d desk) shadowed(ctx context.Context, g membership.Group) (int, error) {
	actions, err := d.roster.Actions(ctx, g.ID, roster.ActionFilter{Verb: membership.Revoke, State: membership.ActionShadow})
	people := map[membership.UserID]bool{}
	for _, a := range actions {
		people[a.User] = true
	}
	return len(people), err
}

func countMembers(c roster.Counts, g membership.Group) memberCounts {
	outsiders := c.Departure[membership.NoDeparture]
	delete(c.Departure, membership.NoDeparture)
	m := memberCounts{
		Known: c.People - outsiders, In: c.Presence[membership.In], Out: c.Presence[membership.Out] - outsiders,
		Unknown: c.Presence[membership.Unknown], Roles: c.Role, Departures: c.Departure,
	}
	if g.Total > 0 {
		m.Total = &g.Total
	}
	return m
}

func countSubscribers(c roster.Counts) subscriberCounts {
	return subscriberCounts{
		Total: c.Subscribers, Active: c.Dialog[membership.DialogActive], Blocked: c.Dialog[membership.DialogBlocked],
		Deactivated: c.Dialog[membership.DialogDeactivated], Granted: c.Access[membership.Granted], Revoked: c.Access[membership.Revoked],
		Allowed: c.Allowed,
	}
}

// checkAnswer is what is wrong with the roster; nothing, if it proves itself.
type checkAnswer struct {
	Problems []problemView `json:"problems"`
}

type problemView struct {
	Group *membership.GroupID `json:"group"` // null for the file itself
	What  string              `json:"what"`
}
