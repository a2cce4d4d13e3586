package session

import (
	"errors"
	"sync"
	"time"
)

// budgets count the calls of methods that have a most in a day (UTC). The count is on disk before the call is made. Methods with a large
// budget take several calls from it at once: what a process that is killed had taken and not used is lost until the next day.
type budgets struct {
	store *store

	mu     sync.Mutex     // guards what follows
	limits map[string]int // replaced as a whole
	taken  map[string]portion
}

// portion is calls that are counted on disk and not made yet.
type portion struct {
	calls int
	until time.Time // the end of the day that they are counted in
}

// portions is how many pieces a budget is taken in.
const portions = 500

func newBudgets(s *store, limits map[string]int) *budgets {
	return &budgets{store: s, limits: limits, taken: map[string]portion{}}
}

// limit is the most calls of a method in a day, where there is a most.
func (b *budgets) limit(method string) (limit int, bounded bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	limit, ok := b.limits[method]
	return limit, ok && limit >= 0
}

// allow puts other limits in the place of those that were. What was made today counts on.
func (b *budgets) allow(limits map[string]int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limits = limits
}

// spend counts a call of a method that has a budget, before it is made.
func (b *budgets) spend(now time.Time, method string) error {
	limit, bounded := b.limit(method)
	if !bounded {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p, until := b.taken[method], nextDay(now)
	if !p.until.Equal(until) {
		p = portion{until: until}
	}
	if p.calls == 0 {
		var err error
		if p.calls, err = b.store.take(now, method, limit, max(1, limit/portions)); err != nil {
			return err
		}
	}
	if p.calls == 0 {
		return &BudgetError{Method: method, Limit: limit, Until: until}
	}
	p.calls--
	b.taken[method] = p
	return nil
}

// left is how many calls of the method may still be made on the day of now.
func (b *budgets) left(now time.Time, method string) (Allowance, bool, error) {
	limit, bounded := b.limit(method)
	if !bounded {
		return Allowance{}, false, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := Allowance{Limit: limit, Until: nextDay(now)}
	made, err := b.store.spent(now, method)
	if err != nil {
		return a, true, err
	}
	if p := b.taken[method]; p.until.Equal(a.Until) {
		made -= int64(p.calls)
	}
	a.Left = limit - int(min(made, int64(limit)))
	return a, true, nil
}

// giveBack takes off the count what was taken and not used.
func (b *budgets) giveBack(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for method, p := range b.taken {
		if p.calls > 0 && p.until.Equal(nextDay(now)) {
			errs = append(errs, b.store.giveBack(now, method, p.calls))
		}
	}
	clear(b.taken)
	return errors.Join(errs...)
}

// nextDay is when budgets are whole again.
func nextDay(now time.Time) time.Time {
	y, m, d := now.UTC().Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}
