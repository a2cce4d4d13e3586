package session_test

import (
	"context"
	"errors"
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

// script is a server that answers the nth call with the nth error, and then with success, and notes when it was asked.
type script struct {
	answers []error
	stall   bool // never answer, as long as the connection lives

	mu    sync.Mutex
	asked []time.Time // guarded by mu
	now   int         // guarded by mu: calls under way
	most  int         // guarded by mu
}

func (s *script) Invoke(_ context.Context, _ bin.Encoder, out bin.Decoder) error {
	s.mu.Lock()
	n := len(s.asked)
	s.asked = append(s.asked, time.Now())
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}()
	if s.stall {
		pass(16 * time.Second) // what gotd takes to give up a request
		return context.Canceled
	}
	pass(50 * time.Millisecond)
	if n < len(s.answers) && s.answers[n] != nil {
		return s.answers[n]
	}
	var answer bin.Encoder = &tg.BoolTrue{}
	switch out.(type) {
	case *tg.NearestDC:
		answer = &tg.NearestDC{Country: "NL"}
	case *tg.UpdatesBox:
		answer = &tg.UpdatesTooLong{}
	}
	var b bin.Buffer
	if err := answer.Encode(&b); err != nil {
		return err
	}
	return out.Decode(&b)
}

// server refuses every call with what it returns.
type server func(context.Context, bin.Encoder) error

func (s server) Invoke(ctx context.Context, in bin.Encoder, _ bin.Decoder) error { return s(ctx, in) }

func (s *script) times() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.asked...)
}

// pass lets the bubble's time go by.
func pass(d time.Duration) { <-time.After(d) }

func flood(name string) error { return tgerr.New(420, name) }

func open(t *testing.T, dir string, kind session.Kind, p session.Pace) *session.Account {
	t.Helper()
	a, err := session.Open(session.Config{
		Kind: kind, Dir: dir, Pace: p, Seal: session.Passphrase(session.NewSecret("p")), APIID: 1, APIHash: session.NewSecret("h"),
	})
	require.NoError(t, err)
	return a
}

// openWith opens a patient account with a clock of its own.
func openWith(t *testing.T, dir string, kind session.Kind, now func() time.Time) *session.Account {
	t.Helper()
	a, err := session.Open(session.Config{
		Kind: kind, Dir: dir, Pace: session.PaceEvery(0), Now: now,
		Seal: session.Passphrase(session.NewSecret("p")), APIID: 1, APIHash: session.NewSecret("h"),
	})
	require.NoError(t, err)
	return a
}

// nearest and offline are two methods with small answers.
func nearest(ctx context.Context, api *tg.Client) error {
	_, err := api.HelpGetNearestDC(ctx)
	return err
}

func offline(ctx context.Context, api *tg.Client) error {
	_, err := api.AccountUpdateStatus(ctx, true)
	return err
}

func notEnded(t *testing.T) func(error) {
	return func(err error) { t.Errorf("the connection was ended: %v", err) }
}

func TestOwnersCallsGoOneByOneAtAnInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, t.TempDir(), session.Owner, session.PaceEvery(time.Second))
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{}
		api := a.CallsOver(t.Context(), s, notEnded(t))
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { require.NoError(t, nearest(t.Context(), api)) })
		}
		wg.Wait()
		require.Equal(t, 1, s.most)
		gaps, times := map[time.Duration]bool{}, s.times()
		for i := 1; i < len(times); i++ {
			gap := times[i].Sub(times[i-1])
			require.GreaterOrEqual(t, gap, 800*time.Millisecond)
			require.LessOrEqual(t, gap, 1200*time.Millisecond)
			gaps[gap] = true
		}
		require.Greater(t, len(gaps), 1, "jitter")
	})
}

func TestPaceDefaultsAreCareful(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name     string
			pace     session.Pace
			min, max time.Duration
		}{
			{"forgotten", session.Pace{}, 960 * time.Millisecond, 1440 * time.Millisecond},
			{"no pause", session.PaceEvery(0), 50 * time.Millisecond, 50 * time.Millisecond},
		} {
			a := open(t, t.TempDir(), session.Owner, tt.pace)
			s := &script{}
			api := a.CallsOver(t.Context(), s, notEnded(t))
			require.NoError(t, nearest(t.Context(), api))
			require.NoError(t, nearest(t.Context(), api))
			gap := s.times()[1].Sub(s.times()[0])
			require.GreaterOrEqual(t, gap, tt.min, tt.name)
			require.LessOrEqual(t, gap, tt.max, tt.name)
			require.NoError(t, a.Close())
		}
	})
}

func TestBudgetIsForTheDayAndOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		p := session.PaceEvery(0)
		p.Budgets = map[string]int{"help.getNearestDc": 3}
		s := &script{}
		for i := range 3 {
			a := open(t, dir, session.Owner, p)
			require.NoError(t, nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t))), i)
			require.NoError(t, a.Close())
		}
		a := open(t, dir, session.Owner, p)
		defer func() { require.NoError(t, a.Close()) }()
		api := a.CallsOver(t.Context(), s, notEnded(t))
		var spent *session.BudgetError
		require.ErrorAs(t, nearest(t.Context(), api), &spent)
		require.Equal(t, 3, spent.Limit)
		require.NoError(t, offline(t.Context(), api), "another method has no budget")
		require.Len(t, s.times(), 4)

		pass(time.Until(spent.Until))
		require.NoError(t, nearest(t.Context(), api))
	})
}

func TestPassingTroubleIsRetriedByTheOwner(t *testing.T) {
	cut := errors.Join(errors.New("engine forcibly closed"), context.Canceled)
	busy := tgerr.New(500, "RPC_CALL_FAIL")
	for _, tt := range []struct {
		name    string
		answers []error
		calls   int
		want    error
	}{
		{"a 500 passes", []error{busy, busy}, 3, nil},
		{"a timeout passes", []error{tgerr.New(-503, "Timeout")}, 2, nil},
		{"a cut connection passes", []error{cut}, 2, nil},
		{"a lasting 500 does not", []error{busy, busy, busy, busy, busy}, 4, busy},
		{"a lasting outage does not", []error{cut, cut, cut, cut, cut}, 4, session.ErrConnection},
		{"a refusal is final", []error{tgerr.New(400, "CHANNEL_INVALID")}, 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, t.TempDir(), session.Owner, session.PaceEvery(0))
				defer func() { require.NoError(t, a.Close()) }()
				s := &script{answers: tt.answers}
				err := nearest(t.Context(), a.CallsOver(t.Context(), s, notEnded(t)))
				if tt.want != nil {
					require.ErrorIs(t, err, tt.want)
				}
				require.NotErrorIs(t, err, context.Canceled, "a cut connection is not a canceled context")
				require.Len(t, s.times(), tt.calls)
			})
		})
	}
}

func TestLoginCallsAndTheBotsAreNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			kind session.Kind
			call func(context.Context, *tg.Client) error
		}{{session.Owner, offline}, {session.Bot, nearest}} {
			a := open(t, t.TempDir(), tt.kind, session.PaceEvery(0))
			s := &script{answers: []error{context.Canceled}}
			err := tt.call(t.Context(), a.CallsOver(t.Context(), s, notEnded(t)))
			require.ErrorIs(t, err, session.ErrConnection)
			require.NotErrorIs(t, err, context.Canceled)
			require.Len(t, s.times(), 1)
			require.NoError(t, a.Close())
		}
	})
}

func TestOwnersLookupsHaveABudgetByDefault(t *testing.T) {
	for _, tt := range []struct {
		name  string
		kind  session.Kind
		set   map[string]int
		limit int
	}{
		{"default", session.Owner, nil, 1000},
		{"another method set", session.Owner, map[string]int{"help.getNearestDc": 1}, 1000},
		{"set", session.Owner, map[string]int{"channels.getParticipant": 7}, 7},
		{"lifted", session.Owner, map[string]int{"channels.getParticipant": -1}, 0},
		{"the bot", session.Bot, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := session.PaceEvery(0)
				p.Budgets = tt.set
				a := open(t, t.TempDir(), tt.kind, p)
				defer func() { require.NoError(t, a.Close()) }()
				absent := tgerr.New(400, "USER_NOT_PARTICIPANT")
				asked := 0
				api := a.CallsOver(t.Context(), server(func(context.Context, bin.Encoder) error { asked++; return absent }), notEnded(t))
				var err error
				for range 1001 {
					if _, err = api.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
						Channel: &tg.InputChannel{ChannelID: 5}, Participant: &tg.InputPeerSelf{},
					}); !errors.Is(err, absent) {
						break
					}
				}
				if tt.limit == 0 {
					require.Equal(t, 1001, asked)
					return
				}
				require.Equal(t, tt.limit, asked)
				var spent *session.BudgetError
				require.ErrorAs(t, err, &spent)
				end, ok := errors.AsType[interface {
					error
					WaitUntil() time.Time
				}](err)
				require.True(t, ok)
				require.Equal(t, spent.Until, end.WaitUntil())
			})
		})
	}
}
