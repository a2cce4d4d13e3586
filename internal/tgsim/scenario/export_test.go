package scenario

import "strings"

// Text is the scenario without comments.
func (s *Scenario) Text() string {
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}
