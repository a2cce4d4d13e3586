package roster

import (
	"errors"
	"fmt"

	"rollcall/internal/membership"
)

// The errors that a caller branches on.
var (
	// ErrHeld: another process holds the roster.
	ErrHeld = errors.New("the roster is held by another process")
	// ErrForeign: the file is not a roster, or it is damaged. Nothing was written to it.
	ErrForeign = errors.New("not a readable roster")
	// ErrNewer: a newer Rollcall wrote the roster. Nothing was written to it.
	ErrNewer = errors.New("the roster was written by a newer version of Rollcall")
	// ErrOlder: an older Rollcall wrote the roster, in a layout that is not read any more. Nothing was written to it.
	ErrOlder = errors.New("the roster was written by an older version of Rollcall")
	// ErrUpgrade: an older version wrote the roster, and this one brings it up to date when it opens it for writing.
	ErrUpgrade = errors.New("the roster is of an older version and not brought up to date yet")
	// ErrNoWalk: no walk is open, or not the one that was named.
	ErrNoWalk = errors.New("no such open walk")
	// ErrPageLost: a page was skipped; the one offered is not stored.
	ErrPageLost = errors.New("a page of the walk is missing")
	// ErrUnmerged: the walk has staged pages that were not merged yet, or lists that were not read.
	ErrUnmerged = errors.New("the walk is not merged to its end")
	// ErrUnknownPlan: no plan of that id is stored.
	ErrUnknownPlan = errors.New("no such plan")
	// ErrPlanStale: the plan is too old, or its group is not in this roster.
	ErrPlanStale = errors.New("the plan is stale; make a new one")
	// ErrBreaker: the plan would revoke more than the breaker allows. The error is a *BreakerError.
	ErrBreaker = errors.New("the breaker refuses the plan")
	// ErrUnknownAction: no action of that id is stored.
	ErrUnknownAction = errors.New("no such action")
)

// BreakerError says by how much a plan is over the breaker.
type BreakerError struct {
	Rows    int // revocations that the plan would make now
	Allowed int // revocations that the breaker allows now
	Recent  int // revocations within the last hour
	Granted int // subscribers that have access
}

func (e *BreakerError) Error() string {
	return fmt.Sprintf("%v: %d revocations, %d allowed (%d within the last hour, %d subscribers with access)",
		ErrBreaker, e.Rows, e.Allowed, e.Recent, e.Granted)
}

// Is makes errors.Is(err, ErrBreaker) true.
func (e *BreakerError) Is(target error) bool { return target == ErrBreaker }

// damagedf is an error about bytes that no roster of ours holds.
func damagedf(format string, args ...any) error {
	return fmt.Errorf("%w: damaged: %s", ErrForeign, fmt.Sprintf(format, args...))
}

// Problem is one thing that Check found wrong.
type Problem struct {
	Group membership.GroupID `json:"group,omitempty"`
	What  string             `json:"what"`
}

func (p Problem) String() string {
	if p.Group == 0 {
		return p.What
	}
	return fmt.Sprintf("group %d: %s", p.Group, p.What)
}
