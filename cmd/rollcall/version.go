package main

import (
	"runtime"
	"runtime/debug"

	"github.com/gotd/td/tg"
	"github.com/spf13/cobra"

	"rollcall/internal/report"
)

// version is set by the Makefile from git; without it the module's own version counts (go install …@v1.2.3).
var version string

// versionData is what `version --json` prints.
type versionData struct {
	Version  string  `json:"version"`
	Revision *string `json:"revision"` // git's, null where the build did not say
	Go       string  `json:"go"`
	Layer    int     `json:"layer"` // of Telegram's type language
}

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			v := thisVersion()
			return a.print(v, report.Meta{}, func() {
				a.stdout.line("rollcall %s (%s, Telegram layer %d)", v.Version, v.Go, v.Layer)
			})
		},
	}
}

func thisVersion() versionData {
	v := versionData{Version: version, Go: runtime.Version(), Layer: tg.Layer}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = orNull(s.Value)
		}
	}
	return v
}
