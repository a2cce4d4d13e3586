package world_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
)

var profiles = []people.Profile{people.International, people.Russian, people.Persian, people.Chinese}

// The shares that were counted in groups hold for the members of a whole group, not only for people as they are drawn.
func TestPopulationHasTheCountedShares(t *testing.T) {
	const members = 20_000
	for _, profile := range profiles {
		t.Run(profile.String(), func(t *testing.T) {
			t.Parallel()
			w := world.New(world.Options{Seed: 11, Members: members, Profile: profile, Now: still})
			var deleted, living, noUsername, noLast, symbols float64
			for _, f := range facts(t, w) {
				switch {
				case !f.In || f.Bot:
				case f.Deleted:
					deleted++
				default:
					living++
					noUsername += one(f.Username == "")
					noLast += one(f.Last == "")
					symbols += one(!strings.ContainsFunc(f.First+f.Last, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }))
				}
			}
			assert.InEpsilon(t, 0.03, deleted/members, 0.1, "deleted")
			assert.InEpsilon(t, 0.30, noUsername/living, 0.1, "without username")
			assert.InEpsilon(t, 0.48, noLast/living, 0.1, "without last name")
			assert.InEpsilon(t, 0.018, symbols/living, 0.2, "of symbols only, of whom there are few")
		})
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Who joined last are others than who joined first.
func TestCulturesComeAndGoWithTheJoinDate(t *testing.T) {
	w := world.New(world.Options{Seed: 12, Members: 6000, Now: still})
	type member struct {
		joined int
		first  string
	}
	var members []member
	for offset := 0; ; {
		page, err := w.Participants(w.Owner(), w.Group().ID, world.ListRequest{Offset: offset, Limit: 200})
		require.NoError(t, err)
		if len(page.Rows) == 0 {
			break
		}
		offset += len(page.Rows)
		for _, row := range page.Rows {
			if p, plain := row.(*tg.ChannelParticipant); plain {
				members = append(members, member{p.Date, w.User(w.Owner(), world.UserID(p.UserID)).FirstName})
			}
		}
	}
	require.Greater(t, len(members), 5000)
	slices.SortFunc(members, func(a, b member) int { return a.joined - b.joined })
	arabic := func(some []member) (n float64) {
		for _, m := range some {
			n += one(strings.ContainsFunc(m.first, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }))
		}
		return n
	}
	assert.Greater(t, arabic(members[len(members)-1000:]), 1.3*arabic(members[:1000]))
}
