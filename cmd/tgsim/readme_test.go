package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/scenario"
)

// simulatorSection is the README's section about this program.
func simulatorSection(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	before, text, found := strings.Cut(string(readme), "\n## The simulated Telegram\n")
	require.True(t, found)
	text, after, _ := strings.Cut(text, "\n## ")
	require.NotContains(t, before+after, "\n$ tgsim ", "tgsim is run in its own section only, which this test reads")
	return text
}

var figures = regexp.MustCompile(`[0-9][0-9.,:]*|stranger_[0-9a-f]+`)

// TestREADME runs the console block, with curl's requests made here, and compares what is answered but for ids and ports.
func TestREADME(t *testing.T) {
	var stdout, stderr buffer
	var ready tgsim.Ready
	var shownID, stranger string
	answer, served := "", false
	var lines []string // of a program that answers with several
	for _, line := range consoleLines(t) {
		words, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(words, "tgsim serve "):
			args := strings.Fields(strings.TrimSuffix(words, " &"))[2:]
			path := filepath.Join(t.TempDir(), "ready.json")
			for i, arg := range args {
				if arg == "ready.json" {
					args[i] = path
				}
			}
			serving(t, &stdout, &stderr, args...)
			require.Eventually(t, func() bool {
				data, err := os.ReadFile(path)
				return err == nil && json.Unmarshal(data, &ready) == nil
			}, 10*time.Second, 5*time.Millisecond)
			require.Eventually(t, func() bool { return stderr.String() != "" }, 10*time.Second, 5*time.Millisecond)
			answer, served = stderr.String(), true
		case strings.HasPrefix(words, "tgsim play "):
			lines = playLines(t, strings.Fields(words)[1:])
		case strings.HasPrefix(words, "curl "):
			answer = curl(t, strings.ReplaceAll(strings.ReplaceAll(words, "CONTROL", ready.Control), or(shownID, "\x00"), stranger))
		case isCommand:
			t.Fatalf("nobody runs %q", words)
		default:
			if len(lines) > 0 {
				answer, lines = lines[0], lines[1:]
			}
			require.Regexp(t, "^"+strings.ReplaceAll(regexp.QuoteMeta(figures.ReplaceAllString(line, "#")), "…", ".*")+"$",
				strings.TrimSpace(figures.ReplaceAllString(answer, "#")))
			if id := regexp.MustCompile(`"id":([0-9]+)`); id.MatchString(line) {
				shownID, stranger = id.FindStringSubmatch(line)[1], id.FindStringSubmatch(answer)[1]
			}
		}
	}
	assert.True(t, served)
	assert.NotEmpty(t, stranger)
}

// playLines plays the README's own scenario and returns what is told from its second line on.
func playLines(t *testing.T, args []string) []string {
	t.Helper()
	var stdout, stderr buffer
	args[len(args)-1] = scenarioFile(t, block(t, "text"))
	require.Equal(t, exitOK, run(t.Context(), args, &stdout, &stderr), stderr.String())
	return strings.Split(stdout.String(), "\n")[1:]
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func consoleLines(t *testing.T) []string {
	t.Helper()
	return strings.Split(block(t, "console"), "\n")
}

// block is the section's first block in the language.
func block(t *testing.T, language string) string {
	t.Helper()
	_, text, found := strings.Cut(simulatorSection(t), "```"+language+"\n")
	require.True(t, found, language)
	text, _, _ = strings.Cut(text, "\n```")
	return text
}

// curl makes the request of `curl [-d 'BODY'] URL`.
func curl(t *testing.T, command string) string {
	t.Helper()
	parts := regexp.MustCompile(`^curl (?:-d '([^']*)' )?(\S+)$`).FindStringSubmatch(command)
	require.NotNil(t, parts, command)
	method := http.MethodGet
	if parts[1] != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(t.Context(), method, parts[2], bytes.NewBufferString(parts[1]))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

// TestREADMEClient: the README's client is one that compiles, connects and reads the group.
func TestREADMEClient(t *testing.T) {
	program, path := filepath.Join(t.TempDir(), "main.go"), filepath.Join(t.TempDir(), "ready.json")
	require.NoError(t, os.WriteFile(program, []byte(block(t, "go")), 0o600))
	var stdout, stderr buffer
	serving(t, &stdout, &stderr, "--members", "300", "--seed", "7", "--ready", path)
	says(t, &stderr, "Ctrl-C")
	out, err := exec.CommandContext(t.Context(), "go", "run", program, path).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Regexp(t, `^29\d members\n"[^\n]*"\n"[^\n]*"\n"[^\n]*"\n$`, string(out))
}

// Every flag of serve is mentioned, and every flag that is mentioned exists; so do the fields of the ready file.
func TestREADMEFlagsAndFields(t *testing.T) {
	text := simulatorSection(t)
	var stdout, stderr buffer
	root := newRoot(&stdout, &stderr)
	known, rules := map[string]bool{}, 0
	for _, name := range []string{"serve", "play"} {
		cmd, _, err := root.Find([]string{name})
		require.NoError(t, err)
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			known[f.Name] = true
			assert.True(t, f.Name == "verbose" || strings.Contains(text, "--"+f.Name), f.Name)
		})
	}
	known["help"] = true
	for _, flag := range regexp.MustCompile(`--([a-z][a-z-]*)`).FindAllStringSubmatch(text, -1) {
		assert.True(t, known[flag[1]], flag[0])
	}
	for _, action := range scenario.Actions() {
		assert.Contains(t, text, "`"+action+"`")
	}
	for _, rule := range regexp.MustCompile("(?m)^\\| (`(?:drop|delay|duplicate|cut|silence|fail|flood) .*?) \\|").FindAllStringSubmatch(text, -1) {
		for _, one := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(rule[1], -1) {
			_, err := fault.Parse(one[1])
			assert.NoError(t, err)
			rules++
		}
	}
	assert.Equal(t, 11, rules)
	fields, err := json.Marshal(tgsim.Ready{})
	require.NoError(t, err)
	for _, name := range regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(string(fields), -1) {
		assert.Contains(t, text, "`"+name[1]+"`")
	}
}
