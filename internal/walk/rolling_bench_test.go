package walk_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// daily is a group that is audited every day.
type daily struct {
	simulated
	random  *rand.Rand
	inside  []membership.UserID
	profile map[membership.UserID]membership.Profile
	seen    map[membership.UserID]int // of the members known: the day of the last confirmation
	untold  map[membership.UserID]bool
	left    int // who left untold so far
	found   int // of them
	lookups int // of suspects
}

func everyDay(b *testing.B, o world.Options) *daily {
	d := &daily{
		simulated: simulate(b, o), random: rand.New(rand.NewPCG(o.Seed, 0)), profile: map[membership.UserID]membership.Profile{},
		seen: map[membership.UserID]int{}, untold: map[membership.UserID]bool{},
	}
	for _, m := range roll(b, o) {
		d.inside = append(d.inside, m.Profile.User)
		d.profile[m.Profile.User], d.seen[m.Profile.User] = m.Profile, 0
	}
	return d
}

// told is the share of joins and leaves that the bot tells of.
const told = 0.9

// pass lets a day pass in which so many leave and as many join.
func (d *daily) pass(day, changes int) {
	for range changes {
		i := d.random.IntN(len(d.inside))
		user := d.inside[i]
		if d.Leave(world.UserID(user), d.Group().ID) != nil {
			continue // the owner can not
		}
		_, known := d.seen[user]
		switch {
		case d.random.Float64() < told:
			delete(d.seen, user)
		case known:
			d.untold[user] = true
			d.left++
		}
		stranger, _ := d.Stranger()
		require.NoError(d.tb, d.Join(stranger, d.Group().ID))
		d.inside[i] = membership.UserID(stranger)
		if d.random.Float64() < told {
			d.seen[d.inside[i]] = day
		}
	}
	d.names()
}

// names notes the names of those whom the bot told of.
func (d *daily) names() {
	facts, err := d.Truth("")
	require.NoError(d.tb, err)
	for _, f := range facts {
		user := membership.UserID(f.ID)
		if _, known := d.seen[user]; !known {
			continue
		}
		if _, named := d.profile[user]; !named {
			d.profile[user] = membership.Profile{User: user, FirstName: f.First, LastName: f.Last, Username: f.Username}
		}
	}
}

// audit makes the day's audit and looks its suspects up.
func (d *daily) audit(day, calls int) {
	users := make([]membership.UserID, 0, len(d.seen))
	for user := range d.seen {
		users = append(users, user)
	}
	slices.Sort(users)
	a := walk.NewAudit(walk.AuditOptions{Calls: calls}, func(yield func(walk.Member) bool) {
		for _, user := range users {
			if !yield(walk.Member{Profile: d.profile[user], Age: float32(day - d.seen[user])}) {
				return
			}
		}
	})
	for {
		q, ok := a.Next()
		if !ok {
			break
		}
		got := d.answer(q)
		for _, user := range a.Take(q, membership.Page{Query: q, Received: got.received, Count: got.count, Calls: 1, Rows: got.rows}) {
			d.seen[user] = day
		}
		for i := range got.rows {
			user := got.rows[i].Sighting.User
			d.seen[user], d.profile[user] = day, got.rows[i].Profile
		}
	}
	for _, user := range a.Result().Suspects {
		d.lookups++
		if !d.untold[user] {
			d.seen[user] = day
			continue
		}
		d.found++
		delete(d.untold, user)
		delete(d.seen, user)
	}
}

// ages are how many members were confirmed since the walk, and how old the oldest confirmation of nearly all is.
func (d *daily) ages(day int) (confirmed float64, oldest int) {
	ages := make([]int, 0, len(d.seen))
	again := 0
	for _, seen := range d.seen {
		ages = append(ages, day-seen)
		if seen > 0 {
			again++
		}
	}
	slices.Sort(ages)
	return percent(again, len(ages)), ages[len(ages)*98/100]
}

const rollingExplained = `The rolling audit as ` + "`rollcall run`" + ` makes it: every day so many leave and as many join, nine of ten of whom the bot tells of; then 100 calls
go to those who were confirmed longest ago, and suspects are looked up. *Confirmed* is the share of the members whom the audits or the bot confirmed since the
walk; one in a hundred is found by no search. *Oldest* is the age in days of the oldest confirmation of 98 % of them. *Found* is the share of all those who left
untold until then, the last days' among them. One group each, of seed 101.`

// rolling is the table of an audit a day.
func (s *bench) rolling() {
	const calls = 100
	members, profiles := s.sizes[len(s.sizes)-1], []people.Profile{people.International, people.Russian}
	if s.short {
		profiles = profiles[:1]
	}
	s.table(fmt.Sprintf("Every day: %s members, %d calls a day", thousands(members), calls), rollingExplained,
		"group", "changed a day", "day", "confirmed", "oldest", "left untold: found", "looked up in all")
	for _, profile := range profiles {
		for _, one := range []int{1_000, 100} {
			s.Run(fmt.Sprintf("rolling/%v/%d/1-in-%d", profile, members, one), func(b *testing.B) {
				d := everyDay(b, world.Options{Seed: s.seeds[0], Members: members, Profile: profile})
				for day := 1; day <= s.days; day++ {
					d.pass(day, members/one)
					d.audit(day, calls)
					if day%5 != 0 {
						continue
					}
					confirmed, oldest := d.ages(day)
					s.row(cell{profile: profile, members: members}.group(), fmt.Sprintf("%v %%", 100/float64(one)), strconv.Itoa(day),
						fmt.Sprintf("%.1f %%", confirmed), strconv.Itoa(oldest), fmt.Sprintf("%.1f %%", percent(d.found, d.left)), strconv.Itoa(d.lookups))
				}
				b.ReportMetric(percent(d.found, d.left), "%left-untold-found")
			})
		}
	}
}
