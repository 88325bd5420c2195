package main

import (
	"fmt"
	"io"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/gen"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// runFunction is the KRM function: a ResourceList in, a ResourceList out. It reads files below root only, which kpt
// overrides by the folder of the package. The output is whole even if there are errors,
// because kpt takes the results from it; the items are then those of the input.
func runFunction(root string, stdin io.Reader, stdout, stderr io.Writer) error {
	list, ps := krm.ReadList(stdin)
	if ps.HasErrors() {
		return report(stderr, located(ps, krm.Sources{}))
	}
	if path := gen.PackagePath(list.Items, list.FunctionConfig); path != "" {
		root = path
	}
	readFile := func(name string) ([]byte, error) { return krm.ReadFile(root, name) }
	items := list.Items
	sources := krm.Sources{Items: items, Stream: true, ReadFile: readFile}
	if list.FunctionConfig != nil {
		sources.Configs = []*krm.Item{list.FunctionConfig}
	}
	if fc := list.FunctionConfig; fc != nil && fc.Place.Object.Kind == check.ConfigKind {
		in := check.Input{Items: list.Items}
		ps.Add(in.Configure(fc, readFile)...)
		ps.Add(check.Run(in)...)
	} else {
		out, more := gen.Run(gen.Input{Items: list.Items, Config: list.FunctionConfig, ReadFile: readFile})
		ps.Add(more...)
		sources.Origin = out.Origin
		if !ps.HasErrors() {
			items = out.Items
		}
	}
	ps = located(ps, sources)
	if err := writeList(stdout, list, items, ps); err != nil {
		return err
	}
	return report(stderr, ps)
}

func writeList(stdout io.Writer, list *krm.List, items []*krm.Item, ps model.Problems) error {
	results, err := krm.Results(ps)
	if err != nil {
		return &failure{err}
	}
	if err := list.Write(stdout, items, results); err != nil {
		return &failure{fmt.Errorf("standard output: %w", err)}
	}
	return nil
}
