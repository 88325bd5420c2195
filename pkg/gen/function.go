package gen

import (
	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Function is one run as a KRM function: it renders the items of a list or, with a CheckManifests, checks them. It returns the
// items to hand back, which are those of the list where a problem is an error. It reads files below root only, which kpt
// overrides by the folder of the package.
func Function(list *krm.List, root string) ([]*krm.Item, model.Problems) {
	if path := PackagePath(list.Items, list.FunctionConfig); path != "" {
		root = path
	}
	readFile := func(name string) ([]byte, error) { return krm.ReadFile(root, name) }
	if fc := list.FunctionConfig; fc != nil && fc.Place.Object.Kind == check.ConfigKind {
		in := check.Input{Items: list.Items}
		ps := in.Configure(fc, readFile)
		ps.Add(check.Run(in)...)
		return list.Items, ps.Sorted()
	}
	out, ps := Run(Input{Items: list.Items, Config: list.FunctionConfig, ReadFile: readFile})
	if ps.HasErrors() {
		return list.Items, ps
	}
	return out.Items, ps
}
