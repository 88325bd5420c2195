package main

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func newRender(stdout manifests) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "render PATH...",
		Short: "Render the manifests of files and directories",
		Long: `render reads the Kubernetes resources in files and directories (YAML or JSON), and renders the manifests of their
APIs and TargetEndpoints. It reads resources of other kinds if an API or TargetEndpoint refers to them, but does not write them.

A RenderAPIs of krm-fn.dev/v1alpha1 in the files is the configuration. The files that it names are relative to its own
directory, and must be inside the PATH that contains it.`,
		Example: `  # to standard output
  krm-fn render examples/products-privatejet

  # one file per object; files of objects that are no longer rendered are removed
  krm-fn render -o manifests examples/products-privatejet`,
		Args: paths("the files or directories to render"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			out, ps := renderPaths(paths)
			if err := report(cmd.ErrOrStderr(), ps); err != nil {
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
	cmd.Flags().StringVarP(&dir, "output", "o", "", "write one file per object to this directory instead of standard output")
	return cmd
}

// renderPaths reads and renders packages.
func renderPaths(paths []string) (gen.Output, model.Problems) {
	var items []*krm.Item
	var config *krm.Item
	var root string
	var ps model.Problems
	for _, name := range paths {
		p, more := krm.ReadPackage(name)
		ps.Add(more...)
		for _, it := range p.Items {
			if it.Place.Object.Kind != "RenderAPIs" {
				items = append(items, it)
				continue
			}
			if config != nil {
				ps.Errorf(model.InputDuplicate, it.Place,
					"there is another RenderAPIs in %s; keep one, and list the APIs of both in its spec.apis", config.Place.File)
				continue
			}
			config, root = it, p.Root
		}
	}
	in := gen.Input{Items: items, Config: config, WithoutInputs: true}
	if config != nil {
		// The path of the configuration is the path of the package joined with the path inside it.
		dir, err := filepath.Rel(root, filepath.Dir(filepath.FromSlash(config.Place.File)))
		if err != nil {
			dir = "."
		}
		in.ReadFile = func(name string) ([]byte, error) {
			if path.IsAbs(name) {
				return nil, fmt.Errorf("use a path relative to %s", path.Dir(config.Place.File))
			}
			return krm.ReadFile(root, path.Join(filepath.ToSlash(dir), name))
		}
		ps = slices.DeleteFunc(ps, func(p model.Problem) bool { return isNamedDocument(p, config) })
	}
	out, more := gen.Run(in)
	ps.Add(more...)
	if len(ps) == 0 {
		out.Origin = nil
		return out, nil
	}
	// What was read is read again, so that a run without problems need not keep it.
	items, _ = readItems(paths, strings.NewReader(""))
	return out, located(ps, krm.Sources{Items: items, ReadFile: in.ReadFile, Origin: out.Origin})
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
