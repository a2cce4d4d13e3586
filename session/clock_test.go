package session_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/session"
)

// steppingClock is a clock whose wall time may be set while its monotonic reading runs on, as the system's does. It begins with the wall time of
// the bubble, where there are no monotonic readings, and takes that from outside of it.
type steppingClock struct {
	base  time.Time
	start time.Time
	step  atomic.Int64 // a time.Duration of whole seconds
}

func newSteppingClock() *steppingClock { return &steppingClock{base: time.Now()} }

// begin is called in the bubble.
func (c *steppingClock) begin() { c.start = time.Now() }

// set puts the wall clock off by step.
func (c *steppingClock) set(step time.Duration) { c.step.Store(int64(step)) }

func (c *steppingClock) now() time.Time {
	now, wall := c.base.Add(time.Since(c.start)), time.Now().Add(time.Duration(c.step.Load()))
	// Below the seconds, which count from 1885, are the nanoseconds, and at the top is the sign that there is a monotonic reading.
	const secondsFrom = 30
	since := wall.Unix() - time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	*(*uint64)(unsafe.Pointer(&now)) = 1<<63 | uint64(since)<<secondsFrom | uint64(wall.Nanosecond())
	return now
}

func TestSteppingClock(t *testing.T) {
	c := newSteppingClock()
	synctest.Test(t, func(t *testing.T) {
		c.begin()
		before := c.now()
		c.set(time.Hour)
		pass(time.Second)
		after := c.now()
		require.Equal(t, time.Second, after.Sub(before), "the monotonic reading")
		require.Equal(t, time.Hour+time.Second, after.Round(0).Sub(before.Round(0)), "the wall's")
	})
}

func TestServerTime(t *testing.T) {
	c := newSteppingClock()
	bubble(t, func(t *testing.T) {
		c.begin()
		s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
		h.signIn(t, s, session.Owner)
		s.ahead = 10 * time.Minute
		cfg := h.config(s, session.Owner)
		cfg.Now = c.now
		a := h.open(t, cfg)
		require.Equal(t, c.now(), a.ServerTime())
		off := map[string]time.Duration{}
		require.NoError(t, a.Run(t.Context(), func(context.Context, *tg.Client) error {
			measure := func(when string) { off[when] = a.ServerTime().Sub(time.Now().Add(s.ahead)).Abs() }
			measure("connected")
			c.set(time.Hour)
			measure("our clock was set forward")
			c.set(-time.Hour)
			measure("our clock was set back")
			pass(30 * time.Second)
			measure("half a minute later")
			return nil
		}))
		require.Len(t, off, 4)
		for when, by := range off {
			require.LessOrEqual(t, by, time.Second, when)
		}
	})
}

// The server takes no message that is more than 30 seconds ahead of it, and gotd none that is as far from our clock.
func TestAClockThatWasWrongIsPutRight(t *testing.T) {
	for _, off := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			c := newSteppingClock()
			bubble(t, func(t *testing.T) {
				c.begin()
				s, h := serve(t, newStub(), mtproto.NewMemoryKeys(), serverKey()), newHome(t)
				h.signIn(t, s, session.Owner)
				cfg := h.config(s, session.Owner)
				cfg.Now, cfg.OutageTimeout = c.now, 0
				a := h.open(t, cfg)
				require.NoError(t, a.Run(t.Context(), func(ctx context.Context, api *tg.Client) error {
					ask := func() error {
						ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
						defer cancel()
						_, err := api.UsersGetUsers(ctx, []tg.InputUserClass{&tg.InputUserSelf{}})
						return err
					}
					require.NoError(t, ask())
					c.set(off)
					for range 3 {
						require.Error(t, ask())
					}
					c.set(0)
					for tries := 0; ask() != nil; tries++ {
						require.Less(t, tries, 3)
						pass(time.Minute)
					}
					return nil
				}))
			})
		})
	}
}

func TestStampIsWhenTheCallGoesOut(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, t.TempDir(), kind, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				s := &script{answers: []error{flood("FLOOD_WAIT_20")}}
				start := time.Now()
				ctx, sent := a.Stamp(t.Context())
				require.Equal(t, start, sent())
				require.NoError(t, nearest(ctx, a.CallsOver(t.Context(), s, notEnded(t))))
				require.Len(t, s.times(), 2)
				require.Equal(t, s.times()[1], sent(), "not when it queued, nor when it was refused or answered")
			})
		})
	}
}
