package session

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// floods are the refusals that hold calls back, by name without their number; the list is TDLib's (NetQueryDelayer), and PEER_FLOOD.
// It is the only one: above the session a flood is a *WaitError.
var floods = []string{
	"FLOOD_WAIT", "FLOOD_PREMIUM_WAIT", slowMode, "TAKEOUT_INIT_DELAY",
	"2FA_CONFIRM_WAIT", "FLOOD_TEST_PHONE_WAIT", "FLOOD_SKIP_FAILED_WAIT", peerFlood,
}

const (
	slowMode  = "SLOWMODE_WAIT"
	peerFlood = "PEER_FLOOD"

	// longestWait is TDLib's bound, and so the longest that a wait from disk can have left.
	longestWait = 14 * 24 * time.Hour
	// firstRest and longestRest are our own: PEER_FLOOD limits the account without saying for how long, and asking again prolongs it. The
	// first is more than any call's patience; each is twice the one before, unless that was over for a day.
	firstRest   = 15 * time.Minute
	longestRest = 12 * time.Hour
	restForgot  = 24 * time.Hour
)

// rest is a time without calls because of PEER_FLOOD.
type rest struct {
	until  time.Time
	length time.Duration
}

// next is the rest that a PEER_FLOOD at a moment asks for. A second one within the rest, to a call that was on its way, asks for no more.
func (r rest) next(now time.Time) rest {
	length := firstRest
	switch {
	case now.Before(r.until):
		return r
	case r.length > 0 && now.Sub(r.until) < restForgot:
		length = min(2*r.length, longestRest)
	}
	return rest{until: now.Add(length), length: length}
}

// asked is how long a refusal that says it asks to hold back.
func asked(rpc *tgerr.Error) time.Duration {
	return time.Duration(min(max(rpc.Argument, 1), int(longestWait/time.Second))) * time.Second
}

// address is what holds a call back: a wait of its method, or slow mode in the supergroup that it writes to.
type address struct {
	method     string
	supergroup int64 // 0 for none
}

func addressOf(in bin.Encoder) address {
	a := address{method: methodOf(in)}
	if to, ok := in.(interface{ GetPeer() tg.InputPeerClass }); ok {
		if p, ok := to.GetPeer().(*tg.InputPeerChannel); ok {
			a.supergroup = p.ChannelID
		}
	}
	return a
}

// there is the key of waits for the one supergroup; without one it is the method.
func (a address) there() string {
	if a.supergroup == 0 {
		return a.method
	}
	return a.method + " " + strconv.FormatInt(a.supergroup, 10)
}

// waits holds back what Telegram asked to hold back, in this process and the next.
type waits struct {
	store *store
	// family are the methods that rest together: PEER_FLOOD is about the account that reads so much, not about the one method.
	family []string
	now    func() time.Time
	onWait func(method string, until time.Time)

	mu    sync.Mutex
	ends  map[string]end  // guarded by mu
	rests map[string]rest // guarded by mu: the last ones, by method
}

// end is when a wait ends: at both times. One that was just told of goes by our running clock, whatever is done to the wall's. One from disk
// can only go by the wall's, which may be decades behind until a machine without a battery has asked for the time.
type end struct{ until, latest time.Time }

func (e end) left(now time.Time) time.Duration { return min(e.until.Sub(now), e.latest.Sub(now)) }

func loadWaits(s *store, family []string, now func() time.Time, onWait func(string, time.Time)) (*waits, error) {
	w := &waits{store: s, family: family, now: now, onWait: onWait, ends: map[string]end{}, rests: map[string]rest{}}
	start := now()
	ahead, err := s.waits(start)
	if err != nil {
		return nil, err
	}
	for key, until := range ahead {
		w.ends[key] = end{until: until, latest: start.Add(longestWait)}
	}
	return w, nil
}

// restKey is the key of a method's rests.
func (w *waits) restKey(method string) string {
	if slices.Contains(w.family, method) {
		return peerFlood
	}
	return method
}

// left returns how long calls to a have yet to wait, and until when.
func (w *waits) left(a address) (left time.Duration, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for _, key := range []string{a.method, a.there(), w.restKey(a.method)} {
		e, ok := w.ends[key]
		switch l := e.left(now); {
		case !ok:
		case l <= 0:
			delete(w.ends, key)
		default:
			left = max(left, l)
		}
	}
	return left, now.Add(left)
}

// heed keeps the wait that err asks for, and says whether it does: in memory first, since a full disk must not shorten it. The context
// is not asked, since an interrupted call's wait is a wait all the same.
func (w *waits) heed(a address, err error) (bool, error) {
	rpc, ok := tgerr.As(err)
	if !ok || !rpc.IsOneOf(floods...) {
		return false, nil
	}
	d, key := asked(rpc), a.method
	if rpc.IsType(slowMode) {
		key = a.there()
	}
	w.mu.Lock()
	now := w.now()
	if rpc.IsType(peerFlood) {
		key = w.restKey(a.method)
		w.rests[key] = w.rests[key].next(now)
		d = w.rests[key].until.Sub(now)
	}
	until := now.Add(d)
	if d > w.ends[key].left(now) {
		w.ends[key] = end{until: until, latest: until}
	}
	w.mu.Unlock()
	if err := w.store.putWait(key, until); err != nil {
		return true, fmt.Errorf("keep a wait of %s: %w", key, err)
	}
	return true, nil
}

// hold returns when a may be called. What it sleeps it takes from patience; a wait beyond that is a *WaitError at once.
func (w *waits) hold(ctx context.Context, a address, patience *time.Duration) error {
	for {
		left, until := w.left(a)
		if left <= 0 {
			return nil
		}
		if left > *patience {
			return &WaitError{Method: a.method, Until: until, Limited: w.limited(a.method, until)}
		}
		*patience -= left
		w.onWait(a.method, until)
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

// limited says that a wait of a method until then is a rest.
func (w *waits) limited(method string, until time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := w.restKey(method)
	rest, resting := w.ends[key]
	return resting && key == peerFlood && rest.until.Sub(until).Abs() < time.Second
}

// sleep waits for d, or returns the reason why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
