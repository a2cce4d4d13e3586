package scenario_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

func TestMistakesInAScenario(t *testing.T) {
	for text, says := range map[string]string{
		"join stranger#1\nfly stranger#1":  `line 2: there is no "fly"`,
		"join":                             "does not say who",
		"join me":                          `"me" is not owner`,
		"join @":                           `"@" is no username`,
		"join member#0":                    "needs a number",
		"join member":                      "needs a number",
		"join stranger#1 by owner":         `"by owner" is too much`,
		"ban member#1 until yesterday":     `"yesterday" is no time`,
		"ban member#1 until -1h":           "is over",
		"kick member#1 until 1h":           "too much",
		"ban member#1 by":                  "does not say who",
		"block member#1 now":               `"now" is too much`,
		"at noon join stranger#1":          "not H:MM",
		"at 1:60 join stranger#1":          "not H:MM",
		"at 1:00":                          `there is no ""`,
		"+ join stranger#1":                "is no time",
		"+-1s join stranger#1":             "back in time",
		"at 2:00 salts\nat 1:00 salts":     "before the line above",
		"+80000h salts\n+80000h salts":     "after the beginning",
		"fault drop everything":            `"everything" is neither`,
		"budgets channels.getParticipants": "METHOD=BURST/RATE",
		"clock":                            "is no time",
		"skew soon":                        "is no time",
		"end owner EVENTUALLY":             "is not one of SESSION_REVOKED, AUTH_KEY_UNREGISTERED, ",
		"cut":                              "does not say who",
		"move owner":                       "no number",
		"salts please":                     "too much",
		"raid 0 over 10m":                  "from 1",
		"raid 10 in 10m":                   "followed by over",
		"raid 10 over -10m":                "back in time",
		"churn often":                      "no number",
		"expect owner king":                "is not one of",
		"expect owner creator inside":      "too much",
		"refused User_Creator leave owner": "no name",
		"refused USER_CREATOR salts":       "is no act",
		"salts\njoin " + strings.Repeat("x", 5_000_000): "line 2: it has 65536 bytes or more",
		"salts\n\xffsalts":                  "line 2: it is not UTF-8",
		`say owner "\xff"`:                  "say: it is not UTF-8",
		`say owner "two" words`:             `"words" is too much`,
		`say owner "no end`:                 `begins with a quote`,
		"\x00":                              `line 1: there is no "\x00"`,
		"join stranger#1 in \x1b[2J":        `"\x1b[2J" is no username`,
		"join @\u202eann":                   `is no username`,
		"in":                                `"" is no username`,
		"in rooms":                          `there is no "" in a group`,
		"in rooms salts":                    `there is no "salts" in a group`,
		"in rooms start owner":              "start: it is not done in a group",
		"in rooms block owner":              "block: it is not done in a group",
		"in rooms migrate":                  "migrate: it is not done in a group",
		"in rooms join stranger#1 in rooms": `"in rooms" is too much`,
		"set owner gravity on":              `no setting "gravity" beside slow-mode, hidden, anti-spam`,
		"set owner hidden":                  `hidden is on or off, not ""`,
		"set owner slow-mode soon":          "takes seconds",
		"log owner ChangePhoto Nonsense":    `no action "Nonsense"`,
		"clock -1s":                         `"-1s" is back in time`,
		"clock 99999999h":                   `"99999999h" is no time`,
		"clock 99999h":                      `"99999h" is more than ten years`,
		"clock 50000h\nclock 50000h":        "line 2: more than ten years",
		"budgets":                           "does not say which",
		"token bot":                         "too much",
	} {
		_, err := scenario.Parse(strings.NewReader(text))
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), says, text)
	}
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txt")
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("at 1:02:03 ban @ann by admin#1 in @x until 1h30m # soon\n+1s say member#1 good  morning\nrefused X_1 migrate a b")
	f.Add("end bot SESSION_EXPIRED\nmove owner 4\ncut 5\nsalts\nskew -1s\nchurn 0\nraid 5 over 0s\nexpect bot member out\nbudgets default")
	f.Add("in rooms say member#1 \"a\\n\\x00#b  c\"\nin rooms expect bot left out\nrefused X_1 in rooms title owner \"\"\ntoken\nclock 87600h")
	f.Add("\ufeffsay owner a\u00a0b \"c  d\" e\u2028\npassword owner 'x'\npardon owner\nset owner slow-mode 30\nlog owner")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := scenario.Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range s.Text() {
			require.True(t, r == '\n' || unicode.IsGraphic(r), "%q in %q", r, s.Text())
		}
		again, err := scenario.Parse(strings.NewReader(s.Text()))
		require.NoError(t, err)
		assert.Equal(t, s.Text(), again.Text())
	})
}

// FuzzPlay: a text that can be read is played to its end or to a line that is named, and nothing that is told of it
// moves a terminal.
func FuzzPlay(f *testing.F) {
	f.Add("join stranger#1\n+5s say stranger#1 \"\\x1b[2J\"\nban stranger#1 until 1h\nclock 2h\nexpect stranger#1 left")
	f.Add("title owner \"\\u202e\"\nusername owner rooms_two\nset owner hidden on\nlog owner\nraid 9 over 5s\nclock 9s\nmigrate")
	f.Add("delete_account member#1\nstart member#2 x\nblock member#2\ntoken\npassword owner\nend owner USER_DEACTIVATED\npardon owner")
	crowd := regexp.MustCompile(`[0-9]{4}`) // takes long
	f.Fuzz(func(t *testing.T, text string) {
		sc, err := scenario.Parse(strings.NewReader(text))
		if err != nil || crowd.MatchString(text) {
			return
		}
		s := newStage(world.Options{Seed: 7, Members: 20})
		if err = s.Play(t.Context(), sc); err != nil {
			require.Regexp(t, `^line [0-9]+: `, err.Error())
			s.events = append(s.events, err.Error())
		}
		for _, line := range s.events {
			for _, r := range line {
				require.True(t, unicode.IsGraphic(r), "%q in %q", r, line)
			}
		}
	})
}
