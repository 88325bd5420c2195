package gen

import (
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Input is what one run works on.
type Input struct {
	// Items are all objects that the orchestrator or the files hold.
	Items []*krm.Item
	// Config is the functionConfig, nil for none: a RenderAPIs or a ConfigMap.
	Config *krm.Item
	// ReadFile reads a file of the package by its slash-separated path relative to Config. It must not reach outside of
	// the package.
	ReadFile func(path string) ([]byte, error)
}

// Output is the result of a run without errors.
type Output struct {
	// Items are the items to hand back: foreign ones untouched and in their order, the inputs marked as local
	// configuration, then everything rendered.
	Items []*krm.Item
	// Rendered are the rendered ones among Items.
	Rendered []*krm.Item
	// Owner names the function configuration; the rendered items carry it.
	Owner string
}

// Run renders all manifests of in. With an error among the problems there is no output.
func Run(in Input) (Output, model.Problems) {
	opts, ps := readOptions(in.Config, in.ReadFile)
	src, more := read(in, opts)
	ps.Add(more...)
	facts, more := build(src, opts)
	ps.Add(more...)
	objects := render(facts, opts)
	ps.Add(clashes(objects, in.Items)...)
	if ps.HasErrors() {
		return Output{}, ps.Sorted()
	}
	out, err := merge(in.Items, objects, src, opts)
	if err != nil {
		ps.Errorf(model.OutputConflict, model.Place{}, "%v", err)
		return Output{}, ps.Sorted()
	}
	return out, ps.Sorted()
}
