package lookup

import (
	"slices"
	"testing"
)

// TestPossiblyIn has objects with and without a namespace, which may be in any.
func TestPossiblyIn(t *testing.T) {
	for _, c := range []struct {
		objects map[string]string
		ns      string
		want    []string
	}{
		{map[string]string{"a": "shop", "b": "prod"}, "shop", []string{"a"}},
		{map[string]string{"a": "shop", "b": "prod", "c": ""}, "shop", []string{"a", "c"}},
		{map[string]string{"a": "shop", "b": "prod", "c": "", "d": ""}, "shop", []string{"a", "c", "d"}},
		{map[string]string{"a": "shop", "b": "prod", "c": ""}, "", []string{"a", "b", "c"}},
		{map[string]string{"a": "shop", "b": "prod", "c": ""}, "test", []string{"c"}},
		{map[string]string{"a": "shop"}, "shop", []string{"a"}},
		{map[string]string{"a": "shop"}, "prod", nil},
		{nil, "shop", nil},
	} {
		var s ByNamespace[string]
		for name, ns := range c.objects {
			s.Add(ns, name)
		}
		got := slices.Sorted(slices.Values(s.PossiblyIn(c.ns)))
		if !slices.Equal(got, c.want) {
			t.Errorf("of %v in %q: got %v, want %v", c.objects, c.ns, got, c.want)
		}
	}
}
