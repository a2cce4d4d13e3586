package rpc

import (
	"context"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// Budget is how often one account may call one method: Burst calls at once, and Rate more each
// second. The zero value is no limit.
type Budget struct {
	Burst int
	Rate  float64
	// AtOnce is how many calls may be under way at the same time; 0 is any number. One more makes a
	// long wait, whatever is left of the budget.
	AtOnce int
	// PeerFlood has a spent budget be answered by 400 PEER_FLOOD, which names no wait: the account
	// writes to strangers or invites too much.
	PeerFlood bool
}

// Budgets are by method name as in TL; "" is for every other method.
type Budgets map[string]Budget

// DefaultBudgets are far above what a well-paced client needs, and low enough that a client which
// loops without pause meets a FLOOD_WAIT. Telegram publishes no numbers; that of calls at the same time
// was reported: of 26 five passed.
func DefaultBudgets() Budgets {
	return Budgets{
		"":                         {Burst: 3000, Rate: 300},
		"channels.getParticipants": {Burst: 1500, Rate: 100, AtOnce: 5},
		"channels.getAdminLog":     {Burst: 600, Rate: 50},
		"contacts.resolveUsername": {Burst: 200, Rate: 5},
		"messages.sendMessage":     {Burst: 300, Rate: 30},
	}
}

// Unlimited has no budgets, for measuring.
func Unlimited() Budgets { return Budgets{} }

const (
	// atOnceWait is how long whoever calls too much at the same time must wait: 29 to 31 s were reported.
	atOnceWait = 30 * time.Second
	// crowdHold is how long a call is under way that was made while another was. Here answers take a tenth of
	// a millisecond, less than a client needs to send its next call, so calls at the same time would hardly
	// ever meet; over a real network they do. Who calls one after the other is not held.
	crowdHold = 10 * time.Millisecond
)

// purses hold what every account has left of its budgets.
type purses struct {
	now func() time.Time

	mu      sync.Mutex
	budgets Budgets            // guarded by mu, never changed in place
	left    map[waitKey]*purse // guarded by mu
}

type purse struct {
	calls    float64
	at       time.Time // when calls was true; zero is a full purse
	until    time.Time // nothing is let through before: the announced wait
	underWay int
	imposed  []error // answers to the next calls
	last     ended
}

// ended is the last call that was answered: when the client sent it, and how long the answer took.
type ended struct {
	session, msgID int64
	took           time.Duration
}

// overlaps says whether the client sent r before it can have had the answer to the call that ended. Its clock
// is in its message ids: nanoseconds with some clients, with others less than half as much.
func (e ended) overlaps(r *mtproto.Request) bool {
	gap := r.MsgID - e.msgID
	return e.session == r.Session && e.msgID != 0 && gap >= 0 && time.Duration(gap) < e.took
}

func newPurses(now func() time.Time, b Budgets) *purses {
	p := &purses{now: now, left: make(map[waitKey]*purse)}
	p.set(b)
	return p
}

func (p *purses) set(b Budgets) {
	if b == nil {
		b = DefaultBudgets()
	}
	b = maps.Clone(b)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.budgets = b
}

// purse returns the account's purse for the method; the caller holds mu.
func (p *purses) purse(account world.UserID, method string) *purse {
	key := waitKey{account, method}
	have := p.left[key]
	if have == nil {
		have = new(purse)
		p.left[key] = have
	}
	return have
}

// visit is one call that was let in. The zero value is one of nobody.
type visit struct {
	purses  *purses
	key     waitKey
	request *mtproto.Request
	from    time.Time
}

// enter takes one call from the account's budget, or answers 420 FLOOD_WAIT_X. Calls made inside
// the wait are refused with what is left of it and do not lengthen it. Who is let in must leave.
func (p *purses) enter(ctx context.Context, c caller, method string, r *mtproto.Request) (visit, error) {
	if c.Account == 0 {
		return visit{}, nil
	}
	crowded, err := p.spend(c.Account, method, r)
	if err != nil {
		return visit{}, err
	}
	v := visit{purses: p, key: waitKey{c.Account, method}, request: r, from: p.now()}
	if crowded {
		hold := time.NewTimer(crowdHold)
		defer hold.Stop()
		select {
		case <-hold.C:
		case <-ctx.Done():
		}
	}
	return v, nil
}

// leave notes that the call is over.
func (v visit) leave() {
	if v.purses == nil {
		return
	}
	took := v.purses.now().Sub(v.from)
	v.purses.mu.Lock()
	defer v.purses.mu.Unlock()
	have := v.purses.purse(v.key.account, v.key.method)
	have.underWay--
	have.last = ended{session: v.request.Session, msgID: v.request.MsgID, took: took}
}

// spend lets a call in, and says whether it came while another was under way that it counts with.
func (p *purses) spend(account world.UserID, method string, r *mtproto.Request) (crowded bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	budget, ok := p.budgets[method]
	if !ok {
		budget = p.budgets[""]
	}
	have, now := p.purse(account, method), p.now()
	if now.Before(have.until) {
		return false, floodWait(have.until.Sub(now))
	}
	if err := have.imposition(now); err != nil {
		return false, err
	}
	if err := have.pay(budget, now); err != nil {
		return false, err
	}
	crowded = budget.AtOnce > 0 && (have.underWay > 0 || have.last.overlaps(r))
	have.underWay++
	return crowded, nil
}

// imposition takes the next answer that was imposed, if there is one.
func (h *purse) imposition(now time.Time) error {
	if len(h.imposed) == 0 {
		return nil
	}
	err := h.imposed[0]
	h.imposed = h.imposed[1:]
	if wait, ok := tgerr.AsFloodWait(err); ok {
		h.until = now.Add(wait)
	}
	return err
}

// pay takes one call from the budget.
func (h *purse) pay(b Budget, now time.Time) error {
	if b.AtOnce > 0 && h.underWay >= b.AtOnce {
		h.until = now.Add(atOnceWait)
		return floodWait(atOnceWait)
	}
	if b.Burst == 0 {
		return nil
	}
	if h.at.IsZero() {
		h.calls = float64(b.Burst)
	} else {
		h.calls = math.Min(float64(b.Burst), h.calls+now.Sub(h.at).Seconds()*b.Rate)
	}
	h.at = now
	switch {
	case h.calls >= 1:
		h.calls--
		return nil
	case b.PeerFlood:
		return tgerr.New(400, "PEER_FLOOD")
	}
	// Half a burst must be back before the next call: short waits would only be met again.
	wait := time.Duration(math.Min(max(1, float64(b.Burst)/2)/b.Rate, longest) * float64(time.Second))
	h.until = now.Add(wait)
	return floodWait(wait)
}

// longest is the longest wait in seconds, a year.
const longest = 365 * 24 * 3600

func floodWait(d time.Duration) error {
	return tgerr.New(420, fmt.Sprintf("FLOOD_WAIT_%d", max(1, int(math.Ceil(d.Seconds())))))
}

// SetBudgets changes how often accounts may call what from now on; nil is DefaultBudgets. Announced waits
// stay.
func (s *Server) SetBudgets(b Budgets) { s.purses.set(b) }

// Budgets returns how often accounts may call what.
func (s *Server) Budgets() Budgets {
	s.purses.mu.Lock()
	defer s.purses.mu.Unlock()
	return maps.Clone(s.purses.budgets)
}

// Impose has the account's next call of the method answered 420 FLOOD_WAIT_seconds, and those after it until
// the wait is over, whatever the budgets say.
func (s *Server) Impose(account world.UserID, method string, seconds int) error {
	if seconds < 1 {
		return fmt.Errorf("impose a wait of %d s: it must be 1 s or more", seconds)
	}
	return s.Refuse(account, method, 420, fmt.Sprintf("FLOOD_WAIT_%d", seconds))
}

// Refuse has the account's next call of the method refused so, once. A wait that the refusal names
// (FLOOD_WAIT_X, FLOOD_PREMIUM_WAIT_X) is kept to by further calls, as with Impose. Several are answered in turn.
func (s *Server) Refuse(account world.UserID, method string, code int, name string) error {
	if !isMethod(method) {
		return fmt.Errorf("refuse %s: there is no such method", method)
	}
	s.purses.mu.Lock()
	defer s.purses.mu.Unlock()
	have := s.purses.purse(account, method)
	have.imposed = append(have.imposed, tgerr.New(code, name))
	return nil
}
