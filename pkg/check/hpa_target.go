package check

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/check/chain"
	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/hpa/validation"
	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

func hpaTarget(w *world, ps *model.Problems) {
	mi := &missing{graph: w.graph, names: map[chain.TargetKey]*lookup.Suggester{}, definitions: map[[2]string]*definition{}}
	for _, s := range w.graph.Scalers {
		if s.HasTarget() {
			checkTarget(w.graph, mi, s, ps)
		}
	}
}

// scaledKinds are the kinds that Kubernetes itself can scale, with the apiVersion to write. Groups with a dot belong to
// others.
var scaledKinds = map[string]string{
	"Deployment":            "apps/v1",
	"ReplicaSet":            "apps/v1",
	"ReplicationController": "v1",
	"StatefulSet":           "apps/v1",
}

func checkTarget(g *chain.Graph, mi *missing, s *chain.Scaler, ps *model.Problems) {
	ref := s.Ref
	invalid := false
	for _, f := range []struct{ name, value string }{{"kind", ref.Kind}, {"name", ref.Name}} {
		if is := validation.Segment(f.value, f.name+" of the workload to scale"); is != "" {
			ps.Valuef(model.HPATarget, s.RefAt().Child(f.name), f.value, "%s", is)
			invalid = true
		}
	}
	_, err := schema.ParseGroupVersion(ref.APIVersion)
	group := model.Group(ref.APIVersion)
	switch wl := s.Target; {
	case invalid:
	case err != nil:
		ps.Valuef(model.HPATarget, s.RefAt().Child("apiVersion"), ref.APIVersion,
			"%q is not a valid apiVersion; use GROUP/VERSION, such as apps/v1", ref.APIVersion)
	case slices.Contains(chain.Unscalable, chain.GroupKind(ref.APIVersion, ref.Kind)):
		ps.Valuef(model.HPATarget, s.RefAt().Child("kind"), ref.Kind,
			"a %s has no scale subresource, so nothing can scale it; use a Deployment, StatefulSet, or ReplicaSet", ref.Kind)
	case !strings.Contains(group, ".") && !checkKind(g, s, ps):
	case strings.Contains(group, ".") && !checkDefinition(mi, s, ps):
	case wl != nil:
		checkFound(s, wl, ps)
	case strings.Contains(group, "."):
		ps.Infof(model.HPATarget, s.RefAt(),
			"the input does not define the pods of %s %s, so they are not checked", ref.Kind, ref.Name)
	default:
		mi.report(s, ps)
	}
}

// checkKind checks the kind and group of a target that Kubernetes itself should have.
func checkKind(g *chain.Graph, s *chain.Scaler, ps *model.Problems) bool {
	ref := s.Ref
	kinds := slices.Sorted(maps.Keys(scaledKinds))
	want, known := scaledKinds[ref.Kind]
	group := model.Group(ref.APIVersion)
	p := model.Problem{ID: model.HPATarget, Place: s.RefAt().Child("apiVersion"), Value: ref.APIVersion, Suggestion: want}
	switch {
	case !known:
		p.Place, p.Value, p.Suggestion = s.RefAt().Child("kind"), ref.Kind, krm.Suggest(ref.Kind, kinds)
		ps.Reportf(p, "%q is not a Kubernetes kind that can be scaled%s", ref.Kind, krm.DidYouMean(ref.Kind, kinds))
	case group == model.Group(want), group == "extensions" && g.Before(16):
		return true
	case group == "extensions":
		ps.Reportf(p, "the group extensions has no %s since Kubernetes 1.16; use %s", ref.Kind, want)
	case ref.APIVersion == "":
		ps.Reportf(p, "is missing, so the controller looks for a %s in the core group, which has none; use %s", ref.Kind, want)
	default:
		ps.Reportf(p, "%q has no %s; use %s", ref.APIVersion, ref.Kind, want)
	}
	return false
}

// reportMissingNamespace reports two objects of which one alone states a namespace, although they have to be in the same.
func reportMissingNamespace(id model.ID, a, b *krm.Item, ps *model.Problems) {
	if a.Place.Object.Namespace != "" {
		a, b = b, a
	}
	ns := b.Place.Object.Namespace
	ps.Warnf(id, a.Place.Child("metadata").Child("namespace"),
		"is missing, but %s is in %s, and both must be in the same namespace; set it to %s", b.Place.Object, ns, ns)
}

// checkFound checks the target of s itself.
func checkFound(s *chain.Scaler, wl *chain.Workload, ps *model.Problems) {
	its := wl.Item.Place.Object
	if lookup.CompareNamespaces(s.Item.Place.Object.Namespace, its.Namespace) == lookup.Unknown {
		reportMissingNamespace(model.HPATarget, s.Item, wl.Item, ps)
	}
	if !slices.Contains(chain.Scalable, wl.GroupKind()) {
		return
	}
	at := wl.Item.Place.Child("spec").Child("selector")
	switch {
	case !wl.KnowsPods():
		ps.Errorf(model.HPATarget, wl.At().Child("spec").Child("containers"),
			"is missing, so the API server rejects the %s; add at least one container", its.Kind)
	case wl.Selector != nil && len(wl.Selector.MatchLabels)+len(wl.Selector.MatchExpressions) == 0:
		ps.Errorf(model.HPATarget, at, "is empty, so the API server rejects the %s; use the labels of spec.template", its.Kind)
	case wl.Selector == nil:
		ps.Errorf(model.HPATarget, at, "is missing, so the API server rejects the %s; use the labels of spec.template", its.Kind)
	case !lookup.Matches(wl.Selector, wl.Template.Labels):
		ps.Errorf(model.HPATarget, at,
			"does not match the labels of spec.template, so the API server rejects the %s; use the same labels", its.Kind)
	}
}

// missing says why no object here is the target of a scaler.
type missing struct {
	graph *chain.Graph
	// names are those of the workloads that may be suggested, spaces the workloads by namespace.
	names  map[chain.TargetKey]*lookup.Suggester
	spaces lookup.Lazy[*lookup.ByNamespace[*chain.Workload]]
	// definitions are those of custom resources, by group and kind.
	definitions map[[2]string]*definition
}

// report says why no object here is the target of s, which is of a kind of Kubernetes.
func (mi *missing) report(s *chain.Scaler, ps *model.Problems) {
	ref, at := s.Ref, s.RefAt().Child("name")
	near := mi.spaces.Get(mi.findSpaces).PossiblyIn(s.Item.Place.Object.Namespace)
	var elsewhere, otherKind *chain.Workload
	for _, i := range mi.graph.Workloads.Labels.Named(ref.Name) {
		wl := mi.graph.Workloads.All[i]
		switch met, same := chain.MayShareNamespace(s.Item, wl.Item), wl.GroupKind() == chain.GroupKind(ref.APIVersion, ref.Kind); {
		case same && !met:
			elsewhere = wl
		case met && !same && slices.Contains(chain.Scalable, wl.GroupKind()):
			otherKind = wl
		}
	}
	switch {
	case otherKind != nil:
		kind := otherKind.Item.Place.Object.Kind
		ps.Reportf(model.Problem{ID: model.HPATarget, Place: s.RefAt().Child("kind"), Value: ref.Kind, Suggestion: kind},
			"no %s is named %s, but a %s is; use %s", ref.Kind, ref.Name, kind, kind)
	case elsewhere != nil:
		ps.Errorf(model.HPATarget, s.Item.Place.Child("metadata").Child("namespace"),
			"is %s, but %s %s is in %s, and both must be in the same namespace",
			s.Namespace(), ref.Kind, ref.Name, model.NamespaceOf(elsewhere.Item.Place.Object.Namespace))
	default:
		kind := chain.TargetRef{APIVersion: ref.APIVersion, Kind: ref.Kind}
		names := mi.namesOf(kind.Key(s.Item.Place.Object.Namespace), near)
		hint := names.DidYouMean(ref.Name)
		p := model.Problem{ID: model.HPATarget, Place: at, Value: ref.Name, Suggestion: names.Suggest(ref.Name)}
		switch {
		case !mi.graph.Complete && hint == "":
			p.Severity = model.Info
			ps.Reportf(p, "%s %s is not in the input, so its pods are not checked", ref.Kind, ref.Name)
			return
		case !mi.graph.Complete:
			p.Severity = model.Warning
		case hint == "" && len(names.Names) > 0:
			hint = "; available: " + names.Around(ref.Name)
		}
		ps.Reportf(p, "no %s in namespace %s is named %q%s", ref.Kind, s.Namespace(), ref.Name, hint)
	}
}

// findSpaces sorts the workloads by namespace.
func (mi *missing) findSpaces() *lookup.ByNamespace[*chain.Workload] {
	out := &lookup.ByNamespace[*chain.Workload]{}
	for _, wl := range mi.graph.Workloads.All {
		out.Add(wl.Item.Place.Object.Namespace, wl)
	}
	return out
}

// namesOf are the names of the workloads of one kind that are near.
func (mi *missing) namesOf(kind chain.TargetKey, near []*chain.Workload) *lookup.Suggester {
	return lookup.Remember(mi.names, kind, func(kind chain.TargetKey) *lookup.Suggester {
		var names []string
		for _, wl := range near {
			o := wl.Item.Place.Object
			if (chain.TargetRef{APIVersion: o.APIVersion, Kind: o.Kind, Name: ""}.Key(kind.Namespace)) == kind {
				names = append(names, o.Name)
			}
		}
		return lookup.NewSuggester(names)
	})
}
