package chain

import (
	"regexp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/krm-fn/krm-fn/pkg/check/lookup"
	"github.com/krm-fn/krm-fn/pkg/krm"
)

// matchesPods tells whether a selector matches pods of wl. A label that controllers add may have any value.
func matchesPods(s *metav1.LabelSelector, wl *Workload) bool {
	lax := metav1.LabelSelector{MatchLabels: certainLabels(s.MatchLabels), MatchExpressions: s.MatchExpressions}
	added := func(r metav1.LabelSelectorRequirement) bool { return slices.Contains(podLabelsAdded, r.Key) }
	if slices.ContainsFunc(lax.MatchExpressions, added) {
		lax.MatchExpressions = slices.DeleteFunc(slices.Clone(lax.MatchExpressions), added)
	}
	return lookup.Matches(&lax, wl.Template.Labels)
}

// MayShareNamespace tells whether two objects are, or may be, in one namespace.
func MayShareNamespace(a, b *krm.Item) bool {
	return lookup.CompareNamespaces(a.Place.Object.Namespace, b.Place.Object.Namespace) != lookup.Different
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

// selectsLabels tells whether the pairs of selector are among the labels of a template or are added by controllers.
func selectsLabels(selector, template map[string]string) bool {
	for k, v := range selector {
		if got, ok := template[k]; (!ok || got != v) && !slices.Contains(podLabelsAdded, k) {
			return false
		}
	}
	return true
}

// MatchesPort tells whether the port of a monitor means a name. The operator writes the port into the configuration
// of Prometheus as a regular expression, which has to match the whole name.
func MatchesPort(port, name string) bool {
	if port == name {
		return true
	}
	re, err := regexp.Compile("^(?s:" + port + ")$")
	return err == nil && re.MatchString(name)
}

// certainLabels leaves out the labels that controllers add.
func certainLabels(set map[string]string) map[string]string {
	if slices.ContainsFunc(podLabelsAdded, func(k string) bool { _, ok := set[k]; return ok }) {
		return lookup.Without(set, podLabelsAdded)
	}
	return set
}
