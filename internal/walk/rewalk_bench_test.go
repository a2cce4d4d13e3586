package walk_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// churned is what happened in a group since everybody in it was known: one member in so many left, as many strangers joined, and a quarter as many
// took the names of somebody else.
type churned struct {
	simulated
	left, joined, renamed map[membership.UserID]bool
}

func (s simulated) churned(members []walk.Member, one int) churned {
	s.tb.Helper()
	c := churned{s, map[membership.UserID]bool{}, map[membership.UserID]bool{}, map[membership.UserID]bool{}}
	for i := one / 2; i < len(members); i += one {
		if user := members[i].Profile.User; s.Leave(world.UserID(user), s.Group().ID) == nil { // the owner can not
			c.left[user] = true
		}
		stranger, _ := s.Stranger()
		require.NoError(s.tb, s.Join(stranger, s.Group().ID))
		c.joined[membership.UserID(stranger)] = true
	}
	for i := 0; i < len(members); i += 4 * one {
		user, other := members[i].Profile.User, members[(i+len(members)/2)%len(members)].Profile
		require.NoError(s.tb, s.Rename(world.UserID(user), other.FirstName, other.LastName))
		c.renamed[user] = true
	}
	return c
}

// rewalk is how a group was gone through again.
type rewalk struct {
	calls, ratio, ofFirst float64 // ofFirst is the share of a first walk's calls
	left                  float64 // percent of those who left that were found
	at85                  float64 // calls after which 85 percent were, as a share of a first walk's; not a number where fewer were
	joined, confirmed     float64 // percent of those who joined, and of the members
	renamed, wrong        float64 // suspects who were inside under other names, and under their own
}

func (r *rewalk) plus(s rewalk, runs int) {
	n := float64(runs)
	for _, f := range [...]struct {
		to   *float64
		more float64
	}{
		{&r.calls, s.calls},
		{&r.ratio, s.ratio},
		{&r.ofFirst, s.ofFirst},
		{&r.left, s.left},
		{&r.at85, s.at85},
		{&r.joined, s.joined},
		{&r.confirmed, s.confirmed},
		{&r.renamed, s.renamed},
		{&r.wrong, s.wrong},
	} {
		*f.to += f.more / n
	}
}

// audited makes an audit of so many calls at most, in a group whose first walk took first of them.
func audited(members []walk.Member, c churned, most int, first float64) rewalk {
	a := walk.NewAudit(walk.AuditOptions{Calls: most}, slices.Values(members))
	calls := 0
	seen := map[membership.UserID]bool{}
	at85 := math.NaN()
	for {
		q, ok := a.Next()
		if !ok {
			break
		}
		got := c.answer(q)
		a.Take(q, membership.Page{Query: q, Received: got.received, Count: got.count, Calls: 1, Rows: got.rows})
		for i := range got.rows {
			seen[got.rows[i].Sighting.User] = true
		}
		if calls++; calls%10 == 0 && math.IsNaN(at85) && c.found(a.Result().Suspects)*100 >= 85*len(c.left) {
			at85 = float64(calls) / first
		}
	}
	r := a.Result()
	out := rewalk{
		calls: float64(r.Calls), ratio: float64(r.Calls) / math.Ceil(float64(len(members))/membership.PageLimit), ofFirst: 100 * float64(r.Calls) / first,
		left: percent(c.found(r.Suspects), len(c.left)), at85: 100 * at85, joined: percent(c.shown(seen), len(c.joined)), confirmed: percent(r.Confirmed, r.Known),
	}
	for _, user := range r.Suspects {
		switch {
		case c.renamed[user] && !c.left[user]:
			out.renamed++
		case !c.left[user]:
			out.wrong++
		}
	}
	return out
}

// walkedAgain reads the whole list of a group within the window again. The calls for administrators, bots, banned and restricted are not of it.
func walkedAgain(b *testing.B, members []walk.Member, c churned, first float64) rewalk {
	o := conduct(b, walk.New(group(len(members), membership.Normal)), c, 0)
	suspects, confirmed := []membership.UserID{}, 0
	for _, m := range members {
		if o.seen[m.Profile.User] {
			confirmed++
			continue
		}
		suspects = append(suspects, m.Profile.User)
	}
	calls := 0.0
	for _, page := range o.pages {
		if page.Query.List == membership.ListRecent {
			calls++
		}
	}
	return rewalk{
		calls: calls, ratio: calls / math.Ceil(float64(len(members))/membership.PageLimit), ofFirst: 100 * calls / first, at85: 100 * calls / first,
		left: percent(c.found(suspects), len(c.left)), joined: percent(c.shown(o.seen), len(c.joined)), confirmed: percent(confirmed, len(members)),
		wrong: float64(len(suspects) - c.found(suspects)),
	}
}

func percent(n, of int) float64 { return 100 * float64(n) / math.Max(1, float64(of)) }

func (c churned) found(suspects []membership.UserID) (n int) {
	for _, user := range suspects {
		if c.left[user] {
			n++
		}
	}
	return n
}

func (c churned) shown(seen map[membership.UserID]bool) (n int) {
	for user := range c.joined {
		if seen[user] {
			n++
		}
	}
	return n
}

// churns are one changed member in so many, and the share of a first walk's calls that an audit of that churn is given.
var churns = []struct {
	one   int
	share float64
}{{10_000, 0.55}, {1_000, 0.55}, {100, 0.70}, {20, 0.80}}

// again goes through groups again whose first walk took so many calls, after each churn.
func (s scope) again(b *testing.B, profile people.Profile, members int, first float64) []rewalk {
	out := make([]rewalk, len(churns))
	b.Run(fmt.Sprintf("again/%v/%d", profile, members), func(b *testing.B) {
		seeds := s.seeds(members)
		clear(out)
		for _, seed := range seeds {
			o := world.Options{Seed: seed, Members: members, Profile: profile}
			known := roll(b, o)
			for i, churn := range churns {
				c := simulate(b, o).churned(known, churn.one)
				if members <= membership.ParticipantWindow {
					out[i].plus(walkedAgain(b, known, c, first), len(seeds))
					continue
				}
				out[i].plus(audited(known, c, int(churn.share*first), first), len(seeds))
			}
		}
		b.ReportMetric(out[1].left, "%left-after-0.1%")
		b.ReportMetric(out[1].ratio, "ratio-after-0.1%")
		b.ReportMetric(out[2].left, "%left-after-1%")
		b.ReportMetric(out[2].ratio, "ratio-after-1%")
	})
	return out
}

const againHead = `
## Again: who left

Everybody listed is known, as after a walk and with the bot's updates since; then so many of them leave unnoticed, as many strangers join, and a quarter
as many take another's names. Up to 10,000 members the list is read again (the four calls for other lists are left out). Beyond, an audit verifies by
counts, and is given 55 % of the calls of the first walk (the first table), 70 % after 1 % and 80 % after 5 %; it ends before that where nothing is left to be
confirmed. *85 % at* is the share of the first walk's calls after which it had found 85 % of those who left; a dash stands where it did not in each group.
*Suspects inside* are looked up for nothing: under new names, and under their own.

| group | changed | calls | ratio | of the first walk | left: found | 85 % at | joined: shown | members confirmed | suspects inside: renamed, others |
|---|---|---|---|---|---|---|---|---|---|
`

// rewalks is the table of walks made again.
func (s scope) rewalks(b *testing.B, text *strings.Builder, first map[string]float64) {
	text.WriteString(againHead)
	for _, members := range s.sizes {
		if members < membership.ParticipantWindow {
			continue
		}
		for _, profile := range everyProfile {
			calls := first[named(members, profile)]
			for i, r := range s.again(b, profile, members, calls) {
				at85 := "–"
				if !math.IsNaN(r.at85) {
					at85 = fmt.Sprintf("%.0f %%", r.at85)
				}
				fmt.Fprintf(text, "| %s | %v %% | %.0f | %.2f | %.0f %% | %.1f %% | %s | %.1f %% | %.1f %% | %.1f, %.1f |\n",
					named(members, profile), 100/float64(churns[i].one), r.calls, r.ratio, r.ofFirst, r.left, at85, r.joined, r.confirmed, r.renamed, r.wrong)
			}
		}
	}
}

func named(members int, profile people.Profile) string { return fmt.Sprintf("%d %v", members, profile) }
