package gatekeeper_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

// A basic group's id refuses once it is a supergroup: its walk ends with what was read, whenever that happens.
func TestAWalkOfAGroupThatMigratesMeanwhileEnds(t *testing.T) {
	gone := fmt.Errorf("ask: %w", &membership.MigratedError{From: theGroup, To: 7})
	for answers, proven := range map[int]int{1: 0, 2: 9} { // the group's description, its list, its description again
		t.Run(strconv.Itoa(answers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := build(t, func(c *gatekeeper.Config) { c.Group.Kind = membership.BasicGroup })
				h.owner.has(9)
				h.owner.set(func(g *fakeGroup) {
					g.refuses = func(call int) error { return map[bool]error{true: gone}[call > answers] }
				})
				var last error
				var c *membership.Certificate
				for p, err := range h.keeper.Walk(t.Context(), h.owner, 0) {
					last, c = err, p.Certificate
				}
				_, open, err := h.roster.OpenWalk(t.Context(), theGroup)
				require.NoError(t, err)
				require.False(t, open, "nothing could go on with it")
				w, _, err := h.roster.LastWalk(t.Context(), theGroup)
				require.NoError(t, err)
				require.Equal(t, proven, w.Certificate.Proven)
				if proven > 0 {
					require.NoError(t, last, "the list was read whole")
					require.Equal(t, w.Certificate, c)
					return
				}
				require.ErrorContains(t, last, "the basic group became the supergroup -1000000000007")
			})
		})
	}
}

// Whoever does not administer the group any more may be shown less than there is, without a word.
func TestAWalkNeedsAnAdministrator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t)
		h.known(300)
		h.owner.has(300)
		demote := func(yes bool) { h.owner.set(func(g *fakeGroup) { g.demoted = yes }) }
		walk := func() (c *membership.Certificate, last error) {
			for p, err := range h.keeper.Walk(t.Context(), h.owner, 0) {
				c, last = p.Certificate, err
			}
			return c, last
		}
		demote(true)
		_, err := walk()
		require.ErrorIs(t, err, gatekeeper.ErrNoAdministrator)
		require.Empty(t, h.owner.walked())

		demote(false)
		require.Nil(t, h.walk(1))
		h.owner.set(func(g *fakeGroup) {
			g.calls, g.refuses = 0, func(call int) error {
				if call > 1 { // in the midst of the walk
					g.demoted, g.members = true, g.members[:20]
				}
				return nil
			}
		})
		for _, err = range h.keeper.Walk(t.Context(), h.owner, 0) {
			if err != nil {
				break
			}
		}
		require.ErrorIs(t, err, gatekeeper.ErrNoAdministrator)
		_, open, err := h.roster.OpenWalk(t.Context(), theGroup)
		require.NoError(t, err)
		require.True(t, open, "nothing is certified")
		h.owner.set(func(g *fakeGroup) { g.refuses = nil })
		demote(false)
		h.owner.has(300)
		c, err := walk()
		require.NoError(t, err)
		require.True(t, c.Coverage.Complete, "what was shown meanwhile is read anew")
		require.Equal(t, 300, c.Proven)
		missed, err := h.keeper.Missed(t.Context())
		require.NoError(t, err)
		require.Zero(t, missed.Found, "nobody is missed in a list that was not shown whole")
	})
}
