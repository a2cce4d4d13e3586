package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func manualApp() *app { return newApp(os.Stdin, os.Stdout, os.Stderr, environment{}, time.Now) }

func leaves(c *cobra.Command) []*cobra.Command {
	if !c.HasSubCommands() {
		return []*cobra.Command{c}
	}
	var all []*cobra.Command
	for _, child := range c.Commands() {
		all = append(all, leaves(child)...)
	}
	return all
}

// Every command that the program documents is run in the README.
func TestREADMERunsEveryCommand(t *testing.T) {
	var commands strings.Builder
	for _, s := range consoleSteps(t) {
		fmt.Fprintln(&commands, strings.Replace(s.command, "make demo", "rollcall demo", 1))
	}
	all := leaves(manualApp().root())
	require.Greater(t, len(all), 20)
	for _, c := range all {
		assert.Regexp(t, `(?m)^`+c.CommandPath()+`( |;|$)`, commands.String())
	}
}

var inlineCode = regexp.MustCompile("`([^`\n]+)`")

// What the text mentions in passing exists: commands, and flags.
func TestREADMEMentionsWhatExists(t *testing.T) {
	root := manualApp().root()
	root.InitDefaultCompletionCmd()
	known := flagNames(root)
	manual, simulator, found := strings.Cut(readREADME(t), "\n## The simulated Telegram\n")
	require.True(t, found)
	_, rest, _ := strings.Cut(simulator, "\n## ") // that section is checked in cmd/tgsim
	mentioned := 0
	for _, code := range inlineCode.FindAllStringSubmatch(manual+rest, -1) {
		words := strings.Fields(code[1])
		for _, word := range words {
			if name, isFlag := strings.CutPrefix(word, "--"); isFlag {
				name, _, _ = strings.Cut(name, "=")
				assert.Contains(t, known, name, code[0])
			}
		}
		if len(words) > 1 && words[0] == "rollcall" && !strings.HasPrefix(words[1], "-") {
			c, _, err := root.Find(words[1:])
			require.NoError(t, err, code[0])
			assert.True(t, c != root, code[0])
			mentioned++
		}
	}
	assert.Greater(t, mentioned, 10)
}

func flagNames(c *cobra.Command) map[string]bool {
	names := map[string]bool{"help": true}
	add := func(f *pflag.Flag) { names[f.Name] = true }
	c.PersistentFlags().VisitAll(add)
	for _, leaf := range leaves(c) {
		leaf.Flags().VisitAll(add)
	}
	return names
}

// The table of exit codes has the program's, all of them.
func TestREADMEExitCodes(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "exit.go", nil, 0)
	require.NoError(t, err)
	var want []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && fmt.Sprint(spec.Type) == "exitCode" {
			want = append(want, spec.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	require.Greater(t, len(want), 10)
	var got []string
	for _, row := range regexp.MustCompile(`(?m)^\| ([0-9]+) \| .`).FindAllStringSubmatch(section(t, "Exit codes"), -1) {
		got = append(got, row[1])
	}
	assert.Equal(t, want, got)
}

// The table of keys has every key, with its default where that is the same on every machine.
func TestREADMEConfiguration(t *testing.T) {
	c := defaultConfig(folders{})
	var want []string
	for _, s := range c.settings() {
		value := "-"
		if s.sample == "" {
			value = "`" + s.value.yaml() + "`"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s |", s.key, value))
	}
	var got []string
	for _, row := range regexp.MustCompile("(?m)^(\\| `[a-z_.]+` \\| [^|]+ \\|) .").FindAllStringSubmatch(section(t, "Configuration"), -1) {
		got = append(got, row[1])
	}
	assert.Equal(t, want, got)
}

// The steps of the README are those that stand in the unit itself.
func TestREADMEService(t *testing.T) {
	unit, err := os.ReadFile("../../deploy/rollcall.service")
	require.NoError(t, err)
	var want []string
	for _, line := range regexp.MustCompile(`(?m)^#   (.*)$`).FindAllStringSubmatch(string(unit), -1) {
		want = append(want, withoutRemark(line[1]))
	}
	require.NotEmpty(t, want)
	_, steps, found := strings.Cut(section(t, "Install"), "```sh\n")
	require.True(t, found)
	steps, _, _ = strings.Cut(steps, "```")
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(steps), "\n") {
		got = append(got, withoutRemark(line))
	}
	assert.Equal(t, want, got)
}

func withoutRemark(line string) string {
	command, _, _ := strings.Cut(line, " # ")
	return strings.TrimSpace(command)
}

// Every package has its row in the layout, and every target of the Makefile is named.
func TestREADMEDevelopment(t *testing.T) {
	layout := section(t, "Development")
	folders := map[string]bool{}
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			folders[filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), "../../"))] = true
		}
		return err
	}))
	require.Contains(t, folders, "internal/roster")
	for folder := range folders {
		assert.Contains(t, layout, "`"+folder+"`")
	}
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	targets := regexp.MustCompile(`(?m)^\.PHONY: (.*)$`).FindStringSubmatch(string(makefile))
	require.NotNil(t, targets)
	for _, target := range strings.Fields(targets[1]) {
		assert.Contains(t, readREADME(t), "make "+target)
	}
}

func TestREADMELinesFitAScreen(t *testing.T) {
	for i, line := range strings.Split(readREADME(t), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 120, "line %d: %s", i+1, line)
	}
}

// Links within the README lead somewhere.
func TestREADMELinks(t *testing.T) {
	text := readREADME(t)
	var anchors []string
	for _, heading := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors = append(anchors, strings.ReplaceAll(anchor, " ", "-"))
	}
	for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		if anchor, within := strings.CutPrefix(link[1], "#"); within {
			assert.True(t, slices.Contains(anchors, anchor), link[1])
		} else if !strings.Contains(link[1], "://") {
			assert.FileExists(t, filepath.Join("../..", link[1]))
		}
	}
}

// section is the text below a heading, up to the next of the same level.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(readREADME(t), "\n## "+heading+"\n")
	require.True(t, found, "the README has the section %q", heading)
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}
