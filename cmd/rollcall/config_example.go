package main

import (
	"fmt"
	"io"
	"strings"
)

// exampleHead is what the example says before the first key, a paragraph each.
var exampleHead = []string{
	"Rollcall's configuration. It is read from $XDG_CONFIG_HOME/rollcall/config.yaml (mostly ~/.config/rollcall/config.yaml), from " +
		"--config, or from what ROLLCALL_CONFIG names. Flags win over ROLLCALL_ variables (telegram.api_id is ROLLCALL_TELEGRAM_API_ID), those " +
		"over this file. A line with # before the key shows a key that is not set. Paths are relative to this file. An unknown key is an error.",
	"Secrets are never in here, only the names of files that hold them. Under systemd, a credential named like the key without _file " +
		"(telegram.api_hash) stands in for the file.",
}

// writeExample writes every key with what it means and its default. It reads back as the defaults.
func writeExample(w io.Writer, settings []setting) error {
	var out strings.Builder
	for i, paragraph := range exampleHead {
		if i > 0 {
			out.WriteString("#\n")
		}
		writeComment(&out, "", paragraph)
	}
	var open []string // the sections that were begun
	for _, s := range settings {
		parts := strings.Split(s.key, ".")
		sections, name := parts[:len(parts)-1], parts[len(parts)-1]
		shared := sharedPrefix(open, sections)
		if shared == 0 {
			out.WriteByte('\n')
		}
		for i, section := range sections[shared:] {
			fmt.Fprintf(&out, "%s%s:\n", indent(shared+i), section)
		}
		writeSetting(&out, s, name, indent(len(sections)))
		open = sections
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func writeSetting(out *strings.Builder, s setting, name, margin string) {
	if s.doc != "" {
		writeComment(out, margin, s.doc)
	}
	if s.sample != "" {
		fmt.Fprintf(out, "%s# %s: %s\n", margin, name, s.sample)
		return
	}
	fmt.Fprintf(out, "%s%s: %s\n", margin, name, s.value.yaml())
}

// writeComment breaks a text into lines of comment.
func writeComment(out *strings.Builder, margin, text string) {
	for _, line := range wrapText(text, helpWidth-len(margin)-len("# ")) {
		fmt.Fprintf(out, "%s# %s\n", margin, line)
	}
}

func indent(depth int) string { return strings.Repeat("  ", depth) }

func sharedPrefix(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
