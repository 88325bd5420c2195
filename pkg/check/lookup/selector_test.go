package lookup

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// TestMatches compares what selectors match with what Kubernetes says, for labels that it takes and that it refuses.
func TestMatches(t *testing.T) {
	keys := []string{"a", "a.b", "a_b", "a-b", "a b", "-a", "a-", "", "example.com/a", "Example.com/a", "a..b/c", "a.-b/c", "a_b/c", "/a", "a/"}
	values := []string{"", "x", "x.y", "x_y", "x-y", "x y", "x@y", ".x", "x.", "_", "v1.2.3"}
	for _, key := range keys {
		for _, value := range values {
			s, set := &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}, map[string]string{key: value, "other": "x"}
			sel, err := metav1.LabelSelectorAsSelector(s)
			if got, want := Matches(s, set), err == nil && sel.Matches(labels.Set(set)); got != want {
				t.Errorf("%q: %q matches itself: got %t, want %t", key, value, got, want)
			}
			if Matches(s, map[string]string{key: value + "x"}) || Matches(s, map[string]string{"other": value}) {
				t.Errorf("%q: %q matches other labels", key, value)
			}
		}
	}
}
