package bot_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/bot"
)

func alive(ctx context.Context, st *stage) error {
	_, err := st.Alive(ctx)
	return err
}

func TestAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		st := listen(s, newBook())
		settle(0)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		asked := read(s, func(s *server) int { return s.asked })
		require.NoError(t, alive(ctx, st))
		require.Equal(t, asked, read(s, func(s *server) int { return s.asked }), "one call is enough")

		s.join(int64(group), 1) // never delivered
		require.NoError(t, alive(ctx, st))
		require.Equal(t, 1, events(st), "alive only once it has what was missing")

		s.join(int64(group), 2)
		s.mu.Lock()
		s.refuse = []error{errors.New("lost"), errors.New("lost"), errors.New("lost"), errors.New("lost"), errors.New("lost")}
		s.mu.Unlock()
		require.ErrorIs(t, alive(ctx, st), context.DeadlineExceeded)
		require.ErrorIs(t, st.close(), context.Canceled)
		require.ErrorIs(t, alive(t.Context(), st), bot.ErrNotListening)
	})
}

// After a change of server every update would look old, and be dropped for ever.
func TestAPositionAheadOfTheServerIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		st := listen(s, k)
		settle(0)
		s.mu.Lock()
		s.qts = 3
		s.mu.Unlock()
		require.ErrorIs(t, alive(t.Context(), st), bot.ErrAhead)
		settle(0)
		require.NoError(t, alive(t.Context(), st))
		require.Len(t, k.gaps, 1)
		st.deliver(s.join(int64(group), 1))
		settle(0)
		require.Equal(t, 1, events(st))
		require.ErrorIs(t, st.close(), context.Canceled)
	})
}
