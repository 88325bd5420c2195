package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/model"
	reportfile "github.com/krm-fn/krm-fn/pkg/report"
	"github.com/krm-fn/krm-fn/pkg/simulate"
)

func newReport() *cobra.Command {
	var flags simulateFlags
	var file, title string
	cmd := &cobra.Command{
		Use:   "report PATH...|-",
		Short: "Write one HTML file with every chain as a picture, and all problems",
		Long: `report checks manifests like krm-fn check, and writes the result to one HTML file. The file shows what was
checked, what could not be checked, and a picture of the chain of each scaler, with any broken link and its file and line. It
uses no network and no scripts. With --load, it also shows what the scalers would do under a load, like krm-fn simulate. If
there are errors, report still writes the whole file, and exits with code 1.`,
		Example: `  krm-fn report -o report.html manifests

  # with simulations of yesterday's load
  krm-fn report -o report.html manifests --load load.json --cpu-per-request 10m

  # the output of a kustomization
  kustomize build overlays/production | krm-fn report --title "Shop, production" - > report.html`,
		Args: paths("the files or directories to report on, or - for standard input"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			run := simulateRun{flags: &flags, stderr: cmd.ErrOrStderr()}
			if len(flags.loads) == 0 {
				if err := flags.withoutLoad(); err != nil {
					return err
				}
			} else if err := run.options(); err != nil {
				return err
			}
			in, read, ps := flags.input(paths, cmd.InOrStdin())
			if err := report(cmd.ErrOrStderr(), located(ps, sourcesOf(in))); err != nil {
				return err
			}
			r := &reportfile.Report{Title: title}
			if title == "" {
				r.Title = "Report on " + strings.Join(paths, ", ")
			}
			found, judged := check.Judge(in)
			// Without scalers, the summary says so.
			r.Chains, _ = check.ExplainAll(in)
			check.Locate(r.Chains, sourcesOf(in))
			if len(flags.loads) > 0 {
				sims, more := run.run(in, sound(r.Chains))
				r.Simulations = simulationsOf(sims)
				found = slices.Concat(found, more)
			}
			r.Problems, r.Summary = slices.Concat(read, found).Sorted(), judged
			sourcesOf(in).Locate(r.Problems)
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

// sound returns which scalers have a chain without errors. What others would do means nothing.
func sound(chains []*check.Link) func(*check.Scaling) bool {
	broken := map[model.Place]bool{}
	for _, c := range chains {
		broken[c.Place] = c.Problematic().HasErrors()
	}
	return func(s *check.Scaling) bool { return !broken[s.Place] }
}

// simulationsOf returns what the report shows of simulations.
func simulationsOf(sims []*simulate.Simulation) []reportfile.Simulation {
	var out []reportfile.Simulation
	for _, s := range sims {
		x := reportfile.Simulation{
			Scaler: s.Scaling.Place.Object.String(), Sentences: s.Sentences(), Table: reportfile.Table{Head: heads(s)},
			Chart: simulate.Chart(s.Load, []*simulate.Simulation{s}, nil),
		}
		for i := range s.Advice {
			x.Sentences = append(x.Sentences, advice(s, i))
		}
		for _, i := range s.ChangedRows() {
			x.Table.Rows = append(x.Table.Rows, cells(s, i))
		}
		out = append(out, x)
	}
	return out
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
