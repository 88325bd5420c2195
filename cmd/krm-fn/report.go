package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/check"
	reportfile "github.com/krm-fn/krm-fn/pkg/report"
)

func newReport() *cobra.Command {
	var flags checkFlags
	var file, title string
	cmd := &cobra.Command{
		Use:   "report PATH...|-",
		Short: "Write one HTML file with every chain as a picture, and all problems",
		Long: `report checks manifests like krm-fn check, and writes what it finds as one HTML file: what was judged and what
was not, and for every scaler its chain as a picture, with the broken link and its file and line. The file needs no network and
no scripts. The exit code is that of krm-fn check: 1 if there are errors. The file is complete then, too.`,
		Example: `  krm-fn report -o report.html manifests

  # the output of a kustomization
  kustomize build overlays/production | krm-fn report --title "Shop, production" - > report.html`,
		Args: paths("the files or directories to report on, or - for standard input"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			in, read, ps := flags.input(paths, cmd.InOrStdin())
			if err := report(cmd.ErrOrStderr(), located(ps, sourcesOf(in))); err != nil {
				return err
			}
			r := &reportfile.Report{Title: title}
			if title == "" {
				r.Title = "Report on " + strings.Join(paths, ", ")
			}
			found, judged := check.Judge(in)
			r.Problems, r.Summary = slices.Concat(read, found).Sorted(), judged
			sourcesOf(in).Locate(r.Problems)
			// Without scalers, the summary says so.
			r.Chains, _ = check.ExplainAll(in)
			check.Locate(r.Chains, sourcesOf(in))
			var text bytes.Buffer
			if err := r.Write(&text); err != nil {
				return &failure{err}
			}
			if err := writeOutput(cmd, file, text.Bytes()); err != nil {
				return err
			}
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), r.Summary)
			if r.Problems.HasErrors() {
				return errProblems
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVarP(&file, "output", "o", "", "file to write (default: standard output)")
	cmd.Flags().StringVar(&title, "title", "", `title of the report (default: "Report on" and the paths)`)
	return cmd
}

// writeOutput writes a text to a file or, without a name, to standard output.
func writeOutput(cmd *cobra.Command, name string, text []byte) error {
	var err error
	if name == "" {
		_, err = cmd.OutOrStdout().Write(text)
	} else {
		err = os.WriteFile(name, text, 0o644)
	}
	if err != nil {
		return &failure{err}
	}
	return nil
}
