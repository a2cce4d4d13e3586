package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide the help is: it is read on terminals of every size.
const helpWidth = 100

// usageTemplate is cobra's, with flags in lines of helpWidth.
func usageTemplate(c *cobra.Command) string {
	return strings.ReplaceAll(c.UsageTemplate(), "FlagUsages ", fmt.Sprintf("FlagUsagesWrapped %d ", helpWidth))
}

// wrapHelp breaks the long texts of a command and of those below it.
func wrapHelp(c *cobra.Command) {
	var paragraphs []string
	for p := range strings.SplitSeq(c.Long, "\n\n") {
		paragraphs = append(paragraphs, strings.Join(wrapText(p, helpWidth), "\n"))
	}
	c.Long = strings.Join(paragraphs, "\n\n")
	for _, child := range c.Commands() {
		wrapHelp(child)
	}
}

// wrapText breaks a text into lines of at most width characters.
func wrapText(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// onlyCommands are the arguments of a command that only has commands below it.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2
	hint := fmt.Sprintf(`"%s --help" lists the commands`, cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf(`did you mean "%s"?`, strings.Join(near, `" or "`))
	}
	return usage(hint, "unknown command %q for %q", args[0], cmd.CommandPath())
}

// takes is how many arguments a command takes. What they are stands in its Use.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		_, names, _ := strings.Cut(cmd.Use, " ")
		hint := "usage: " + strings.TrimSuffix(cmd.CommandPath()+" "+names, " ")
		switch {
		case len(args) < least:
			return usage(hint, "%q needs %s", cmd.CommandPath(), names)
		case len(args) > most:
			return usage(hint, "%q does not take %q", cmd.CommandPath(), args[most])
		}
		return nil
	}
}

// flagError says which flag was meant, or what it takes.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf(`"%s --help" lists the flags`, cmd.CommandPath())
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if name := meant(unknown.GetSpecifiedName(), names); name != "" {
			hint = fmt.Sprintf(`did you mean "--%s"?`, name)
		}
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		err = fmt.Errorf("--%s: %w", wrong.GetFlag().Name, wrong.Unwrap())
		if number, ok := errors.AsType[*strconv.NumError](wrong); ok {
			err = fmt.Errorf("--%s: %q is not %s", wrong.GetFlag().Name, number.Num, kindOfValue(wrong.GetFlag()))
		}
	}
	if hinted, ok := errors.AsType[*hintError](err); ok && hinted.hint != "" {
		hint = hinted.hint
	}
	return usage(hint, "%w", err)
}

// kindOfValue is what a flag takes, in words.
func kindOfValue(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "uint64":
		return "a whole number from 0 on"
	case "int":
		return "a whole number"
	case "bool":
		return "true or false"
	}
	return "a " + f.Value.Type()
}
