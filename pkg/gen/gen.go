package gen

import (
	"slices"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Input is what one run works on.
type Input struct {
	// Items are all objects that the orchestrator or the files hold.
	Items []*krm.Item
	// Config is the functionConfig, nil for none: a RenderAPIs or a ConfigMap.
	Config *krm.Item
	// ReadFile reads a file of the package by its slash-separated path. It must not reach outside of the package.
	ReadFile func(path string) ([]byte, error)
	// WithoutInputs leaves the inputs out of the items of the Output, where nobody is going to write them.
	WithoutInputs bool
}

// Output is the result of a run without errors.
type Output struct {
	// Items are the items to hand back: foreign ones untouched and in their order, the inputs among them, unless they are not
	// wanted, marked as local configuration, then everything rendered.
	Items []*krm.Item
	// Rendered are the rendered ones among Items.
	Rendered []*krm.Item
	// Owner names the function configuration; the rendered items carry it.
	Owner string
	// Origin returns the place of the input from which an object was rendered, an empty one if there is no single one. It is there
	// even if there are errors.
	Origin func(o model.Object) (from model.Place, rendered bool)
}

// Run renders all manifests of in. With an error among the problems there is no output but its Origin.
func Run(in Input) (Output, model.Problems) {
	opts, ps := readOptions(in.Config, in.ReadFile)
	src, more := read(in, opts)
	ps.Add(more...)
	facts, decided, more := build(src, opts)
	ps.Add(withoutFollowUps(more, ps)...)
	objects := render(facts, opts)
	origin := origins(facts, opts, objects)
	ps.Add(clashes(objects, in.Items, src.scope, decided.merged)...)
	rendered := identities(objects)
	ps.Add(lostRules(rendered, in.Items, src.scope, opts)...)
	if ps.HasErrors() {
		return Output{Origin: origin}, ps.Sorted()
	}
	out := decided.merge(in, objects, rendered, src.scope, opts.owner)
	ps.Add(checkChains(out, opts)...)
	if ps.HasErrors() {
		return Output{Origin: origin}, ps.Sorted()
	}
	out.markLocal()
	return Output{Items: out.items, Rendered: out.rendered, Owner: opts.owner, Origin: origin}, ps.Sorted()
}

// checkChains proves the chain of everything rendered. What is wrong with a HorizontalPodAutoscaler or another object of somebody
// else does not stop the rendering; krm-fn check is for that.
func checkChains(out merged, opts options) model.Problems {
	all := check.Run(check.Input{Items: out.applied(), Minor: opts.minor})
	if !all.HasErrors() {
		return all
	}
	own := map[model.Object]bool{}
	for _, it := range out.rendered {
		own[it.Place.Object] = true
	}
	isForeignScaler := func(it *krm.Item) bool {
		o := it.Place.Object
		return isScaler(o.Kind) && !own[o]
	}
	foreign := func(p model.Problem) bool { return isAboutScaler(p.ID) && !own[p.Place.Object] }
	ours := all
	// Only an error that could be due to others asks for a second run without them.
	if slices.ContainsFunc(all, func(p model.Problem) bool { return p.Severity == model.Error && !foreign(p) }) &&
		slices.ContainsFunc(out.items, isForeignScaler) {
		ours = check.Run(check.Input{Items: slices.DeleteFunc(out.applied(), isForeignScaler), Minor: opts.minor})
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

// withoutFollowUps leaves out what is said about a field whose value could not even be decoded.
func withoutFollowUps(ps, decoding model.Problems) model.Problems {
	failed := map[model.Place][]string{}
	document := func(p model.Place) model.Place { return model.Place{Object: p.Object, File: p.File, Index: p.Index} }
	for _, d := range decoding {
		if d.Severity == model.Error && d.ID != model.InputField && d.Place.Field != "" {
			failed[document(d.Place)] = append(failed[document(d.Place)], d.Place.Field)
		}
	}
	return slices.DeleteFunc(ps, func(p model.Problem) bool {
		return slices.ContainsFunc(failed[document(p.Place)], func(field string) bool {
			within, ok := strings.CutPrefix(p.Place.Field, field)
			return ok && (within == "" || within[0] == '.' || within[0] == '[')
		})
	})
}
