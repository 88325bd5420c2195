package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// The build of a release sets these: -ldflags "-X main.version=v1.2.3 -X main.commit=HASH -X main.date=DATE". The date is
// that of the commit, as RFC 3339 in UTC, so that the same commit gives the same program.
var version, commit, date string

// build says where a program comes from.
type build struct{ version, commit, date string }

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and its date, and the Go version of this program",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			_, err := fmt.Fprintln(cmd.OutOrStdout(), build{version, commit, date}.line(info))
			return err
		},
	}
}

// line names the build. What no flag has set, the go command may have: it knows the version of a module that was installed
// by version, and the commit of a clone.
func (b build) line(info *debug.BuildInfo) string {
	if info != nil {
		if info.Main.Version != "(devel)" {
			b.version = cmp.Or(b.version, info.Main.Version)
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.commit = cmp.Or(b.commit, s.Value)
			case "vcs.time":
				b.date = cmp.Or(b.date, s.Value)
			}
		}
	}
	return fmt.Sprintf("krm-fn %s (commit %s, %s, %s)", cmp.Or(b.version, "dev"), cmp.Or(b.commit, "unknown"), cmp.Or(b.date, "unknown"), runtime.Version())
}
