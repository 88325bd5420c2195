package check

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/demand"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/keda"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

// Link is a link of the chain of a scaler.
type Link struct {
	// Role is what the link is for, What the object or setting.
	Role, What string
	// Place is where it is defined, Source the position of that, which Locate sets.
	Place  model.Place
	Source model.Source
	// Problems are those of the link itself.
	Problems model.Problems
	Links    []*Link
}

// Broken reports whether the link has an error.
func (l *Link) Broken() bool { return l.Problems.HasErrors() }

// Where returns the file, line, and field of the link, as far as they are known.
func (l *Link) Where() string {
	at := model.Place{File: l.Place.File, Field: l.Place.Field}
	if l.Source.Line > 0 {
		at.File = fmt.Sprintf("%s:%d", l.Source.File, l.Source.Line)
	}
	return at.String()
}

// Explain returns the chain of a scaler by its name: NAME or NAMESPACE/NAME, optionally after a short name of its kind, such as
// "hpa/" or "so/".
func Explain(in Input, name string) (*Link, model.Problems) {
	w, found := run(in)
	var ps model.Problems
	s := w.named(name, &ps)
	if s == nil {
		return nil, ps
	}
	return newExplainer(w, found).explain(s), nil
}

// ExplainAll returns the chains of all scalers, sorted by name, and the problems that are about none of them.
func ExplainAll(in Input) ([]*Link, model.Problems) {
	w, ps := run(in)
	if len(w.graph.Scalers) == 0 {
		ps.Errorf(model.HPATarget, model.Place{}, "the input has no %s", lookup.OneOf(kindsOfScalers()))
		return nil, ps.Sorted()
	}
	e := newExplainer(w, ps)
	var all []*Link
	for _, s := range w.graph.Scalers {
		all = append(all, e.explain(s))
	}
	return all, e.rest()
}

// explainer makes the chains of scalers.
type explainer struct {
	*assigner
	demands map[metricKey]*demand.Demand
	keda    map[*chain.Scaler]*chain.KEDA
}

func newExplainer(w *world, ps model.Problems) *explainer {
	return &explainer{newAssigner(w, ps), w.byMetric(), w.triggered()}
}

// explain returns the chain of a scaler with its problems.
func (e *explainer) explain(s *chain.Scaler) *Link {
	root := e.chain(s)
	e.assign(s, root)
	return root
}

// named returns the scaler with a name.
func (w *world) named(name string, ps *model.Problems) *chain.Scaler {
	name, kind := cutKind(name)
	var found []*chain.Scaler
	var names []string
	for _, s := range w.graph.Scalers {
		o := s.Item.Place.Object
		full := s.Namespace() + "/" + o.Name
		if kind != "" && kind != o.Kind {
			continue
		}
		names = append(names, o.Name, full)
		if name == o.Name || name == full {
			found = append(found, s)
		}
	}
	switch kind = cmp.Or(kind, shortNames[0].kind); {
	case len(found) == 0:
		ps.Errorf(model.HPATarget, model.Place{}, "the input has no %s %q%s", kind, name, krm.DidYouMean(name, names))
	case len(found) > 1:
		ps.Errorf(model.HPATarget, model.Place{}, "%d %ss are named %q: %s", len(found), kind, name, severalHint(found))
	default:
		return found[0]
	}
	return nil
}

// shortNames are those of the kinds of scalers.
var shortNames = []struct{ prefix, kind string }{
	{"hpa/", "HorizontalPodAutoscaler"},
	{"scaledobject/", keda.ScaledObjectKind},
	{"so/", keda.ScaledObjectKind},
	{"scaledjob/", keda.ScaledJobKind},
	{"sj/", keda.ScaledJobKind},
}

// cutKind removes the short name of a kind from a name. The kind is empty if there is none.
func cutKind(name string) (rest, kind string) {
	for _, s := range shortNames {
		if rest, ok := strings.CutPrefix(name, s.prefix); ok {
			return rest, s.kind
		}
	}
	return name, ""
}

// CutKind removes the short name of a kind, such as hpa/, from a name. If it is that of another kind, the result is empty.
func CutKind(name, kind string) string {
	rest, of := cutKind(name)
	if of != "" && of != kind {
		return ""
	}
	return rest
}

// HasKind reports whether a name begins with the short name of a kind.
func HasKind(name string) bool {
	_, kind := cutKind(name)
	return kind != ""
}

// severalHint tells scalers of one name apart, for the end of a message.
func severalHint(found []*chain.Scaler) string {
	var names, places []string
	for _, s := range found {
		names = append(names, s.Namespace()+"/"+s.Item.Place.Object.Name)
		places = append(places, cmp.Or(s.Item.Place.File, "the input"))
	}
	if names = lookup.Distinct(names); len(names) == 1 {
		return fmt.Sprintf("%s is in %s; the last one applied wins, so remove the others", names[0],
			lookup.Join(lookup.Distinct(places), " and "))
	}
	return "use " + lookup.OneOf(names)
}

// kindsOfScalers are the kinds that have chains.
func kindsOfScalers() []string {
	var kinds []string
	for _, s := range shortNames {
		kinds = append(kinds, s.kind)
	}
	return lookup.Distinct(kinds)
}
