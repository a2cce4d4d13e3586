package bot_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

// gapTimer is longer than td waits for a missing update before it asks.
const gapTimer = time.Second

// settle lets the bot work until it waits, and then for so long.
func settle(d time.Duration) {
	synctest.Wait()
	if d > 0 {
		<-time.After(d) // the bubble's clock: it moves on when everybody waits
		synctest.Wait()
	}
}

func events(st *stage) int { return look(st.book, func(k *book) int { return len(k.events) }) }
func qts(st *stage) int    { return look(st.book, func(k *book) int { return k.state.Qts }) }

func TestFirstListenBeginsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.join(int64(group), ann)
		st := listen(s, newBook())
		settle(0)
		require.Zero(t, events(st), "what was before the first login is not history of ours")
		require.Equal(t, membership.BotState{Pts: 100, Qts: 11, Date: s.date, Seq: 1}, st.book.state)
		st.deliver(s.join(int64(group), 12))
		settle(0)
		require.Equal(t, 1, events(st))
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

// A position with a count and no date was never a server's: asking from it would be refused for ever.
func TestHalfAPositionIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		k.state, k.known = membership.BotState{Qts: 4}, true
		st := listen(s, k)
		settle(0)
		require.Equal(t, membership.BotState{Pts: 100, Qts: 10, Date: s.date, Seq: 1}, k.state)
		require.Empty(t, k.gaps)
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

func TestListenTakesInWhatWasMissed(t *testing.T) {
	for name, slice := range map[string]int{"whole": 0, "in slices": 7} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				st := listen(s, newBook())
				settle(0)
				require.ErrorIs(t, st.close(), context.Canceled)
				for i := range int64(100) {
					s.join(int64(group), 100+i)
					s.write(100+i, "/start")
				}
				s.slice = slice
				st = listen(s, st.book)
				settle(0)
				require.Equal(t, 100, events(st))
				require.Len(t, st.book.replies, 100)
				require.Equal(t, membership.BotState{Pts: s.pts, Qts: s.qts, Date: s.date, Seq: 1}, st.book.state)
				require.ErrorIs(t, st.close(), context.Canceled)
			})
		})
	}
}

// A bot that was away for days: the queue begins after its position.
func TestWhatTheQueueForgotIsAGap(t *testing.T) {
	for name, slice := range map[string]int{"whole": 0, "in slices": 7} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), newBook()
				k.state, k.known = membership.BotState{Pts: s.pts, Qts: s.qts, Date: s.date}, true
				for i := range int64(100) {
					s.join(int64(group), 100+i)
				}
				s.floor, s.slice = s.qts-40, slice
				st := listen(s, k)
				settle(0)
				require.Equal(t, 40, events(st))
				require.Len(t, k.gaps, 1)
				require.Contains(t, k.gaps[0].Reason, "60 of ")
				require.EqualValues(t, 1_700_000_061, k.gaps[0].To, "the first one that is left")
				require.Equal(t, s.qts, qts(st))
				require.ErrorIs(t, st.close(), context.Canceled)
			})
		})
	}
}

func TestALargeDifferenceIsTakenInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		k.state, k.known = membership.BotState{Pts: s.pts, Qts: s.qts, Date: s.date}, true
		for i := range int64(2500) {
			s.join(int64(group), 100+i)
		}
		st := listen(s, k)
		settle(0)
		require.Equal(t, 2500, events(st))
		require.Len(t, k.taken, 3)
		require.Zero(t, k.taken[0].Qts, "the position goes with the last part")
		require.Equal(t, s.qts, k.taken[2].Qts)
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

func TestUnreliableDelivery(t *testing.T) {
	type delivery struct {
		name    string
		deliver func(*stage, []tg.UpdatesClass)
	}
	for _, c := range []delivery{
		{"in order", func(st *stage, u []tg.UpdatesClass) { st.deliver(u...) }},
		{"dropped", func(st *stage, u []tg.UpdatesClass) { st.deliver(u[0], u[2]) }},
		{"doubled", func(st *stage, u []tg.UpdatesClass) { st.deliver(u[0], u[0], u[1], u[1], u[2], u[0]) }},
		{"backwards", func(st *stage, u []tg.UpdatesClass) { st.deliver(u[2], u[1], u[0]) }},
		{"only the last", func(st *stage, u []tg.UpdatesClass) { st.deliver(u[2]) }},
		{"none, and a reconnect", func(st *stage, _ []tg.UpdatesClass) { st.Wake() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer()
				st := listen(s, newBook())
				settle(0)
				c.deliver(st, []tg.UpdatesClass{s.join(int64(group), 1), s.join(nobody, 2), s.join(int64(group), 3)})
				settle(gapTimer)
				require.Equal(t, 2, events(st), "another group's updates are not events")
				for id, n := range st.book.events {
					require.Equal(t, 1, n, "%+v", id)
				}
				require.Equal(t, s.qts, qts(st), "another group's updates move the position")
				require.ErrorIs(t, st.close(), context.Canceled)
			})
		})
	}
}

// A difference may not bring all that was missed, and say nothing of it: Telegram keeps a bot's updates for a day or so, and only the
// numbers show what it forgot. (td alone loses even what stands behind such a hole.) It was passed over in silence once, and people who had
// left meanwhile were served.
func TestHolesInTheNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		st := listen(s, newBook())
		settle(0)
		heard := s.date
		s.join(int64(group), 1)
		s.skip()
		s.skip()
		s.join(int64(group), 2)
		behind := s.date
		st.Wake()
		settle(gapTimer)
		require.Equal(t, 2, events(st), "what is there is taken in")
		require.Equal(t, []membership.Gap{{
			Source: membership.GapFeed, From: membership.Instant(heard - 60), To: membership.Instant(behind),
			Reason: "2 of the bot's updates were missing from what Telegram gave for all of them",
		}}, st.book.gaps)
		with := st.book.taken[len(st.book.taken)-1]
		require.NotNil(t, with.Gap)
		require.Equal(t, s.qts, with.Qts, "in one step with the position behind it")
		st.deliver(s.join(int64(group), 3))
		settle(gapTimer)
		require.Equal(t, 3, events(st))
		require.Equal(t, s.qts, qts(st))
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

func TestAFailedSinkEndsListen(t *testing.T) {
	boom := errors.New("disk full")
	for name, begin := range map[string]func(*server, *book) *stage{
		"live": func(s *server, k *book) *stage {
			st := listen(s, k)
			settle(0)
			st.deliver(s.join(int64(group), 1))
			settle(0)
			failed := false
			k.mu.Lock()
			k.failSink = func(membership.Batch) error {
				if failed {
					return nil // a sink that recovers is not asked again: the position must not pass the hole
				}
				failed = true
				return boom
			}
			k.mu.Unlock()
			all := &tg.Updates{}
			for _, u := range []*tg.Updates{s.write(ann, "/start"), s.join(int64(group), 2), s.join(int64(group), 3)} {
				all.Updates = append(all.Updates, u.Updates...)
			}
			st.deliver(all) // one delivery: td goes through it to its end, whatever the handler says
			return st
		},
		"in the difference": func(s *server, k *book) *stage {
			k.state, k.known = membership.BotState{Pts: s.pts, Qts: s.qts, Date: s.date}, true
			k.failSink = func(b membership.Batch) error {
				if b.Qts > 11 {
					return boom
				}
				return nil
			}
			s.slice = 1
			s.join(int64(group), 1)
			s.join(int64(group), 2)
			s.write(ann, "/start")
			s.join(int64(group), 3)
			return listen(s, k)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, k := newServer(), newBook()
				st := begin(s, k)
				require.ErrorIs(t, <-st.done, boom)
				require.Equal(t, 11, k.state.Qts, "the position stays where the effect is")
				require.Equal(t, 100, k.state.Pts)
				require.Len(t, k.events, 1)

				k.failSink = nil
				st = listen(s, k)
				settle(0)
				require.Len(t, k.events, 3, "a restart replays")
				require.Len(t, k.replies, 1)
				require.ErrorIs(t, st.close(), context.Canceled)
			})
		})
	}
}

func TestAFailedStoreEndsListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("disk full")
		s := newServer()
		st := listen(s, newBook())
		settle(0)
		st.book.mu.Lock()
		st.book.failWrite = boom
		st.book.mu.Unlock()
		st.deliver(s.write(serviceUser, "hello")) // says nothing to us, so that its number goes to the store and not to the sink
		require.ErrorIs(t, <-st.done, boom)
	})
}

func TestADifferenceTooLongIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		k.state, k.known = membership.BotState{Pts: 1, Qts: s.qts, Date: 900_000_000}, true
		s.tooLong = true
		s.join(int64(group), 1)
		st := listen(s, k)
		settle(0)
		require.Len(t, k.gaps, 1)
		require.Equal(t, membership.Instant(900_000_000), k.gaps[0].From)
		require.Equal(t, membership.At(time.Now()), k.gaps[0].To)
		require.Equal(t, 1, events(st), "what is still there is taken in")
		require.Equal(t, s.pts, k.state.Pts)
		require.Equal(t, &membership.BotState{Pts: s.pts}, k.taken[0].State, "the gap and the position behind it are one step")
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

func TestAnUnknownPositionBeginsAnewWithAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		k.state, k.known = membership.BotState{Pts: 999, Qts: 999, Date: 1_600_000_000, Seq: 1}, true
		st := listen(s, k)
		settle(0)
		require.Len(t, k.gaps, 1)
		require.Equal(t, s.qts, qts(st), "the server says so: the position goes back")
		st.deliver(s.join(int64(group), 1))
		settle(0)
		require.Equal(t, 1, events(st))
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

// heldError is a call that was not made, since Telegram had asked to wait.
type heldError struct{ until time.Time }

func (h heldError) Error() string        { return "held back" }
func (h heldError) WaitUntil() time.Time { return h.until }

func TestAFailedQuestionIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		k.state, k.known = membership.BotState{Pts: s.pts, Qts: s.qts, Date: s.date}, true
		s.join(int64(group), 1)
		s.refuse = []error{tgerr.New(500, "INTERNAL"), heldError{time.Now().Add(31 * time.Second)}, errors.New("connection lost")}
		st := listen(s, k)
		settle(20 * time.Second)
		require.Equal(t, 2, read(s, func(s *server) int { return s.asked }), "a wait is kept")
		settle(20 * time.Second)
		require.Equal(t, 1, events(st))
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

func TestAnEndedSessionEndsListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		k.state, k.known = membership.BotState{Pts: s.pts, Qts: s.qts, Date: s.date}, true
		s.refuse = []error{tgerr.New(401, "AUTH_KEY_UNREGISTERED")}
		err := <-listen(s, k).done
		refusal, ok := errors.AsType[*membership.TelegramError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, membership.ErrorSession, refusal.Kind)
	})
}

// Our own messages use up numbers too: uncounted, the next question would wait for half a second and cost a difference.
func TestOurOwnMessagesMakeNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		st := listen(s, newBook())
		settle(0)
		asked := read(s, func(s *server) int { return s.asked })
		st.deliver(s.write(ann, "/start"))
		settle(0)
		serve := membership.Verdict{Answer: membership.Serve}
		_, err := st.Answer(t.Context(), membership.Reply{Bot: self, User: membership.UserID(ann), Message: 101}, serve, "")
		require.NoError(t, err)
		press := membership.Reply{
			Bot: self, User: membership.UserID(ann), Kind: membership.ReplyCallback, Query: 5, Message: 101, Data: "check",
		}
		_, err = st.Answer(t.Context(), press, serve, "")
		require.NoError(t, err)
		st.deliver(s.write(ann, "again"))
		settle(0)
		require.Len(t, st.book.replies, 2)
		require.Equal(t, asked, read(s, func(s *server) int { return s.asked }))
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}

func TestPositionsCostFewWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		st := listen(s, newBook())
		settle(0)
		before := look(st.book, func(k *book) int { return k.writes })
		for i := range int64(50) {
			st.deliver(s.join(int64(group), 100+i))
		}
		settle(0)
		require.Equal(t, 50, events(st))
		for i := range int64(50) {
			st.deliver(s.write(100+i, "hello"))
		}
		settle(0)
		require.Len(t, st.book.replies, 50)
		require.LessOrEqual(t, look(st.book, func(k *book) int { return k.writes })-before, 2, "the sink moved the position already")
		require.Equal(t, s.pts, look(st.book, func(k *book) int { return k.state.Pts }), "with the message")
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}
