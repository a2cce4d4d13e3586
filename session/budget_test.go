package session_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/session"
)

// A large budget is taken in pieces of a five-hundredth. A process that ends well gives back what it did not use; one that is killed does
// not, and never makes more calls than the budget.
func TestALargeBudgetIsTakenInPieces(t *testing.T) {
	const limit, piece = 2_000, 4
	synctest.Test(t, func(t *testing.T) {
		p := session.PaceEvery(0)
		p.Budgets = map[string]int{"help.getNearestDc": limit}
		s := &script{}
		left := func(a *session.Account) int {
			allowed, bounded, err := a.Allowance("help.getNearestDc")
			require.NoError(t, err)
			require.True(t, bounded)
			require.Equal(t, limit, allowed.Limit)
			return allowed.Left
		}
		dir, killed := t.TempDir(), t.TempDir()
		a := open(t, dir, session.Owner, p)
		api := a.CallsOver(t.Context(), s, notEnded(t))
		for made := 1; made <= piece+1; made++ {
			require.NoError(t, nearest(t.Context(), api))
			require.Equal(t, limit-made, left(a))
		}
		copyFiles(t, dir, killed)
		require.NoError(t, a.Close())

		a = open(t, dir, session.Owner, p)
		require.Equal(t, limit-piece-1, left(a), "the rest of the second piece was given back")
		require.NoError(t, a.Close())
		a = open(t, killed, session.Owner, p)
		defer func() { require.NoError(t, a.Close()) }()
		require.Equal(t, limit-2*piece, left(a), "the second piece was counted when its first call was made")

		api = a.CallsOver(t.Context(), s, notEnded(t))
		var spent *session.BudgetError
		for made := 0; ; made++ {
			if err := nearest(t.Context(), api); err != nil {
				require.ErrorAs(t, err, &spent)
				require.Equal(t, limit-2*piece, made)
				break
			}
		}
		pass(time.Until(spent.Until))
		require.Equal(t, limit, left(a))
		require.NoError(t, nearest(t.Context(), api), "a day's piece is no other day's")
		require.Equal(t, limit-1, left(a))
	})
}

func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(from, f.Name()))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, f.Name()), content, 0o600))
	}
}
