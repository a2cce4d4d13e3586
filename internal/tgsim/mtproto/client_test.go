package mtproto_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
)

// The whole of it, once: key exchange, login-free calls, errors, over TCP with a stock client.
func TestStockClientExchangesAKey(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c := s.client(nil, dcs.PlainOptions{Protocol: transport.Full}, nil)
	err := c.Run(ctx, func(ctx context.Context) error {
		api := tg.NewClient(c)
		near, err := api.HelpGetNearestDC(ctx)
		require.NoError(t, err)
		assert.Equal(t, "NL", near.Country)
		_, err = api.HelpGetAppConfig(ctx, 0)
		wait, ok := tgerr.AsFloodWait(err)
		assert.True(t, ok && wait == 3*time.Second, "%v", err)
		_, err = api.HelpGetInviteText(ctx)
		assert.True(t, tgerr.IsCode(err, 500) && tgerr.Is(err, "INTERNAL"), "%v", err)
		_, err = api.HelpGetSupport(ctx)
		assert.True(t, tgerr.Is(err, "INPUT_METHOD_INVALID"), "%v", err)
		_, err = api.HelpGetNearestDC(ctx)
		return err
	})
	require.NoError(t, err)
}

// Every transport, plain and obfuscated, over TCP and over a pipe.
func TestTransports(t *testing.T) {
	protocols := map[string]transport.Protocol{
		"full": transport.Full, "abridged": transport.Abridged,
		"intermediate": transport.Intermediate, "padded": transport.PaddedIntermediate,
	}
	listeners := map[string]func(testing.TB, mtproto.Handler) *served{"tcp": serveTCP, "pipe": servePipe}
	for where, serve := range listeners {
		for name, p := range protocols {
			for _, obfuscated := range []bool{false, true} {
				if obfuscated && name == "full" {
					continue // the full transport has no tag to obfuscate
				}
				t.Run(where+"/"+name+map[bool]string{true: "/obfuscated"}[obfuscated], func(t *testing.T) {
					s := serve(t, newBackend())
					c := s.client(seeded(t, s.newKey(t)), dcs.PlainOptions{Protocol: p, Obfuscated: obfuscated}, nil)
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					require.NoError(t, c.Run(ctx, func(ctx context.Context) error {
						_, err := tg.NewClient(c).HelpGetNearestDC(ctx)
						return err
					}))
				})
			}
		}
	}
}

// Queries of one connection run at the same time.
func TestQueriesRunConcurrently(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	release := h.hold(tg.HelpGetNearestDCRequestTypeID)
	defer release()
	c := s.client(seeded(t, s.newKey(t)), dcs.PlainOptions{}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, c.Run(ctx, func(ctx context.Context) error {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := tg.NewClient(c).HelpGetNearestDC(ctx)
				assert.NoError(t, err)
			})
		}
		require.Eventually(t, func() bool { return h.count(tg.HelpGetNearestDCRequestTypeID) == 20 },
			5*time.Second, time.Millisecond)
		// One that waits for nobody overtakes them.
		_, err := tg.NewClient(c).HelpGetSupport(ctx)
		assert.True(t, tgerr.Is(err, "INPUT_METHOD_INVALID"))
		release()
		wg.Wait()
		return nil
	}))
	assert.Equal(t, 20, h.count(tg.HelpGetNearestDCRequestTypeID))
}

// A slow query is acknowledged, so the client does not send it again (it would after 5 s), nor give up.
func TestSlowQueryIsExecutedOnce(t *testing.T) {
	serverKey() // made outside the bubble: its search for primes is no business of the clock
	synctest.Test(t, func(t *testing.T) {
		h := newBackend()
		s := servePipe(t, h)
		release := h.hold(tg.HelpGetNearestDCRequestTypeID)
		c := s.client(seeded(t, s.newKey(t)), dcs.PlainOptions{}, nil)
		require.NoError(t, c.Run(t.Context(), func(ctx context.Context) error {
			time.AfterFunc(2*time.Minute, release)
			_, err := tg.NewClient(c).HelpGetNearestDC(ctx)
			return err
		}))
		assert.Equal(t, 1, h.count(tg.HelpGetNearestDCRequestTypeID))
		s.stop()
	})
}

// An hour of silence: pings keep the connection, nothing else happens.
func TestIdleClientStaysConnected(t *testing.T) {
	serverKey()
	synctest.Test(t, func(t *testing.T) {
		h := newBackend()
		s := servePipe(t, h)
		c := s.client(seeded(t, s.newKey(t)), dcs.PlainOptions{}, nil)
		require.NoError(t, c.Run(t.Context(), func(ctx context.Context) error {
			before := h.count(tg.HelpGetConfigRequestTypeID)
			<-time.After(time.Hour)
			assert.Equal(t, before, h.count(tg.HelpGetConfigRequestTypeID), "the client connected anew")
			_, err := tg.NewClient(c).HelpGetNearestDC(ctx)
			return err
		}))
		s.stop()
	})
}

func TestRule30PushReachesTheClientAndCutDoesNot(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	key := s.newKey(t)
	assert.False(t, s.Push(key.ID, &tg.UpdatesTooLong{}), "nobody is there yet")
	got := make(chan tg.UpdatesClass, 100)
	c := s.client(seeded(t, key), dcs.PlainOptions{}, telegram.UpdateHandlerFunc(
		func(_ context.Context, u tg.UpdatesClass) error { got <- u; return nil }))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, c.Run(ctx, func(ctx context.Context) error {
		_, err := tg.NewClient(c).HelpGetNearestDC(ctx)
		require.NoError(t, err)
		require.True(t, s.Push(key.ID, &tg.UpdateShort{Update: &tg.UpdateConfig{}, Date: 5}))
		select {
		case u := <-got:
			assert.Equal(t, 5, u.(*tg.UpdateShort).Date)
		case <-ctx.Done():
			t.Error("no update came")
		}
		configs := h.count(tg.HelpGetConfigRequestTypeID)
		s.Cut(key.ID)
		require.Eventually(t, func() bool { return h.count(tg.HelpGetConfigRequestTypeID) > configs },
			5*time.Second, time.Millisecond, "the client did not come back")
		require.Eventually(t, func() bool { return s.Push(key.ID, &tg.UpdatesTooLong{}) }, 5*time.Second, time.Millisecond)
		return nil
	}))
	require.Eventually(t, func() bool { return !s.Push(key.ID, &tg.UpdatesTooLong{}) }, 5*time.Second, time.Millisecond)
}

// Neither a silent connection, nor one closed at once, nor nonsense keeps anybody else from being served.
func TestBadConnectionsHarmNobody(t *testing.T) {
	s := serveTCP(t, newBackend())
	for _, hello := range []string{
		"", "\xef", "\xee\xee", "GET / HTTP/1.1\r\n\r\n", "\xee\xee\xee\xee\xff\xff\xff\xff",
		"\xef\x02\x00\x00\x00\x00\x00\x00\x00\x00", "\xef\x01aaaa", "\n\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	} {
		for _, closed := range []bool{true, false} {
			nc, err := s.dial(t.Context())
			require.NoError(t, err)
			_, err = io.WriteString(nc, hello)
			require.NoError(t, err)
			if closed {
				require.NoError(t, nc.Close())
				continue
			}
			t.Cleanup(func() { _ = nc.Close() })
		}
	}
	r := s.raw(t, s.newKey(t), 1, transport.Intermediate)
	r.result(r.send(&tg.HelpGetNearestDCRequest{}))
}

// Serve gives up all its connections and goroutines when its context ends, also while queries run.
func TestServeEnds(t *testing.T) {
	h := newBackend()
	s := serveTCP(t, h)
	defer h.hold(tg.HelpGetNearestDCRequestTypeID)()
	r := s.raw(t, s.newKey(t), 1, transport.Intermediate)
	r.send(&tg.HelpGetNearestDCRequest{})
	require.Eventually(t, func() bool { return h.count(tg.HelpGetNearestDCRequestTypeID) == 1 }, 5*time.Second, time.Millisecond)
	s.stop()
	_, err := s.dial(t.Context())
	var refused *net.OpError
	assert.True(t, errors.As(err, &refused), "%v", err)
}
