package main

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// checkFlags are the flags that check and explain share.
type checkFlags struct {
	samples, helmValues []string
	kubernetes          string
	complete            bool
}

func (f *checkFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.samples, "sample", nil,
		"WORKLOAD=FILE: a metrics page of a workload, given as NAME, NAMESPACE/NAME, or KIND/NAMESPACE/NAME (repeatable)")
	cmd.Flags().BoolVar(&f.complete, "complete", false,
		"the input has all objects that the metrics depend on, so anything that is not in it is missing")
	f.addRules(cmd)
}

// addRules adds the flags about the cluster and its adapter.
func (f *checkFlags) addRules(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.helmValues, "adapter-values", nil,
		"values file of the prometheus-adapter Helm chart, for rules outside a ConfigMap (repeatable)")
	cmd.Flags().StringVar(&f.kubernetes, "kubernetes-version", "", kubernetesUsage)
}

// input reads the input of the checks. Of the problems, only those of flags keep the rest from being checked.
func (f *checkFlags) input(paths []string, stdin io.Reader) (in check.Input, read, ps model.Problems) {
	in.Items, read = readItems(paths, stdin)
	in.Complete = f.complete
	var err error
	if in.Minor, err = check.ParseVersion(f.kubernetes); err != nil {
		ps.Errorf(model.InputValue, model.Place{}, "--kubernetes-version: %v", err)
	}
	for _, name := range f.helmValues {
		text, err := krm.ReadNamed(name)
		if err != nil {
			ps.Errorf(model.InputFile, model.Place{File: name}, "%v", err)
			continue
		}
		in.Rules = append(in.Rules, check.Text{Place: model.Place{File: name}, Text: text})
	}
	for _, s := range f.samples {
		workload, name, ok := strings.Cut(s, "=")
		if !ok {
			ps.Errorf(model.InputValue, model.Place{}, "--sample: %q has no file; use WORKLOAD=FILE", s)
			continue
		}
		text, err := krm.ReadNamed(name)
		if err != nil {
			ps.Errorf(model.InputFile, model.Place{File: name}, "%v", err)
			continue
		}
		in.Samples = append(in.Samples, check.Sample{
			Workload: workload, Text: check.Text{Place: model.Place{File: name}, Text: text},
		})
	}
	return in, read, ps
}

// sourcesOf returns the texts in which problems of in are located.
func sourcesOf(in check.Input) krm.Sources {
	return krm.Sources{Items: in.Items, ReadFile: func(name string) ([]byte, error) {
		for _, t := range in.Rules {
			if t.Place.File == name {
				return t.Text, nil
			}
		}
		return nil, fs.ErrNotExist
	}}
}

func newCheck() *cobra.Command {
	var flags checkFlags
	var format string
	var requireProof bool
	cmd := &cobra.Command{
		Use:   "check PATH...|-",
		Short: "Check that every metric that a HorizontalPodAutoscaler reads is served",
		Long: `check reads Kubernetes manifests from any source, and follows every HorizontalPodAutoscaler to the pods that
serve its metrics: adapter rule, Prometheus series, ServiceMonitor, Service, and container port. It does the same for every
ScaledObject and ScaledJob of KEDA, beginning with the query of a trigger. It reports where a chain breaks, and exits with code 1
if one does. It does not contact a cluster.`,
		Example: `  # the output of a kustomization
  kustomize build overlays/production | krm-fn check -

  # the output of Helm, with the values of the prometheus-adapter chart
  helm template shop charts/shop | krm-fn check --adapter-values adapter.yaml -

  # with a metrics page of the pods: curl -s localhost:8080/metrics > page.txt
  krm-fn check --sample shop/products=page.txt manifests`,
		Args: paths("the files or directories to check, or - for standard input"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			write, ok := formats[format]
			if !ok {
				return fmt.Errorf("--output: %q is not one of %s", format, strings.Join(sortedNames(formats), ", "))
			}
			in, read, ps := flags.input(paths, cmd.InOrStdin())
			var found model.Problems
			var judged check.Summary
			sound := !ps.HasErrors()
			if sound {
				found, judged = check.Judge(in)
			}
			ps = located(slices.Concat(ps, read, found), sourcesOf(in))
			if err := write(cmd.OutOrStdout(), ps, judged); err != nil {
				return &failure{fmt.Errorf("standard output: %w", err)}
			}
			if sound {
				_, _ = fmt.Fprintln(cmd.ErrOrStderr(), judged)
			}
			if ps.HasErrors() || requireProof && judged.Proved < max(1, judged.Metrics) {
				return errProblems
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().BoolVar(&requireProof, "require-proof", false, "exit with code 1 unless every metric is proved")
	cmd.Flags().StringVarP(&format, "output", "o", "text", "format: "+strings.Join(sortedNames(formats), ", "))
	complete(cmd, "output", sortedNames(formats))
	return cmd
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
