package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/krm-fn/krm-fn/pkg/krm"
	"github.com/krm-fn/krm-fn/pkg/model"
)

const hpaTargetID model.ID = "hpa/target"

var hpaTarget = Check{
	ID:    hpaTargetID,
	Title: "scaleTargetRef names no workload here",
	Why: "The controller finds what it scales by group, kind and name in the namespace of the HorizontalPodAutoscaler. " +
		"If nothing is there, or it has no scale, the condition AbleToScale is False with the reason FailedGetScale.",
	Mend: "Write the apiVersion, kind and name of a Deployment, StatefulSet or ReplicaSet of the same namespace.",
	Bad: `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}
  maxReplicas: 5
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 100m}}}]}
`,
	Good: `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 5
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, resources: {requests: {cpu: 100m}}}]}
`,
	run: func(w *world, ps *model.Problems) {
		mi := &missing{graph: w.graph, names: map[targetKey]*lexicon{}}
		for _, s := range w.graph.scalers {
			checkTarget(w.graph, mi, s, ps)
		}
	},
}

// scaledKinds are the kinds that Kubernetes itself can scale, with the apiVersion to write. Groups with a dot belong to
// others.
var scaledKinds = map[string]string{
	"Deployment":            "apps/v1",
	"ReplicaSet":            "apps/v1",
	"ReplicationController": "v1",
	"StatefulSet":           "apps/v1",
}

func checkTarget(g *graph, mi *missing, s *scaler, ps *model.Problems) {
	ref := s.ref
	for _, f := range []struct{ name, value string }{{"kind", ref.kind}, {"name", ref.name}} {
		if f.value == "" {
			ps.Errorf(hpaTargetID, s.refAt().Child(f.name), "is missing; write the %s of the workload to scale", f.name)
		}
	}
	_, err := schema.ParseGroupVersion(ref.apiVersion)
	switch wl := s.target; {
	case ref.kind == "" || ref.name == "":
	case err != nil:
		ps.Valuef(hpaTargetID, s.refAt().Child("apiVersion"), ref.apiVersion,
			"%q is no apiVersion; write GROUP/VERSION, such as apps/v1", ref.apiVersion)
	case slices.Contains(unscalable, groupKind(ref.apiVersion, ref.kind)):
		ps.Valuef(hpaTargetID, s.refAt().Child("kind"), ref.kind,
			"a %s has no scale, so that nothing can scale it; write a Deployment, StatefulSet or ReplicaSet", ref.kind)
	case !strings.Contains(model.Group(ref.apiVersion), ".") && !checkKind(g, s, ps):
	case wl != nil:
		checkFound(g, s, wl, ps)
	case strings.Contains(model.Group(ref.apiVersion), "."):
		ps.Infof(hpaTargetID, s.refAt(), "the pods of %s %s are not described here, so that they are not judged", ref.kind, ref.name)
	default:
		mi.report(s, ps)
	}
}

// checkKind judges the kind and group of a target that Kubernetes itself should have.
func checkKind(g *graph, s *scaler, ps *model.Problems) bool {
	ref := s.ref
	kinds := slices.Sorted(maps.Keys(scaledKinds))
	want, known := scaledKinds[ref.kind]
	group := model.Group(ref.apiVersion)
	p := model.Problem{ID: hpaTargetID, Severity: model.Error, Place: s.refAt().Child("apiVersion"), Value: ref.apiVersion, Suggestion: want}
	switch {
	case !known:
		p.Place, p.Value, p.Suggestion = s.refAt().Child("kind"), ref.kind, krm.Suggest(ref.kind, kinds)
		p.Message = fmt.Sprintf("%q is no kind of Kubernetes that can be scaled%s", ref.kind, krm.DidYouMean(ref.kind, kinds))
	case group == model.Group(want):
		return true
	case group == "extensions" && g.before(16):
		return true
	case group == "extensions":
		p.Message = fmt.Sprintf("the group extensions has no %s since Kubernetes 1.16; write %s", ref.kind, want)
	case ref.apiVersion == "":
		p.Message = fmt.Sprintf("is missing, so that a %s of the core group is looked for, which there is not; write %s", ref.kind, want)
	default:
		p.Message = fmt.Sprintf("%q has no %s; write %s", ref.apiVersion, ref.kind, want)
	}
	ps.Add(p)
	return false
}

// reportMissingNamespace reports two objects of which one alone states a namespace, although they have to be in the same.
func reportMissingNamespace(id model.ID, a, b *krm.Item, ps *model.Problems) {
	if a.Place.Object.Namespace != "" {
		a, b = b, a
	}
	ns := b.Place.Object.Namespace
	ps.Warnf(id, a.Place.Child("metadata").Child("namespace"),
		"is missing, but %s is in %s, and both have to be in one namespace; write %s", b.Place.Object, ns, ns)
}

// checkFound judges the target of s itself.
func checkFound(g *graph, s *scaler, wl *workload, ps *model.Problems) {
	its := wl.item.Place.Object
	if relate(s.item.Place.Object.Namespace, its.Namespace) == unknown {
		reportMissingNamespace(hpaTargetID, s.item, wl.item, ps)
	}
	if !slices.Contains(scalable, wl.groupKind()) {
		return
	}
	at := wl.item.Place.Child("spec").Child("selector")
	switch {
	case !wl.knowsPods():
		ps.Errorf(hpaTargetID, wl.at().Child("spec").Child("containers"),
			"is missing, so that the API server refuses the %s; write at least one container", its.Kind)
	case wl.selector != nil && len(wl.selector.MatchLabels)+len(wl.selector.MatchExpressions) == 0:
		ps.Errorf(hpaTargetID, at, "is empty, so that the API server refuses the %s; write the labels of spec.template", its.Kind)
	case wl.selector == nil:
		ps.Errorf(hpaTargetID, at, "is missing, so that the API server refuses the %s; write the labels of spec.template", its.Kind)
	case !matches(wl.selector, wl.template.labels):
		ps.Errorf(hpaTargetID, at, "does not match the labels of spec.template, so that the API server refuses the %s; write the same labels", its.Kind)
	}
}

// missing says why no object here is the target of a scaler.
type missing struct {
	graph *graph
	// names are those of the workloads that may be suggested, spaces the workloads by namespace.
	names  map[targetKey]*lexicon
	spaces once[*spaced[*workload]]
}

// report says why no object here is the target of s, which is of a kind of Kubernetes.
func (mi *missing) report(s *scaler, ps *model.Problems) {
	ref, at := s.ref, s.refAt().Child("name")
	near := mi.spaces.get(mi.findSpaces).near(s.item.Place.Object.Namespace)
	judged := slices.ContainsFunc(near, func(wl *workload) bool { return slices.Contains(scalable, wl.groupKind()) })
	var elsewhere, otherKind *workload
	for _, i := range mi.graph.workloads.labels.named(ref.name) {
		wl := mi.graph.workloads.all[i]
		switch met, same := meet(s.item, wl.item), wl.groupKind() == groupKind(ref.apiVersion, ref.kind); {
		case same && !met:
			elsewhere = wl
		case met && !same && slices.Contains(scalable, wl.groupKind()):
			otherKind = wl
		}
	}
	switch {
	case otherKind != nil:
		o := otherKind.item.Place.Object
		ps.Add(model.Problem{
			ID: hpaTargetID, Severity: model.Error, Place: s.refAt().Child("kind"), Value: ref.kind, Suggestion: o.Kind,
			Message: fmt.Sprintf("no %s is named %s, but a %s is; write %s", ref.kind, ref.name, o.Kind, o.Kind),
		})
	case elsewhere != nil:
		ps.Errorf(hpaTargetID, s.item.Place.Child("metadata").Child("namespace"),
			"is %s, but %s %s is in %s, and both have to be in one namespace", s.namespace(), ref.kind, ref.name, model.NamespaceOf(elsewhere.item.Place.Object.Namespace))
	case !judged:
		ps.Infof(hpaTargetID, at, "%s %s is not among the objects given, so that its pods are not judged", ref.kind, ref.name)
	default:
		names := mi.namesOf(targetRef{ref.apiVersion, ref.kind, ""}.key(s.item.Place.Object.Namespace), near)
		hint := names.didYouMean(ref.name)
		if hint == "" && len(names.names) > 0 {
			hint = "; here are " + names.around(ref.name)
		}
		ps.Add(model.Problem{
			ID: hpaTargetID, Severity: model.Error, Place: at, Value: ref.name, Suggestion: names.suggest(ref.name),
			Message: fmt.Sprintf("no %s in namespace %s is named %q%s", ref.kind, s.namespace(), ref.name, hint),
		})
	}
}

// findSpaces sorts the workloads by namespace.
func (mi *missing) findSpaces() *spaced[*workload] {
	out := &spaced[*workload]{}
	for _, wl := range mi.graph.workloads.all {
		out.add(wl.item.Place.Object.Namespace, wl)
	}
	return out
}

// namesOf are the names of the workloads of one kind that are near.
func (mi *missing) namesOf(kind targetKey, near []*workload) *lexicon {
	return remember(mi.names, kind, func(kind targetKey) *lexicon {
		var names []string
		for _, wl := range near {
			o := wl.item.Place.Object
			if (targetRef{o.APIVersion, o.Kind, ""}.key(kind.namespace)) == kind {
				names = append(names, o.Name)
			}
		}
		return newLexicon(names)
	})
}
