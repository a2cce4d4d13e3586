package membership

import (
	"cmp"
	"slices"
)

// Candidate is a subscriber whose access might be revoked.
type Candidate struct {
	Profile    Profile
	Standing   Standing
	Subscriber Subscriber
	Protected  bool
	Cause      uint64
}

// PlanRow is one line of a prune plan: who, what, and why.
type PlanRow struct {
	User     UserID    `json:"id"`
	Name     string    `json:"name"` // raw: outputs make it safe
	Username string    `json:"username,omitempty"`
	Verb     Verb      `json:"verb"`
	Reason   Reason    `json:"reason"`
	Presence Presence  `json:"presence"`
	Left     Departure `json:"departure,omitempty"`
	Evidence Evidence  `json:"evidence"`
	Cause    uint64    `json:"cause,omitempty"`
	// Dialog and DialogSince are the ground for a row that rests on the bot's dialog and not on membership.
	Dialog      Dialog  `json:"dialog"`
	DialogSince Instant `json:"dialog_since"`
}

// Kept is a subscriber that looks like a candidate and is not one, with the reason.
type Kept struct {
	User     UserID `json:"id"`
	Name     string `json:"name"`
	Username string `json:"username,omitempty"`
	Why      string `json:"why"`
}

// Plan is what a prune would do. Making it changes nothing.
type Plan struct {
	Schema      int       `json:"schema"`
	ID          string    `json:"id"`
	Nonce       string    `json:"nonce"` // tells two plans of one second and one content apart
	Group       GroupID   `json:"group"`
	Made        Instant   `json:"made"`
	Rows        []PlanRow `json:"rows"`
	Kept        []Kept    `json:"kept"`
	LookUp      []UserID  `json:"look_up"` // weak or doubtful evidence: ask Telegram before the next plan
	Subscribers int       `json:"subscribers"`
	// Breaker is how many revocations were allowed when the plan was made.
	Breaker int `json:"breaker"`
}

// MakePlan judges every candidate. Owners, admins, bots and the allow list are never in it, whatever the input; neither is anybody
// whose absence is not proved by grade A evidence.
func MakePlan(g GroupID, candidates []Candidate, now Instant) Plan {
	p := Plan{Schema: 1, Group: g, Made: now, Rows: []PlanRow{}, Kept: []Kept{}, LookUp: []UserID{}}
	for _, c := range candidates {
		p.judge(g, c, now)
	}
	slices.SortFunc(p.Rows, func(a, b PlanRow) int { return cmp.Compare(a.User, b.User) })
	slices.SortFunc(p.Kept, func(a, b Kept) int { return cmp.Compare(a.User, b.User) })
	slices.Sort(p.LookUp)
	return p
}

func (p *Plan) judge(g GroupID, c Candidate, now Instant) {
	if c.Subscriber.Access != Granted {
		return
	}
	p.Subscribers++
	change := Change{
		Group: g, User: c.Profile.User, After: c.Standing, Subscriber: c.Subscriber,
		Protected: c.Protected || c.Profile.Bot, Cause: c.Cause, Now: now,
	}
	reason, revoke := revocation(change)
	name := c.Profile.Name()
	switch {
	case c.Standing.inDoubt() && !change.protected():
		p.LookUp = append(p.LookUp, c.Profile.User)
		p.keep(c, "the evidence is in doubt: "+string(c.Standing.Doubt))
	case revoke:
		p.Rows = append(p.Rows, PlanRow{
			User: c.Profile.User, Name: name, Username: c.Profile.Username, Verb: Revoke, Reason: reason, Presence: c.Standing.Presence,
			Left: c.Standing.Departure, Evidence: c.Standing.Evidence, Cause: c.Cause,
			Dialog: c.Subscriber.Dialog, DialogSince: c.Subscriber.DialogSince,
		})
	case c.Standing.Presence == Unknown:
		p.LookUp = append(p.LookUp, c.Profile.User)
		p.keep(c, "nothing proves that they are out")
	case c.Standing.Presence == Out || c.Subscriber.Dialog != DialogActive:
		p.keep(c, "protected: the owner, an administrator, a bot, or on the allow list")
	}
}

// inDoubt says that an absence is not sure enough for a plan, which can wait for a look: also where contested does not let an event wait,
// since plans are made and applied without the bot's being heard, and the return that is right behind is then not heard either.
func (s Standing) inDoubt() bool { return s.Presence == Out && s.Doubt != NoDoubt }

func (p *Plan) keep(c Candidate, why string) {
	p.Kept = append(p.Kept, Kept{User: c.Profile.User, Name: c.Profile.Name(), Username: c.Profile.Username, Why: why})
}

// StillHolds says whether a row's ground is what it was when the plan was made; one that changed since is skipped.
func (r PlanRow) StillHolds(c Candidate) bool {
	if c.Subscriber.Access != Granted {
		return false
	}
	reason, ok := revocation(Change{
		User: r.User, After: c.Standing, Subscriber: c.Subscriber, Protected: c.Protected || c.Profile.Bot,
	})
	return ok && reason == r.Reason && !c.Standing.inDoubt()
}

// Name is first and last name as Telegram has them, unsafe to print.
func (p Profile) Name() string {
	switch {
	case p.Deleted && p.FirstName == "":
		return "Deleted Account"
	case p.LastName == "":
		return p.FirstName
	case p.FirstName == "":
		return p.LastName
	}
	return p.FirstName + " " + p.LastName
}
