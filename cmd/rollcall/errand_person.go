package main

import (
	"context"
	"time"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

// personQuestion asks about one person of one group; an empty group is the holder's own.
type personQuestion struct {
	Group string `json:"group"`
	User  string `json:"user"`
}

// at is the desk with the asker's choice of group.
func (d desk) at(group string) desk {
	if group != "" {
		d.cfg.Group = group
	}
	return d
}

// subscriberView is somebody's place with the bot.
type subscriberView struct {
	Dialog      membership.Dialog  `json:"dialog"`
	DialogSince membership.Instant `json:"dialog_since"`
	Access      membership.Access  `json:"access"`
	AccessSince membership.Instant `json:"access_since"`
	Reason      membership.Reason  `json:"reason"`
	Started     membership.Instant `json:"started"`
	Heard       membership.Instant `json:"heard"`
	Payload     *string            `json:"payload"` // of a deep link, still to be honored
	Allowed     bool               `json:"allowed"`
}

// eventView is a ledger entry.
type eventView struct {
	Seq       uint64                `json:"seq"`
	Presence  membership.Presence   `json:"presence"`
	Role      *membership.Role      `json:"role"`
	Departure *membership.Departure `json:"departure"`
	Until     membership.Instant    `json:"until"`
	Evidence  *report.Evidence      `json:"evidence"`
	// After is the newest moment at which the contrary was known to hold when the event was recorded; null where nothing of the kind was.
	After membership.Instant `json:"after"`
}

// whoAnswer is everything known about a person.
type whoAnswer struct {
	Person     report.Row      `json:"person"`
	Doubt      *string         `json:"doubt"`
	Subscriber *subscriberView `json:"subscriber"`
	History    []eventView     `json:"history"`

	Group groupView `json:"group"`
}

// subject is whom a question is about, and the group; the desk is that group's.
func (d desk) subject(ctx context.Context, q personQuestion) (at desk, g membership.Group, p membership.Person, err error) {
	at = d.at(q.Group)
	if g, err = at.theGroup(ctx); err != nil {
		return at, g, p, err
	}
	p, err = at.person(ctx, g, q.User)
	return at, g, p, err
}

var askWho = newErrand("who", func(ctx context.Context, d desk, q personQuestion) (s stated[whoAnswer], err error) {
	d, g, p, err := d.subject(ctx, q)
	if err != nil {
		return s, err
	}
	if s.Answer, err = d.who(ctx, g, p); err != nil {
		return s, err
	}
	s.Meta, err = d.meta(ctx, g)
	return s, err
})

func (d desk) who(ctx context.Context, g membership.Group, p membership.Person) (whoAnswer, error) {
	a := whoAnswer{Person: report.RowOf(p), Group: viewGroup(g), History: []eventView{}}
	if p.Standing.Doubt != membership.NoDoubt {
		doubt := string(p.Standing.Doubt)
		a.Doubt = &doubt
	}
	c, err := d.roster.Case(ctx, g.ID, p.Profile.User)
	if err != nil {
		return a, err
	}
	a.Subscriber = viewSubscriber(c)
	events, err := d.roster.History(ctx, g.ID, p.Profile.User)
	if err != nil {
		return a, err
	}
	for _, e := range events {
		a.History = append(a.History, viewEvent(e))
	}
	return a, nil
}

func viewSubscriber(c membership.Case) *subscriberView {
	s := c.Subscriber
	if s.IsZero() {
		return nil
	}
	v := &subscriberView{
		Dialog: s.Dialog, DialogSince: s.DialogSince, Access: s.Access, AccessSince: s.AccessSince, Reason: s.Reason,
		Started: s.Started, Heard: s.Heard, Payload: orNull(s.Payload), Allowed: c.Allowed,
	}
	return v
}

func viewEvent(e membership.Event) eventView {
	return eventView{
		Seq: e.Seq, Presence: e.State.Presence, Role: orNull(e.State.Role), Departure: orNull(e.State.Departure), Until: e.State.Until,
		Evidence: report.EvidenceOf(e.Evidence), After: e.After,
	}
}

// whyAnswer is the gate's verdict about a person, and what was done about them.
type whyAnswer struct {
	whoAnswer

	Verdict verdictView  `json:"verdict"`
	Age     *string      `json:"age"` // of the newest confirmation
	Actions []actionView `json:"actions"`
	Enforce bool         `json:"enforce"`
}

var askWhy = newErrand("why", func(ctx context.Context, d desk, q personQuestion) (s stated[whyAnswer], err error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return s, err
	}
	id, err := d.findUser(ctx, g, q.User)
	if err != nil {
		return s, err
	}
	p, known, err := d.roster.Person(ctx, g.ID, id)
	if err != nil {
		return s, err
	}
	p.Profile.User = id
	c, err := d.caseOf(ctx, g, id)
	if err != nil {
		return s, err
	}
	if !known && c.Subscriber.IsZero() && !c.Allowed {
		return s, fail(exitNotFound, `no list, no event and no message has shown them`, "nothing is known about %s", q.User)
	}
	if s.Answer, err = d.why(ctx, g, p, c); err != nil {
		return s, err
	}
	s.Meta, err = d.meta(ctx, g)
	return s, err
})

// caseOf is what the gate would judge by.
func (d desk) caseOf(ctx context.Context, g membership.Group, user membership.UserID) (membership.Case, error) {
	c, err := d.roster.Case(ctx, g.ID, user)
	if err != nil {
		return c, err
	}
	sources, err := d.roster.Sources(ctx, g.ID)
	if err != nil {
		return c, err
	}
	enforce := c.Policy.Enforce
	c.Policy, c.Now = d.cfg.Policy(), membership.At(d.now())
	c.Policy.Enforce = enforce
	c.Freshness = freshnessOf(sources, c.Now)
	return c, nil
}

func (d desk) why(ctx context.Context, g membership.Group, p membership.Person, c membership.Case) (whyAnswer, error) {
	verdict := membership.Decide(c)
	a := whyAnswer{Verdict: viewVerdict(verdict), Enforce: c.Policy.Enforce}
	if c.Standing.LastConfirmed != 0 {
		age := verdict.Age.Round(time.Second).String()
		a.Age = &age
	}
	var err error
	if a.whoAnswer, err = d.who(ctx, g, p); err != nil {
		return a, err
	}
	actions, err := d.roster.Actions(ctx, g.ID, roster.ActionFilter{User: c.User, Limit: 20})
	a.Actions = viewActions(actions)
	return a, err
}
