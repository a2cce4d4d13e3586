package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/report"
)

func newConfigCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show what can be set, and what is",
		Args:  onlyCommands,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(newConfigExampleCommand(a), newConfigCheckCommand(a))
	return c
}

func newConfigExampleCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "example",
		Short: "Print a configuration file with every key, its meaning and its default",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			c := defaultConfig(folders{})
			if !a.json {
				return writeExample(a.out, c.settings())
			}
			keys := []knownKey{}
			for _, s := range c.settings() {
				k := knownKey{Key: s.key, Meaning: orNull(s.doc), Example: orNull(s.sample)}
				if s.sample == "" {
					k.Default = orNull(s.value.yaml())
				}
				keys = append(keys, k)
			}
			return writeJSON(a.out, keys, report.Meta{})
		},
	}
}

// knownKey is a row of `config example --json`.
type knownKey struct {
	Key     string  `json:"key"`
	Default *string `json:"default"` // as YAML; null where there is none, or one that depends on the machine
	Example *string `json:"example"` // likewise, where there is no default
	Meaning *string `json:"meaning"` // null where the key before it says it
}

// setKey is a row of `config check --json`.
type setKey struct {
	Key   string `json:"key"`
	Value string `json:"value"` // as YAML
	From  string `json:"from"`  // file:line, variable, credential or flag; "default"
}

func newConfigCheckCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Read the configuration and print every value with where it comes from",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			c, err := a.config()
			if err != nil {
				return err
			}
			if _, err := c.Server(); err != nil {
				return err
			}
			return a.printSettings(c)
		},
	}
}

func (a *app) printSettings(c Config) error {
	var data []setKey
	var rows [][]cell
	for _, s := range c.settings() {
		row := setKey{Key: s.key, Value: s.value.yaml(), From: "default"}
		if from := c.origin[s.key]; from != "" {
			row.From = from
		}
		data = append(data, row)
		from := row.From
		if line, inFile := strings.CutPrefix(from, c.File+":"); inFile && c.File != "" {
			from = filepath.Base(c.File) + ":" + line
		}
		rows = append(rows, []cell{plainCell(row.Key), plainCell(row.Value), {from, toneFaint}})
	}
	return a.print(data, report.Meta{}, func() {
		if c.File == "" {
			a.stderr.line("There is no configuration file; these are the defaults and what the environment and flags set.")
		} else {
			a.stderr.line("The configuration file is %s.", c.File)
		}
		a.stdout.table([]string{"KEY", "VALUE", "FROM"}, rows)
	})
}
