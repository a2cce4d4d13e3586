package membership_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

func TestUncarried(t *testing.T) {
	for _, c := range []struct {
		name            string
		known, reached  int
		carried         []int
		missing, behind int
	}{
		{"nothing new", 10, 10, nil, 0, 0},
		{"whole", 10, 13, []int{11, 12, 13}, 0, 0},
		{"in any order, and twice", 10, 12, []int{12, 11, 12}, 0, 0},
		{"known ones once more", 10, 12, []int{9, 10, 11, 12}, 0, 0},
		{"a hole in the middle", 10, 14, []int{11, 14}, 2, 14},
		{"a hole in front", 10, 14, []int{13, 14}, 2, 13},
		{"a hole at the end", 10, 14, []int{11}, 3, 0},
		{"two holes", 10, 20, []int{12, 14, 15}, 7, 12},
		{"all of it", 10, 4000, nil, 3990, 0},
		{"the first number ever is 2", 0, 3, []int{2, 3}, 0, 0},
		{"beyond what was reached", 10, 12, []int{11, 12, 13}, 0, 0},
		{"set back", 10, 5, nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			missing, behind := membership.Uncarried(c.known, c.reached, c.carried)
			require.Equal(t, c.missing, missing)
			require.Equal(t, c.behind, behind)
		})
	}
}

// What is dropped of a whole answer is what is missing, no more and no less.
func TestEveryNumberThatIsDroppedIsMissing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.IntRange(1, 50).Draw(t, "known")
		var carried []int
		dropped, after := 0, 0
		n := rapid.IntRange(0, 40).Draw(t, "n")
		for i := range n {
			if rapid.Bool().Draw(t, "dropped") {
				dropped++
				continue
			}
			if dropped > 0 && after == 0 {
				after = known + i + 1
			}
			carried = append(carried, known+i+1)
		}
		missing, behind := membership.Uncarried(known, known+n, rapid.Permutation(carried).Draw(t, "order"))
		require.Equal(t, dropped, missing)
		require.Equal(t, after, behind)
	})
}
