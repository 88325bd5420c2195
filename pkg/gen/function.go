package gen

import (
	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Function is one run as a KRM function: it renders the items of a list or, with a CheckManifests, checks them. It returns the
// output items, and the sources in which the problems are located. If a problem is an error, the output items are the items of
// the list. It reads only files below root; for kpt, the directory of the package replaces root.
func Function(list *krm.List, root string) ([]*krm.Item, krm.Sources, model.Problems) {
	if path := PackagePath(list.Items, list.FunctionConfig); path != "" {
		root = path
	}
	readFile := func(name string) ([]byte, error) { return krm.ReadFile(root, name) }
	sources := krm.Sources{Items: list.Items, Stream: true, ReadFile: readFile}
	fc := list.FunctionConfig
	if fc != nil {
		sources.Configs = []*krm.Item{fc}
	}
	if fc != nil && fc.Place.Object.Kind == check.ConfigKind {
		in := check.Input{Items: list.Items}
		ps := in.Configure(fc, readFile)
		ps.Add(check.Run(in)...)
		return list.Items, sources, ps.Sorted()
	}
	out, ps := Run(Input{Items: list.Items, Config: fc, ReadFile: readFile})
	sources.Origin = out.Origin
	if ps.HasErrors() {
		return list.Items, sources, ps
	}
	return out.Items, sources, ps
}
