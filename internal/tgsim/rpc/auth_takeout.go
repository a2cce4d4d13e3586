package rpc

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

// takeouts are the exports that accounts have asked for. An export with other devices looking on is announced to them
// first, and begins a day later. What is exported comes by the ordinary methods, by which nothing is held back here
// that an export would be given.
type takeouts struct {
	mu    sync.Mutex
	asked map[world.UserID]time.Time // guarded by mu; when the account's export may begin
	open  map[mtproto.KeyID]int64    // guarded by mu; what is under way, by the key that began it
}

func newTakeouts() *takeouts {
	return &takeouts{asked: make(map[world.UserID]time.Time), open: make(map[mtproto.KeyID]int64)}
}

func (s *Server) registerTakeouts() {
	register(s, func() *tg.AccountInitTakeoutSessionRequest {
		return new(tg.AccountInitTakeoutSessionRequest)
	}, s.initTakeoutSession, userOnly)
	register(s, func() *tg.AccountFinishTakeoutSessionRequest {
		return new(tg.AccountFinishTakeoutSessionRequest)
	}, s.finishTakeoutSession, userOnly)
}

func (s *Server) initTakeoutSession(_ context.Context, c caller, _ *tg.AccountInitTakeoutSessionRequest) (bin.Encoder, error) {
	if wait, first := s.takeouts.delay(s, c); wait > 0 {
		if first {
			s.tell(c.Account, "A request to export your data was made from a new device. If this wasn't you, "+
				"please terminate that session in Settings > Devices.")
		}
		return nil, tgerr.New(420, fmt.Sprintf("TAKEOUT_INIT_DELAY_%d", int(math.Ceil(wait.Seconds()))))
	}
	t := s.takeouts
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[c.Key] == 0 {
		t.open[c.Key] = 1 + rand.Int64N(math.MaxInt64)
	}
	return &tg.AccountTakeout{ID: t.open[c.Key]}, nil
}

// delay returns how long the caller's export must wait, and whether it was just now asked for.
func (t *takeouts) delay(s *Server, c caller) (wait time.Duration, first bool) {
	if len(s.logins.all(c.Account, c.DC)) < 2 || s.rules.TakeoutDelay < 0 {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := s.cfg.Now()
	at, asked := t.asked[c.Account]
	if !asked {
		at = now.Add(s.rules.TakeoutDelay)
		t.asked[c.Account] = at
	}
	return max(0, at.Sub(now)), !asked
}

func (s *Server) finishTakeoutSession(_ context.Context, c caller, _ *tg.AccountFinishTakeoutSessionRequest) (bin.Encoder, error) {
	t := s.takeouts
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[c.Key] == 0 {
		return nil, tgerr.New(403, "TAKEOUT_REQUIRED")
	}
	delete(t.open, c.Key)
	delete(t.asked, c.Account)
	return &tg.BoolTrue{}, nil
}

// within checks the export that a query says it is part of.
func (t *takeouts) within(r *mtproto.Request) error {
	if r.Takeout == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[r.Key] != r.Takeout {
		return tgerr.New(400, "TAKEOUT_INVALID")
	}
	return nil
}
