package check

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/krm-fn/krm-fn/pkg/krm"
)

// relation says whether two objects are in one namespace.
type relation int

const (
	apart relation = iota
	// unknown is where only one of them states a namespace: they meet if the other one is applied to it by
	// `kubectl apply -n`, `helm install -n` or the destination of an Argo CD application.
	unknown
	together
)

// relate compares two namespaces as they are written. What states none goes to one namespace, most often default.
func relate(a, b string) relation {
	switch {
	case a == b || orDefault(a) == orDefault(b):
		return together
	case a == "" || b == "":
		return unknown
	}
	return apart
}

// meet tells whether two objects are, or may be, in one namespace.
func meet(a, b *krm.Item) bool {
	return relate(a.Place.Object.Namespace, b.Place.Object.Namespace) != apart
}

func orDefault(ns string) string {
	if ns == "" {
		return metav1.NamespaceDefault
	}
	return ns
}

// matches tells whether a selector matches a set of labels: nil matches nothing, an empty one everything, and one that
// Kubernetes refuses nothing.
func matches(s *metav1.LabelSelector, set map[string]string) bool {
	if s != nil {
		for k, v := range s.MatchLabels {
			if got, ok := set[k]; !ok || got != v {
				return false
			}
		}
	}
	sel, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && sel.Matches(labels.Set(set))
}

// namespaceLabels are the labels of a namespace; false where it is not among the items, so that only its name is known
// (which the API server sets as a label since Kubernetes 1.21).
func (w *world) namespaceLabels(ns string) (map[string]string, bool) {
	written, ok := w.namespaces[orDefault(ns)]
	all := map[string]string{corev1.LabelMetadataName: orDefault(ns)}
	maps.Copy(all, written)
	return all, ok
}

// podLabelsAdded are labels that controllers give to the pods of a workload beside those of its template.
var podLabelsAdded = []string{
	"pod-template-hash",
	"rollouts-pod-template-hash",
	"controller-revision-hash",
	"pod-template-generation",
	"statefulset.kubernetes.io/pod-name",
	"apps.kubernetes.io/pod-index",
}

// selectsPods tells whether a Service sends requests to pods of wl
// (k8s.io/endpointslice: a Service without a selector has no endpoints but those that somebody writes).
func (s *service) selectsPods(wl *workload) bool {
	return s.hasSelector() && meet(s.item, wl.item) && selectsLabels(s.spec.Selector, wl.template.Labels)
}

// hasSelector tells whether the endpoints of a Service follow from its selector.
func (s *service) hasSelector() bool {
	return len(s.spec.Selector) > 0 && s.spec.Type != corev1.ServiceTypeExternalName
}

// selectsLabels tells whether the pairs of selector are among the labels of a template or are added by controllers.
func selectsLabels(selector, template map[string]string) bool {
	for k, v := range selector {
		if got, ok := template[k]; (!ok || got != v) && !slices.Contains(podLabelsAdded, k) {
			return false
		}
	}
	return true
}

// matchesPort tells whether the port of a monitor means a name. The operator writes the port into the configuration
// of Prometheus as a regular expression, which has to match the whole name.
func matchesPort(port, name string) bool {
	if port == name {
		return true
	}
	re, err := regexp.Compile("^(?s:" + port + ")$")
	return err == nil && re.MatchString(name)
}

// unmet are the requirements of a selector that a set of labels does not meet, in the order of their keys, and how many
// it does meet. A selector that Kubernetes refuses has none.
func unmet(s *metav1.LabelSelector, set map[string]string) (failed []labels.Requirement, met int) {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil, 0
	}
	reqs, _ := sel.Requirements()
	for _, r := range reqs {
		if r.Matches(labels.Set(set)) {
			met++
		} else {
			failed = append(failed, r)
		}
	}
	return failed, met
}

// wants says in words what a requirement demands.
func wants(r labels.Requirement) string {
	values := slices.Sorted(maps.Keys(r.Values()))
	switch r.Operator() {
	case selection.Equals, selection.DoubleEquals:
		return r.Key() + ": " + values[0]
	case selection.In:
		return r.Key() + ": " + oneOf(values)
	case selection.Exists:
		return "a label " + r.Key()
	}
	return "no label " + strings.TrimSuffix(r.Key()+": "+oneOf(values), ": ")
}

// having says in words what a set of labels has for the key of a requirement.
func having(r labels.Requirement, set map[string]string) string {
	if v, ok := set[r.Key()]; ok {
		return r.Key() + ": " + v
	}
	return "no label " + r.Key()
}
