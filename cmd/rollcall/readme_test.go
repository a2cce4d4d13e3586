package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
)

// The README is the manual, so it is run: every rollcall command of its console blocks, in order, against a simulated Telegram, and what
// the program prints has the shape of what is shown there. The tgsim commands are run by the test of cmd/tgsim.

const (
	readmePath = "../../README.md"
	// readmeHome is the home folder in the README.
	readmeHome  = "/home/mira"
	readmePhone = "+15550100"
)

// notRun are commands of the console blocks that need root, a service manager or a developer's time.
var notRun = regexp.MustCompile(`^(make (test|install)|sudo |systemctl |journalctl |tgsim |curl )`)

// consoleStep is a command of a console block with the output shown below it.
type consoleStep struct {
	line    int
	command string
	shown   []string
}

func TestREADME(t *testing.T) {
	r := newReader(t)
	for _, s := range consoleSteps(t) {
		if notRun.MatchString(s.command) {
			continue
		}
		if !t.Run(fmt.Sprintf("%d %s", s.line, s.command), func(t *testing.T) { r.follow(t, s) }) {
			t.Fatal("what follows builds on it")
		}
	}
	require.Nil(t, r.run, "the README stops what it started")
}

func readREADME(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(readmePath)
	require.NoError(t, err)
	return string(content)
}

// consoleSteps are the commands of the console blocks: lines that begin with "$ ".
func consoleSteps(t *testing.T) []consoleStep {
	t.Helper()
	var steps []consoleStep
	inside := false
	for i, line := range strings.Split(readREADME(t), "\n") {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case inside && isCommand:
			steps = append(steps, consoleStep{line: i + 1, command: command})
		case inside:
			require.NotEmpty(t, steps, "line %d: output without a command", i+1)
			last := &steps[len(steps)-1]
			last.shown = append(last.shown, line)
		}
	}
	require.Greater(t, len(steps), 20)
	return steps
}

// reader does what the README says, in a home of its own.
type reader struct {
	stage
	server *tgsim.Server
	home   string
	env    []string
	run    *exec.Cmd
	// there and here pair a text of the README with what it is in this simulated Telegram. Plans are added as they are made.
	there, here []string
}

// readmeCast are the people whom the README names, in the order in which the simulator's suitable members stand in for them.
var readmeCast = []trueMember{
	{ID: 164241612, Username: "lemon_sc", FirstName: "Yusuf", LastName: "Schmidt"},
	{ID: 173693977, Username: "river_am", FirstName: "Nuría", LastName: "Becker"},
	{ID: 256030490, Username: "blue_fox_ah", FirstName: "Elena", LastName: "Costa"},
}

var plainName = regexp.MustCompile(`^\p{Latin}{3,}$`)

func newReader(t *testing.T) *reader {
	t.Helper()
	dir := t.TempDir()
	server, err := tgsim.Start(t.Context(), tgsim.Options{Members: 1200, Seed: 1, Ready: filepath.Join(dir, "ready.json")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	ready := server.Ready()
	r := &reader{stage: stage{base: ready.Control}, server: server, home: filepath.Join(dir, "home")}
	t.Cleanup(r.stop)
	r.env = []string{"HOME=" + r.home, "TMPDIR=" + dir, "TZ=UTC", "NO_COLOR=1"}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if name != "HOME" && name != "TMPDIR" && name != "TZ" && name != "CREDENTIALS_DIRECTORY" &&
			!strings.HasPrefix(name, "ROLLCALL_") && !strings.HasPrefix(name, "XDG_") {
			r.env = append(r.env, v)
		}
	}
	for name, text := range map[string]string{
		"code.txt": ready.Owner.Code, "password.txt": ready.Owner.Password, "token.txt": ready.Bot.Token, ".config/rollcall/api_hash": ready.APIHash,
	} {
		path := filepath.Join(r.home, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
	}
	r.stands(readmeHome, r.home)
	r.stands(readmePhone, "+"+strings.TrimPrefix(ready.Owner.Phone, "+"))
	for i, m := range r.suitable(t, len(readmeCast)) {
		told := readmeCast[i]
		r.stands(told.FirstName+" "+told.LastName, m.FirstName+" "+m.LastName)
		r.stands("@"+told.Username, "@"+m.Username)
		r.stands(formatID(told.ID), formatID(m.ID))
	}
	return r
}

func (r *reader) stop() {
	if r.run != nil {
		_ = r.run.Process.Kill()
		_ = r.run.Wait()
	}
}

func (r *reader) stands(there, here string) {
	r.there, r.here = append(r.there, there), append(r.here, here)
}

// suitable are n plain members with plain names, always the same.
func (r *reader) suitable(t *testing.T, n int) []trueMember {
	t.Helper()
	truth, err := r.members(t.Context(), r.server.Ready().Group.Username)
	require.NoError(t, err)
	truth = slices.DeleteFunc(truth, func(m trueMember) bool {
		return m.Status != "member" || m.Bot || m.Deleted || m.Username == "" || !plainName.MatchString(m.FirstName) || !plainName.MatchString(m.LastName)
	})
	require.GreaterOrEqual(t, len(truth), n)
	return truth[:n]
}

// translate replaces the texts of from by those of to.
func translate(text string, from, to []string) string {
	var pairs []string
	for i := range from {
		pairs = append(pairs, from[i], to[i])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func (r *reader) follow(t *testing.T, s consoleStep) {
	command := translate(s.command, r.there, r.here)
	if command == "make demo" {
		command = "rollcall demo" // the Makefile's, without building
	}
	if background, ok := strings.CutSuffix(command, " &"); ok {
		r.start(t, background)
		return
	}
	if command == "kill -INT %1" {
		r.interrupt(t)
		return
	}
	var out bytes.Buffer
	cmd := r.shell(t.Context(), command)
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Run(), out.String())
	if !strings.Contains(command, " > ") {
		r.pairPlans(s.shown, out.String())
		compareShapes(t, s, translate(out.String(), r.here, r.there))
	}
	if strings.HasPrefix(command, "rollcall config example >") {
		r.configure(t)
	}
}

func (r *reader) shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir, cmd.Env = r.home, r.env
	return cmd
}

// configure edits the example as the README says, and sends the program to the simulator.
func (r *reader) configure(t *testing.T) {
	t.Helper()
	path := filepath.Join(r.home, ".config/rollcall/config.yaml")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	ready, text := r.server.Ready(), string(content)
	for shown, set := range map[string]string{
		"# api_id: 12345": fmt.Sprintf("api_id: %d", ready.APIID),
		"# api_hash_file: ~/.config/rollcall/api_hash": "api_hash_file: ~/.config/rollcall/api_hash",
		"# address: 127.0.0.1:4430":                    fmt.Sprintf("address: %q", ready.Address),
		"# public_key_file: server.pem":                fmt.Sprintf("public_key_file: %q", ready.PublicKeyFile),
		`# group: "@mygroup"`:                          fmt.Sprintf("group: %q", "@"+ready.Group.Username),
		"interval: 1.2s":                               "interval: 1ms", // not none, which an estimate words otherwise
	} {
		require.Equal(t, 1, strings.Count(text, shown), "the example has the line %q", shown)
		text = strings.Replace(text, shown, set, 1)
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// start is `rollcall run &`, and what people do meanwhile: three of four who use the bot leave, are removed, or block it.
func (r *reader) start(t *testing.T, command string) {
	t.Helper()
	r.run = r.shell(context.WithoutCancel(t.Context()), "exec "+command)
	require.NoError(t, r.run.Start())
	var out int
	r.until(t, func(s statusAnswer) bool {
		out = s.Members.Out
		return s.Running && s.Gate.Mode.String() == "fresh"
	})
	people := r.suitable(t, 4)
	for _, m := range people {
		require.NoError(t, r.act(t.Context(), act{Action: "start", User: m.ID}))
	}
	r.until(t, func(s statusAnswer) bool { return s.Subscribers.Granted == len(people) })
	for i, action := range []string{"leave", "kick", "block"} {
		require.NoError(t, r.act(t.Context(), act{Action: action, User: people[i].ID}))
	}
	r.until(t, func(s statusAnswer) bool { return s.Members.Out == out+2 && s.Subscribers.Blocked == 1 })
}

// interrupt stops `rollcall run` as Ctrl-C does.
func (r *reader) interrupt(t *testing.T) {
	t.Helper()
	require.NotNil(t, r.run)
	require.NoError(t, r.run.Process.Signal(syscall.SIGINT))
	ended, ok := errors.AsType[*exec.ExitError](r.run.Wait())
	r.run = nil
	require.True(t, ok)
	assert.Equal(t, int(exitInterrupted), ended.ExitCode())
}

func (r *reader) until(t *testing.T, holds func(statusAnswer) bool) {
	t.Helper()
	var last []byte
	require.Eventually(t, func() bool {
		var answer struct {
			Data statusAnswer `json:"data"`
		}
		last, _ = r.shell(t.Context(), "rollcall status --json").Output() // exits with 12 while it is not fresh yet
		return json.Unmarshal(last, &answer) == nil && holds(answer.Data)
	}, 30*time.Second, 50*time.Millisecond, "%s", last)
}

var planID = regexp.MustCompile(`\bPlan ([0-9a-f]{12})\b`)

// pairPlans learns which plan the README means.
func (r *reader) pairPlans(shown []string, out string) {
	there, here := planID.FindStringSubmatch(strings.Join(shown, "\n")), planID.FindStringSubmatch(out)
	if there != nil && here != nil && !slices.Contains(r.there, there[1]) {
		r.stands(there[1], here[1])
	}
}

// omitted stands in the README for any number of lines, or for the rest of one.
const omitted = "…"

// compareShapes fails unless the output's lines are those shown, but for numbers, times, ages and the names in tables.
func compareShapes(t *testing.T, s consoleStep, out string) {
	t.Helper()
	lines, gap := shapes(strings.Split(out, "\n")), false
	for _, shown := range shapes(s.shown) {
		if shown == omitted {
			gap = true
			continue
		}
		pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(shown), omitted, ".*") + "$")
		at := slices.IndexFunc(lines, pattern.MatchString)
		if at < 0 || at > 0 && !gap {
			t.Fatalf("the README shows\n  %s\nand the program printed\n%s", shown, out)
		}
		lines, gap = lines[at+1:], false
	}
	if len(lines) > 0 && !gap {
		t.Fatalf("the README does not show\n  %s\nof\n%s", strings.Join(lines, "\n  "), out)
	}
}

var (
	hexID   = regexp.MustCompile(`\b[0-9a-f]{12}\b`)
	figures = regexp.MustCompile(`[0-9](?:[0-9.,:TZ-]*[0-9Z])?`)
	ages    = regexp.MustCompile(`\bnow\b|# (?:s|min|h|day|days|years?) ago\b`)
	spaces  = regexp.MustCompile(`\s+`)
	// A table's row begins with an id; the name is its second column.
	tableRow = regexp.MustCompile(`^([0-9]{5,} {2,})(?:\S| \S)+( {2,}|$)`)
	// sync and walks tell their progress as time passes.
	progress = regexp.MustCompile(`^walk [0-9]+: .* listed proven in, `)
)

// shapes is what of lines stays the same from run to run.
func shapes(lines []string) []string {
	var out []string
	for _, line := range lines {
		if strings.TrimSpace(line) == "" || progress.MatchString(line) {
			continue
		}
		line = tableRow.ReplaceAllString(line, "${1}NAME$2")
		line = figures.ReplaceAllString(hexID.ReplaceAllString(line, "PLAN"), "#")
		line = ages.ReplaceAllString(line, "AGE")
		out = append(out, strings.TrimSpace(spaces.ReplaceAllString(line, " ")))
	}
	return out
}
