package walk_test

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
)

// goal is a coverage to be reached at a ratio.
type goal struct {
	what    string
	cell    // of any profile
	of      []people.Profile
	percent float64
	ratio   float64
}

var (
	alphabetic = everyProfile[:3]
	chinese    = everyProfile[3:]
)

// walkGoals are what was set out to be reached. They stand where the design was made, before anything was measured here.
var walkGoals = []goal{
	{"20,000, fast", cell{members: 20_000, level: membership.Fast}, alphabetic, 97.5, 2.3},
	{"50,000", cell{members: 50_000, level: membership.Normal}, alphabetic, 98.5, 2.4},
	{"50,000, Chinese", cell{members: 50_000, level: membership.Normal}, chinese, 96, 3.0},
	{"200,000", cell{members: 200_000, level: membership.Normal}, alphabetic, 98.5, 2.3},
	{"200,000, Chinese", cell{members: 200_000, level: membership.Normal}, chinese, 97, 2.4},
	{"200,000, fast", cell{members: 200_000, level: membership.Fast}, alphabetic, 97.5, 2.1},
	{"200,000, the server transliterates", cell{rules: rules{search: "transliterate"}, members: 200_000, level: membership.Normal}, alphabetic, 98.5, 2.3},
	{"50,000, 200 rows of a search", cell{rules: rules{cap: 200}, members: 50_000, level: membership.Normal}, everyProfile, 90, 5.2},
	{"50,000, 200 rows of a search, thorough", cell{rules: rules{cap: 200}, members: 50_000, level: membership.Thorough}, everyProfile, 93, 8},
}

// goals is the table of what was to be reached.
func (s *bench) goals() {
	s.table("Goals", goalsExplained, "goal", "intl", "ru", "fa", "zh", "reached")
	s.goalOfOneList()
	for _, g := range walkGoals {
		if s.short && g.members > 50_000 {
			continue
		}
		cells, all := []string{fmt.Sprintf("%s: %v %% at ≤ %.1f", g.what, g.percent, g.ratio)}, true
		for _, g.profile = range everyProfile {
			text := ""
			if slices.Contains(g.of, g.profile) {
				var reached bool
				text, reached = s.toward(g)
				all = all && reached
			}
			cells = append(cells, text)
		}
		s.row(append(cells, yesOrNo(all))...)
	}
	s.goalsOfAgain()
	s.goalsOfHonesty()
	s.row("killed at any call: same members, ≤ 1 call repeated", "not measured here, but tested: TestResumeIsTheSameWalk, TestKilledAndStartedAgain", "", "", "", "–")
}

const goalsExplained = `Set before anything was built. In each cell stand the figure of the group of seed 101, that of seed 102, and in parentheses the floors: with lists that are
read whole; with tails. The figure is the ratio at which so many per cent were reached; where they were not, how many were, at the end.`

func yesOrNo(reached bool) string {
	if reached {
		return "yes"
	}
	return "**no**"
}

// toward is how near the walks of each seed came to a goal.
func (s *bench) toward(g goal) (text string, reached bool) {
	at := slices.Index(marks[:], g.percent)
	var seeds []string
	reached = true
	for _, r := range s.walked(g.cell) {
		if math.IsNaN(r.at[at]) {
			seeds = append(seeds, fmt.Sprintf("– (%.1f %% at %.2f)", r.reached, r.ratio))
		} else {
			seeds = append(seeds, twoDigits(r.at[at]))
		}
		reached = reached && r.at[at] <= g.ratio
	}
	text = strings.Join(seeds, ", ")
	if g.rules == (rules{}) {
		c := g.cell
		c.level = membership.Normal
		floor := s.floor(c)
		text += fmt.Sprintf(" (%s; %s)", twoDigits(floor.lists[at]), twoDigits(floor.tails[at]))
	}
	return text, reached
}

// goalOfOneList is that of groups which one list shows whole.
func (s *bench) goalOfOneList() {
	const more = 3 // calls
	cells, all := []string{fmt.Sprintf("1,000 and 10,000: everybody, with ⌈listed / 200⌉ + %d calls", more)}, true
	for _, profile := range everyProfile {
		var seeds []string
		for _, members := range []int{1_000, 10_000} {
			for _, r := range s.walked(cell{profile: profile, members: members, level: membership.Normal}) {
				over := r.calls - math.Round(r.calls/r.ratio)
				seeds = append(seeds, fmt.Sprintf("+%.0f", over))
				all = all && r.reached == 100 && over <= more
			}
		}
		cells = append(cells, strings.Join(seeds, ", "))
	}
	s.row(append(cells, yesOrNo(all))...)
}

// goalsOfHonesty is that what is said to be missing is missing.
func (s *bench) goalsOfHonesty() {
	cells, all := []string{"missing said = missing true, every server below with a true count"}, true
	for _, profile := range everyProfile {
		if profile > people.Russian {
			cells = append(cells, "")
			continue
		}
		n, same := 0, 0
		for _, r := range stillVariants() {
			if !r.counted() || strings.Contains(r.lists, "count-") {
				continue
			}
			for _, m := range s.walked(cell{r, profile, serverMembers, membership.Normal}) {
				if n++; int(m.reported) == int(m.true) {
					same++
				}
			}
		}
		all = all && n == same
		cells = append(cells, fmt.Sprintf("%d of %d walks", same, n))
	}
	s.row(append(cells, yesOrNo(all))...)
}
