package session_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/session"
)

// Another pace counts from the next call on, for the interval, for quiet hours and for budgets, of which what was spent stays spent.
func TestAPaceMayChangeUnderAnAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := session.PaceEvery(time.Hour)
		slow.Budgets = map[string]int{"help.getNearestDc": 3}
		a := open(t, t.TempDir(), session.Owner, slow)
		defer func() { require.NoError(t, a.Close()) }()
		s := &script{}
		api := a.CallsOver(t.Context(), s, notEnded(t))
		require.NoError(t, nearest(t.Context(), api))
		require.NoError(t, nearest(t.Context(), api))
		require.Greater(t, s.times()[1].Sub(s.times()[0]), 30*time.Minute)

		pass(2 * time.Hour)
		quick := session.PaceEvery(time.Second)
		quick.Budgets = map[string]int{"help.getNearestDc": 5}
		a.SetPace(quick)
		left, _, err := a.Allowance("help.getNearestDc")
		require.NoError(t, err)
		require.Equal(t, 5, left.Limit)
		require.Equal(t, 3, left.Left)
		for range 3 {
			require.NoError(t, nearest(t.Context(), api))
		}
		times := s.times()
		require.Less(t, times[4].Sub(times[3]), 2*time.Second)
		var spent *session.BudgetError
		require.ErrorAs(t, nearest(t.Context(), api), &spent)
		require.Equal(t, 5, spent.Limit)
	})
}
