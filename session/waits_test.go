package session_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/session"
)

func TestWaitsAreObeyedToTheSecond(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		for _, name := range []string{"FLOOD_WAIT_17", "FLOOD_PREMIUM_WAIT_17", "SLOWMODE_WAIT_17", "TAKEOUT_INIT_DELAY_17"} {
			t.Run(string(kind)+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := open(t, t.TempDir(), kind, session.PaceEvery(0))
					defer func() { require.NoError(t, a.Close()) }()
					s := &script{answers: []error{flood(name)}}
					require.NoError(t, nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))))
					times := s.times()
					require.Len(t, times, 2)
					gap := times[1].Sub(times[0])
					require.GreaterOrEqual(t, gap, 17*time.Second)
					require.Less(t, gap, 18*time.Second)
				})
			})
		}
	}
}

func TestWaitHoldsBackTheMethodAndNoOther(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, t.TempDir(), kind, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				s := &script{answers: []error{flood("FLOOD_WAIT_20")}}
				api := a.CallsOver(t.Context(), s, notEnded(t))
				start := time.Now()
				var wg sync.WaitGroup
				wg.Go(func() { require.NoError(t, nearest(t.Context(), api)) })
				if kind == session.Owner {
					wg.Go(func() { require.NoError(t, nearest(t.Context(), api)) }) // queues for its turn meanwhile
				}
				pass(time.Second)
				wg.Go(func() { require.NoError(t, nearest(t.Context(), api)) })
				require.NoError(t, offline(t.Context(), api))
				require.Less(t, time.Since(start), 2*time.Second, "another method goes on")
				wg.Wait()
				require.GreaterOrEqual(t, len(s.times()), 4)
				for _, at := range s.times()[2:] {
					require.GreaterOrEqual(t, at.Sub(start), 20*time.Second, "no call inside the wait")
				}
			})
		})
	}
}

func TestWaitOutlivesTheProcess(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir, start := t.TempDir(), time.Now()
				a := open(t, dir, kind, session.PaceEvery(0))
				s := &script{answers: []error{flood("FLOOD_WAIT_3600")}}
				err := nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t)))
				var wait *session.WaitError
				require.ErrorAs(t, err, &wait)
				require.Equal(t, "help.getNearestDc", wait.Method)
				require.WithinDuration(t, start.Add(time.Hour), wait.Until, time.Second)
				require.NoError(t, a.Close())

				pass(59*time.Minute + 50*time.Second)
				a = open(t, dir, kind, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				require.NoError(t, nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))))
				require.Len(t, s.times(), 2)
				require.GreaterOrEqual(t, s.times()[1].Sub(s.times()[0]), time.Hour)
				require.Less(t, s.times()[1].Sub(s.times()[0]), time.Hour+time.Second)
			})
		})
	}
}

func TestLongWaitIsToldNotSlept(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := session.PaceEvery(0)
				p.MaxWait = time.Minute
				a := open(t, t.TempDir(), kind, p)
				defer func() { require.NoError(t, a.Close()) }()
				s := &script{answers: []error{flood("FLOOD_WAIT_61")}}
				api := a.CallsOver(t.Context(), s, notEnded(t))
				for range 3 {
					start := time.Now()
					var wait *session.WaitError
					require.ErrorAs(t, nearest(t.Context(), api), &wait)
					require.Less(t, time.Since(start), time.Second)
				}
				require.Len(t, s.times(), 1, "the server is not asked inside the wait")
			})
		})
	}
}

func TestPatienceIsForTheWholeCall(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := session.PaceEvery(0)
				p.MaxWait = time.Minute
				a := open(t, t.TempDir(), kind, p)
				defer func() { require.NoError(t, a.Close()) }()
				w := flood("FLOOD_WAIT_25")
				s := &script{answers: []error{w, w, w, w}}
				var wait *session.WaitError
				require.ErrorAs(t, nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))), &wait)
				require.Len(t, s.times(), 3)
			})
		})
	}
}

func TestWaitHoldsBackWhoQueued(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, t.TempDir(), kind, session.PaceEvery(time.Second))
				defer func() { require.NoError(t, a.Close()) }()
				s := &script{answers: []error{flood("FLOOD_WAIT_10")}}
				api := a.CallsOver(t.Context(), s, notEnded(t))
				var wg sync.WaitGroup
				for range 25 { // more than a bot may make at once
					wg.Go(func() { require.NoError(t, nearest(t.Context(), api)) })
				}
				wg.Wait()
				first := s.times()[0]
				for _, at := range s.times() {
					since := at.Sub(first)
					require.False(t, since > 50*time.Millisecond && since < 10*time.Second, "a call %s into the wait", since)
				}
			})
		})
	}
}

func TestLongerOfTwoWaitsCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		a := open(t, dir, session.Bot, session.PaceEvery(0))
		// Both calls are on their way when Telegram begins to refuse; the shorter wait comes last.
		told := server(func(_ context.Context, in bin.Encoder) error {
			if in.(*tg.AccountUpdateStatusRequest).Offline {
				pass(time.Millisecond)
				return flood("FLOOD_WAIT_300")
			}
			pass(2 * time.Millisecond)
			return flood("FLOOD_WAIT_5")
		})
		api := a.CallsOver(t.Context(), told, notEnded(t))
		start := time.Now()
		var wg sync.WaitGroup
		for _, long := range []bool{true, false} {
			wg.Go(func() {
				_, err := api.AccountUpdateStatus(t.Context(), long)
				requireWait(t, err, start.Add(5*time.Minute))
			})
		}
		wg.Wait()
		require.NoError(t, a.Close())

		a = open(t, dir, session.Bot, session.PaceEvery(0))
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{}
		requireWait(t, offline(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))), start.Add(5*time.Minute))
		require.Empty(t, s.times())
	})
}

// requireWait wants an error that says until when to wait, to whoever knows no session.
func requireWait(t *testing.T, err error, until time.Time) {
	t.Helper()
	end, ok := errors.AsType[interface {
		error
		WaitUntil() time.Time
	}](err)
	require.True(t, ok, "%v", err)
	require.WithinDuration(t, until.Round(0), end.WaitUntil().Round(0), time.Second)
}

func TestShorterWaitDoesNotCutALongerSleepShort(t *testing.T) {
	for _, order := range [][]error{
		{flood("FLOOD_WAIT_20"), flood("FLOOD_WAIT_5")},
		{flood("FLOOD_WAIT_5"), flood("FLOOD_WAIT_20")},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := open(t, t.TempDir(), session.Bot, session.PaceEvery(0))
			defer func() { require.NoError(t, a.Close()) }()
			s := &script{answers: order}
			api := a.CallsOver(t.Context(), s, notEnded(t))
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { require.NoError(t, nearest(t.Context(), api)) })
			}
			wg.Wait()
			times := s.times()
			require.Len(t, times, 4)
			require.GreaterOrEqual(t, times[2].Sub(times[0]), 20*time.Second)
		})
	}
}

func TestSlowModeIsOneGroups(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				a := open(t, dir, kind, session.PaceEvery(0))
				write := func(api *tg.Client, to tg.InputPeerClass) error {
					_, err := api.MessagesSendMessage(t.Context(), &tg.MessagesSendMessageRequest{Peer: to, Message: "hello"})
					return err
				}
				slow, other := &tg.InputPeerChannel{ChannelID: 5}, &tg.InputPeerChannel{ChannelID: 6}
				s := &script{answers: []error{flood("SLOWMODE_WAIT_3600")}}
				api := a.CallsOver(t.Context(), s, notEnded(t))
				end := time.Now().Add(time.Hour)
				requireWait(t, write(api, slow), end)
				requireWait(t, write(api, slow), end)
				require.Len(t, s.times(), 1)
				require.NoError(t, write(api, other))
				require.NoError(t, write(api, &tg.InputPeerUser{UserID: 5}))
				require.NoError(t, a.Close())

				a = open(t, dir, kind, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				api = a.CallsOver(t.Context(), s, notEnded(t))
				requireWait(t, write(api, slow), end)
				require.NoError(t, write(api, other))
			})
		})
	}
}

func TestPeerFloodIsNotAskedAgainSoon(t *testing.T) {
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, t.TempDir(), kind, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				s := &script{answers: []error{tgerr.New(400, "PEER_FLOOD")}}
				api := a.CallsOver(t.Context(), s, notEnded(t))
				end := time.Now().Add(15 * time.Minute)
				requireWait(t, nearest(t.Context(), api), end)
				requireWait(t, nearest(t.Context(), api), end)
				require.Len(t, s.times(), 1)
				require.NoError(t, offline(t.Context(), api), "reading goes on")
				pass(time.Until(end.Add(time.Second)))
				require.NoError(t, nearest(t.Context(), api))
			})
		})
	}
}

func TestPeerFloodThatLastsIsAskedOfEverMoreSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, t.TempDir(), session.Owner, session.PaceEvery(0))
		defer func() { require.NoError(t, a.Close()) }()
		refused := tgerr.New(400, "PEER_FLOOD")
		s := &script{answers: append(slices.Repeat([]error{refused}, 9), nil, refused)}
		api := a.CallsOver(t.Context(), s, notEnded(t))
		rests := func() time.Duration {
			var wait *session.WaitError
			require.ErrorAs(t, nearest(t.Context(), api), &wait)
			left := time.Until(wait.Until).Round(time.Minute)
			pass(time.Until(wait.Until))
			return left
		}
		const first = 15 * time.Minute
		for _, want := range []time.Duration{first, 2 * first, 4 * first, 8 * first, 16 * first, 32 * first, 48 * first, 48 * first, 48 * first} {
			require.Equal(t, want, rests())
		}
		require.Len(t, s.times(), 9)
		pass(24 * time.Hour)
		require.NoError(t, nearest(t.Context(), api))
		require.Equal(t, first, rests(), "what was long ago is forgotten")
	})
}

// The owner's readings of people rest together, in the next process too; what else the account does goes on.
func TestPeerFloodRestsAllReadingsOfPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := &script{answers: []error{tgerr.New(400, "PEER_FLOOD")}}
		list := func(a *session.Account) error {
			_, err := a.CallsOver(t.Context(), s, notEnded(t)).MessagesGetFullChat(t.Context(), 5)
			return err
		}
		a := open(t, dir, session.Owner, session.PaceEvery(0))
		_, err := a.CallsOver(t.Context(), s, notEnded(t)).ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
			Channel: &tg.InputChannel{ChannelID: 5}, Participant: &tg.InputPeerSelf{},
		})
		end := time.Now().Add(15 * time.Minute)
		requireWait(t, err, end)
		for range 2 {
			err := list(a)
			requireWait(t, err, end)
			require.ErrorContains(t, err, "messages.getFullChat: Telegram limits the account for too many calls (PEER_FLOOD)")
			require.NoError(t, a.Close())
			a = open(t, dir, session.Owner, session.PaceEvery(0))
		}
		require.Len(t, s.times(), 1)
		require.NoError(t, nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))))
		require.NoError(t, a.Close())
	})
}

// Calls of the bot's that were on their way when the first was refused say no more than it did.
func TestPeerFloodsAtTheSameTimeAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, t.TempDir(), session.Bot, session.PaceEvery(0))
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{answers: []error{tgerr.New(400, "PEER_FLOOD"), tgerr.New(400, "PEER_FLOOD"), tgerr.New(400, "PEER_FLOOD")}}
		api := a.CallsOver(t.Context(), s, notEnded(t))
		end := time.Now().Add(15 * time.Minute)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { requireWait(t, nearest(t.Context(), api), end) })
		}
		wg.Wait()
		require.Len(t, s.times(), 3)
	})
}

func TestWaitFromDiskUnderAWrongClock(t *testing.T) {
	const years = 10 * 365 * 24 * time.Hour
	for _, kind := range []session.Kind{session.Owner, session.Bot} {
		for _, tt := range []struct {
			name   string
			goesOn func(t *testing.T, c *steppingClock, end time.Time, ask func() error)
		}{
			{"never set", func(t *testing.T, _ *steppingClock, _ time.Time, ask func() error) {
				pass(13 * 24 * time.Hour)
				require.Error(t, ask())
				pass(24 * time.Hour)
				require.NoError(t, ask(), "no wait is longer than a fortnight")
			}},
			{"set", func(t *testing.T, c *steppingClock, end time.Time, ask func() error) {
				c.set(0)
				requireWait(t, ask(), end)
				pass(end.Sub(c.now()) + time.Second)
				require.NoError(t, ask())
			}},
		} {
			t.Run(string(kind)+" "+tt.name, func(t *testing.T) {
				c := newSteppingClock()
				synctest.Test(t, func(t *testing.T) {
					c.begin()
					dir, s := t.TempDir(), &script{answers: []error{flood("FLOOD_WAIT_86400")}}
					a := openWith(t, dir, kind, c.now)
					end := c.now().Round(0).Add(24 * time.Hour)
					requireWait(t, nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))), end)
					require.NoError(t, a.Close())

					c.set(-years) // a machine without a battery that has not asked for the time yet
					a = openWith(t, dir, kind, c.now)
					defer func() { require.NoError(t, a.Close()) }()
					api := a.CallsOver(t.Context(), s, notEnded(t))
					ask := func() error { return nearest(t.Context(), api) }
					requireWait(t, ask(), c.now().Round(0).Add(14*24*time.Hour))
					tt.goesOn(t, c, end, ask)
				})
			})
		}
	}
}
