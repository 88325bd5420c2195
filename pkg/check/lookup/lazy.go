package lookup

import (
	"slices"

	"github.com/krm-fn/krm-fn/pkg/model"
)

// Lazy is a value that is computed when it is first requested.
type Lazy[T any] struct{ value *T }

// Get returns the value, and calls compute the first time.
func (o *Lazy[T]) Get(compute func() T) T {
	if o.value == nil {
		v := compute()
		o.value = &v
	}
	return *o.value
}

// Remember returns known[key], and calls find to set it the first time.
func Remember[K comparable, V any](known map[K]V, key K, find func(K) V) V {
	v, ok := known[key]
	if !ok {
		v = find(key)
		known[key] = v
	}
	return v
}

// Distinct sorts names in place and removes duplicates.
func Distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// Except returns list without the elements for which unwanted is true. It copies the list only if there are any.
func Except[T any](list []T, unwanted func(T) bool) []T {
	if !slices.ContainsFunc(list, unwanted) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), unwanted)
}

// NamespacesFor returns the namespaces of manifests that may end up in namespace ns, for Index.Find.
func NamespacesFor(ns string) []string {
	if ns == "" {
		return nil
	}
	return []string{ns, ""}
}

// ByNamespace groups values by the namespace in the manifest of their object.
type ByNamespace[T any] struct {
	All []T
	in  map[string][]T
}

// Add adds a value whose object has namespace ns, which may be empty.
func (s *ByNamespace[T]) Add(ns string, v T) {
	if s.in == nil {
		s.in = map[string][]T{}
	}
	s.All, s.in[ns] = append(s.All, v), append(s.in[ns], v)
}

// PossiblyIn returns the values that may end up in namespace ns: those with that namespace, then those without one. If ns is
// empty, it returns all values.
func (s *ByNamespace[T]) PossiblyIn(ns string) []T {
	if ns == "" || len(s.All) == len(s.in[ns]) {
		return s.All
	}
	if len(s.in[""]) == 0 {
		return s.in[ns]
	}
	return slices.Concat(s.in[ns], s.in[""])
}

// Relation tells whether two objects are in the same namespace.
type Relation int

const (
	// Different means that their manifests name different namespaces.
	Different Relation = iota
	// Unknown means that only one manifest names a namespace. The other object is in the same namespace if it is applied
	// to it by `kubectl apply -n`, `helm install -n`, or the destination of an Argo CD Application.
	Unknown
	// Same means that both are in the same namespace.
	Same
)

// CompareNamespaces compares the namespaces of two manifests. Manifests without a namespace are applied to the same one.
func CompareNamespaces(a, b string) Relation {
	switch {
	case a == b || model.NamespaceOf(a) == model.NamespaceOf(b):
		return Same
	case a == "" || b == "":
		return Unknown
	}
	return Different
}
