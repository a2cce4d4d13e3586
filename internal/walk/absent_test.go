package walk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// Nobody is missed whom the walk saw, whatever it left unread; and somebody who left is missed where a list that was known whole lacks them.
func TestWhoIsMissedWasNotShown(t *testing.T) {
	for _, members := range []int{900, 20_000} {
		o := world.Options{Seed: 41, Members: members}
		all := roll(t, o)
		s := simulate(t, o)
		left := s.churn(all, 50)
		w := walk.New(group(members, membership.Normal))
		out := conduct(t, w, s, 0)
		missed := map[membership.UserID]bool{}
		for i := range all {
			p := &all[i].Profile
			missed[p.User] = w.Misses(p)
			require.False(t, missed[p.User] && out.seen[p.User], "%+v was shown", *p)
		}
		found := 0
		for _, user := range left {
			if missed[user] {
				found++
			}
		}
		require.Greater(t, found*100, len(left)*95, "%d of %d who left", found, len(left))
	}
}
