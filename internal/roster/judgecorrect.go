package roster

import "rollcall/internal/membership"

// correctReach is how many of the newest actions are searched for the one to be corrected. A kick is told from a ban within a minute; an
// action further back keeps the reason that it was decided with.
const correctReach = 5000

// correct gives the subscriber's newest revocation, done or withheld, the reason that the facts have by now, where they tell more about
// the departure that it was for. Its cause stays: the ledger entry tells what was known when it was decided.
func (g *group) correct(s membership.Subscriber, after membership.Standing) error {
	a, err := g.revocationOf(s, after)
	if err != nil || a.ID == 0 || !after.Corrects(a) {
		return err
	}
	a.Reason = membership.DepartureReason(after.Departure)
	return g.saveAction(&a)
}

// revocationOf is the action that took the subscriber's access or would have; zero for none.
func (g *group) revocationOf(s membership.Subscriber, after membership.Standing) (membership.Action, error) {
	if s.Access != membership.Revoked {
		return g.withheldAction(s.User)
	}
	// The reason is the action's until it is corrected, so that nobody is searched for whose action needs nothing.
	if !after.Corrects(membership.Action{Reason: s.Reason, At: s.AccessSince}) {
		return membership.Action{}, nil
	}
	c := g.tx.Bucket(bucketActions).Cursor()
	k, raw := c.Last()
	for i := 0; k != nil && i < correctReach; i++ {
		var v actionValue
		if err := decode(raw, &v, "an action"); err != nil {
			return membership.Action{}, err
		}
		a := membership.Action(v)
		if g.is(a.Group) && a.User == s.User && a.Verb == membership.Revoke && a.State == membership.ActionDone && a.At == s.AccessSince {
			a.ID = number(k)
			return a, nil
		}
		k, raw = c.Prev()
	}
	return membership.Action{}, nil
}
