package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// renderFlags are the flags of commands that render.
type renderFlags struct {
	config, adapterValues string
	allScalers            bool
}

func (f *renderFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.config, "config", "", "file with the RenderAPIs, instead of one among the resources")
	cmd.Flags().BoolVar(&f.allScalers, "all-scalers", false,
		"serve the metrics of all HorizontalPodAutoscalers in the input, not only of annotated ones")
	cmd.Flags().StringVar(&f.adapterValues, "adapter-values", "",
		"write the adapter rules to this file, as values of the prometheus-adapter Helm chart, instead of a ConfigMap")
}

// renderInput is the input of a run of a command that renders.
type renderInput struct {
	renderFlags
	// items and config are what was read; root is the directory of the files that config may name.
	items  []*krm.Item
	config *krm.Item
	root   string
}

// read reads the configuration that the flag names, or takes it from the items.
func (r *renderInput) read(name string, items []*krm.Item, root string) model.Problems {
	var ps model.Problems
	for _, it := range items {
		switch {
		case it.Place.Object.Kind != "RenderAPIs":
			r.items = append(r.items, it)
		case r.config != nil:
			ps.Errorf(model.InputDuplicate, it.Place,
				"there is another RenderAPIs in %s; keep one, and list the APIs of both in its spec.apis", r.config.Place.File)
		case name == "-":
			ps.Errorf(model.InputFile, it.Place, "is a configuration in standard input, whose files are unknown; use --config FILE")
		default:
			r.config, r.root = it, root
		}
	}
	return ps
}

// readConfig reads the file of the flag.
func (r *renderInput) readConfig() model.Problems {
	if r.renderFlags.config == "" {
		return nil
	}
	p, ps := krm.ReadPackage(r.renderFlags.config)
	if !ps.HasErrors() && (len(p.Items) != 1 || p.Items[0].Place.Object.Kind != "RenderAPIs") {
		ps.Errorf(model.InputFile, model.Place{File: r.renderFlags.config}, "contains something else than one RenderAPIs")
	}
	if !ps.HasErrors() {
		r.config, r.root = p.Items[0], filepath.Dir(r.renderFlags.config)
	}
	return ps
}

// readFile reads a file that the configuration names. Its path is relative to that of the configuration.
func (r *renderInput) readFile(name string) ([]byte, error) {
	if r.config == nil {
		return nil, errors.New("there is no configuration")
	}
	// The path of the configuration is the path of the package joined with the path inside it.
	dir, err := filepath.Rel(r.root, filepath.Dir(filepath.FromSlash(r.config.Place.File)))
	if err != nil {
		dir = "."
	}
	if path.IsAbs(name) {
		return nil, fmt.Errorf("use a path relative to %s", path.Dir(r.config.Place.File))
	}
	return krm.ReadFile(r.root, path.Join(filepath.ToSlash(dir), name))
}

// input returns the input of the run.
func (r *renderInput) input() gen.Input {
	return gen.Input{Items: r.items, Config: r.config, ReadFile: r.readFile, WithoutInputs: true, AllScalers: r.allScalers}
}

// withoutRules writes the rules of the adapter to the file of the flag, and returns the other rendered items. Without the flag, it
// returns all.
func (f *renderFlags) withoutRules(out gen.Output) ([]*krm.Item, error) {
	if f.adapterValues == "" || out.Rules == nil {
		return out.Rendered, nil
	}
	text, err := out.Rules.Values()
	if err != nil {
		return nil, &failure{err}
	}
	if err := writeFile(f.adapterValues, text); err != nil {
		return nil, &failure{err}
	}
	return slices.DeleteFunc(slices.Clone(out.Rendered), func(it *krm.Item) bool { return it == out.Rules.ConfigMap }), nil
}

// writeFile replaces a file as a whole.
func writeFile(name string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	const mode = 0o644
	_, writeErr := f.Write(text)
	if err := errors.Join(writeErr, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// readStdin returns a function that gives standard input to every reader, if a path is "-".
func readStdin(paths []string, stdin io.Reader) (func() io.Reader, model.Problems) {
	if !slices.Contains(paths, "-") {
		return func() io.Reader { return strings.NewReader("") }, nil
	}
	text, ps := krm.ReadText(stdin, model.Place{File: "-"})
	return func() io.Reader { return strings.NewReader(text) }, ps
}
