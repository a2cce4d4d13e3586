package people_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/people"
)

func take(seed uint64, n int) []people.Person {
	s := people.New(seed)
	out := make([]people.Person, n)
	for i := range out {
		out[i] = s.Next()
	}
	return out
}

func TestSameSeedSamePeople(t *testing.T) {
	assert.Equal(t, take(7, 2000), take(7, 2000))
	assert.NotEqual(t, take(7, 2000), take(8, 2000))
}

func TestPeopleAreValidAndMixed(t *testing.T) {
	const n = 200_000
	username := regexp.MustCompile(`^[a-z](_?[a-z0-9])+$`)
	seen := make(map[string]bool, n)
	noUsername, noLast := 0, 0
	scripts := map[string]int{}
	for _, p := range take(1, n) {
		require.NotEmpty(t, p.FirstName)
		require.LessOrEqual(t, utf8.RuneCountInString(p.FirstName), 64, "%q", p.FirstName)
		require.True(t, utf8.ValidString(p.FirstName+p.LastName), "%q", p)
		if p.LastName == "" {
			noLast++
		}
		if p.Username == "" {
			noUsername++
			continue
		}
		require.Regexp(t, username, p.Username)
		require.GreaterOrEqual(t, len(p.Username), 5)
		require.LessOrEqual(t, len(p.Username), 32)
		require.False(t, seen[p.Username], "username %q twice", p.Username)
		seen[p.Username] = true
		for name, table := range map[string]*unicode.RangeTable{
			"Latin": unicode.Latin, "Cyrillic": unicode.Cyrillic, "Arabic": unicode.Arabic,
			"Devanagari": unicode.Devanagari, "Han": unicode.Han,
		} {
			if strings.ContainsFunc(p.FirstName, func(r rune) bool { return unicode.Is(table, r) }) {
				scripts[name]++
			}
		}
	}
	assert.InDelta(t, 0.30, float64(noUsername)/n, 0.01)
	assert.InDelta(t, 0.48, float64(noLast)/n, 0.02)
	for _, name := range []string{"Latin", "Cyrillic", "Arabic", "Devanagari", "Han"} {
		assert.Greater(t, scripts[name], n/50, name)
	}
}

// A demo of about a thousand members must already show the dangerous kinds.
func TestHostileNamesComeEarly(t *testing.T) {
	var all strings.Builder
	for _, p := range take(42, 1200) {
		all.WriteString(p.FirstName + "\x00" + p.LastName + "\x00")
	}
	for _, want := range []string{"=HYPERLINK", "+1+1", "@SUM", "\x1b[31m", "\u202e", "\u200b", "<script>", "two\nlines", "WWWWWWWWWW"} {
		assert.Contains(t, all.String(), want)
	}
}

func BenchmarkNext(b *testing.B) {
	s := people.New(1)
	b.ReportAllocs()
	for b.Loop() {
		s.Next()
	}
}
