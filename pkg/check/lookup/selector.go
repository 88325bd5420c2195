package lookup

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// OneOf joins names for a message: "a, b or c".
func OneOf(names []string) string { return Join(names, " or ") }

// Join joins names for a message, with a word before the last.
func Join(names []string, word string) string {
	last := len(names) - 1
	if last <= 0 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + word + names[last]
}

// RequiredLabels returns the labels for which a selector accepts exactly one value.
func RequiredLabels(s *metav1.LabelSelector) map[string]string {
	if s == nil {
		return nil
	}
	out := s.MatchLabels
	for _, r := range s.MatchExpressions {
		if r.Operator != metav1.LabelSelectorOpIn || len(r.Values) != 1 {
			continue
		}
		if len(out) == len(s.MatchLabels) {
			out = Without(out, nil)
		}
		out[r.Key] = r.Values[0]
	}
	return out
}

// Without returns a copy of labels without some keys.
func Without(set map[string]string, keys []string) map[string]string {
	out := make(map[string]string, len(set))
	for k, v := range set {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return out
}

// Matches reports whether a selector matches labels, as metav1.LabelSelectorAsSelector does: nil and invalid selectors match
// nothing, an empty one everything.
func Matches(s *metav1.LabelSelector, set map[string]string) bool {
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

// arePlain reports whether labels are surely valid. It recognizes only common ones, without the regular expressions of
// apimachinery.
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

// isPlain reports whether s consists of letters and digits, with dashes, underscores, and dots between them.
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

// Requirements returns the requirements of a selector, sorted by key. An invalid selector has none.
func Requirements(s *metav1.LabelSelector) []labels.Requirement {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	reqs, _ := sel.Requirements()
	return reqs
}

// Unmet returns the requirements that labels do not meet, and the number that they meet.
func Unmet(reqs []labels.Requirement, set map[string]string) (failed []labels.Requirement, met int) {
	for _, r := range reqs {
		if r.Matches(labels.Set(set)) {
			met++
		} else {
			failed = append(failed, r)
		}
	}
	return failed, met
}

// DescribeRequirement describes a requirement for a message, such as "app: web".
func DescribeRequirement(r labels.Requirement) string {
	values := slices.Sorted(maps.Keys(r.Values()))
	switch r.Operator() {
	case selection.Equals, selection.DoubleEquals:
		return r.Key() + ": " + values[0]
	case selection.In:
		return r.Key() + ": " + OneOf(values)
	case selection.Exists:
		return "a label " + r.Key()
	}
	return "no label " + strings.TrimSuffix(r.Key()+": "+OneOf(values), ": ")
}

// DescribeLabel describes what labels have for the key of a requirement.
func DescribeLabel(r labels.Requirement, set map[string]string) string {
	if v, ok := set[r.Key()]; ok {
		return r.Key() + ": " + v
	}
	return "no label " + r.Key()
}
