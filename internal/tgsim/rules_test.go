package tgsim_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	ruleHead = regexp.MustCompile(`(?m)^## (\d+)\. `)
	ruleTest = regexp.MustCompile(`\bTestRule(\d\d)\w+`)
	ruleFunc = regexp.MustCompile(`(?m)^func (TestRule\d\d\w+)\(t \*testing\.T\)`)
)

// ruleTests are the tests in the sources that are named for a rule. Two packages may have one of the same name.
func ruleTests(t *testing.T) []string {
	t.Helper()
	var out []string
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		for _, m := range ruleFunc.FindAllSubmatch(text, -1) {
			out = append(out, string(m[1]))
		}
		return err
	}))
	slices.Sort(out)
	return slices.Compact(out)
}

// RULES.md names the tests there are and no others, each under its number, and every number but that of statistics
// has some.
func TestTheRulesAreThoseOfTheTests(t *testing.T) {
	data, err := os.ReadFile("RULES.md")
	require.NoError(t, err)
	text := string(data)
	heads := ruleHead.FindAllStringSubmatchIndex(text, -1)
	require.Len(t, heads, 30)
	var named []string
	for i, h := range heads {
		number, err := strconv.Atoi(text[h[2]:h[3]])
		require.NoError(t, err)
		require.Equal(t, i+1, number)
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		tests := ruleTest.FindAllStringSubmatch(text[h[0]:end], -1)
		assert.Equal(t, number == 29, len(tests) == 0, "rule %d has %d tests", number, len(tests))
		for _, m := range tests {
			of, err := strconv.Atoi(m[1])
			require.NoError(t, err)
			assert.Equal(t, number, of, "%s is named at rule %d", m[0], number)
			named = append(named, m[0])
		}
	}
	slices.Sort(named)
	assert.Equal(t, ruleTests(t), named)
}
