package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

const scenarios = "../../internal/tgsim/scenario/testdata/"

func scenarioFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "scenario.txt")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestPlayFastTellsTheSameEachTime(t *testing.T) {
	var told [2]string
	for i := range told {
		var stdout, stderr buffer
		args := []string{"play", "--fast", "--members", "300", "--seed", "7", scenarios + "bot.txt"}
		require.Equal(t, exitOK, run(t.Context(), args, &stdout, &stderr), stderr.String())
		assert.Empty(t, stderr.String())
		told[i] = stdout.String()
	}
	assert.Equal(t, told[0], told[1])
	assert.Contains(t, told[0], "Jan  1 00:02:00 > at 0:02:00 kick bot\nJan  1 00:02:00 the bot was banned from @lantern_street by the owner\n")
}

func TestPlayQuietAndAtATime(t *testing.T) {
	var stdout, stderr buffer
	name := scenarioFile(t, "join stranger#1\nclock 49h\nleave stranger#1")
	require.Equal(t, exitOK, run(t.Context(), []string{"play", "--fast", "--quiet", name}, &stdout, &stderr), stderr.String())
	assert.Empty(t, stdout.String())
	args := []string{"play", "--fast", "--clock", "2030-02-03T04:05:06Z", name}
	require.Equal(t, exitOK, run(t.Context(), args, &stdout, &stderr), stderr.String())
	assert.Regexp(t, `^Feb  3 04:05:0\d > join stranger#1\n(?s).*\nFeb  5 05:05:0\d > leave stranger#1\n`, stdout.String())
}

func TestPlayEndsAsTheScenarioDoes(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		code int
		says string
	}{
		"a line that fails": {"salts\nexpect owner member", exitFailed, "/scenario.txt: line 2: expect owner member: "},
		"a refusal":         {"leave owner", exitFailed, `hint: if this is what should happen, begin what the line does with "refused USER_CREATOR"`},
		"no such DC":        {"move owner 4", exitFailed, "line 1: move owner 4: move an account to DC 4: there is none"},
		"not UTF-8":         {"\xff", exitUsage, `hint: "tgsim play --help" tells what a line can be`},
		"a mistake":         {"salts\nfly owner", exitUsage, `line 2: there is no "fly"`},
		"an empty one":      {"# nothing happens\n", exitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, way := range []string{"--fast", "--exit"} {
				var stdout, stderr buffer
				args := []string{"play", way, "--members", "50", scenarioFile(t, c.text)}
				assert.Equal(t, c.code, run(t.Context(), args, &stdout, &stderr), "%s: %s", way, stderr.String())
				assert.Contains(t, stderr.String(), c.says)
			}
		})
	}
	var stdout, stderr buffer
	assert.Equal(t, exitUsage, run(t.Context(), []string{"play", filepath.Join(t.TempDir(), "none.txt")}, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "no such file")
	assert.Equal(t, exitUsage, run(t.Context(), []string{"play"}, &stdout, &stderr))
	for _, flag := range []string{"--ready", "--state"} {
		args := []string{"play", "--fast", flag, filepath.Join(t.TempDir(), "x"), scenarioFile(t, "salts")}
		assert.Equal(t, exitUsage, run(t.Context(), args, &stdout, &stderr))
		assert.Contains(t, stderr.String(), "nothing for --ready and --state")
	}
}

func TestPlayReadsStandardInput(t *testing.T) {
	var stdout, stderr buffer
	root := newRoot(&stdout, &stderr)
	root.SetIn(strings.NewReader("move owner 4\nsay member#1 \"\\x1b[2J\""))
	root.SetArgs([]string{"play", "--fast", "--members", "50", "--dcs", "2", "-"})
	require.NoError(t, root.ExecuteContext(t.Context()), stderr.String())
	assert.Contains(t, stdout.String(), `Jan  1 00:00:00 > say member#1 "\x1b[2J"`+"\n")
}

// playing runs a command until the test calls end, which returns the exit code.
func playing(t *testing.T, stdout, stderr *buffer, args ...string) (end func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, stdout, stderr) }()
	end = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { end() })
	return end
}

func says(t *testing.T, b *buffer, words string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(b.String(), words) }, 10*time.Second, time.Millisecond, words)
}

func TestPlayServesAndGoesOnServing(t *testing.T) {
	var stdout, stderr buffer
	end := playing(t, &stdout, &stderr, "play", "--members", "50",
		"--clock", "-49h", scenarioFile(t, "join stranger#1\n+100ms fault late 3s calls"))
	says(t, &stderr, "> +100ms fault late 3s calls\n")
	says(t, &stderr, "the scenario is over; Ctrl-C ends the simulator\n")
	assert.Contains(t, stderr.String(), ") joined @lantern_street\n")
	assert.Contains(t, stderr.String(), time.Now().UTC().Add(-49*time.Hour).Format("Jan _2 "))
	var r tgsim.Ready
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &r))
	assert.Contains(t, curl(t, "curl "+r.Control+"/v1/faults"), `"rule":"late 3s calls"`)
	assert.Equal(t, exitOK, end())
}

func TestPlayInterrupted(t *testing.T) {
	var stdout, stderr buffer
	end := playing(t, &stdout, &stderr, "play", "--members", "50", scenarioFile(t, "salts\nat 5:00 salts"))
	says(t, &stderr, "> salts\n")
	assert.Equal(t, exitInterrupted, end())
	assert.Contains(t, stderr.String(), "interrupted before the scenario's end")
}

// What waits for a time comes when the control face moves the clock there.
func TestTheClockOfAPlayIsMoved(t *testing.T) {
	var stdout, stderr buffer
	playing(t, &stdout, &stderr, "play", "--members", "50", scenarioFile(t, "salts\nat 5:00 join stranger#1"))
	says(t, &stderr, "> salts\n")
	var r tgsim.Ready
	require.NoError(t, json.Unmarshal([]byte(stdout.String()), &r))
	curl(t, `curl -d '{"advance":"5h"}' `+r.Control+"/v1/clock")
	says(t, &stderr, ") joined @lantern_street\n")
}

func TestServeTellsWhatHappens(t *testing.T) {
	var stdout, stderr buffer
	serving(t, &stdout, &stderr, "--members", "150", "--hidden", "--profile", "ru", "--dcs", "2", "--search", "inner,order=shuffled",
		"--lists", "cap=200", "--budgets", "default", "--fault", "late 1s messages.sendMessage", "--state", t.TempDir(),
		"--group", "The reading room,members=20,username=reading_room,bot")
	says(t, &stderr, "Ctrl-C")
	var r tgsim.Ready
	require.Eventually(t, func() bool { return json.Unmarshal([]byte(stdout.String()), &r) == nil }, 10*time.Second, time.Millisecond)
	assert.Len(t, r.DCs, 2)
	curl(t, `curl -d '{"action":"say","user":`+jsonNumber(r.Owner.UserID)+`,"group":"reading_room","text":"hello"}' `+r.Control+"/v1/act")
	says(t, &stderr, `the owner wrote "hello" in @reading_room`)
	assert.Contains(t, curl(t, "curl "+r.Control+"/v1/faults"), "late 1s messages.sendMessage")
}

func jsonNumber(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestGroupsAreRead(t *testing.T) {
	g, err := parseGroup("The old hands, members=7, basic, bot")
	require.NoError(t, err)
	assert.Equal(t, world.GroupOptions{Title: "The old hands", Members: 7, Basic: true, Bot: true}, g)
	g, err = parseGroup("News,channel,username=@newsroom,linked=-,hidden")
	require.NoError(t, err)
	assert.Equal(t, world.GroupOptions{Title: "News", Members: 50, Broadcast: true, Username: "newsroom", Linked: "-", Hidden: true}, g)
	for _, text := range []string{
		"", ",basic", "A,basic,channel", "A,basic,username=a", "A,basic,members=201", "A,members=0", "A,members=x", "A,members=3x",
		"A,bot=yes", "A,username", "A,username=", "A,username=ab", "A,username=Upper_Case", "A,linked=b!", "A,large", "A,members=200001",
		"\xff", strings.Repeat("é", 129),
	} {
		_, err := parseGroup(text)
		assert.Error(t, err, text)
	}
}

func TestRulesAreRead(t *testing.T) {
	var f worldFlags
	f.add(pflag.NewFlagSet("", pflag.ContinueOnError))
	f.messages, f.logins, f.joins = "kept=9,no-privacy", "fresh-age=never, tries=3,quiet", "unfiled"
	require.NoError(t, f.check())
	assert.Equal(t, world.MessageRules{Kept: 9, NoPrivacy: true}, f.Messages)
	assert.Equal(t, rpc.LoginRules{FreshAge: -1, Tries: 3, Quiet: true}, f.Logins)
	assert.Equal(t, world.JoinRules{Unfiled: true}, f.Joins)
}

// The help names every rule that there is, as the error about one that is none does.
func TestHelpNamesEveryRule(t *testing.T) {
	var stdout, stderr buffer
	serve, _, err := newRoot(&stdout, &stderr).Find([]string{"serve"})
	require.NoError(t, err)
	for _, flag := range []string{"search", "lists", "messages", "joins", "logins"} {
		var stderr buffer
		require.Equal(t, exitUsage, run(t.Context(), []string{"serve", "--" + flag, "nonsense"}, &stdout, &stderr), flag)
		said, _, _ := strings.Cut(stderr.String(), "\n")
		list := regexp.MustCompile(`[a-z-]+(, [a-z-]+){4,}$`).FindString(said)
		names := strings.Split(list, ", ")
		require.Greater(t, len(names), 4, said)
		for _, name := range names {
			assert.Contains(t, serve.Flags().Lookup(flag).Usage, name)
		}
	}
}

func FuzzGroup(f *testing.F) {
	f.Add("News,channel,username=@news,linked=-,hidden,members=9")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := parseGroup(text)
		if err == nil {
			assert.NotEmpty(t, g.Title)
			assert.Positive(t, g.Members)
		}
	})
}
