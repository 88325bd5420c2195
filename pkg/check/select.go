package check

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// matches tells whether a selector matches a set of labels: nil matches nothing, an empty one everything, and one that
// Kubernetes refuses nothing.
func matches(s *metav1.LabelSelector, set map[string]string) bool {
	if s != nil {
		for k, v := range s.MatchLabels {
			if got, ok := set[k]; !ok || got != v {
				return false
			}
		}
		if len(s.MatchLabels) > 0 && len(s.MatchExpressions) == 0 && arePlain(s.MatchLabels) {
			return true
		}
	}
	sel, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && sel.Matches(labels.Set(set))
}

// arePlain tells whether Kubernetes surely accepts a set of labels. It is no for some that it accepts.
func arePlain(set map[string]string) bool {
	for k, v := range set {
		prefix, name, ok := strings.Cut(k, "/")
		if !ok {
			prefix, name = "", k
		}
		if !isPlain(name, 63) || v != "" && !isPlain(v, 63) ||
			ok && (!isPlain(prefix, 253) || strings.ContainsAny(prefix, "_ABCDEFGHIJKLMNOPQRSTUVWXYZ") ||
				strings.Contains(prefix, "..") || strings.Contains(prefix, ".-") || strings.Contains(prefix, "-.")) {
			return false
		}
	}
	return true
}

// isPlain tells whether s has letters and digits, and dashes, underscores and dots between them.
func isPlain(s string, most int) bool {
	if s == "" || len(s) > most {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		between := i > 0 && i < len(s)-1 && (c == '-' || c == '_' || c == '.')
		if !letter && !between {
			return false
		}
	}
	return true
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

// matchesPort tells whether the port of a monitor means a name. The operator writes the port into the configuration
// of Prometheus as a regular expression, which has to match the whole name.
func matchesPort(port, name string) bool {
	if port == name {
		return true
	}
	re, err := regexp.Compile("^(?s:" + port + ")$")
	return err == nil && re.MatchString(name)
}

// certainLabels leaves out the labels that controllers add.
func certainLabels(set map[string]string) map[string]string {
	if slices.ContainsFunc(podLabelsAdded, func(k string) bool { _, ok := set[k]; return ok }) {
		return withoutKeys(set, podLabelsAdded)
	}
	return set
}

// requirements are what a selector demands, in the order of the keys. A selector that Kubernetes refuses demands nothing.
func requirements(s *metav1.LabelSelector) []labels.Requirement {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	reqs, _ := sel.Requirements()
	return reqs
}

// unmet are the requirements that a set of labels does not meet, and how many it does meet.
func unmet(reqs []labels.Requirement, set map[string]string) (failed []labels.Requirement, met int) {
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
