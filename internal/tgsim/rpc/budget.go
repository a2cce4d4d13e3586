package rpc

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

// Budget is how often one account may call one method: Burst calls at once, and Rate more each
// second. The zero value is no limit.
type Budget struct {
	Burst int
	Rate  float64
}

// Budgets are by method name as in TL; "" is for every other method.
type Budgets map[string]Budget

// DefaultBudgets are far above what a well-paced client needs, and low enough that a client which
// loops without pause meets a FLOOD_WAIT. Telegram publishes no numbers.
func DefaultBudgets() Budgets {
	return Budgets{
		"":                         {Burst: 3000, Rate: 300},
		"channels.getParticipants": {Burst: 1500, Rate: 100},
		"channels.getAdminLog":     {Burst: 600, Rate: 50},
		"contacts.resolveUsername": {Burst: 200, Rate: 5},
		"messages.sendMessage":     {Burst: 300, Rate: 30},
	}
}

// Unlimited has no budgets, for measuring.
func Unlimited() Budgets { return Budgets{} }

// purses hold what every account has left of its budgets.
type purses struct {
	now     func() time.Time
	budgets Budgets

	mu   sync.Mutex
	left map[waitKey]*purse // guarded by mu
}

type purse struct {
	calls float64
	at    time.Time // when calls was true
	until time.Time // nothing is let through before: the announced wait
}

func newPurses(now func() time.Time, b Budgets) *purses {
	if b == nil {
		b = DefaultBudgets()
	}
	return &purses{now: now, budgets: b, left: make(map[waitKey]*purse)}
}

// spend takes one call from the account's budget, or answers 420 FLOOD_WAIT_X. Calls made inside
// the wait are refused with what is left of it and do not lengthen it.
func (p *purses) spend(account world.UserID, method string) error {
	budget, ok := p.budgets[method]
	if !ok {
		budget = p.budgets[""]
	}
	if budget == (Budget{}) || account == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	key := waitKey{account, method}
	have := p.left[key]
	if have == nil {
		have = &purse{calls: float64(budget.Burst), at: now}
		p.left[key] = have
	}
	if now.Before(have.until) {
		return floodWait(have.until.Sub(now))
	}
	have.calls = math.Min(float64(budget.Burst), have.calls+now.Sub(have.at).Seconds()*budget.Rate)
	have.at = now
	if have.calls < 1 {
		// Half a burst must be back before the next call: short waits would only be met again.
		wait := time.Duration(float64(budget.Burst) / 2 / budget.Rate * float64(time.Second))
		have.until = now.Add(wait)
		return floodWait(wait)
	}
	have.calls--
	return nil
}

func floodWait(d time.Duration) error {
	return tgerr.New(420, fmt.Sprintf("FLOOD_WAIT_%d", max(1, int(math.Ceil(d.Seconds())))))
}
