package main

import (
	"bufio"
	"io"
	"path"
	"slices"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func newRender(stdout manifests) *cobra.Command {
	var dir string
	var flags renderFlags
	cmd := &cobra.Command{
		Use:   "render PATH...|-",
		Short: "Render the manifests of files and directories",
		Long: `render reads the Kubernetes resources in files and directories (YAML or JSON), and renders the manifests of their
APIs and TargetEndpoints. It reads resources of other kinds if an API or TargetEndpoint refers to them, but does not write them.

If a HorizontalPodAutoscaler has the annotation krm-fn.dev/chain: rendered, or with --all-scalers, its metrics get what they need
and is missing: a ServiceMonitor or PodMonitor of its pods, and adapter rules.

A RenderAPIs of krm-fn.dev/v1alpha1 in the files is the configuration. The files that it names are relative to its own
directory, and must be inside the PATH that contains it.`,
		Example: `  # to standard output
  krm-fn render examples/products-privatejet

  # one file per object; files of objects that are no longer rendered are removed
  krm-fn render -o manifests examples/products-privatejet

  # the monitors for the HorizontalPodAutoscalers of a Helm chart, and the rules as values of the adapter's chart
  helm template orders charts/orders | krm-fn render --all-scalers --adapter-values adapter.yaml -`,
		Args: paths("the files or directories to render, or - for standard input"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			out, ps := renderPaths(paths, cmd.InOrStdin(), flags)
			if err := report(cmd.ErrOrStderr(), ps); err != nil {
				return err
			}
			var err error
			if out.Rendered, err = flags.withoutRules(out); err != nil {
				return err
			}
			if dir != "" {
				summary, err := writeDir(dir, paths, out)
				_, _ = io.WriteString(cmd.ErrOrStderr(), summary)
				return err
			}
			if err := writeDocuments(stdout, out.Rendered); err != nil {
				return &failure{err}
			}
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVarP(&dir, "output", "o", "", "write one file per object to this directory instead of standard output")
	return cmd
}

// renderPaths reads and renders packages, and standard input if a path is "-".
func renderPaths(paths []string, stdin io.Reader, flags renderFlags) (gen.Output, model.Problems) {
	r := renderInput{renderFlags: flags}
	again, ps := readStdin(paths, stdin)
	ps.Add(r.readConfig()...)
	for _, name := range paths {
		var p krm.Package
		var more model.Problems
		if name == "-" {
			p, more = krm.ReadStream(again(), name)
		} else {
			p, more = krm.ReadPackage(name)
		}
		ps.Add(more...)
		ps.Add(r.read(name, p.Items, p.Root)...)
	}
	if r.config != nil {
		ps = slices.DeleteFunc(ps, func(p model.Problem) bool { return isNamedDocument(p, r.config) })
	}
	out, more := gen.Run(r.input())
	ps.Add(more...)
	if len(ps) == 0 {
		out.Origin = nil
		return out, nil
	}
	// What was read is read again, so that a run without problems need not keep it.
	items, _ := readItems(paths, again())
	return out, located(ps, krm.Sources{Items: items, ReadFile: r.readFile, Origin: out.Origin})
}

// isNamedDocument reports whether p is about a skipped file that the configuration names as an OpenAPI document.
func isNamedDocument(p model.Problem, config *krm.Item) bool {
	apis := krm.Get(krm.Get(config.Node(), "spec"), "apis")
	if p.ID != model.InputFile || p.Severity != model.Info || apis == nil {
		return false
	}
	for _, api := range apis.Content {
		files := krm.Get(api, "swaggerFiles")
		if files != nil && slices.ContainsFunc(files.Content, func(n *yaml.Node) bool {
			return path.Join(path.Dir(config.Place.File), n.Value) == p.Place.File
		}) {
			return true
		}
	}
	return false
}

// writeDocuments writes items as a stream of YAML documents.
func writeDocuments(stdout io.Writer, items []*krm.Item) error {
	w := bufio.NewWriterSize(stdout, 1<<16)
	separator := ""
	err := krm.Encode(items, func(_ *krm.Item, text []byte) error {
		_, _ = w.WriteString(separator)
		separator = "---\n"
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
