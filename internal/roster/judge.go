package roster

import (
	"bytes"

	"rollcall/internal/membership"
)

// judge decides what a change of facts leads to, within one transaction: consequences, breaker, shadow mode, stored access.
type judge struct {
	g       *group
	policy  membership.Policy
	bot     membership.UserID
	enforce bool
	out     *membership.Outcome
}

func newJudge(g *group, policy membership.Policy, bot membership.UserID, out *membership.Outcome) (*judge, error) {
	enforce, err := g.enforced()
	return &judge{g: g, policy: policy, bot: bot, enforce: enforce, out: out}, err
}

// change is somebody before and after, with the subscriber as it was stored and as the contacts made it.
type change struct {
	user          membership.UserID
	before, after membership.Standing
	stored, heard membership.Subscriber
}

// judge acts on what follows from the change, and stores the subscriber.
func (j *judge) judge(c change) error {
	if c.before.Presence != c.after.Presence {
		j.out.Changed = append(j.out.Changed, c.user)
	}
	if c.after.Doubt != membership.NoDoubt {
		j.out.Doubts = append(j.out.Doubts, c.user)
	}
	if c.heard.IsZero() {
		return nil
	}
	if err := j.g.correct(c.stored, c.after); err != nil {
		return err
	}
	s, err := j.follow(c)
	if err != nil {
		return err
	}
	return j.g.setSubscriber(c.stored, s.Explain(c.after))
}

// follow carries the consequences out and returns the subscriber that they leave.
func (j *judge) follow(c change) (membership.Subscriber, error) {
	s := c.heard
	protected, err := j.g.protected(c.user, j.bot)
	if err != nil {
		return s, err
	}
	cause, err := j.g.cause(c.user, c.after.Evidence)
	if err != nil {
		return s, err
	}
	actions := membership.Consequences(membership.Change{
		Group: j.g.id, User: c.user, Before: c.before, After: c.after, Subscriber: s, Protected: protected, Cause: cause, Now: j.g.now,
	})
	revoked := false
	for _, a := range actions {
		if a.Verb == membership.Revoke {
			revoked = true
			if s.Spared(c.after) {
				continue
			}
		}
		if s, err = j.act(a, s); err != nil {
			return s, err
		}
	}
	if !revoked {
		return s, j.g.settleWithheld(c.user, 0)
	}
	return s, nil
}

func (j *judge) act(a membership.Action, s membership.Subscriber) (membership.Subscriber, error) {
	switch a.Reason {
	case membership.ReasonBlocked, membership.ReasonDeactivated, membership.ReasonUnblocked:
		a.Cause = 0 // the dialog's doing, which is not in the ledger
	default:
	}
	var err error
	switch a.Verb {
	case membership.Revoke:
		return j.revoke(a, s)
	case membership.Restore:
		s, err = j.g.restore(&a, s)
	case membership.Tell:
		a.State = membership.ActionPending
		err = j.g.saveAction(&a)
	case membership.Notice: // of the group's keeping, and of nobody's
	}
	j.out.Actions = append(j.out.Actions, a)
	return s, err
}

func (j *judge) revoke(a membership.Action, s membership.Subscriber) (membership.Subscriber, error) {
	switch {
	case !j.enforce:
		a.State = membership.ActionShadow
	default:
		budget, err := j.g.budget(j.policy)
		if err != nil {
			return s, err
		}
		if budget == 0 {
			a.State = membership.ActionHeld
		}
	}
	if a.State == 0 {
		s, err := j.g.revoke(&a, s, true)
		j.out.Actions = append(j.out.Actions, a)
		return s, err
	}
	fresh, err := j.g.withhold(&a)
	if err != nil || !fresh {
		return s, err
	}
	if a.State == membership.ActionHeld {
		j.out.Held++
	}
	j.out.Actions = append(j.out.Actions, a)
	return s, nil
}

// protected says whether nothing may ever be revoked from the person (law 4), whatever is known of them. A group's creator is protected
// by the newest role known, and administrators by theirs while they are in; that is membership's matter.
func (g *group) protected(user, bot membership.UserID) (bool, error) {
	if user == bot || g.allowed(user) {
		return true, nil
	}
	if owner, err := g.owner(); err != nil || user == owner {
		return true, err
	}
	p, _, err := profileOf(g.tx, user)
	return p.Bot, err
}

// owner is the owner's account as the last batch named it; 0 where none did.
func (g *group) owner() (membership.UserID, error) {
	var n numberValue
	_, err := g.state(keyOwner, &n)
	return membership.UserID(n), err
}

// budget is how many revocations the breaker still allows.
func (g *group) budget(p membership.Policy) (int, error) {
	t, err := g.counts()
	if err != nil {
		return 0, err
	}
	recent := g.recent()
	return p.Breaker(t.granted()+recent, recent), nil
}

// recent counts the revocations within the breaker's window.
func (g *group) recent() int {
	n := 0
	c := g.in(bucketRevocations).Cursor()
	for k, _ := c.Seek(keyInstant(g.now.Add(-membership.BreakerWindow) + 1)); k != nil; k, _ = c.Next() {
		n++
	}
	return n
}

// revoke takes the access away and keeps the action as done; counted says whether it uses up the breaker's allowance.
func (g *group) revoke(a *membership.Action, s membership.Subscriber, counted bool) (membership.Subscriber, error) {
	held, err := g.withheldAction(s.User)
	if err != nil {
		return s, err
	}
	if held.State == membership.ActionHeld {
		a.ID = held.ID // what was held is now done
	}
	a.State = membership.ActionDone
	if err := g.saveAction(a); err != nil {
		return s, err
	}
	if err := g.settleWithheld(s.User, a.ID); err != nil {
		return s, err
	}
	s.Access, s.AccessSince, s.Reason, s.Cause = membership.Revoked, a.At, a.Reason, a.Cause
	if !counted {
		return s, nil
	}
	return s, g.countRevocation(a)
}

func (g *group) countRevocation(a *membership.Action) error {
	b := g.in(bucketRevocations)
	// What left the window is forgotten here, so that the bucket holds an hour's worth.
	limit := keyInstant(g.now.Add(-membership.BreakerWindow) + 1)
	var old [][]byte
	c := b.Cursor()
	for k, _ := c.First(); k != nil && bytes.Compare(k, limit) < 0; k, _ = c.Next() {
		old = append(old, bytes.Clone(k))
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return b.Put(keyRevocation(a.At, a.ID), []byte{version})
}

// restore gives the access back and keeps the action as done. The subscriber is returned, not stored.
func (g *group) restore(a *membership.Action, s membership.Subscriber) (membership.Subscriber, error) {
	a.State = membership.ActionDone
	if err := g.saveAction(a); err != nil {
		return s, err
	}
	s.Access, s.AccessSince, s.Reason, s.Cause = membership.Granted, a.At, a.Reason, a.Cause
	return s, nil
}

// grant restores and stores, for what the owner orders: the allow list and undo.
func (g *group) grant(s membership.Subscriber, a membership.Action) error {
	a.Verb, a.Group, a.User, a.At = membership.Restore, g.id, s.User, g.now
	after, err := g.restore(&a, s)
	if err != nil {
		return err
	}
	return g.setSubscriber(s, after)
}

// withhold keeps a revocation that the breaker or shadow mode stopped: once per person, state and reason, however many events
// repeat it.
func (g *group) withhold(a *membership.Action) (fresh bool, err error) {
	old, err := g.withheldAction(a.User)
	if err != nil || (old.State == a.State && old.Reason == a.Reason) {
		return false, err
	}
	if err := g.settleWithheld(a.User, 0); err != nil {
		return false, err
	}
	if err := g.saveAction(a); err != nil {
		return false, err
	}
	n := numberValue(a.ID)
	return true, g.in(bucketWithheld).Put(keyUser(a.User), encode(&n))
}

// withheldAction is the revocation that is withheld from the person; zero for none.
func (g *group) withheldAction(user membership.UserID) (membership.Action, error) {
	var id numberValue
	ok, err := get(g.in(bucketWithheld), keyUser(user), &id, "a withheld action")
	if !ok || err != nil {
		return membership.Action{}, err
	}
	a, _, err := actionOf(g.tx, uint64(id))
	return a, err
}

// settleWithheld ends what is withheld from the person, since it was done (by the action done) or its reason is gone. What was held
// is then undone; what was listed in shadow mode stays listed.
func (g *group) settleWithheld(user membership.UserID, done uint64) error {
	old, err := g.withheldAction(user)
	if err != nil || old.ID == 0 {
		return err
	}
	if old.State == membership.ActionHeld && old.ID != done {
		old.State = membership.ActionUndone
		if err := g.saveAction(&old); err != nil {
			return err
		}
	}
	return g.in(bucketWithheld).Delete(keyUser(user))
}
