package walk_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/walk"
)

func TestRegisterIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	users := []membership.UserID{0, -1, 1, 1 << 62, -1 << 63}
	for range 5_000 {
		users = append(users, membership.UserID(random.Int64N(20_000)<<20))
	}
	want := map[membership.UserID]int32{}
	for i, user := range users {
		want[user] = int32(i)
	}
	number := walk.Numbers(users)
	for user := range membership.UserID(20_000) {
		users = append(users, user<<20, user)
	}
	for _, user := range users {
		is, known := number(user)
		n, ok := want[user]
		require.Equal(t, ok, known, "%d", user)
		if ok {
			require.Equal(t, n, is, "%d", user)
		}
	}
	_, known := walk.Numbers(nil)(1)
	require.False(t, known)
}
