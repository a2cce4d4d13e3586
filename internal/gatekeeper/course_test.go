package gatekeeper_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// someone is a person who comes and goes while the bot hears of it, and who asks all the time; Telegram is slow, fails, or answers by a
// clock that is off.
type someone struct {
	h   *house
	rng *rand.Rand // the test's goroutine's

	mu    sync.Mutex // guards what follows: the bot's workers use it
	luck  *rand.Rand
	state membership.State
	sound bool // Telegram answers at once, by the right clock
}

func (s *someone) is() membership.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// lookUp tells how it was when it was asked, later.
func (s *someone) lookUp(ctx context.Context, user membership.UserID) (membership.Finding, error) {
	s.mu.Lock()
	state, luck, off, wait := s.state, s.luck.IntN(4), s.luck.IntN(3800)-1900, s.luck.IntN(5000)
	if s.sound {
		luck, off, wait = 1, 0, 0
	}
	s.mu.Unlock()
	if luck == 0 {
		return membership.Finding{}, errors.New("broken")
	}
	f, err := stamped(state, time.Duration(off)*time.Millisecond)(ctx, user)
	if luck == 1 {
		return f, err
	}
	select {
	case <-time.After(time.Duration(wait) * time.Millisecond):
		return f, err
	case <-ctx.Done():
		return membership.Finding{}, ctx.Err()
	}
}

// becomes changes the truth, and the bot hears of it.
func (s *someone) becomes(state membership.State) {
	s.mu.Lock()
	moved := s.state.Presence != state.Presence
	s.state = state
	s.state.Lifted = false
	s.mu.Unlock()
	e := s.h.update(ann, state)
	e.Moved = moved
	s.h.ingest(membership.Batch{Events: []membership.Event{e}})
}

var (
	removed = membership.State{Presence: membership.Out, Departure: membership.Banned}
	lifted  = membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: true}
	muted   = membership.State{Presence: membership.In, Role: membership.Restricted}
)

func (s *someone) act() {
	switch is := s.is(); {
	case is.Departure == membership.Banned:
		s.becomes(lifted)
	case is.Presence == membership.Out:
		s.becomes(member)
	default:
		s.becomes([]membership.State{left, removed, muted}[s.rng.IntN(3)])
	}
}

func TestAccessFollowsEveryUpdateWhateverTheLookupsSay(t *testing.T) {
	for seed := range uint64(25) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t)
				s := &someone{h: h, rng: rand.New(rand.NewPCG(seed, 1)), luck: rand.New(rand.NewPCG(seed, 2)), state: member}
				h.bot.lookUp = s.lookUp
				h.attend()
				h.hears(ann, member)
				h.asks(ann, 1, "")
				pass(time.Minute)
				var asking sync.WaitGroup
				for range 40 {
					pass(time.Duration(s.rng.IntN([]int{30, 900, 6000}[s.rng.IntN(3)])) * time.Millisecond)
					if s.rng.IntN(2) == 0 {
						asking.Go(func() {
							_, err := h.keeper.AskAgain(t.Context(), ann)
							assert.NoError(t, err)
						})
						continue
					}
					s.act()
					s.requireAccess(t)
				}
				asking.Wait()
				s.mu.Lock()
				s.sound = true
				s.mu.Unlock()
				pass(3 * time.Minute)
				s.requireAccess(t)
				require.Equal(t, membership.NoDoubt, h.person(ann).Standing.Doubt)
			})
		})
	}
}

func (s *someone) requireAccess(t *testing.T) {
	t.Helper()
	p := s.h.person(ann)
	require.Equal(t, s.is().Presence, p.Standing.Presence, "%+v", p.Record)
	require.Equal(t, s.is().Presence == membership.In, s.h.access(ann) == membership.Granted)
}
