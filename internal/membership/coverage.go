package membership

import "fmt"

// CoverageOf judges a certificate. It is complete only where everybody whom the server counts was seen.
func CoverageOf(c Certificate) Coverage {
	v := Coverage{Proven: c.Proven, Listed: c.Listed, Total: c.TotalAfter, Reasons: []string{}}
	if c.Listed > 0 {
		v.Ratio = min(1, float64(c.Proven)/float64(c.Listed))
	}
	for _, l := range c.Truncated {
		v.Reasons = append(v.Reasons, fmt.Sprintf("Telegram shows only the first rows of the %s list", l))
	}
	if c.TotalBefore != c.TotalAfter {
		v.Reasons = append(v.Reasons, fmt.Sprintf("the group changed during the walk, from %d to %d members", c.TotalBefore, c.TotalAfter))
	}
	if c.Proven < c.Listed && len(c.Truncated) == 0 {
		v.Reasons = append(v.Reasons, fmt.Sprintf("%d of the %d listed were not shown", c.Listed-c.Proven, c.Listed))
	}
	if n := c.TotalAfter - max(c.Listed, c.Proven); n > 0 {
		v.Reasons = append(v.Reasons, fmt.Sprintf("%d are counted but in no list, most likely deleted accounts", n))
	}
	v.Complete = len(v.Reasons) == 0 && c.Proven >= c.TotalAfter && c.Proven > 0
	return v
}
