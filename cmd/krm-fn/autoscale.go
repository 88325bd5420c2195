package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/scaffold"
)

func newAutoscale(stdout manifests) *cobra.Command {
	var r scaffold.AutoscaleRequest
	var flags renderFlags
	var dir string
	cmd := &cobra.Command{
		Use:   "autoscale TYPE/NAME --metric NAME=TARGET --max N PATH...|-",
		Short: "Create a HorizontalPodAutoscaler for a workload, with everything that its metrics need",
		Long: `autoscale finds the workload TYPE/NAME in files, directories, or standard input, and writes a
HorizontalPodAutoscaler for it: what kubectl autoscale is for CPU, for any metric that the pods serve. It also writes the
ServiceMonitor or PodMonitor and the adapter rule that the metric needs, unless the input has them. The chain is verified before
anything is written.

By convention, the metric X_per_second is the rate of the series X, and any other metric is a gauge. --series names another series.
The results belong to you: krm-fn never changes them later.`,
		Example: `  # 10 requests per second for each pod
  krm-fn autoscale deploy/orders --metric http_requests_total_per_second=10 --max 10 manifests

  # a workload of a Helm release, scraped by a Prometheus of kube-prometheus-stack
  helm template shop charts/orders | krm-fn autoscale deploy/shop-orders --metric http_requests_per_second=10 \
    --series http_server_requests_seconds_count --monitor-label release=prometheus --max 10 -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return fmt.Errorf("name the workload as TYPE/NAME, and the files or directories with it, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Target = args[0]
			out, err := autoscale(cmd, &r, flags, args[1:])
			if err != nil {
				return err
			}
			return writeScaling(stdout, out, dir)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&r.Metrics, "metric", nil,
		"NAME=TARGET: a metric of the pods and its average, or cpu=80%, or memory=500Mi (repeatable)")
	f.Int32Var(&r.Min, "min", 1, "minimum number of replicas")
	f.Int32Var(&r.Max, "max", 0, "maximum number of replicas")
	f.StringVar(&r.Name, "name", "", "name of the HorizontalPodAutoscaler (default: that of the workload)")
	f.StringVarP(&r.Namespace, "namespace", "n", "", "namespace of the workload")
	f.StringVar(&r.Series, "series", "", "Prometheus series of the metric (default: derived from its name)")
	f.StringVar(&r.MetricsPort, "metrics-port", "",
		"name or number of the container port that serves the metrics (default: derived)")
	f.StringVar(&r.MetricsPath, "metrics-path", "", "path of the metrics (default: /metrics)")
	f.StringArrayVar(&r.MonitorLabels, "monitor-label", nil, "KEY=VALUE: a label by which Prometheus selects monitors (repeatable)")
	f.StringVar(&flags.config, "config", "", "file with a RenderAPIs, whose spec.metrics applies")
	f.StringVar(&flags.adapterValues, "adapter-values", "",
		"write the adapter rules to this file, as values of the prometheus-adapter Helm chart, instead of a ConfigMap")
	f.StringVarP(&dir, "output", "o", "", "write one new file per object to this directory instead of standard output")
	_ = cmd.MarkFlagRequired("metric")
	_ = cmd.MarkFlagRequired("max")
	return cmd
}

// autoscale reads the input, and returns the objects to write.
func autoscale(cmd *cobra.Command, r *scaffold.AutoscaleRequest, flags renderFlags, paths []string) ([]*krm.Item, error) {
	in := renderInput{renderFlags: flags}
	again, ps := readStdin(paths, cmd.InOrStdin())
	ps.Add(in.readConfig()...)
	items, more := readItems(paths, again())
	ps.Add(more...)
	ps.Add(in.read("-", items, ".")...)
	r.Items, r.Config, r.ReadFile = in.items, in.config, in.readFile
	out, more := scaffold.Autoscale(*r)
	ps.Add(more...)
	ps = located(ps, krm.Sources{Items: items, ReadFile: in.readFile, Origin: out.Origin})
	if err := report(cmd.ErrOrStderr(), ps); err != nil {
		return nil, err
	}
	return flags.withoutRules(gen.Output{Rendered: out.Items, Rules: out.Rules})
}

// writeScaling writes objects to standard output, or to new files in a directory.
func writeScaling(stdout io.Writer, items []*krm.Item, dir string) error {
	if dir == "" {
		if err := writeDocuments(stdout, items); err != nil {
			return &failure{err}
		}
		return nil
	}
	var files []scaffold.File
	for _, it := range items {
		files = append(files, scaffold.File{Name: gen.FileName(it.Place.Object), Text: it.Text()})
	}
	if err := writeNew(dir, files); err != nil {
		return &failure{err}
	}
	return nil
}
