package walk_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/people"
)

const benchHead = `# What a walk costs, and how far it comes

Made by ` + "`make bench-walk`" + `, which writes this file anew; ` + "`make bench`" + ` prints the same tables for fewer sizes and one seed. All of it is simulated: the
groups, their names and the server's rules are those of internal/tgsim. Nothing was measured on Telegram, whose rules are not documented. Each figure
is the mean of two groups, made from the seeds 101 and 102, on which nothing was tuned; the same code gives the same figures again.

- A *group* is so many members with names of the world (intl), or mostly Russian (ru), Persian (fa) or Chinese (zh) ones; 3 % are deleted accounts.
- *Reached* is the share of the members who can be reached at all: they are not deleted, and have a letter or digit in a searched name or stand where
  the recent list can be read.
- *Ratio* is calls divided by ⌈reachable / 200⌉. A call shows 200 people at most, and no query leaves out whom one knows, so 1 cannot be had
  beyond what one list shows. Three calls of each walk are for administrators, banned and restricted, and in larger groups one for bots.
- *At 95 %* is the ratio when so many were reached; a dash stands where a walk ended before.
- *Missing* is how many of the listed the walk says it did not see, and how many that were.
- The *floor* is the ratio of the cheapest choice of lists that we could find for somebody who knows all members and their names beforehand, and has
  only to have them listed. At first all lists are chosen that can be read to their end, and the pages of the recent list; then those are given up that
  show fewest people whom no other does, whole or for longer prefixes, until just so many are shown. The best choice cannot be computed for groups of
  this size: this is one near it. Where lists begin with the members whom the recent list shows, as they do here unless said otherwise, it is cheaper to
  read that one whole and of the others their *tails* only.
- The *plain loops* read the same server: Telethon's (the empty search to its end), a search for each of a to z, and gotd's iterator over the recent list
  with a batch of 200 (its default is 1). Each ends on an empty page, as they do.
`

// table begins a table.
func (s *bench) table(title, explained string, columns ...string) {
	fmt.Fprintf(&s.text, "\n## %s\n\n", title)
	if explained != "" {
		s.text.WriteString(explained + "\n\n")
	}
	s.row(columns...)
	s.text.WriteString("|" + strings.Repeat("---|", len(columns)) + "\n")
}

func (s *bench) row(cells ...string) { s.text.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

func twoDigits(ratio float64) string {
	if math.IsNaN(ratio) {
		return "–"
	}
	return fmt.Sprintf("%.2f", ratio)
}

// thousands is a number below a million, with a comma between its thousands.
func thousands(n int) string {
	if n < 1_000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1_000, n%1_000)
}

func (r ratios) cells() (out []string) {
	for _, ratio := range r {
		out = append(out, twoDigits(ratio))
	}
	return out
}

func markNames() (out []string) {
	for i, mark := range marks {
		name := fmt.Sprintf("%v %%", mark)
		if i == 0 {
			name = "at " + name
		}
		out = append(out, name)
	}
	return out
}

// bySizes are the tables of the servers with different windows.
func (s *bench) bySizes() {
	for _, r := range s.rules {
		columns := append([]string{"group", "reached · ratio", "calls"}, markNames()...)
		s.table("By size, normal level: "+r.title(), "", append(columns, "missing: said / true")...)
		s.bySize(r, func(c cell, m result) {
			cells := append([]string{c.group(), m.String(), fmt.Sprintf("%.0f", m.calls)}, m.at.cells()...)
			s.row(append(cells, fmt.Sprintf("%.0f / %.0f", m.reported, m.true))...)
		})
		s.table("Beside the plain loops: "+r.title(), "Reached · ratio of each.", "group", "rollcall", "Telethon", "a–z", "gotd")
		s.bySize(r, func(c cell, m result) { s.row(c.group(), m.String(), m.loop.String(), m.az.String(), m.gotd.String()) })
	}
}

func (s *bench) bySize(r rules, do func(c cell, m result)) {
	for _, members := range s.sizes {
		for _, profile := range everyProfile {
			c := cell{r, profile, members, membership.Normal}
			do(c, s.mean(c))
		}
	}
}

// title says in words what the server is like.
func (r rules) title() string {
	switch {
	case r.lists == "cap=200":
		return "200 rows of any list"
	case r.cap > 0:
		return thousands(r.cap) + " rows of a search"
	}
	return "10,000 rows of a search"
}

// nearness is how near walks come to the floor.
func (s *bench) nearness() {
	s.table("How near the floor, normal level, 10,000 rows of a search", "What a walk had spent when so many were reached / the floor with lists that are read whole / the floor with tails.",
		append([]string{"group"}, markNames()...)...)
	for _, members := range s.sizes {
		for _, profile := range everyProfile {
			c := cell{rules{}, profile, members, membership.Normal}
			if members <= membership.ParticipantWindow {
				continue // one list shows everybody
			}
			m := s.mean(c)
			cells := []string{c.group()}
			floor := s.floor(c)
			for i := range marks {
				cells = append(cells, twoDigits(m.at[i])+" / "+twoDigits(floor.lists[i])+" / "+twoDigits(floor.tails[i]))
			}
			s.row(cells...)
		}
	}
}

func (s *bench) levels() {
	if s.short {
		return
	}
	s.table("By level, 10,000 rows of a search", "", "group", "fast", "normal", "thorough", "exhaustive")
	for _, members := range []int{20_000, 50_000, 200_000} {
		for _, profile := range everyProfile {
			c := cell{profile: profile, members: members}
			cells := []string{c.group()}
			for _, c.level = range []membership.Level{membership.Fast, membership.Normal, membership.Thorough, membership.Exhaustive} {
				cells = append(cells, s.mean(c).String())
			}
			s.row(cells...)
		}
	}
}

const serverMembers = 20_000

// still are the variants of the server that do not move by themselves.
func stillVariants() (out []rules) {
	for _, r := range variants {
		if r.churn == 0 {
			out = append(out, r)
		}
	}
	return out
}

// counted says that the recent list has a true count by this server, though perhaps with deleted accounts.
func (r rules) counted() bool { return !strings.HasPrefix(r.lists, "counts=") }

func (s *bench) servers() {
	s.table("By server, 20,000 members, normal level", serversExplained, "server", "intl", "missing: said / true", "ru", "missing: said / true")
	for _, r := range stillVariants() {
		cells := []string{r.String()}
		for _, profile := range []people.Profile{people.International, people.Russian} {
			m := s.mean(cell{r, profile, serverMembers, membership.Normal})
			said := fmt.Sprintf("%.0f", m.reported)
			if !r.counted() {
				said = "group's size less seen"
			}
			cells = append(cells, m.String(), fmt.Sprintf("%s / %.0f", said, m.true))
		}
		s.row(cells...)
	}
}

const serversExplained = `The names are those of ` + "`tgsim serve --search, --lists` and `--search-cap`" + `. Where counts are wrong, or have deleted accounts in them, what is said to be missing is
wrong by as many; where there are none, a walk knows no more than the group's size, which includes the deleted.`
