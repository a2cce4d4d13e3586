package main

import (
	"context"
	"fmt"
	"slices"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// comparison is the roster against the truth.
type comparison struct {
	kinds       map[string]*tally
	differences []string
}

// tally is one line of the comparison: people of one true status.
type tally struct{ people, agree, unknown, unseen, differ int }

func (c comparison) verdict() error {
	if n := len(c.differences); n > 0 {
		return fail(exitDamaged, "this is a bug of Rollcall's or of its simulator; the folder has what is needed to find it",
			"the roster differs from the truth about %s", plural(n, "person"))
	}
	return nil
}

// demoAnswer is what `demo --json` prints: the roll against the truth.
type demoAnswer struct {
	Folder      string                 `json:"folder"`
	People      map[string]demoSubject `json:"people"` // by what they are in truth
	Differences []string               `json:"differences"`
}

type demoSubject struct {
	People     int `json:"people"`
	Agree      int `json:"agree"`
	Unknown    int `json:"unknown"`
	NeverShown int `json:"never_shown"`
	Differ     int `json:"differ"`
}

func (s *show) outcome() demoAnswer {
	a := demoAnswer{Folder: s.dir, People: map[string]demoSubject{}, Differences: s.difference.differences}
	for kind, t := range s.difference.kinds {
		a.People[kind] = demoSubject{People: t.people, Agree: t.agree, Unknown: t.unknown, NeverShown: t.unseen, Differ: t.differ}
	}
	return a
}

func (s *show) compare(ctx context.Context) error {
	s.chapter("9. The roll against the truth")
	s.say("The simulator knows the truth; Rollcall knows what Telegram told it. Person by person:")
	s.say("")
	if err := s.stopRun(); err != nil {
		return err
	}
	truth, err := s.stage.members(ctx, s.ready.Group.Username)
	if err != nil {
		return err
	}
	var rows []report.Row
	if err := s.query(ctx, &rows, "members"); err != nil {
		return err
	}
	s.difference = compareRoll(truth, rows)
	s.printComparison()
	return nil
}

// compareRoll compares person by person. A difference is a presence that is in or out against the truth, a live and not anonymous member who
// is not in, or a row for somebody who never was. Unknown is no difference: it is what Rollcall says where it was not told.
func compareRoll(truth []trueMember, rows []report.Row) comparison {
	c := comparison{kinds: map[string]*tally{}}
	byID := map[int64]report.Row{}
	for _, r := range rows {
		byID[int64(r.ID)] = r
	}
	for _, m := range truth {
		r, known := byID[m.ID]
		delete(byID, m.ID)
		c.judge(m, r, known)
	}
	for id := range byID {
		c.differences = append(c.differences, fmt.Sprintf("%d is on the roll and never was in the group", id))
	}
	slices.Sort(c.differences)
	return c
}

func (c *comparison) judge(m trueMember, r report.Row, known bool) {
	kind := kindOf(m)
	t := c.kinds[kind]
	if t == nil {
		t = &tally{}
		c.kinds[kind] = t
	}
	t.people++
	must := m.In && !m.Deleted && !m.Anonymous
	switch {
	case known && r.Presence == membership.In && m.In, known && r.Presence == membership.Out && !m.In:
		t.agree++
	case known && r.Presence != membership.Unknown:
		t.differ++
		c.differences = append(c.differences, fmt.Sprintf("%d (%s) is %s on the roll and %s in truth", m.ID, kind, r.Presence, m.Status))
	case must:
		t.differ++
		c.differences = append(c.differences, fmt.Sprintf("%d (%s) is a member in truth and not known to be in", m.ID, kind))
	case known:
		t.unknown++
	default:
		t.unseen++
	}
}

// kindOf is a person's place in truth, in Rollcall's words.
func kindOf(m trueMember) string {
	switch {
	case m.Deleted && m.In:
		return "deleted account, still counted"
	case m.Anonymous:
		return "anonymous administrator"
	case m.Bot && m.In:
		return "bot"
	case m.Status == "restricted" && m.In:
		return "restricted, inside"
	case m.Status == "restricted":
		return "restricted, left"
	case m.Status == "kicked":
		return "banned"
	case m.Status == "left":
		return "left or removed"
	}
	return m.Status
}

func (s *show) printComparison() {
	kinds := make([]string, 0, len(s.difference.kinds))
	for k := range s.difference.kinds {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b string) int { return s.difference.kinds[b].people - s.difference.kinds[a].people })
	var cells [][]cell
	var all tally
	row := func(name string, t tally) []cell {
		differ := cell{formatCount(t.differ), toneGood}
		if t.differ > 0 {
			differ.tone = toneBad
		}
		return []cell{plainCell(name), plainCell(formatCount(t.people)), plainCell(formatCount(t.agree)), plainCell(formatCount(t.unknown)), plainCell(formatCount(t.unseen)), differ}
	}
	for _, k := range kinds {
		t := *s.difference.kinds[k]
		cells = append(cells, row(k, t))
		all.people, all.agree, all.unknown = all.people+t.people, all.agree+t.agree, all.unknown+t.unknown
		all.unseen, all.differ = all.unseen+t.unseen, all.differ+t.differ
	}
	cells = append(cells, row("all", all))
	s.screen.table([]string{"IN TRUTH", "PEOPLE", "AGREE", "UNKNOWN", "NEVER SHOWN", "DIFFER"}, cells)
	s.say("")
	if len(s.difference.differences) == 0 {
		s.say("No difference. Whom Telegram never showed (deleted accounts, people who left long before) Rollcall says nothing about.")
		return
	}
	for _, d := range s.difference.differences {
		s.say("%s", d)
	}
}
