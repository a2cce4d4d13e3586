package bot_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
)

func TestDeliveryAfterTheEndDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		st := listen(s, newBook())
		st.deliver(s.join(int64(group), 1)) // perhaps before Listen began: the first difference brings it, or it is before it
		settle(0)
		require.ErrorIs(t, st.close(), context.Canceled)
		for range 100 {
			st.deliver(s.join(int64(group), 2))
			st.Wake()
		}
	})
}

// A delivery that waits for a busy sink is let go when Listen ends.
func TestTheEndLetsDeliveriesGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, k := newServer(), newBook()
		release := make(chan struct{})
		k.failSink = func(membership.Batch) error { <-release; return nil }
		st := listen(s, k)
		settle(0)
		delivered := make(chan struct{})
		go func() {
			defer close(delivered)
			for i := range int64(50) {
				st.deliver(s.join(int64(group), 100+i))
			}
		}()
		settle(0)
		st.stop()
		close(release)
		<-delivered
		require.ErrorIs(t, <-st.done, context.Canceled)
	})
}
