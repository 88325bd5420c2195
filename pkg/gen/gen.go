package gen

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Input is the input of one run.
type Input struct {
	// Items are all objects from the orchestrator or the files.
	Items []*krm.Item
	// Config is the functionConfig, nil for none: a RenderAPIs or a ConfigMap.
	Config *krm.Item
	// ReadFile reads a file of the package by its slash-separated path. It must not read outside the package.
	ReadFile func(path string) ([]byte, error)
	// AllScalers serves the metrics of all scalers of users, as spec.scalers: all of a RenderAPIs does.
	AllScalers bool
	// WithoutInputs omits the inputs from the items of the Output, for callers that do not write them.
	WithoutInputs bool
}

// Output is the result of a run without errors.
type Output struct {
	// Items are the output items: the other items unchanged and in their order, with the inputs (unless they are omitted)
	// marked as local configuration, then everything rendered.
	Items []*krm.Item
	// Rendered are the rendered ones among Items.
	Rendered []*krm.Item
	// Rules are the rules of the adapter among Rendered, nil if there are none.
	Rules *AdapterRules
	// Owner names the function configuration; the rendered items have it as an annotation.
	Owner string
	// Origin returns the place of the input from which an object was rendered, or an empty place if there is no single input.
	// It is set even if there are errors.
	Origin func(o model.Object) (from model.Place, rendered bool)
}

// Run renders all manifests of in. If a problem is an error, the output only has its Origin.
func Run(in Input) (Output, model.Problems) {
	opts, ps := readOptions(in.Config, in.ReadFile)
	opts.adoptAll = opts.adoptAll || in.AllScalers
	src, more := read(in, opts)
	ps.Add(more...)
	facts, decided, more := build(src, opts)
	ps.Add(more.WithoutFollowUps(ps)...)
	objects := render(facts, opts)
	origin := origins(facts, opts, objects)
	rendered, more := clashes(objects, in.Items, src.scope, decided.merged)
	ps.Add(more...)
	ps.Add(lostRules(rendered, in.Items, src.scope, opts)...)
	if ps.HasErrors() {
		return Output{Origin: origin}, ps.Sorted()
	}
	out := decided.merge(in, objects, rendered, src.scope, opts.owner)
	ps.Add(checkChains(out, facts, opts)...)
	if ps.HasErrors() {
		return Output{Origin: origin}, ps.Sorted()
	}
	out.markLocal()
	return Output{
		Items: out.items, Rendered: out.rendered, Rules: adapterRules(facts, out.rendered), Owner: opts.owner, Origin: origin,
	}, ps.Sorted()
}

// checkChains checks the metric chains of everything rendered. A problem of a scaler that krm-fn did not render, or a malformed
// field of any other such object, does not stop the rendering; krm-fn check is for that.
func checkChains(out merged, f facts, opts options) model.Problems {
	all := check.Run(check.Input{Items: out.applied(), Complete: true, Minor: opts.minor})
	if !all.HasErrors() {
		return all
	}
	own := map[model.Object]bool{}
	for _, it := range out.rendered {
		own[it.Place.Object] = true
	}
	for _, a := range f.adopted {
		own[a.place.Object] = true
	}
	isForeignScaler := func(it *krm.Item) bool {
		o := it.Place.Object
		return isScaler(o.Kind) && !own[o]
	}
	foreign := func(p model.Problem) bool {
		return !own[p.Place.Object] && (isAboutScaler(p.ID) || strings.HasPrefix(string(p.ID), "input/"))
	}
	ours := all
	// Only an error that other scalers could cause requires a second run without them.
	if slices.ContainsFunc(all, func(p model.Problem) bool { return p.Severity == model.Error && !foreign(p) }) &&
		slices.ContainsFunc(out.items, isForeignScaler) {
		ours = check.Run(check.Input{
			Items: slices.DeleteFunc(out.applied(), isForeignScaler), Complete: true, Minor: opts.minor,
		})
	}
	remain := map[model.Problem]bool{}
	for _, p := range ours {
		remain[p] = true
	}
	for i, p := range all {
		if p.Severity == model.Error && (foreign(p) || !remain[p]) {
			all[i].Severity = model.Warning
		}
	}
	return all
}

// Function is one run as a KRM function: it renders the items of a list or, with a CheckManifests, checks them. It returns the
// output items, and the sources in which the problems are located. If a problem is an error, the output items are the items of
// the list. It reads only files below root; for kpt, those of the package, which must be below root.
func Function(list *krm.List, root string) ([]*krm.Item, krm.Sources, model.Problems) {
	readFile := func(name string) ([]byte, error) {
		if dir := packagePath(list.Items); dir != "" {
			return krm.ReadPackageFile(root, dir, name)
		}
		return krm.ReadFile(root, name)
	}
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
