package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/cmd/krm-fn/internal/atomicdir"
	"github.com/krm-fn/krm-fn/pkg/migrate"
	"github.com/krm-fn/krm-fn/pkg/migrate/tokeda"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// kedaReports are the formats of the report.
var kedaReports = map[string]func(io.Writer, tokeda.Report, model.Problems) error{
	"text": func(w io.Writer, r tokeda.Report, _ model.Problems) error { return r.WriteText(w) },
	"json": func(w io.Writer, r tokeda.Report, ps model.Problems) error {
		return encode(w, struct {
			tokeda.Report
			Problems []jsonProblem `json:"problems"`
		}{r, jsonProblems(ps)})
	},
}

func newMigrateKEDA() *cobra.Command {
	var flags checkFlags
	var dir, format, prometheus string
	cmd := &cobra.Command{
		Use:   "keda -o DIR PATH...|-",
		Short: "Move HorizontalPodAutoscalers from prometheus-adapter to KEDA",
		Long: `keda reads HorizontalPodAutoscalers, the configuration of prometheus-adapter, and the workloads and monitors, from
manifests or a dump of a cluster. It writes ScaledObjects with queries that give the same numbers, and prints the steps in which
scaling goes on. It does not contact a cluster.

A HorizontalPodAutoscaler that cannot be converted stays, and the report says why. Those without metrics of the adapter are ignored.
The directory DIR must be new or empty. It will contain ` + tokeda.ScaledObjectsDir + `, what to apply and to commit, and ` +
			tokeda.RollbackDir + `, the
HorizontalPodAutoscalers as they are.`,
		Example: `  # from a cluster, with the rules in a ConfigMap
  kubectl get hpa,deploy,sts,svc,cm,servicemonitors,podmonitors,apiservices --all-namespaces -o yaml |
    krm-fn migrate keda -o keda -

  # from manifests, with the rules in the values of the adapter's chart
  krm-fn migrate keda -o keda --adapter-values adapter.yaml \
    --prometheus http://prometheus-operated.monitoring.svc:9090 manifests`,
		Args: paths("the files or directories with the HorizontalPodAutoscalers, or - for standard input"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			write, ok := kedaReports[format]
			if !ok {
				return fmt.Errorf("--format: %q is not one of %s", format, strings.Join(sortedNames(kedaReports), ", "))
			}
			if dir == "" {
				return errors.New("--output: name the directory to write")
			}
			if err := checkFree(dir); err != nil {
				return &failure{err}
			}
			in, read, ps := flags.input(paths, cmd.InOrStdin())
			ps.Add(read...)
			var out tokeda.Output
			if !ps.HasErrors() {
				var more model.Problems
				out, more = tokeda.Run(tokeda.Input{
					Items: in.Items, Rules: in.Rules, Minor: in.Minor, Prometheus: prometheus, Dir: filepath.ToSlash(dir),
				})
				ps.Add(more...)
			}
			ps = located(ps, sourcesOf(in))
			if err := report(cmd.ErrOrStderr(), ps); err != nil {
				return err
			}
			if err := writeAll(dir, out.Files); err != nil {
				return &failure{err}
			}
			return write(cmd.OutOrStdout(), out.Report, ps)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the directory to write; it must be new or empty")
	cmd.Flags().StringVar(&prometheus, "prometheus", "", "URL of Prometheus (default: --prometheus-url of the adapter in the input)")
	cmd.Flags().StringVar(&format, "format", "text", "format of the report: "+strings.Join(sortedNames(kedaReports), ", "))
	complete(cmd, "format", sortedNames(kedaReports))
	flags.addRules(cmd)
	return cmd
}

// writeAll writes files to a new or empty directory: all or none.
func writeAll(dir string, files []migrate.File) error {
	return atomicdir.Update(dir, func() (*atomicdir.Change, error) {
		return &atomicdir.Change{Write: func(put func(string, []byte) error) error {
			for _, f := range files {
				if err := put(f.Path, f.Text); err != nil {
					return err
				}
			}
			return nil
		}}, checkFree(dir)
	})
}
