package adapter

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The client of the HorizontalPodAutoscaler controller knows kinds in lower case, too, but no other spelling.
func TestResourceOf(t *testing.T) {
	k := NewKinds(nil, 0)
	for _, c := range []struct {
		group, kind, want string
		ok                bool
	}{
		{"", "Service", "services", true},
		{"", "service", "services", true},
		{"networking.k8s.io", "ingress", "ingresses.networking.k8s.io", true},
		{"", "SERVICE", "", false},
		{"", "services", "", false},
		{"", "ingress", "", false},
		{"example.com", "Queue", "queues.example.com", true},
	} {
		got, problem := k.ResourceOf(schema.GroupKind{Group: c.group, Kind: c.kind})
		if got.String() != c.want || (problem == "") != c.ok {
			t.Errorf("%s %s: got %q, %q; want %q", c.group, c.kind, got, problem, c.want)
		}
	}
}
