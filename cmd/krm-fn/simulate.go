package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
	"github.com/krm-fn/krm-fn/pkg/simulate"
)

func newSimulate() *cobra.Command {
	var flags simulateFlags
	var format, compare string
	var expect []string
	cmd := &cobra.Command{
		Use:   "simulate PATH...|- --load FILE|SHAPE",
		Short: "Show what scalers would do under a load",
		Long: `simulate runs the HorizontalPodAutoscalers and ScaledObjects of manifests in simulated time, under a load from a file
(CSV, or what a range query of Prometheus answers) or of a shape (constant, step, ramp, spike, day). It computes as the
controller of Kubernetes and as KEDA do, with the delays that the manifests set: scrape intervals, ranges of queries, probes,
scaling policies. It tells how many pods run and when, how long a metric is over its target and why, and what would help.
It does not contact a cluster.`,
		Example: `  # ten requests per second, for twenty minutes a hundred
  krm-fn simulate manifests --load step:from=10,to=100,at=5m,for=20m

  # yesterday's load, as a picture
  krm-fn simulate manifests --load load.csv --scaler hpa/products-api -o svg > scaling.svg

  # in CI: exit with code 1 if an expectation is not met
  kustomize build . | krm-fn simulate - --load load.json --expect 'replicas<=5' --expect 'over-target<2m'

  # two versions of the manifests under the same load
  krm-fn simulate new --compare old --load load.csv`,
		Args: paths("the files or directories with the manifests, or - for standard input"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			write, ok := simulationFormats[format]
			if !ok {
				return fmt.Errorf("--output: %q is not one of %s", format, strings.Join(sortedNames(simulationFormats), ", "))
			}
			wanted, err := parseExpectations(expect)
			if err != nil {
				return err
			}
			r := simulateRun{flags: &flags, stderr: cmd.ErrOrStderr()}
			if err := r.options(); err != nil {
				return err
			}
			if compare == "-" && slices.Contains(paths, "-") {
				return errors.New("--compare: standard input has the manifests already; write one of the two to a file")
			}
			sims, err := r.simulate(paths, cmd.InOrStdin())
			if err != nil {
				return err
			}
			out := simulationReport{sims: sims}
			if compare != "" {
				if out.others, err = r.simulate([]string{compare}, cmd.InOrStdin()); err != nil {
					return err
				}
				out.labels = []string{strings.Join(paths, " "), compare}
				if err := report(cmd.ErrOrStderr(), out.alone()); err != nil {
					return err
				}
			}
			if format == "svg" && len(sims) != 1 {
				return fmt.Errorf("--output svg draws one scaler; choose it with --scaler: %s", strings.Join(scalerNames(sims), ", "))
			}
			if err := write(cmd.OutOrStdout(), &out); err != nil {
				return &failure{fmt.Errorf("standard output: %w", err)}
			}
			return report(cmd.ErrOrStderr(), unmet(sims, wanted))
		},
	}
	flags.add(cmd)
	cmd.Flags().StringArrayVar(&expect, "expect", nil, "condition that every scaler must meet, such as 'replicas<=5', 'flaps<=2', or "+
		"'over-target<60s' (repeatable)")
	cmd.Flags().StringVar(&compare, "compare", "", "other manifests, whose scalers of the same names are shown beside those of PATH")
	cmd.Flags().StringVarP(&format, "output", "o", "table", "format: "+strings.Join(sortedNames(simulationFormats), ", "))
	complete(cmd, "output", sortedNames(simulationFormats))
	return cmd
}

func parseExpectations(texts []string) ([]simulate.Expectation, error) {
	var out []simulate.Expectation
	for _, text := range texts {
		e, err := simulate.ParseExpectation(text)
		if err != nil {
			return nil, fmt.Errorf("--expect: %w", err)
		}
		out = append(out, e)
	}
	return out, nil
}

// unmet reports the expectations that simulations do not meet.
func unmet(sims []*simulate.Simulation, wanted []simulate.Expectation) (ps model.Problems) {
	for _, s := range sims {
		for i := range wanted {
			if is := wanted[i].Unmet(s); is != "" {
				ps.Errorf(model.SimulateExpect, s.Scaling.Place, "does not meet the expectation %s: %s", wanted[i].Text, is)
			}
		}
	}
	return ps
}

func scalerNames(sims []*simulate.Simulation) []string {
	var out []string
	for _, s := range sims {
		out = append(out, scalerName(s.Scaling))
	}
	return out
}

// scalerName returns the name of a scaler for flags: hpa/NAME or so/NAME, with the namespace if it has one.
func scalerName(s *check.Scaling) string {
	o := s.Place.Object
	return shortKind(s) + "/" + model.Ref{Namespace: o.Namespace, Name: o.Name}.String()
}

func shortKind(s *check.Scaling) string {
	if s.KEDA != nil {
		return "so"
	}
	return "hpa"
}

// isNamed reports whether a name of a flag is about a scaler.
func isNamed(s *check.Scaling, name string) bool {
	o := s.Place.Object
	return slices.Contains([]string{o.Name, o.Namespace + "/" + o.Name}, check.CutKind(name, o.Kind))
}

// simulateRun reads the inputs of simulations.
type simulateRun struct {
	flags  *simulateFlags
	stderr io.Writer
	base   simulate.Options
	loads  []namedLoad
}

// simulate simulates the scalers of some paths, which must have no errors.
func (r *simulateRun) simulate(paths []string, stdin io.Reader) ([]*simulate.Simulation, error) {
	in, read, ps := r.flags.input(paths, stdin)
	if !ps.HasErrors() {
		found, _ := check.Judge(in)
		ps.Add(slices.DeleteFunc(found, func(p model.Problem) bool { return p.Severity != model.Error })...)
	}
	if err := report(r.stderr, located(slices.Concat(read, ps), sourcesOf(in))); err != nil {
		return nil, err
	}
	sims, ps := r.run(in, func(*check.Scaling) bool { return true })
	return sims, report(r.stderr, located(ps, sourcesOf(in)))
}

// run simulates those of the scalers that have a load and are wanted. If one of the problems is an error, some simulations are
// missing.
func (r *simulateRun) run(in check.Input, wanted func(*check.Scaling) bool) (sims []*simulate.Simulation, ps model.Problems) {
	scalings, _ := check.Scalings(in)
	scalings, ps = r.chosen(scalings)
	used := map[string]bool{}
	for i := range scalings {
		for k := range scalings[i].Spec.Metrics {
			used[simulate.MetricName(&scalings[i].Spec.Metrics[k])] = true
		}
	}
	scalings = slices.DeleteFunc(scalings, func(s check.Scaling) bool { return !wanted(&s) })
	sims, found := make([]*simulate.Simulation, len(scalings)), make([]model.Problems, len(scalings))
	progress := newProgress(r.stderr, len(scalings))
	krm.Parallel(len(scalings), func(i int) {
		o := r.base
		o.Load = r.loadsOf(&scalings[i])[0]
		sims[i], found[i] = simulate.Simulate(&scalings[i], &o)
		progress.step()
	})
	progress.end()
	sims = slices.DeleteFunc(sims, func(s *simulate.Simulation) bool { return s == nil })
	for _, more := range found {
		ps.Add(more...)
	}
	if !ps.HasErrors() {
		ps.Add(r.unused(scalings, used)...)
	}
	return sims, ps
}
