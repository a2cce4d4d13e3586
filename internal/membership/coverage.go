package membership

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CoverageOf judges a certificate. It is complete only where everybody whom the server counts was seen. The reasons quote what was searched
// for so that it misleads no terminal.
func CoverageOf(c Certificate) Coverage {
	v := Coverage{Proven: c.Proven, Listed: c.Listed, Total: c.TotalAfter, Reasons: []string{}}
	searched := c.Search.Prefixes > 0
	switch {
	case c.CountedAsShown() && c.TotalAfter > 0:
		v.Ratio = min(1, float64(c.Proven)/float64(c.TotalAfter))
	case c.Listed > 0:
		v.Ratio = min(1, float64(c.Proven)/float64(c.Listed))
	}
	for _, l := range c.Truncated {
		if l != ListRecent || !searched { // searches show what is beyond the recent list's end
			v.Reasons = append(v.Reasons, fmt.Sprintf("Telegram shows only the first rows of the %s list", l))
		}
	}
	if c.TotalBefore != c.TotalAfter {
		v.Reasons = append(v.Reasons, fmt.Sprintf("the group changed during the walk, from %s to %s members", grouped(c.TotalBefore), grouped(c.TotalAfter)))
	}
	if took := c.Ended.Sub(c.Started); took > longestWalk {
		v.Reasons = append(v.Reasons, fmt.Sprintf("the walk took %d hours, and does not show who joined or left meanwhile", int(took.Hours())))
	}
	switch missing := c.Listed - c.Proven; {
	case missing <= 0:
	case searched:
		v.Reasons = append(v.Reasons, fmt.Sprintf("%s of the %s listed were not found: %s", grouped(missing), grouped(c.Listed), c.Search.left(c.Listed, missing)))
	default:
		v.Reasons = append(v.Reasons, fmt.Sprintf("%s of the %s listed were not shown", grouped(missing), grouped(c.Listed)))
	}
	if n := c.TotalAfter - max(c.Listed, c.Proven); n > 0 {
		v.Reasons = append(v.Reasons, fmt.Sprintf("%s counted but in no list, most likely %s", are(n), c.unlisted(n)))
	}
	v.Complete = len(v.Reasons) == 0 && c.Proven >= c.TotalAfter && c.Proven > 0
	return v
}

// ShowsAllListed says that the walk showed as many people as the server lists, in no longer than a walk may take. Who is in no list, a deleted
// account say, it did not show; nor does it say when who came or left did so.
func (c Certificate) ShowsAllListed() bool {
	cut := slices.ContainsFunc(c.Truncated, func(l List) bool { return l != ListRecent || c.Search.Prefixes == 0 })
	return !cut && !c.CountedAsShown() && c.Listed > 0 && c.Proven >= c.Listed && c.Ended.Sub(c.Started) <= longestWalk
}

// CountedAsShown says that the list's count is most likely that of what is shown of it, which is not everybody: some servers count a list only
// as far as they show it. Then the group's count is what there is to go by.
func (c Certificate) CountedAsShown() bool {
	return c.Listed <= ParticipantWindow && (c.Search.Prefixes > 0 || slices.Contains(c.Truncated, ListRecent))
}

// unlisted is why the server counts more members than its lists.
func (c Certificate) unlisted(n int) string {
	switch {
	case c.CountedAsShown():
		return "since Telegram counts a list only as far as it shows it, or deleted accounts"
	case n == 1:
		return "a deleted account"
	}
	return "deleted accounts"
}

func are(n int) string {
	if n == 1 {
		return "1 is"
	}
	return grouped(n) + " are"
}

// longestWalk is how long a walk may take and still show the group as it is; one that was interrupted takes longer. Some people join and others
// leave in any hours, and the counts before and after may agree all the same.
const longestWalk = 4 * time.Hour

// OpenNamed is how many beginnings Search.Open names at most.
const OpenNamed = 20

// left is why a search did not find so many of those listed.
func (s Search) left(listed, missing int) string {
	why := []string{fmt.Sprintf("Telegram shows no more than %s rows of a list", grouped(ParticipantWindow))}
	if s.Server.Measured && s.Server.Window < ParticipantWindow {
		why[0] = fmt.Sprintf("Telegram shows no more than %s rows of a search", grouped(s.Server.Window))
	}
	switch n := s.Unfinished; {
	case n == 0 || len(s.Open) == 0:
		why = append(why, "no beginning of a name that was searched for holds them")
	case n == 1:
		why = append(why, fmt.Sprintf("names that begin with %s hold %s who were not shown", quoted(s.Open[0].Text), grouped(s.Open[0].Missing)))
	default:
		why = append(why, fmt.Sprintf("%s beginnings of names hold people who were not shown, most of all %s with %s", grouped(n), quoted(s.Open[0].Text), grouped(s.Open[0].Missing)))
	}
	if ghosts := min(missing, int(math.Round(s.Server.Ghosts*float64(listed)))); ghosts > 0 {
		why = append(why, fmt.Sprintf("about %s are most likely counted and in no list at all", grouped(ghosts)))
	}
	return strings.Join(why, "; ")
}

// longestQuote is how much of a text that was searched for a sentence shows: a word of a name may have 64 characters.
const longestQuote = 24

// quoted is a text out of people's names, which are hostile: without control characters, and without what turns the writing direction.
func quoted(text string) string {
	if r := []rune(text); len(r) > longestQuote {
		text = string(r[:longestQuote]) + "…"
	}
	return strconv.Quote(text)
}

// grouped is a number with its thousands apart, as in 25,000.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
