package roster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// PlanAge is how old a plan may be when it is applied; what it rests on was true a day ago at most.
const PlanAge = 24 * time.Hour

// planRows is how many rows of a plan one transaction carries out.
const planRows = 500

// Applied is what became of a plan.
type Applied struct {
	Plan    string    `json:"plan"`
	Revoked int       `json:"revoked"`
	Skipped []Skipped `json:"skipped"`
	// Before says that the plan had been applied to its end already, and that nothing was done now.
	Before bool `json:"before"`
}

// Undone is what an undo gave back.
type Undone struct {
	Restored int       `json:"restored"`
	Skipped  []Skipped `json:"skipped"`
}

// Skipped is somebody about whom nothing was done, and why.
type Skipped struct {
	User membership.UserID `json:"id"`
	Why  string            `json:"why"`
}

// The reasons for skipping.
const (
	whyChanged   = "their evidence, access or protection is not what it was when the plan was made"
	whyUndone    = "the removal was undone already"
	whyOtherwise = "their access changed since for another reason"
	whyNotDone   = "the action never took access away"
)

type planValue membership.Plan

func (p *planValue) fields(w *wire) {
	signed(w, &p.Schema)
	w.text(&p.ID)
	w.text(&p.Nonce)
	signed(w, &p.Group)
	signed(w, &p.Made)
	list(w, &p.Rows, (*wire).planRow)
	list(w, &p.Kept, func(w *wire, k *membership.Kept) {
		signed(w, &k.User)
		w.text(&k.Name)
		w.text(&k.Username)
		w.text(&k.Why)
	})
	list(w, &p.LookUp, signed[membership.UserID])
	signed(w, &p.Subscribers)
	signed(w, &p.Breaker)
}

func (w *wire) planRow(r *membership.PlanRow) {
	signed(w, &r.User)
	w.text(&r.Name)
	w.text(&r.Username)
	word(w, &r.Verb, membership.Tell)
	w.reason(&r.Reason)
	a := membership.Assertion{State: membership.State{Presence: r.Presence, Departure: r.Left}, Evidence: r.Evidence}
	w.assertion(&a)
	r.Presence, r.Left, r.Evidence = a.State.Presence, a.State.Departure, a.Evidence
	w.uint(&r.Cause)
	word(w, &r.Dialog, membership.DialogDeactivated)
	signed(w, &r.DialogSince)
}

// planProgress is how far a plan is applied. It is stored with the rows' effects.
type planProgress struct {
	Begun   bool // the breaker let it pass
	Next    int  // rows dealt with
	Revoked int
	Skipped []Skipped
	Undone  bool
}

func (p *planProgress) fields(w *wire) {
	w.flag(&p.Begun)
	signed(w, &p.Next)
	signed(w, &p.Revoked)
	list(w, &p.Skipped, (*wire).skipped)
	w.flag(&p.Undone)
}

func (w *wire) skipped(s *Skipped) {
	signed(w, &s.User)
	w.text(&s.Why)
}

// SavePlan stores a plan and returns it with its id. The id is made of the content: the same plan, read back from a file, has the
// same id, and an edited one another. It replaces whatever id the plan came with.
func (r *Roster) SavePlan(ctx context.Context, p membership.Plan) (membership.Plan, error) {
	for _, row := range p.Rows {
		if !valid(membership.Event{
			User: row.User, State: membership.State{Presence: row.Presence, Departure: row.Left},
			Evidence: row.Evidence,
		}) && row.Evidence != (membership.Evidence{}) {
			return p, fmt.Errorf("store the plan: a row that states nothing: %+v", row)
		}
	}
	p.ID = ""
	sum := sha256.Sum256(encode((*planValue)(&p)))
	p.ID = hex.EncodeToString(sum[:6])
	err := r.update(ctx, func(tx *bolt.Tx) error {
		b, err := tx.Bucket(bucketPlans).CreateBucketIfNotExists([]byte(p.ID))
		if err != nil {
			return err
		}
		return b.Put(keyPlan, encode((*planValue)(&p)))
	})
	return p, wrap(err, "store plan %s", p.ID)
}

// Plan is a stored plan; ErrUnknownPlan where there is none of that id.
func (r *Roster) Plan(ctx context.Context, id string) (membership.Plan, error) {
	var p planValue
	err := r.view(ctx, func(tx *bolt.Tx) error {
		_, _, err := openPlan(tx, id, &p)
		return err
	})
	return membership.Plan(p), wrap(err, "read plan %q", id)
}

func openPlan(tx *bolt.Tx, id string, p *planValue) (*bolt.Bucket, planProgress, error) {
	var progress planProgress
	if id == "" {
		return nil, progress, ErrUnknownPlan
	}
	b := tx.Bucket(bucketPlans).Bucket([]byte(id))
	if b == nil {
		return nil, progress, ErrUnknownPlan
	}
	if _, err := get(b, keyPlan, p, "a plan"); err != nil {
		return nil, progress, err
	}
	_, err := get(b, keyProgress, &progress, "a plan's progress")
	return b, progress, err
}

// ApplyPlan revokes what the plan says, some rows a transaction, each row judged again by what is known now. Interrupted, it goes
// on where it was; applied to its end, it does nothing more. More revocations than the breaker allows are refused as a whole. A plan
// is the owner's own order and is carried out in shadow mode too.
func (r *Roster) ApplyPlan(ctx context.Context, id string, policy membership.Policy) (Applied, error) {
	return r.applyPlan(ctx, id, &policy)
}

// ApplyPlanUnsafe applies a plan without asking the breaker. Its revocations do not count against the breaker later.
func (r *Roster) ApplyPlanUnsafe(ctx context.Context, id string) (Applied, error) {
	return r.applyPlan(ctx, id, nil)
}

func (r *Roster) applyPlan(ctx context.Context, id string, breaker *membership.Policy) (Applied, error) {
	a := application{roster: r, id: id, breaker: breaker}
	for first := true; ; first = false {
		done, err := a.step(ctx)
		if err != nil {
			return Applied{Plan: id, Revoked: a.progress.Revoked, Skipped: a.progress.Skipped}, wrap(err, "apply plan %s", id)
		}
		if done {
			return Applied{Plan: id, Revoked: a.progress.Revoked, Skipped: a.progress.Skipped, Before: first && !a.worked}, nil
		}
	}
}

type application struct {
	roster   *Roster
	id       string
	breaker  *membership.Policy // nil: not asked
	progress planProgress
	worked   bool
}

// step carries out the next rows in one transaction.
func (a *application) step(ctx context.Context) (done bool, err error) {
	err = a.roster.update(ctx, func(tx *bolt.Tx) error {
		var p planValue
		b, progress, err := openPlan(tx, a.id, &p)
		if err != nil {
			return err
		}
		if progress.Undone {
			return ErrPlanStale
		}
		a.progress, done = progress, progress.Next >= len(p.Rows) && progress.Begun
		if done {
			return nil
		}
		a.worked = true
		g := openGroup(tx, p.Group, a.roster.instant())
		if g == nil || g.now.Sub(p.Made) > PlanAge {
			return ErrPlanStale
		}
		if err := a.pass(g, &p); err != nil {
			return err
		}
		if err := a.rows(g, b, &p); err != nil {
			return err
		}
		done = a.progress.Next >= len(p.Rows)
		return errors.Join(g.flush(), b.Put(keyProgress, encode(&a.progress)))
	})
	return done, err
}

// pass asks the breaker, once a plan: what it let pass is carried to its end.
func (a *application) pass(g *group, p *planValue) error {
	if a.progress.Begun {
		return nil
	}
	a.progress.Begun = true
	if a.breaker == nil {
		return nil
	}
	rows := 0
	for _, row := range p.Rows {
		c, err := a.roster.candidate(g, row.User)
		if err != nil {
			return err
		}
		if row.StillHolds(c) {
			rows++
		}
	}
	allowed, err := g.budget(*a.breaker)
	if err != nil || rows <= allowed {
		return err
	}
	t, err := g.counts()
	if err != nil {
		return err
	}
	return &BreakerError{Rows: rows, Allowed: allowed, Recent: g.recent(), Granted: t.granted()}
}

func (a *application) rows(g *group, b *bolt.Bucket, p *planValue) error {
	to := min(a.progress.Next+planRows, len(p.Rows))
	for i := a.progress.Next; i < to; i++ {
		row := p.Rows[i]
		c, err := a.roster.candidate(g, row.User)
		if err != nil {
			return err
		}
		if row.Verb != membership.Revoke || !row.StillHolds(c) {
			a.progress.Skipped = append(a.progress.Skipped, Skipped{row.User, whyChanged})
			continue
		}
		action := membership.Action{
			Verb: membership.Revoke, Group: g.id, User: row.User, Reason: row.Reason, Cause: row.Cause, At: g.now, Plan: a.id,
		}
		after, err := g.revoke(&action, c.Subscriber, a.breaker != nil)
		if err != nil {
			return err
		}
		if err := g.setSubscriber(c.Subscriber, after); err != nil {
			return err
		}
		if err := b.Put(keyRow(i), keyUint(action.ID)); err != nil {
			return err
		}
		a.progress.Revoked++
	}
	a.progress.Next = to
	return nil
}
