package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A release build sets these: -ldflags "-X main.version=v1.2.3 -X main.commit=HASH -X main.date=DATE". DATE is the date of
// the commit, as RFC 3339 in UTC, so that the same commit results in the same binary.
var version, commit, date string

// build describes the origin of the binary.
type build struct{ version, commit, date string }

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and its date, and the Go version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return writeVersion(cmd.OutOrStdout())
		},
	}
}

func writeVersion(w io.Writer) error {
	info, _ := debug.ReadBuildInfo()
	if _, err := fmt.Fprintln(w, build{version, commit, date}.line(info)); err != nil {
		return &failure{fmt.Errorf("standard output: %w", err)}
	}
	return nil
}

// line formats the build. If no flag sets a value, the go command might know it: the version of a module that was installed
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
	return fmt.Sprintf("krm-fn %s (commit %s, %s, %s)",
		cmp.Or(b.version, "dev"), cmp.Or(b.commit, "unknown"), cmp.Or(b.date, "unknown"), runtime.Version())
}
